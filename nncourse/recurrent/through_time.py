"""The recursions of recurrent networks: states forward in time, blame backward, through all steps or the last T.

Rows are examples, as in Jun Kim's note: a step is z_t = [1 x_t] A + s_{t-1} R, h_t = f(z_t), o_t = [1 h_t] O,
y_t = g(o_t). What comes back in as s_t is the hidden state h_t (simple RNN, Elman) or the output y_t (Jordan).
All arrays are time-major, (T, n, d). Nothing is checked here.
"""

import numpy as np

from nncourse.output_layers import add_rows

CACHE = 1 << 15  # numbers that stay close to the processor between two uses


def affine(x, A, bias):
    """Return [1 x] A, or x A without a bias, for all rows of all steps at once: shape (T, n, d).

    Parameters
    ----------
    x : ndarray of shape (T, n, d_0), or ids of shape (T, n)
        An id picks its row of A.
    A : ndarray of shape (bias + d_0, d)
        The matrix.
    bias : bool
        Whether the 1 is there.

    Source
    ------
    J-3, J-6, J-10, J-13

    Examples
    --------
    >>> A = np.array([[1.0], [10.0], [100.0]])  # the bias, then d_0 = 2 rows
    >>> affine(np.array([[[2.0, 3.0]]]), A, True).tolist(), affine(np.array([[1]]), A, True).tolist()
    ([[[321.0]]], [[[101.0]]])
    """
    W = A[bias:]
    z = W[x] if x.dtype.kind in "iu" else (x.reshape(-1, x.shape[-1]) @ W).reshape(*x.shape[:-1], W.shape[1])
    if bias:
        z += A[0]
    return z


def affine_grad(x, delta, A, bias):
    """Return the gradient of [1 x] A in A, of its shape, summed over all rows of all steps.

    Parameters
    ----------
    x : ndarray of shape (T, n, d_0), or ids of shape (T, n)
        The inputs.
    delta : ndarray of shape (T, n, d)
        The gradient in [1 x] A.
    A, bias
        As in `affine`.

    Examples
    --------
    >>> x, delta, A = np.array([[[2.0, 3.0]]]), np.array([[[10.0]]]), np.zeros((3, 1))
    >>> affine_grad(x, delta, A, True).tolist()
    [[10.0], [20.0], [30.0]]
    """
    grad, rows = np.zeros(A.shape, delta.dtype), delta.reshape(-1, A.shape[1])
    if x.dtype.kind in "iu":
        add_rows(grad[bias:], x.ravel(), rows)
    else:
        np.dot(x.reshape(-1, x.shape[-1]).T, rows, out=grad[bias:])
    if bias:
        grad[0] = rows.sum(axis=0)
    return grad


def stay(new, old, mask_t):
    """Put the old rows back where a sequence has ended.

    Parameters
    ----------
    new, old : ndarray of shape (n, d)
        What this step says, and what the one before said; `new` is changed.
    mask_t : ndarray of bool, shape (n,)
        Whether the step is real.

    Examples
    --------
    >>> new = np.array([[1.0], [2.0]])
    >>> stay(new, np.array([[8.0], [9.0]]), np.array([True, False]))
    >>> new.tolist()
    [[1.0], [9.0]]
    """
    np.copyto(new, old, where=~mask_t[:, None])


def hidden_states(z, R, f, state, mask):
    """Return h, shape (T, n, d_1), h_t = f(z_t + h_{t-1} R), for z_t = [1 x_t] A; z becomes the whole score.

    Parameters
    ----------
    z : ndarray of shape (T, n, d_1)
        The inputs' part of the score; is changed.
    R : ndarray of shape (d_1, d_1)
        What carries h_{t-1} to z_t.
    f : Entrywise
        The activation function f(1).
    state : ndarray of shape (n, d_1)
        h_0.
    mask : ndarray of bool, shape (T, n), or None
        Which steps are real; a sequence that has ended keeps its state.

    Source
    ------
    S-2.1, J-2, J-4

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> z = np.ones((3, 1, 1))
    >>> hidden_states(z, np.array([[0.5]]), identity, np.zeros((1, 1)), None).ravel().tolist()
    [1.0, 1.5, 1.75]
    """
    h = np.empty_like(z)
    for t, (z_t, h_t) in enumerate(zip(z, h, strict=True)):
        z_t += state.dot(R)
        h_t[:] = f(z_t)
        if mask is not None:
            stay(h_t, state, mask[t])
        state = h_t
    return h


def outputs_fed_back(z, R, O, f, g, state, mask, bias):
    """Return h, o and y, h_t = f(z_t + y_{t-1} R), y_t = g([1 h_t] O), for z_t = [1 x_t] A; z becomes the score.

    Parameters
    ----------
    z : ndarray of shape (T, n, d_1)
        The inputs' part of the score; is changed.
    R : ndarray of shape (d_2, d_1)
        What carries y_{t-1} to z_t.
    O : ndarray of shape (bias + d_1, d_2)
        What carries h_t to o_t.
    f : Entrywise
        The activation function f(1).
    g : Entrywise or Softmax
        The activation function f(2).
    state : ndarray of shape (n, d_2)
        y_0.
    mask : ndarray of bool, shape (T, n), or None
        Which steps are real; a sequence that has ended keeps its output.
    bias : bool
        Whether O has a first row of biases.

    Returns
    -------
    h : ndarray of shape (T, n, d_1)
        The hidden states.
    o, y : ndarray of shape (T, n, d_2)
        The outputs' scores and the outputs.

    Source
    ------
    J-9, J-11, J-12, J-13, J-14

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> z, R, O, state = np.ones((3, 1, 1)), np.array([[0.5]]), np.array([[2.0]]), np.zeros((1, 1))
    >>> h, o, y = outputs_fed_back(z, R, O, identity, identity, state, None, False)
    >>> h.ravel().tolist(), y.ravel().tolist()  # h_t = 1 + 0.5 y_{t-1}
    ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    """
    h = np.empty_like(z)
    o = np.empty((*z.shape[:2], O.shape[1]), z.dtype)
    y, W = np.empty_like(o), O[bias:]
    for t in range(len(z)):
        z[t] += state.dot(R)
        h[t] = f(z[t])
        np.dot(h[t], W, out=o[t])
        if bias:
            o[t] += O[0]
        y[t] = g(o[t])
        if mask is not None:
            stay(y[t], state, mask[t])
        state = y[t]
    return h, o, y


