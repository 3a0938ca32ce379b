"""The bit counter: equations (15)-(26), the worked numbers, and what holds for it at any parameters."""

import itertools
import re

import numpy as np
import pytest
import sympy as sp

from nncourse import adding_bits as bits
from nncourse.adding_bits import Descent
from nncourse.derivations import adding_bits as derivation
from nncourse.gradient_check import central_difference, complex_step
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import Elman, Jordan, SimpleRNN
from nncourse.training import walk

TWO_ROWS = np.array([[1, 0, 1, 1, 0, 0, 1, 0], [0, 1, 1, 0, 1, 1, 1, 1]], float).T
TWO_SUMS = np.array([4.0, 6.0])
NEAR = {"v_x": 0.9, "v_f": 0.8}
PERFECT = {"v_x": 1.0, "v_f": 1.0}


def all_rows(T=8):
    x = np.array(list(itertools.product([0.0, 1.0], repeat=T))).T
    return x, x.sum(axis=0)


def drawn(seed, T=6, I=4):
    rng = np.random.default_rng(seed)
    params = {"v_x": rng.uniform(0.5, 1.5), "v_f": rng.uniform(0.5, 1.2) * rng.choice([-1.0, 1.0])}
    return params, rng.integers(2, size=(T, I)).astype(float), rng.normal(3, 1, I), rng.normal(0, 1, I)


each_case = pytest.mark.parametrize(
    ("params", "x", "y", "f_0"),
    [
        (NEAR, TWO_ROWS, TWO_SUMS, 0.0),
        (NEAR, TWO_ROWS, TWO_SUMS, 0.5),
        ({"v_x": 0.7, "v_f": 0.0}, TWO_ROWS, TWO_SUMS, 0.3),
        ({"v_x": -0.7, "v_f": -1.3}, *all_rows(5), 0.0),
        ({"v_x": 0.5, "v_f": 0.25}, [[1.0, 0.0]], [2.0, 1.0], 0.0),
        *(drawn(seed) for seed in range(3)),
        drawn(7, T=30, I=1),
        drawn(8, T=1, I=3),
    ],
)


# --- forward, (16) ---


@pytest.mark.equation("J-16", "J-F3", "J-F4")
@each_case
def test_the_states_are_those_of_a_loop_over_the_bits_of_one_example_after_the_other(params, x, y, f_0):
    yhat, f = bits.forward(params, x, f_0)
    x = np.asarray(x)
    assert f.shape == (len(x) + 1, x.shape[1])
    for i in range(x.shape[1]):
        states = [np.broadcast_to(f_0, x.shape[1])[i]]
        for bit in x[:, i]:
            states.append(states[-1] * params["v_f"] + bit * params["v_x"])
        np.testing.assert_allclose(f[:, i], states, rtol=1e-13)
        assert yhat[i] == f[-1, i]


@pytest.mark.equation("J-16")
def test_the_output_weighs_every_bit_by_a_power_of_v_f():
    for T, t in itertools.product(range(1, 9), range(1, 9)):
        if t <= T:
            yhat, _ = bits.forward({"v_x": 3.0, "v_f": 0.5}, np.eye(T)[:, [t - 1]])
            assert yhat[0] == 3 * 0.5 ** (T - t)
            yhat, _ = bits.forward({"v_x": 3.0, "v_f": 0.5}, np.zeros((T, 1)), 1.0)
            assert yhat[0] == 0.5**T


@pytest.mark.equation("J-15", "J-16")
@pytest.mark.parametrize("T", [1, 2, 8, 13])
def test_with_ones_for_parameters_the_states_count(T):
    x, y = all_rows(T)
    yhat, f = bits.forward(PERFECT, x)
    np.testing.assert_array_equal(f[1:], np.cumsum(x, axis=0))
    np.testing.assert_array_equal(yhat, y)
    assert bits.error(PERFECT, x, y) == 0


@pytest.mark.equation("J-n1")
def test_zeros_give_zero_from_state_zero_and_only_from_there():
    zeros = np.zeros((8, 1))
    assert bits.forward(NEAR, zeros)[0] == 0
    np.testing.assert_allclose(bits.forward(NEAR, zeros, 0.5)[0], 0.5 * 0.8**8, rtol=1e-13)


