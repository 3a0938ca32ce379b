"""Training word vectors: every kernel takes the steps of the checked gradient, from any stream of sentences."""

import builtins

import numpy as np
import pytest

from nncourse import word_kernels, word_training
from nncourse.contexts import Batches, pairs, windows
from nncourse.datasets import lee
from nncourse.optimizers import GradientDescent
from nncourse.text import Lines, tokens, vocabulary
from nncourse.training import fit, fit_batches
from nncourse.trees import balanced, chain, huffman, random_tree
from nncourse.word_training import fit_words
from nncourse.word_vectors import CBOW, SkipGram

V, D = 12, 5
WORDS = [f"w{i}" for i in range(V)]
RATES = {"learning_rate": 0.06, "last_rate": 0.02}
EVERY_MODEL = pytest.mark.parametrize("name", ["skip-gram", "CBOW", "CBOW mean"])
NUMBA = pytest.mark.skipif(word_training.find_spec("numba") is None, reason="numba is optional, and not installed")
EVERY_WAY = pytest.mark.parametrize("compiled", [False, pytest.param(True, id="numba", marks=NUMBA)])


def model_of(name, tree):
    return SkipGram(tree.V, D, tree) if name == "skip-gram" else CBOW(tree.V, D, tree, mean=name == "CBOW mean")


def corpus(rng, sentences=12, longest=9):
    """Draw sentences: one with all words, an empty one, some of one word, most with repeated words."""
    drawn = [[WORDS[i] for i in rng.integers(V, size=rng.integers(1, longest + 1))] for _ in range(sentences)]
    return [WORDS, [], *drawn, ["w0"]]


def start(model, rng, dtype=np.float64):
    params = model.init(rng)
    return {name: (W + rng.normal(size=W.shape)).astype(dtype) for name, W in params.items()}


def by_the_checked_gradient(model, params, sentences, known, window, rates):
    """Go over the text once, centre word by centre word, with the model's own gradient; also give the mean loss."""
    losses = []
    for sentence in sentences:
        ids = known.ids(sentence)
        for t in range(len(ids)):
            rate = next(rates)
            around = [ids[c] for c in range(t - window, t + window + 1) if c != t and 0 <= c < len(ids)]
            if not around:
                continue
            x, y = ([around], [ids[t]]) if isinstance(model, CBOW) else ([ids[t]] * len(around), around)
            loss, grads = model.loss_and_grad(params, x, y)
            # the window's sum, not its mean
            params = {name: W - rate * len(y) * grads[name] for name, W in params.items()}
            losses += [loss] * len(y)
    return params, np.mean(losses)


