"""Backpropagation through time, word by word: the unrolled network, the notes' algorithm, what each form counts."""

import re
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from nncourse.activations import Entrywise
from nncourse.derivations import backpropagation_through_time as derivation
from nncourse.derivations.delta_rule import equal
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import Elman, Jordan, SimpleRNN
from nncourse.training import fit
from nncourse.unrolling import coverage, notes_algorithm, stale_states, unrolled_gradients, unrollings

MODELS = {
    "squared": SimpleRNN((2, 4, 3), ("tanh", "identity")),
    "bias": SimpleRNN((2, 3, 2), ("sigmoid", "tanh"), bias=True),
    "cross-entropy": SimpleRNN((3, 4, 5), ("tanh", "softmax"), loss="cross-entropy"),
    "linear": SimpleRNN((1, 2, 1), ("identity", "sigmoid")),
}
EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
N = 5  # steps


def draw(model, rng, n=N, sequences=3):
    """Draw parameters and a batch of sequences with their labels."""
    x = rng.normal(size=(n, sequences, model.sizes[0]))
    lead = (n, sequences) if model.at == "all" else (sequences,)
    if model.loss.name == "squared":
        y = rng.normal(size=(*lead, model.sizes[2]))
    else:
        y = rng.integers(0, model.sizes[2], lead)
    return model.init(rng), x, y


def added(gradients):
    """Return the sum of several gradients, name by name."""
    gradients = list(gradients)
    return {name: sum(g[name] for g in gradients) for name in gradients[0]}


def agree(got, wanted, rtol=1e-10):
    """Assert that two mappings hold the same numbers, measured against the largest of each array."""
    assert got.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_allclose(got[name], wanted[name], rtol=0, atol=rtol * np.abs(wanted[name]).max())


def one_unrolling(model, params, x, y, start, end):
    """Return the gradient of the loss of step `end`, unrolled on the state after step `start`."""
    h = model.forward(params, x[:start])[1].state if start else None
    return replace(model, at="last").loss_and_grad(params, x[start:end], y[end - 1], state=h)[1]


# --- the unrolled network ---


@pytest.mark.equation("S-2.1.1a")
@EVERY_MODEL
def test_the_unrolled_network_is_one_nested_expression(model, rng):
    params, x, _ = draw(model, rng)
    f, g = model.activations

    def ones(rows):
        return np.column_stack([np.ones(len(rows)), rows]) if model.bias else rows

    def state(t):
        before = state(t - 1) if t > 1 else np.zeros((3, model.sizes[1]))
        return f(ones(x[t - 1]) @ params["W1"].T + before @ params["V1"].T)

    output, _ = model.forward(params, x)
    for t in range(1, N + 1):
        np.testing.assert_allclose(g(ones(state(t)) @ params["W2"].T), output[t - 1], rtol=1e-12)


@pytest.mark.equation("S-2.1.1a")
def test_the_printed_ellipsis_read_as_a_sum_gives_something_else(rng):
    model = MODELS["squared"]
    params, x, _ = draw(model, rng, n=3)
    W1, V1, W2 = params.values()
    nested = model.forward(params, x)[0][-1]
    within = x[2] @ W1.T + x[1] @ W1.T + np.tanh(x[0] @ W1.T) @ V1.T
    assert np.abs(np.tanh(within) @ W2.T - nested).max() > 0.1


@pytest.mark.equation("S-2.1.1b")
@pytest.mark.parametrize("at", ["all", "last"])
@EVERY_MODEL
def test_the_gradient_is_the_sum_over_the_instances(model, at, rng):
    model = replace(model, at=at)
    params, x, y = draw(model, rng)
    instances = unrolled_gradients(model, params, x, y)
    _, grads = model.loss_and_grad(params, x, y)
    assert all(instances[name].shape == (N, *params[name].shape) for name in params)
    agree({name: gradient.sum(axis=0) for name, gradient in instances.items()}, grads)


@pytest.mark.equation("S-2.1.1b")
def test_each_instance_has_a_share_of_its_own_in_all_three_parameters(rng):
    params, x, y = draw(MODELS["squared"], rng)
    for name, gradient in unrolled_gradients(MODELS["squared"], params, x, y).items():
        sizes = np.abs(gradient).max(axis=(1, 2))
        assert (sizes[name == "V1" :] > 1e-3).all()  # h_0 = 0: the first V(1) gets nothing
        assert name != "V1" or sizes[0] == 0


