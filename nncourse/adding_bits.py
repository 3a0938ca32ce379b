"""The bit counter: a linear recurrent network with two parameters, v_x and v_f, that adds up a sequence.

The second note's worked example, equations (15)-(26), as functions over {"v_x": ..., "v_f": ...}. Time comes first:
x[t - 1] holds the bit of step t of every example. The error is the note's sum over the examples, not a mean. What
`forward` says about its arguments, and what it raises, goes for all functions here.
"""

from dataclasses import dataclass
from functools import wraps

import numpy as np

from nncourse._checks import check_array, check_positive
from nncourse.model import ADVICE
from nncourse.params import all_finite, check_params

SHAPES = {"v_x": (), "v_f": ()}


def _finite(function):
    """Let the function overflow without a warning, and raise FloatingPointError if it did."""

    @wraps(function)
    def careful(*args, **kwargs):
        with np.errstate(over="ignore", invalid="ignore"):
            result = function(*args, **kwargs)
        for part in result if isinstance(result, tuple) else (result,):
            if not all_finite(part if isinstance(part, dict) else {"": part}):
                raise FloatingPointError(f"{function.__name__} overflows: {ADVICE}")
        return result

    return careful


@_finite
def forward(params, x, f_0=0.0):
    """Return the output yhat = f_T, shape (I,), and all states f, shape (T + 1, I): f_t = f_{t-1} v_f + x_t v_x.

    Parameters
    ----------
    params : mapping of str to float
        The parameters "v_x" and "v_f"; complex numbers for the complex step.
    x : array_like of shape (T, I)
        x[t - 1, i] is bit t of example i; other numbers than 0 and 1 are welcome.
    f_0 : float or array_like of shape (I,)
        The state before the first bit.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    FloatingPointError
        The numbers are finite but so large that a result overflows.

    Source
    ------
    J-16, J-n1, J-n2, J-n3, J-F3, J-F4

    Examples
    --------
    >>> yhat, f = forward({"v_x": 1.0, "v_f": 0.5}, [[1], [1], [0], [1]])
    >>> f[:, 0].tolist(), yhat.tolist()
    ([0.0, 1.0, 1.5, 0.75, 1.375], [1.375])
    """
    params, x, _, f_0 = _checked(params, x, None, f_0, complex_step=True)
    f = np.empty((len(x) + 1, x.shape[1]), np.result_type(x, *params.values()))
    f[0] = f_0
    for t in range(1, len(f)):
        f[t] = f[t - 1] * params["v_f"] + x[t - 1] * params["v_x"]
    return f[-1].copy(), f


@_finite
def error(params, x, y, f_0=0.0):
    """Return E, half the sum of (yhat - y)^2 over the examples. Complex parameters give a complex E.

    Parameters
    ----------
    params, x, y, f_0
        As `forward` takes them; y, of shape (I,), is what each example should give.

    Source
    ------
    J-15, J-17

    Examples
    --------
    >>> float(error({"v_x": 1.0, "v_f": 0.5}, [[1], [1]], [2.0]))  # yhat is 1.5
    0.125
    """
    params, x, y, f_0 = _checked(params, x, y, f_0, complex_step=True)
    yhat, _ = forward(params, x, f_0)
    return np.sum((yhat - y) ** 2) / 2


@_finite
def blame(params, x, y, f_0=0.0):
    """Return dE/df_t, (yhat - y) v_f^(T-t), found by going back step by step; entry [t - 1, i] is example i's own.

    Parameters
    ----------
    params, x, y, f_0
        As `error` takes them, real numbers only.

    Source
    ------
    J-20, J-24

    Examples
    --------
    >>> blame({"v_x": 1.0, "v_f": 0.5}, [[1], [1]], [2.0]).tolist()  # yhat is 1.5
    [[-0.25], [-0.5]]
    """
    params, x, y, f_0 = _checked(params, x, y, f_0)
    yhat, _ = forward(params, x, f_0)
    delta = np.empty_like(x, dtype=yhat.dtype)
    delta[-1] = yhat - y
    for t in range(len(x) - 1, 0, -1):
        delta[t - 1] = delta[t] * params["v_f"]
    return delta


