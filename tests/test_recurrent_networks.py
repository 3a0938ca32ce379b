"""What the chapter on recurrent networks says: two notations, the parity network, the floor of the XOR stream."""

import itertools
import re
from fractions import Fraction

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import sympy as sp

from nncourse import plots
from nncourse.datasets import xor_sequence
from nncourse.derivations import recurrent_networks as derivation
from nncourse.derivations.backpropagation import evaluate
from nncourse.derivations.delta_rule import equal
from nncourse.feedforward import FeedForward
from nncourse.optimizers import Rprop
from nncourse.recurrent import Elman, Jordan, SimpleRNN, as_elman, as_simple
from nncourse.sequences import pad
from nncourse.streaming import streams
from nncourse.training import fit

PARITY = {"W1": np.array([[1.0], [-1]]), "V1": np.array([[-1.0, -1], [1, 1]]), "W2": np.array([[1.0, 1]])}
FINGER = SimpleRNN((1, 2, 1), ("relu", "identity"))


def sigma(z):
    return 1 / (1 + np.exp(-z))


def ones_before(A):
    return np.column_stack([np.ones(len(A)), A])


# --- the networks, as the notes print them ---


@pytest.mark.equation("S-rnn", "S-2.1")
def test_the_simple_rnn_is_the_notes_recursion_from_a_state_of_zeros(rng):
    model = SimpleRNN((3, 4, 2), ("tanh", "sigmoid"))
    params, x = model.init(rng), rng.standard_normal((6, 1, 3))
    output, trace = model.forward(params, x)
    h = np.zeros(4)
    for t in range(6):
        h = np.tanh(params["W1"] @ x[t, 0] + params["V1"] @ h)
        np.testing.assert_allclose(trace.h[t, 0], h, rtol=1e-13)
        np.testing.assert_allclose(output[t, 0], sigma(params["W2"] @ h), rtol=1e-13)
    again, _ = model.forward(params, x, state=np.zeros((1, 4)))
    np.testing.assert_array_equal(again, output)


@pytest.mark.equation("S-2.1b")
def test_without_v1_it_is_the_feedforward_network_at_each_step(rng):
    model, layers = SimpleRNN((3, 4, 2), ("tanh", "sigmoid")), FeedForward((3, 4, 2), ("tanh", "sigmoid"))
    params, x = model.init(rng), rng.standard_normal((5, 3, 3))
    output, _ = model.forward(params | {"V1": np.zeros((4, 4))}, x)
    for x_t, y_t in zip(x, output, strict=True):
        expected, _ = layers.forward({"W1": params["W1"], "W2": params["W2"]}, x_t)
        np.testing.assert_allclose(y_t, expected, rtol=1e-14)
    with_memory, _ = model.forward(params, x)
    assert np.abs(with_memory[1:] - output[1:]).min() > 0


@pytest.mark.equation("S-rnn")
def test_what_is_fed_back_is_the_hidden_state_and_neither_input_nor_output(rng):
    model, jordan = SimpleRNN((2, 3, 1), ("tanh", "sigmoid")), Jordan((2, 3, 1))
    params, x = model.init(rng), rng.standard_normal((4, 1, 2))
    _, before = model.forward(params, x)
    _, after = model.forward(params | {"W2": params["W2"] + 1}, x)
    np.testing.assert_array_equal(before.h, after.h)
    params = jordan.init(rng)
    _, before = jordan.forward(params, x)
    _, after = jordan.forward(params | {"omega": params["omega"] + 1}, x)
    np.testing.assert_array_equal(before.h[0], after.h[0])
    assert np.abs(before.h[1:] - after.h[1:]).min() > 0


@pytest.mark.equation("S-2.1")
def test_v1_is_square():
    model = SimpleRNN((2, 3, 1), ("tanh", "identity"))
    params = model.init(np.random.default_rng(0))
    with pytest.raises(ValueError, match=re.escape('"V1"]: expected shape (3, 3), got (3, 2)')):
        model.forward(params | {"V1": np.zeros((3, 2))}, np.zeros((4, 1, 2)))


@pytest.mark.equation("J-1", "J-2", "J-3", "J-4", "J-5", "J-6", "J-7")
def test_elmans_network_is_equations_1_to_7_with_the_hidden_units_of_the_step_before(rng):
    model = Elman((2, 4, 3))
    params, X = model.init(rng), rng.standard_normal((5, 6, 2))
    output, trace = model.forward(params, X)
    F = np.zeros((6, 4))
    for t in range(5):
        extended = np.hstack([np.ones((6, 1)), X[t], F])
        assert extended.shape == (6, 1 + 2 + 4)
        F = sigma(extended @ params["v"])
        np.testing.assert_allclose(trace.h[t], F, rtol=1e-13)
        np.testing.assert_allclose(output[t], sigma(ones_before(F) @ params["omega"]), rtol=1e-13)


