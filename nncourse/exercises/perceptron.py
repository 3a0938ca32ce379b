"""The exercises of the chapter *The perceptron*."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.perceptron import mistake_bound, perceptron, sign

R, gamma, c = sp.symbols("R gamma c", positive=True)
ENOUGH, PATIENCE = 100, 20_000  # mistakes, epochs


def _rows(rng):
    """Draw (w, x, y): right answers, wrong ones, and a score of exactly 0."""
    w, x = rng.normal(size=(2, 3))
    x += w * (1 - w @ x) / (w @ w)  # a score of 1
    x *= rng.uniform(0.3, 3)
    return [(w, x, 1.0), (w, x, -1.0), (-w, x, 1.0), (-w, x, -1.0), (np.zeros(3), x, 1.0), (np.zeros(3), x, -1.0)]


def _tables(rng):
    """Draw (u, X, y): vectors of any length; two that separate the rows, and one that does not."""
    cases = []
    for n, d, wrong in ((5, 2, 0), (8, 3, 0), (6, 4, 2)):
        u = rng.normal(size=d)
        u *= rng.uniform(2, 4) / np.linalg.norm(u)
        X, y = rng.normal(size=(n, d)), rng.permutation(np.where(np.arange(n) < 2, -1.0, 1.0))
        scores = y * rng.permutation(np.linspace(1, 2, n)) * np.where(np.arange(n) < wrong, -1, 1)
        X += np.outer(scores - X @ u, u) / (u @ u)
        cases.append((u, X, y))
    return cases


def update(w, x, y):
    """The weights after one look at one row."""
    return w + y * x if y * (w @ x) <= 0 else w


def margin_of(u, X, y):
    """The smallest y u.x of the unit vector in u's direction."""
    return np.min(y * (X @ u)) / np.linalg.norm(u)


@dataclass(frozen=True)
class Explained(Calls):
    """`Calls` that explains a wrong answer which is none of the registered mistakes, too.

    Parameters
    ----------
    explain : callable
        Maps (arguments, what came) of the first case that fails to words, or to None.
    """

    explain: Callable = None

    def cause(self, exercise, cases, got):
        """Return the words of a mistake that gives the same results, or else those of `explain`."""
        wanted = [self.call(exercise.solution, case) for case in cases]
        first = next(i for i in range(len(cases)) if not self.agree(got[i], wanted[i]))
        return super().cause(exercise, cases, got) or self.explain(cases[first], got[first])


@dataclass(frozen=True)
class Sensible(Formula):
    """`Formula` that tells where a wrong answer makes no sense.

    Parameters
    ----------
    clues : callable
        Maps a function, from numbers for the symbols to the formula's value, to words or to None.
    """

    clues: Callable = None

    def __call__(self, exercise, answer, rng):
        """Return None, or where the formula differs, with the likely cause or a clue."""
        wrong = super().__call__(exercise, answer, rng)
        if wrong is None or "your formula gives" not in wrong or "Likely cause" in wrong:
            return wrong
        value = sp.lambdify(self.names, sp.sympify(answer))
        clue = self.clues(lambda *numbers: complex(value(*numbers)).real)
        return f"{wrong}\n{clue}" if clue else wrong


def _explain_update(case, got):
    """Say what is wrong with the weights after one look."""
    w, x, y = case
    if isinstance(got, Exception) or got is None:
        return None
    if np.shape(got) != w.shape:
        return f"what is asked for is a vector of weights, as many as w has: {len(w)}."
    step, agreement = np.asarray(got) - w, y * (w @ x)
    share = step @ x / (x @ x)
    if agreement > 0:
        return f"y w.x is {agreement:.2g} here, the answer is right, and the weights have to stay as they are."
    if not np.allclose(step, share * x):
        return f"y w.x is {agreement:.2g} here, a mistake, and the step has to be along x; yours is not."
    if np.isclose(share, 0):
        return f"y w.x is {agreement:.2g} here, a mistake, and your weights did not change."
    return f"y w.x is {agreement:.2g} here, a mistake; y is {y:g}, and your step is {share:.3g} times x."


