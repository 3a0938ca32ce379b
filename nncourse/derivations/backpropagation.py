"""Backpropagation derived by sympy: the recursion for delta(l) against the derivatives entry by entry."""

from itertools import pairwise

import numpy as np
import sympy as sp

from nncourse.derivations.delta_rule import jacobian


def symbols(sizes):
    """Return the parameters [W(1), ..., W(L)], x and y of a network with these sizes, as sympy matrices.

    Examples
    --------
    >>> W, x, y = symbols((2, 1))
    >>> W, x.T, y
    ([Matrix([[W1_11, W1_12]])], Matrix([[x1, x2]]), Matrix([[y1]]))
    """
    W = [
        sp.Matrix(d_out, d_in, lambda i, j, l=l: sp.Symbol(f"W{l}_{i + 1}{j + 1}", real=True))
        for l, (d_in, d_out) in enumerate(pairwise(sizes), start=1)
    ]
    x = sp.Matrix(sizes[0], 1, lambda i, _: sp.Symbol(f"x{i + 1}", real=True))
    y = sp.Matrix(sizes[-1], 1, lambda i, _: sp.Symbol(f"y{i + 1}", real=True))
    return W, x, y


def entrywise(sizes):
    """Return unknown entry-wise activation functions [f(1), ..., f(L)], one function of one number per layer.

    Examples
    --------
    >>> f = entrywise((2, 2, 1))  # two layers
    >>> f[0](sp.Matrix(sp.symbols("z1 z2"))).T
    Matrix([[f1(z1), f1(z2)]])
    """
    functions = [sp.Function(f"f{l}") for l in range(1, len(sizes))]
    return [lambda z, f=f: z.applyfunc(f) for f in functions]


def feed_forward(W, x, f):
    """Return the lists [z(1), ..., z(L)] and [a(0), ..., a(L)].

    Source
    ------
    S-1.2, S-Alg1

    Examples
    --------
    >>> W, x = [sp.Matrix([[2]]), sp.Matrix([[3]])], sp.Matrix([1])
    >>> z, a = feed_forward(W, x, [lambda z: z, lambda z: z])
    >>> z, a  # 1, then 2 times 1, then 3 times 2
    ([Matrix([[2]]), Matrix([[6]])],
     [Matrix([[1]]), Matrix([[2]]), Matrix([[6]])])
    """
    z, a = [], [x]
    for W_l, f_l in zip(W, f, strict=True):
        z.append(W_l * a[-1])
        a.append(f_l(z[-1]))
    return z, a


def by_definition(W, x, y, f):
    """Return [dE/dW(1), ..., dE/dW(L)], each entry differentiated by sympy from E = 1/2 ||y - a(L)||^2.

    Source
    ------
    S-2, S-dl

    Examples
    --------
    >>> (W1, W2), x, y = symbols((1, 1, 1))
    >>> f = [lambda z: z] * 2  # so E = (y - W2 W1 x)^2 / 2
    >>> into_W1, into_W2 = by_definition([W1, W2], x, y, f)
    >>> error = W2 * W1 * x - y
    >>> sp.expand(into_W1 - W2 * error * x), sp.expand(into_W2 - error * W1 * x)
    (Matrix([[0]]), Matrix([[0]]))
    """
    _, a = feed_forward(W, x, f)
    E = ((y - a[-1]).T * (y - a[-1]))[0] / 2
    return [sp.Matrix(*W_l.shape, lambda i, j, W_l=W_l: sp.diff(E, W_l[i, j])) for W_l in W]


def by_backpropagation(W, x, y, f, jacobian_of=jacobian):
    """Return [dE/dW(1), ..., dE/dW(L)] by the notes' recursion, with J^T v in place of f' * v.

    For an entry-wise f the Jacobian is diagonal and both are the same. `jacobian_of(f, z)` can be exchanged for
    the diagonal alone, which is what the notes print.

    Source
    ------
    S-2, S-dL, S-dl, S-Alg1

    Examples
    --------
    >>> W, x, y = symbols((1, 1, 1, 1))
    >>> f = entrywise((1, 1, 1, 1))
    >>> both = zip(by_backpropagation(W, x, y, f), by_definition(W, x, y, f))
    >>> [sp.expand((by_rule - truth).doit()) for by_rule, truth in both]
    [Matrix([[0]]), Matrix([[0]]), Matrix([[0]])]
    """
    z, a = feed_forward(W, x, f)
    delta = jacobian_of(f[-1], z[-1]).T * (a[-1] - y)  # S-dL
    grads = [delta * a[-2].T]
    for l in range(len(W) - 2, -1, -1):
        delta = jacobian_of(f[l], z[l]).T * W[l + 1].T * delta  # S-dl
        grads.insert(0, delta * a[l].T)
    return grads


def diagonal_jacobian(f, z):
    """Return the diagonal of the Jacobian as a matrix: all that is left of it in the printed formulas.

    Examples
    --------
    >>> f = lambda z: sp.Matrix([z[0] + z[1], z[0] * z[1]])
    >>> diagonal_jacobian(f, sp.Matrix([3, 2]))  # beside it stand 1 and 2
    Matrix([
    [1, 0],
    [0, 3]])
    """
    return sp.diag(*jacobian(f, z).diagonal())


def evaluate(matrices, symbols, numbers):
    """Put numbers in for symbols, and return NumPy arrays.

    Parameters
    ----------
    matrices : list of sympy.Matrix
        Expressions in the symbols.
    symbols, numbers : sequences of equal structure
        (W, x, y) as `symbols` returns them, and arrays of the same shapes.

    Examples
    --------
    >>> W, x, y = symbols((1, 1))
    >>> numbers = [np.array([[2]])], np.array([3]), np.array([1])
    >>> evaluate([W[0] * x - y], (W, x, y), numbers)  # 2 times 3, less 1
    [array([[5.]])]
    """
    values = {}
    for unknown, known in zip([*symbols[0], *symbols[1:]], [*numbers[0], *numbers[1:]], strict=True):
        values.update(zip(unknown, np.ravel(known), strict=True))
    return [np.array(matrix.subs(values).evalf(), dtype=float) for matrix in matrices]
