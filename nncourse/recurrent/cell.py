"""One piece of a sequence, forward and backward: what the three networks compute, by whatever names."""

from typing import NamedTuple

import numpy as np

from nncourse.losses import CrossEntropy
from nncourse.recurrent.through_time import (
    affine,
    affine_grad,
    blame_of_outputs,
    blame_of_states,
    hidden_states,
    outputs_fed_back,
)

PIECE, WINDOWS = 256, 4  # steps that a truncated gradient holds in memory at a time: at least 4 T


class Trace(NamedTuple):
    """What a network did, step by step; n sequences of T steps.

    Parameters
    ----------
    z, h : ndarray of shape (T, n, d_1)
        The hidden units' scores and states.
    o, y : ndarray of shape (T, n, d_2)
        The outputs' scores and the outputs.
    state : ndarray of shape (n, d_1), or (n, d_2) in Jordan's network
        What the next step would get: pass it on as `state` to go on where this ended.

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> one = np.ones((1, 1))
    >>> cell = Cell(A=one, R=0.5 * one, O=2 * one, f=identity, g=identity, bias=False, jordan=False)
    >>> trace = cell.run(np.ones((3, 1, 1)), None, None)  # three steps of one sequence
    >>> trace.h.ravel().tolist(), trace.y.ravel().tolist(), trace.state.tolist()
    ([1.0, 1.5, 1.75], [2.0, 3.0, 3.5], [[1.75]])
    """

    z: np.ndarray
    h: np.ndarray
    o: np.ndarray
    y: np.ndarray
    state: np.ndarray


class Cell(NamedTuple):
    """A step: z_t = [1 x_t] A + s_{t-1} R, h_t = f(z_t), o_t = [1 h_t] O, y_t = g(o_t). Rows are examples.

    Parameters
    ----------
    A, R, O : ndarray
        Shapes (d_0, d_1), (d_1 or d_2, d_1) and (d_1, d_2); with a bias A and O have a row more, the first one.
    f, g : Entrywise, Entrywise or Softmax
        f(1) and f(2).
    bias : bool
        Whether a constant 1 goes before x_t and h_t.
    jordan : bool
        Whether the output is fed back, s_t = y_t; otherwise the hidden state is, s_t = h_t.

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> one, x = np.ones((1, 1)), np.ones((3, 1, 1))  # three steps of one sequence
    >>> cell = Cell(A=one, R=0.5 * one, O=2 * one, f=identity, g=identity, bias=False, jordan=False)
    >>> (dA, _, _), delta, _ = cell.back(x, cell.run(x, None, None), None, np.ones((3, 1)), None, 3)
    >>> delta.ravel().tolist(), dA.tolist()  # 2, then 2 + 0.5 * 2, then 2 + 0.5 * 3
    ([3.5, 3.0, 2.0], [[8.5]])
    """

    A: np.ndarray
    R: np.ndarray
    O: np.ndarray
    f: object
    g: object
    bias: bool
    jordan: bool

    def run(self, x, mask, state):
        """Return the `Trace` of all steps of x, from a state; None is a state of zeros.

        Source
        ------
        S-rnn, S-2.1, J-0
        """
        z = affine(x, self.A, self.bias)  # (T, n, d_1)
        if state is None:
            state = np.zeros((z.shape[1], len(self.R)), z.dtype)
        if self.jordan:
            h, o, y = outputs_fed_back(z, self.R, self.O, self.f, self.g, state, mask, self.bias)
            return Trace(z, h, o, y, y[-1])
        h = hidden_states(z, self.R, self.f, state, mask)
        o = affine(h, self.O, self.bias)  # (T, n, d_2)
        return Trace(z, h, o, self.g(o), h[-1])

    def back(self, x, trace, state, rows, labelled, T):
        """Return the gradients in A, R and O, delta_t = dE/dz_t, and epsilon_t = dE/do_t.

        Parameters
        ----------
        x : ndarray of shape (T_all, n, d_0), or ids of shape (T_all, n)
            The inputs.
        trace : Trace
            What `run` returned for them.
        state : ndarray or None
            What `run` began with.
        rows : ndarray of shape (number of labels, d_2)
            dE/do of every labelled output, without what it does to later steps.
        labelled : ndarray of bool, shape (T_all, n), or None
            Which outputs these are; None for all.
        T : int
            How many steps a loss goes back, its own included.

        Source
        ------
        S-2.1.1b, J-bp
        """
        z, h, o, y, _ = trace
        W = self.O[self.bias :]
        epsilon = put(rows, labelled, o)
        if self.jordan:
            delta, epsilon = blame_of_outputs(epsilon, self.f, z, h, W, self.R, self.g, o, y, T)
            dO, s = affine_grad(h, epsilon, self.O, self.bias), y
        else:
            delta = blame_of_states(put(rows @ W.T, labelled, h), self.f, z, h, self.R, T)
            dO, s = affine_grad(pick(h, labelled), rows, self.O, self.bias), h
        if len(s) == 1:
            dR = np.zeros_like(self.R) if state is None else state.T.dot(delta[0])
        else:
            dR = s[:-1].reshape(-1, s.shape[-1]).T.dot(delta[1:].reshape(-1, delta.shape[-1]))
            if state is not None:
                dR += state.T.dot(delta[0])
        return (affine_grad(x, delta, self.A, self.bias), dR, dO), delta, epsilon

    def blame(self, loss, x, y, labelled, mask):
        """Return dE/dh_t of every step, summed over the sequences' losses, from a state of zeros: (T, n, d_1).

        Parameters
        ----------
        loss, x, y, labelled, mask
            As `truncated_gradient` takes them.
        """
        trace = self.run(x, mask, None)
        _, rows = self.value_and_rows(loss, trace, y, labelled)
        _, delta, epsilon = self.back(x, trace, None, rows, labelled, len(x))
        dh = epsilon @ self.O[self.bias :].T
        if not self.jordan:
            dh[:-1] += delta[1:] @ self.R.T
        return dh

    def value_and_rows(self, loss, trace, y, labelled):
        """Return the sum of the losses over the labelled outputs, and what each blames on its score, as rows.

        The trace's scores may be used up.

        Parameters
        ----------
        loss : SquaredLoss or CrossEntropy
            Gives the mean over rows, and its delta.
        trace : Trace
            What `run` returned.
        y : ndarray
            The labels, one per labelled output, in the order of `pick`.
        labelled : ndarray of bool, shape (T, n), or None
            Which outputs have a label; None for all.
        """
        o = pick(trace.o, labelled)
        if isinstance(loss, CrossEntropy) and not self.jordan:
            value, rows = loss.from_scores(o, y)  # the rows take the place of the scores
        else:
            value, rows = loss.value_and_delta(self.g, o, pick(trace.y, labelled), y)
        rows *= len(o)
        return value * len(o), rows