@_finite
def error_and_gradient(params, x, y, f_0=0.0):
    """Return E and a dict of dE/dv_x and dE/dv_f: the blame of each f_t times x_t or times f_{t-1}, summed up.

    Parameters
    ----------
    params, x, y, f_0
        As `error` takes them, real numbers only.

    Source
    ------
    J-19, J-21, J-23, J-25

    Examples
    --------
    >>> E, grads = error_and_gradient({"v_x": 1.0, "v_f": 0.5}, [[1], [1]], [2.0])  # f is 0, 1, 1.5
    >>> E, {name: float(slope) for name, slope in grads.items()}
    (0.125, {'v_x': -0.75, 'v_f': -0.5})
    """
    params, x, y, f_0 = _checked(params, x, y, f_0)
    delta = blame(params, x, y, f_0)
    _, f = forward(params, x, f_0)
    grads = {"v_x": np.sum(delta * x), "v_f": np.sum(delta * f[:-1])}
    E = float(np.sum(delta[-1] ** 2) / 2)
    return E, {name: np.asarray(slope) for name, slope in grads.items()}


@_finite
def closed_forms(params, x, y, f_0=0.0):
    """Return dE/dv_x by (22) and dE/dv_f by (26), as the note writes them; v_f^0 is 1 for v_f = 0 too.

    Parameters
    ----------
    params, x, y, f_0
        As `error` takes them, real numbers only.

    Source
    ------
    J-22, J-26

    Examples
    --------
    >>> grads = closed_forms({"v_x": 1.0, "v_f": 0.5}, [[1], [1]], [2.0])  # what going back gives too
    >>> {name: float(slope) for name, slope in grads.items()}
    {'v_x': -0.75, 'v_f': -0.5}
    """
    params, x, y, f_0 = _checked(params, x, y, f_0)
    yhat, f = forward(params, x, f_0)
    powers = params["v_f"] ** np.arange(len(x) - 1, -1, -1)  # v_f^(T-t), (T,)
    dv_x = np.sum(np.sum((yhat - y) * x, axis=1) * powers)
    dv_f = np.sum(np.sum((yhat - y) * f[:-1], axis=1) * powers)
    return {"v_x": np.asarray(dv_x), "v_f": np.asarray(dv_f)}


@_finite
def hessian(params, x, y, f_0=0.0):
    """Return the second derivatives of E, exactly, v_x first: [[E_xx, E_xf], [E_fx, E_ff]].

    Parameters
    ----------
    params, x, y, f_0
        As `error` takes them, real numbers only.

    Examples
    --------
    >>> hessian({"v_x": 1.0, "v_f": 1.0}, [[1], [1]], [2.0]).tolist()  # E = (v_x v_f + v_x - 2)^2 / 2
    [[4.0, 2.0], [2.0, 1.0]]
    """
    params, x, y, f_0 = _checked(params, x, y, f_0)
    k = np.arange(len(x), -1, -1)  # the powers of v_f that f_0, x_1, ..., x_T have in yhat
    inputs = np.vstack([np.broadcast_to(f_0, y.shape), params["v_x"] * x])
    powers = [params["v_f"] ** np.maximum(k - n, 0) for n in range(3)]
    yhat, dv_f, dv_f_twice = powers[0] @ inputs, (k * powers[1]) @ inputs, (k * (k - 1) * powers[2]) @ inputs
    dv_x, dv_x_dv_f = powers[0][1:] @ x, (k * powers[1])[1:] @ x
    slopes, mixed = np.stack([dv_x, dv_f]), (yhat - y) @ dv_x_dv_f
    return slopes @ slopes.T + np.array([[0 * mixed, mixed], [mixed, (yhat - y) @ dv_f_twice]])


