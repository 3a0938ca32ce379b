"""Linear and logistic regression: closed form, other people's fits, and the printed loss, refuted."""

import mpmath
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
    np.testing.assert_allclose(descended["W"], closed["W"], rtol=1e-10)
    _, grads = layer.loss_and_grad(closed, x, y)
    np.testing.assert_allclose(grads["W"], 0, atol=1e-14)
    theirs = linear_model.LinearRegression(fit_intercept=bias).fit(x, y)
    expected = np.column_stack([theirs.intercept_, theirs.coef_]) if bias else theirs.coef_
    np.testing.assert_allclose(closed["W"], expected, rtol=1e-12)


@pytest.mark.equation("S-1.1.2a")
@pytest.mark.parametrize("bias", [False, True])
def test_the_closed_form_is_the_exact_fraction_that_the_slope_demands(bias, rng):
    x, y = rng.integers(-9, 10, (7, 3)), rng.integers(-9, 10, (7, 2))
    X, Y = sp.Matrix(np.column_stack([np.ones(7, int), x]) if bias else x), sp.Matrix(y)
    exact = (Y.T * X) * (X.T * X).inv()  # W X^T X = Y^T X
    np.testing.assert_allclose(least_squares(x, y, bias=bias)["W"], np.array(exact, float), rtol=1e-12)


def test_columns_that_differ_in_the_ninth_digit_are_still_told_apart():
    x = np.array([[1, 1], [1, 1 + 1e-9], [1, 1 - 1e-9]])
    assert np.linalg.matrix_rank(x.T @ x) == 1  # so no solution of W X^T X = Y^T X finds the weights
    np.testing.assert_allclose(least_squares(x, x @ [[2.0], [3.0]])["W"], [[2, 3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1.0, 2.0]], [[1.0]], "x: expected 2 independent columns, got 1"),
        ([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [[1.0]] * 3, "x: expected 2 independent columns, got 1"),
        ([[1.0], [1.0]], [[1.0], [2.0]], "x: expected 2 independent columns, got 1"),
        ([[1.0], [2.0]], [[1.0]], r"y: expected shape \(2, d1\), got \(1, 1\)"),
        ([[1.0], [np.nan]], [[1.0], [1.0]], "x: expected finite numbers"),
    ],
)
def test_least_squares_names_what_it_cannot_use(x, y, message):
    with pytest.raises(ValueError, match=message):
        least_squares(x, y, bias=len(x[0]) == 1)


def test_least_squares_takes_no_word_for_a_bias():
    with pytest.raises(TypeError, match="bias: expected True or False, got 'no'"):
        least_squares([[1.0], [2.0]], [[1.0], [2.0]], bias="no")


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
@pytest.mark.parametrize("loss", ["logistic", "binary cross-entropy"])
def test_value_and_slope_are_those_of_exact_arithmetic(loss, rng):
    z, y = 5 * rng.standard_normal((4, 3)), rng.choice([-1.0, 1.0], (4, 3))
    pairs = [(mpmath.mpf(a), int(b)) for a, b in zip(z.flat, y.flat, strict=True)]
    with mpmath.workdps(40):
        probability = [1 / (1 + mpmath.exp(-a)) for a, _ in pairs]
        likely = [p if b > 0 else 1 - p for p, (_, b) in zip(probability, pairs, strict=True)]
        expected = -sum(map(mpmath.log, likely)) / 4
        slopes = [(p - (1 + b) // 2) / 4 for p, (_, b) in zip(probability, pairs, strict=True)]
    value, delta = loss_function(loss).value_and_delta(None, z, sigma(z), y)
    np.testing.assert_allclose(value, float(expected), rtol=1e-14)
    np.testing.assert_allclose(delta.ravel(), np.array(slopes, float), rtol=1e-14)


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("turn", [0, 0.3j, 2j])
def test_the_stable_logarithm_keeps_its_digits_for_real_and_complex_numbers(turn):
    u = np.array([-700, -40, -3, -1e-9, 0, 1e-9, 2, 35, 36, 700, 1e300]) + turn
    with mpmath.workdps(1000):
        exact = np.array([complex(mpmath.log1p(mpmath.exp(mpmath.mpc(v)))) for v in u[:-1]] + [u[-1]])
    got = log_one_plus_exp(u)
    np.testing.assert_allclose(np.imag(got), exact.imag, rtol=1e-14)  # all that the complex step reads
    np.testing.assert_allclose(np.real(got), exact.real, rtol=1e-14, atol=1e-15 if turn else 0)


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("bias", [False, True])
def test_a_converged_fit_is_the_root_of_the_slope_in_exact_arithmetic(bias, rng):
    x = rng.integers(-4, 5, (12, 1)) / 2
    y = np.where(rng.random((12, 1)) < sigma(x + 0.5), 1.0, -1.0)
    layer = SingleLayer((1, 1), "identity", "logistic", bias)
    params, _ = fit(layer, layer.init(rng), x, y, GradientDescent(1.0), epochs=2000)
    rows = [((1.0, a) if bias else (a,), b) for a, b in zip(x[:, 0], y[:, 0], strict=True)]

    def slope(*w):
        pulls = [(row, -b / (1 + mpmath.exp(b * mpmath.fdot(row, w)))) for row, b in rows]
        return [sum(row[j] * pull for row, pull in pulls) for j in range(len(w))]

    with mpmath.workdps(30):
        root = mpmath.findroot(slope if bias else lambda w: slope(w)[0], [0.1] * (1 + bias) if bias else 0.1)
    np.testing.assert_allclose(params["W"][0], np.array(list(root) if bias else [root], float), rtol=1e-10)


@pytest.mark.equation("S-1.1.2b")
@pytest.mark.parametrize("bias", [False, True])
def test_a_converged_fit_is_that_of_scikit_learn(bias, rng):
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is an oracle")
    x = rng.standard_normal((80, 2))
    y = np.where(x @ [1.0, -1.0] + 0.5 + rng.logistic(size=80) > 0, 1.0, -1.0)
    layer = SingleLayer((2, 1), "identity", "logistic", bias)
    params, _ = fit(layer, layer.init(rng), x, y[:, None], GradientDescent(1.0), epochs=5000)
    how = {"C": np.inf, "fit_intercept": bias, "solver": "newton-cholesky", "tol": 1e-12}
    theirs = linear_model.LogisticRegression(**how).fit(x, y)
    expected = np.append(theirs.intercept_, theirs.coef_) if bias else theirs.coef_[0]
    np.testing.assert_allclose(params["W"][0], expected, rtol=1e-10)


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
    for label in (0, 0.5, 2):
        with pytest.raises(ValueError, match=rf"y: expected labels -1 and \+1, got {label} at index \(1, 0\)"):
            loss.check([[1.0], [label]], 2, 1)
    with pytest.raises(ValueError, match=r"y: expected shape \(2, 1\), got \(2, 2\)"):
        loss.check([[1, -1], [1, 1]], 2, 1)
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
    assert not derivation.identical(score, score + 1)  # equal slopes alone are not enough,
    assert not derivation.identical(score, score + derivation.z)  # nor is an equal value at 0
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