@pytest.mark.equation("J-n1")
def test_an_answer_of_zero_to_zeros_does_not_rule_out_intercepts():
    c, v_f = 0.3, 0.8

    def with_intercepts(x):
        f = 0.0
        for bit in x:
            f = f * v_f + bit * 0.9 + c
        return f - c * (1 - v_f**8) / (1 - v_f)

    assert abs(with_intercepts(np.zeros(8))) < 1e-15
    # intercepts that answer 0 to zeros cancel for every input: they bring nothing, and need not be there
    for column in TWO_ROWS.T:
        np.testing.assert_allclose(with_intercepts(column), bits.forward(NEAR, column[:, None])[0][0], rtol=1e-14)


@pytest.mark.equation("J-n2")
@each_case
def test_from_state_zero_the_network_is_linear_in_its_input(params, x, y, f_0):
    x, other = np.asarray(x), np.random.default_rng(3).normal(size=np.shape(x))
    together, _ = bits.forward(params, 2 * x - 3 * other)
    np.testing.assert_allclose(
        together, 2 * bits.forward(params, x)[0] - 3 * bits.forward(params, other)[0], rtol=1e-9, atol=1e-9
    )


@pytest.mark.equation("J-n3")
def test_with_the_identity_as_output_elman_and_jordan_are_one():
    def elman(x, v_x, v_f, omega):
        f = g = 0.0
        for bit in x:
            f = f * v_f + bit * v_x
            g = f * omega
        return g

    def jordan(x, v_x, v_f, omega):
        g = 0.0
        for bit in x:
            g = (g * v_f + bit * v_x) * omega
        return g

    for column in TWO_ROWS.T:
        ours = bits.forward(NEAR, column[:, None])[0][0]
        assert elman(column, 0.9, 0.8, 1.0) == jordan(column, 0.9, 0.8, 1.0) == ours
        assert elman(column, 0.9, 0.8, 2.0) != jordan(column, 0.9, 0.8, 2.0)  # with another output weight
        # the Jordan network with a recurrent weight divided by it is Elman's again
        np.testing.assert_allclose(jordan(column, 0.9, 0.4, 2.0), elman(column, 0.9, 0.8, 2.0), rtol=1e-14)


# --- error and gradient, (17)-(26) ---


@pytest.mark.equation("J-17")
@each_case
def test_the_error_is_half_the_sum_of_squares(params, x, y, f_0):
    yhat, _ = bits.forward(params, x, f_0)
    E = sum((a - b) ** 2 for a, b in zip(yhat, y, strict=True)) / 2
    np.testing.assert_allclose(bits.error(params, x, y, f_0), E, rtol=1e-13)
    np.testing.assert_allclose(bits.error_and_gradient(params, x, y, f_0)[0], E, rtol=1e-13)


@pytest.mark.equation("J-17")
def test_the_error_adds_up_over_examples_and_is_no_mean():
    double = bits.error(NEAR, np.hstack([TWO_ROWS] * 2), np.tile(TWO_SUMS, 2))
    np.testing.assert_allclose(double, 2 * bits.error(NEAR, TWO_ROWS, TWO_SUMS), rtol=1e-14)


@pytest.mark.equation("J-22", "J-26")
def test_the_worked_numbers():
    for grads in (
        bits.error_and_gradient(NEAR, TWO_ROWS, TWO_SUMS)[1],
        bits.closed_forms(NEAR, TWO_ROWS, TWO_SUMS),
    ):
        np.testing.assert_allclose(grads["v_x"], -14.202066271781, rtol=1e-13)
        np.testing.assert_allclose(grads["v_f"], -36.744596674044, rtol=1e-13)
    np.testing.assert_allclose(bits.error(NEAR, TWO_ROWS, TWO_SUMS), 6.901554017699, rtol=1e-12)


@pytest.mark.equation("J-19", "J-21", "J-22", "J-23", "J-25", "J-26")
@each_case
def test_the_recursion_gives_the_closed_forms(params, x, y, f_0):
    _, grads = bits.error_and_gradient(params, x, y, f_0)
    closed = bits.closed_forms(params, x, y, f_0)
    for name in bits.SHAPES:
        assert grads[name].shape == closed[name].shape == ()
        np.testing.assert_allclose(grads[name], closed[name], rtol=1e-11)


