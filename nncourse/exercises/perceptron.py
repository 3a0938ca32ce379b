"""The exercises of the chapter *The perceptron*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula

k, R, gamma, c = sp.symbols("k R gamma c", positive=True)


def _rows(rng):
    """Draw (w, x, y): right answers, wrong ones, and a score of exactly 0."""
    w, x = rng.normal(size=(2, 3))
    z = w @ x
    return [(w, x, float(np.sign(z))), (w, x, -float(np.sign(z))), (np.zeros(3), x, 1.0), (np.zeros(3), x, -1.0)]


def _tables(rng):
    """Draw (u, X, y): a vector of any length that separates the rows."""
    cases = []
    for n, d in ((5, 2), (8, 3), (6, 4)):
        u, X = rng.uniform(2, 4) * rng.normal(size=d), rng.normal(size=(n, d))
        y = np.sign(X @ u)
        y[:2] = [1.0, -1.0]
        X[:2] *= (y[:2] * np.sign(X[:2] @ u))[:, None]
        cases.append((u, X, y))
    return cases


def update(w, x, y):
    """The weights after one look at one row."""
    return w + y * x if y * (w @ x) <= 0 else w


def margin_of(u, X, y):
    """The smallest y u.x of the unit vector in u's direction."""
    return np.min(y * (X @ u)) / np.linalg.norm(u)


EXERCISES = (
    Exercise(
        "perceptron-1",
        "predict",
        "S-fn1b",
        4,
        "The longest row becomes c times as long, c > 1; the margin stays. By what factor does the bound change?",
        Formula("c"),
        c**2,
        (
            Mistake(c, "R grows by c, that is right, but R stands in the bound squared."),
            Mistake(1 / c**2, "a longer row can throw the weights farther: the bound grows."),
            Mistake(sp.Integer(1), "the margin stays, that is right, but R is the length of the longest row."),
            Mistake(2 * c, "R is squared, not doubled."),
            Mistake(c**4, "the bound is R squared over gamma squared; R grows by c only."),
        ),
        (c * c,),
    ),
    Exercise(
        "perceptron-2",
        "implement",
        "S-fn1a",
        6,
        "Write update(w, x, y): the weights after the perceptron has looked at one row with the label y.",
        Calls(("w", "x", "y"), _rows),
        update,
        (
            Mistake(lambda w, x, y: w + y * x, "a right answer changes nothing: update only where y w.x <= 0."),
            Mistake(
                lambda w, x, y: w + y * x if y * (w @ x) < 0 else w,
                "a score of 0 is a mistake too; with < the start at zero weights would never end.",
            ),
            Mistake(lambda w, x, y: w - y * x if y * (w @ x) <= 0 else w, "the sign is wrong: add y x."),
            Mistake(lambda w, x, y: w + x if y * (w @ x) <= 0 else w, "the label is missing: add y x, not x."),
            Mistake(lambda w, x, y: w + 2 * y * x if y * (w @ x) <= 0 else w, "it is y x, not 2 y x."),
        ),
        (lambda w, x, y: w + y * x * (y * np.dot(w, x) <= 0),),
    ),
    Exercise(
        "perceptron-3",
        "implement",
        "S-fn1b",
        8,
        "Write margin_of(u, X, y): the margin of the direction of u, which may have any length.",
        Calls(("u", "X", "y"), _tables),
        margin_of,
        (
            Mistake(lambda u, X, y: np.min(y * (X @ u)), "u has to be made a unit vector: divide by its norm."),
            Mistake(
                lambda u, X, y: np.min(np.abs(X @ u)) / (u @ u), "divide by the norm once: u @ u is its square."
            ),
            Mistake(lambda u, X, y: np.min(X @ u) / np.linalg.norm(u), "the labels are missing: it is y u.x."),
            Mistake(lambda u, X, y: np.max(y * (X @ u)) / np.linalg.norm(u), "the worst row counts, not the best."),
            Mistake(
                lambda u, X, y: np.mean(y * (X @ u)) / np.linalg.norm(u), "the worst row counts, not the mean."
            ),
        ),
        (lambda u, X, y: (y * (X @ (u / np.linalg.norm(u)))).min(),),
    ),
    Exercise(
        "perceptron-4",
        "derive",
        "S-fn1b",
        8,
        "From weights w0 with w0.u = -c and |w0| = c: after k mistakes w.u >= A. Which A does the proof give?",
        Formula("k gamma c"),
        k * gamma - c,
        (
            Mistake(k * gamma, "that is for a start at 0; here w.u starts at -c."),
            Mistake(k * gamma + c, "w0.u is -c: the start is behind, not ahead."),
            Mistake(k * (gamma - c), "the start counts once, not with every mistake."),
            Mistake(gamma - c, "every one of the k mistakes brings at least gamma."),
            Mistake(
                k**2 * gamma**2 - c, "w.u grows by gamma for each mistake; the squares come later in the proof."
            ),
        ),
        (gamma * (k - c / gamma),),
    ),
)
