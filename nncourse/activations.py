"""Activation functions f with what backpropagation needs of them: a product with the Jacobian.

An *entry-wise* f treats every number alone, a_i = f(z_i), so its Jacobian is the diagonal matrix of
f'(z_i), and J^T v is the product f'(z) * v of the notes. Softmax is not entry-wise: each of its
outputs depends on all inputs, its Jacobian is diag(a) - a a^T, and only J^T v is right.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

FEW = 100  # classes: so short rows NumPy adds up several times as fast with the classes first


@dataclass(frozen=True)
class Entrywise:
    """An activation function that treats every number alone: a = f(z).

    Parameters
    ----------
    name : str
        What models and pages call it.
    f : callable
        Maps z to a = f(z), arrays of any one shape.
    prime : callable
        Maps (z, a) to f'(z). The output a = f(z) is known by then and often makes f' cheaper.
    analytic : bool
        Whether f extends to complex numbers, as the complex step needs.

    Source
    ------
    S-1.1, S-1

    Examples
    --------
    >>> square = Entrywise("square", f=lambda z: z * z, prime=lambda z, a: 2 * z)
    >>> z = np.array([[1.0, -3.0]])  # one row
    >>> a = square(z)
    >>> a.tolist(), square.backward(z, a, np.array([[1.0, 10.0]])).tolist()
    ([[1.0, 9.0]], [[2.0, -60.0]])
    >>> square.jacobian(z[0]).tolist()
    [[2.0, 0.0], [0.0, -6.0]]
    """

    name: str
    f: Callable = field(repr=False)
    prime: Callable = field(repr=False)
    analytic: bool = True

    def __call__(self, z):
        """Return a = f(z), of z's shape."""
        return self.f(z)

    def backward(self, z, a, v):
        """Return J_f(z)^T v = f'(z) * v, row by row; all arrays of shape (n, d).

        Source
        ------
        S-1, S-dl
        """
        return v * self.prime(z, a)

    def jacobian(self, z):
        """Return the Jacobian of f at one point z of shape (d,): the diagonal matrix of f'(z)."""
        return np.diag(self.prime(z, self.f(z)))


class Identity(Entrywise):
    """The activation function f(z) = z, which costs nothing on the way back.

    Examples
    --------
    >>> isinstance(identity, Identity), identity(np.array([[2.0, -3.0]])).tolist()
    (True, [[2.0, -3.0]])
    >>> identity.backward(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[0.5, 1.0]])).tolist()
    [[0.5, 1.0]]
    """

    def backward(self, z, a, v):
        """Return J_f(z)^T v = v itself."""
        return v


@dataclass(frozen=True)
class Softmax:
    """The softmax of every row: a_i = exp(z_i) / sum_j exp(z_j). It is not entry-wise.

    Source
    ------
    S-1.1

    Examples
    --------
    >>> f, z = Softmax(), np.log([[1.0, 3.0]])  # one row
    >>> f(z).round(6).tolist()
    [[0.25, 0.75]]
    >>> f.jacobian(z[0]).round(6).tolist()  # 1/4 - 1/16 = 3/16
    [[0.1875, -0.1875], [-0.1875, 0.1875]]
    >>> f.backward(z, f(z), np.array([[1.0, 0.0]])).round(6).tolist()
    [[0.1875, -0.1875]]
    """

    name: str = "softmax"
    analytic: bool = True

    @np.errstate(over="ignore")  # numbers 1e308 and -1e308 are infinitely far apart: e is 0
    def __call__(self, z):
        """Return the softmax of the last axis, of z's shape. No finite z overflows."""
        few = z.shape[-1] < FEW
        z, axis = (z.T.copy(), 0) if few else (z, -1)
        e = z - z.real.max(axis=axis, keepdims=True)
        np.exp(e, out=e)
        e /= e.sum(axis=axis, keepdims=True)
        return e.T if few else e

    def backward(self, z, a, v):
        """Return J^T v = a * (v - a.v), row by row; all arrays of shape (n, d).

        Source
        ------
        S-1
        """
        return a * (v - np.sum(a * v, axis=-1, keepdims=True))

    def jacobian(self, z):
        """Return the Jacobian diag(a) - a a^T at one point z of shape (d,)."""
        a = self(z)
        return np.diag(a) - np.outer(a, a)


def log_softmax(z):
    """Return the logarithm of the softmax of the last axis, of z's shape, for real or complex z.

    It is as large as the differences in z: finite unless those overflow.

    Examples
    --------
    >>> log_softmax(np.array([1000.0, 0.0])).round(6).tolist()
    [0.0, -1000.0]
    """
    with np.errstate(over="ignore"):
        shifted = z - z.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _sigmoid(z):
    e = np.exp(np.where(np.real(z) > 0, -z, z))  # |e| <= 1: nothing overflows
    return np.where(np.real(z) > 0, 1, e) / (1 + e)


def _relu(z):
    return np.maximum(z, np.zeros(z.shape[-1:], z.dtype))  # three times as fast as with the number 0


identity = Identity("identity", f=lambda z: z, prime=lambda z, a: np.ones_like(z))
sigmoid = Entrywise("sigmoid", f=_sigmoid, prime=lambda z, a: a * (1 - a))
tanh = Entrywise("tanh", f=np.tanh, prime=lambda z, a: 1 - a * a)
relu = Entrywise("relu", f=_relu, prime=lambda z, a: (z > 0).astype(z.dtype), analytic=False)
softmax = Softmax()

BY_NAME = {f.name: f for f in (identity, sigmoid, tanh, relu, softmax)}


def activation(f):
    """Return the activation function of that name; an activation function is returned as it is.

    Raises
    ------
    ValueError
        There is none of that name.
    TypeError
        `f` is neither a name nor an activation function.

    Examples
    --------
    >>> activation("tanh")(np.array([0.0])).tolist()
    [0.0]
    """
    if isinstance(f, (Entrywise, Softmax)):
        return f
    if not isinstance(f, str):
        raise TypeError(f"activation: expected a name or an activation function, got {type(f).__name__}")
    if f not in BY_NAME:
        raise ValueError(f"activation: expected one of {sorted(BY_NAME)}, got {f!r}")
    return BY_NAME[f]
