"""Vanishing and exploding gradients: the bit counter's first state, products of Jacobians, their bound."""

import re

import numpy as np
import pytest
import sympy as sp

from nncourse import adding_bits, memory
from nncourse.activations import activation
from nncourse.derivations import vanishing_gradients as derivation
from nncourse.derivations.delta_rule import equal
from nncourse.recurrent import Elman, Jordan, SimpleRNN

FUNCTIONS = ("identity", "tanh", "sigmoid", "relu")
HALF, TENTH = sp.Rational(1, 2), sp.Rational(1, 10)


def first_blame(v_x, v_f, bits):
    """Return dE/df_1 of one sequence, by the package."""
    bits = np.array(bits, float)[:, None]
    return adding_bits.blame({"v_x": v_x, "v_f": v_f}, bits, bits.sum(axis=0))[0, 0]


def network(f="tanh", d=4, gain=1.0, cls=SimpleRNN, **options):
    """Return a network with d hidden units, and parameters whose recurrent ones are gain times as large."""
    model = cls((2, d, 1), (f, "identity"), at="last", **options)
    params = model.init(np.random.default_rng(0))
    if cls is Elman:
        params["v"][-d:] *= gain
    else:
        params["V1"] *= gain
    return model, params


# --- the bit counter ---


@pytest.mark.equation("J-27")
@pytest.mark.parametrize("T", [1, 2, 3, 6])
def test_sympy_finds_the_first_blame_for_any_bits_and_label(T):
    truth = derivation.first_blame_by_definition(T)
    assert sp.expand(truth - derivation.first_blame(T)) == 0
    assert sp.expand(truth - derivation.first_blame(T + 1)) != 0


@pytest.mark.equation("J-27")
@pytest.mark.parametrize("v_f", [0.7, 1.0, -1.2])
def test_the_first_states_blame_is_the_residual_times_the_power(v_f, rng):
    params, x, y = {"v_x": 0.8, "v_f": v_f}, rng.integers(2, size=(9, 5)).astype(float), rng.normal(size=5)
    yhat, f = adding_bits.forward(params, x)
    blame = adding_bits.blame(params, x, y)[0]
    np.testing.assert_allclose(blame, (yhat - y) * v_f**8, rtol=1e-12)
    for i in range(5):  # each example alone, its state nudged

        def loss(f_1, i=i):
            for x_t in x[1:, i]:
                f_1 = f_1 * v_f + x_t * params["v_x"]
            return (f_1 - y[i]) ** 2 / 2

        np.testing.assert_allclose(blame[i], loss(f[1, i] + 1e-20j).imag / 1e-20, rtol=1e-12)


@pytest.mark.equation("J-28")
def test_the_size_of_v_f_decides_not_v_f():
    def power(v_f, T):  # the residual divided out
        one, two = (first_blame(v_x, v_f, [1] + [0] * (T - 1)) for v_x in (1.0, 2.0))
        residuals = [v_x * v_f ** (T - 1) - 1 for v_x in (1.0, 2.0)]
        np.testing.assert_allclose(one / residuals[0], two / residuals[1], rtol=1e-12)
        return one / residuals[0]

    assert power(-2.0, 8) == -128
    np.testing.assert_allclose(power(-1.1, 200), -(1.1**199), rtol=1e-10)
    assert 1.7e8 < abs(power(-1.1, 200)) < 1.8e8
    assert power(-1.1, 199) > 0
    assert abs(power(-0.5, 100)) < 1e-29


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("v_f", [1.0, -1.0])
def test_at_size_one_the_factor_neither_vanishes_nor_explodes(v_f):
    for T in (10, 1001):
        blame = adding_bits.blame({"v_x": 0.0, "v_f": v_f}, np.zeros((T, 1)), [-1.0])
        assert blame[0, 0] == v_f ** (T - 1)
    assert first_blame(0.5, 1.0, np.ones(100)) == -50
    assert first_blame(1.0, 1.0, np.ones(100)) == 0


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("v_f", [0.5, 1.0, 1.1, 3.0, -2.0])
def test_with_zero_inputs_the_blame_is_zero_for_every_v_f(v_f):
    assert first_blame(0.5, v_f, np.zeros(100)) == 0


