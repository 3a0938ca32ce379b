"""Recurrent networks: the notes' equations done literally, PyTorch's cell, masks, states that go on, truncation."""

# ruff: noqa: E501  (a table: one line a row)

import re
import tracemalloc

import numpy as np
import pytest
from test_models import assert_same

from nncourse.activations import sigmoid, softmax
from nncourse.datasets import one_hot
from nncourse.feedforward import FeedForward
from nncourse.recurrent import Elman, Jordan, SimpleRNN, as_elman, as_simple, cell

T, N_SEQ = 7, 5
NETWORKS = pytest.mark.parametrize("network", [SimpleRNN, Elman, Jordan], ids=lambda network: network.__name__)


def draw(model, rng, steps=T, n=N_SEQ):
    """Draw parameters, inputs and labels for a model with a squared loss at all steps."""
    params = {name: rng.standard_normal(shape) for name, shape in model.shapes().items()}
    return params, rng.standard_normal((steps, n, model.sizes[0])), rng.standard_normal((steps, n, model.sizes[2]))


# --- the notes, done literally ---


@pytest.mark.equation("S-rnn", "S-2.1")
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_the_simple_rnn_does_what_section_2_1_says_step_by_step(start, rng):
    model = SimpleRNN((3, 4, 2), ("tanh", "sigmoid"))
    params, x, _ = draw(model, rng, n=1)
    W1, V1, W2 = params.values()
    h, outputs = np.full(4, start), []
    for t in range(T):
        h = np.array([np.tanh(W1[i] @ x[t, 0] + V1[i] @ h) for i in range(4)])
        outputs.append([1 / (1 + np.exp(-W2[j] @ h)) for j in range(2)])
    got, trace = model.forward(params, x, state=np.full((1, 4), start))
    np.testing.assert_allclose(got[:, 0], outputs, rtol=1e-13)
    np.testing.assert_allclose(trace.state[0], h, rtol=1e-13)
    np.testing.assert_array_equal(trace.h[-1], trace.state)


def extended(*blocks):
    """Return [1 X ...]: a column of ones, then the blocks side by side."""
    return np.hstack([np.ones((len(blocks[0]), 1)), *blocks])


@pytest.mark.equation("J-0", "J-F1", "J-1", "J-2", "J-3", "J-4", "J-5", "J-6", "J-7")
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_elmans_network_is_equations_1_to_7(start, rng):
    model = Elman((3, 4, 2))
    params, X, _ = draw(model, rng)
    v, omega = params["v"], params["omega"]
    assert v.shape == (3 + 1 + 4, 4)
    assert omega.shape == (4 + 1, 2)
    F, G = np.full((N_SEQ, 4), start), []
    for t in range(T):
        F = 1 / (1 + np.exp(-(extended(X[t], F) @ v)))  # (2), (3), (4)
        G.append(1 / (1 + np.exp(-(extended(F) @ omega))))  # (5), (6), (7)
    got, _ = model.forward(params, X, state=np.full((N_SEQ, 4), start))
    np.testing.assert_allclose(got, G, rtol=1e-13)


@pytest.mark.equation("J-0", "J-F2", "J-8", "J-9", "J-10", "J-11", "J-12", "J-13", "J-14")
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_jordans_network_is_equations_8_to_14(start, rng):
    model = Jordan((3, 4, 2))
    params, X, _ = draw(model, rng)
    v, omega = params["v"], params["omega"]
    assert v.shape == (3 + 1 + 2, 4)
    G, outputs = np.full((N_SEQ, 2), start), []
    for t in range(T):
        F = 1 / (1 + np.exp(-(extended(X[t], G) @ v)))  # (9), (10), (11)
        G = 1 / (1 + np.exp(-(extended(F) @ omega)))  # (12), (13), (14)
        outputs.append(G)
    got, trace = model.forward(params, X, state=np.full((N_SEQ, 2), start))
    np.testing.assert_allclose(got, outputs, rtol=1e-13)
    np.testing.assert_array_equal(trace.state, got[-1])


