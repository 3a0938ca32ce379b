"""The multi-layer network, and backpropagation: the gradient of its loss in every layer's parameter."""

from dataclasses import dataclass

from nncourse._checks import check_bool
from nncourse.activations import activation
from nncourse.losses import loss_function
from nncourse.model import Model, check_sizes, with_ones


@dataclass(frozen=True)
class FeedForward(Model):
    """A network of L layers, a(l) := f(l)(W(l) a(l-1)), for a batch of rows, with its loss.

    Parameters
    ----------
    sizes : tuple of int
        (d_0, d_1, ..., d_L): the number of inputs, then of outputs of every layer.
    activations : sequence of str, Entrywise or Softmax
        f(1), ..., f(L).
    loss : str, SquaredLoss or CrossEntropy
        "squared", or "cross-entropy" when the last activation is softmax.
    bias : bool
        Whether a constant 1 goes before every layer's inputs; the first column of W(l) then holds the biases.

    Raises
    ------
    TypeError, ValueError
        A size is not a whole number above zero, a name is unknown, activations are missing, or the loss
        does not suit the last one.

    Source
    ------
    S-0, S-ff, S-1.2, S-1.2L, S-2, S-dL, S-dl, S-Alg1

    Examples
    --------
    >>> model = FeedForward((2, 3, 1), ("tanh", "identity"), bias=True)
    >>> model.shapes()
    {'W1': (3, 3), 'W2': (1, 4)}
    >>> model, params = FeedForward((1, 1, 1), ("relu", "identity")), {"W1": [[2.0]], "W2": [[3.0]]}
    >>> loss, grads = model.loss_and_grad(params, [[1.0]], [[5.0]])  # a(2) = 3 (2 * 1) = 6
    >>> loss, {name: grad.tolist() for name, grad in grads.items()}
    (0.5, {'W1': [[3.0]], 'W2': [[2.0]]})
    """

    sizes: tuple
    activations: tuple
    loss: object = "squared"
    bias: bool = False

    def __post_init__(self):
        object.__setattr__(self, "sizes", check_sizes(self.sizes))
        layers = len(self.sizes) - 1
        if not hasattr(self.activations, "__len__"):
            raise TypeError(f"activations: expected {layers}, one per layer, got {self.activations!r}")
        if isinstance(self.activations, str) or len(self.activations) != layers:
            raise ValueError(f"activations: expected {layers}, one per layer, got {self.activations!r}")
        object.__setattr__(self, "activations", tuple(activation(f) for f in self.activations))
        object.__setattr__(self, "loss", loss_function(self.loss))
        object.__setattr__(self, "bias", check_bool("bias", self.bias))
        self.loss.check_activation(self.activations[-1])

    def shapes(self):
        """Return {"W1": (d_1, d_0), ..., "WL": (d_L, d_{L-1})}; with a bias each has one column more."""
        return {f"W{l}": (self.sizes[l], self.bias + self.sizes[l - 1]) for l in range(1, len(self.sizes))}

    def check_batch(self, x, y):
        """Return (x, y) as arrays that fit the sizes and the loss, or raise ValueError or TypeError."""
        x = self.check_input(x)
        return x, self.loss.check(y, len(x), self.sizes[-1])

    def feed_forward(self, params, x):
        """Run the feedforward phase: z(l) = W(l) a(l-1), a(l) = f(l)(z(l)), from a(0) = x.

        Returns
        -------
        output : ndarray of shape (n, d_L)
            a(L).
        cache : list of tuple
            For each layer l its input a(l-1) (with the column of ones, if any), z(l) and a(l).

        Source
        ------
        S-1.2, S-Alg1

        Examples
        --------
        >>> import numpy as np
        >>> params = {"W1": np.array([[2.0]]), "W2": np.array([[3.0]])}
        >>> output, cache = FeedForward((1, 1, 1), ("relu", "identity")).feed_forward(params, np.array([[1.0]]))
        >>> [(a_in.item(), z.item(), a.item()) for a_in, z, a in cache]
        [(1.0, 2.0, 2.0), (2.0, 6.0, 6.0)]
        """
        a, cache = x, []
        for l, f in enumerate(self.activations, start=1):
            a_in = with_ones(a) if self.bias else a
            z = a_in @ params[f"W{l}"].T  # (n, d_l)
            a = f(z)
            cache.append((a_in, z, a))
        return a, cache

    def loss_value(self, params, x, y):
        """Return the mean loss over the rows; arguments are not checked."""
        _, cache = self.feed_forward(params, x)
        _, z, a = cache[-1]
        return self.loss.value(z, a, y)

    def backprop(self, params, x, y):
        """Run the feedforward phase, then the backpropagation phase, layers L, ..., 1.

        Returns
        -------
        loss : float
            The mean over the rows.
        grads : dict of str to ndarray
            The gradient in W(l) is delta(l) a(l-1)^T, averaged over the rows.

        Source
        ------
        S-2, S-dL, S-dl, S-Alg1
        """
        _, cache = self.feed_forward(params, x)
        a_in, z, a = cache.pop()
        f = self.activations[-1]
        value, delta = self.loss.value_and_delta(f, z, a, y)  # S-dL: (n, d_L)
        grads = dict.fromkeys(params)  # in the same order
        # .dot, not @: six times as fast when the batch is one row
        for l in range(len(self.activations), 0, -1):
            grads[f"W{l}"] = delta.T.dot(a_in)  # delta(l) a(l-1)^T
            if l > 1:
                W = params[f"W{l}"][:, self.bias :]  # a constant 1 gets no blame
                a_in, z, a = cache.pop()
                f = self.activations[l - 2]
                delta = f.backward(z, a, delta @ W)  # S-dl: (n, d_{l-1})
        return value, grads
