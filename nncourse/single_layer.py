"""The single-layer network y := f(W x), and the gradient of its squared loss: the delta rule."""

from dataclasses import dataclass

import numpy as np

from nncourse._checks import check_array, check_bool
from nncourse.activations import Entrywise, activation
from nncourse.losses import loss_function
from nncourse.model import Model, check_sizes, with_ones


def delta_rule(W, x, y, f):
    """Return the gradient in W of the squared loss 1/2 ||y - f(W x)||^2 of one example.

    Parameters
    ----------
    W : array_like of shape (d1, d0)
        The parameter.
    x : array_like of shape (d0,)
        The input.
    y : array_like of shape (d1,)
        The label.
    f : str or Entrywise
        An entry-wise activation function. For softmax the printed formula is wrong: use `jacobian_rule`.

    Returns
    -------
    ndarray of shape (d1, d0)
        ((f(W x) - y) * f'(W x)) x^T.

    Raises
    ------
    TypeError, ValueError
        A shape does not fit, a number is not finite, or f is unknown or not entry-wise.

    Source
    ------
    S-1

    Examples
    --------
    >>> delta_rule([[1.0, 2.0]], [3.0, 1.0], [4.0], "identity").tolist()
    [[3.0, 1.0]]
    """
    W, x, y = _check_example(W, x, y)
    f = activation(f)
    if not isinstance(f, Entrywise):
        raise ValueError(f"f: expected an entry-wise function, got {f.name}")
    z = W @ x
    a = f(z)
    return np.outer((a - y) * f.prime(z, a), x)


def jacobian_rule(W, x, y, f):
    """Return the gradient in W of 1/2 ||y - f(W x)||^2 for any differentiable f: J^T (f(W x) - y) x^T.

    Parameters
    ----------
    W : array_like of shape (d1, d0)
        The parameter.
    x : array_like of shape (d0,)
        The input.
    y : array_like of shape (d1,)
        The label.
    f : str, Entrywise or Softmax
        The activation function, with its Jacobian J at W x.

    Returns
    -------
    ndarray of shape (d1, d0)
        The gradient. For an entry-wise f it equals `delta_rule`.

    Raises
    ------
    TypeError, ValueError
        A shape does not fit, a number is not finite, or f is unknown.

    Source
    ------
    S-1

    Examples
    --------
    >>> jacobian_rule([[0.0], [0.0]], [1.0], [1.0, 0.0], "softmax").tolist()  # f(W x) = (1/2, 1/2)
    [[-0.25], [0.25]]
    """
    W, x, y = _check_example(W, x, y)
    f = activation(f)
    z = W @ x
    return np.outer(f.jacobian(z).T @ (f(z) - y), x)


def least_squares(x, y, *, bias=False):
    """Return the W with the smallest squared loss of the linear network y = W x, in closed form.

    The slope is zero where W X^T X = Y^T X. That is solved through X itself (by its singular values), since
    X^T X has twice as many digits to lose.

    Parameters
    ----------
    x : array_like of shape (n, d0)
        One row per example.
    y : array_like of shape (n, d1)
        The labels.
    bias : bool
        Whether a constant 1 goes before the inputs; the first column of W then holds the biases.

    Returns
    -------
    dict of str to ndarray
        {"W": array of shape (d1, d0), or (d1, 1 + d0) with a bias}.

    Raises
    ------
    TypeError, ValueError
        A shape does not fit, a number is not finite, or the columns of x (with the ones, if any) are linearly
        dependent: then many W are equally good.

    Source
    ------
    S-1.1.2a

    Examples
    --------
    >>> least_squares([[1.0], [2.0]], [[3.0], [5.0]], bias=True)["W"].round(6).tolist()
    [[1.0, 2.0]]
    """
    x = check_array("x", x, ("n", "d0"))
    y = check_array("y", y, (len(x), "d1"))
    x = with_ones(x) if check_bool("bias", bias) else x
    W, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    d = x.shape[1]
    if rank < d:
        raise ValueError(f"x: expected {d} independent columns, got {rank}")
    return {"W": W.T}


def _check_example(W, x, y):
    W = check_array("W", W, ("d1", "d0"))
    return W, check_array("x", x, (W.shape[1],)), check_array("y", y, (W.shape[0],))


@dataclass(frozen=True)
class SingleLayer(Model):
    """The single-layer network y := f(W x) for a batch of rows, with its loss.

    Parameters
    ----------
    sizes : tuple of int
        (d0, d1): how many inputs and outputs.
    f : str, Entrywise or Softmax
        The activation function.
    loss : str, SquaredLoss or CrossEntropy
        "squared", or "cross-entropy" after softmax.
    bias : bool
        Whether a constant 1 goes before the inputs; the first column of W then holds the biases.

    Raises
    ------
    TypeError, ValueError
        A size is not a whole number above zero, a name is unknown, or the loss does not suit the activation.

    Source
    ------
    S-1.1, S-1.1L, S-1

    Examples
    --------
    >>> model, params = SingleLayer((2, 1)), {"W": [[1.0, 2.0]]}
    >>> model.forward(params, [[3.0, 1.0]])[0].tolist()
    [[5.0]]
    >>> loss, grads = model.loss_and_grad(params, [[3.0, 1.0]], [[4.0]])
    >>> loss, grads["W"].tolist()
    (0.5, [[3.0, 1.0]])
    """

    sizes: tuple
    f: object = "identity"
    loss: object = "squared"
    bias: bool = False

    def __post_init__(self):
        object.__setattr__(self, "sizes", check_sizes(self.sizes, 2))
        object.__setattr__(self, "f", activation(self.f))
        object.__setattr__(self, "loss", loss_function(self.loss))
        object.__setattr__(self, "bias", check_bool("bias", self.bias))
        self.loss.check_activation(self.f)

    def shapes(self):
        """Return {"W": (d1, d0)}, or {"W": (d1, 1 + d0)} with a bias."""
        d0, d1 = self.sizes
        return {"W": (d1, self.bias + d0)}

    def check_batch(self, x, y):
        """Return (x, y) as arrays that fit the sizes and the loss, or raise ValueError or TypeError."""
        x = self.check_input(x)
        return x, self.loss.check(y, len(x), self.sizes[1])

    def feed_forward(self, params, x):
        """Return y = f(W x), shape (n, d1), and the cache (x, z), x with its column of ones.

        Source
        ------
        S-1.1
        """
        x = with_ones(x) if self.bias else x
        z = x @ params["W"].T
        return self.f(z), (x, z)

    def loss_value(self, params, x, y):
        """Return the mean loss over the rows; arguments are not checked."""
        a, (_, z) = self.feed_forward(params, x)
        return self.loss.value(z, a, y)

    def backprop(self, params, x, y):
        """Return the loss and {"W": its gradient}, the delta rule averaged over the rows.

        Source
        ------
        S-1
        """
        a, (x, z) = self.feed_forward(params, x)
        value, delta = self.loss.value_and_delta(self.f, z, a, y)
        return value, {"W": delta.T.dot(x)}