@pytest.mark.equation("J-8", "J-9", "J-10", "J-11", "J-12", "J-13", "J-14")
def test_jordans_network_is_equations_8_to_14_with_the_outputs_of_the_step_before(rng):
    model = Jordan((2, 4, 3))
    params, X = model.init(rng), rng.standard_normal((5, 6, 2))
    output, trace = model.forward(params, X)
    G = np.zeros((6, 3))
    for t in range(5):
        extended = np.hstack([np.ones((6, 1)), X[t], G])
        assert extended.shape == (6, 1 + 2 + 3)
        F = sigma(extended @ params["v"])
        np.testing.assert_allclose(trace.h[t], F, rtol=1e-13)
        G = sigma(ones_before(F) @ params["omega"])
        np.testing.assert_allclose(output[t], G, rtol=1e-13)


@pytest.mark.equation("J-2", "J-6", "J-9")
@pytest.mark.parametrize(("N", "K", "J"), [(2, 3, 4), (1, 5, 2), (4, 2, 3)])
def test_the_printed_widths_are_right(N, K, J):
    assert Elman((N, K, J)).shapes() == {"v": (N + 1 + K, K), "omega": (K + 1, J)}
    assert Jordan((N, K, J)).shapes() == {"v": (N + 1 + J, K), "omega": (K + 1, J)}


@pytest.mark.equation("J-2")
def test_the_step_of_f_is_no_factor(rng):
    model = Elman((2, 3, 1))
    params, X = model.init(rng), rng.standard_normal((3, 4, 2))
    _, trace = model.forward(params, X)
    third = np.hstack([np.ones((4, 1)), X[2], trace.h[1]])
    np.testing.assert_allclose(trace.h[2], sigma(third @ params["v"]), rtol=1e-13)
    third[:, 3:] *= 3 - 1
    assert np.abs(trace.h[2] - sigma(third @ params["v"])).max() > 0.01


@pytest.mark.equation("J-4", "J-7", "J-11", "J-14")
def test_the_inverse_in_the_sigmoid_is_taken_entry_by_entry():
    model = Elman((2, 2, 2))
    params = {name: np.zeros(shape) for name, shape in model.shapes().items()}
    output, trace = model.forward(params, np.ones((1, 2, 2)))
    np.testing.assert_array_equal(trace.h[0], np.full((2, 2), 0.5))
    np.testing.assert_array_equal(output[0], np.full((2, 2), 0.5))
    assert (sp.ones(2) + sp.ones(2)).det() == 0  # 1 + exp(-0), exp entry by entry: no inverse
    third = sp.Rational(1, 3)
    assert (sp.ones(2) + sp.zeros(2).exp()).inv() == sp.Matrix([[2 * third, -third], [-third, 2 * third]])


@pytest.mark.equation("J-9", "S-2.1")
def test_from_a_state_of_one_half_the_outputs_are_others(rng):
    for model in (Elman((1, 3, 1)), Jordan((1, 3, 1))):
        params, x = model.init(rng), rng.standard_normal((4, 2, 1))
        zero, _ = model.forward(params, x)
        given, _ = model.forward(params, x, state=np.zeros((2, model.state_size)))
        half, _ = model.forward(params, x, state=np.full((2, model.state_size), 0.5))
        np.testing.assert_array_equal(zero, given)
        assert np.abs(zero - half)[0].min() > 1e-3


@pytest.mark.equation("J-F2", "J-9")
def test_jordans_context_is_the_last_output_and_nothing_older(rng):
    model = Jordan((2, 3, 2))
    params, x = model.init(rng), rng.standard_normal((5, 1, 2))
    whole, trace = model.forward(params, x)
    rest, _ = model.forward(params, x[3:], state=whole[2])
    np.testing.assert_allclose(rest, whole[3:], rtol=1e-14)
    np.testing.assert_array_equal(trace.state, whole[-1])