@pytest.mark.equation("J-22", "J-26")
@each_case
def test_the_gradient_is_that_of_the_complex_step_and_of_differences(params, x, y, f_0):
    _, grads = bits.error_and_gradient(params, x, y, f_0)
    params = {name: np.float64(v) for name, v in params.items()}
    for name in bits.SHAPES:
        v = {other: float(other == name) for other in bits.SHAPES}
        for derivative, tolerance in ((complex_step, 1e-11), (central_difference, 1e-6)):
            slope = derivative(lambda p: bits.error(p, x, y, f_0), params, v)
            np.testing.assert_allclose(grads[name], slope, rtol=tolerance, atol=tolerance)


@pytest.mark.equation("J-22", "J-26")
@each_case
def test_pytorch_finds_the_same_gradient_and_hessian(params, x, y, f_0):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle")
    x, y, f_0 = (torch.as_tensor(np.asarray(a, float)) for a in (x, y, f_0))

    def E(v):
        f = f_0 + torch.zeros(x.shape[1], dtype=torch.float64)
        for x_t in x:
            f = f * v[1] + x_t * v[0]
        return ((f - y) ** 2).sum() / 2

    v = torch.tensor([params["v_x"], params["v_f"]], dtype=torch.float64)
    slopes = torch.autograd.functional.jacobian(E, v).numpy()
    bends = torch.autograd.functional.hessian(E, v).numpy()
    ours, grads = bits.error_and_gradient(params, x.numpy(), y.numpy(), f_0.numpy())
    np.testing.assert_allclose(ours, E(v).item(), rtol=1e-12)
    np.testing.assert_allclose([grads["v_x"], grads["v_f"]], slopes, rtol=1e-11)
    np.testing.assert_allclose(
        bits.hessian(params, x.numpy(), y.numpy(), f_0.numpy()), bends, rtol=1e-10, atol=1e-12 * np.abs(bends).max()
    )


@pytest.mark.equation("J-20", "J-24")
@each_case
def test_the_blame_is_each_examples_residual_times_a_power_of_v_f(params, x, y, f_0):
    delta = bits.blame(params, x, y, f_0)
    yhat, _ = bits.forward(params, x, f_0)
    T = len(x)
    assert delta.shape == np.shape(x)
    for t in range(1, T + 1):
        np.testing.assert_allclose(delta[t - 1], (yhat - y) * params["v_f"] ** (T - t), rtol=1e-12)


@pytest.mark.equation("J-20", "J-24")
def test_the_blame_is_how_the_error_changes_when_a_state_of_one_example_is_pushed():
    """Restart the network from a state that is pushed into the imaginary direction."""
    delta = bits.blame(NEAR, TWO_ROWS, TWO_SUMS)
    _, f = bits.forward(NEAR, TWO_ROWS)
    for t, i in itertools.product(range(1, 9), range(2)):
        state = f[t].astype(complex)
        state[i] += 1e-30j
        for x_t in TWO_ROWS[t:]:
            state = state * NEAR["v_f"] + x_t * NEAR["v_x"]
        slope = np.imag(np.sum((state - TWO_SUMS) ** 2) / 2) / 1e-30
        np.testing.assert_allclose(delta[t - 1, i], slope, rtol=1e-13)


@pytest.mark.equation("J-20", "J-24")
def test_the_sum_over_the_examples_that_the_note_prints_in_the_blame_spoils_the_gradient():
    delta = bits.blame(NEAR, TWO_ROWS, TWO_SUMS)
    _, f = bits.forward(NEAR, TWO_ROWS)
    printed = delta.sum(axis=1, keepdims=True)  # (20), read literally: one number for each step
    np.testing.assert_allclose(np.sum(printed * TWO_ROWS), -27.7137, atol=5e-5)
    np.testing.assert_allclose(np.sum(printed * f[:-1]), -72.9342, atol=5e-5)
    np.testing.assert_allclose(np.sum(delta * TWO_ROWS), -14.202066271781, rtol=1e-13)
    np.testing.assert_allclose(np.sum(delta * f[:-1]), -36.744596674044, rtol=1e-13)


