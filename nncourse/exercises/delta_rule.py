"""The exercises of the chapter *The delta rule*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

c, a, x, y = sp.symbols("c a x y")


def _examples(rng):
    """Draw (W, x, y) for one example: a wide layer, a tall one, and a square one."""
    sizes = [(2, 3), (4, 2), (3, 3)]
    return [tuple(rng.normal(size=s) for s in ((d1, d0), (d0,), (d1,))) for d1, d0 in sizes]


def _batches(rng):
    """Draw (W, X, Y) for several rows, among them as many rows as inputs or outputs."""
    sizes = [(2, 3, 5), (3, 3, 3), (4, 2, 4)]
    return [tuple(rng.normal(size=s) for s in ((d1, d0), (n, d0), (n, d1))) for d1, d0, n in sizes]


def sigmoid(z):
    """Return 1 / (1 + exp(-z)); the exercises' arguments are small."""
    return 1 / (1 + np.exp(-z))


def tanh_gradient(W, x, y):
    """Equation (1) for f = tanh and one example."""
    a = np.tanh(W @ x)
    return np.outer((a - y) * (1 - a**2), x)


def tanh_gradient_by_loops(W, x, y):
    """The same, number by number."""
    gradient = np.zeros_like(W)
    for i in range(W.shape[0]):
        z_i = sum(W[i, j] * x[j] for j in range(W.shape[1]))
        for j in range(W.shape[1]):
            gradient[i, j] = (np.tanh(z_i) - y[i]) / np.cosh(z_i) ** 2 * x[j]
    return gradient


def batch_gradient(W, X, Y):
    """The mean over the rows of equation (1), for f = sigmoid."""
    A = sigmoid(X @ W.T)
    return ((A - Y) * A * (1 - A)).T @ X / len(X)


def batch_gradient_by_rows(W, X, Y):
    """The same, one example after the other."""
    total = np.zeros_like(W)
    for x_i, y_i in zip(X, Y, strict=True):
        a_i = sigmoid(W @ x_i)
        total += np.outer((a_i - y_i) * a_i * (1 - a_i), x_i)
    return total / len(X)


def softmax(z):
    """Return the softmax of a vector."""
    e = np.exp(z - z.max())
    return e / e.sum()


def softmax_gradient(W, x, y):
    """J^T (a - y) x^T for a = softmax(W x), with J = diag(a) - a a^T."""
    a = softmax(W @ x)
    return np.outer((np.diag(a) - np.outer(a, a)).T @ (a - y), x)


def softmax_gradient_without_jacobian(W, x, y):
    """The same, from J^T v = a (v - a.v)."""
    a = softmax(W @ x)
    return np.outer(a * (a - y - a @ (a - y)), x)


def largest_step(X):
    """2 over the largest eigenvalue of X^T X / n."""
    return 2 / np.linalg.eigvalsh(X.T @ X / len(X)).max()


def largest_step_by_singular_value(X):
    """The same, from the largest singular value of X."""
    return 2 * len(X) / np.linalg.norm(X, 2) ** 2


def _error_after(X, step, rng, steps=400):
    """Return how far gradient descent has got from a random start to the target, relative to the start."""
    goal, w = rng.normal(size=(2, X.shape[1]))
    start = np.linalg.norm(X @ (w - goal))
    for _ in range(steps):
        w = w - step * X.T @ (X @ (w - goal)) / len(X)
    return np.linalg.norm(X @ (w - goal)) / start


def _step_is_the_largest(answer, rng):
    if not callable(answer):
        return f"Expected a function of X, got {answer!r}."
    for n, d in ((6, 2), (8, 3), (5, 4), (9, 3), (12, 2), (7, 5), (10, 4), (6, 3)):
        X = rng.normal(size=(n, d)) * rng.uniform(0.3, 3) + rng.normal(size=d)
        step = answer(X.copy())
        if step is None:
            return "Your function returns None: still the stub, or is a `return` missing?"
        if np.ndim(step) != 0 or not np.isfinite(step) or step <= 0:
            return f"Expected one positive number (not one for each eigenvalue), got {step!r}."
        said = f"For an X of shape {X.shape} you say {step:.4g}."
        if not _error_after(X, 0.97 * step, rng) < 1:
            return f"{said} Descent with 0.97 times it blows up: the step is too large. {_likely(X, step)}"
        if _error_after(X, 1.03 * step, rng) < 1:
            return f"{said} Descent with 1.03 times it still converges: a larger step is stable. {_likely(X, step)}"
    return None