@pytest.mark.equation("J-F1", "J-2")
def test_elmans_context_is_a_copy_of_the_hidden_units(rng):
    model = Elman((2, 3, 2))
    params, x = model.init(rng), rng.standard_normal((5, 1, 2))
    whole, trace = model.forward(params, x)
    rest, _ = model.forward(params, x[3:], state=trace.h[2])
    np.testing.assert_allclose(rest, whole[3:], rtol=1e-14)
    np.testing.assert_array_equal(trace.state, trace.h[-1])


@pytest.mark.equation("J-F1", "J-F2")
@pytest.mark.parametrize(("jordan", "kept", "source"), [(False, "F_{t-1}", "hidden"), (True, "G_{t-1}", "output")])
def test_the_drawing_leads_from_what_is_fed_back_to_the_context(jordan, kept, source):
    figure, ax = plt.subplots()
    plots.feedback(ax, jordan=jordan)
    at = {text.get_text().split(" $")[0]: text.get_position() for text in ax.texts}
    context = next(text.get_text() for text in ax.texts if text.get_text().startswith("context"))
    loop = ax.lines[0].get_xydata()
    plt.close(figure)
    assert kept in context
    assert loop[0][1] == at[source][1]
    assert loop[-1][1] == at["context"][1]


# --- one network in two notations ---


@pytest.mark.equation("J-2", "J-3", "S-2.1")
@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 3), (3, 1, 2)])
def test_elmans_score_is_that_of_the_simple_rnn(sizes):
    printed, in_columns = derivation.elman_score(*sizes)
    assert printed.shape == (sizes[0], sizes[2])
    assert equal(printed, in_columns)
    x11 = next(s for s in printed.free_symbols if s.name == "x_11")
    assert not equal(printed, in_columns.subs(x11, 2 * x11))


@pytest.mark.equation("J-9", "J-10", "J-13")
@pytest.mark.parametrize("sizes", [(2, 1, 3, 1), (1, 2, 2, 2), (2, 1, 2, 3)])
def test_a_jordan_network_with_a_straight_output_is_simple(sizes, rng):
    assert equal(*derivation.jordan_score(*sizes))
    n, N, K, J = sizes
    jordan, simple = Jordan((N, K, J), ("tanh", "identity"), bias=False), SimpleRNN((N, K, J), ("tanh", "identity"))
    params, x = jordan.init(rng), rng.standard_normal((5, n, N))
    v, omega = params["v"], params["omega"]
    V1 = (omega @ v[N:]).T
    assert np.linalg.matrix_rank(V1) <= J
    output, _ = simple.forward({"W1": v[:N].T, "V1": V1, "W2": omega.T}, x)
    np.testing.assert_allclose(jordan.forward(params, x)[0], output, rtol=1e-12)


@pytest.mark.equation("J-3", "J-6", "S-2.1")
@pytest.mark.parametrize("bias", [False, True])
def test_parameters_go_from_one_note_to_the_other_and_back(bias, rng):
    simple, elman = (
        SimpleRNN((2, 3, 4), ("sigmoid", "sigmoid"), bias=bias),
        Elman((2, 3, 4), ("sigmoid", "sigmoid"), bias=bias),
    )
    params, x = simple.init(rng), rng.standard_normal((6, 5, 2))
    carried = as_elman(params)
    assert {name: W.shape for name, W in carried.items()} == elman.shapes()
    np.testing.assert_allclose(elman.forward(carried, x)[0], simple.forward(params, x)[0], rtol=1e-13)
    for name, W in as_simple(carried).items():
        np.testing.assert_array_equal(W, params[name])


@pytest.mark.equation("S-2.1", "J-9")
@pytest.mark.parametrize("jordan", [False, True])
def test_the_gradient_is_what_sympy_differentiates(jordan, rng):
    sizes, T = (1, 2, 1), 3
    names, x_, y_, symbolic = derivation.gradients(
        sizes,
        T,
        lambda z: z.applyfunc(sp.tanh),
        lambda z: z.applyfunc(lambda u: 1 / (1 + sp.exp(-u))),
        jordan=jordan,
    )
    x, y = rng.standard_normal((T, 1)), rng.random((T, 1))
    weights = [rng.standard_normal(W.shape) for W in names]
    W1, V1, W2 = evaluate(symbolic, (names, x_, y_), (weights, x, y))
    activations = ("tanh", "sigmoid")
    if jordan:
        v = np.concatenate([weights[0].T, weights[1].T])
        model, params = Jordan(sizes, activations, bias=False), {"v": v, "omega": weights[2].T}
        expected = {"v": np.concatenate([W1.T, V1.T]), "omega": W2.T}
    else:
        model, params = SimpleRNN(sizes, activations), dict(zip(("W1", "V1", "W2"), weights, strict=True))
        expected = {"W1": W1, "V1": V1, "W2": W2}
    _, grads = model.loss_and_grad(params, x[:, None], y[:, None])
    for name in expected:
        np.testing.assert_allclose(grads[name], expected[name], rtol=1e-12)