@pytest.mark.equation("J-19", "J-21", "J-23", "J-25")
def test_total_derivatives_in_the_place_of_immediate_ones_count_twice():
    delta = bits.blame(NEAR, TWO_ROWS, TWO_SUMS)
    _, f = bits.forward(NEAR, TWO_ROWS)
    total_x, total_f = np.zeros_like(f), np.zeros_like(f)
    for t in range(1, 9):
        total_x[t] = TWO_ROWS[t - 1] + NEAR["v_f"] * total_x[t - 1]
        total_f[t] = f[t - 1] + NEAR["v_f"] * total_f[t - 1]
    np.testing.assert_allclose(np.sum(delta * total_x[1:]), -46.8639, atol=5e-5)
    # the last state's total derivative alone is the whole gradient
    _, grads = bits.error_and_gradient(NEAR, TWO_ROWS, TWO_SUMS)
    np.testing.assert_allclose(np.sum(delta[-1] * total_x[-1]), grads["v_x"], rtol=1e-13)
    np.testing.assert_allclose(np.sum(delta[-1] * total_f[-1]), grads["v_f"], rtol=1e-13)


@pytest.mark.equation("J-22", "J-26")
def test_with_v_f_zero_only_the_last_step_counts():
    params = {"v_x": 0.5, "v_f": 0.0}
    yhat, f = bits.forward(params, TWO_ROWS)
    np.testing.assert_array_equal(yhat, 0.5 * TWO_ROWS[-1])
    for grads in (
        bits.closed_forms(params, TWO_ROWS, TWO_SUMS),
        bits.error_and_gradient(params, TWO_ROWS, TWO_SUMS)[1],
    ):
        assert grads["v_x"] == np.sum((yhat - TWO_SUMS) * TWO_ROWS[-1])
        assert grads["v_f"] == np.sum((yhat - TWO_SUMS) * f[-2])


@pytest.mark.equation("J-16", "J-17", "J-22", "J-26")
@each_case
def test_the_general_network_with_one_unit_is_the_bit_counter(params, x, y, f_0):
    x, y = np.asarray(x, float), np.asarray(y, float)
    I = x.shape[1]
    network = SimpleRNN((1, 1, 1), ("identity", "identity"), at="last")
    general = {"W1": [[params["v_x"]]], "V1": [[params["v_f"]]], "W2": [[1.0]]}
    state = np.broadcast_to(f_0, I)[:, None]
    loss, grads = network.loss_and_grad(general, x[..., None], y[:, None], state=state)
    E, ours = bits.error_and_gradient(params, x, y, f_0)
    np.testing.assert_allclose(E, I * loss, rtol=1e-12)  # a sum here, a mean there
    np.testing.assert_allclose(ours["v_x"], I * grads["W1"][0, 0], rtol=1e-10)
    np.testing.assert_allclose(ours["v_f"], I * grads["V1"][0, 0], rtol=1e-10)


@pytest.mark.equation("J-n3")
@pytest.mark.parametrize("kind", [Elman, Jordan])
def test_both_kinds_of_the_notes_networks_are_the_bit_counter(kind):
    network = kind((1, 1, 1), ("identity", "identity"), bias=False, at="last")
    general = {"v": [[NEAR["v_x"]], [NEAR["v_f"]]], "omega": [[1.0]]}
    loss, grads = network.loss_and_grad(general, TWO_ROWS[..., None], TWO_SUMS[:, None])
    np.testing.assert_allclose(loss, bits.error(NEAR, TWO_ROWS, TWO_SUMS) / 2, rtol=1e-13)
    np.testing.assert_allclose(grads["v"][:, 0], [-14.202066271781 / 2, -36.744596674044 / 2], rtol=1e-12)


# --- sympy ---


def equal(pair, other):
    return [sp.expand(a - b) == 0 for a, b in zip(pair, other, strict=True)]


@pytest.mark.equation("J-22", "J-26")
@pytest.mark.parametrize("T", range(1, 9))
def test_sympy_finds_the_closed_forms_exact_for_any_bits_and_any_first_state(T):
    x, y = derivation.bits(T, 2)
    assert equal(derivation.by_definition(x, y), derivation.by_the_note(x, y)) == [True, True]


