"""The three networks: their parameters, and the formulas that they share."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from nncourse._checks import shape_text
from nncourse.params import check_params
from nncourse.recurrent.base import SequenceModel
from nncourse.recurrent.cell import Cell, pick, truncated_gradient


@dataclass(frozen=True)
class Recurrent(SequenceModel):
    """The formulas of all three networks; a subclass says which matrices its parameters hold.

    Parameters
    ----------
    sizes, activations, loss, bias, at
        As in `SimpleRNN`.

    Examples
    --------
    >>> model = SimpleRNN((2, 3, 1), ("tanh", "identity"), bias=True)  # a Recurrent
    >>> params = model.init(np.random.default_rng(0))
    >>> A, R, O = model.matrices(params)
    >>> A.shape, R.shape, O.shape, model.parameters(A, R, O)["W2"].shape
    ((3, 3), (3, 3), (4, 1), (1, 4))
    """

    @abstractmethod
    def matrices(self, params):
        """Return A, R and O of `Cell`: views of the parameters."""

    @abstractmethod
    def parameters(self, A, R, O):
        """Return the mapping of which `matrices` makes A, R and O."""

    def cell(self, params):
        """Return the `Cell` with these parameters."""
        return Cell(*self.matrices(params), *self.activations, self.bias, self.jordan)

    def labels(self, y, T, n, mask):
        """Return the labels, one after the other, and which outputs have one, (T, n), or None for all.

        Examples
        --------
        >>> model = SimpleRNN((1, 1, 1), ("tanh", "identity"), at="last")
        >>> y, mask = np.array([[5.0], [7.0]]), np.array([[True, True], [True, False]])
        >>> y, labelled = model.labels(y, 2, 2, mask)  # the second sequence has one step: its label comes first
        >>> y.tolist(), labelled.tolist()
        ([[7.0], [5.0]], [[False, True], [True, False]])
        """
        if self.at == "all":
            return pick(y, mask), mask
        ends = np.ones((T, n), bool) if mask is None else mask.copy()
        ends[:-1] &= ~ends[1:]
        return y[np.nonzero(ends)[1]], ends

    def feed_forward(self, params, x, mask=None, state=None):
        """Run all steps; return the outputs, shape (T, n, d_2), and a `Trace`. Arguments are not checked."""
        trace = self.cell(params).run(x, mask, state)
        return trace.y, trace

    def loss_value(self, params, x, y, mask=None, state=None):
        """Return the loss as a number. Arguments are not checked."""
        trace = self.cell(params).run(x, mask, state)
        y, labelled = self.labels(y, *x.shape[:2], mask)
        return self.loss.value(pick(trace.o, labelled), pick(trace.y, labelled), y) * (len(y) / x.shape[1])

    def backprop(self, params, x, y, mask=None, state=None, T=None):
        """Return the loss and its gradient; arguments are not checked."""
        return self.backprop_from(params, x, y, mask, state, T)[:2]

    def backprop_from(self, params, x, y, mask=None, state=None, T=None):
        """Return the loss, its gradient, and the state after the last step. Arguments are not checked."""
        (steps, n), cell = x.shape[:2], self.cell(params)
        y, labelled = self.labels(y, steps, n, mask)
        value, grads, state = truncated_gradient(cell, self.loss, x, y, labelled, mask, state, T)
        grads = grads if n == 1 else (grad / n for grad in grads)
        return value / n, self.parameters(*grads), state

    def blame(self, params, x, y, mask=None):
        """Return dE/dh_t of every step, through all later ones: shape (T, n, d_1), from a state of zeros.

        x, y and mask are those of `loss_and_grad`, and so are the errors.

        Source
        ------
        S-2.1.1b, J-20

        Examples
        --------
        >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"), at="last")
        >>> params = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
        >>> model.blame(params, np.ones((3, 1, 1)), [[0.75]]).ravel().tolist()  # the last output is 1.75
        [0.25, 0.5, 1.0]
        """
        params = check_params(params, self.shapes())
        x, y, mask = self.check_batch(x, y, mask)
        y, labelled = self.labels(y, *x.shape[:2], mask)
        return self.cell(params).blame(self.loss, x, y, labelled, mask) / x.shape[1]


@dataclass(frozen=True)
class SimpleRNN(Recurrent):
    """h_t = f(1)(W(1) x_t + V(1) h_{t-1}), y_t = f(2)(W(2) h_t), from h_0 = 0 or any other state.

    The loss of a sequence is the sum over its labelled steps; that of a batch is the mean over its sequences.

    Parameters
    ----------
    sizes : tuple of int
        (d_0, d_1, d_2): the numbers of inputs, hidden units and outputs.
    activations : sequence of str, Entrywise or Softmax
        f(1), which must be entry-wise, and f(2).
    loss : str, SquaredLoss or CrossEntropy
        "squared", or "cross-entropy" when f(2) is softmax.
    bias : bool
        Whether a constant 1 goes before x_t and h_t; the first columns of W(1) and W(2) hold the biases.
    at : str
        Which outputs have a label: those of "all" steps, or that of the "last" step of each sequence.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Source
    ------
    S-rnn, S-2.1, S-2.1b, S-2.1.1a, S-2.1.1b

    Examples
    --------
    >>> model = SimpleRNN((2, 3, 1), ("tanh", "identity"))
    >>> model.shapes()
    {'W1': (3, 2), 'V1': (3, 3), 'W2': (1, 3)}
    >>> params = {name: np.zeros(shape) for name, shape in model.shapes().items()}
    >>> loss, grads = model.loss_and_grad(params, np.ones((5, 1, 2)), np.ones((5, 1, 1)))
    >>> loss, grads["W2"].shape  # five steps of 1/2 (1 - 0)^2
    (2.5, (1, 3))
    """

    def shapes(self):
        """Return the parameters' shapes: "W1", "V1" and "W2"; with a bias W1 and W2 have one column more."""
        d0, d1, d2 = self.sizes
        return {"W1": (d1, self.bias + d0), "V1": (d1, d1), "W2": (d2, self.bias + d1)}

    def draw(self, rng, name, shape):
        """Return first values: normal numbers of variance 1 / (number of inputs), biases zero; V(1) has none."""
        W = rng.standard_normal(shape) / np.sqrt(shape[1]) if name == "V1" else super().draw(rng, name, shape)
        return np.asfortranarray(W)  # so that its transpose, with which one computes, lies in C's order

    def matrices(self, params):
        """Return the transposes of W(1), V(1) and W(2): rows are examples here."""
        return params["W1"].T, params["V1"].T, params["W2"].T

    def parameters(self, A, R, O):
        """Return {"W1": A^T, "V1": R^T, "W2": O^T}."""
        return {"W1": A.T, "V1": R.T, "W2": O.T}