# --- what a state can keep ---


@pytest.mark.equation("S-2.1", "J-0")
def test_eight_weights_tell_the_parity_of_any_number_of_bits(rng):
    bits = rng.integers(2, size=(3000, 4))
    parity = bits.cumsum(axis=0) % 2
    output, _ = FINGER.forward(PARITY, bits[:, :, None] * 1.0)
    np.testing.assert_array_equal(output[:, :, 0], parity)
    jordan = Jordan((1, 2, 1), ("relu", "identity"), bias=False)
    output, _ = jordan.forward({"v": [[1, -1], [-1, 1]], "omega": [[1], [1]]}, bits[:, :, None] * 1.0)
    np.testing.assert_array_equal(output[:, :, 0], parity)


@pytest.mark.equation("S-2.1")
@pytest.mark.parametrize("c", [0.0, 0.25, 0.5, 1.0])
def test_the_parity_network_never_forgets_where_it_began(c, rng):
    bits = rng.integers(2, size=50)
    output, _ = FINGER.forward(PARITY, bits[:, None, None] * 1.0, state=[[c, 0.0]])
    np.testing.assert_array_equal(output[:, 0, 0], np.where(bits.cumsum() % 2, 1 - c, c))


@pytest.mark.equation("J-0")
def test_sequences_of_any_length_in_one_batch_and_bit_by_bit():
    sequences = [[1, 0, 1], [1, 1, 1, 0, 1, 0, 0, 1], [0, 0, 1, 0, 1]]
    x, mask = pad([np.array(s, float)[:, None] for s in sequences])
    output, _ = FINGER.forward(PARITY, x, mask)
    assert output[-1, :, 0].tolist() == [sum(s) % 2 for s in sequences]
    state, said = None, []
    for bit in sequences[1]:
        y, state = FINGER.step(PARITY, [[bit]], state)
        said.append(y[0, 0])
    assert said == (np.cumsum(sequences[1]) % 2).tolist()


# --- the stream ---


def streams_of(groups):
    """Give all equally likely streams of so many groups."""
    for draws in itertools.product((0, 1), repeat=2 * groups):
        yield [bit for a, b in zip(draws[::2], draws[1::2], strict=True) for bit in (a, b, a ^ b)]


