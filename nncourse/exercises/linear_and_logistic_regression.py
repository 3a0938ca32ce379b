"""The exercises of the chapter *Linear and logistic regression*."""

import math

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula

z = sp.Symbol("z")
s = 1 / (1 + sp.exp(-z))  # the output a = sigma(z), with the slope s (1 - s)
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


def _with_ones(X):
    return np.column_stack([np.ones(len(X)), X])


def line(X, y):
    """The bias and the weights of least squares, bias first."""
    return np.linalg.lstsq(_with_ones(X), y, rcond=None)[0]


def line_by_normal_equations(X, y):
    """The same, from X^T X w = X^T y."""
    A = _with_ones(X)
    return np.linalg.solve(A.T @ A, A.T @ y)


EXERCISES = (
    Exercise(
        "linear-and-logistic-regression-1",
        "derive",
        "S-1.1.2b",
        8,
        "For a yes the printed loss is log(1 + exp(-sigma(z))). Differentiate it in z.",
        Formula("z"),
        -s * (1 - s) / (1 + sp.exp(s)),
        (
            Mistake(s * (1 - s) / (1 + sp.exp(s)), "the sign is wrong: a larger score makes the loss smaller."),
            Mistake(-1 / (1 + sp.exp(s)), "that is the slope in the output; that of sigma(z) in z is missing."),
            Mistake(
                -1 / (1 + sp.exp(z)),
                "that is the slope of the right loss; here sigma(z) is in it.",
            ),
            Mistake(-s * (1 - s) / (1 + sp.exp(z)), "the first factor is taken at z, not at the output sigma(z)."),
            Mistake(
                -s * (1 - s) / (1 + sp.exp(-s)),
                "you have sigma(a) for the output a = sigma(z); the slope of log(1 + exp(-a)) is -sigma(-a).",
            ),
            Mistake(-s / (1 + sp.exp(s)), "the slope of sigma is sigma (1 - sigma); you have sigma alone."),
            Mistake(
                -sp.exp(-s) * s * (1 - s),
                "that is the slope of 1 + exp(-sigma(z)); the logarithm divides it by 1 + exp(-sigma(z)).",
            ),
            Mistake(1 / (1 + sp.exp(-s)), "the logarithm is differentiated, and what stands in it is not."),
            Mistake(-s * (1 - s), "the slope of sigma(z) is there; the slope of log(1 + exp(-a)) in a is missing."),
            Mistake(sp.log(1 + sp.exp(-s)), "that is the loss itself; its slope is asked."),
        ),
        (sp.diff(sp.log(1 + sp.exp(-s)), z), -sp.exp(-z) * s**2 * sp.exp(-s) / (1 + sp.exp(-s))),
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
                lambda z, y: np.mean(np.logaddexp(0, y * z)), "the sign is wrong: being right must cost little."
            ),
            Mistake(lambda z, y: np.sum(np.logaddexp(0, -y * z)), "the loss is a mean over examples, not a sum."),
            Mistake(
                lambda z, y: np.mean(np.log1p(np.exp(-np.abs(z)))),
                "log(1 + exp(-|z|)) is the loss of right answers only; add max(0, -y z).",
            ),
            Mistake(
                lambda z, y: np.mean(np.logaddexp(0, -np.clip(y * z, -30, 30))),
                "clipping y z does not overflow, but a wrong answer of score -2000 has to cost 2000, not 30.",
            ),
            Mistake(
                lambda z, y: sum(math.log(1 + math.exp(-b * a)) for a, b in zip(z, y, strict=True)) / len(z),
                "math.exp(2000) is too large for a float. Never raise e to a positive number: see Hint 1.",
            ),
            Mistake(
                lambda z, y: np.mean(-np.log(sigmoid(y * z) + 1e-12)),
                "a small number inside the logarithm hides the infinity: score -2000 then costs 28, not 2000.",
            ),
            Mistake(
                lambda z, y: np.mean(-np.log(sigmoid(y * z) + 1e-15)),
                "a small number inside the logarithm hides the infinity: score -2000 then costs 35, not 2000.",
            ),
            Mistake(lambda z, y: np.logaddexp(0, -y * z), "these are the single scores' losses; take the mean."),
            Mistake(
                lambda z, y: np.mean(np.maximum(0, -y * z)),
                "max(0, -y z) is right for huge scores only; log(1 + exp(-|y z|)) has to be added.",
            ),
            Mistake(
                lambda z, y: np.mean(np.where(-y * z > 0, -y * z, np.logaddexp(0, -np.abs(z)))),
                "where -y z > 0 the loss is more than -y z: log(1 + exp(y z)) has to be added there too.",
            ),
            Mistake(
                lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
                "that is the formula for labels of 0 and 1; here they are -1 and +1.",
            ),
            Mistake(
                lambda z, y: -y * z if -y * z > 0 else np.logaddexp(0, -y * z),
                "`if` asks about one number, and -y z is an array: use np.where or np.maximum.",
            ),
            Mistake(
                lambda z, y: np.mean(np.logaddexp(0, -y * sigmoid(z))),
                "that is the printed loss: the score z itself stands in the exponent, not sigma(z).",
            ),
            Mistake(
                lambda z, y: np.logaddexp(0, -np.mean(y * z)),
                "you took the mean of y z first; it is the mean of the losses.",
            ),
        ),
        (
            logistic_loss_by_cases,
            lambda z, y: np.mean(np.maximum(0, -y * z) + np.log(1 + np.exp(-np.abs(z)))),
            lambda z, y: sum(np.logaddexp(0, -b * a) for a, b in zip(z, y, strict=True)) / len(z),
        ),
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
            Mistake(lambda w, X, y: -logistic_gradient(w, X, y), "the sign is wrong: the slope is -y sigma(-y z)."),
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
            Mistake(
                lambda w, X, y: -y * sigmoid(-y * (X @ w)),
                "these are the slopes in the scores; each is still to be multiplied by its row x.",
            ),
            Mistake(
                lambda w, X, y: -(y * sigmoid(-(X @ w))) @ X / len(X),
                "the label is missing in the exponent: it is sigma(-y z), not sigma(-z).",
            ),
            Mistake(
                lambda w, X, y: (-y * sigmoid(-y * X @ w)) @ X / len(X),
                "Python reads -y * X @ w as (-y * X) @ w; write -y * (X @ w).",
            ),
            Mistake(
                lambda w, X, y: np.mean(-y * sigmoid(-y * (X @ w)) * X, axis=0),
                "delta has the shape (n,) and X is (n, d): write delta @ X, or delta[:, None] * X.",
            ),
            Mistake(
                lambda w, X, y: X @ (-y * sigmoid(-y * (X @ w))) / len(X),
                "X is (n, d) and delta is (n,): it is X.T @ delta, or delta @ X.",
            ),
            Mistake(
                lambda w, X, y: X.T @ (-y * sigmoid(-y * (X @ w)))[:, None] / len(X),
                "that is a column of shape (d, 1); w has the shape (d,), and so has its gradient.",
            ),
            Mistake(
                lambda w, X, y: X.T @ (-y[:, None] * sigmoid(-y * (X @ w))) / len(X),
                "a column of labels times a row of scores is a table of all pairs; leave y in the shape (n,).",
            ),
            Mistake(
                lambda w, X, y: np.mean((-y * sigmoid(-y * (X @ w)))[:, None] * X),
                "the mean goes over the rows only: axis=0.",
            ),
            Mistake(
                lambda w, X, y: len(X) / len(w) * logistic_gradient(w, X, y),
                "you divide by the number of weights; the mean is over the examples, len(X).",
            ),
            Mistake(
                lambda w, X, y: w - logistic_gradient(w, X, y),
                "that is w after a step; the gradient alone is asked.",
            ),
            Mistake(
                lambda w, X, y: X.T @ (X @ w - y) / len(X),
                "that is the gradient of the squared loss; the chapter's first half, not its second.",
            ),
            Mistake(
                lambda w, X, y: (
                    (-y * sigmoid(-y * sigmoid(X @ w)) * sigmoid(X @ w) * (1 - sigmoid(X @ w))) @ X / len(X)
                ),
                "that is the gradient of the printed loss; z itself stands in the exponent, not sigma(z).",
            ),
        ),
        (
            logistic_gradient_of_probabilities,
            lambda w, X, y: np.mean((-y / (1 + np.exp(y * (X @ w))))[:, None] * X, axis=0),
            lambda w, X, y: X.T @ (sigmoid(X @ w) - (y > 0)) / len(X),
            lambda w, X, y: sum(-b * x / (1 + np.exp(b * (w @ x))) for x, b in zip(X, y, strict=True)) / len(X),
        ),
    ),
    Exercise(
        "linear-and-logistic-regression-4",
        "implement",
        "S-1.1.2a S-1.1L",
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
            Mistake(lambda X, y: line(X, y)[1:], "the weights are right; the bias is not in what you return."),
            Mistake(
                lambda X, y: np.append(0.0, np.linalg.lstsq(X - X.mean(0), y - y.mean(), rcond=None)[0]),
                "with the means taken away the weights are right, but the bias is then mean(y) - mean(x).w, not 0.",
            ),
            Mistake(
                lambda X, y: np.append(y.mean(), np.linalg.lstsq(X - X.mean(0), y - y.mean(), rcond=None)[0]),
                "mean(y) is the bias for centred columns; for X as it came, take mean(x).w from it.",
            ),
            Mistake(
                lambda X, y: np.append(
                    np.mean(y - X @ np.linalg.lstsq(X, y, rcond=None)[0]), np.linalg.lstsq(X, y, rcond=None)[0]
                ),
                "weights that were fitted without a bias are other weights; fit both at once.",
            ),
            Mistake(
                lambda X, y: line((X - X.mean(0)) / X.std(0), y),
                "these weights belong to scaled columns; they are asked for X as it came.",
            ),
            Mistake(
                lambda X, y: np.linalg.lstsq(_with_ones(X), y, rcond=None),
                "np.linalg.lstsq returns four things; the first of them, [0], holds the weights.",
            ),
            Mistake(
                lambda X, y: np.linalg.solve(_with_ones(X), y),
                "there are more examples than weights, so no line meets all: multiply both sides by X^T first.",
            ),
            Mistake(
                lambda X, y: np.linalg.solve(_with_ones(X).T @ _with_ones(X) / len(X), _with_ones(X).T @ y),
                "one side is divided by n, and the other is not.",
            ),
            Mistake(
                lambda X, y: (line(X, y)[0], line(X, y)[1:]),
                "bias and weights are right, but in two pieces: one vector of shape (1 + d,) is asked.",
            ),
            Mistake(
                lambda X, y: line(X, y)[:, None],
                "the numbers are right, in a column of shape (1 + d, 1); a vector of shape (1 + d,) is asked.",
            ),
            Mistake(
                lambda X, y: _with_ones(X) @ line(X, y),
                "these are the line's answers for the rows of X; its bias and weights are asked.",
            ),
        ),
        (
            line_by_normal_equations,
            lambda X, y: np.linalg.pinv(_with_ones(X)) @ y,
            lambda X, y: [y.mean() - X.mean(0) @ line(X, y)[1:], *line(X, y)[1:]],
        ),
    ),
    Exercise(
        "linear-and-logistic-regression-5",
        "predict",
        "S-1.1.2b S-1.1L",
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
            Mistake(1 / (1 + r), "that is the probability of -1; asked is the score z, before the sigmoid."),
            Mistake(-sp.log(r / (1 + r)), "that is the surprise at a +1, a loss; asked is the score z."),
            Mistake(sp.log(1 + r), "try r = 1: +1 and -1 are equally frequent, and the best score must be 0."),
            Mistake(r - 1, "the sign fits, but not the size: the slope r sigma(-z) - sigma(z) is not 0 there."),
            Mistake(sp.log(r) / 2, "sigma(z) / sigma(-z) is exp(z), not exp(2 z)."),
        ),
        (-sp.log(1 / r), sp.log(r**2) / 2, sp.log(r / (1 + r)) - sp.log(1 / (1 + r))),
    ),
)
