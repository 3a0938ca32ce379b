"""The perceptron's bound and its loss, and why the delta rule cannot give its step, derived by sympy."""

import sympy as sp

w, x, z = sp.symbols("w x z", real=True)
t = sp.Symbol("t", positive=True)


def vectors(d):
    """Return symbols w, x and u (each d x 1).

    Examples
    --------
    >>> w, x, u = vectors(2)
    >>> w.T, x.T, u.T
    (Matrix([[w1, w2]]), Matrix([[x1, x2]]), Matrix([[u1, u2]]))
    """
    return tuple(sp.Matrix(d, 1, lambda i, _, s=s: sp.Symbol(f"{s}{i + 1}", real=True)) for s in "wxu")


def growth(d, y):
    """Return ||w + y x||^2 - ||w||^2 - 2 y w.x - ||x||^2, expanded: zero for a label y of -1 or +1.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> growth(2, -1), growth(1, 2)  # 2 is no label: y^2 - 1 = 3 is left
    (0, 3*x1**2)
    """
    w, x, _ = vectors(d)
    new = w + y * x
    return sp.expand(new.dot(new) - w.dot(w) - 2 * y * w.dot(x) - x.dot(x))


def progress(d, y):
    """Return (w + y x).u - w.u - y x.u, expanded: zero.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> progress(2, 1), progress(2, -1)
    (0, 0)
    """
    w, x, u = vectors(d)
    return sp.expand((w + y * x).dot(u) - w.dot(u) - y * x.dot(u))


def most_mistakes(lower, upper, k):
    """Return the k at which a lower wall reaches an upper one, having shown that it lies above it ever after.

    Parameters
    ----------
    lower, upper : sympy expression
        What w.u is at least, and what it is at most, after k mistakes.
    k : sympy Symbol
        The number of mistakes, a positive symbol.

    Raises
    ------
    ValueError
        The walls do not meet exactly once, at a k above 0, or the lower one is not above the upper one afterwards.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> k, R, gamma = sp.symbols("k R gamma", positive=True)
    >>> most_mistakes(k * gamma, sp.sqrt(k) * R, k)
    R**2/gamma**2
    """
    meetings = sp.solve(sp.Eq(lower, upper), k)
    if len(meetings) != 1 or not meetings[0].is_positive:
        raise ValueError(f"lower, upper: expected walls that meet once, at a k above 0, got {meetings}")
    later = sp.factor((lower - upper).subs(k, meetings[0] * (1 + t) ** 2))  # t > 0, so k is beyond the meeting
    if not later.is_positive:
        raise ValueError(f"lower, upper: expected the lower wall above the upper one later on, got {later}")
    return meetings[0]


def slope_of_sign(where):
    """Return the slope of sign(z) at a place other than 0.

    Source
    ------
    S-fn1c

    Examples
    --------
    >>> slope_of_sign(3), slope_of_sign(-3)
    (0, 0)
    """
    return sp.diff(sp.sign(z), z).subs(z, where)


def delta_rule_step(y, slope):
    """Return -dE/dw for E = (y - f(w x))^2 / 2 at a wrong answer, f = -y, where f' is `slope`.

    Parameters
    ----------
    y : int
        The label, -1 or +1.
    slope : number
        What stands in the place of f'.

    Source
    ------
    S-fn1c

    Examples
    --------
    >>> delta_rule_step(1, slope=0), delta_rule_step(1, slope=1)
    (0, 2*x)
    """
    f = sp.Function("f")
    by_score = sp.diff((y - f(z)) ** 2 / 2, z).subs(sp.Derivative(f(z), z), slope).subs(f(z), -y)
    return -by_score * sp.diff(w * x, w)


def perceptron_loss(y, z):
    """Return max(0, -y z): nothing for a right answer, the size of the score for a wrong one.

    Parameters
    ----------
    y : int
        The label, -1 or +1.
    z : sympy expression
        The score.

    Source
    ------
    S-fn1c

    Examples
    --------
    >>> perceptron_loss(1, 2), perceptron_loss(1, -2)
    (0, 2)
    """
    return sp.Max(0, -y * z)


def perceptron_step(y, right):
    """Return -dE/dw for E = max(0, -y w x), where the answer is right or where it is wrong.

    Parameters
    ----------
    y : int
        The label, -1 or +1.
    right : bool
        Whether the score w x has the sign of y.

    Source
    ------
    S-fn1c

    Examples
    --------
    >>> perceptron_step(1, right=True), perceptron_step(1, right=False)
    (0, x)
    """
    score = y * t if right else -y * t
    by_score = sp.diff(perceptron_loss(y, z), z).subs(z, score)
    return -by_score * sp.diff(w * x, w)


def slopes_at_zero(y):
    """Return the slopes of max(0, -y z) from the left and from the right of z = 0: they differ, it is a corner.

    Source
    ------
    S-fn1c

    Examples
    --------
    >>> slopes_at_zero(1)
    (-1, 0)
    """
    loss = perceptron_loss(y, z)
    return tuple(sp.limit((loss - loss.subs(z, 0)) / z, z, 0, side) for side in "-+")