@dataclass(frozen=True)
class Elman(Recurrent):
    """F_t = f([1, X_t, F_{t-1}] v), G_t = g([1, F_t] omega): the last hidden units come in beside the input.

    Parameters
    ----------
    sizes : tuple of int
        (N, K, J): the numbers of inputs, hidden units and outputs.
    activations : sequence of str, Entrywise or Softmax
        f, which must be entry-wise, and g; the sigmoid twice in the note.
    loss
        As in `SimpleRNN`.
    bias : bool
        Whether the columns of ones are there, as in the note.
    at
        As in `SimpleRNN`, and so are the errors.

    Source
    ------
    J-F1, J-1, J-2, J-3, J-4, J-5, J-6, J-7, J-bp

    Examples
    --------
    >>> Elman((2, 3, 1)).shapes()
    {'v': (6, 3), 'omega': (4, 1)}
    >>> model = Elman((1, 1, 1), ("identity", "identity"))
    >>> params = {"v": [[0.0], [1.0], [0.5]], "omega": [[0.0], [2.0]]}  # rows: 1, X_t, F_{t-1}; 1, F_t
    >>> model.forward(params, np.ones((3, 1, 1)))[0].ravel().tolist()
    [2.0, 3.0, 3.5]
    """

    activations: tuple = ("sigmoid", "sigmoid")
    bias: bool = True

    def shapes(self):
        """Return {"v": (N + 1 + K, K), "omega": (K + 1, J)}; J in place of the last K in Jordan's network."""
        N, K, J = self.sizes
        return {"v": (N + self.bias + self.state_size, K), "omega": (self.bias + K, J)}

    def draw(self, rng, name, shape):
        """Return first values: normal numbers of variance 1 / (number of inputs), biases zero."""
        W = rng.standard_normal(shape) / np.sqrt(shape[0])
        if self.bias:
            W[0] = 0
        return W

    def matrices(self, params):
        """Return the rows of v for [1, X_t], those for what is fed back, and omega.

        Examples
        --------
        >>> A, R, O = Elman((2, 3, 1)).matrices({"v": np.zeros((6, 3)), "omega": np.zeros((4, 1))})
        >>> A.shape, R.shape, O.shape  # for [1, X_t], for F_{t-1}, for [1, F_t]
        ((3, 3), (3, 3), (4, 1))
        """
        v, inputs = params["v"], self.bias + self.sizes[0]
        return v[:inputs], v[inputs:], params["omega"]

    def parameters(self, A, R, O):
        """Return {"v": A over R, "omega": O}."""
        return {"v": np.concatenate([A, R]), "omega": O}