def blame_of_states(b, f, z, h, R, T):
    """Return delta_t = dE/dz_t, (T_all, n, d_1), where the hidden state is fed back; each loss goes back T steps.

    Parameters
    ----------
    b : ndarray of shape (T_all, n, d_1)
        What each step's own loss blames on its state; overwritten.
    f : Entrywise
        The hidden units' activation function.
    z, h : ndarray of shape (T_all, n, d_1)
        Their scores and states.
    R : ndarray of shape (d_1, d_1)
        What carries h_{t-1} to z_t.
    T : int
        How many steps a loss goes back, its own included: 1 .. T_all.

    Source
    ------
    S-2.1.1b, S-T1, J-bp

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> z, R = np.zeros((3, 1, 1)), np.array([[0.5]])
    >>> [blame_of_states(np.ones((3, 1, 1)), identity, z, z, R, T).ravel().tolist() for T in (1, 2, 3)]
    [[1.0, 1.0, 1.0], [1.5, 1.5, 1.0], [1.75, 1.5, 1.0]]
    """
    if len(b) == T:
        delta, R_T = None, R.T
        for b_t, prime in zip(b[::-1], slopes_backwards(f, z, h), strict=True):
            if delta is not None:
                b_t += delta.dot(R_T)
            b_t *= prime
            delta = b_t
        return b
    f_prime = f.prime(z, h)
    b *= f_prime
    part, total = b, b.copy()
    for lag in range(1, T):
        # part[t]: what the loss of step t + lag blames on z_t
        rows = part[1:].reshape(-1, part.shape[-1])
        part = (rows @ R.T).reshape(part[1:].shape)
        part *= f_prime[:-lag]
        total[:-lag] += part
    return total


def slopes_backwards(f, z, h):
    """Give f'(z_t) from the last step to the first, computed for as many steps at once as a cache holds.

    Parameters
    ----------
    f : Entrywise
        The activation function.
    z, h : ndarray of shape (T, n, d)
        Its scores and values.

    Examples
    --------
    >>> from nncourse.activations import relu
    >>> z = np.array([[[-1.0]], [[2.0]], [[3.0]]])
    >>> [slope.item() for slope in slopes_backwards(relu, z, relu(z))]
    [1.0, 1.0, 0.0]
    """
    size = max(1, CACHE // z[0].size)
    for stop in range(len(z), 0, -size):
        start = max(0, stop - size)
        yield from f.prime(z[start:stop], h[start:stop])[::-1]


def blame_of_outputs(epsilon, f, z, h, O, R, g, o, y, T):
    """Return delta_t = dE/dz_t, (T_all, n, d_1), and epsilon_t = dE/do_t, (T_all, n, d_2): the output is fed back.

    Parameters
    ----------
    epsilon : ndarray of shape (T_all, n, d_2)
        dE/do_t of each step's own loss alone; overwritten.
    f : Entrywise
        The hidden units' activation function.
    z, h : ndarray of shape (T_all, n, d_1)
        Their scores and states.
    O : ndarray of shape (d_1, d_2)
        What carries h_t to o_t, without the biases.
    R : ndarray of shape (d_2, d_1)
        What carries y_{t-1} to z_t.
    g : Entrywise or Softmax
        The output's activation function.
    o, y : ndarray of shape (T_all, n, d_2)
        The outputs' scores and the outputs.
    T : int
        As in `blame_of_states`.

    Source
    ------
    J-bp

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> z, O, R = np.zeros((2, 1, 1)), np.array([[2.0]]), np.array([[0.5]])
    >>> delta, epsilon = blame_of_outputs(np.ones((2, 1, 1)), identity, z, z, O, R, identity, z, z, 2)
    >>> epsilon.ravel().tolist(), delta.ravel().tolist()  # epsilon_1 = 1 + 0.5 * 2
    ([2.0, 1.0], [4.0, 2.0])
    """
    if len(epsilon) == T:
        delta, later = np.empty_like(z), None
        for t, prime in zip(range(len(z) - 1, -1, -1), slopes_backwards(f, z, h), strict=True):
            if later is not None:
                epsilon[t] += g.backward(o[t], y[t], later.dot(R.T))
            later = np.dot(epsilon[t], O.T, out=delta[t])
            later *= prime
        return delta, epsilon
    f_prime = f.prime(z, h)
    part, total = epsilon, epsilon.copy()
    for lag in range(1, T):  # part[t]: what the loss of step t + lag blames on o_t
        part = g.backward(o[:-lag], y[:-lag], part[1:] @ O.T * f_prime[1 : len(f_prime) - lag + 1] @ R.T)
        total[:-lag] += part
    return (total @ O.T) * f_prime, total