@pytest.mark.equation("S-6", "S-4", "S-5", "S-1.3.3b")
@EVERY_MODEL
@EVERY_WAY
@pytest.mark.parametrize("shape", ["huffman", "chain", "random"])
@pytest.mark.parametrize("window", [1, 3, 20])
def test_an_epoch_is_one_step_of_the_checked_gradient_for_every_centre_word(name, compiled, shape, window, rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    tree = {"huffman": huffman(known.counts), "chain": chain(V), "random": random_tree(V, rng)}[shape]
    model = model_of(name, tree)
    params = start(model, rng)
    rates = iter(np.linspace(0.06, 0.02, sum(known.counts) + 1))
    expected, loss = by_the_checked_gradient(model, params, sentences, known, window, rates)
    got, history = fit_words(model, params, sentences, known, window=window, epochs=1, compiled=compiled, **RATES)
    for W in params:
        np.testing.assert_allclose(got[W], expected[W], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(history.loss, [loss], rtol=1e-12)


@EVERY_MODEL
def test_the_loops_say_the_same_as_they_stand_without_a_compiler(name, rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model = model_of(name, huffman(known.counts))
    params = start(model, rng)
    expected, history = fit_words(model, params, sentences, known, window=2, epochs=1, compiled=False, **RATES)
    kernel = word_kernels.skip_gram_loops if name == "skip-gram" else word_kernels.cbow_loops
    vectors, W2 = params["W1"].T.copy(), params["W2"].copy()
    ids, tree = [known.ids(sentence) for sentence in sentences], model.tree
    decay = 0.04 / sum(known.counts)
    text = np.concatenate(ids), np.cumsum([len(i) for i in ids])
    more = () if name == "skip-gram" else (model.mean,)
    loss, n = kernel(vectors, W2, *text, 2, 0.06, decay, tree.starts, tree.nodes, tree.signs, *more)
    np.testing.assert_allclose(vectors.T, expected["W1"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(W2, expected["W2"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(loss / n, history.loss[0], rtol=1e-12)


@NUMBA
@EVERY_MODEL
def test_numba_and_numpy_give_the_same_vectors_of_real_text_in_float32(name):
    pytest.importorskip("gensim", reason="gensim's package carries the text")
    sentences = [tokens(article) for article in lee()]
    known = vocabulary(sentences)
    model = model_of(name, huffman(known.counts))
    params = model.init(np.random.default_rng(0), dtype="float32")
    ways = [fit_words(model, params, sentences, known, epochs=1, compiled=compiled) for compiled in (True, False)]
    for W in params:
        fast, plain = (way[W] for way, _ in ways)
        assert fast.dtype == plain.dtype == np.float32
        assert np.abs(fast - plain).max() <= 1e-3 * np.abs(plain).max()
    np.testing.assert_allclose(ways[0][1].loss, ways[1][1].loss, rtol=1e-5)


@EVERY_MODEL
@EVERY_WAY
def test_the_step_size_falls_evenly_over_all_epochs_and_stretches(name, compiled, rng, monkeypatch):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model = model_of(name, balanced(V))
    params = start(model, rng)
    whole, history = fit_words(model, params, sentences, known, window=2, epochs=3, compiled=compiled, **RATES)
    monkeypatch.setattr(word_training, "STRETCH", 7)
    monkeypatch.setattr(word_kernels, "BLOCK", 3)
    parts, same = fit_words(model, params, sentences, known, window=2, epochs=3, compiled=compiled, **RATES)
    expected, rates = params, iter(np.linspace(0.06, 0.02, 3 * sum(known.counts) + 1))
    for _ in range(3):
        expected, _ = by_the_checked_gradient(model, expected, sentences, known, 2, rates)
    for W in params:
        np.testing.assert_allclose(parts[W], whole[W], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(whole[W], expected[W], rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(same.loss, history.loss, rtol=1e-12)
    assert history.loss[-1] < history.loss[0]


def test_beyond_the_counted_words_the_last_rate_stays(rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model, longer = model_of("CBOW", balanced(V)), [sentence * 2 for sentence in sentences]
    params = start(model, rng)
    n, rates = sum(known.counts), {"learning_rate": 0.2, "last_rate": 0.2}
    expected, _ = by_the_checked_gradient(model, params, longer, known, 2, iter([0.2] * 2 * n))
    got, _ = fit_words(model, params, longer, known, window=2, epochs=1, compiled=False, **rates)
    np.testing.assert_allclose(got["W1"], expected["W1"], rtol=1e-9, atol=1e-12)


class Stream:
    """Sentences that exist one at a time, and a count of how often somebody went over them."""

    def __init__(self, n):
        self.n, self.times = n, 0

    def __iter__(self):
        self.times += 1
        for i in range(self.n):
            yield [f"w{(i * k) % V}" for k in range(1, 6)]


def test_a_stream_is_gone_over_once_for_the_counts_and_once_for_each_epoch():
    stream = Stream(50)
    known = vocabulary(stream)
    model = SkipGram(V, D, huffman(known.counts))
    params = model.init(np.random.default_rng(0))
    seen, history = fit_words(model, params, stream, known, epochs=4, compiled=False)
    assert stream.times == 5
    from_list, same = fit_words(model, params, list(Stream(50)), known, epochs=4, compiled=False)
    np.testing.assert_array_equal(seen["W1"], from_list["W1"])
    assert history.loss == same.loss


def test_a_file_is_a_stream_of_sentences(tmp_path):
    path = tmp_path / "text"
    path.write_text("\n".join(" ".join(sentence) for sentence in Stream(30)), encoding="utf-8")
    lines, sentences = Lines(path, str.split), list(Stream(30))
    known = vocabulary(lines)
    assert known == vocabulary(sentences)
    model = CBOW(V, D, huffman(known.counts))
    params = model.init(np.random.default_rng(0))
    from_file, history = fit_words(model, params, lines, known, epochs=2, compiled=False)
    from_memory, same = fit_words(model, params, sentences, known, epochs=2, compiled=False)
    np.testing.assert_array_equal(from_file["W1"], from_memory["W1"])
    assert history.loss == same.loss


def test_memory_holds_a_stretch_of_the_text_and_not_the_text(monkeypatch):
    longest, stretches = 0, word_training._stretches
    monkeypatch.setattr(word_training, "STRETCH", 100)
    stream = Stream(1000)
    known = vocabulary(stream)
    for ids, ends in stretches(stream, known):
        longest = max(longest, len(ids))
        assert ends[-1] == len(ids)
    assert longest < 105


def test_words_that_the_vocabulary_lacks_are_left_out_or_merged():
    sentences = [["a", "b", "a", "c"], ["a", "d", "b"]]
    for rare in (None, "<rare>"):
        known = vocabulary(sentences, min_count=2, rare=rare)
        model = SkipGram(len(known), D, balanced(len(known)))
        params = model.init(np.random.default_rng(0))
        as_seen = [[known.words[i] for i in known.ids(sentence)] for sentence in sentences]
        got, _ = fit_words(model, params, sentences, known, epochs=2, compiled=False)
        same, _ = fit_words(model, params, as_seen, known, epochs=2, compiled=False)
        np.testing.assert_array_equal(got["W1"], same["W1"])


@EVERY_WAY
def test_no_argument_is_changed_and_each_epoch_is_measured(compiled, rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model = CBOW(V, D, balanced(V))
    params = start(model, rng)
    before = {name: W.tobytes() for name, W in params.items()}
    measured = []
    got, history = fit_words(
        model, params, sentences, known, epochs=3, compiled=compiled,
        measure=lambda p: measured.append(p["W1"].copy()) or len(measured),
    )  # fmt: skip
    assert {name: W.tobytes() for name, W in params.items()} == before
    assert history.measured == [1, 2, 3]
    assert len(history.loss) == 3
    np.testing.assert_array_equal(measured[-1], got["W1"])
    assert not np.array_equal(measured[0], measured[1])
    assert got["W1"].shape == params["W1"].shape


@EVERY_MODEL
@EVERY_WAY
def test_a_training_that_diverges_says_so(name, compiled, rng):
    sentences = corpus(rng) * 5
    known = vocabulary(sentences)
    model = model_of(name, huffman(known.counts))
    params = start(model, rng, np.float32)
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d: try a smaller learning_rate"):
        fit_words(model, params, sentences, known, epochs=9, learning_rate=1e30, compiled=compiled)


def test_scores_of_a_thousand_overflow_nowhere():
    sentences = [["a", "b", "c", "b"]] * 3
    known = vocabulary(sentences)
    for model in (SkipGram(3, 2, balanced(3)), CBOW(3, 2, balanced(3))):
        params = {"W1": np.full((2, 3), 30.0), "W2": np.array([[40.0, 1.0], [-40.0, -1.0]])}
        for compiled in (False, None):
            got, history = fit_words(model, params, sentences, known, epochs=1, compiled=compiled)
            assert np.isfinite(history.loss).all()
            assert history.loss[0] > 100
            assert np.isfinite(got["W2"]).all()


def test_without_numba_numpy_does_the_work(monkeypatch, rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model = SkipGram(V, D, balanced(V))
    params = model.init(rng)
    monkeypatch.setattr(word_training, "find_spec", lambda name: None)
    word_training.compile_kernel.cache_clear()
    there = builtins.__import__

    def not_there(name, *arguments, **options):
        if name == "numba":
            raise ModuleNotFoundError("No module named 'numba'")
        return there(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", not_there)
    plain, _ = fit_words(model, params, sentences, known, epochs=1, compiled=False)
    left_out, _ = fit_words(model, params, sentences, known, epochs=1)
    np.testing.assert_array_equal(plain["W1"], left_out["W1"])
    with pytest.raises(ModuleNotFoundError, match=r"pip install nncourse\[fast\]"):
        fit_words(model, params, sentences, known, epochs=1, compiled=True)
    word_training.compile_kernel.cache_clear()


SENTENCES = [["a", "b", "c"], ["a", "b"]]
KNOWN = vocabulary(SENTENCES)
GOOD = SkipGram(3, 2, balanced(3))


def words(model=GOOD, params=None, sentences=SENTENCES, known=KNOWN, **options):
    return fit_words(model, params or GOOD.init(np.random.default_rng(0)), sentences, known, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: words(model=SkipGram(3, 2)), ValueError, "model: expected one with a tree"),
        (lambda: words(model="CBOW"), TypeError, "model: expected SkipGram or CBOW, got str"),
        (lambda: words(known=vocabulary([["a"]])), ValueError, "vocabulary: expected V = 3 words, .* got 1"),
        (lambda: words(sentences=iter(SENTENCES)), TypeError, "sentences: .*gone over again for every epoch"),
        (lambda: words(sentences="a b c"), TypeError, "sentences: .*gone over again for every epoch"),
        (lambda: words(sentences=["a b c"]), TypeError, "sentence: expected a list of words, got 'a b c'"),
        (lambda: words(sentences=[["a", 7]]), TypeError, r"sentence: expected words \(str\), got 7"),
        (lambda: words(sentences=[["z"], ["a"]]), ValueError, "sentences: expected one with two words"),
        (lambda: words(params={"W1": np.zeros((2, 3))}), ValueError, "params: expected the names"),
        (lambda: words(window=0), ValueError, "window: expected a finite number above 0"),
        (lambda: words(epochs=1.5), TypeError, "epochs: expected a whole number above 0"),
        (lambda: words(learning_rate=-1), ValueError, "learning_rate: expected a finite number above 0"),
        (lambda: words(last_rate=0.5), ValueError, "last_rate: expected at most the learning rate 0.025, got 0.5"),
    ],
)
def test_what_cannot_be_trained_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- mini-batches that come from elsewhere ---


@pytest.mark.equation("S-4", "S-5")
@pytest.mark.parametrize("cut", [pairs, windows])
@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_a_stream_of_batches_trains_like_the_same_rows_in_memory(cut, batch_size, rng):
    sentences = corpus(rng)
    known = vocabulary(sentences)
    model = (SkipGram if cut is pairs else CBOW)(V, D)
    params = model.init(rng)
    stream = Batches(sentences, known, lambda ids: cut(ids, 2), batch_size)
    got, history = fit_batches(model, params, stream, GradientDescent(0.1), epochs=2)
    x, y = (np.concatenate(part) for part in zip(*stream, strict=True))
    expected, losses = params, []
    for _ in range(2):
        total = 0.0
        for i in range(0, len(y), batch_size):
            rows = slice(i, i + batch_size)
            expected, one = fit(model, expected, x[rows], y[rows], GradientDescent(0.1), epochs=1)
            total += one.loss[0] * len(y[rows])
        losses.append(total / len(y))
    for W in params:
        np.testing.assert_allclose(got[W], expected[W], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)


def test_batches_are_checked_like_arguments():
    model = SkipGram(3, 2)
    params = model.init(np.random.default_rng(0))
    step = GradientDescent(0.1)
    with pytest.raises(TypeError, match="batches: expected an iterable that can be gone over for every epoch"):
        fit_batches(model, params, iter([([0], [1])]), step, epochs=1)
    with pytest.raises(ValueError, match="batches: expected at least one, got none"):
        fit_batches(model, params, [], step, epochs=1)
    with pytest.raises(ValueError, match=r"y: expected ids 0 .. 2, got 3 at index \(0,\)"):
        fit_batches(model, params, [([0], [3])], step, epochs=1)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        fit_batches(model, params, [([0], [1]), ([0], [2])] * 9, GradientDescent(1e200), epochs=1)
