"""Resilient propagation derived by sympy: how far its steps lead, when they shrink, what a change of sign says."""

from itertools import pairwise

import sympy as sp

u, eta_minus, first, q = sp.symbols("u eta_- Delta_0 q", positive=True)
eta_plus = 1 + u  # above 1
j, k = sp.Symbol("j", integer=True, nonnegative=True), sp.Symbol("k", integer=True, positive=True)
v, x, y = sp.symbols("v x y", real=True)


def way(k):
    """Return how far k steps lead while the sign stays: the sum of Delta_0 eta_+^j for j = 0 ... k - 1.

    Source
    ------
    J-eta-p

    Examples
    --------
    >>> way(1), sp.expand(way(2) - (first + first * eta_plus))
    (Delta_0, 0)
    """
    return first * sp.simplify(sp.summation(eta_plus**j, (j, 0, k - 1)))


def shrunk(k):
    """Return Delta after k changes of sign in a row.

    Source
    ------
    J-eta-n

    Examples
    --------
    >>> shrunk(3).subs({first: 1, eta_minus: sp.Rational(1, 2)})
    1/8
    """
    return first * eta_minus**k


def growth(q):
    """Return the mean of log(new Delta / old Delta) when a share q of the steps keeps the sign; the rest turns it.

    Source
    ------
    J-30, J-31

    Examples
    --------
    >>> growth(1), growth(0)
    (log(u + 1), log(eta_-))
    """
    return q * sp.log(eta_plus) + (1 - q) * sp.log(eta_minus)


def share_that_holds(plus, minus):
    """Return the share of kept signs at which Delta neither grows nor shrinks in the long run.

    Parameters
    ----------
    plus, minus : sympy number
        The factors ``eta_+`` and ``eta_-``.

    Source
    ------
    J-const

    Examples
    --------
    >>> share_that_holds(sp.Integer(2), sp.Rational(1, 2))  # doubling, halving
    1/2
    """
    return sp.solve(growth(q).subs({u: plus - 1, eta_minus: minus}), q)[0]


def minima_between(E, a, b):
    """Return the places between a and b where the slope of E, a polynomial in v, turns from - to +.

    Parameters
    ----------
    E : sympy expression
        The curve.
    a, b : sympy number
        The two ends, in any order; where a step began, and where it led.

    Source
    ------
    J-eta-n

    Examples
    --------
    >>> E = (v**2 - 1) ** 2  # minima at -1 and 1, a maximum at 0
    >>> minima_between(E, -2, 2), minima_between(E, 2, 0), minima_between(E, 2, 3)
    ([-1, 1], [1], [])
    """
    slope, (low, high) = sp.diff(E, v), sorted((a, b))
    roots = [root for root in sorted(set(sp.real_roots(slope, v))) if low < root < high]
    middles = [(left + right) / 2 for left, right in pairwise([low, *roots, high])]
    signs = [sp.sign(slope.subs(v, middle)) for middle in middles]
    return [root for root, (before, after) in zip(roots, pairwise(signs), strict=True) if before < 0 < after]


def without_a_minimum():
    """Return E = x y + y^2 / 2: straight along x, and yet its slope along x changes its sign where y does.

    Source
    ------
    J-eta-n

    Examples
    --------
    >>> E = without_a_minimum()
    >>> sp.diff(E, x), sp.diff(E, y)
    (y, x + y)
    """
    return x * y + y**2 / 2