@pytest.mark.equation("J-19", "J-21", "J-23", "J-25")
@pytest.mark.parametrize("name", bits.SHAPES)
def test_the_induction_goes_from_T_to_T_plus_one_and_with_other_powers_it_does_not(name):
    assert derivation.induction_step(name) == (0, 0)

    def one_power_more(last, immediate):
        return derivation.claim(last, immediate) * derivation.v_f

    def no_power(last, immediate):
        return immediate(derivation.t)

    assert derivation.induction_step(name, one_power_more)[1] != 0
    assert derivation.induction_step(name, no_power)[0] != 0


@pytest.mark.equation("J-19", "J-23")
def test_the_claim_of_the_induction_begins_at_one_step_and_is_the_derivative():
    x, _ = derivation.bits(5, 1)
    f = derivation.states([row[0] for row in x])
    immediate = {derivation.v_x: lambda t: x[t - 1][0], derivation.v_f: lambda t: f[t - 1]}
    for v, rule in immediate.items():
        for last in range(6):
            claimed = sum(rule(t) * derivation.v_f ** (last - t) for t in range(1, last + 1))
            assert sp.expand(sp.diff(f[last], v) - claimed) == 0


@pytest.mark.equation("J-20", "J-24")
@pytest.mark.parametrize("T", [1, 2, 5])
def test_cutting_the_chain_gives_the_blame_without_a_sum_over_the_examples(T):
    x, y = derivation.bits(T, 2)
    found = derivation.blame(x, y)
    assert len(found) == 2 * T
    for (t, i), delta in found.items():
        yhat = derivation.states([row[i] for row in x])[-1]
        assert sp.expand(delta - (yhat - y[i]) * derivation.v_f ** (T - t)) == 0
    assert equal(derivation.by_definition(x, y), derivation.by_the_printed_blame(x, y)) == [False, False]
    one = derivation.bits(T, 1)  # with a single example both readings agree
    assert equal(derivation.by_definition(*one), derivation.by_the_printed_blame(*one)) == [True, True]


@pytest.mark.equation("J-16", "J-17", "J-22", "J-26")
def test_the_package_computes_what_sympy_derives():
    x, y = derivation.bits(8, 2)
    where = {symbol: TWO_ROWS[t, i] for t, row in enumerate(x) for i, symbol in enumerate(row)}
    where |= dict(zip(y, TWO_SUMS, strict=True)) | {
        derivation.v_x: sp.Rational(9, 10),
        derivation.v_f: sp.Rational(8, 10),
        derivation.f_0: sp.Rational(1, 2),
    }
    E, grads = bits.error_and_gradient(NEAR, TWO_ROWS, TWO_SUMS, 0.5)
    np.testing.assert_allclose(E, float(derivation.error(x, y).subs(where)), rtol=1e-13)
    symbolic = [float(slope.subs(where)) for slope in derivation.by_definition(x, y)]
    np.testing.assert_allclose([grads["v_x"], grads["v_f"]], symbolic, rtol=1e-12)


@pytest.mark.parametrize("T", range(1, 11))
def test_the_hessian_of_all_rows_has_a_formula_in_T(T):
    H = np.array(derivation.hessian_over_all_rows().subs(derivation.T, T), float)
    np.testing.assert_allclose(H, bits.hessian(PERFECT, *all_rows(T)), rtol=1e-13)


# --- the Hessian and the steps, (18) ---


@each_case
def test_the_hessian_is_the_derivative_of_the_gradient(params, x, y, f_0):
    H = bits.hessian(params, x, y, f_0)
    assert H[0, 1] == H[1, 0]
    epsilon = 1e-6
    for j, name in enumerate(bits.SHAPES):
        ahead, behind = (
            bits.closed_forms(params | {name: params[name] + step}, x, y, f_0) for step in (epsilon, -epsilon)
        )
        column = [(ahead[other] - behind[other]) / (2 * epsilon) for other in bits.SHAPES]
        np.testing.assert_allclose(H[:, j], column, rtol=1e-6, atol=1e-8 * np.abs(H).max())


@pytest.mark.equation("J-18")
def test_the_hessian_and_the_limit_at_the_perfect_parameters():
    x, y = all_rows()
    H = bits.hessian(PERFECT, x, y)
    np.testing.assert_array_equal(H, [[4608, 16128], [16128, 59136]])
    np.testing.assert_allclose(np.linalg.eigvalsh(H)[-1], 63549.09, rtol=1e-7)
    np.testing.assert_allclose(bits.largest_stable_step(H), 3.14717e-5, rtol=2e-6)