@pytest.mark.equation("J-28")
def test_the_residual_doubles_the_rate_and_decides_the_sign():
    assert first_blame(0.5, 1.1, np.ones(100)) == pytest.approx(8.6189e8, rel=1e-4)
    assert first_blame(-0.5, 1.1, np.ones(100)) == pytest.approx(-8.6440e8, rel=1e-4)
    for v_x, v_f in ((0.5, 1.1), (-0.5, 1.1), (0.5, -1.1), (2.0, 1.5)):
        longer, shorter = (first_blame(v_x, v_f, np.ones(T)) for T in (300, 299))
        assert np.log(abs(longer / shorter)) == pytest.approx(2 * np.log(abs(v_f)), rel=1e-6)
        assert np.sign(longer) == np.sign(shorter) == np.sign(v_x)


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("v_f", [0.5, -0.5, 0.9, -0.99])
def test_below_one_the_blame_vanishes_since_the_residual_grows_like_T_at_most(v_f, rng):
    for T in (10, 100, 2000):
        for bits in (np.ones(T), rng.integers(2, size=T)):
            most = (T + 1 / (1 - abs(v_f))) * abs(v_f) ** (T - 1)
            assert abs(first_blame(1.0, v_f, bits)) <= most * (1 + 1e-9)
    assert abs(first_blame(1.0, v_f, np.ones(4000))) < 1e-13


@pytest.mark.equation("J-28")
def test_sympy_takes_the_limits():
    limits = {
        (HALF, HALF): 0,
        (HALF, -HALF): 0,
        (HALF, 0): 0,
        (HALF, 9 * TENTH): 0,
        (HALF, 1): -sp.oo,
        (1, 1): 0,
        (2, 1): sp.oo,
        (HALF, 11 * TENTH): sp.oo,
        (-HALF, 11 * TENTH): -sp.oo,
        (HALF, -11 * TENTH): sp.oo,
    }
    assert {at: derivation.limit_of_ones(*at) for at in limits} == limits
    assert derivation.ratio_to_growth(HALF, 11 * TENTH) == derivation.ratio_to_growth(-3, 2) == 1
    assert derivation.ratio_to_growth(HALF, 9 * TENTH) != 1


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("v_f", [0.5, 1.1, -1.1])
def test_sympys_formula_for_ones_is_what_the_package_computes(v_f):
    formula = sp.lambdify((derivation.v_x, derivation.v_f, derivation.T), derivation.first_blame_of_ones())
    for T in (1, 2, 7, 30):
        assert formula(0.5, v_f, T) == pytest.approx(first_blame(0.5, v_f, np.ones(T)), rel=1e-10)
    at_one = derivation.first_blame_of_ones_at_one().subs({derivation.v_x: HALF, derivation.T: 12})
    assert float(at_one) == first_blame(0.5, 1.0, np.ones(12)) == -6


def test_a_vanished_blame_of_the_first_state_leaves_the_parameters_gradient_large():
    params, ones = {"v_x": 0.5, "v_f": 0.5}, np.ones((50, 1))
    _, grads = adding_bits.error_and_gradient(params, ones, [50.0])
    blame = adding_bits.blame(params, ones, [50.0])[:, 0]
    assert blame[0] == pytest.approx(-8.7041e-14, rel=1e-4)
    assert grads["v_x"] == pytest.approx(-98, rel=1e-12)
    assert grads["v_f"] == pytest.approx(-98, rel=1e-9)
    assert blame[:-10].sum() / blame.sum() == pytest.approx(9.7656e-4, rel=1e-4)