@pytest.mark.equation("S-2.1.1b")
def test_an_instance_of_its_own_is_what_the_complex_step_moves(rng):
    model = MODELS["squared"]
    params, x, y = draw(model, rng)
    W1, V1, W2 = params.values()

    def loss(moved, t):
        h, E = np.zeros((3, 4), complex), 0.0
        for k in range(N):
            own = moved if k == t else (W1, V1, W2)
            h = np.tanh(x[k] @ own[0].T + h @ own[1].T)
            E += np.sum((h @ own[2].T - y[k]) ** 2) / 2 / 3
        return E

    instances = unrolled_gradients(model, params, x, y)
    for t in range(N):
        direction = [rng.standard_normal(W.shape) for W in params.values()]
        moved = [W + 1e-30j * v for W, v in zip(params.values(), direction, strict=True)]
        slope = sum(np.sum(g[t] * v) for g, v in zip(instances.values(), direction, strict=True))
        np.testing.assert_allclose(slope, loss(moved, t).imag / 1e-30, rtol=1e-10)


def test_ids_are_looked_up_in_the_unrolled_network(rng):
    model = MODELS["cross-entropy"]
    params, _, y = draw(model, rng)
    ids = rng.integers(0, 3, (N, 3))
    agree(unrolled_gradients(model, params, ids, y), unrolled_gradients(model, params, np.eye(3)[ids], y))


# --- sympy ---

NETWORKS = pytest.mark.parametrize("jordan", [False, True], ids=["state fed back", "output fed back"])


@pytest.mark.equation("S-2.1.1b", "J-bp")
@pytest.mark.parametrize("sizes", [(1, 2, 1), (2, 1, 2)], ids=str)
@NETWORKS
def test_the_recursion_holds_for_all_entrywise_functions(sizes, jordan):
    names, f = derivation.symbols(sizes, 2, jordan=jordan), derivation.unknown()
    truth = derivation.by_definition(*names, f, jordan=jordan)
    recursion = derivation.by_blame(*names, f, jordan=jordan)
    assert [a.shape for a in truth] == [W.shape for W in names[0]]
    assert all(equal(a.doit(), b.doit()) for a, b in zip(truth, recursion, strict=True))


@pytest.mark.equation("S-2.1.1a", "S-2.1.1b", "J-bp")
@NETWORKS
def test_the_derivative_in_a_shared_symbol_is_the_sum_over_the_instances(jordan):
    names, f = derivation.symbols((1, 1, 1), 3, jordan=jordan), derivation.unknown()
    truth = derivation.by_definition(*names, f, jordan=jordan)
    instances = derivation.by_instances(*names, f, jordan=jordan)
    for a, parts in zip(truth, instances, strict=True):
        assert len(parts) == 3
        assert equal(a.doit(), sum(parts, sp.zeros(1, 1)).doit())
        assert sp.expand((a - parts[-1]).doit()[0]) != 0


@pytest.mark.equation("S-2.1.1b", "J-bp")
@pytest.mark.parametrize("network", [SimpleRNN, Elman, Jordan])
def test_the_package_computes_what_sympy_derives(network, rng):
    model = network((2, 2, 1), ("tanh", "sigmoid"), bias=False)
    jordan = network is Jordan
    names = derivation.symbols(model.sizes, 3, jordan=jordan)
    f = [lambda z: z.applyfunc(sp.tanh), lambda z: z.applyfunc(lambda u: 1 / (1 + sp.exp(-u)))]
    params, x, y = draw(model, rng, n=3, sequences=1)
    _, grads = model.loss_and_grad(params, x, y)

    def blocks(p):
        return list(p.values()) if network is SimpleRNN else [p["v"][:2].T, p["v"][2:].T, p["omega"].T]

    flat = [s for part in names for matrix in part for s in matrix]
    values = dict(zip(flat, np.concatenate([np.ravel(part) for part in (*blocks(params), x, y)]), strict=True))
    for derived, got in zip(derivation.by_definition(*names, f, jordan=jordan), blocks(grads), strict=True):
        np.testing.assert_allclose(np.array(derived.subs(values), dtype=float), got, rtol=1e-10, atol=1e-13)


