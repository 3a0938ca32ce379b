"""The product, quotient and chain rule, from the difference quotient, for all differentiable functions at once.

A function that is differentiable at a point is, near it, a line and a rest: f(x + h) = f0 + h (f1 + a). Here f0 is
the value, f1 the derivative, and the rest a tends to 0 with h. Nothing else is known of f here.
"""

import sympy as sp

x, y, h = sp.symbols("x y h", real=True)
f0, f1, a = sp.symbols("f0 f1 a", real=True)  # f at the point, its derivative there, its rest
g0, g1, b = sp.symbols("g0 g1 b", real=True)
F1, F2, c, d, u1, v1 = sp.symbols("F1 F2 c d u1 v1", real=True)
RESTS = (a, b, c, d)


def nearby(value, slope, rest, step):
    """Return a differentiable function one step away: value + step (slope + rest).

    Examples
    --------
    >>> sp.expand(nearby(4, 4, h, h))  # (2 + h)^2: value 4, slope 4, rest h
    h**2 + 4*h + 4
    """
    return value + step * (slope + rest)


def of_product():
    """Return the difference quotient of f g, multiplied out.

    Source
    ------
    S-A1

    Examples
    --------
    >>> limit(of_product()) == f1 * g0 + f0 * g1
    True
    """
    return sp.expand((nearby(f0, f1, a, h) * nearby(g0, g1, b, h) - f0 * g0) / h)


def of_quotient():
    """Return the difference quotient of f / g as one fraction; its denominator is g(x) g(x + h).

    Source
    ------
    S-A2

    Examples
    --------
    >>> sp.cancel(limit(of_quotient()) - (f1 * g0 - f0 * g1) / g0**2)
    0
    """
    return sp.cancel((nearby(f0, f1, a, h) / nearby(g0, g1, b, h) - f0 / g0) / h)


def of_composition():
    """Return the difference quotient of f(g(x)): f's step is g(x + h) - g(x), which may be 0.

    Source
    ------
    S-A3

    Examples
    --------
    >>> of_composition() == (f1 + a) * (g1 + b)  # no division by g's step
    True
    """
    step = nearby(g0, g1, b, h) - g0
    return sp.factor((nearby(f0, f1, a, step) - f0) / h)


def of_two_ways():
    """Return the difference quotient of F(u(x), v(x)): F has a slope and a rest for each of its arguments.

    Examples
    --------
    >>> limit(of_two_ways()) == F1 * u1 + F2 * v1
    True
    """
    steps = h * (u1 + c), h * (v1 + d)
    return sp.expand(sp.cancel((steps[0] * (F1 + a) + steps[1] * (F2 + b)) / h))


def limit(quotient):
    """Return what a difference quotient tends to: h and all rests are put to 0, where it is continuous.

    Parameters
    ----------
    quotient : sympy expression
        A fraction of polynomials in h and the rests.

    Raises
    ------
    ValueError
        The denominator is 0 there.

    Examples
    --------
    >>> limit(of_composition())
    f1*g1
    """
    at = dict.fromkeys((h, *RESTS), 0)
    numerator, denominator = (part.subs(at) for part in sp.fraction(sp.together(quotient)))
    if denominator == 0 or numerator.has(sp.zoo, sp.nan):
        raise ValueError("quotient: expected a denominator that is not 0 in the limit, got 0")
    return sp.expand(sp.cancel(numerator / denominator))


def difference_quotient(f):
    """Return (f(x + h) - f(x)) / h.

    Examples
    --------
    >>> sp.expand(difference_quotient(lambda u: u**2))
    h + 2*x
    """
    return (f(x + h) - f(x)) / h


def split_product(f, g):
    """Return the difference quotient of f g, taken apart into those of f and of g: the two strips.

    Source
    ------
    S-A1

    Examples
    --------
    >>> f, g = sp.Function("f"), sp.Function("g")
    >>> whole = difference_quotient(lambda u: f(u) * g(u))
    >>> sp.expand(split_product(f, g) - whole)
    0
    """
    return difference_quotient(f) * g(x + h) + f(x) * difference_quotient(g)


def split_quotient(f, g):
    """Return the difference quotient of f / g, taken apart into those of f and of g.

    Source
    ------
    S-A2

    Examples
    --------
    >>> f, g = sp.Function("f"), sp.Function("g")
    >>> whole = difference_quotient(lambda u: f(u) / g(u))
    >>> sp.cancel(split_quotient(f, g) - whole)
    0
    """
    return (difference_quotient(f) * g(x) - f(x) * difference_quotient(g)) / (g(x) * g(x + h))


def by_limit(f):
    """Return the derivative of a function that sympy knows, as the limit of its difference quotient.

    Examples
    --------
    >>> by_limit(lambda u: u**3)
    3*x**2
    """
    return sp.limit(difference_quotient(f), h, 0)


def product_rule(f, g):
    """Return f' g + f g'.

    Source
    ------
    S-A1

    Examples
    --------
    >>> product_rule(lambda u: u, lambda u: u**2)  # 1 times x^2, and x times 2 x
    3*x**2
    """
    return f(x).diff(x) * g(x) + f(x) * g(x).diff(x)


def quotient_rule(f, g):
    """Return (f' g - f g') / g^2, which holds where g is not 0.

    Source
    ------
    S-A2

    Examples
    --------
    >>> sp.cancel(quotient_rule(lambda u: u**3, lambda u: u))  # of x^2, in short
    2*x
    """
    return (f(x).diff(x) * g(x) - f(x) * g(x).diff(x)) / g(x) ** 2


def chain_rule(f, g):
    """Return f'(g(x)) g'(x): the derivative of f is taken at a free symbol, then g(x) put in.

    Source
    ------
    S-A3

    Examples
    --------
    >>> chain_rule(sp.sin, lambda u: u**2)
    2*x*cos(x**2)
    """
    return f(y).diff(y).subs(y, g(x)) * g(x).diff(x)


def two_ways(F, u, v):
    """Return F_u u' + F_v v' for F(u(x), v(x)), the chain rule that backpropagation needs, as its two terms.

    Examples
    --------
    >>> two_ways(lambda p, q: p * q, sp.sin, sp.cos)  # of sin x cos x
    (cos(x)**2, -sin(x)**2)
    """
    p, q = sp.symbols("p q", positive=True)
    at = {p: u(x), q: v(x)}
    return tuple(F(p, q).diff(s).subs(at, simultaneous=True) * at[s].diff(x) for s in (p, q))
