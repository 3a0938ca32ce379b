"""Logistic regression derived by sympy: two forms that are one, and the printed form that is another."""

import sympy as sp

z, a = sp.symbols("z a", real=True)


def sigmoid(u):
    """Return 1 / (1 + exp(-u)).

    Examples
    --------
    >>> sigmoid(0), sigmoid(sp.log(3))
    (1/2, 3/4)
    """
    return 1 / (1 + sp.exp(-u))


def on_the_score(y):
    """Return log(1 + exp(-y z)), the loss of the score z, for a label y of -1 or +1.

    Source
    ------
    S-1.1.2b

    Examples
    --------
    >>> on_the_score(1).subs(z, 0), sp.limit(on_the_score(1), z, sp.oo)
    (log(2), 0)
    """
    return sp.log(1 + sp.exp(-y * z))


def on_the_probability(y):
    """Return -log((1 - y) / 2 + y sigma(z)), the cross-entropy of the probability sigma(z).

    Source
    ------
    S-1.1.2b

    Examples
    --------
    >>> on_the_probability(1) == -sp.log(sigmoid(z))
    True
    >>> on_the_probability(-1) == -sp.log(1 - sigmoid(z))
    True
    """
    return -sp.log(sp.Rational(1 - y, 2) + y * sigmoid(z))


def as_printed(y):
    """Return log(1 + exp(-y sigma(z))): the notes' loss, read literally, of the notes' output.

    Examples
    --------
    >>> best = sp.limit(as_printed(1), z, sp.oo)  # a sure right answer costs
    >>> round(float(best), 3)
    0.313
    """
    return on_the_score(y).subs(z, sigmoid(z))


def identical(u, v):
    """Return whether two losses of z are the same function: equal at 0, and with equal slopes everywhere.

    sympy is asked about the slopes, since logarithms of sums hide equality and fractions do not.

    Examples
    --------
    >>> z_form, a_form = on_the_score(1), on_the_probability(1)
    >>> identical(z_form, a_form), identical(z_form, as_printed(1))
    (True, False)
    """
    same_slope = sp.simplify(sp.diff(u - v, z).rewrite(sp.exp)) == 0
    return bool(same_slope) and sp.simplify((u - v).subs(z, 0)) == 0


def slope(loss):
    """Return the derivative of a loss in z, simplified.

    Examples
    --------
    >>> slope(on_the_score(1)).subs(z, 0), slope(on_the_score(-1)).subs(z, 0)
    (-1/2, 1/2)
    """
    return sp.simplify(sp.diff(loss, z))


def bend(loss):
    """Return the second derivative of a loss in z, simplified: nowhere negative means convex.

    Examples
    --------
    >>> bend(on_the_score(1)).subs(z, 0), bend(z**2), bend(-(z**2))
    (1/4, 2, -2)
    """
    return sp.simplify(sp.diff(loss, z, 2))


def best_output(q):
    """Return the a that minimises the printed loss q log(1 + exp(-a)) + (1 - q) log(1 + exp(a)).

    Parameters
    ----------
    q : sympy expression
        The probability of the label +1.

    Examples
    --------
    >>> best_output(sp.Rational(1, 2)), best_output(sp.Rational(3, 5))  # not q
    (0, log(3/2))
    """
    mean = q * sp.log(1 + sp.exp(-a)) + (1 - q) * sp.log(1 + sp.exp(a))
    e = sp.Symbol("e", positive=True)  # e^a
    return sp.log(sp.solve(sp.diff(mean, a).subs(a, sp.log(e)), e)[0])
