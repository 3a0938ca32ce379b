"""How far back a recurrent network's blame reaches: step Jacobians, their products, and the bound on them.

For networks that feed back their hidden state, SimpleRNN and Elman. A step is z_t = W(1) x_t + V(1) h_{t-1},
h_t = f(z_t), so that dh_t/dh_{t-1} = diag(f'(z_t)) V(1). Arrays are time-major, as in `nncourse.sequences`.
"""

import numpy as np

from nncourse._checks import check_array, check_positive, check_rng
from nncourse.activations import Entrywise, activation
from nncourse.model import ADVICE
from nncourse.params import check_params

STEEPEST = {"identity": 1.0, "relu": 1.0, "tanh": 1.0, "sigmoid": 0.25}


def steepest(f):
    """Return gamma, the largest size of the slope f' of an activation function: 1, or 1/4 for the sigmoid.

    Raises
    ------
    TypeError, ValueError
        There is no such function, or its largest slope is not known here.

    Source
    ------
    J-28

    Examples
    --------
    >>> steepest("tanh"), steepest("sigmoid")
    (1.0, 0.25)
    """
    f = activation(f)
    if f.name not in STEEPEST or not isinstance(f, Entrywise):
        raise ValueError(f"f: expected one of {sorted(STEEPEST)}, got {f.name!r}")
    return STEEPEST[f.name]


def largest_stretch(V):
    """Return sigma_max, the largest singular value of a matrix: the most that it lengthens any vector.

    Examples
    --------
    >>> round(largest_stretch([[0.0, 3.0], [0.5, 0.0]]), 12)
    3.0
    """
    return float(np.linalg.norm(check_array("V", V, ("rows", "columns")), 2))


def spectral_radius(V):
    """Return the size of a square matrix's largest eigenvalue: what its high powers grow by, step for step.

    Examples
    --------
    >>> spectral_radius([[0.5, 100.0], [0.0, -0.75]])
    0.75
    """
    return float(np.abs(np.linalg.eigvals(_square("V", V))).max())


def reach_bound(V1, f, k):
    """Return (gamma sigma_max)^k, which ||dh_t/dh_{t-k}|| cannot exceed, whatever the inputs.

    Parameters
    ----------
    V1 : array_like of shape (d_1, d_1)
        The recurrent parameter, or its transpose.
    f : str or Entrywise
        The hidden units' activation function.
    k : int or array_like of int
        How many steps back, 0 or more.

    Returns
    -------
    float or ndarray
        Of k's shape. Infinite where it overflows: then it bounds nothing.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Source
    ------
    J-28

    Examples
    --------
    >>> reach_bound([[2.0]], "sigmoid", [0, 1, 2]).tolist()
    [1.0, 0.5, 0.25]
    """
    V1, lags = _square("V1", V1), np.asarray(k)
    if lags.dtype.kind not in "iu":
        raise TypeError(f"k: expected whole numbers, got {lags.dtype}")
    if lags.size and lags.min() < 0:
        raise ValueError(f"k: expected 0 or more, got {lags.min()}")
    with np.errstate(over="ignore"):
        bound = (steepest(f) * largest_stretch(V1)) ** lags.astype(float)
    return bound if np.ndim(k) else float(bound)


def step_jacobians(model, params, x):
    """Return dh_t/dh_{t-1} = diag(f'(z_t)) V(1) of every step, from a state of zeros.

    Parameters
    ----------
    model : SimpleRNN or Elman
        The network.
    params : mapping of str to ndarray
        Its parameters.
    x : array_like of shape (T, n, d_0), or ids of shape (T, n)
        The inputs of n sequences of T steps each.

    Returns
    -------
    ndarray of shape (T, n, d_1, d_1)
        Entry [t, s, i, j] says what state i after step t + 1 gains from state j before it, in sequence s.

    Raises
    ------
    TypeError, ValueError
        The model feeds back its output, or an argument is not as above.

    Source
    ------
    J-28

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model = SimpleRNN((1, 2, 1), ("identity", "identity"))
    >>> params = {"W1": [[1.0], [0.0]], "V1": [[0.5, 0.0], [1.0, 0.5]], "W2": [[1.0, 1.0]]}
    >>> J = step_jacobians(model, params, np.zeros((3, 1, 1)))
    >>> J.shape, J[0, 0].tolist()  # f' = 1, so each is V(1)
    ((3, 1, 2, 2), [[0.5, 0.0], [1.0, 0.5]])
    """
    if getattr(model, "jordan", True):
        raise ValueError(f"model: expected SimpleRNN or Elman, which feed back their state, got {model!r}")
    params = check_params(params, model.shapes())
    _, trace = model.forward(params, x)
    f, _ = model.activations
    _, R, _ = model.matrices(params)
    return f.prime(trace.z, trace.h)[..., None] * R.T