@pytest.mark.equation("S-T1")
def test_a_truncated_gradient_is_the_gradient_of_no_function():
    model = SimpleRNN((1, 1, 1), ("identity", "identity"), at="last")
    x, y = np.array([[[1.0]], [[2.0]]]), np.array([[1.0]])

    def slopes(w, v, T):
        grads = model.loss_and_grad({"W1": [[w]], "V1": [[v]], "W2": [[1.0]]}, x, y, T=T)[1]
        return np.array([grads["W1"].item(), grads["V1"].item()])

    mixed = {
        T: [
            (slopes(0.7 + 1e-6, 0.4, T) - slopes(0.7 - 1e-6, 0.4, T))[1] / 2e-6,
            (slopes(0.7, 0.4 + 1e-6, T) - slopes(0.7, 0.4 - 1e-6, T))[0] / 2e-6,
        ]
        for T in (1, 2)
    }
    np.testing.assert_allclose(*mixed[2], rtol=1e-6)
    assert abs(mixed[1][0] - mixed[1][1]) > 0.1


# --- which unrollings each form takes ---


def times(s, k, n, T, lo):
    """Return how often the loss of step s counts through step k by the formula of the errata, lo as printed."""
    return max(0, min(k + T - 1, s + T - lo, n) - max(s, T) + 1) if k <= s else 0


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize(("form", "lo"), [("printed", 2), ("corrected", 1)])
def test_coverage_has_a_closed_form(form, lo):
    for n in range(1, 8):
        for T in range(1, n + 1):
            wanted = [[times(s, k, n, T, lo) for k in range(1, n + 1)] for s in range(1, n + 1)]
            assert coverage(n, T, form).tolist() == wanted


@pytest.mark.equation("S-Alg2")
def test_how_often_each_loss_counts():
    losses = {
        (form, T): coverage(5, T, form).diagonal().tolist()
        for form in ("printed", "corrected")
        for T in (1, 2, 3, 5)
    }
    assert losses == {
        ("printed", 1): [0, 0, 0, 0, 0],
        ("printed", 2): [0, 1, 1, 1, 1],
        ("printed", 3): [0, 1, 2, 2, 1],
        ("printed", 5): [0, 1, 1, 1, 1],
        ("corrected", 1): [1, 1, 1, 1, 1],
        ("corrected", 2): [1, 2, 2, 2, 1],
        ("corrected", 3): [1, 2, 3, 2, 1],
        ("corrected", 5): [1, 1, 1, 1, 1],
    }


@pytest.mark.equation("S-Alg2")
def test_as_printed_the_first_loss_never_counts():
    for n in range(1, 12):
        for T in range(1, n + 1):
            assert not coverage(n, T, "printed")[0].any()
            assert (coverage(n, T, "corrected").diagonal() >= 1).all()


@pytest.mark.equation("S-Alg2")
def test_far_from_the_ends_the_weights_fall_linearly_in_the_lag():
    n, T = 30, 6
    inner = range(2 * T, n - T)
    for s in inner:
        corrected, printed, once = (coverage(n, T, form)[s] for form in ("corrected", "printed", "once"))
        for lag in range(T + 2):
            assert corrected[s - lag] == max(0, T - lag)
            assert printed[s - lag] == max(0, min(T - 1, T - lag))
            assert once[s - lag] == (lag < T)


@pytest.mark.equation("S-Alg2", "S-T1")
def test_each_loss_once_counts_every_loss_once_through_its_last_T_steps():
    for n in range(1, 8):
        for T in range(1, n + 1):
            lag = np.subtract.outer(np.arange(n), np.arange(n))
            np.testing.assert_array_equal(coverage(n, T, "once"), (lag >= 0) & (lag < T))