@pytest.mark.equation("S-2.1b")
@pytest.mark.parametrize("bias", [False, True])
def test_with_V1_zero_every_step_is_the_two_layer_feedforward_network(bias, rng):
    names = ("tanh", "softmax")
    model, layers = (
        SimpleRNN((3, 4, 2), names, "cross-entropy", bias=bias),
        FeedForward((3, 4, 2), names, "cross-entropy", bias=bias),
    )
    params, x, _ = draw(model, rng)
    params["V1"][:] = 0
    y = rng.integers(2, size=(T, N_SEQ))
    flat = {name: params[name] for name in ("W1", "W2")}
    got, _ = model.forward(params, x)
    np.testing.assert_allclose(got.reshape(-1, 2), layers.forward(flat, x.reshape(-1, 3))[0], rtol=1e-13)
    loss, grads = model.loss_and_grad(params, x, y)
    expected_loss, expected = layers.loss_and_grad(flat, x.reshape(-1, 3), y.ravel())
    np.testing.assert_allclose(loss, T * expected_loss, rtol=1e-13)
    assert_same({name: grads[name] for name in flat}, {name: T * g for name, g in expected.items()})


@pytest.mark.equation("S-2.1", "J-2", "J-3", "J-6")
@pytest.mark.parametrize("bias", [False, True])
def test_the_two_notes_have_the_same_network_with_transposed_matrices(bias, rng):
    simple, elman = (network((3, 4, 2), ("tanh", "sigmoid"), bias=bias) for network in (SimpleRNN, Elman))
    params, x, y = draw(simple, rng)
    carried = as_elman(params)
    assert {name: W.shape for name, W in carried.items()} == elman.shapes()
    np.testing.assert_allclose(elman.forward(carried, x)[0], simple.forward(params, x)[0], rtol=1e-14)
    loss, grads = simple.loss_and_grad(params, x, y)
    other, carried_grads = elman.loss_and_grad(carried, x, y)
    np.testing.assert_allclose(loss, other, rtol=1e-14)
    assert_same(carried_grads, as_elman(grads))
    assert_same(as_simple(carried), params, rtol=0, atol=0)


@pytest.mark.equation("J-F2")
def test_a_jordan_network_with_the_identity_as_output_is_a_simple_rnn_of_low_rank(rng):
    jordan = Jordan((3, 4, 1), ("tanh", "identity"), bias=False)
    params, x, _ = draw(jordan, rng)
    v, omega = params["v"], params["omega"]
    simple = {"W1": v[:3].T, "V1": (omega @ v[3:]).T, "W2": omega.T}
    assert np.linalg.matrix_rank(simple["V1"]) == 1
    got, _ = SimpleRNN((3, 4, 1), ("tanh", "identity")).forward(simple, x)
    np.testing.assert_allclose(got, jordan.forward(params, x)[0], rtol=1e-12)


