"""Equation (3) derived by sympy: its three gradients, and what maximising a sum of logarithms means."""

import numpy as np
import sympy as sp

from nncourse.derivations.delta_rule import softmax

q = sp.Symbol("q", positive=True)


def symbols(V, n, d1, d2):
    """Return the parameters [W(1), W(2), W(3)] of a small model as sympy matrices."""
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
    """
    return sp.Matrix(V, 1, lambda i, _: int(i == x))


def layers(W, x, f=sp.tanh):
    """Return a(1), z(2), a(2) and the scores z(3), from one unit vector for each of the words x.

    Source
    ------
    S-1.3.1, S-L1, S-L2, S-L3
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
    """
    return -sp.log(softmax(layers(W, x, f)[-1])[y])


def by_definition(W, x, y, f=sp.tanh):
    """Return the gradients of -log p(y | x), each entry differentiated by sympy.

    Source
    ------
    S-3
    """
    E = loss(W, x, y, f)
    return [sp.Matrix(*W_l.shape, lambda i, j, W_l=W_l: sp.diff(E, W_l[i, j])) for W_l in W]


def by_backpropagation(W, x, y, f=sp.tanh):
    """Return the gradients by the chapter's formulas; that of W(1) is a sum over the places of x.

    Source
    ------
    S-3
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
    """Return whether two matrices of expressions are the same: brought over one denominator and multiplied out."""
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
    """
    return sum(sp.log(q if word == "a" else 1 - q) for word in text)


def as_printed(text):
    """Return the logarithm of the sum of p(word): what the notes print, for the same model."""
    return sp.log(sp.expand(sum(q if word == "a" else 1 - q for word in text)))