# --- step Jacobians and their products ---


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("steps", [1, 2])
def test_sympy_finds_the_product_of_the_step_jacobians_for_every_f(steps):
    V = sp.Matrix(2, 2, sp.symbols("V11 V12 V21 V22"))
    f = sp.Function("f")
    truth, product = (j(V, f, steps) for j in (derivation.jacobian_by_definition, derivation.jacobian_by_product))
    assert equal(truth, product)
    if steps == 2:
        assert not equal(truth, derivation.jacobian_by_product(V.T, f, steps))


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("options", [{}, {"bias": True}, {"cls": Elman}], ids=str)
def test_step_jacobians_are_the_slopes_of_a_step(f, options, rng):
    model, params = network(f, **options)
    x = rng.normal(size=(5, 3, 2))
    J = memory.step_jacobians(model, params, x)
    assert J.shape == (5, 3, 4, 4)
    h = np.concatenate([np.zeros((1, 3, 4)), model.forward(params, x)[1].h])
    for t in range(5):
        for j in range(4):
            nudge = 1e-6 * np.eye(4)[j]
            up, down = (model.step(params, x[t], h[t] + sign * nudge)[1] for sign in (1, -1))
            np.testing.assert_allclose(J[t, :, :, j], (up - down) / 2e-6, atol=1e-8)