def truncated_gradient(cell, loss, x, y, labelled, mask, state, T):
    """Return the summed loss, its gradients in A, R and O, and the last state; each loss goes back through T steps.

    It goes piece by piece, and needs no memory that grows with the length.

    Parameters
    ----------
    cell : Cell
        The matrices.
    loss : SquaredLoss or CrossEntropy
        Of one output.
    x : ndarray of shape (T_all, n, d_0), or ids of shape (T_all, n)
        The inputs.
    y : ndarray
        The labels, one per labelled output, in the order of `pick`.
    labelled, mask : ndarray of bool, shape (T_all, n), or None
        Which outputs have a label; which steps are real.
    state : ndarray or None
        The state before the first step.
    T : int or None
        How many steps a loss goes back, its own included; None: to the beginning, in one piece.

    Source
    ------
    S-2.1.1b, S-T1, J-bp

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> from nncourse.losses import SquaredLoss
    >>> one, x, y = np.ones((1, 1)), np.ones((2, 1, 1)), np.array([[1.0], [2.0]])  # outputs 1 and 1.5
    >>> cell = Cell(A=one, R=0.5 * one, O=one, f=identity, g=identity, bias=False, jordan=False)
    >>> for T in (1, 2):
    ...     loss, (dA, dR, dO), state = truncated_gradient(cell, SquaredLoss(), x, y, None, None, None, T)
    ...     print(loss, dA.item(), state.item())
    0.125 -0.5 1.5
    0.125 -0.75 1.5
    """
    steps, n = x.shape[:2]
    size = steps if T is None else max(PIECE, WINDOWS * T)
    value, total, first, done = 0.0, None, 0, 0
    for start in range(0, steps, size):
        stop = min(start + size, steps)
        here = slice(first, stop)  # from T - 1 steps before the first loss of this piece
        trace = cell.run(x[here], None if mask is None else mask[here], state)
        marked = None if labelled is None else labelled[here]
        if first < start:
            marked = np.ones((stop - first, n), bool) if marked is None else marked.copy()
            marked[: start - first] = False
        end = done + ((stop - start) * n if labelled is None else int(labelled[start:stop].sum()))
        if end > done:
            part, rows = cell.value_and_rows(loss, trace, y[done:end], marked)
            grads, _, _ = cell.back(x[here], trace, state, rows, marked, min(T or steps, stop - first))
            value, done = value + part, end
            total = grads if total is None else tuple(a + b for a, b in zip(total, grads, strict=True))
        following = max(0, stop - T + 1) if T else stop
        state, first = (trace.y if cell.jordan else trace.h)[following - first - 1], following
    return value, total, trace.state


def pick(a, labelled):
    """Return the labelled rows of an array (T, n, ...), one after the other.

    Parameters
    ----------
    a : ndarray of shape (T, n, ...)
        Something of every step.
    labelled : ndarray of bool, shape (T, n), or None
        Which rows; None for all, which copies nothing.

    Examples
    --------
    >>> a = np.array([[[1], [2]], [[3], [4]], [[5], [6]]])  # three steps, two sequences
    >>> pick(a, np.array([[True, True], [True, False], [True, False]])).tolist()
    [[1], [2], [3], [5]]
    """
    return a.reshape(-1, *a.shape[2:]) if labelled is None else a[labelled]


def put(rows, labelled, like):
    """Return an array of the shape of `like` with the rows where the labels are, and zeros elsewhere.

    Parameters
    ----------
    rows : ndarray of shape (number of labels, d)
        What `pick` would return.
    labelled : ndarray of bool, shape (T, n), or None
        Which rows they are; None for all, which copies nothing.
    like : ndarray of shape (T, n, d)
        Gives the shape.

    Examples
    --------
    >>> rows, labelled = np.array([[5.0], [7.0]]), np.array([[True, False], [False, True]])
    >>> put(rows, labelled, np.zeros((2, 2, 1))).tolist()
    [[[5.0], [0.0]], [[0.0], [7.0]]]
    """
    if labelled is None:
        return rows.reshape(like.shape)
    whole = np.zeros(like.shape, rows.dtype)
    whole[labelled] = rows
    return whole