def _explain_margin(case, got):
    """Say what is wrong with the margin of a direction."""
    u, X, y = case
    if isinstance(got, Exception) or got is None:
        return None
    if np.shape(got) != ():
        return "one number is asked for: that of the worst row."
    distances = y * (X @ u) / np.linalg.norm(u)
    if np.isclose(got, distances).any():
        return "one of the rows is as far away as that, but it is not the worst one."
    if np.isclose(got, -distances).any():
        return "the size is that of a row, with the wrong sign: plus on the right side, minus on the wrong one."
    return f"the rows are {', '.join(f'{value:.3g}' for value in distances)} away, and the answer is one of these."


def _clue_to_factor(factor):
    """Say where a factor of the bound makes no sense."""
    if not np.isclose(factor(1), 1):
        return f"With c = 1 nothing changes, so the factor has to be 1; yours is {factor(1):.3g}."
    return "Try c = 10: what is R then, and what is R squared?"


def _clue_to_bound(bound):
    """Say where a bound from a bad start makes no sense."""
    if not np.isclose(bound(0.6, 0.2, 0.5), bound(6, 2, 5)):
        return "All three are lengths. In other units they become ten times as large, and the bound has to stay."
    if not np.isclose(bound(0.6, 0.2, 1e-12), 9):
        return "With c = 0 the start is at 0, and the bound has to be (R / gamma)^2; yours is not."
    if bound(1, 1, 100) < 101:
        return (
            f"R = gamma = 1 and c = 100 brought 101 mistakes in the chapter; yours allows {bound(1, 1, 100):.4g}."
        )
    return "Both sides of ||w|| >= w.u begin elsewhere than in the chapter's proof: write them down, and square."


def _makes_many_mistakes(rows, rng):
    """Return None if the perceptron makes at least 100 mistakes on two rows and then stops, else what is wrong."""
    try:
        rows = np.array(rows, dtype=float)
    except (TypeError, ValueError):
        return "Expected numbers in an array of shape (2, 2), such as np.array([[1.0, 0.0], [0.0, 1.0]])."
    if rows.shape != (2, 2):
        return f"Expected an array of shape (2, 2), one row per example; yours has the shape {rows.shape}."
    if not np.isfinite(rows).all():
        return "Expected finite numbers, and there is a nan or an infinite one among yours."
    if not rows.any(axis=1).all():
        return "One of your rows is 0. Its score is 0 for every w, so it stays a mistake for ever."
    try:
        bound = mistake_bound(rows, [1, 1])
    except ValueError:
        return "No w gives both rows a score above 0: they are exactly opposite. Turn one of them a little."
    run = perceptron(rows, [1, 1], epochs=PATIENCE)
    if not run.separated:
        return f"After {PATIENCE} epochs the perceptron has not stopped: make the margin a little larger."
    if run.mistakes >= ENOUGH:
        return None
    came = f"The perceptron stops after {run.mistakes} mistake{'s' * (run.mistakes != 1)}"
    if bound < ENOUGH:
        return (
            f"{came}, and their bound is {bound:.1f}: with such rows {ENOUGH} are impossible. What makes it large?"
        )
    if run.mistakes == 2:
        return (
            f"{came}, although the bound is {bound:.0f}: the sum of your rows is right for both. Make one shorter."
        )
    return f"{came}; the bound of your rows is {bound:.0f}. You are on the way: change the lengths or the angle."