def test_blame_goes_back_through_the_transposed_product(rng):
    model, params = network("tanh", gain=1.5)
    x, y = rng.normal(size=(6, 1, 2)), rng.normal(size=(1, 1))
    blame, product = model.blame(params, x, y)[:, 0], np.eye(4)
    for t in range(5, 0, -1):
        product = product @ memory.step_jacobians(model, params, x)[t, 0]
        np.testing.assert_allclose(product.T @ blame[-1], blame[t - 1], rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_reach_is_the_norm_of_the_products(dtype, rng):
    model, params = network("tanh", gain=1.5)
    params = {name: W.astype(dtype) for name, W in params.items()}
    x = rng.normal(size=(6, 3, 2)).astype(dtype)
    norms, J = memory.reach(model, params, x), memory.step_jacobians(model, params, x)
    assert norms.dtype == J.dtype == dtype
    np.testing.assert_array_equal(norms[-1], 1)
    for s in range(3):
        product = np.eye(4)
        for t in range(5, 0, -1):
            product = product @ J[t, s]
            stretch = np.sqrt(np.linalg.eigvalsh(product.T @ product)[-1])
            assert norms[t - 1, s] == pytest.approx(stretch, rel=1e-4 if dtype == np.float32 else 1e-10)


@pytest.mark.equation("J-28")
@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("gain", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("cls", [SimpleRNN, Elman])
def test_the_bound_holds_for_every_input(f, gain, cls, rng):
    model, params = network(f, d=6, gain=gain, cls=cls)
    V1 = params["v"][-6:].T if cls is Elman else params["V1"]
    bound = memory.reach_bound(V1, f, np.arange(11, -1, -1))
    for scale in (0.01, 1.0, 10.0):
        norms = memory.reach(model, params, scale * rng.normal(size=(12, 20, 2)))
        assert (norms <= bound[:, None] * (1 + 1e-12)).all()


@pytest.mark.equation("J-28")
def test_the_bound_is_reached_where_nothing_is_lost():
    model, params = network("identity")
    params["V1"] = np.diag([1.5, 0.2, 0.1, 0.1])
    norms = memory.reach(model, params, np.zeros((5, 1, 2)))[:, 0]
    np.testing.assert_allclose(
        norms, memory.reach_bound(params["V1"], "identity", np.arange(4, -1, -1)), rtol=1e-14
    )
    model, params = network("sigmoid")  # W1 x = 0 and h = 0 at the first step only: slope 1/4 there
    params["V1"] = np.array([[2.0, 0, 0, 0]] + [[0.0] * 4] * 3)
    J = memory.step_jacobians(model, params, np.zeros((1, 1, 2)))[0, 0]
    assert np.linalg.norm(J, 2) == memory.reach_bound(params["V1"], "sigmoid", 1) == 0.5


@pytest.mark.equation("J-28")
def test_a_stretch_above_one_is_necessary_for_exploding_and_not_sufficient(rng):
    model, params = network("tanh", d=30)
    params["V1"] *= 0.5
    assert memory.largest_stretch(params["V1"]) > 1
    norms = memory.reach(model, params, rng.normal(size=(41, 5, 2)))
    assert memory.reach_bound(params["V1"], "tanh", 40) > 1
    assert norms[0].max() < 1e-10


@pytest.mark.parametrize("f", FUNCTIONS)
def test_steepest_is_the_largest_slope(f):
    z = np.linspace(-6, 6, 100_001)
    f = activation(f)
    slopes = np.abs(f.prime(z, f(z)))
    assert slopes.max() == pytest.approx(memory.steepest(f), abs=1e-12)


# --- singular values and eigenvalues ---


def test_the_largest_stretch_is_the_longest_arrow(rng):
    V = rng.normal(size=(2, 2))
    turn = np.linspace(0, np.pi, 20_001)
    lengths = np.linalg.norm(V @ [np.cos(turn), np.sin(turn)], axis=0)
    assert memory.largest_stretch(V) == pytest.approx(lengths.max(), rel=1e-7)
    assert memory.largest_stretch(V.T) == pytest.approx(memory.largest_stretch(V), rel=1e-12)


def test_a_leaning_matrix_with_eigenvalues_below_one_has_powers_that_grow_first():
    V = np.array([[0.9, 5.0], [0.0, 0.9]])
    norms = [np.linalg.norm(np.linalg.matrix_power(V, k), 2) for k in range(101)]
    assert memory.spectral_radius(V) == 0.9
    assert np.argmax(norms) == 9
    assert max(norms) == pytest.approx(19.379, rel=1e-4)
    assert norms[54] > 1 > norms[55]


def test_a_line_of_units_doubles_a_nudge_until_it_falls_off_the_end():
    line = 2 * np.eye(10, k=-1)
    norms = [np.linalg.norm(np.linalg.matrix_power(line, k), 2) for k in range(11)]
    assert memory.spectral_radius(line) == 0
    assert norms == [2.0**k for k in range(10)] + [0]


def test_powers_are_never_smaller_than_the_spectral_radius_says_and_come_down_to_it(rng):
    for _ in range(5):
        V = rng.normal(size=(4, 4)) / 2
        rho = memory.spectral_radius(V)
        norms = np.array([np.linalg.norm(np.linalg.matrix_power(V, k), 2) for k in range(1, 201)])
        rates = norms ** (1 / np.arange(1, 201))
        assert (rates >= rho * (1 - 1e-9)).all()
        assert rates[-1] < 1.05 * rho


def test_for_a_normal_matrix_stretch_and_spectral_radius_agree(rng):
    A = rng.normal(size=(4, 4))
    assert memory.largest_stretch(A + A.T) == pytest.approx(memory.spectral_radius(A + A.T), rel=1e-12)


@pytest.mark.equation("J-28")
def test_relu_units_explode_though_all_eigenvalues_are_zero():
    model = SimpleRNN((2, 2, 1), ("relu", "identity"), at="last")
    V = np.array([[2.0, -2.0], [2.0, -2.0]])
    params = {"W1": np.eye(2), "V1": V, "W2": np.ones((1, 2))}
    x = np.zeros((11, 1, 2))
    x[:, :, 1], x[0, :, 0] = -9999.0, 0.1
    assert memory.spectral_radius(V) < 1e-7
    assert not (V @ V).any()
    assert memory.reach(model, params, x)[0, 0] == pytest.approx(2**10 * np.sqrt(2), rel=1e-12)
    assert memory.reach_bound(V, "relu", 10) == pytest.approx(4.0**10, rel=1e-12)


def test_an_orthogonal_matrix_keeps_every_nudge_in_a_linear_network(rng):
    V = memory.orthogonal(6, rng)
    np.testing.assert_allclose(V.T @ V, np.eye(6), atol=1e-14)
    model, params = network("identity", d=6)
    x, y = rng.normal(size=(200, 3, 2)), rng.normal(size=(3, 1))
    np.testing.assert_allclose(memory.reach(model, params | {"V1": V}, x), 1, rtol=1e-12)
    blame = np.linalg.norm(model.blame(params | {"V1": V}, x, y), axis=-1)
    np.testing.assert_allclose(blame, np.broadcast_to(blame[-1], blame.shape), rtol=1e-12)
    model, params = network("tanh", d=6)
    assert memory.reach(model, params | {"V1": V}, x)[0].max() < 1e-2


def test_orthogonal_matrices_are_drawn_evenly():
    rng = np.random.default_rng(5)
    V = np.array([memory.orthogonal(2, rng) for _ in range(4000)])
    assert np.abs(V.mean(axis=0)).max() < 0.05  # without the signs of R the diagonal would lean to one side
    assert 0.45 < (np.linalg.det(V) > 0).mean() < 0.55


def test_a_firm_memory_has_a_factor_below_one():
    for v in (1.01, 1.5, 3.0):
        h = sp.nsolve(sp.tanh(v * sp.Symbol("h")) - sp.Symbol("h"), 0.2 if v < 1.1 else 0.95)
        model, _ = network("tanh", d=1)
        params = {"W1": np.array([[1.0, 0.0]]), "V1": np.array([[v]]), "W2": np.ones((1, 1))}
        x = np.zeros((3000, 1, 2))
        x[0] = 5.0
        factor = memory.step_jacobians(model, params, x)[-1, 0, 0, 0]
        assert factor == pytest.approx(float(v * (1 - h**2)), rel=1e-6)
        assert 0 < factor < 1 < memory.largest_stretch(params["V1"])


# --- the task with a lag ---


def test_in_the_lag_task_the_noise_says_nothing_about_the_bit(rng):
    x, y = memory.first_bit(6, 4, rng, noise=0.7)
    assert x.shape == (6, 8, 2)
    np.testing.assert_array_equal(x[0, :, :1], y)
    np.testing.assert_array_equal(np.sort(np.unique(y)), [-1, 1])
    assert not x[1:, :, 0].any()
    assert not x[0, :, 1].any()
    np.testing.assert_array_equal(x[:, y[:, 0] == 1, 1], x[:, y[:, 0] == -1, 1])
    wide, _ = memory.first_bit(400, 50, rng, noise=0.7)
    assert wide[1:, :, 1].std() == pytest.approx(0.7, rel=0.05)


# --- bad input ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: memory.steepest("softmax"), "f: expected one of"),
        (lambda: memory.steepest("softplus"), "softplus"),
        (lambda: memory.largest_stretch([1.0]), "V: expected shape (rows, columns), got (1,)"),
        (lambda: memory.spectral_radius(np.ones((2, 3))), "V: expected shape (2, 2), got (2, 3)"),
        (lambda: memory.reach_bound(np.ones((2, 3)), "tanh", 1), "V1: expected shape (2, 2), got (2, 3)"),
        (lambda: memory.reach_bound(np.eye(2), "tanh", 0.5), "k: expected whole numbers"),
        (lambda: memory.reach_bound(np.eye(2), "tanh", [0, -1]), "k: expected 0 or more, got -1"),
        (lambda: memory.reach_bound([[np.nan]], "tanh", 1), "V1: expected finite numbers"),
        (lambda: memory.orthogonal(0, np.random.default_rng(0)), "d: expected a finite number above 0"),
        (lambda: memory.orthogonal(2, 0), "rng: expected"),
        (lambda: memory.first_bit(0, 1, np.random.default_rng(0)), "T: expected"),
        (lambda: memory.first_bit(2, 1.5, np.random.default_rng(0)), "pairs: expected a whole number"),
        (lambda: memory.first_bit(2, 1, np.random.default_rng(0), noise=-1), "noise: expected"),
        (lambda: memory.reach(Jordan((2, 3, 1)), {}, np.ones((2, 1, 2))), "model: expected SimpleRNN or Elman"),
        (lambda: memory.reach(*network(), np.ones((2, 1, 3))), "x: expected shape (T, n, 2), got (2, 1, 3)"),
        (lambda: memory.step_jacobians(network()[0], {"W1": 0}, np.ones((2, 1, 2))), "params: expected the names"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        call()


def test_a_product_that_overflows_is_an_error_and_a_bound_that_overflows_is_infinite():
    model, params = network("identity")
    with pytest.raises(FloatingPointError, match="dh_T/dh_t overflows"):
        memory.reach(model, params | {"V1": 1e200 * np.eye(4)}, np.zeros((5, 1, 2)))
    assert memory.reach_bound(1e200 * np.eye(4), "identity", 3) == np.inf


def test_nothing_is_changed(rng):
    model, params = network()
    x = rng.normal(size=(4, 2, 2))
    kept = {name: W.copy() for name, W in params.items()}, x.copy()
    memory.reach(model, params, x)
    for name, W in params.items():
        np.testing.assert_array_equal(W, kept[0][name])
    np.testing.assert_array_equal(x, kept[1])
