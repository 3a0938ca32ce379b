"""The three networks: their parameters, and the formulas that they share."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from nncourse._checks import check_array
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
        """Return the labels, one after the other, and which outputs have one, (T, n), or None for all."""
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
        """Return the rows of v for [1, X_t], those for what is fed back, and omega."""
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
    """

    jordan = True


def as_elman(params):
    """Return the parameters of a simple RNN in Jun Kim's notation: v = [W(1) V(1)]^T, omega = W(2)^T.

    Parameters
    ----------
    params : mapping of str to ndarray
        "W1", "V1" and "W2", with a bias or without.

    Source
    ------
    J-2, J-3, J-6

    Examples
    --------
    >>> as_elman({"W1": [[1.0, 2.0]], "V1": [[3.0]], "W2": [[4.0, 5.0]]})["v"].T.tolist()
    [[1.0, 2.0, 3.0]]
    """
    V1 = check_array("V1", params["V1"], ("d_1", "d_1"))
    W1 = check_array("W1", params["W1"], (len(V1), "d_0"))
    return {"v": np.concatenate([W1, V1], axis=1).T, "omega": check_array("W2", params["W2"], ("d_2", "d")).T}


def as_simple(params):
    """Return the parameters of an Elman network in Stratos' notation: the reverse of `as_elman`.

    Parameters
    ----------
    params : mapping of str to ndarray
        "v" and "omega"; the last K rows of v, K its number of columns, are for the hidden units.

    Source
    ------
    S-2.1
    """
    v = check_array("v", params["v"], ("rows", "K"))
    K = v.shape[1]
    return {"W1": v[:-K].T, "V1": v[-K:].T, "W2": check_array("omega", params["omega"], ("rows", "J")).T}
