"""Sequences in batches, training on streams, and walks over a surface."""

import re
from fractions import Fraction

import numpy as np
import pytest
from test_models import assert_same

from nncourse import datasets, sequences
from nncourse.feedforward import FeedForward
from nncourse.optimizers import GradientDescent
from nncourse.params import copy
from nncourse.recurrent import Elman, Jordan, SimpleRNN
from nncourse.streaming import fit_stream, streams
from nncourse.training import fit, walk

NETWORKS = pytest.mark.parametrize("network", [SimpleRNN, Elman, Jordan], ids=lambda network: network.__name__)


# --- padding ---


def test_padding_keeps_every_step_and_its_mask_finds_them_again(rng):
    parts = [rng.standard_normal((length, 2)) for length in (3, 5, 1)]
    x, mask = sequences.pad(parts)
    assert x.shape == (5, 3, 2)
    for i, part in enumerate(parts):
        np.testing.assert_array_equal(x[mask[:, i], i], part)
        assert np.all(x[~mask[:, i], i] == 0)
    np.testing.assert_array_equal(sequences.check_mask(mask, 5, 3), mask)
    ids, _ = sequences.pad([[1, 2], [3]])
    assert ids.dtype.kind == "i"


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ([], ValueError, "sequences: expected at least one, got none"),
        (3, TypeError, "sequences: expected a list of arrays, got int"),
        ("abc", TypeError, "sequences: expected a list of arrays, got str"),
        ([[1.0], []], ValueError, r"sequences\[1\]: expected shape \(T,\), T >= 1, got \(0,\)"),
        ([[[1.0, 2.0]], [[1.0]]], ValueError, r"sequences\[1\]: expected shape \(T, 2\), T >= 1, got \(1, 1\)"),
        ([[[1.0, 2.0]], [1.0]], ValueError, r"sequences\[1\]: expected shape \(T, 2\), T >= 1, got \(1,\)"),
        ([["a"]], TypeError, r"sequences\[0\]: expected real numbers, got <U1"),
        ([[[1.0, 2.0], [3.0]]], ValueError, r"sequences\[0\]: expected shape \(T,\), got rows of unequal lengths"),
    ],
    ids=str,
)
def test_what_cannot_be_padded_is_named(wrong, error, message):
    with pytest.raises(error, match=message):
        sequences.pad(wrong)


def test_a_mask_that_ends_twice_is_found_in_any_sequence_and_at_any_step():
    for i in range(4):
        for t in range(2, 6):
            mask = np.ones((6, 4), bool)
            mask[t - 1, i] = False
            with pytest.raises(ValueError, match=f"sequence {i} has ended and goes on at step {t}"):
                sequences.check_mask(mask, 6, 4)
    assert sequences.check_mask(None, 6, 4) is None


# --- streams ---


