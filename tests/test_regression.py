"""Linear and logistic regression: closed form, other people's fits, and the printed loss, refuted."""

import numpy as np
import pytest
import sympy as sp

from nncourse.derivations import regression as derivation
from nncourse.losses import LogisticLoss, log_one_plus_exp, loss_function
from nncourse.optimizers import GradientDescent
from nncourse.single_layer import SingleLayer, least_squares
from nncourse.training import fit


def sigma(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.equation("S-1.1.2a")
@pytest.mark.parametrize("bias", [False, True])
def test_descent_arrives_at_the_closed_form_which_others_find_too(bias, rng):
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is an oracle")
    x, y = rng.standard_normal((40, 3)) + 0.5, rng.standard_normal((40, 2)) - 1
    closed = least_squares(x, y, bias=bias)
    layer = SingleLayer((3, 2), bias=bias)
    assert closed["W"].shape == layer.shapes()["W"]
    descended, _ = fit(layer, layer.init(rng), x, y, GradientDescent(0.3), epochs=2000)
    np.testing.assert_allclose(descended["W"], closed["W"], rtol=1e-9)
    _, grads = layer.loss_and_grad(closed, x, y)
    np.testing.assert_allclose(grads["W"], 0, atol=1e-14)
    theirs = linear_model.LinearRegression(fit_intercept=bias).fit(x, y)
    expected = np.column_stack([theirs.intercept_, theirs.coef_]) if bias else theirs.coef_
    np.testing.assert_allclose(closed["W"], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [[1.0]] * 3, "x: expected 2 independent columns, got 1"),
        ([[1.0], [1.0]], [[1.0], [2.0]], "x: expected 2 independent columns, got 1"),
        ([[1.0], [2.0]], [[1.0]], r"y: expected shape \(2, d1\), got \(1, 1\)"),
        ([[1.0], [np.nan]], [[1.0], [1.0]], "x: expected finite numbers"),
    ],
)
def test_least_squares_names_what_it_cannot_use(x, y, message):
    with pytest.raises(ValueError, match=message):
        least_squares(x, y, bias=len(x[0]) == 1)


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("bias", [False, True])
def test_both_forms_of_logistic_regression_have_one_gradient(bias, rng):
    x, y = rng.standard_normal((20, 3)), rng.choice([-1.0, 1.0], (20, 1))
    score, probability = (
        SingleLayer((3, 1), "identity", "logistic", bias),
        SingleLayer((3, 1), "sigmoid", "binary cross-entropy", bias),
    )
    params = {"W": rng.standard_normal(score.shapes()["W"])}
    (loss, grads), (other_loss, other) = score.loss_and_grad(params, x, y), probability.loss_and_grad(params, x, y)
    np.testing.assert_allclose(loss, other_loss, rtol=1e-14)
    np.testing.assert_allclose(grads["W"], other["W"], rtol=1e-14)
    np.testing.assert_allclose(sigma(score.forward(params, x)[0]), probability.forward(params, x)[0], rtol=1e-14)


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("bias", [False, True])
def test_a_converged_fit_is_that_of_scikit_learn(bias, rng):
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is an oracle")
    x = rng.standard_normal((80, 2))
    y = np.where(x @ [1.0, -1.0] + 0.5 + rng.logistic(size=80) > 0, 1.0, -1.0)
    layer = SingleLayer((2, 1), "identity", "logistic", bias)
    params, _ = fit(layer, layer.init(rng), x, y[:, None], GradientDescent(1.0), epochs=5000)
    theirs = linear_model.LogisticRegression(C=np.inf, fit_intercept=bias, tol=1e-12, max_iter=1000).fit(x, y)
    expected = np.append(theirs.intercept_, theirs.coef_) if bias else theirs.coef_[0]
    np.testing.assert_allclose(params["W"][0], expected, rtol=1e-5)


@pytest.mark.equation("S-1.1.2b")
def test_no_finite_score_overflows():
    z, y = np.array([[1e4], [-1e4], [1e4], [-1e4]]), np.array([[1.0], [1.0], [-1.0], [-1.0]])
    value, delta = LogisticLoss().value_and_delta(None, z, z, y)
    assert value == 5000
    np.testing.assert_array_equal(delta[:, 0], [0, -0.25, 0.25, 0])
    assert log_one_plus_exp(np.array(-40.0)) == np.exp(-40.0)


@pytest.mark.parametrize("name", ["logistic", "binary cross-entropy"])
def test_labels_and_activations_are_checked(name):
    loss = loss_function(name)
    with pytest.raises(ValueError, match=r"y: expected labels -1 and \+1, got 0 at index \(1, 0\)"):
        loss.check([[1.0], [0.0]], 2, 1)
    with pytest.raises(ValueError, match=f"loss: {name} expects {loss.after} as the last activation, got tanh"):
        SingleLayer((2, 1), "tanh", name)


# --- sympy, and the loss as the notes print it (S06) ---


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("y", [-1, 1])
def test_sympy_finds_the_two_forms_identical_and_the_printed_one_different(y):
    score = derivation.on_the_score(y)
    assert derivation.identical(score, derivation.on_the_probability(y))
    assert not derivation.identical(score, derivation.as_printed(y))
    assert sp.simplify(derivation.slope(score) + y / (1 + sp.exp(y * derivation.z))) == 0
    s = derivation.sigmoid(derivation.z)
    assert sp.simplify((derivation.bend(score) - s * (1 - s)).rewrite(sp.exp)) == 0  # nowhere negative


@pytest.mark.equation("S-1.1.2b")
def test_the_printed_logistic_loss_never_gets_near_zero():
    low, high = (float(derivation.as_printed(1).subs(derivation.z, z)) for z in (40, -40))
    np.testing.assert_allclose([low, high], [np.log1p(np.exp(-1)), np.log(2)], rtol=1e-9)
    low, high = (float(derivation.as_printed(-1).subs(derivation.z, z)) for z in (-40, 40))
    np.testing.assert_allclose([low, high], [np.log(2), np.log1p(np.exp(1))], rtol=1e-9)


@pytest.mark.equation("S-1.1.2b")
def test_the_printed_logistic_loss_has_another_slope_and_is_not_convex():
    printed, z = derivation.as_printed(1), derivation.z
    np.testing.assert_allclose(float(sp.diff(printed, z).subs(z, 0)), -sigma(-0.5) / 4, rtol=1e-12)
    assert float(derivation.slope(derivation.on_the_score(1)).subs(z, 0)) == -0.5
    assert float(sp.diff(printed, z, 2).subs(z, -3)) < -0.019


@pytest.mark.equation("S-1.1.2b")
def test_the_printed_logistic_loss_moves_the_decision():
    q = sp.Symbol("q", positive=True)
    best = derivation.best_output(q)
    assert sp.simplify(best - sp.log(q / (1 - q))) == 0  # the output a = sigma(z), not the score
    outputs = np.linspace(1e-6, 1 - 1e-6, 20001)
    for share, expected in ((0.6, 0.405465), (0.7, 0.847298), (0.4, 0.0), (0.8, 1.0)):
        mean = share * np.logaddexp(0, -outputs) + (1 - share) * np.logaddexp(0, outputs)
        np.testing.assert_allclose(outputs[mean.argmin()], expected, atol=1e-4)
    np.testing.assert_allclose(float(sp.solve(best - sp.Rational(1, 2), q)[0]), sigma(0.5))