@pytest.mark.equation("S-2.1", "S-2.1.1b")
@pytest.mark.parametrize("f", ["tanh", "relu"])
def test_pytorchs_own_cell_gives_the_same_states_and_gradients(f, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    model = SimpleRNN((3, 4, 2), (f, "identity"))
    params, x, y = draw(model, rng)
    net = torch.nn.RNN(3, 4, nonlinearity=f, bias=False, dtype=torch.float64)
    out = torch.nn.Linear(4, 2, bias=False, dtype=torch.float64)
    weights = dict(zip(params, (net.weight_ih_l0, net.weight_hh_l0, out.weight), strict=True))
    for name, W in weights.items():
        W.data = torch.tensor(params[name])
    start = rng.standard_normal((N_SEQ, 4))
    h, last = net(torch.tensor(x), torch.tensor(start)[None])
    loss = ((out(h) - torch.tensor(y)) ** 2).sum() / (2 * N_SEQ)
    loss.backward()
    got, trace = model.forward(params, x, state=start)
    np.testing.assert_allclose(trace.h, h.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(trace.state, last[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(got, out(h).detach().numpy(), rtol=1e-11)
    mine, grads = model.loss_and_grad(params, x, y, state=start)
    np.testing.assert_allclose(mine, loss.item(), rtol=1e-12)
    assert_same(grads, {name: W.grad.numpy() for name, W in weights.items()}, rtol=1e-11)


# --- states that go on, masks, ids ---


@NETWORKS
def test_a_sequence_may_come_in_parts_or_step_by_step(network, rng):
    model = network((3, 4, 2), ("tanh", "sigmoid"))
    params, x, _ = draw(model, rng)
    whole, trace = model.forward(params, x)
    first, middle = model.forward(params, x[:3])
    second, end = model.forward(params, x[3:], state=middle.state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-14)
    np.testing.assert_allclose(end.state, trace.state, rtol=1e-14)
    state, steps = None, []
    for x_t in x:
        y_t, state = model.step(params, x_t, state)
        steps.append(y_t)
    np.testing.assert_allclose(steps, whole, rtol=1e-14)


@NETWORKS
@pytest.mark.parametrize("at", ["all", "last"])
def test_padding_changes_nothing_whatever_stands_there(network, at, rng):
    model = network((3, 4, 2), ("tanh", "identity"), at=at)
    params, x, y = draw(model, rng)
    y = y if at == "all" else y[0]
    lengths = np.array([7, 1, 4, 2, 6])
    mask = np.arange(T)[:, None] < lengths
    results = []
    for filling in (0.0, 1e300, np.nan):
        padded_x = np.where(mask[:, :, None], x, filling)
        padded_y = np.where(mask[:, :, None], y, filling) if at == "all" else y
        output, trace = model.forward(params, padded_x, mask)
        loss, grads = model.loss_and_grad(params, padded_x, padded_y, mask)
        results.append((output.tobytes(), trace.state.tobytes(), loss, [g.tobytes() for g in grads.values()]))
    assert results[0] == results[1] == results[2]
    for i, L in enumerate(lengths):
        alone, end = model.forward(params, x[:L, i : i + 1])
        np.testing.assert_allclose(output[:L, i], alone[:, 0], rtol=1e-12)
        np.testing.assert_allclose(output[L:, i], np.broadcast_to(alone[-1, 0], (T - L, 2)), rtol=1e-12)
        np.testing.assert_allclose(trace.state[i], end.state[0], rtol=1e-12)


@NETWORKS
def test_an_id_stands_for_its_unit_vector(network, rng):
    model = network((6, 4, 2), ("tanh", "sigmoid"), bias=True)
    params, _, y = draw(model, rng)
    ids = rng.integers(6, size=(T, N_SEQ))
    ids[0] = ids[1]
    unit = one_hot(ids.ravel(), 6).reshape(T, N_SEQ, 6)
    np.testing.assert_allclose(model.forward(params, ids)[0], model.forward(params, unit)[0], rtol=1e-13)
    for steps in (None, 2):
        loss, grads = model.loss_and_grad(params, ids, y, T=steps)
        expected_loss, expected = model.loss_and_grad(params, unit, y, T=steps)
        np.testing.assert_allclose(loss, expected_loss, rtol=1e-13)
        assert_same(grads, expected, rtol=1e-11)


# --- truncation ---


def one_loss_at_a_time(model, params, x, y, lengths, T):
    """Return the truncated gradient: each loss from a state T steps before that is a constant, then the mean."""
    last, total, n = type(model)(model.sizes, model.activations, bias=model.bias, at="last"), None, x.shape[1]
    for i in range(n):
        for s in range(lengths[i]):
            first, state = max(0, s - T + 1), None
            if first:
                state = model.forward(params, x[:first, i : i + 1])[1].state
            _, grads = last.loss_and_grad(params, x[first : s + 1, i : i + 1], y[s, i : i + 1], state=state)
            total = grads if total is None else {name: total[name] + g for name, g in grads.items()}
    return {name: g / n for name, g in total.items()}


@pytest.mark.equation("S-T1", "S-2.1.1b", "J-bp")
@NETWORKS
@pytest.mark.parametrize("steps", [1, 2, 3, 6, 7, 12])
def test_each_loss_goes_back_through_T_steps_and_counts_once(network, steps, rng, monkeypatch):
    model = network((3, 4, 2), ("tanh", "sigmoid"), bias=True)
    params, x, y = draw(model, rng, steps=12, n=3)
    lengths = np.array([12, 3, 8])
    mask = np.arange(12)[:, None] < lengths
    expected = one_loss_at_a_time(model, params, x, y, lengths, steps)
    for piece in (1, 5, 256):  # how the sum is cut into pieces does not matter
        monkeypatch.setattr(cell, "PIECE", piece)
        monkeypatch.setattr(cell, "WINDOWS", 1)
        loss, grads = model.loss_and_grad(params, x, y, mask, T=steps)
        np.testing.assert_allclose(loss, model.evaluate(params, x, y, mask), rtol=1e-12)
        assert_same(grads, expected, rtol=1e-10)


@NETWORKS
@pytest.mark.parametrize("at", ["all", "last"])
def test_through_all_steps_the_truncated_gradient_is_the_full_one(network, at, rng):
    model = network((3, 4, 2), ("tanh", "identity"), at=at)
    params, x, y = draw(model, rng)
    y, state = (y if at == "all" else y[0]), rng.standard_normal((N_SEQ, model.state_size))
    assert_same(
        model.loss_and_grad(params, x, y, state=state, T=T)[1], model.loss_and_grad(params, x, y, state=state)[1]
    )


@NETWORKS
def test_a_truncated_gradient_at_the_last_step_reads_the_last_T_inputs_alone(network, rng):
    model = network((3, 4, 2), ("tanh", "identity"), at="last")
    params, x, y = draw(model, rng)
    before = model.forward(params, x[:4])[1].state
    got = model.loss_and_grad(params, x, y[0], T=3)[1]
    assert_same(got, model.loss_and_grad(params, x[4:], y[0], state=before)[1], rtol=1e-11)


@NETWORKS
def test_the_last_label_is_met_in_its_own_piece_and_the_others_have_none(network, rng, monkeypatch):
    model = network((3, 4, 2), ("tanh", "softmax"), "cross-entropy", at="last")
    params, x, _ = draw(model, rng, steps=12, n=3)
    y, mask = rng.integers(2, size=3), np.arange(12)[:, None] < [12, 2, 3]
    expected = model.loss_and_grad(params, x, y, mask, T=3)
    monkeypatch.setattr(cell, "PIECE", 1)
    monkeypatch.setattr(cell, "WINDOWS", 1)
    loss, grads = model.loss_and_grad(params, x, y, mask, T=3)
    np.testing.assert_allclose(loss, expected[0], rtol=1e-13)
    assert_same(grads, expected[1])


@pytest.mark.equation("S-T1")
def test_with_T_1_the_gradient_is_that_of_the_feedforward_network_with_the_state_as_an_input(rng):
    model, layers = SimpleRNN((3, 4, 2), ("tanh", "sigmoid")), FeedForward((7, 4, 2), ("tanh", "sigmoid"))
    params, x, y = draw(model, rng, n=1)
    states = np.concatenate([np.zeros((1, 4)), model.forward(params, x)[1].h[:-1, 0]])
    flat = {"W1": np.hstack([params["W1"], params["V1"]]), "W2": params["W2"]}
    loss, grads = layers.loss_and_grad(flat, np.hstack([x[:, 0], states]), y[:, 0])
    mine, got = model.loss_and_grad(params, x, y, T=1)
    np.testing.assert_allclose(mine, T * loss, rtol=1e-13)
    expected = {"W1": T * grads["W1"][:, :3], "V1": T * grads["W1"][:, 3:], "W2": T * grads["W2"]}
    assert_same(got, expected)


def peak(model, params, steps, T):
    """Return the most memory in bytes that a gradient took beyond its arguments."""
    x, y = np.zeros((steps, 1, 3)), np.zeros((steps, 1, 2))
    model.backprop(params, x[:10], y[:10], T=T)
    tracemalloc.start()
    try:
        model.backprop(params, x, y, T=T)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@NETWORKS
def test_the_memory_of_a_truncated_gradient_does_not_grow_with_the_length(network, rng):
    model = network((3, 16, 2), ("tanh", "identity"))
    params, _, _ = draw(model, rng)
    short, long = peak(model, params, 2_000, 10), peak(model, params, 20_000, 10)
    assert long < 1.3 * short
    assert peak(model, params, 20_000, None) > 5 * long


# --- blame ---


@pytest.mark.equation("S-2.1.1b", "J-20")
@NETWORKS
@pytest.mark.parametrize("at", ["all", "last"])
def test_blame_is_the_derivative_of_the_loss_in_the_state_of_one_step(network, at, rng):
    model = network((3, 4, 2), ("tanh", "sigmoid"), bias=True, at=at)
    params, x, y = draw(model, rng)
    y = y if at == "all" else y[0]
    mask = np.arange(T)[:, None] < np.array([7, 3, 5, 7, 6])
    got = model.blame(params, x, y, mask)
    assert got.shape == (T, N_SEQ, 4)
    omega = params["omega"] if "omega" in params else params["W2"].T

    def losses_from(h, t):  # the losses of step t and later, as a function of h_t
        g = sigmoid(extended(h) @ omega)
        state = g if network is Jordan else h
        outputs = [g] + ([*model.forward(params, x[t + 1 :], state=state)[0]] if t + 1 < T else [])
        ends = mask.sum(axis=0) - 1
        counts = mask[t:] if at == "all" else np.arange(t, T)[:, None] == ends
        labels = y[t:] if at == "all" else np.broadcast_to(y, (T - t, *y.shape))
        return (
            sum(c @ ((o - l) ** 2).sum(axis=1) / 2 for c, o, l in zip(counts, outputs, labels, strict=True)) / N_SEQ
        )

    h, step = model.forward(params, x)[1].h, 1e-6
    for t in range(T):
        v = rng.standard_normal((N_SEQ, 4)) * mask[t][:, None]
        slope = (losses_from(h[t] + step * v, t) - losses_from(h[t] - step * v, t)) / (2 * step)
        np.testing.assert_allclose(np.sum(got[t] * v), slope, rtol=1e-7, atol=1e-10)
    assert np.all(got[~mask] == 0)


# --- what is refused ---

SQUARED, LAST = SimpleRNN((3, 4, 2), ("tanh", "identity")), Elman((3, 4, 2), at="last")
WORDS = Jordan((3, 4, 2), ("tanh", "softmax"), "cross-entropy")
P = {
    network: {name: np.ones(shape) for name, shape in network.shapes().items()}
    for network in (SQUARED, LAST, WORDS)
}
X, Y, MASK = np.ones((6, 5, 3)), np.ones((6, 5, 2)), np.ones((6, 5), bool)
TWICE, EMPTY = MASK.copy(), MASK.copy()
TWICE[2, 3], EMPTY[:, 1] = False, False


def run(model=SQUARED, x=X, y=Y, mask=None, **options):
    return lambda: model.loss_and_grad(P[model], x, y, mask, **options)


REFUSED = [
    ("lengths disagree", run(y=Y[:5]), ValueError, r"y: expected a label for every step of x, \(6, 5\), got \(5, 5, 2\)"),
    ("numbers of sequences disagree", run(y=Y[:, :4]), ValueError, r"y: .* every step of x, \(6, 5\), got \(6, 4, 2\)"),
    ("labels per sequence", run(LAST, y=Y), ValueError, r"y: expected a label for every sequence of x, \(5,\), got \(6, 5, 2\)"),
    ("outputs disagree", run(y=Y[:, :, :1]), ValueError, r"y: expected shape \(6, 5, 2\), got \(6, 5, 1\)"),
    ("inputs disagree", run(x=X[:, :, :2]), ValueError, r"x: expected shape \(T, n, 3\), got \(6, 5, 2\)"),
    ("one sequence without its axis", run(x=X[:, 0]), ValueError, r"x: expected shape \(T, n, 3\), got \(6, 3\)"),
    ("ragged", run(x=[[[1.0, 2, 3]], [[1.0, 2]]]), ValueError, r"x: expected shape \(T, n, 3\), got rows of unequal"),
    ("bits without their last axis", lambda: Elman((1, 2, 1)).forward({"v": np.ones((4, 2)), "omega": np.ones((3, 1))}, np.ones((6, 5), int)), ValueError, r"x: expected shape \(T, n, 1\), got \(6, 5\)"),
    ("no steps", run(x=X[:0], y=Y[:0]), ValueError, r"x: expected shape \(T, n, 3\), got \(0, 5, 3\)"),
    ("x nan", run(x=np.full_like(X, np.nan)), ValueError, r"x: expected finite numbers, got nan at index \(0, 0, 0\)"),
    ("y inf", run(y=np.full_like(Y, np.inf)), ValueError, r"y: expected finite numbers, got inf at index \(0, 0, 0\)"),
    ("a mask that ends twice", run(mask=TWICE), ValueError, r"mask: expected one end a sequence; sequence 3 has ended and goes on at step 3"),
    ("an empty sequence", run(mask=EMPTY), ValueError, r"mask: expected a first step in every sequence, got none in sequence 1"),
    ("a mask of another shape", run(mask=MASK[:5]), ValueError, r"mask: expected shape \(6, 5\), got \(5, 5\)"),
    ("a mask of numbers", run(mask=1 * MASK), TypeError, r"mask: expected True and False, got int64"),
    ("T 0", run(T=0), ValueError, r"T: expected a finite number above 0, got 0"),
    ("T negative", run(T=-1), ValueError, r"T: .* got -1"),
    ("T above n", run(T=7), ValueError, r"T: expected 1 .. 6, the number of steps, got 7"),
    ("T no whole number", run(T=2.0), TypeError, r"T: expected a whole number above 0, got 2.0 \(float\)"),
    ("state of the wrong width", run(state=np.zeros((5, 3))), ValueError, r"state: expected shape \(5, 4\), got \(5, 3\)"),
    ("state for too few", run(state=np.zeros((4, 4))), ValueError, r"state: expected shape \(5, 4\), got \(4, 4\)"),
    ("state without axis", run(state=np.zeros(4)), ValueError, r"state: expected shape \(5, 4\), got \(4,\)"),
    ("Jordan's state", run(WORDS, y=np.ones((6, 5), int), state=np.zeros((5, 4))), ValueError, r"state: expected shape \(5, 2\), got \(5, 4\)"),
    ("state nan", run(state=np.full((5, 4), np.nan)), ValueError, r"state: expected finite numbers, got nan"),
    ("id too large", run(WORDS, x=np.full((6, 5), 3), y=np.ones((6, 5), int)), ValueError, r"x: expected ids 0 .. 2, got 3 at index \(0, 0\)"),
    ("label too large", run(WORDS, y=np.full((6, 5), 2)), ValueError, r"y: expected labels 0 .. 1, got 2 at index \(0, 0\)"),
    ("labels no integers", run(WORDS, y=np.ones((6, 5))), TypeError, r"y: expected integer labels 0 .. 1, got float64"),
    ("overflow", lambda: SimpleRNN((1, 1, 1), ("identity", "identity")).loss_and_grad({"W1": [[1.0]], "V1": [[1e200]], "W2": [[1.0]]}, np.ones((3, 1, 1)), np.ones((3, 1, 1))), FloatingPointError, r"the loss or its gradient overflows"),
    ("two sizes", lambda: SimpleRNN((1, 2), ("tanh", "tanh")), ValueError, r"sizes: expected 3 numbers, got \(1, 2\)"),
    ("one activation", lambda: Elman((1, 2, 1), ("tanh",)), ValueError, r"activations: expected 2, f\(1\) and f\(2\), got \('tanh',\)"),
    ("softmax inside", lambda: Elman((1, 2, 1), ("softmax", "tanh")), ValueError, r"activations: expected an entry-wise f\(1\), got softmax"),
    ("loss and output", lambda: Elman((1, 2, 1), ("tanh", "tanh"), "cross-entropy"), ValueError, r"loss: cross-entropy expects softmax"),
    ("at the first", lambda: Elman((1, 2, 1), at="first"), ValueError, r"at: expected 'all' or 'last', got 'first'"),
    ("parameters of the other note", lambda: LAST.forward(P[SQUARED], X), ValueError, r"params: expected the names \['omega', 'v'\], got \['V1', 'W1', 'W2'\]"),
    ("a step too long", lambda: SQUARED.step(P[SQUARED], X), ValueError, r"x"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_bad_sequences_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_labels_beyond_a_sequences_end_do_not_matter_for_a_classifier(rng):
    y = rng.integers(2, size=(6, 5))
    mask = np.arange(6)[:, None] < [6, 2, 4, 1, 5]
    nonsense = np.where(mask, y, 99)
    x = rng.standard_normal((6, 5, 3))
    loss, grads = WORDS.loss_and_grad(P[WORDS], x, nonsense, mask)
    expected_loss, expected = WORDS.loss_and_grad(P[WORDS], x, y, mask)
    assert loss == expected_loss
    assert_same(grads, expected, rtol=0, atol=0)


def test_probabilities_that_are_fed_back_sum_to_one(rng):
    output, trace = WORDS.forward(P[WORDS], rng.standard_normal((6, 5, 3)))
    np.testing.assert_allclose(output.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_array_equal(output, softmax(trace.o))


def test_the_names_of_a_spec_are_those_of_the_notes():
    assert re.match(r"SimpleRNN\(sizes=\(3, 4, 2\), activations=\(", repr(SQUARED))
    assert list(SQUARED.shapes()) == ["W1", "V1", "W2"]
    assert list(LAST.shapes()) == ["v", "omega"]


def test_first_values_have_variance_one_over_the_inputs_of_their_matrix():
    simple = SimpleRNN((300, 100, 50), ("tanh", "identity"), bias=True).init(np.random.default_rng(0))
    for name, inputs in {"W1": 301, "V1": 100, "W2": 101}.items():
        np.testing.assert_allclose(simple[name][:, name != "V1" :].var() * inputs, 1, rtol=0.05)
    elman = Elman((300, 100, 50)).init(np.random.default_rng(0))
    for name, inputs in {"v": 401, "omega": 101}.items():
        np.testing.assert_allclose(elman[name][1:].var() * inputs, 1, rtol=0.05)
