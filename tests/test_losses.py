"""Losses: their values from the definition, their error terms, and numbers that would overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncourse.activations import BY_NAME, activation, softmax
from nncourse.losses import CrossEntropy, SquaredLoss, loss_function
from nncourse.single_layer import SingleLayer


def scores(bound):
    """Draw z of shape (3, 4) with entries up to `bound`."""
    return arrays(np.float64, (3, 4), elements=st.floats(-bound, bound))


LABELS = arrays(np.int64, 3, elements=st.integers(0, 3))


@pytest.mark.equation("S-1.1L", "S-1.2L")
def test_the_squared_loss_of_numbers_that_can_be_done_by_hand():
    a, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    assert SquaredLoss().value(None, a, y) == (0.5 * 4 + 0.5 * 25) / 2
    value, delta = SquaredLoss().value_and_delta(activation("identity"), a, a, y)
    assert value == 7.25
    assert delta.tolist() == [[0, 1], [1.5, 2]]


@pytest.mark.equation("S-1.2L")
@given(z=scores(1e300), y=LABELS)
def test_cross_entropy_is_finite_for_scores_up_to_1e300(z, y):
    value, delta = CrossEntropy().value_and_delta(softmax, z, softmax(z), y)
    assert np.isfinite(value)
    assert value >= 0
    assert np.isfinite(delta).all()
    np.testing.assert_allclose(value, CrossEntropy().value(z, None, y), rtol=1e-12, atol=1e-15)


@pytest.mark.equation("S-1.2L")
@given(z=scores(20), y=LABELS)
def test_cross_entropy_is_minus_the_logarithm_of_the_labels_probability(z, y):
    by_hand = np.mean([np.log(np.sum(np.exp(row))) - row[label] for row, label in zip(z, y, strict=True)])
    np.testing.assert_allclose(CrossEntropy().value(z, None, y), by_hand, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("S-1.2L")
def test_cross_entropy_survives_a_probability_that_underflows():
    z, y = np.array([[0.0, 2000.0], [0.0, 0.0]]), np.array([0, 1])
    value, delta = CrossEntropy().value_and_delta(softmax, z, softmax(z), y)
    np.testing.assert_allclose(value, (2000 + np.log(2)) / 2, rtol=1e-15)
    np.testing.assert_allclose(delta, [[-0.5, 0.5], [0.25, -0.25]], rtol=1e-15)


@pytest.mark.equation("S-dL")
@pytest.mark.parametrize(("loss", "f"), [*((SquaredLoss(), f) for f in BY_NAME), (CrossEntropy(), "softmax")])
def test_the_error_term_is_the_derivative_of_the_loss_in_z(loss, f, rng):
    f = activation(f)
    z = rng.standard_normal((3, 4))
    y = np.array([2, 0, 2]) if isinstance(loss, CrossEntropy) else rng.standard_normal((3, 4))
    value, delta = loss.value_and_delta(f, z, f(z), y)
    assert value == pytest.approx(loss.value(z, f(z), y), rel=1e-14)
    for i, j in np.ndindex(3, 4):
        e = np.zeros((3, 4))
        e[i, j] = 1e-6
        slope = (loss.value(z + e, f(z + e), y) - loss.value(z - e, f(z - e), y)) / 2e-6
        np.testing.assert_allclose(delta[i, j], slope, rtol=1e-6, atol=1e-9)


@pytest.mark.equation("S-dL")
def test_cross_entropy_is_the_printed_form_with_the_derivative_of_the_loss_in_a(rng):
    z, y = rng.standard_normal((1, 4)), np.array([2])
    p = softmax(z)
    loss_in_a = np.zeros((1, 4))
    loss_in_a[0, 2] = -1 / p[0, 2]
    _, delta = CrossEntropy().value_and_delta(softmax, z, p, y)
    np.testing.assert_allclose(delta, softmax.backward(z, p, loss_in_a), rtol=1e-13)


@pytest.mark.parametrize(("loss", "f"), [("squared", "identity"), ("cross-entropy", "softmax")])
def test_numbers_that_overflow_raise_and_never_come_back_as_nan_or_infinity(loss, f):
    model = SingleLayer((2, 2), f, loss)
    y = [1] if loss == "cross-entropy" else [[0.0, 0.0]]
    for W in ([[1e308, 0], [-1e308, 0]], [[1e200, 1e200], [-1e200, 1e200]]):
        for x in ([[1.0, 1.0]], [[1e300, -1e300]]):
            for call in (model.loss_and_grad, model.evaluate, lambda p, x, y: model.forward(p, x)[0]):
                try:
                    results = call({"W": W}, x, y)
                except FloatingPointError as error:
                    assert "too large" in str(error)  # noqa: PT017
                else:
                    results = [results[0], results[1]["W"]] if isinstance(results, tuple) else [results]
                    assert all(np.isfinite(result).all() for result in results)


def test_a_loss_fits_where_its_name_does():
    assert loss_function("squared") == loss_function(SquaredLoss()) == SquaredLoss()
    assert SingleLayer((2, 2), "softmax", CrossEntropy()) == SingleLayer((2, 2), "softmax", "cross-entropy")


@pytest.mark.equation("S-softmax", "S-dL")
@pytest.mark.parametrize("scale", [1.0, 50.0, 1e4])
def test_cross_entropy_from_scores_is_that_of_the_softmax(scale, rng):
    z, y = scale * rng.standard_normal((6, 150)), rng.integers(150, size=6)
    z[0, y[0]] = 2 * scale * 10  # one is sure and right, another sure and wrong
    z[1, (y[1] + 1) % 150] = 2 * scale * 10
    loss = CrossEntropy()
    value, delta = loss.value_and_delta(softmax, z, softmax(z), y)
    got_value, got_delta = loss.from_scores(z.copy(), y)
    np.testing.assert_allclose(got_value, value, rtol=1e-12)
    np.testing.assert_allclose(got_delta, delta, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(got_value, loss.value(z, None, y), rtol=1e-12)