@pytest.mark.equation("J-18")
@pytest.mark.parametrize(("share", "stays"), [(0.95, True), (0.999, True), (1.001, False), (1.05, False)])
def test_the_limit_parts_steps_that_settle_from_steps_that_are_thrown_out(share, stays):
    x, y = all_rows()
    alpha = share * bits.largest_stable_step(bits.hessian(PERFECT, x, y))
    start = {"v_x": 1 + 1e-7, "v_f": 1 + 4e-7}
    path = walk(lambda p: bits.error_and_gradient(p, x, y), start, GradientDescent(alpha), steps=4000)
    assert (path.losses[-1] < path.losses[0]) == stays


@pytest.mark.equation("J-18")
def test_just_above_the_limit_the_steps_jump_to_and_fro_and_far_above_they_run_away():
    x, y = all_rows()
    paths = [
        walk(lambda p: bits.error_and_gradient(p, x, y), NEAR, GradientDescent(alpha), steps=400)
        for alpha in (3.0e-5, 3.3e-5, 1e-3)
    ]
    assert [path.diverged for path in paths] == [False, False, True]
    np.testing.assert_allclose(paths[0].losses[-1], 8.7847e-4, rtol=1e-4)
    np.testing.assert_allclose(paths[1].losses[-2:], [22.6866, 15.0782], rtol=1e-5)
    assert len(paths[2].losses) == 3


@pytest.mark.equation("J-18")
def test_a_step_moves_both_parameters_at_once():
    params = {"v_x": np.float64(0.9), "v_f": np.float64(0.8)}
    before = dict(params)
    _, grads = bits.error_and_gradient(params, TWO_ROWS, TWO_SUMS)
    stepped, state = Descent(1e-2, 1e-3).update(params, grads, ())
    assert state == Descent(1e-2, 1e-3).init(params) == ()
    assert params == before
    np.testing.assert_allclose(stepped["v_x"], 0.9 + 0.14202066271781, rtol=1e-14)
    np.testing.assert_allclose(stepped["v_f"], 0.8 + 0.036744596674044, rtol=1e-14)
    # with v_x moved first, the gradient in v_f is another
    _, late = bits.error_and_gradient(params | {"v_x": stepped["v_x"]}, TWO_ROWS, TWO_SUMS)
    assert abs(late["v_f"] / grads["v_f"] - 1) > 0.01


@pytest.mark.equation("J-18")
def test_equal_step_sizes_are_plain_gradient_descent():
    x, y = all_rows()
    for alpha in (1e-6, 3e-5):
        paths = [
            walk(lambda p: bits.error_and_gradient(p, x, y), NEAR, rule, steps=50)
            for rule in (Descent(alpha, alpha), GradientDescent(alpha))
        ]
        np.testing.assert_array_equal(paths[0].losses, paths[1].losses)
        for name in bits.SHAPES:
            np.testing.assert_array_equal(paths[0].points[name], paths[1].points[name])


@pytest.mark.equation("J-18")
def test_pytorchs_sgd_takes_the_same_steps():
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle")
    v_x, v_f = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in NEAR.values())
    sgd = torch.optim.SGD([{"params": [v_x], "lr": 2e-3}, {"params": [v_f], "lr": 5e-4}], lr=1.0)
    path = walk(lambda p: bits.error_and_gradient(p, TWO_ROWS, TWO_SUMS), NEAR, Descent(2e-3, 5e-4), steps=30)
    for k in range(31):
        np.testing.assert_allclose(path.points["v_x"][k], v_x.item(), rtol=1e-12)
        np.testing.assert_allclose(path.points["v_f"][k], v_f.item(), rtol=1e-12)
        sgd.zero_grad()
        f = torch.zeros(2, dtype=torch.float64)
        for x_t in torch.as_tensor(TWO_ROWS):
            f = f * v_f + x_t * v_x
        (((f - torch.as_tensor(TWO_SUMS)) ** 2).sum() / 2).backward()
        sgd.step()


# --- many parameters at once ---


