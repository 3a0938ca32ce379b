"""The perceptron: its rule, its bound, and what breaks when a condition of the bound is missing."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from nncourse.derivations import perceptron as derivation
from nncourse.perceptron import margin, mistake_bound, perceptron, radius, sign
from nncourse.single_layer import SingleLayer, delta_rule


def separable(seed, n=30, d=3):
    rng = np.random.default_rng(seed)
    u = rng.standard_normal(d)
    x = rng.standard_normal((n, d)) + 0.2
    x = x[np.abs(x @ u) > 0.1 * np.linalg.norm(u)]
    return x, np.sign(x @ u), rng


def row_by_row(x, y, epochs):
    w, mistakes = np.zeros(x.shape[1]), 0
    for _ in range(epochs):
        for x_i, y_i in zip(x, y, strict=True):
            if y_i * (w @ x_i) <= 0:
                w, mistakes = w + y_i * x_i, mistakes + 1
    return w, mistakes


@pytest.mark.equation("S-fn1a")
@pytest.mark.parametrize("n", [1, 5, 64, 65, 1000])
def test_blocks_find_the_mistakes_of_a_loop_over_the_rows(n, rng):
    x, y = rng.standard_normal((n, 4)), rng.choice([-1.0, 1.0], n)
    run = perceptron(x, y, epochs=3)
    w, mistakes = row_by_row(x, y, len(run.per_epoch))
    np.testing.assert_array_equal(run.weights, w)
    assert run.mistakes == mistakes == len(run.rows) == len(run.path) - 1
    np.testing.assert_allclose(np.diff(run.path, axis=0), y[run.rows, None] * x[run.rows], atol=1e-13)


@pytest.mark.equation("S-fn1a")
def test_scikit_learn_walks_the_same_way(rng):
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is an oracle")
    x, y = rng.standard_normal((200, 3)), rng.choice([-1.0, 1.0], 200)
    theirs = linear_model.Perceptron(shuffle=False, fit_intercept=False, max_iter=4, tol=None).fit(x, y)
    np.testing.assert_allclose(perceptron(x, y, epochs=4).weights, theirs.coef_[0], rtol=1e-12)


@pytest.mark.equation("S-fn1b")
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_no_order_brings_more_mistakes_than_the_bound(seed, d):
    x, y, rng = separable(seed, d=d)
    if len(x) == 0:
        return
    order = rng.permutation(len(x))
    gamma, u = margin(x, y)
    run = perceptron(x[order], y[order], epochs=100_000)
    assert run.separated
    assert run.mistakes <= mistake_bound(x, y) * (1 + 1e-9)
    k = np.arange(run.mistakes + 1)
    assert (run.path @ u >= k * gamma - 1e-7).all()
    assert (np.sum(run.path**2, axis=1) <= k * radius(x) ** 2 + 1e-9).all()


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("d", [1, 4, 25])
def test_unit_vectors_reach_the_bound(d):
    assert perceptron(np.eye(d), np.ones(d)).mistakes == d
    np.testing.assert_allclose(mistake_bound(np.eye(d), np.ones(d)), d, rtol=1e-12)


@pytest.mark.equation("S-fn1b")
def test_the_margin_is_that_of_the_best_of_all_directions(rng):
    for seed in range(20):
        x, y, _ = separable(seed, n=15, d=2)
        gamma, u = margin(x, y)
        angles = np.linspace(0, 2 * np.pi, 200_001)
        best = (y[:, None] * x @ [np.cos(angles), np.sin(angles)]).min(axis=0).max()
        assert best - 1e-9 <= gamma <= best + 3e-4  # the search's grid is coarse
        np.testing.assert_allclose((y * (x @ u)).min(), gamma, rtol=1e-9)


@pytest.mark.equation("S-fn1b")
def test_the_margin_is_that_of_a_support_vector_machine():
    svm = pytest.importorskip("sklearn.svm", reason="scikit-learn is an oracle")
    x, y, _ = separable(3, n=40, d=6)
    mirrored, labels = np.vstack([x, -x]), np.append(y, -y)  # a symmetric cloud: no intercept
    theirs = svm.SVC(kernel="linear", C=1e8, tol=1e-9).fit(mirrored, labels)
    np.testing.assert_allclose(margin(x, y)[0], 1 / np.linalg.norm(theirs.coef_), rtol=1e-5)


@pytest.mark.parametrize(("x", "y"), [([[1.0], [-1.0]], [1, 1]), ([[1.0], [1.0]], [1, -1]), ([[0.0]], [1])])
def test_rows_that_cannot_be_separated_have_no_margin(x, y):
    with pytest.raises(ValueError, match="x, y: expected rows that a hyperplane separates strictly"):
        margin(x, y)


@pytest.mark.equation("S-fn1b")
def test_with_the_usual_sign_of_zero_the_mistakes_never_end():
    x, y = np.array([[1.0, 1], [-1, -1], [1, -2]]), np.array([1.0, 1, -1])
    np.testing.assert_array_equal(sign(x @ [-1.0, 1.0]), y)  # 100 % are right, with sign(0) = +1
    run = perceptron(x, y, epochs=1000, zero_is_a_mistake=False)
    assert not run.separated
    assert run.mistakes in (1998, 1999, 2000)
    assert set(run.per_epoch[5:]) == {2}


@pytest.mark.equation("S-fn1b")
def test_from_other_weights_than_zero_the_bound_does_not_hold():
    assert perceptron([[1.0]], [1], w0=[-100.0], epochs=1000).mistakes == 101
    assert mistake_bound([[1.0]], [1]) == 1


@pytest.mark.equation("S-fn1c")
def test_the_delta_rule_cannot_give_the_update():
    z, y = 0.5, -1.0
    slope = (sign(z + 1e-6) - sign(z - 1e-6)) / 2e-6
    assert slope == 0  # differentiable at 0.5, and no use
    np.testing.assert_array_equal(delta_rule([[z]], [1.0], [y], "identity") * slope, 0)
    assert derivation.squared_update(1) == 2
    assert derivation.squared_update(-1) == -2
    assert [derivation.slope_of_perceptron_loss(y) for y in (1, -1)] == [-1, 1]


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("y", [-1, 1])
def test_sympy_confirms_both_steps_of_the_proof(y):
    assert derivation.growth(3, y) == 0
    assert derivation.progress(3, y) == 0
    assert derivation.growth(3, sp.Symbol("y")) != 0  # y^2 = 1 is needed


@pytest.mark.equation("S-fn1a")
def test_a_bias_separates_what_no_line_through_the_origin_does():
    assert not perceptron([[1.0], [2.0]], [-1, 1]).separated
    run = perceptron([[1.0], [2.0]], [-1, 1], bias=True)
    scores, _ = SingleLayer((1, 1), bias=True).forward({"W": run.weights[None]}, [[1.0], [2.0]])
    np.testing.assert_array_equal(sign(scores[:, 0]), [-1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perceptron([[1.0]], [0]), r"y: expected labels -1 and \+1, got 0 at index 0"),
        (lambda: perceptron([[1.0]], [1, 1]), r"y: expected shape \(1,\), got \(2,\)"),
        (lambda: perceptron([[1.0]], [1], w0=[1.0, 2.0]), r"w0: expected shape \(1,\), got \(2,\)"),
        (lambda: perceptron([[np.inf]], [1]), "x: expected finite numbers"),
        (lambda: perceptron([[1.0]], [1], epochs=0), "epochs: expected a finite number above 0"),
        (lambda: radius([1.0]), r"x: expected shape \(n, d\), got \(1,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
