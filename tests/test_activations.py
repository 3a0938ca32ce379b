"""Activation functions: what their definitions promise, at every finite number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncourse.activations import BY_NAME, Entrywise, activation, log_softmax, sigmoid, softmax, tanh

FINITE = st.floats(allow_nan=False, allow_infinity=False)
EXTREMES = [0.0, -0.0, 5e-324, -5e-324, 1e-308, 36.8, -745.2, 710.0, 1e308, -1e308, np.finfo(float).max]
EVERY_FUNCTION = pytest.mark.parametrize("f", BY_NAME.values(), ids=BY_NAME)


def vectors(low=-30.0, high=30.0):
    """Draw vectors of 2 to 6 numbers, none of them near a kink at zero."""
    number = st.floats(low, high).filter(lambda z: abs(z) > 1e-3)
    return arrays(np.float64, st.integers(2, 6), elements=number)


@pytest.mark.equation("S-1.1")
@given(z=arrays(np.float64, st.integers(1, 6), elements=FINITE))
def test_softmax_of_any_finite_numbers_sums_to_one_and_keeps_their_order(z):
    p = softmax(z)
    assert np.all((p >= 0) & (p <= 1))
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-14)
    assert p[z.argmax()] == p.max()


@pytest.mark.equation("S-1.1")
@given(z=vectors(), c=st.floats(-100, 100))
def test_softmax_does_not_change_when_all_numbers_are_shifted(z, c):
    np.testing.assert_allclose(softmax(z + c), softmax(z), rtol=1e-11)
    np.testing.assert_allclose(log_softmax(z + c), log_softmax(z), rtol=1e-11, atol=1e-12)


@pytest.mark.equation("S-1.1")
def test_softmax_of_extreme_numbers_is_exact_and_silent():
    z = np.array([[1e308, -1e308, 0], [-1e308, -1e308, -1e308], [1e308, 1e308, -1e308], [1000, 0, -1000]])
    expected = [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0], [1, 0, 0]]
    np.testing.assert_allclose(softmax(z), expected, rtol=1e-15)
    np.testing.assert_allclose(log_softmax(z[3]), [0, -1000, -2000], rtol=1e-15)
    np.testing.assert_allclose(softmax(np.float32([3e38, -3e38])), [1, 0])


@pytest.mark.equation("S-1.1")
@given(z=vectors(-500, 500))
def test_log_softmax_is_the_logarithm_where_that_can_be_taken(z):
    p = softmax(z)
    np.testing.assert_allclose(log_softmax(z)[p > 1e-300], np.log(p[p > 1e-300]), rtol=1e-9, atol=1e-12)


@pytest.mark.equation("S-1.1")
@given(z=FINITE)
def test_sigmoid_of_any_finite_number_and_its_mirror_sum_to_one(z):
    values = sigmoid(np.array([z, -z]))
    assert np.all((values >= 0) & (values <= 1))
    np.testing.assert_allclose(values.sum(), 1, rtol=1e-15)


@pytest.mark.equation("S-1.1")
@given(z=st.floats(-700, 700))
def test_sigmoid_is_its_definition_to_the_last_digits(z):
    np.testing.assert_allclose(sigmoid(np.array(z)), 1 / (1 + np.exp(-z)), rtol=1e-14)


@pytest.mark.equation("S-1.1")
@EVERY_FUNCTION
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_function_is_silent_and_finite_at_every_extreme(f, dtype):
    with np.errstate(over="ignore", under="ignore"):
        z = np.clip(np.array(EXTREMES), np.finfo(dtype).min, np.finfo(dtype).max).astype(dtype)[:, None]
    a = f(z)
    back = f.backward(z, a, np.ones_like(z))
    assert a.dtype == back.dtype == dtype
    assert np.isfinite(a).all()
    assert np.isfinite(back).all()


@pytest.mark.equation("S-1", "S-dl")
@EVERY_FUNCTION
@given(z=vectors())
def test_the_jacobian_is_the_derivative_of_every_output_in_every_input(f, z):
    epsilon = 1e-30 if f.analytic else 1e-4
    for k, e_k in enumerate(np.eye(len(z))):
        if f.analytic:
            column = f(z + 1j * epsilon * e_k).imag / epsilon
        else:
            column = (f(z + epsilon * e_k) - f(z - epsilon * e_k)) / (2 * epsilon)
        np.testing.assert_allclose(f.jacobian(z)[:, k], column, rtol=1e-9, atol=1e-15)


@pytest.mark.equation("S-1", "S-dl")
@EVERY_FUNCTION
@given(z=vectors(), data=st.data())
def test_backward_is_the_transposed_jacobian_times_any_vector(f, z, data):
    v = data.draw(arrays(np.float64, len(z), elements=st.floats(-10, 10)))
    got = f.backward(z[None], f(z[None]), v[None])[0]
    np.testing.assert_allclose(got, f.jacobian(z).T @ v, rtol=1e-11, atol=1e-13)


@pytest.mark.equation("S-dl")
@EVERY_FUNCTION
def test_the_rows_of_a_batch_do_not_see_each_other(f, rng):
    z, v = rng.standard_normal((2, 5, 3))
    a = f(z)
    single = [f.backward(z[i : i + 1], f(z[i : i + 1]), v[i : i + 1])[0] for i in range(5)]
    np.testing.assert_allclose(f.backward(z, a, v), single, rtol=1e-14)


def test_f_prime_is_never_used_at_f_of_z():
    z = np.array([0.5])
    np.testing.assert_allclose(tanh.prime(z, tanh(z)), 1 / np.cosh(0.5) ** 2, rtol=1e-15)
    np.testing.assert_allclose(sigmoid.prime(z, sigmoid(z)), 0.23500371220159449, rtol=1e-15)


def test_the_derivative_of_relu_at_zero_is_zero():
    relu = activation("relu")
    assert relu.jacobian(np.array([-1.0, 0.0, 2.0])).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_a_function_of_ones_own_fits_where_a_name_does():
    square = Entrywise("square", f=lambda z: z * z, prime=lambda z, a: 2 * z)
    assert activation(square) is square
    assert square.jacobian(np.array([3.0, 4.0])).tolist() == [[6, 0], [0, 8]]