@dataclass(frozen=True)
class Jordan(Elman):
    """F_t = f([1, X_t, G_{t-1}] v), G_t = g([1, F_t] omega): the last outputs come in beside the input.

    Parameters
    ----------
    sizes, activations, loss, bias, at
        As in `Elman`, and the same errors.

    Source
    ------
    J-F2, J-8, J-9, J-10, J-11, J-12, J-13, J-14, J-bp

    Examples
    --------
    >>> Jordan((2, 3, 1)).shapes()
    {'v': (4, 3), 'omega': (4, 1)}
    >>> model = Jordan((1, 1, 1), ("identity", "identity"))
    >>> params = {"v": [[0.0], [1.0], [0.5]], "omega": [[0.0], [2.0]]}  # rows: 1, X_t, G_{t-1}; 1, F_t
    >>> model.forward(params, np.ones((3, 1, 1)))[0].ravel().tolist()
    [2.0, 4.0, 6.0]
    """

    jordan = True


def as_elman(params):
    """Return the parameters of a simple RNN in Jun Kim's notation: v = [W(1) V(1)]^T, omega = W(2)^T.

    Parameters
    ----------
    params : mapping of str to ndarray
        "W1", "V1" and "W2", with a bias or without.

    Raises
    ------
    TypeError, ValueError
        A name is missing or unknown, or the shapes do not fit together.

    Source
    ------
    J-2, J-3, J-6

    Examples
    --------
    >>> as_elman({"W1": [[1.0, 2.0]], "V1": [[3.0]], "W2": [[4.0, 5.0]]})["v"].T.tolist()
    [[1.0, 2.0, 3.0]]
    """
    V1, W1, W2 = _named(params, "V1", "W1", "W2")
    if not len(W1) == len(V1) == V1.shape[1] <= W2.shape[1]:
        got = ", ".join(shape_text(W.shape) for W in (W1, V1, W2))
        raise ValueError(f"W1, V1, W2: expected shapes (d_1, d_0), (d_1, d_1), (d_2, d_1 or more), got {got}")
    return {"v": np.concatenate([W1, V1], axis=1).T, "omega": W2.T}


def as_simple(params):
    """Return the parameters of an Elman network in Stratos' notation: the reverse of `as_elman`.

    Parameters
    ----------
    params : mapping of str to ndarray
        "v" and "omega"; the last K rows of v, K its number of columns, are for the hidden units.

    Raises
    ------
    TypeError, ValueError
        A name is missing or unknown, or the shapes do not fit together.

    Source
    ------
    S-2.1

    Examples
    --------
    >>> params = as_simple({"v": [[1.0], [2.0], [3.0]], "omega": [[4.0], [5.0]]})
    >>> {name: W.tolist() for name, W in params.items()}
    {'W1': [[1.0, 2.0]], 'V1': [[3.0]], 'W2': [[4.0, 5.0]]}
    """
    v, omega = _named(params, "v", "omega")
    K = v.shape[1]
    if not (len(v) > K <= len(omega)):
        got = f"{shape_text(v.shape)} and {shape_text(omega.shape)}"
        raise ValueError(f"v, omega: expected shapes (N + K, K) and (K or more, J), got {got}")
    return {"W1": v[:-K].T, "V1": v[-K:].T, "W2": omega.T}


def _named(params, *names):
    """Return the arrays of these names, matrices all, in this order, or say which one is missing or is none."""
    return check_params(params, dict.fromkeys(names, ("rows", "columns"))).values()
