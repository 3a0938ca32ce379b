"""From text to examples: tokens, vocabularies, windows, and mini-batches from a stream of sentences."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncourse.contexts import Batches, ngrams, pairs, windows
from nncourse.optimizers import GradientDescent
from nncourse.text import Lines, Vocabulary, check_repeatable, tokens, vocabulary
from nncourse.training import fit_batches
from nncourse.word_vectors import CBOW, SkipGram

SENTENCE = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=8)
CORPUS = st.lists(SENTENCE, min_size=1, max_size=12).filter(any)
IDS = st.lists(st.integers(0, 9), max_size=9)
REACH = st.integers(1, 11)
CUTS = {"ngrams": ngrams, "windows": windows, "pairs": pairs}
EVERY_CUT = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)


# --- tokens ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\t ", []),
        ("Dog bites man.", ["dog", "bites", "man", "."]),
        ("It's 3 o'clock!", ["it's", "3", "o'clock", "!"]),
        ("rock'n'roll", ["rock'n", "roll"]),
        ("'quoted' words' end", ["quoted", "words", "end"]),
        ("well-known", ["well", "known"]),
        ("3rd, 4.5", ["3", "rd", ",", "4", ".", "5"]),
        ("snake_case __x__", ["snake", "case", "x"]),
        ("Straße ÉTÉ Ωmega 東京", ["straße", "été", "ωmega", "東京"]),
        ("a;b:c?d", ["a", ";", "b", ":", "c", "?", "d"]),
        ("(x) [y] {z} @ # €", ["x", "y", "z"]),
    ],
    ids=repr,
)
def test_a_text_becomes_words_numbers_and_marks(text, expected):
    assert tokens(text) == expected


@given(st.text())
def test_a_token_is_a_piece_of_the_text_and_stays_as_it_is(text):
    found = tokens(text)
    assert all(token in text.lower() for token in found)
    assert all(token and not any(c.isspace() for c in token) for token in found)
    assert tokens(" ".join(found)) == found


# --- the vocabulary ---


@given(corpus=CORPUS)
def test_words_are_counted_the_most_frequent_first_and_ties_as_they_came(corpus):
    known = vocabulary(corpus)
    counts = Counter(word for sentence in corpus for word in sentence)
    assert dict(zip(known.words, known.counts, strict=True)) == counts
    assert len(known) == len(counts)
    first = {word: i for i, word in reversed(list(enumerate(w for sentence in corpus for w in sentence)))}
    assert list(known.words) == sorted(counts, key=lambda word: (-counts[word], first[word]))


@given(corpus=CORPUS, min_count=st.integers(1, 4), rare=st.sampled_from([None, "<rare>", "a"]))
def test_no_occurrence_is_lost_or_made_up(corpus, min_count, rare):
    counts = Counter(word for sentence in corpus for word in sentence)
    kept = {word for word, n in counts.items() if n >= min_count}
    if not kept and rare is None:
        with pytest.raises(ValueError, match=f"min_count: expected a word that occurs {min_count} times, got"):
            vocabulary(corpus, min_count=min_count)
        return
    known = vocabulary(corpus, min_count=min_count, rare=rare)
    assert kept <= set(known.words) <= kept | {rare}
    assert list(known.counts) == sorted(known.counts, reverse=True)
    if rare is None:
        assert sum(known.counts) == sum(counts[word] for word in kept)
    else:
        assert sum(known.counts) == counts.total()
    for sentence in corpus:
        ids = known.ids(sentence)
        expected = [word if word in kept else rare for word in sentence if word in kept or known.rare]
        assert [known.words[i] for i in ids] == expected
        assert ids.dtype == np.int32


def test_unknown_words_become_the_rare_one_or_vanish():
    corpus = [["a", "b", "a"], ["a", "c"]]
    known = vocabulary(corpus, min_count=2, rare="?")
    assert (known.words, known.counts, known.rare) == (("a", "?"), (3, 2), "?")
    assert known.ids(["b", "a", "never"]).tolist() == [1, 0, 1]
    assert vocabulary(corpus, min_count=2).ids(["b", "a", "never"]).tolist() == [0]
    assert vocabulary(corpus, min_count=2).ids([]).tolist() == []
    assert vocabulary(corpus, rare="?").rare is None
    assert vocabulary(corpus, rare="?").words == ("a", "b", "c")  # none is rare, so there is no word for them


def test_the_corpus_may_be_a_generator_since_it_is_gone_over_once():
    corpus = [["a", "b"], [], ["b"]]
    assert vocabulary(iter(corpus)) == vocabulary(corpus) == vocabulary(tuple(map(tuple, corpus)))


@pytest.mark.parametrize(
    ("sentences", "options", "error", "message"),
    [
        ([], {}, ValueError, "sentences: expected some words, got none"),
        ([["a", None]], {}, TypeError, r"sentences\[0\]: expected words \(str\), got None"),
        ("a b", {}, TypeError, r"sentences\[0\]: expected a list of words, got 'a'"),
        ([["a"]], {"min_count": 1.5}, TypeError, "min_count: expected a whole number above 0, got 1.5"),
        ([["a"]], {"min_count": 2}, ValueError, "min_count: expected a word that occurs 2 times, got 1 at most"),
    ],
)
def test_what_is_no_corpus_is_refused(sentences, options, error, message):
    with pytest.raises(error, match=message):
        vocabulary(sentences, **options)


@pytest.mark.parametrize("sentence", ["a b", 7, None, ["a", 1]])
def test_what_is_no_sentence_has_no_ids(sentence):
    with pytest.raises(TypeError, match="sentence: expected"):
        vocabulary([["a"]]).ids(sentence)


# --- examples ---


@pytest.mark.equation("S-1.3.1", "S-LL")
@given(ids=IDS, n=REACH)
def test_ngrams_are_every_word_with_the_n_before_it(ids, n):
    x, y = ngrams(ids, n)
    assert x.shape == (max(0, len(ids) - n), n)
    assert y.tolist() == ids[n:]
    assert x.tolist() == [ids[i - n : i] for i in range(n, len(ids))]


@pytest.mark.equation("S-1.3.2", "S-4")
@given(ids=IDS, m=REACH)
def test_windows_are_every_word_with_its_neighbours_and_minus_one_beyond_the_edges(ids, m):
    x, y = windows(ids, m)
    expected = ids if len(ids) > 1 else []
    assert x.shape == (len(expected), 2 * m)
    assert y.tolist() == expected
    for i, row in enumerate(x.tolist()):
        places = [*range(i - m, i), *range(i + 1, i + m + 1)]
        assert row == [ids[j] if 0 <= j < len(ids) else -1 for j in places]


@pytest.mark.equation("S-1.3.2", "S-5")
@given(ids=IDS, m=REACH)
def test_pairs_are_every_word_with_every_word_of_its_window(ids, m):
    x, y = pairs(ids, m)
    expected = [(ids[i], ids[j]) for i in range(len(ids)) for j in range(len(ids)) if i != j and abs(i - j) <= m]
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == expected
    N, reach = len(ids), min(m, max(len(ids) - 1, 0))
    assert len(x) == 2 * reach * N - reach * (reach + 1)


@pytest.mark.equation("S-1.3.2")
@given(ids=IDS, m=REACH)
def test_whoever_has_a_neighbour_is_its_neighbour(ids, m):
    x, y = pairs(ids, m)
    assert Counter(zip(x.tolist(), y.tolist(), strict=True)) == Counter(zip(y.tolist(), x.tolist(), strict=True))


@EVERY_CUT
@pytest.mark.parametrize("ids", [[], [3], np.array([], np.int64), np.array([3], np.uint8)], ids=repr)
def test_a_sentence_that_is_too_short_gives_no_examples_but_the_right_shapes(cut, ids):
    x, y = cut(ids, 2)
    assert len(x) == len(y) == 0
    assert x.shape[1:] == {ngrams: (2,), windows: (4,), pairs: ()}[cut]
    assert x.dtype == y.dtype == np.int32


@EVERY_CUT
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_any_type_of_whole_numbers_gives_the_same_examples(cut, dtype):
    """Of bytes, -1 would become the word 255."""
    expected = cut([1, 0, 3, 2], 2)
    got = cut(np.array([1, 0, 3, 2], dtype), 2)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@EVERY_CUT
def test_the_sentence_is_not_changed_and_what_was_cut_out_of_windows_can_be(cut):
    ids = np.array([1, 2, 3, 4], np.int32)
    x, _ = cut(ids, 1)
    if cut is not ngrams:
        x[...] = 9
    assert ids.tolist() == [1, 2, 3, 4]


@EVERY_CUT
@pytest.mark.parametrize(
    ("ids", "reach", "error", "message"),
    [
        ([1, -1], 1, ValueError, r"ids: expected ids 0 .. 2147483646, got -1 at index \(1,\)"),
        ([1, 2**31], 1, ValueError, "ids: expected ids 0 .. 2147483646, got 2147483648"),
        ([[1, 2]], 1, ValueError, r"ids: expected shape \(N,\), got \(1, 2\)"),
        ([[1], [2, 3]], 1, ValueError, "ids: .*rows of unequal lengths"),
        (5, 1, ValueError, r"ids: expected shape \(N,\), got \(\)"),
        ([1.0, 2.0], 1, TypeError, "ids: expected integer word ids, got float64"),
        (["a", "b"], 1, TypeError, "ids: expected integer word ids, got <U1"),
        ([True, False], 1, TypeError, "ids: expected integer word ids, got bool"),
        ([1, 2], 0, ValueError, "[nm]: expected a finite number above 0, got 0"),
        ([1, 2], 1.0, TypeError, "[nm]: expected a whole number above 0, got 1.0"),
    ],
)
def test_what_are_no_ids_is_refused(cut, ids, reach, error, message):
    with pytest.raises(error, match=message):
        cut(ids, reach)


# --- mini-batches from a stream ---


class Stream:
    """Sentences that can be gone over again, one at a time; it counts how often."""

    def __init__(self, sentences):
        self.sentences, self.passes = sentences, 0

    def __iter__(self):
        self.passes += 1
        yield from self.sentences


@EVERY_CUT
@given(corpus=CORPUS, reach=st.integers(1, 3), size=st.integers(1, 20))
def test_batches_in_a_row_are_the_examples_of_all_sentences_in_a_row(cut, corpus, reach, size):
    known = vocabulary(corpus)
    parts = [cut(known.ids(sentence), reach) for sentence in corpus]
    x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    batches = list(Batches(Stream(corpus), known, lambda ids: cut(ids, reach), size))
    assert [len(b) for _, b in batches] == [size] * (len(y) // size) + [len(y) % size] * (len(y) % size > 0)
    if batches:
        for got, expected in zip(
            (np.concatenate(part) for part in zip(*batches, strict=True)), (x, y), strict=True
        ):
            np.testing.assert_array_equal(got, expected, strict=True)
    else:
        assert not len(y)


@given(corpus=CORPUS, size=st.integers(1, 7))
def test_every_epoch_sees_the_same_batches(corpus, size):
    batches = Batches(Stream(corpus), vocabulary(corpus), lambda ids: windows(ids, 2), size)
    first, second = list(batches), list(batches)
    assert batches.sentences.passes == 2
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)


def test_a_file_is_gone_over_again_and_again_a_line_at_a_time(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("Der Käse.\r\n\nDER Wein!\nohne Ende".encode())
    lines = Lines(path)
    expected = [["der", "käse", "."], [], ["der", "wein", "!"], ["ohne", "ende"]]
    assert list(lines) == list(lines) == expected
    assert check_repeatable(lines) is lines
    assert list(Lines(str(path), str.split)) == [["Der", "Käse."], [], ["DER", "Wein!"], ["ohne", "Ende"]]
    known = vocabulary(lines)
    for size in (1, 3, 100):
        streamed, held = (list(Batches(c, known, lambda ids: pairs(ids, 2), size)) for c in (lines, expected))
        for one, other in zip(streamed, held, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b, strict=True)
    with pytest.raises(FileNotFoundError):
        vocabulary(Lines(tmp_path / "none"))


@pytest.mark.parametrize(("model_of", "cut"), [(SkipGram, pairs), (CBOW, windows)], ids=["skip-gram", "CBOW"])
def test_training_on_a_stream_is_training_on_a_list_of_batches(model_of, cut, rng):
    corpus = [[str(w) for w in rng.integers(6, size=rng.integers(1, 9))] for _ in range(30)]
    known = vocabulary(corpus)
    model = model_of(len(known), 3)
    start = model.init(rng)
    stream = Batches(Stream(corpus), known, lambda ids: cut(ids, 2), 7)
    parts = [cut(known.ids(sentence), 2) for sentence in corpus]
    x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
    held = [(x[i : i + 7], y[i : i + 7]) for i in range(0, len(y), 7)]
    (a, history), (b, same) = (
        fit_batches(model, start, batches, GradientDescent(0.3), epochs=3) for batches in (stream, held)
    )
    assert history.loss == same.loss
    assert stream.sentences.passes == 3
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_no_more_than_a_batch_is_held_in_memory():
    sentence = ["a", "b"] * 50

    def megabytes(sentences):
        batches = Batches(Stream([sentence] * sentences), vocabulary([sentence]), lambda ids: pairs(ids, 5), 1000)
        tracemalloc.start()
        for _ in batches:
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1e6

    all_at_once = 4 * 2 * len(pairs(range(100), 5)[0]) * 400 / 1e6
    assert megabytes(400) < 0.1 * all_at_once


KNOWN = vocabulary([["a", "b"]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            (iter([["a"]]), KNOWN, len, 5),
            TypeError,
            "sentences: expected a list, or another iterable .* got list_iter",
        ),
        (((s for s in [["a"]]), KNOWN, len, 5), TypeError, "can be gone over again for every epoch, got generator"),
        ((map(list, ["ab"]), KNOWN, len, 5), TypeError, "got map"),
        (("a b", KNOWN, len, 5), TypeError, "sentences: .* got str"),
        ((3, KNOWN, len, 5), TypeError, "sentences: .* got int"),
        (([["a"]], ("a", "b"), len, 5), TypeError, "vocabulary: expected a Vocabulary, got tuple"),
        (([["a"]], KNOWN, 2, 5), TypeError, "examples: expected a function of a sentence's ids, got 2"),
        (([["a"]], KNOWN, len, 0), ValueError, "batch_size: expected a finite number above 0, got 0"),
        (([["a"]], KNOWN, len, 2.0), TypeError, "batch_size: expected a whole number above 0, got 2.0"),
    ],
)
def test_batches_say_at_once_what_they_cannot_use(arguments, error, message):
    with pytest.raises(error, match=message):
        Batches(*arguments)


def test_a_sentence_of_the_stream_that_is_a_string_is_refused_when_it_comes():
    batches = Batches([["a", "b"], "ab"], KNOWN, lambda ids: pairs(ids, 1), 1)
    stream = iter(batches)
    next(stream)
    next(stream)
    with pytest.raises(TypeError, match="sentence: expected a list of words, got 'ab'"):
        next(stream)


def test_a_corpus_without_neighbours_gives_no_batch_and_training_says_so():
    batches = Batches([["a"], ["b"], []], KNOWN, lambda ids: pairs(ids, 1), 4)
    assert list(batches) == []
    model = SkipGram(2, 2)
    with pytest.raises(ValueError, match="batches: expected at least one, got none"):
        fit_batches(model, model.init(np.random.default_rng(0)), batches, GradientDescent(0.1), epochs=1)


@pytest.mark.parametrize("repeatable", [[["a"]], (["a"],), Stream([["a"]]), {"a": 1}.keys(), np.array([["a"]])])
def test_what_can_be_gone_over_again_is_returned_as_it_is(repeatable):
    assert check_repeatable(repeatable) is repeatable


def test_a_vocabulary_is_its_words_counts_and_rare_word():
    known = Vocabulary(("b", "a"), (2, 1))
    assert known == vocabulary([["a", "b", "b"]])
    assert known.index == {"b": 0, "a": 1}
    assert "index" not in repr(known)