def next_bits(k):
    """Return, for every string of k bits, the equally likely (place, next bit)."""
    found = {}
    for stream in streams_of(k // 3 + 2):
        for first in range(3):
            found.setdefault(tuple(stream[first : first + k]), []).append(((first + k) % 3, stream[first + k]))
    return found


@pytest.mark.equation("J-T1", "J-xor")
def test_the_string_is_the_rows_of_the_truth_table():
    rows = [f"{a}{b}{a ^ b}" for a in (0, 1) for b in (0, 1)]
    assert rows == ["000", "011", "101", "110"]
    assert "".join(str(int(bit)) for bit in xor_sequence(4)) == "".join(rows) == "000011101110"


@pytest.mark.equation("J-xor")
def test_the_repeated_string_is_predictable_from_six_bits_learned_by_heart():
    def tells(string, k):
        followers = {}
        for t in range(k, len(string)):
            followers.setdefault(string[t - k : t], set()).add(string[t])
        return all(len(bits) == 1 for bits in followers.values())

    rows = "000011101110"
    assert [tells(rows, k) for k in range(3, 6)] == [False, True, True]
    assert [tells(rows * 4, k) for k in range(4, 8)] == [False, False, True, True]


@pytest.mark.equation("J-xor")
@pytest.mark.parametrize("k", range(9))
def test_the_guess_is_the_share_of_ones_and_the_floor_is_its_mean_error(k):
    errors, counts = [Fraction(0)] * 3, [0] * 3
    for seen, after in next_bits(k).items():
        said = derivation.guess(seen)
        assert said == Fraction(sum(bit for _, bit in after), len(after))
        for place, bit in after:
            errors[place] += (said - bit) ** 2
            counts[place] += 1
    assert derivation.floor(k) == [e / c for e, c in zip(errors, counts, strict=True)]


@pytest.mark.equation("J-xor")
def test_the_floor_sinks_from_a_quarter_over_two_ninths_to_a_sixth():
    means = [sum(derivation.floor(k)) / 3 for k in range(61)]
    assert means[:3] == [Fraction(1, 4), Fraction(1, 4), Fraction(2, 9)]
    assert derivation.floor(2) == [Fraction(5, 18), Fraction(5, 18), Fraction(1, 9)]
    assert all(later < earlier for earlier, later in itertools.pairwise(means[1:]))
    assert Fraction(1, 6) < means[60] < Fraction(1, 6) + Fraction(1, 10**6)


@pytest.mark.equation("J-xor")
def test_careful_costs_two_ninths_bold_a_third_and_nothing_costs_less_than_careful():
    def cost(c):
        after = [(a ^ b, place, bit) for (a, b), places in next_bits(2).items() for place, bit in places]
        return Fraction(sum((abs(xor - c) - bit) ** 2 for xor, _, bit in after), len(after))

    for c in (Fraction(0), Fraction(1, 2), Fraction(1, 3), Fraction(2, 7)):
        assert cost(c) == (c - Fraction(1, 3)) ** 2 + Fraction(2, 9)
    assert (cost(Fraction(0)), cost(Fraction(1, 2))) == (Fraction(1, 3), Fraction(1, 4))


def test_no_stream_has_such_bits():
    with pytest.raises(ValueError, match="bits: expected a part of a stream"):
        derivation.guess([0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1])


# --- Elman's experiment ---


def cut(groups, seed, T):
    """Return pieces of T inputs, the next bits, and their places."""
    bits = xor_sequence(groups, np.random.default_rng(seed))
    n = (len(bits) - 1) // T
    t = np.arange(1, n * T + 1)
    return streams(bits[t - 1, None], n), streams(bits[t, None], n), streams(t % 3, n)


def fitted(K, T, seed):
    """Return a network, its trained parameters, and its mean squared error on what it was trained on."""
    model = Elman((1, K, 1), ("tanh", "sigmoid"))
    x, y, _ = cut(1000, 0, T)
    params, history = fit(model, model.init(np.random.default_rng(seed)), x, y, Rprop(), epochs=300)
    return model, params, 2 * history.loss[-1] / T


def trained(K, T, seed):
    """Return the squared errors of a trained network on new pieces of 61 steps, and the places."""
    model, params, _ = fitted(K, T, seed)
    x, y, place = cut(20_000, 1, 61)
    return (model.forward(params, x)[0] - y)[:, :, 0] ** 2, place


@pytest.mark.equation("J-xor")
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_six_units_find_their_place_in_the_stream(seed):
    error, place = trained(6, 25, seed)
    coin, second, xor = (error[30:][place[30:] == p].mean() for p in range(3))
    assert xor < 1 / 25 < 1 / 9
    assert min(coin, second) > 1 / 4
    assert 1 / 6 < error[30:].mean() < 0.19 < 2 / 9
    floor = np.array([float(sum(derivation.floor(k)) / 3) for k in range(1, 62)])
    assert (error.mean(axis=1) > floor - 0.02).all()  # the noise of 983 pieces


@pytest.mark.equation("J-xor")
@pytest.mark.parametrize("seed", [4, 7])
def test_two_units_learn_the_careful_xor_of_the_last_two_bits(seed):
    error, place = trained(2, 25, seed)
    coin, second, xor = (error[30:][place[30:] == p].mean() for p in range(3))
    np.testing.assert_allclose([coin, second, xor], [5 / 18, 5 / 18, 1 / 9], atol=0.01)
    assert error[30:].mean() == pytest.approx(2 / 9, abs=0.005)


@pytest.mark.equation("J-xor")
def test_pieces_that_all_begin_at_one_place_give_it_away():
    error, place = trained(6, 24, 0)
    first_six = [error[:6, place[0] == p].mean() for p in (1, 2, 0)]
    assert first_six[0] < 0.19
    assert min(first_six[1:]) > 1 / 4


@pytest.mark.equation("J-xor")
@pytest.mark.parametrize(("T", "too_good"), [(24, True), (25, False)])
def test_an_error_below_the_floor_shows_that_the_place_was_given_away(T, too_good):
    _, _, error = fitted(6, T, {24: 0, 25: 4}[T])
    floor = np.mean([float(sum(derivation.floor(k)) / 3) for k in range(1, T + 1)])
    assert (error < floor - 0.005) == too_good
    assert error > 1 / 6