@pytest.mark.parametrize("shape", [(), (3,)])
def test_streams_are_the_parts_of_a_sequence_side_by_side(shape, rng):
    long = rng.standard_normal((23, *shape))
    for n in (1, 2, 5, 23):
        side = streams(long, n)
        assert side.shape == (23 // n, n, *shape)
        for i in range(n):
            np.testing.assert_array_equal(side[:, i], long[i * (23 // n) : (i + 1) * (23 // n)])
    for n, error in ((24, ValueError), (0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="n: expected"):
            streams(long, n)


@pytest.mark.equation("S-Alg2", "S-T1")
@NETWORKS
@pytest.mark.parametrize("window", [1, 3, 10, 11])
def test_training_on_streams_updates_after_every_window_and_carries_the_state(network, window, rng):
    model, rule = network((2, 3, 2), ("tanh", "sigmoid")), GradientDescent(0.3)
    x, y, start = rng.standard_normal((11, 4, 2)), rng.random((11, 4, 2)), model.init(rng)
    trained, history = fit_stream(model, start, x, y, rule, window=window, epochs=2)
    params, losses = copy(start), []
    for _ in range(2):
        state, total = None, 0.0
        for first in range(0, 11, window):
            part = slice(first, first + window)
            loss, grads = model.loss_and_grad(params, x[part], y[part], state=state)
            _, trace = model.forward(params, x[part], state=state)  # with the parameters before the update
            params, _ = rule.update(params, grads, ())
            state, total = trace.state, total + loss
        losses.append(total / 11)
    assert_same(trained, params)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-13)
    assert not any(np.shares_memory(trained[name], start[name]) for name in start)


@NETWORKS
def test_one_window_over_everything_is_training_on_the_whole_batch(network, rng):
    model, rule = network((2, 3, 2), ("tanh", "sigmoid")), GradientDescent(0.1)
    x, y, start = rng.standard_normal((11, 4, 2)), rng.random((11, 4, 2)), model.init(rng)
    trained, history = fit_stream(model, start, x, y, rule, window=11, epochs=3)
    expected, batch = fit(model, start, x, y, rule, epochs=3)
    assert_same(trained, expected)
    np.testing.assert_allclose(history.loss, np.array(batch.loss) / 11, rtol=1e-12)


@NETWORKS
def test_a_batch_of_sequences_is_trained_with_its_mask_and_its_truncation(network, rng):
    model, rule = network((2, 3, 2), ("tanh", "sigmoid")), GradientDescent(0.1)
    x, y, start = rng.standard_normal((6, 4, 2)), rng.random((6, 4, 2)), model.init(rng)
    mask = np.arange(6)[:, None] < [6, 2, 4, 3]
    trained, _ = fit(model, start, x, y, rule, epochs=1, mask=mask, T=2)
    expected, _ = rule.update(start, model.loss_and_grad(start, x, y, mask, T=2)[1], ())
    assert_same(trained, expected)
    with pytest.raises(ValueError, match=re.escape("T: expected 1 .. 6, the number of steps, got 7")):
        fit(model, start, x, y, rule, epochs=1, T=7)


@pytest.mark.parametrize("option", [{"mask": np.ones((6, 3), bool)}, {"T": 2}])
def test_a_mask_or_a_truncation_for_a_network_without_time_is_refused(option, rng):
    layers = FeedForward((3, 2), ("tanh",))
    with pytest.raises(TypeError, match="mask, T: expected with a recurrent network only, got FeedForward"):
        fit(layers, layers.init(rng), np.ones((6, 3)), np.ones((6, 2)), GradientDescent(0.1), epochs=1, **option)


def test_mini_batches_of_sequences_keep_each_with_its_own_labels_and_mask(rng):
    seen = []

    class Spy(SimpleRNN):
        def backprop(self, params, x, y, mask=None, state=None, T=None):
            seen.extend(zip(x[0, :, 0], y[0, :, 0], mask.sum(axis=0), strict=True))
            return super().backprop(params, x, y, mask, state, T)

    model, numbers = Spy((1, 2, 1), ("tanh", "identity")), np.arange(1.0, 8.0)
    x = np.broadcast_to(numbers[:, None], (7, 7, 1))
    mask = np.arange(7)[:, None] < np.arange(1, 8)
    start, options = model.init(rng), {"epochs": 2, "batch_size": 3, "rng": rng, "mask": mask}
    _, history = fit(model, start, x, 10 * x, GradientDescent(1e-12), **options)
    np.testing.assert_allclose(history.loss, model.evaluate(start, x, 10 * x, mask), rtol=1e-6)  # 3, 3 and 1
    assert sorted(seen) == sorted([(i, 10 * i, i) for i in numbers] * 2)
    assert [row[0] for row in seen[:7]] != [row[0] for row in seen[7:]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"window": 0}, ValueError, "window: expected a finite number above 0, got 0"),
        ({"window": 12}, ValueError, r"window: expected 1 .. 11, the number of steps, got 12"),
        ({"epochs": 0}, ValueError, "epochs: expected a finite number above 0, got 0"),
        ({"y": np.ones((10, 4, 2))}, ValueError, r"y: expected a label for every step of x, \(11, 4\)"),
        ({"model": SimpleRNN((2, 3, 2), ("tanh", "tanh"), at="last")}, ValueError, "model: expected .* at='all'"),
        (
            {"optimizer": GradientDescent(1e300)},
            FloatingPointError,
            "training diverged in epoch 1: .* smaller step",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_streamed_is_named(change, error, message, rng):
    model = SimpleRNN((2, 3, 2), ("identity", "identity"))
    options = {"model": model, "params": model.init(rng), "x": np.ones((11, 4, 2)), "y": np.ones((11, 4, 2))}
    options |= {"optimizer": GradientDescent(0.1), "window": 3, "epochs": 1} | change
    with pytest.raises(error, match=message):
        fit_stream(**options)


# --- walks ---


def bowl(params):
    """Return 1/2 v^2 and its gradient."""
    return float(params["v"] ** 2 / 2), {"v": params["v"]}


def test_a_walk_keeps_every_point_its_loss_and_where_it_left_the_numbers():
    path = walk(bowl, {"v": 1.0}, GradientDescent(0.5), steps=4)
    assert path.points["v"].tolist() == [1, 0.5, 0.25, 0.125, 0.0625]
    assert path.losses.tolist() == [float(Fraction(1, 2 * 4**k)) for k in range(5)]
    assert not path.diverged
    path = walk(bowl, {"v": 1.0}, GradientDescent(1001.0), steps=1000)  # v grows by -1000 each step
    assert path.diverged
    assert 50 < len(path.losses) < 60
    np.testing.assert_allclose(path.points["v"], (-1000.0) ** np.arange(len(path.losses)), rtol=1e-12)


@pytest.mark.parametrize("wrong", [0, 1.5, True])
def test_a_walk_needs_a_number_of_steps(wrong):
    with pytest.raises((ValueError, TypeError), match="steps: expected"):
        walk(bowl, {"v": 1.0}, GradientDescent(0.5), steps=wrong)


def test_a_walk_that_starts_outside_the_numbers_is_refused():
    with pytest.raises(ValueError, match=r'params\["v"\]: expected finite numbers, got nan'):
        walk(bowl, {"v": np.nan}, GradientDescent(0.5), steps=1)
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="not finite at the start"):
        walk(bowl, {"v": 1e200}, GradientDescent(0.5), steps=1)


def test_a_walk_ends_where_a_model_says_that_it_overflows():
    def raises(params):
        if abs(params["v"]) > 10:
            raise FloatingPointError("too large")
        return bowl(params)

    path = walk(raises, {"v": 1.0}, GradientDescent(3.0), steps=9)
    assert path.points["v"].tolist() == [1, -2, 4, -8]
    assert path.diverged


# --- the notes' two tasks ---


@pytest.mark.equation("J-15")
def test_all_sequences_of_bits_come_with_their_sums():
    x, y = datasets.bit_sums(8)
    assert x.shape == (8, 256)
    assert len({tuple(column) for column in x.T}) == 256
    assert [int("".join(str(int(bit)) for bit in column), 2) for column in x.T] == list(range(256))
    np.testing.assert_array_equal(y, [bin(i).count("1") for i in range(256)])
    drawn, sums = datasets.bit_sums(50, 7, np.random.default_rng(0))
    assert drawn.shape == (50, 7)
    assert set(drawn.ravel()) == {0.0, 1.0}
    np.testing.assert_array_equal(sums, [sum(column) for column in drawn.T])


@pytest.mark.equation("J-T1", "J-xor")
def test_the_sequence_of_the_note_is_the_truth_table_row_by_row():
    table = [(a, b, int(a != b)) for a in (0, 1) for b in (0, 1)]
    assert datasets.xor_sequence(4).reshape(4, 3).tolist() == [list(row) for row in table]
    assert "".join(str(int(bit)) for bit in datasets.xor_sequence(8)) == 2 * "000011101110"
    drawn = datasets.xor_sequence(4000, np.random.default_rng(0)).reshape(-1, 3).astype(int)
    np.testing.assert_array_equal(drawn[:, 0] ^ drawn[:, 1], drawn[:, 2])
    counts = np.bincount(2 * drawn[:, 0] + drawn[:, 1])
    assert counts.min() > 900  # four equally likely pairs: 1000 +- 27


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: datasets.bit_sums(0), ValueError, "T: expected"),
        (lambda: datasets.bit_sums(2.0), TypeError, "T: expected a whole number"),
        (lambda: datasets.bit_sums(21), ValueError, "T: expected at most 20 .* got 21; give n and rng"),
        (lambda: datasets.bit_sums(4, 0, np.random.default_rng(0)), ValueError, "n: expected"),
        (lambda: datasets.bit_sums(4, 3), TypeError, "rng: expected numpy.random.default_rng"),
        (lambda: datasets.xor_sequence(0), ValueError, "n: expected"),
        (lambda: datasets.xor_sequence(3, 0), TypeError, "rng: expected numpy.random.default_rng"),
    ],
)
def test_what_no_bits_can_be_made_of_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
