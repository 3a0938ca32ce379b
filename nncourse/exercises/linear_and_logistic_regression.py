"""The exercises of the chapter *Linear and logistic regression*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula

y, z = sp.symbols("y z")
r = sp.Symbol("r", positive=True)


def _tables(rng):
    """Draw (X, y) with real labels: tall tables of several widths."""
    return [(rng.normal(size=(n, d)) + 1, rng.normal(size=n) + 3) for n, d in ((6, 1), (8, 3), (9, 2))]


def _classes(rng):
    """Draw (w, X, y) with labels -1 and +1, both of them present."""
    cases = []
    for n, d in ((5, 2), (4, 4), (7, 3)):
        signs = rng.permutation(np.where(np.arange(n) < 2, -1.0, 1.0))
        cases.append((rng.normal(size=d), rng.normal(size=(n, d)), signs))
    return cases


def _scores(rng):
    """Draw (z, y): small scores, and scores that overflow a careless formula."""
    y = np.array([-1.0, 1.0, 1.0, -1.0, 1.0])
    right = np.array([-1.0, -1.0, 1.0, 1.0, -1.0])
    return [(size * rng.uniform(0.5, 1.5, 5) * right * y, y) for size in (1.0, 3.0, 2000.0)]


def sigmoid(u):
    """Return 1 / (1 + exp(-u)); the exercises' arguments are small."""
    return 1 / (1 + np.exp(-u))


def logistic_loss(z, y):
    """The mean of log(1 + exp(-y z)), which no finite score overflows."""
    return np.mean(np.logaddexp(0, -y * z))


def logistic_loss_by_cases(z, y):
    """The same, with the larger of 0 and -y z taken out of the logarithm."""
    u = -y * z
    return np.mean(np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u))))


def logistic_gradient(w, X, y):
    """The gradient in w of the mean of log(1 + exp(-y w.x))."""
    return -(y * sigmoid(-y * (X @ w))) @ X / len(X)


def logistic_gradient_of_probabilities(w, X, y):
    """The same, as probability minus label, with labels of 0 and 1."""
    return X.T @ (sigmoid(X @ w) - (1 + y) / 2) / len(X)


def line(X, y):
    """The bias and the weights of least squares, bias first."""
    return np.linalg.lstsq(np.column_stack([np.ones(len(X)), X]), y, rcond=None)[0]


def line_by_normal_equations(X, y):
    """The same, from X^T X w = X^T y."""
    A = np.column_stack([np.ones(len(X)), X])
    return np.linalg.solve(A.T @ A, A.T @ y)


