"""The steps of the perceptron's mistake bound, and why the delta rule cannot be the perceptron, by sympy."""

import sympy as sp


def vectors(d):
    """Return symbols w, x and u (each d x 1)."""
    return tuple(sp.Matrix(d, 1, lambda i, _, s=s: sp.Symbol(f"{s}{i + 1}", real=True)) for s in "wxu")


def growth(d, y):
    """Return ||w + y x||^2 - ||w||^2 - 2 y w.x - ||x||^2, expanded: zero for a label y of -1 or +1.

    Source
    ------
    S-fn1b
    """
    w, x, _ = vectors(d)
    new = w + y * x
    return sp.expand(new.dot(new) - w.dot(w) - 2 * y * w.dot(x) - x.dot(x))


def progress(d, y):
    """Return (w + y x).u - w.u - y x.u, expanded: zero.

    Source
    ------
    S-fn1b
    """
    w, x, u = vectors(d)
    return sp.expand((w + y * x).dot(u) - w.dot(u) - y * x.dot(u))


def squared_update(y):
    """Return the delta rule's step in w, y - f, for x = 1, f' replaced by 1 and the wrong answer f = -y: 2 y.

    Source
    ------
    S-fn1c
    """
    f = sp.Symbol("f", real=True)
    step = -sp.diff((y - f) ** 2 / 2, f)
    return int(step.subs(f, -y))


def slope_of_perceptron_loss(y):
    """Return the slope in z of max(0, -y z) where the answer is wrong.

    Source
    ------
    S-fn1c
    """
    z = sp.Symbol("z", real=True)
    return int(sp.diff(-y * z, z))