def _likely(X, step):
    """Return what probably led to a wrong step, or a way to think about it."""
    bends = np.linalg.eigvalsh(X.T @ X / len(X))
    centred = np.linalg.eigvalsh(np.atleast_2d(np.cov(X.T, bias=True)))
    for guess, words in (
        (2 / bends.min(), "You took the smallest eigenvalue; the strongest bend decides, the largest one."),
        (
            1 / bends.max(),
            "You took 1 over the largest eigenvalue: 1 - eta lambda may go down to -1, not only to 0.",
        ),
        (2 / bends.max() / len(X), "The loss is a mean: divide X^T X by n."),
        (2 / centred.max(), "np.cov takes the mean of the columns away; the loss does not. Use X^T X / n."),
        (2 / bends.sum(), "The trace is the sum of all eigenvalues; the largest one alone decides."),
    ):
        if np.isclose(step, guess):
            return words
    return "Each step multiplies the error along an eigenvector by 1 - eta lambda; all of those must stay above -1."


EXERCISES = (
    Exercise(
        "delta-rule-1",
        "predict",
        "S-1",
        3,
        "f is the identity and the label is 0. By what factor does the gradient grow when x is multiplied by c?",
        Formula("c"),
        c**2,
        (
            Mistake(c, "you counted the x^T at the end, but W x in front of it grows as well."),
            Mistake(sp.Integer(1), "the gradient does change: x stands in it twice."),
            Mistake(2 * c, "factors multiply, they do not add: each of the two places brings a factor c."),
            Mistake(c**3, "x stands in the gradient twice, not three times: once in W x, once as x^T."),
            Mistake(
                c**2 / 2, "the 1/2 of the loss is gone after differentiating, and a factor compares two gradients."
            ),
        ),
        (c * c, sp.exp(2 * sp.log(c))),
    ),
    Exercise(
        "delta-rule-2",
        "derive",
        "S-1",
        8,
        "Write dE/dw of one sigmoid neuron, E = 1/2 (y - a)^2 with a = sigmoid(w x), in the symbols a, x and y.",
        Formula("a x y"),
        (a - y) * a * (1 - a) * x,
        (
            Mistake((a - y) * x, "the factor f'(z) is missing; for the sigmoid it is a (1 - a)."),
            Mistake((y - a) * a * (1 - a) * x, "the sign is wrong: the derivative of 1/2 (y - a)^2 in a is a - y."),
            Mistake((a - y) * a * x, "you used f(z) where f'(z) belongs; for the sigmoid f' is a (1 - a)."),
            Mistake((a - y) * a * (1 - a), "the inner derivative of w x in w is missing: a factor x."),
            Mistake(
                (a - y) * (1 - a**2) * x, "1 - a^2 is the derivative of tanh; for the sigmoid it is a (1 - a)."
            ),
            Mistake((a - y) * y * (1 - y) * x, "f'(z) is a (1 - a), with the output a, not with the label y."),
            Mistake((a - y) * (1 / a - 1) * x, "1/a - 1 is exp(-z) alone; f'(z) is exp(-z) f(z)^2."),
            Mistake(2 * (a - y) * a * (1 - a) * x, "the 1/2 of the loss cancels the 2 of the square."),
        ),
        (sp.expand((a - y) * a * (1 - a) * x), a * x * (y * (a - 1) - a * (a - 1))),
    ),
    Exercise(
        "delta-rule-3",
        "implement",
        "S-1",
        10,
        "Write gradient(W, x, y), equation (1) for f = tanh and one example.",
        Calls(("W", "x", "y"), _examples),
        tanh_gradient,
        (
            Mistake(
                lambda W, x, y: np.outer((np.tanh(W @ x) - y) * np.tanh(W @ x), x),
                "you used f(z) where f'(z) belongs; for tanh, f'(z) = 1 - tanh(z)^2.",
            ),
            Mistake(
                lambda W, x, y: np.outer(np.tanh(W @ x) - y, x),
                "the factor f'(z) is missing; for tanh, f'(z) = 1 - tanh(z)^2.",
            ),
            Mistake(
                lambda W, x, y: -tanh_gradient(W, x, y),
                "the sign is wrong: it is output minus label, f(Wx) - y.",
            ),
            Mistake(
                lambda W, x, y: tanh_gradient(W, x, y).T,
                "the product with x^T is transposed: delta x^T has W's shape, x delta^T has not.",
            ),
            Mistake(
                lambda W, x, y: np.outer((np.tanh(W @ x) - y) * (1 - np.tanh(np.tanh(W @ x)) ** 2), x),
                "f' is taken at a = f(z), but it belongs at z: 1 - tanh(z)^2 is 1 - a^2.",
            ),
            Mistake(
                lambda W, x, y: ((np.tanh(W @ x) - y) * (1 - np.tanh(W @ x) ** 2)) @ x,
                "delta and x are multiplied into one number (or do not fit); delta x^T is an outer product, "
                "np.outer(delta, x).",
            ),
            Mistake(
                lambda W, x, y: 2 * tanh_gradient(W, x, y),
                "it is twice too large: the 1/2 of the loss cancels the 2 of the square.",
            ),
            Mistake(
                lambda W, x, y: (np.tanh(W @ x) - y) * (1 - np.tanh(W @ x) ** 2) * x,
                "delta * x multiplies entry by entry; delta x^T is an outer product, np.outer(delta, x).",
            ),
            Mistake(
                lambda W, x, y: np.outer((np.tanh(W @ x) - y) * (1 - (W @ x) ** 2), x),
                "1 - a^2 is right only with a = tanh(z); you used z itself.",
            ),
            Mistake(
                lambda W, x, y: np.outer((np.tanh(W @ x) - y) * np.tanh(W @ x) * (1 - np.tanh(W @ x)), x),
                "a (1 - a) is the derivative of the sigmoid; for tanh it is 1 - a^2.",
            ),
            Mistake(
                lambda W, x, y: np.outer((W @ x - y) * (1 - np.tanh(W @ x) ** 2), x),
                "the error is a - y with the output a = tanh(z), not z - y.",
            ),
            Mistake(
                lambda W, x, y: W - tanh_gradient(W, x, y),
                "this is W after a step; asked is the gradient alone.",
            ),
        ),
        (
            tanh_gradient_by_loops,
            lambda W, x, y: np.einsum("i,j->ij", (np.tanh(W @ x) - y) / np.cosh(W @ x) ** 2, x),
            lambda W, x, y: ((np.tanh(W @ x) - y) * (1 - np.tanh(W @ x) ** 2))[:, None] * x[None, :],
        ),
    ),
    Exercise(
        "delta-rule-4",
        "implement",
        "S-1",
        12,
        "Write batch_gradient(W, X, Y), the mean over the rows of equation (1) for f = sigmoid.",
        Calls(("W", "X", "Y"), _batches),
        batch_gradient,
        (
            Mistake(
                lambda W, X, Y: batch_gradient(W, X, Y) * len(X),
                "this is the sum over the rows; the mean is asked: divide by the number of rows.",
            ),
            Mistake(
                lambda W, X, Y: batch_gradient(W, X, Y) / Y.shape[1],
                "you divided by the number of outputs too; only the rows are averaged.",
            ),
            Mistake(
                lambda W, X, Y: batch_gradient(W, X, Y).T,
                "the result is transposed: the gradient has W's shape, so delta stands on the left, delta^T X.",
            ),
            Mistake(
                lambda W, X, Y: np.outer(
                    ((sigmoid(X @ W.T) - Y) * sigmoid(X @ W.T) * (1 - sigmoid(X @ W.T))).mean(0), X.mean(0)
                ),
                "you averaged delta and x one by one; the mean of products is not the product of means.",
            ),
            Mistake(
                lambda W, X, Y: ((sigmoid(X @ W.T) - Y) * sigmoid(X @ W.T)).T @ X / len(X),
                "you used f(z) where f'(z) belongs; for the sigmoid f'(z) = a (1 - a).",
            ),
            Mistake(lambda W, X, Y: -batch_gradient(W, X, Y), "the sign is wrong: it is output minus label."),
            Mistake(
                lambda W, X, Y: batch_gradient(W, X, Y) * len(X) / X.shape[1],
                "you divided by the number of inputs; divide by the number of rows, len(X).",
            ),
            Mistake(
                lambda W, X, Y: batch_gradient(W, X[-1:], Y[-1:]),
                "this is the last row's gradient alone; add up all rows, then divide.",
            ),
            Mistake(
                lambda W, X, Y: np.mean(batch_gradient(W, X, Y)),
                "np.mean without an axis makes one number of everything; average over the rows only.",
            ),
            Mistake(
                lambda W, X, Y: ((sigmoid(-X @ W.T) - Y) * sigmoid(X @ W.T) * sigmoid(-X @ W.T)).T @ X / len(X),
                "the sigmoid is 1 / (1 + exp(-z)); the minus is missing.",
            ),
            Mistake(
                lambda W, X, Y: (sigmoid(X @ W.T) - Y).T @ X / len(X),
                "the factor f'(z) is missing; for the sigmoid f'(z) = a (1 - a).",
            ),
        ),
        (
            batch_gradient_by_rows,
            lambda W, X, Y: (
                np.einsum("ni,nj->ij", (sigmoid(X @ W.T) - Y) * sigmoid(X @ W.T) * sigmoid(-X @ W.T), X) / len(X)
            ),
        ),
    ),
    Exercise(
        "delta-rule-5",
        "implement",
        "S-1",
        12,
        "Write gradient(W, x, y) of 1/2 ||y - softmax(W x)||^2, which is not entry-wise.",
        Calls(("W", "x", "y"), _examples),
        softmax_gradient,
        (
            Mistake(
                lambda W, x, y: np.outer((softmax(W @ x) - y) * softmax(W @ x) * (1 - softmax(W @ x)), x),
                "you kept only the diagonal of the Jacobian, a (1 - a); softmax has entries beside it, -a_i a_k.",
            ),
            Mistake(
                lambda W, x, y: np.outer(softmax(W @ x) - y, x),
                "this is the gradient of the cross-entropy; the squared loss keeps the Jacobian of softmax.",
            ),
            Mistake(
                lambda W, x, y: np.outer(np.outer(softmax(W @ x), softmax(W @ x)) @ (y - softmax(W @ x)), x),
                "the diagonal matrix of a is missing: the Jacobian is diag(a) - a a^T.",
            ),
            Mistake(lambda W, x, y: -softmax_gradient(W, x, y), "the sign is wrong: it is output minus label."),
            Mistake(
                lambda W, x, y: np.outer(
                    (np.diag(softmax(W @ x)) + np.outer(softmax(W @ x), softmax(W @ x))) @ (softmax(W @ x) - y), x
                ),
                "the Jacobian is diag(a) minus a a^T: when one score rises, the other outputs fall.",
            ),
            Mistake(
                lambda W, x, y: np.outer((np.diag(softmax(W @ x)) - softmax(W @ x) ** 2) @ (softmax(W @ x) - y), x),
                "a * a (or a * a.T) is no table; a a^T is np.outer(a, a).",
            ),
            Mistake(
                lambda W, x, y: softmax_gradient(W, x, y).T,
                "the product with x^T is transposed: the gradient has W's shape.",
            ),
        ),
        (softmax_gradient_without_jacobian,),
    ),
    Exercise(
        "delta-rule-6",
        "experiment",
        "S-1 S-1.1L",
        15,
        "Write largest_step(X): the step size at which gradient descent on 1/(2n) ||X w - y||^2 begins to diverge.",
        Holds(_step_is_the_largest, "Descent converges just below your step and diverges just above it."),
        largest_step,
        (
            Mistake(lambda X: 1 / np.linalg.eigvalsh(X.T @ X / len(X)).max(), "You took 1 over the largest"),
            Mistake(lambda X: 2 / np.linalg.eigvalsh(X.T @ X / len(X)).min(), "You took the smallest eigenvalue"),
            Mistake(lambda X: 2 / np.linalg.eigvalsh(X.T @ X).max(), "The loss is a mean"),
            Mistake(lambda X: 2 / np.trace(X.T @ X / len(X)), "The trace is the sum"),
            Mistake(lambda X: 2 / np.linalg.eigvalsh(np.cov(X.T, bias=True)).max(), "np.cov takes the mean"),
            Mistake(lambda X: 2 / np.linalg.eigvalsh(X.T @ X / len(X)), "not one for each eigenvalue"),
            Mistake(lambda X: 1e-3, "a larger step is stable"),
            Mistake(lambda X: -1.0, "Expected one positive number"),
        ),
        (largest_step_by_singular_value,),
    ),
)
