"""Two ways to check a gradient against the forward pass alone.

Both compare the gradient's inner product with a random direction v to the derivative of the loss along v, so one
number checks every entry at once: a wrong entry shows unless v happens to be zero there.
"""

import numpy as np

from nncourse import params as mapping
from nncourse._checks import check_rng


def random_direction(params, rng):
    """Return normal random numbers with the names and shapes of `params`, of Euclidean norm 1.

    Parameters
    ----------
    params : mapping of str to ndarray
        Gives the names and shapes.
    rng : numpy.random.Generator
        Draws the numbers.

    Raises
    ------
    TypeError
        `rng` is no generator.

    Examples
    --------
    >>> v = random_direction({"W1": np.zeros((2, 3)), "W2": np.zeros((1, 2))}, np.random.default_rng(0))
    >>> v["W1"].shape, round(mapping.norm(v), 12)
    ((2, 3), 1.0)
    """
    check_rng(rng)
    v = {name: rng.standard_normal(np.shape(array)) for name, array in params.items()}
    length = mapping.norm(v)
    return {name: array / length for name, array in v.items()}


def central_difference(loss, params, v, epsilon=1e-5):
    """Return the derivative of the loss along v, up to O(epsilon^2): (E(W + eps v) - E(W - eps v)) / (2 eps).

    Parameters
    ----------
    loss : callable
        Maps parameters to a number.
    params, v : mapping of str to ndarray
        The point and the direction, float64.
    epsilon : float
        The step. 1e-5 balances the error of the formula against rounding in float64.

    Examples
    --------
    >>> round(central_difference(lambda p: p["w"] ** 3, {"w": 2.0}, {"w": 1.0}), 6)  # 3 * 2^2
    12.0
    """
    ahead = {name: params[name] + epsilon * v[name] for name in params}
    behind = {name: params[name] - epsilon * v[name] for name in params}
    return float((loss(ahead) - loss(behind)) / (2 * epsilon))


def complex_step(loss, params, v, epsilon=1e-30):
    """Return the derivative of an analytic loss along v, exact to rounding: Im E(W + i eps v) / eps.

    No two close numbers are subtracted, so epsilon can be tiny and nothing cancels.

    Parameters
    ----------
    loss : callable
        Maps complex parameters to a complex number.
    params, v : mapping of str to ndarray
        The point and the direction, float64.
    epsilon : float
        The step into the imaginary direction.

    Examples
    --------
    >>> round(complex_step(lambda p: p["w"] ** 3, {"w": 2.0}, {"w": 1.0}), 12)  # 3 * 2^2
    12.0
    """
    return float(np.imag(loss({name: params[name] + 1j * epsilon * v[name] for name in params})) / epsilon)


def relative_error(got, expected):
    """Return ``|got - expected| / max(|got|, |expected|)``, which is 0 for two zeros.

    Parameters
    ----------
    got, expected : float
        Finite numbers.

    Examples
    --------
    >>> relative_error(1.0, 2.0)
    0.5
    """
    size = max(abs(got), abs(expected))
    return float(abs(got - expected) / size) if size else 0.0


def check_gradient(model, params, *batch, rng, derivative=complex_step):
    """Return the relative error of a model's gradient along a random direction.

    Parameters
    ----------
    model : Model
        Its `loss_and_grad` is compared with its `evaluate`.
    params : mapping of str to ndarray
        The point, float64.
    *batch : array_like
        What the model's loss takes besides the parameters, x and y.
    rng : numpy.random.Generator
        Draws the direction.
    derivative : callable
        `complex_step` (analytic models; about 1e-15 when the gradient is right) or `central_difference`
        (any model; about 1e-10).

    Returns
    -------
    float
        The relative error; about 1 when the gradient is wrong.

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As the model's `loss_and_grad`.

    Source
    ------
    S-1, S-dl

    Examples
    --------
    >>> from nncourse.single_layer import SingleLayer
    >>> model, params = SingleLayer((2, 1), "tanh"), {"W": np.array([[0.1, 0.2]])}
    >>> error = check_gradient(model, params, [[1.0, 2.0]], [[1.0]], rng=np.random.default_rng(0))
    >>> verdict(error, 1e-10)
    'agrees to 1e-10'
    """
    _, grads = model.loss_and_grad(params, *batch)
    v = random_direction(params, rng)
    return relative_error(mapping.inner(grads, v), derivative(lambda p: model.evaluate(p, *batch), params, v))


def verdict(error, tolerance):
    """Return "agrees to ..." for an error below the tolerance, else "DIFFERS" with the error.

    Parameters
    ----------
    error, tolerance : float
        What `check_gradient` returned, and what it may be.

    Examples
    --------
    >>> verdict(3e-16, 1e-10)
    'agrees to 1e-10'
    """
    return f"agrees to {tolerance:.0e}" if error < tolerance else f"DIFFERS: relative error {error:.1e}"
