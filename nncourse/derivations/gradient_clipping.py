"""Gradient clipping by sympy: the nearest vector within a limit; the bit counter's error over all sequences."""

from itertools import product

import sympy as sp

v_x, v_f = sp.symbols("v_x v_f", real=True)
limit = sp.Symbol("limit", positive=True)


def gradient(d):
    """Return symbols g_1, ..., g_d (d x 1): a gradient of which nothing is known.

    Examples
    --------
    >>> gradient(2).T
    Matrix([[g_1, g_2]])
    """
    return sp.Matrix(sp.symbols(f"g_1:{d + 1}", real=True))


def length(u):
    """Return the Euclidean norm of a column of real expressions.

    Examples
    --------
    >>> length(sp.Matrix([3, 4]))
    5
    """
    return sp.sqrt((u.T * u)[0])


def clipped(g):
    """Return ``limit * g / |g|``, what the note makes of a gradient that is too long.

    Source
    ------
    J-clip

    Examples
    --------
    >>> clipped(sp.Matrix([3, 4])).subs(limit, 1).T  # the same direction
    Matrix([[3/5, 4/5]])
    """
    return limit * g / length(g)


def stationary_on_the_sphere(g):
    """Return the vectors of length `limit` at which the distance to g can have an extremum, by Lagrange's rule.

    There the slope of ``|u - g|^2`` is a multiple of that of ``|u|^2``. The vectors come as columns, with no help
    from the rule for clipping.

    Source
    ------
    J-clip

    Examples
    --------
    >>> found = stationary_on_the_sphere(sp.Matrix([3, 4]))  # near and far side
    >>> sorted(list(u.subs(limit, 10)) for u in found)
    [[-6, -8], [6, 8]]
    """
    u = sp.Matrix(sp.symbols(f"u_1:{len(g) + 1}", real=True))
    factor = sp.Symbol("lambda", real=True)
    equations = [*(u - g - factor * u), (u.T * u)[0] - limit**2]
    return [sp.Matrix(found[:-1]) for found in sp.solve(equations, [*u, factor])]


def equal(a, b):
    """Return whether two columns are the same for all real values of their symbols.

    Examples
    --------
    >>> g = gradient(1)
    >>> equal(clipped(g), clipped(2 * g)), equal(clipped(g), clipped(-g))
    (True, False)
    """
    return all(sp.simplify(p - q) == 0 for p, q in zip(a, b, strict=True))


def error_by_definition(T):
    """Return the bit counter's E over all 2^T sequences of bits, each run through the recursion, and summed up.

    Source
    ------
    J-15, J-16, J-17

    Examples
    --------
    >>> error_by_definition(1) == sp.expand((v_x - 1) ** 2 / 2)  # bit 0 is free
    True
    """
    E = sp.Integer(0)
    for bits in product((0, 1), repeat=T):
        f = sp.Integer(0)
        for x_t in bits:
            f = f * v_f + x_t * v_x
        E += (f - sum(bits)) ** 2 / 2
    return sp.expand(E)


def error_of_all(T):
    """Return the same E in short: 2^(T-3) times the square of the sum of all c_k plus the sum of their squares.

    Here c_k = v_x v_f^k - 1 is by how much a bit k steps before the end is counted wrong.

    Source
    ------
    J-15, J-16, J-17

    Examples
    --------
    >>> sp.expand(error_of_all(2) - error_by_definition(2))
    0
    """
    c = [v_x * v_f**k - 1 for k in range(T)]
    return sp.Integer(2) ** (T - 3) * (sum(c) ** 2 + sum(c_k**2 for c_k in c))


def slopes(E):
    """Return dE/dv_x and dE/dv_f as a column.

    Examples
    --------
    >>> slopes(v_x * v_f**2).T
    Matrix([[v_f**2, 2*v_f*v_x]])
    """
    return sp.Matrix([sp.diff(E, v_x), sp.diff(E, v_f)])