EXERCISES = (
    Exercise(
        "perceptron-1",
        "predict",
        "S-fn1b",
        4,
        "The longest row becomes c times as long, c > 1; the margin stays. By what factor does the bound change?",
        Sensible("c", clues=_clue_to_factor),
        c**2,
        (
            Mistake(c, "R grows by c, that is right, but R stands in the bound squared."),
            Mistake(1 / c**2, "a longer row can throw the weights farther: the bound grows."),
            Mistake(
                1 / c, "a longer row can throw the weights farther: the bound grows, and R stands in it squared."
            ),
            Mistake(sp.Integer(1), "the margin stays, that is right, but R is the length of the longest row."),
            Mistake(2 * c, "R is squared, not doubled."),
            Mistake(sp.sqrt(c), "the root is in the proof, sqrt(k) <= R / gamma; the bound itself has the square."),
            Mistake(c**4, "the bound is R squared over gamma squared; R grows by c only."),
            Mistake(c**2 - 1, "that is by how much it grows; the question is by what factor."),
        ),
        (c * c,),
    ),
    Exercise(
        "perceptron-2",
        "implement",
        "S-fn1a",
        6,
        "Write update(w, x, y): the weights after the perceptron has looked at one row with the label y.",
        Explained(("w", "x", "y"), _rows, keeps=("w",), explain=_explain_update),
        update,
        (
            Mistake(lambda w, x, y: w + y * x, "a right answer changes nothing: update only where y w.x <= 0."),
            Mistake(
                lambda w, x, y: w + y * x if y * (w @ x) < 0 else w,
                "a score of 0 is a mistake too; with < the start at zero weights would never end.",
            ),
            Mistake(
                lambda w, x, y: w + y * x if sign(w @ x) != y else w,
                "where sign(0) is +1, a score of 0 passes for a right yes; it is a mistake, whatever the label.",
            ),
            Mistake(lambda w, x, y: w - y * x if y * (w @ x) <= 0 else w, "the sign is wrong: add y x."),
            Mistake(lambda w, x, y: w + x if y * (w @ x) <= 0 else w, "the label is missing: add y x, not x."),
            Mistake(lambda w, x, y: w + 2 * y * x if y * (w @ x) <= 0 else w, "it is y x, not 2 y x."),
            Mistake(
                lambda w, x, y: w + (y - np.sign(w @ x)) * x,
                "y - sign(z) is 2 y at a mistake: that is the delta rule with f' = 1, twice the step.",
            ),
            Mistake(lambda w, x, y: w + (y - w @ x) * x, "that is the delta rule for f(z) = z: it moves always."),
            Mistake(
                lambda w, x, y: w + y * x if w @ x <= 0 else w,
                "w.x <= 0 says that the answer is no; a no is right where the label is -1. Look at y w.x.",
            ),
            Mistake(
                lambda w, x, y: w + y * x if y * (w @ x) > 0 else w,
                "you update where the answer is right, and not where it is wrong.",
            ),
            Mistake(
                lambda w, x, y: y * x if y * (w @ x) <= 0 else np.zeros(3),
                "that is the step alone; return the new weights, w and the step together.",
            ),
            Mistake(
                lambda w, x, y: w + y * x / np.linalg.norm(x) if y * (w @ x) <= 0 else w,
                "the row is added as it is: do not divide it by its length.",
            ),
        ),
        (
            lambda w, x, y: w + y * x * (y * np.dot(w, x) <= 0),
            lambda w, x, y: w if np.sign(w @ x) == y else w + y * x,
        ),
    ),
    Exercise(
        "perceptron-3",
        "implement",
        "S-fn1b",
        8,
        "Write margin_of(u, X, y): the margin of the direction of u, which may have any length.",
        Explained(("u", "X", "y"), _tables, explain=_explain_margin),
        margin_of,
        (
            Mistake(lambda u, X, y: np.min(y * (X @ u)), "u has to be made a unit vector: divide by its norm."),
            Mistake(lambda u, X, y: np.min(y * (X @ u)) / (u @ u), "divide by the norm once: u @ u is its square."),
            Mistake(
                lambda u, X, y: np.min(y * (X @ u)) / np.sum(np.abs(u)),
                "the length of u is the root of the sum of squares, not the sum of the sizes.",
            ),
            Mistake(lambda u, X, y: np.min(X @ u) / np.linalg.norm(u), "the labels are missing: it is y u.x."),
            Mistake(
                lambda u, X, y: np.min(np.abs(X @ u)) / np.linalg.norm(u),
                "a row on the wrong side counts as negative: multiply by the label, do not take the size.",
            ),
            Mistake(lambda u, X, y: np.max(y * (X @ u)) / np.linalg.norm(u), "the worst row counts, not the best."),
            Mistake(
                lambda u, X, y: np.mean(y * (X @ u)) / np.linalg.norm(u), "the worst row counts, not the mean."
            ),
            Mistake(
                lambda u, X, y: y * (X @ u) / np.linalg.norm(u), "one number is asked for: that of the worst row."
            ),
            Mistake(
                lambda u, X, y: np.min(y * (X @ u) / np.linalg.norm(X, axis=1)) / np.linalg.norm(u),
                "those are cosines: u becomes a unit vector, and the rows stay as long as they are.",
            ),
            Mistake(
                lambda u, X, y: max(np.min(y * (X @ u)) / np.linalg.norm(u), 0.0),
                "where a row is on the wrong side the margin is negative, not 0.",
            ),
        ),
        (
            lambda u, X, y: (y * (X @ (u / np.linalg.norm(u)))).min(),
            lambda u, X, y: min(b * (u @ a) for a, b in zip(X, y, strict=True)) / np.sqrt(np.sum(u**2)),
        ),
    ),
    Exercise(
        "perceptron-4",
        "derive",
        "S-fn1b",
        12,
        "The weights start at w0 = -c u, u the best unit vector, c > 0. Which bound does the proof give?",
        Sensible("R gamma c", clues=_clue_to_bound),
        (R**2 + 2 * gamma * c) / gamma**2,
        (
            Mistake(R**2 / gamma**2, "that is for a start at 0; here w.u starts at -c, and the length at c."),
            Mistake(
                (R**2 - 2 * gamma * c) / gamma**2,
                "w0.u is -c, so the start is behind, and the bound must grow. Check the sign of c.",
            ),
            Mistake(
                (R**2 + gamma * c) / gamma**2,
                "(k gamma - c) squared has the middle term 2 k gamma c, not k gamma c.",
            ),
            Mistake(
                ((R + sp.sqrt(R**2 + 4 * gamma * c)) / (2 * gamma)) ** 2,
                "w.u starts at -c, that is right, but the length starts too: ||w||^2 is at most c^2 + k R^2.",
            ),
            Mistake(
                (R**2 + sp.sqrt(R**4 + 4 * gamma**2 * c**2)) / (2 * gamma**2),
                "the length starts at c, that is right, but w.u starts at -c: it is at least k gamma - c.",
            ),
            Mistake(
                (R**2 + 2 * gamma * c) / gamma,
                "(k gamma) squared has gamma^2 in it: divide by gamma twice.",
            ),
            Mistake(R**2 / gamma**2 + 2 * c, "2 k gamma c divided by gamma^2 is 2 k c / gamma."),
            Mistake(
                R**2 / gamma**2 + c, "a mistake moves w.u ahead by gamma only, and the length starts at c too."
            ),
            Mistake(
                ((R + c) / gamma) ** 2,
                "the start and the steps add up squared, c^2 + k R^2; and w.u starts at -c.",
            ),
            Mistake(
                (R**2 + c**2) / gamma**2,
                "c^2 stands on both sides and cancels; the middle term 2 k gamma c stays.",
            ),
        ),
        ((R / gamma) ** 2 + 2 * c / gamma,),
    ),
    Exercise(
        "perceptron-5",
        "experiment",
        "S-fn1b S-fn1a",
        12,
        "Find two rows of two numbers, labels +1, on which the perceptron makes at least 100 mistakes and stops.",
        Holds(_makes_many_mistakes, "At least 100 mistakes, and then it stops."),
        np.array([[1.0, 0.0], [-0.5, 0.05]]),
        (
            Mistake(np.eye(2), "with such rows 100 are impossible"),
            Mistake(np.array([[1.0, 0.1], [-1.0, 0.1]]), "the sum of your rows is right for both"),
            Mistake(np.array([[1.0, 0.0], [-1.0, 0.0]]), "they are exactly opposite"),
            Mistake(np.array([[1.0, 0.0], [-0.5, 1e-6]]), "has not stopped"),
            Mistake(np.array([[1.0, 0.0], [0.0, 0.0]]), "One of your rows is 0"),
            Mistake(np.array([[1.0, 0.0], [-0.3, 0.03]]), "You are on the way"),
            Mistake(np.array([[1.0, 0.0, 0.0], [-0.5, 0.05, 0.0]]), "Expected an array of shape (2, 2)"),
            Mistake("[[1, 0], [-0.5, 0.05]]", "Expected numbers in an array"),
        ),
        (np.array([[1.0, 0.0], [-1.0, 0.05]]), [[-0.5, 0.05], [1, 0]], np.array([[0.0, 3.0], [0.15, -1.5]])),
    ),
)
