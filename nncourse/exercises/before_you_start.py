"""The exercises of the chapter *Before you start*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula

x1, x2, t = sp.symbols("x1 x2 t")


def _shapes(rng):
    """Draw pairs of shapes: some fit, some do not; one has an axis of length 0, one has four axes."""
    a, b, c = (int(k) for k in rng.permutation(np.arange(2, 9))[:3])
    fit = [((a, b), (a, b)), ((a, b), (b,)), ((a, 1), (b,)), ((c, a, 1), (a, b)), ((a,), (b, 1)), ((a, b), ())]
    rare = [((0,), (1,)), ((a, 1, b, 1), (c, 1, a))]
    return [*fit, *rare, ((a, b), (a,)), ((a, b), (c, b))]


def broadcast_shape(p, q):
    """Return the shape of the sum of two arrays, or None where NumPy refuses."""
    try:
        return np.broadcast_shapes(p, q)
    except ValueError:
        return None


def broadcast_shape_by_rule(p, q):
    """The same from the rule: align at the right, a 1 stretches."""
    longest = max(len(p), len(q))
    p, q = (1,) * (longest - len(p)) + p, (1,) * (longest - len(q)) + q
    if any(i != j and 1 not in (i, j) for i, j in zip(p, q, strict=True)):
        return None
    return tuple(j if i == 1 else i for i, j in zip(p, q, strict=True))


def _left_aligned(p, q):
    longest = max(len(p), len(q))
    return broadcast_shape(p + (1,) * (longest - len(p)), q + (1,) * (longest - len(q)))


def _largest(p, q):
    longest = max(len(p), len(q))
    p, q = (1,) * (longest - len(p)) + p, (1,) * (longest - len(q)) + q
    return tuple(max(i, j) for i, j in zip(p, q, strict=True))


def _same_only(p, q):
    return p if p == q else None


def _layers(rng):
    """Draw (W, X): several rows; one W is square."""
    return [
        tuple(rng.normal(size=s) for s in ((d1, d0), (n, d0))) for d1, d0, n in ((2, 3, 4), (3, 3, 3), (4, 2, 1))
    ]


def layer(W, X):
    """Apply W to every row of X; row i of the result is W x_i."""
    return X @ W.T


class Field:
    """A smooth map that notes at which points it was evaluated."""

    def __init__(self, A):
        self.A, self.seen = A, []

    def __call__(self, x):
        """Return the map's value at x, and note x."""
        self.seen.append(np.array(x, dtype=float))
        return np.sin(4 * self.A @ x) + self.A @ x

    def __repr__(self):
        return f"a smooth function from {self.A.shape[1]} to {self.A.shape[0]} numbers"


def _fields(rng):
    """Draw (f, x, v): a smooth map, a point and a direction."""
    cases = []
    for d, k in [(2, 3), (3, 2), (1, 1), (2, 2), (3, 3)]:
        A, x, v = (rng.normal(size=shape) for shape in ((k, d), d, d))
        v *= rng.uniform(1.5, 2.5) / np.linalg.norm(v)
        A /= np.abs(A).max() * np.linalg.norm(v)
        while np.abs((1 + 4 * np.cos(4 * A @ x)) * (A @ v)).max() < 1:  # the map hardly changes along v
            x, v = rng.normal(size=d), v[rng.permutation(d)] * rng.choice([-1, 1], d)
        cases.append((Field(A), x, v))
    return cases


def _one_sided(cases):
    """Say so if a function was evaluated ahead of a point and not equally far behind it."""
    for f, x, _ in cases:
        behind = [2 * x - point for point in f.seen]
        if not all(any(np.allclose(b, p, rtol=0, atol=1e-12) for p in f.seen) for b in behind):
            return "The numbers agree, but the points do not lie on both sides of x, as a central difference asks."
        if all(np.array_equal(p, x) for p in f.seen):
            return "The numbers agree, but f was never evaluated beside x."
    return None


def derivative_along(f, x, v):
    """The derivative of f at x along v, by a central difference."""
    h = 1e-5
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


def derivative_by_columns(f, x, v):
    """The same: the Jacobian column by column, then J v."""
    h = 1e-5
    J = np.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))], axis=1)
    return J @ v