EXERCISES = (
    Exercise(
        "linear-and-logistic-regression-1",
        "derive",
        "S-1.1.2b",
        5,
        "Differentiate log(1 + exp(-y z)) in z.",
        Formula("y z"),
        -y / (1 + sp.exp(y * z)),
        (
            Mistake(y / (1 + sp.exp(y * z)), "the sign is wrong: a larger y z makes the loss smaller."),
            Mistake(-1 / (1 + sp.exp(y * z)), "the inner derivative of -y z in z is -y; you have only the minus."),
            Mistake(
                -y / (1 + sp.exp(-y * z)), "that is -y sigma(y z): it would push hardest where the answer is right."
            ),
            Mistake(1 / (1 + sp.exp(-y * z)), "you differentiated in u = -y z and forgot the inner derivative."),
            Mistake(
                sp.exp(-y * z) / (1 + sp.exp(-y * z)),
                "the inner derivative is missing: a factor -y, from u = -y z.",
            ),
            Mistake(
                1 / (1 + sp.exp(-z)) - y, "probability minus label belongs to labels 0 and 1; here y is -1 or 1."
            ),
        ),
        (-y * sp.exp(-y * z) / (1 + sp.exp(-y * z)),),
    ),
    Exercise(
        "linear-and-logistic-regression-2",
        "implement",
        "S-1.1.2b",
        8,
        "Write loss(z, y), the mean of log(1 + exp(-y z)), so that a score of 2000 does no harm.",
        Calls(("z", "y"), _scores),
        logistic_loss,
        (
            Mistake(
                lambda z, y: np.mean(np.log(1 + np.exp(-y * z))),
                "exp(2000) overflows. Take the larger of 0 and -y z out of the logarithm, or use np.logaddexp.",
            ),
            Mistake(lambda z, y: np.mean(np.logaddexp(0, -z)), "the label is missing: it is -y z, not -z."),
            Mistake(
                lambda z, y: np.mean(np.logaddexp(0, y * z)), "the sign is wrong: a right answer must cost little."
            ),
            Mistake(
                lambda z, y: np.sum(np.logaddexp(0, -y * z)), "the loss is a mean over the examples, not a sum."
            ),
            Mistake(
                lambda z, y: np.mean(np.log1p(np.exp(-np.abs(z)))),
                "log(1 + exp(-|z|)) is the loss of right answers only; add max(0, -y z).",
            ),
            Mistake(
                lambda z, y: np.mean(np.logaddexp(0, -np.clip(y * z, -30, 30))),
                "clipping y z does not overflow, but a wrong answer of score -2000 has to cost 2000, not 30.",
            ),
        ),
        (logistic_loss_by_cases,),
    ),
    Exercise(
        "linear-and-logistic-regression-3",
        "implement",
        "S-1.1.2b",
        10,
        "Write gradient(w, X, y) of the mean logistic loss, for labels y of -1 and +1.",
        Calls(("w", "X", "y"), _classes),
        logistic_gradient,
        (
            Mistake(
                lambda w, X, y: X.T @ (sigmoid(X @ w) - y) / len(X),
                "probability minus label wants labels of 0 and 1; yours are -1 and +1. Use (1 + y) / 2.",
            ),
            Mistake(lambda w, X, y: len(X) * logistic_gradient(w, X, y), "the loss is a mean: divide by len(X)."),
            Mistake(
                lambda w, X, y: -logistic_gradient(w, X, y),
                "the sign is wrong: the slope of the loss is -y sigma(-y z).",
            ),
            Mistake(
                lambda w, X, y: -(y * sigmoid(y * (X @ w))) @ X / len(X),
                "you have sigma(y z); it is sigma(-y z): wrong answers push, right ones do not.",
            ),
            Mistake(
                lambda w, X, y: -sigmoid(-y * (X @ w)) @ X / len(X),
                "the inner derivative of -y z brings a factor y, which is missing.",
            ),
            Mistake(
                lambda w, X, y: (
                    ((sigmoid(X @ w) - (1 + y) / 2) * sigmoid(X @ w) * (1 - sigmoid(X @ w))) @ X / len(X)
                ),
                "that is the slope of the squared loss; here the factor f' cancels.",
            ),
        ),
        (logistic_gradient_of_probabilities,),
    ),
    Exercise(
        "linear-and-logistic-regression-4",
        "implement",
        "S-1.1.2a",
        8,
        "Write line(X, y), which returns the bias and then the weights of least squares, as one vector.",
        Calls(("X", "y"), _tables),
        line,
        (
            Mistake(
                lambda X, y: np.linalg.lstsq(X, y, rcond=None)[0],
                "there is no bias: put a column of ones before the columns of X.",
            ),
            Mistake(
                lambda X, y: np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0],
                "the ones stand behind the columns of X, so the bias comes last; it was asked for first.",
            ),
            Mistake(
                lambda X, y: line(X, y)[1:],
                "the weights are right, and the bias is not in what you return.",
            ),
            Mistake(
                lambda X, y: np.append(0.0, np.linalg.lstsq(X - X.mean(0), y - y.mean(), rcond=None)[0]),
                "with the means taken away the weights are right, but the bias is then mean(y) - mean(x).w, not 0.",
            ),
            Mistake(
                lambda X, y: np.append(y.mean(), np.linalg.lstsq(X - X.mean(0), y - y.mean(), rcond=None)[0]),
                "mean(y) is the bias for centred columns; for X as it came, take mean(x).w from it.",
            ),
        ),
        (line_by_normal_equations,),
    ),
    Exercise(
        "linear-and-logistic-regression-5",
        "predict",
        "S-1.1.2b",
        6,
        "At one x, +1 turns up r times as often as -1. Which score z makes the mean logistic loss there smallest?",
        Formula("r"),
        sp.log(r),
        (
            Mistake(r / (1 + r), "r / (1 + r) is the best *probability*; the score z comes before the sigmoid."),
            Mistake(-sp.log(r), "the sign is wrong: when +1 is more frequent, the score must be positive."),
            Mistake(r, "r is the odds, sigma(z) / (1 - sigma(z)) = exp(z); z itself is their logarithm."),
            Mistake((r - 1) / (r + 1), "that is the mean of the label, the best score of the *squared* loss."),
            Mistake(sp.log(r / (1 + r)), "that is the logarithm of the probability; take that of the odds."),
            Mistake(1 / (1 + sp.exp(-r)), "that is sigma(r); you need the z with sigma(z) = r / (1 + r)."),
        ),
        (-sp.log(1 / r), sp.log(r**2) / 2),
    ),
)
