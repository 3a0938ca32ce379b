"""Equation (3) derived by sympy: its three gradients, and what maximising a sum of logarithms means."""

import numpy as np
import sympy as sp

from nncourse.derivations.delta_rule import softmax

q = sp.Symbol("q", positive=True)


def symbols(V, n, d1, d2):
    """Return the parameters [W(1), W(2), W(3)] of a small model as sympy matrices.

    Examples
    --------
    >>> [M.shape for M in symbols(V=5, n=2, d1=3, d2=4)]
    [(3, 5), (4, 6), (5, 4)]
    >>> symbols(V=2, n=1, d1=1, d2=1)[0]
    Matrix([[W1_11, W1_12]])
    """
    shapes = ((d1, V), (d2, n * d1), (V, d2))
    return [
        sp.Matrix(*shape, lambda i, j, l=l: sp.Symbol(f"W{l}_{i + 1}{j + 1}", real=True))
        for l, shape in enumerate(shapes, start=1)
    ]


def unit_vector(x, V):
    """Return e_x, a matrix (V x 1) with a 1 at place x (from 0) and zeros elsewhere.

    Source
    ------
    S-1.3.1

    Examples
    --------
    >>> unit_vector(1, 3).T
    Matrix([[0, 1, 0]])
    """
    return sp.Matrix(V, 1, lambda i, _: int(i == x))


def layers(W, x, f=sp.tanh):
    """Return a(1), z(2), a(2) and the scores z(3), from one unit vector for each of the words x.

    Source
    ------
    S-1.3.1, S-L1, S-L2, S-L3

    Examples
    --------
    >>> W = [sp.Matrix([[2, 3]]), sp.Matrix([[1, 1]]), sp.Matrix([1, -1])]
    >>> [M.T for M in layers(W, (0, 1), f=lambda t: t)]  # 2 and 3, then 2 + 3
    [Matrix([[2, 3]]), Matrix([[5]]), Matrix([[5]]), Matrix([[5, -5]])]
    """
    W1, W2, W3 = W
    a1 = sp.Matrix.vstack(*[W1 * unit_vector(x_i, W1.cols) for x_i in x])
    z2 = W2 * a1
    a2 = z2.applyfunc(f)
    return a1, z2, a2, W3 * a2


def loss(W, x, y, f=sp.tanh):
    """Return -log p(y | x), by equation (3).

    Source
    ------
    S-3, S-LL

    Examples
    --------
    >>> W = [sp.zeros(1, 4), sp.zeros(1, 2), sp.zeros(4, 1)]  # four words, alike
    >>> sp.simplify(loss(W, (0, 1), 2) - sp.log(4))
    0
    """
    return -sp.log(softmax(layers(W, x, f)[-1])[y])


def by_definition(W, x, y, f=sp.tanh):
    """Return the gradients of -log p(y | x), each entry differentiated by sympy.

    Source
    ------
    S-3

    Examples
    --------
    >>> W = symbols(V=2, n=1, d1=1, d2=1)
    >>> grads = by_definition(W, (0,), 1)
    >>> grads[0][1]  # word 1 was not read, and its vector has no slope
    0
    """
    E = loss(W, x, y, f)
    return [sp.Matrix(*W_l.shape, lambda i, j, W_l=W_l: sp.diff(E, W_l[i, j])) for W_l in W]


def by_backpropagation(W, x, y, f=sp.tanh):
    """Return the gradients by the chapter's formulas; that of W(1) is a sum over the places of x.

    Source
    ------
    S-3

    Examples
    --------
    >>> W, x = symbols(V=2, n=2, d1=1, d2=1), (0, 0)  # word 0 stands twice
    >>> both = zip(by_backpropagation(W, x, 1), by_definition(W, x, 1))
    >>> [identical(by_rule, truth) for by_rule, truth in both]
    [True, True, True]
    """
    W1, W2, W3 = W
    a1, z2, a2, z3 = layers(W, x, f)
    d1, t = W1.rows, sp.Dummy("t")
    delta3 = softmax(z3) - unit_vector(y, W1.cols)
    f_prime = z2.applyfunc(lambda z: sp.diff(f(t), t).subs(t, z))
    delta2 = sp.matrix_multiply_elementwise(f_prime, W3.T * delta3)
    blame = W2.T * delta2  # of all places, one below the other
    into_W1 = sp.zeros(*W1.shape)
    for i, x_i in enumerate(x):
        into_W1 += blame[i * d1 : (i + 1) * d1, :] * unit_vector(x_i, W1.cols).T
    return [into_W1, delta2 * a1.T, delta3 * a2.T]


def identical(A, B):
    """Return whether two matrices of expressions are the same: brought over one denominator and multiplied out.

    Examples
    --------
    >>> u = sp.Symbol("u")
    >>> identical(sp.Matrix([1 / u + 1]), sp.Matrix([(u + 1) / u]))
    True
    >>> identical(sp.Matrix([u]), sp.Matrix([1 / u]))
    False
    """
    differences = (sp.together(a - b) for a, b in zip(A, B, strict=True))
    return all(sp.expand(sp.fraction(d)[0]) == 0 for d in differences)


def evaluate(matrices, W, params):
    """Put the numbers of params, "W1", "W2", "W3", in for the symbols, and return NumPy arrays.

    Parameters
    ----------
    matrices, W : list of sympy.Matrix
        Expressions, and the symbols in them as `symbols` returns them.
    params : mapping of str to ndarray
        The numbers.

    Examples
    --------
    >>> W = symbols(V=2, n=1, d1=1, d2=1)
    >>> params = {"W1": [[2, 3]], "W2": [[10]], "W3": [[0], [0]]}
    >>> evaluate([W[1] * W[0]], W, params)
    [array([[20., 30.]])]
    """
    values = {}
    for l, W_l in enumerate(W, start=1):
        values.update(zip(W_l, np.ravel(params[f"W{l}"]), strict=True))
    return [np.array(matrix.subs(values).evalf(), dtype=float) for matrix in matrices]


def log_likelihood(text):
    """Return the sum of log p(word) over a text of a's and b's, for the model p(a) = q, p(b) = 1 - q.

    Source
    ------
    S-LL

    Examples
    --------
    >>> log_likelihood("aab") == 2 * sp.log(q) + sp.log(1 - q)
    True
    """
    return sum(sp.log(q if word == "a" else 1 - q) for word in text)


def as_printed(text):
    """Return the logarithm of the sum of p(word): what the notes print, for the same model.

    Examples
    --------
    >>> as_printed("ab"), as_printed("aab")  # q + 1 - q, and q + q + 1 - q
    (0, log(q + 1))
    """
    return sp.log(sp.expand(sum(q if word == "a" else 1 - q for word in text)))