def reach(model, params, x):
    """Return ||dh_T/dh_t|| of every step t: how much of a nudge of state t arrives in the last state, at most.

    Parameters
    ----------
    model, params, x
        As `step_jacobians` takes them.

    Returns
    -------
    ndarray of shape (T, n)
        The last row is 1. Row t is at most ``reach_bound(V1, f, T - 1 - t)``.

    Raises
    ------
    TypeError, ValueError
        As `step_jacobians`.
    FloatingPointError
        The product of the Jacobians overflows.

    Source
    ------
    J-28

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"))
    >>> params = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
    >>> reach(model, params, np.zeros((3, 1, 1))).round(12).tolist()  # half of it is lost at every step
    [[0.25], [0.5], [1.0]]
    """
    J = step_jacobians(model, params, x)
    norms = np.empty(J.shape[:2], J.dtype)
    product = np.eye(J.shape[-1], dtype=J.dtype)
    for t in range(len(J) - 1, -1, -1):
        if not np.isfinite(product).all():
            raise FloatingPointError(f"dh_T/dh_t overflows: {ADVICE}")
        norms[t] = np.linalg.norm(product, 2, axis=(-2, -1))  # of dh_T/dh_t
        with np.errstate(over="ignore", invalid="ignore"):
            product = product @ J[t]
    return norms


def orthogonal(d, rng):
    """Return a random rotation or reflection: a matrix of shape (d, d) that keeps every vector's length.

    Parameters
    ----------
    d : int
        The number of rows and columns.
    rng : numpy.random.Generator
        Draws it; all directions are equally likely.

    Examples
    --------
    >>> V = orthogonal(3, np.random.default_rng(0))
    >>> np.allclose(V.T @ V, np.eye(3), atol=1e-12)
    True
    """
    check_positive("d", d, whole=True)
    Q, R = np.linalg.qr(check_rng(rng).standard_normal((d, d)))
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def first_bit(T, pairs, rng, noise=0.5):
    """Return sequences that open with a bit, go on with noise, and ask for the bit at their end.

    Every noise comes twice, once after each bit: so the noise says nothing about the bit, not even by chance.

    Parameters
    ----------
    T : int
        The number of steps; the bit comes T - 1 steps before it is asked for.
    pairs : int
        How many noises to draw: half the number n of sequences.
    rng : numpy.random.Generator
        Draws the noise.
    noise : float
        Its standard deviation, above zero.

    Returns
    -------
    x : ndarray of shape (T, n, 2)
        Column 0 holds the bit, -1 or 1, at the first step, and 0 from then on; column 1 holds the noise, 0 at
        the first step.
    y : ndarray of shape (n, 1)
        The bits.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Examples
    --------
    >>> x, y = first_bit(4, 3, np.random.default_rng(0))
    >>> x.shape, y[:, 0].tolist()
    ((4, 6, 2), [-1.0, -1.0, -1.0, 1.0, 1.0, 1.0])
    """
    check_positive("T", T, whole=True)
    check_positive("pairs", pairs, whole=True)
    check_positive("noise", noise)
    drawn = noise * check_rng(rng).standard_normal((T - 1, pairs))
    y = np.repeat([-1.0, 1.0], pairs)[:, None]
    x = np.zeros((T, 2 * pairs, 2))
    x[0, :, 0] = y[:, 0]
    x[1:, :, 1] = np.tile(drawn, 2)
    return x, y


def _square(name, V):
    V = check_array(name, V, ("d", "d"))
    return check_array(name, V, (len(V), len(V)))