@each_case
def test_the_surface_is_the_error_point_by_point(params, x, y, f_0):
    v_x, v_f = np.linspace(-1.5, 2, 8), np.linspace(-1.2, 1.3, 6)[:, None]
    E = bits.error_surface(v_x, v_f, x, y, f_0)
    assert E.shape == (6, 8)
    for i, j in np.ndindex(6, 8):
        one = bits.error({"v_x": v_x[j], "v_f": v_f[i, 0]}, x, y, f_0)
        np.testing.assert_allclose(E[i, j], one, rtol=1e-11, atol=1e-26)
    assert bits.error_surface(params["v_x"], params["v_f"], x, y, f_0).shape == ()


def test_the_surface_is_exact_near_its_minimum_and_infinite_where_it_overflows():
    x, y = all_rows()
    for step in (1e-3, 1e-6):
        one = bits.error({"v_x": 1 + step, "v_f": 1.0}, x, y)
        np.testing.assert_allclose(bits.error_surface(1 + step, 1.0, x, y), one, rtol=1e-6)
    E = bits.error_surface([1e200, 1.0], [[1e200], [1.0]], x, y)
    np.testing.assert_array_equal(np.isinf(E), [[True, True], [True, False]])
    zeros = np.zeros((8, 2))
    assert bits.error_surface(1.0, 1e300, zeros, [1.0, 2.0]) == np.inf


# --- which parameters the data leave open ---


@pytest.mark.equation("J-16", "J-17")
def test_one_row_of_ones_has_a_whole_curve_of_perfect_parameters():
    ones = np.ones((8, 1))
    np.testing.assert_allclose(8 / sum(0.9**k for k in range(8)), 1.404660125, rtol=1e-9)
    for v_f in (-0.5, 0.0, 0.3, 0.9, 1.0, 1.2):
        params = {"v_x": 8 / sum(v_f**k for k in range(8)), "v_f": v_f}
        assert bits.error(params, ones, [8.0]) < 1e-28
        bends = np.linalg.eigvalsh(bits.hessian(params, ones, [8.0]))
        assert abs(bends[0]) < 1e-10 * bends[1]  # flat along the curve


@pytest.mark.equation("J-16", "J-17")
def test_two_rows_make_the_perfect_parameters_unique():
    rows = np.array([[0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1, 0]], float).T
    yhat, _ = bits.forward({"v_x": 0.7, "v_f": 0.6}, rows)
    np.testing.assert_allclose(yhat, [0.7, 0.7 * 0.6], rtol=1e-15)  # both are 1 for v_x = v_f = 1 alone
    v = np.linspace(-2, 2, 401)
    E = bits.error_surface(v, v[:, None], rows, [1.0, 1.0])
    assert [tuple(v[k] for k in place) for place in np.argwhere(E < 1e-20)] == [(1.0, 1.0)]
    assert np.linalg.eigvalsh(bits.hessian(PERFECT, rows, [1.0, 1.0]))[0] > 0.3


@pytest.mark.equation("J-15", "J-16")
def test_what_looks_fine_at_eight_bits_fails_at_sixty_four():
    params = {"v_x": 1.0, "v_f": 0.98}
    short, long = (float(bits.forward(params, np.ones((T, 1)))[0][0]) for T in (8, 64))
    np.testing.assert_allclose([short, long], [(1 - 0.98**8) / 0.02, (1 - 0.98**64) / 0.02], rtol=1e-12)
    assert 8 - short < 0.6
    assert 64 - long > 27


# --- arguments ---


def test_nothing_is_changed_and_scalars_and_lists_will_do():
    params, x, y = {"v_x": 1, "v_f": 1}, [[1, 0], [1, 1]], [2, 1]
    assert bits.error(params, x, y) == 0
    arrays = {name: np.array(v) for name, v in NEAR.items()}
    kept = [TWO_ROWS.copy(), TWO_SUMS.copy(), np.full(2, 0.1)]
    passed = [array.copy() for array in kept]
    for function in (bits.error_and_gradient, bits.closed_forms, bits.blame, bits.hessian, bits.error):
        function(arrays, *passed)
    bits.error_surface(1.0, 1.0, *passed)
    for a, b in zip(passed, kept, strict=True):
        np.testing.assert_array_equal(a, b)
    assert arrays == NEAR
    yhat, f = bits.forward(NEAR, TWO_ROWS)
    yhat += 1
    np.testing.assert_array_equal(f[-1], yhat - 1)