EXERCISES = (
    Exercise(
        "before-you-start-1",
        "predict",
        "S-1.1",
        6,
        "Write sum_shape(p, q): the shape of A + B for arrays of shapes p and q, or None where NumPy refuses.",
        Calls(("p", "q"), _shapes),
        broadcast_shape,
        (
            Mistake(_left_aligned, "shapes are compared from the right, not from the left."),
            Mistake(_largest, "two different lengths fit only if one of them is 1."),
            Mistake(_same_only, "equal shapes are not needed: a missing or 1-long axis is stretched."),
            Mistake(lambda p, q: p, "B may be the larger one; and some pairs do not fit at all."),
            Mistake(lambda p, q: max(p, q, key=len), "a 1-long axis of the longer shape is stretched too."),
            Mistake(
                lambda p, q: None if broadcast_shape(p, q) is None else _largest(p, q),
                "the 1 is stretched to the other length, which need not be larger: (0,) and (1,) give (0,).",
            ),
        ),
        (broadcast_shape_by_rule,),
    ),
    Exercise(
        "before-you-start-2",
        "implement",
        "S-1.1",
        6,
        "Write layer(W, X): rows are examples, and row i of the result is W times row i of X.",
        Calls(("W", "X"), _layers),
        layer,
        (
            Mistake(lambda W, X: X @ W, "the transpose is missing: with examples as rows, W x becomes X W^T."),
            Mistake(
                lambda W, X: W @ X.T, "the examples stand in the columns of your result; they belong in its rows."
            ),
            Mistake(lambda W, X: W @ X, "W x_i takes a column x_i, but the examples are the rows of X."),
            Mistake(lambda W, X: (X @ W.T).sum(axis=0), "you added the examples up; every one keeps its own row."),
            Mistake(lambda W, X: (X @ W.T)[0], "this is the first example alone; every row of X gives a row."),
            Mistake(
                lambda W, X: (X @ W.T)[:1], "a row came for the first example only: is `return` inside the loop?"
            ),
            Mistake(lambda W, X: (X @ W.T)[-1], "this is the last example alone; collect a row for each of them."),
            Mistake(
                lambda W, X: X @ W.reshape(W.shape[::-1]),
                "reshape is no transpose: it keeps the order of the numbers and only cuts the rows anew.",
            ),
        ),
        (
            lambda W, X: np.array([W @ x_i for x_i in X]),
            lambda W, X: np.einsum("ij,nj->ni", W, X),
            lambda W, X: (W @ X.T).T,
        ),
    ),
    Exercise(
        "before-you-start-3",
        "derive",
        "S-dl",
        6,
        "Write dE/dt for E = p q with p = x1 t and q = x2 t^2, by the multivariate chain rule.",
        Formula("x1 x2 t"),
        3 * x1 * x2 * t**2,
        (
            Mistake(x1 * x2 * t**2, "one of the two ways is missing: t acts through p and through q."),
            Mistake(2 * x1 * x2 * t**2, "one of the two ways is missing: t acts through p and through q."),
            Mistake(
                2 * x1 * x2 * t,
                "you multiplied the two derivatives; each way brings dE/dp dp/dt, and ways are added.",
            ),
            Mistake(x1 * x2 * t**3, "this is E itself; its derivative in t is asked."),
            Mistake(x1 + 2 * x2 * t, "the factors dE/dp = q and dE/dq = p are missing."),
            Mistake(x1 * x2 * t**2 + 2 * x1 * t**2, "dq/dt is 2 x2 t: the factor x2 is missing."),
        ),
        (x1 * (x2 * t**2) + (x1 * t) * 2 * x2 * t, sp.diff(x1 * x2 * t**3, t)),
    ),
    Exercise(
        "before-you-start-4",
        "experiment",
        "S-1",
        10,
        "Write derivative_along(f, x, v), a central difference of f at x along v, accurate to six digits.",
        Calls(("f", "x", "v"), _fields, tolerance=5e-7, watch=_one_sided),
        derivative_along,
        (
            Mistake(
                lambda f, x, v: (f(x + 1e-5 * v) - f(x - 1e-5 * v)) / 1e-5,
                "it is twice too large: the two points are 2 h apart.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-3 * v) - f(x)) / 1e-3,
                "a one-sided difference has an error of size h; go to both sides of x.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-5 * v) - f(x)) / 1e-5,
                "a one-sided difference has an error of size h; the second point lies behind x.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-8 * v) - f(x)) / 1e-8, "on both sides of x, as a central difference asks"
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-3 * v) - f(x - 1e-3 * v)) / 2e-3,
                "the step is too large for six digits: the error grows like h squared.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-5 * v) - f(x - 1e-5 * v)) / 2 * 1e-5,
                "/ 2 * h divides by 2 and multiplies by h; write / (2 * h).",
            ),
            Mistake(
                lambda f, x, v: derivative_along(f, x, v / np.linalg.norm(v)),
                "v keeps its length: the derivative along 2 v is twice that along v.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 0.1 * v) - f(x - 0.1 * v)) / 0.2,
                "the step is too large: the error grows like h squared.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-15 * v) - f(x - 1e-15 * v)) / 2e-15,
                "the step is too small: the difference drowns in rounding.",
            ),
            Mistake(
                lambda f, x, v: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
                "the direction v is not used: step along h v.",
            ),
            Mistake(
                lambda f, x, v: (f(x - 1e-5 * v) - f(x + 1e-5 * v)) / 2e-5,
                "the sign is wrong: ahead minus behind.",
            ),
        ),
        (derivative_by_columns, lambda f, x, v: (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6),
    ),
)