@pytest.mark.equation("S-Alg2")
def test_steps_that_the_literal_algorithm_takes():
    for n, T in [(7, 1), (9, 4), (6, 6), (1000, 10)]:
        windows = n - T + 1
        assert coverage(n, T, "printed").sum() == windows * (T * (T + 1) // 2 - 1)
        assert coverage(n, T, "corrected").sum() == windows * T * (T + 1) // 2
        assert coverage(n, T, "once").sum() == n * T - T * (T - 1) // 2
    assert coverage(1000, 10, "printed").sum() == 53514
    assert 991 * 10 == 9910  # the same windows, each in one pass


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize("printed", [True, False])
def test_a_counter_in_the_network_counts_the_same_steps(printed, rng):
    back = []

    def prime(z, a):
        back.append(len(z))
        return 1 - a * a

    counting = SimpleRNN((1, 2, 1), (Entrywise("counting", np.tanh, prime), "identity"))
    params, x, y = draw(counting, rng, n=40, sequences=1)
    notes_algorithm(counting, params, x, y, 6, printed=printed)
    assert sum(back) == coverage(40, 6, "printed" if printed else "corrected").sum()
    back.clear()
    for start in range(40 - 6 + 1):
        counting.loss_and_grad(params, x[start : start + 6], y[start : start + 6])
    assert sum(back) == (40 - 6 + 1) * 6


# --- the algorithm ---


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize("printed", [True, False])
@pytest.mark.parametrize("T", [2, 3, N])
@EVERY_MODEL
def test_the_algorithm_adds_up_its_unrollings(model, T, printed, rng):
    params, x, y = draw(model, rng)
    pairs = unrollings(N, T, "printed" if printed else "corrected")
    wanted = added(one_unrolling(model, params, x, y, *pair) for pair in pairs)
    agree(notes_algorithm(model, params, x, y, T, printed=printed), wanted)


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize("form", ["printed", "corrected", "once"])
@pytest.mark.parametrize("T", [2, 3, N])
@EVERY_MODEL
def test_every_form_is_the_shares_of_the_instances_weighted_by_coverage(model, T, form, rng):
    params, x, y = draw(model, rng)
    weights, last = coverage(N, T, form), replace(model, at="last")
    shares = [unrolled_gradients(last, params, x[:s], y[s - 1]) for s in range(1, N + 1)]
    wanted = {
        name: sum(weights[s, k] * shares[s][name][k] for s in range(N) for k in range(s + 1)) for name in params
    }
    if form == "once":
        got = model.loss_and_grad(params, x, y, T=T)[1]
    else:
        got = notes_algorithm(model, params, x, y, T, printed=form == "printed")
    agree(got, wanted)


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize("model", [*MODELS.values(), Elman((2, 3, 1)), Jordan((2, 3, 1))])
def test_the_corrected_algorithm_over_the_whole_sequence_is_the_full_gradient(model, rng):
    params, x, y = draw(model, rng)
    agree(notes_algorithm(model, params, x, y, N), model.loss_and_grad(params, x, y)[1])


@pytest.mark.equation("S-Alg2")
@EVERY_MODEL
def test_as_printed_over_the_whole_sequence_the_first_loss_is_missing(model, rng):
    params, x, y = draw(model, rng)
    first = model.loss_and_grad(params, x[:1], y[:1])[1]
    printed = notes_algorithm(model, params, x, y, N, printed=True)
    agree(added([printed, first]), model.loss_and_grad(params, x, y)[1])


@pytest.mark.equation("S-Alg2", "S-T1")
@EVERY_MODEL
def test_as_printed_T_equal_to_one_trains_nothing(model, rng):
    params, x, y = draw(model, rng)
    printed = notes_algorithm(model, params, x, y, 1, printed=True)
    assert all(not gradient.any() for gradient in printed.values())


@pytest.mark.equation("S-T1")
@EVERY_MODEL
def test_T_equal_to_one_is_backpropagation_in_a_network_whose_second_input_is_the_last_state(model, rng):
    params, x, y = draw(model, rng)
    trace = model.forward(params, x)[1]
    wanted, h = dict.fromkeys(params, 0.0), np.zeros((3, model.sizes[1]))
    for t in range(N):  # rows: the state is an input beside x_t, and V(1) stands beside W(1)

        def ones(rows):
            return np.column_stack([np.ones(3), rows]) if model.bias else rows

        _, epsilon = model.loss.value_and_delta(model.activations[1], trace.o[t], trace.y[t], y[t])
        delta = model.activations[0].backward(trace.z[t], trace.h[t], epsilon @ params["W2"][:, model.bias :])
        wanted["W1"] += delta.T @ ones(x[t])
        wanted["V1"] += delta.T @ h
        wanted["W2"] += epsilon.T @ ones(trace.h[t])
        h = trace.h[t]
    agree(notes_algorithm(model, params, x, y, 1), wanted)
    agree(model.loss_and_grad(params, x, y, T=1)[1], wanted)


@pytest.mark.equation("S-T1")
def test_the_constant_of_T_equal_to_one_is_the_state_of_the_step_before(rng):
    model = MODELS["squared"]
    params, x, _ = draw(model, rng)
    output, trace = model.forward(params, x)
    before, _ = model.step(params, x[1], trace.h[0])
    own, _ = model.step(params, x[1], trace.h[1])
    np.testing.assert_allclose(before, output[1], rtol=1e-12)
    assert np.abs(own - output[1]).max() > 0.05


@pytest.mark.equation("S-Alg2")
def test_between_the_ends_the_three_forms_give_three_gradients(rng):
    model = MODELS["squared"]
    params, x, y = draw(model, rng)
    forms = [
        notes_algorithm(model, params, x, y, 3),
        notes_algorithm(model, params, x, y, 3, printed=True),
        model.loss_and_grad(params, x, y, T=3)[1],
        model.loss_and_grad(params, x, y)[1],
    ]
    for i, one in enumerate(forms):
        for other in forms[:i]:
            assert np.abs(one["V1"] - other["V1"]).max() > 1e-3


# --- updates on the way ---


@pytest.mark.equation("S-Alg2")
def test_updates_make_the_stored_state_stale(rng):
    model = MODELS["squared"]
    params, x, y = draw(model, rng, n=8)
    stored, fresh = stale_states(model, params, x, y, 2, GradientDescent(0.1))
    assert stored.shape == fresh.shape == (7, 3, 4)
    gaps = np.abs(stored - fresh).max(axis=(1, 2))
    assert gaps[0] == 0
    assert (gaps[1:] > 1e-3).all()


@pytest.mark.equation("S-Alg2")
def test_stale_states_are_those_of_a_loop_that_keeps_every_step(rng):
    model, optimizer = MODELS["squared"], GradientDescent(0.3)
    params, x, y = draw(model, rng, n=6)
    stored, fresh = stale_states(model, params, x, y, 2, optimizer)
    states = [np.zeros((3, 4))]
    for t in range(2, 7):
        recomputed = np.zeros((3, 4))
        for k in range(t - 2):
            recomputed = np.tanh(x[k] @ params["W1"].T + recomputed @ params["V1"].T)
        np.testing.assert_allclose(stored[t - 2], states[t - 2], rtol=1e-12)
        np.testing.assert_allclose(fresh[t - 2], recomputed, rtol=1e-12)
        grads = added(one_window_loss(model, params, x, y, t, t_, states[t - 2]) for t_ in (t - 1, t))
        states.append(np.tanh(x[t - 2] @ params["W1"].T + states[t - 2] @ params["V1"].T))
        params, _ = optimizer.update(params, grads, ())


def one_window_loss(model, params, x, y, t, t_, h):
    """Return the gradient of the loss of step t', unrolled on a state h_{t-2}."""
    return replace(model, at="last").loss_and_grad(params, x[t - 2 : t_], y[t_ - 1], state=h)[1]


@pytest.mark.equation("S-Alg2")
def test_with_a_step_size_of_almost_nothing_no_state_is_stale(rng):
    params, x, y = draw(MODELS["squared"], rng)
    stored, fresh = stale_states(MODELS["squared"], params, x, y, 3, GradientDescent(1e-12))
    np.testing.assert_allclose(stored, fresh, atol=1e-9)


# --- what the chapter finds ---


def echo(sequences, rng, lag=4, steps=16):
    """Draw sequences of coins, and as labels the coins of four steps before."""
    x = rng.choice([-1.0, 1.0], (steps, sequences, 1))
    y = np.zeros_like(x)
    y[lag:] = x[:-lag]
    return x, y


def trained_echo(T, seed, hidden, rate, epochs):
    """Return the share of signs right on new sequences, and the losses."""
    rng = np.random.default_rng(seed)
    model = SimpleRNN((1, hidden, 1), ("tanh", "identity"))
    start, data, (x, y) = model.init(rng), echo(32, rng), echo(1000, rng)
    params, history = fit(model, start, *data, GradientDescent(rate / 16), epochs=epochs, T=T)
    return np.mean(np.sign(model.forward(params, x)[0][4:]) == y[4:]), history.loss


@pytest.mark.equation("S-Alg2")
def test_an_echo_is_learned_with_blame_that_stops_a_step_before_its_input():
    for seed in (4, 6):
        assert trained_echo(4, seed, 12, 0.1, 120)[0] > 0.99
        assert 0.6 < trained_echo(1, seed, 12, 0.1, 120)[0] < 0.97


@pytest.mark.equation("S-Alg2")
def test_without_the_carried_state_the_blame_has_to_reach_the_input():
    for T, low, high in ((4, 0.45, 0.55), (5, 0.99, 1.0)):
        rng = np.random.default_rng(4)
        model = SimpleRNN((1, 12, 1), ("tanh", "identity"), at="last")
        start, data, (u, v) = model.init(rng), echo(32, rng), echo(1000, rng)
        x = np.concatenate([data[0][end - T : end] for end in range(8, 17)], axis=1)
        params, _ = fit(model, start, x, np.concatenate(data[1][7:]), GradientDescent(0.1), epochs=120)
        right = [np.sign(model.forward(params, u[end - T : end])[0][-1]) == v[end - 1] for end in range(8, 17)]
        assert low <= np.mean(right) <= high


@pytest.mark.equation("S-T1")
def test_followed_in_small_steps_a_truncated_gradient_can_lead_uphill():
    coarse, fine = (np.array(trained_echo(1, 4, 8, rate, round(60 / rate))[1]) for rate in (0.1, 0.02))
    for loss in (coarse, fine):
        assert loss[-1] > 1.4 * loss.min()
    np.testing.assert_allclose(coarse[-1], fine[-1], rtol=1e-2)
    full = trained_echo(16, 4, 8, 0.1, 600)[1]
    assert full[-1] == min(full)


@pytest.mark.equation("S-Alg2")
def test_the_smaller_the_recurrent_matrix_the_sooner_a_truncated_gradient_is_good(rng):
    model = SimpleRNN((3, 20, 2), ("tanh", "identity"))
    start, x, y = draw(model, rng, n=40, sequences=10)
    needed = []
    for scale in (0.5, 1.3):
        params = start | {"V1": scale * start["V1"]}
        full = model.loss_and_grad(params, x, y)[1]
        size = np.sqrt(sum(np.sum(g**2) for g in full.values()))
        cut = (model.loss_and_grad(params, x, y, T=T)[1] for T in range(1, 41))
        off = np.array([np.sqrt(sum(np.sum((g[k] - full[k]) ** 2) for k in g)) / size for g in cut])
        assert off[-1] < 1e-14
        needed.append(np.flatnonzero(off < 0.01)[0] + 1)
    assert needed[0] <= 5 < 10 <= needed[1]


@pytest.mark.equation("S-Alg2")
def test_the_memory_of_a_truncated_gradient_does_not_grow_with_the_length(rng):
    model, peaks = SimpleRNN((1, 32, 1), ("tanh", "identity")), {}
    params = model.init(rng)
    for n in (2000, 8000):
        x, y = rng.normal(size=(2, n, 1, 1))
        for T in (10, None):
            tracemalloc.start()
            model.loss_and_grad(params, x, y, T=T)
            peaks[n, T] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    states = 6000 * 32 * 8  # bytes of the states of the steps that are more
    assert peaks[8000, None] - peaks[2000, None] > 2 * states
    assert peaks[8000, 10] - peaks[2000, 10] < 0.1 * states


# --- bad input ---


def test_bad_input_is_named(rng):
    model = MODELS["squared"]
    params, x, y = draw(model, rng)
    for call, message in [
        (lambda: notes_algorithm(model, params, x, y, 6), "T: expected 1 .. 5, the number of steps, got 6"),
        (lambda: notes_algorithm(model, params, x, y, 0), "T: expected a finite number above 0, got 0"),
        (
            lambda: notes_algorithm(replace(model, at="last"), params, x, y[-1], 2),
            "model: expected a recurrent net",
        ),
        (lambda: notes_algorithm(model, params, x, y[1:], 2), "y: expected a label for every step of x"),
        (lambda: stale_states(model, params, x, y, 9, GradientDescent(0.1)), "T: expected 1 .. 5"),
        (lambda: unrollings(3, 2, "usual"), "form: expected one of ['printed', 'corrected', 'once'], got 'usual'"),
        (lambda: coverage(0, 1), "n: expected a finite number above 0, got 0"),
        (lambda: unrolled_gradients(Elman((2, 4, 3)), params, x, y), "model: expected a SimpleRNN, got Elman"),
        (lambda: unrolled_gradients(SimpleRNN((2, 4, 3), ("relu", "tanh")), params, x, y), "activations: expected"),
    ]:
        with pytest.raises(ValueError, match=re.escape(message)):
            call()
    with pytest.raises(TypeError, match="printed: expected True or False, got 'yes'"):
        notes_algorithm(model, params, x, y, 2, printed="yes")