def test_single_precision_stays_single():
    params = {name: np.float32(v) for name, v in NEAR.items()}
    x, y = TWO_ROWS.astype(np.float32), TWO_SUMS.astype(np.float32)
    assert bits.forward(params, x)[1].dtype == np.float32
    _, grads = bits.error_and_gradient(params, x, y)
    assert grads["v_f"].dtype == np.float32
    np.testing.assert_allclose(grads["v_f"], -36.744596674044, rtol=1e-5)


def case(params=NEAR, x=TWO_ROWS, y=TWO_SUMS, f_0=0.0):
    return params, x, y, f_0


@pytest.mark.parametrize(
    "function", [bits.error, bits.blame, bits.error_and_gradient, bits.closed_forms, bits.hessian]
)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (case({"v_x": 1.0}), ValueError, "params: expected the names ['v_f', 'v_x'], got ['v_x']"),
        (case({"v_x": [1.0], "v_f": 1.0}), ValueError, 'params["v_x"]: expected shape (), got (1,)'),
        (case({"v_x": np.nan, "v_f": 1.0}), ValueError, 'params["v_x"]: expected finite numbers, got nan'),
        (case([1.0, 1.0]), TypeError, "params: expected a mapping of names to arrays, got list"),
        (case(x=[1.0, 0.0]), ValueError, "x: expected shape (T, I), got (2,)"),
        (case(x=np.empty((0, 2))), ValueError, "x: expected shape (T, I), got (0, 2)"),
        (case(x=TWO_ROWS.T), ValueError, "y: expected shape (8,), got (2,)"),
        (case(x=[["0", "1"]]), TypeError, "x: expected real numbers"),
        (case(y=[1.0]), ValueError, "y: expected shape (2,), got (1,)"),
        (case(y=[1.0, np.inf]), ValueError, "y: expected finite numbers, got inf at index (1,)"),
        (case(f_0=[0.0, 0.0, 0.0]), ValueError, "f_0: expected shape (2,), got (3,)"),
        (case(f_0=np.nan), ValueError, "f_0: expected finite numbers, got nan"),
        (case({"v_x": 1e300, "v_f": 1e300}), FloatingPointError, "overflows: the numbers are finite but too large"),
        (case({"v_x": -1e300, "v_f": 1.0}), FloatingPointError, "overflows: the numbers are finite but too large"),
    ],
)
def test_bad_input_is_named(function, arguments, error, message):
    if function is bits.blame and error is FloatingPointError:
        arguments = case({"v_x": 1.0, "v_f": 1e60})  # a blame of 1e300 is still a number
    with pytest.raises(error, match=re.escape(message)):
        function(*arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Descent(0.0, 1.0), ValueError, "alpha_x: expected a finite number above 0, got 0.0"),
        (lambda: Descent(1.0, "a"), TypeError, "alpha_f: expected a number above 0, got 'a'"),
        (
            lambda: Descent(1.0, 1.0).update(NEAR, {"v_x": 1.0}, ()),
            ValueError,
            "grads: expected the names ['v_f', 'v_x']",
        ),
        (lambda: bits.largest_stable_step([[1.0, 2.0]]), ValueError, "H: expected shape (2, 2), got (1, 2)"),
        (lambda: bits.largest_stable_step(1.0), ValueError, "H: expected shape (d, d), got ()"),
        (lambda: bits.largest_stable_step([[1.0, 2], [3, 4]]), ValueError, "H: expected a symmetric matrix"),
        (
            lambda: bits.largest_stable_step(np.zeros((2, 2))),
            ValueError,
            "H: expected an eigenvalue above 0, got 0",
        ),
        (lambda: bits.forward({"v_x": 1.0, "v_f": 1e40}, np.ones((9, 1))), FloatingPointError, "forward overflows"),
        (lambda: bits.forward(NEAR, [[1.0], [np.nan]]), ValueError, "x: expected finite numbers, got nan"),
        (lambda: bits.error_surface([np.nan], 1.0, TWO_ROWS, TWO_SUMS), ValueError, "v_x: expected finite numbers"),
        (lambda: bits.error_surface(1.0, 1.0, TWO_ROWS, [1.0]), ValueError, "y: expected shape (2,), got (1,)"),
    ],
)
def test_bad_input_elsewhere_is_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
