"""The benchmarks' arithmetic on a clock of our own, and that the contestants do the same work. Nothing is timed."""

import json
import sys

import numpy as np
import pytest

from benchmarks import (
    __main__,
    elman_sentences,
    feedforward,
    harness,
    import_time,
    language_model,
    linear_models,
    output_layers,
    recurrent,
    rprop,
    truncated,
    vocabulary_size,
    word_vectors,
)
from benchmarks.harness import OURS, Case, Comparison

BATCHES = (1, 32, 256)


class Clock:
    """A clock that moves only when somebody works."""

    def __init__(self):
        self.now, self.log = 0.0, []

    def __call__(self):
        return self.now

    def worker(self, name, *seconds):
        """Return a contestant whose runs take these times in turn, the last one for ever."""
        left = list(seconds)

        def run():
            self.log.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        def prepare():
            self.now += 100  # is never counted
            return run

        return prepare


def test_contestants_take_turns_and_preparation_is_not_timed():
    clock = Clock()
    contestants = {"A": clock.worker("A", 9, 1, 1, 2, 3), "B": clock.worker("B", 9, 4)}
    times = harness.interleave(contestants, 3, clock=clock)
    assert times == {"A": [1, 2, 3], "B": [4, 4, 4]}
    assert "".join(clock.log) == "AABB" + "AB" * 3


def test_short_work_is_repeated_and_its_mean_counts():
    clock = Clock()
    contestants = {"A": clock.worker("A", 1.0, 0.5, 0.5, 1.5, 1.5, 0.5), "B": clock.worker("B", 1.0)}
    times = harness.interleave(contestants, 2, at_least=1.0, clock=clock)
    assert times == {"A": [1.0, 1.0], "B": [1.0, 1.0]}
    assert "".join(clock.log) == "AABB" + "AAB" * 2


@pytest.mark.parametrize(("budget", "rounds"), [(0, 3), (550, 4), (10**6, 9)])
def test_slow_cases_get_fewer_rounds_but_three(budget, rounds):
    clock = Clock()
    times = harness.interleave({"A": clock.worker("A", 1)}, 9, budget=budget, clock=clock)
    assert times == {"A": [1] * rounds}


def test_ratios_are_taken_within_a_round_and_the_best_of_a_peer_counts():
    times = {OURS: [1.0, 2.0, 4.0], "slow": [50.0, 50.0, 50.0], "fast": [3.0, 8.0, 4.0]}
    (result,) = harness.compare(times, (Comparison("peer", ("slow", "fast", "not installed"), target=3.0),))
    assert (result["ours"], result["theirs"]) == (OURS, "fast")
    assert (result["median"], result["min"], result["max"]) == (3.0, 1.0, 4.0)
    assert result["met"] is True


@pytest.mark.parametrize(
    ("kind", "target", "value", "met"),
    [
        ("speed-up", 2.0, 2.0, True),
        ("speed-up", 2.1, 2.0, False),
        ("cost", 0.5, 0.5, True),
        ("cost", 0.4, 0.5, False),
        ("extra", -1000, -1000, True),
        ("extra", -1001, -1000, False),
        ("speed-up", None, 2.0, None),
    ],
)
def test_a_comparison_knows_its_number_and_its_target(kind, target, value, met):
    comparison = Comparison("peer", ("peer",), kind, target)
    assert comparison.of(1.0, 2.0) == value
    assert comparison.meets(value) is met


def test_our_own_contestants_are_told_by_their_names_and_the_best_counts():
    times = {f"{OURS} (1 thread)": [2.0], f"{OURS} (2 threads)": [1.0], "peer": [3.0]}
    (result,) = harness.compare(times, (Comparison("peer", ("peer",)),))
    assert (result["ours"], result["median"]) == (f"{OURS} (2 threads)", 3.0)


def test_who_is_not_installed_is_left_out_with_a_notice(capsys, monkeypatch):
    assert harness.compare({OURS: [1.0]}, (Comparison("peer", ("peer",)),)) == []
    assert not harness.installed("no_such_module")
    assert "no_such_module is not installed" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "sklearn.neural_network", None)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(feedforward, "fastest_products", lambda work: [])
    monkeypatch.setattr(feedforward, "epoch", lambda *_: None)
    (case, *_) = feedforward.cases(quick=True)
    assert set(case.contestants) == {OURS, "bare products"}