def largest_stable_step(H):
    """Return 2 / lambda_max of a Hessian: gradient descent with larger steps is thrown out of the minimum.

    Raises
    ------
    TypeError, ValueError
        H is no symmetric matrix of finite numbers, or none of its eigenvalues is above 0.

    Examples
    --------
    >>> largest_stable_step([[3.0, 0.0], [0.0, 4.0]])
    0.5
    """
    H = check_array("H", H, (np.shape(H)[-1:] or ("d",)) * 2)
    if not np.allclose(H, H.T, rtol=1e-10, atol=0):
        raise ValueError(f"H: expected a symmetric matrix, got {H.tolist()}")
    if (bend := float(np.linalg.eigvalsh(H)[-1])) <= 0:
        raise ValueError(f"H: expected an eigenvalue above 0, got {bend:g} for the largest")
    return 2 / bend


def error_surface(v_x, v_f, x, y, f_0=0.0):
    """Return E at many parameters at once, for pictures: infinite where it overflows.

    Parameters
    ----------
    v_x, v_f : array_like
        Of shapes that broadcast: a row and a column make a grid.
    x, y, f_0
        As `error` takes them; the work for one point does not grow with the number of examples.

    Examples
    --------
    >>> error_surface([1.0, 2.0], [[0.0], [1.0]], [[1], [1]], [2.0]).round(6).tolist()  # yhat = v_x v_f + v_x
    [[0.5, 0.0], [0.0, 2.0]]
    """
    v_x, v_f = (check_array(name, v, ("n",) * np.ndim(v)) for name, v in (("v_x", v_x), ("v_f", v_f)))
    _, x, y, f_0 = _checked({"v_x": 0.0, "v_f": 0.0}, x, y, f_0)
    # 2 E = |A c|^2 = |R c|^2 where A = Q R: a triangle of T + 2 rows stands for all examples
    R = np.linalg.qr(np.column_stack([np.broadcast_to(f_0, y.shape), x.T, y]), mode="r")
    with np.errstate(over="ignore", invalid="ignore"):
        c = [v_f ** len(x), *(v_x * v_f**k for k in range(len(x) - 1, -1, -1)), -1.0]
        E = sum(sum(R_ij * c_j for R_ij, c_j in zip(R_i, c, strict=True)) ** 2 for R_i in R) / 2
    return np.where(np.isnan(E), np.inf, E)


@dataclass(frozen=True)
class Descent:
    """Gradient descent with a step size for each parameter; both gradients are taken before either one moves.

    Parameters
    ----------
    alpha_x, alpha_f : float
        The step sizes, above zero.

    Source
    ------
    J-18

    Examples
    --------
    >>> rule, params = Descent(alpha_x=0.5, alpha_f=0.25), {"v_x": 1.0, "v_f": 0.5}
    >>> params, state = rule.update(params, {"v_x": -1.0, "v_f": 2.0}, rule.init(params))
    >>> {name: float(v) for name, v in params.items()}
    {'v_x': 1.5, 'v_f': 0.0}
    """

    alpha_x: float
    alpha_f: float

    def __post_init__(self):
        check_positive("alpha_x", self.alpha_x)
        check_positive("alpha_f", self.alpha_f)

    def init(self, params):
        """Return the empty state: gradient descent remembers nothing."""
        return ()

    def update(self, params, grads, state, loss=None):
        """Return new parameters and the state, and change no argument."""
        params = check_params(params, SHAPES)
        grads = check_params(grads, SHAPES, argument="grads")
        v_x = params["v_x"] - self.alpha_x * grads["v_x"]
        v_f = params["v_f"] - self.alpha_f * grads["v_f"]
        return {"v_x": np.asarray(v_x), "v_f": np.asarray(v_f)}, state


def _checked(params, x, y, f_0, complex_step=False):
    params = check_params(params, SHAPES, complex_step=complex_step)
    x = check_array("x", x, ("T", "I"))
    y = y if y is None else check_array("y", y, x.shape[1:])
    return params, x, y, check_array("f_0", f_0, x.shape[1:] if np.ndim(f_0) else ())