def test_the_table_and_the_file_say_the_same(tmp_path):
    clock = Clock()
    comparison = Comparison("B", ("B",), "speed-up", 4.0)
    case = Case({"batch": 1}, {OURS: clock.worker("A", 0.5), "B": clock.worker("B", 1.5)}, (comparison,))
    result = harness.measure(case, 3, clock=clock)
    assert "3.00x (3.00 ... 3.00)" in harness.row(result)
    assert "MISSED" in harness.row(result)
    path = harness.write("name", "A title", [result], tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["results"][0]["case"] == {"batch": 1}
    assert content["results"][0]["rounds"] == 3
    assert content["results"][0]["comparisons"][0]["median"] == 3.0
    assert content["results"][0]["comparisons"][0]["met"] is False
    assert set(content["machine"]) == {"cpu", "cores", "os"}
    assert {"python", "numpy", "blas"} <= set(content["versions"])


def test_quick_runs_write_nothing(monkeypatch, capsys):
    clock = Clock()
    case = Case({"import": "fake"}, {OURS: clock.worker("A", 1)})
    monkeypatch.setattr(import_time, "cases", lambda quick: [case] if quick else [])
    monkeypatch.setattr(harness, "write", lambda *_: pytest.fail("a quick run wrote results"))
    __main__.main(["--only", "import_time", "--quick"])
    assert "0 of 0 targets met" in capsys.readouterr().out


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everybody_trains_the_same_epoch(batch, dtype):
    pytest.importorskip("sklearn")
    pytest.importorskip("torch")
    work = feedforward.epoch(batch, 16, dtype, rows=300)
    expected = feedforward.ours(work)()
    tolerance = 1e-10 if dtype == "float64" else 1e-4
    assert feedforward.pytorch(work)() == pytest.approx(expected, rel=tolerance)
    assert feedforward.scikit_learn(work)() == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("batch", BATCHES)
def test_the_bare_products_are_those_of_an_epoch(batch):
    pytest.importorskip("sklearn")
    work, shapes = feedforward.epoch(batch, 16, "float32", rows=300), []

    def product(A, B, out):
        np.testing.assert_allclose(A @ B, np.dot(A, B, out=out), rtol=1e-4, atol=1e-4)
        assert out.dtype == np.float32
        shapes.append((A.shape, B.shape))

    feedforward.bare_products(work, [product] * 5)()
    n = min(batch, 300)
    assert shapes[:5] == [
        ((n, 64), (64, 16)),
        ((n, 16), (16, 10)),
        ((10, n), (n, 16)),
        ((n, 10), (10, 16)),
        ((16, n), (n, 64)),
    ]
    assert sum(A[0] for A, B in shapes if B == (64, 16)) == 300  # every row once, the last batch too


@pytest.mark.parametrize("batch", [32, 256])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everybody_trains_the_same_language_model(batch, dtype):
    pytest.importorskip("torch")
    work = language_model.epoch(batch, dtype, words=600)
    tolerance = 1e-10 if dtype == "float64" else 1e-5
    assert language_model.pytorch(work)() == pytest.approx(language_model.ours(work)(), rel=tolerance)


def test_gensim_goes_as_many_steps_down_its_tree_as_we_do():
    pytest.importorskip("gensim")
    _, known, tree = word_vectors.corpus()
    assert word_vectors.gensim("CBOW")() == np.dot(known.counts, tree.lengths)
    assert word_vectors.examples("CBOW") == 65889
    assert word_vectors.examples("skip-gram") == 649890


def test_every_vocabulary_gets_equally_many_path_nodes():
    nodes = [vocabulary_size.training(V, 500_000, False)() for V in (1_000, 10_000)]
    assert nodes[0] == pytest.approx(nodes[1], rel=0.1)
    assert nodes[0] == pytest.approx(500_000 / (2 * vocabulary_size.WINDOW), rel=0.1)


def test_the_perceptrons_make_the_same_updates():
    pytest.importorskip("sklearn")
    ours, theirs = linear_models.our_perceptron(0.1)(), linear_models.theirs(0.1, True)()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_both_softmaxes_of_the_table_give_a_loss_near_that_of_guessing():
    for V in (64, 1024):
        assert output_layers.full(V)() == pytest.approx(np.log(V), rel=0.01)
        assert np.mean(output_layers.hierarchical(V, "balanced")()) == pytest.approx(np.log(V), rel=0.01)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everybody_has_the_same_gradient_through_time(dtype):
    pytest.importorskip("torch")
    work = recurrent.batch(3, 7, 5, dtype)
    (loss, V1), (their_loss, their_V1) = recurrent.ours(work)(), recurrent.pytorch(work)()
    assert loss == pytest.approx(their_loss, rel=1e-12 if dtype == "float64" else 1e-5)
    np.testing.assert_allclose(V1, their_V1, rtol=1e-10 if dtype == "float64" else 1e-3, atol=1e-6)
    assert V1.dtype == dtype


def test_a_truncated_gradient_holds_as_much_for_a_long_sequence_as_for_a_short_one():
    assert truncated.measured(8_000) < 1.3 * truncated.measured(1_000)
    assert truncated.gradient(1_000)() == pytest.approx(truncated.gradient(1_000, 3)())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everybody_takes_the_same_step_of_rprop(dtype):
    pytest.importorskip("torch")
    drawn = rprop.work(dtype, n=70_001)
    expected = rprop.ours(drawn)()
    assert 0.9 < np.mean(expected != drawn.w) <= 1
    for foreach in (False, True):
        np.testing.assert_array_equal(rprop.pytorch(drawn, foreach)(), expected)


@pytest.mark.parametrize("way", ["own", "batched"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everybody_reads_the_same_sentences(way, dtype):
    pytest.importorskip("torch")
    work = elman_sentences.one_pass(way, dtype, words=600)
    expected = elman_sentences.ours(work)()
    for theirs in (elman_sentences.pytorch, elman_sentences.pytorch_loop):
        assert theirs(work)() == pytest.approx(expected, rel=1e-10 if dtype == "float64" else 1e-4)
