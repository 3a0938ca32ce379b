"""The chapter *Finding structure in time*: Elman's letters, exact guesses, and what its networks come to."""

import numpy as np
import pytest

from nncourse import elman
from nncourse.contexts import ngrams
from nncourse.elman_letters import CODES, FEATURES, SYLLABLES, codes, expected_codes, letters, next_letters
from nncourse.exercises.finding_structure_in_time import rms
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import Elman, SimpleRNN
from nncourse.streaming import fit_stream, streams

V = len(elman.WORDS)


def stream(n, rng):
    return np.array([elman.WORDS.index(word) for sentence in elman.sentences(n, rng) for word in sentence])


# --- letters ---


def test_the_consonants_differ_in_high_and_back_alone():
    assert {letter for syllable in SYLLABLES for letter in syllable} == set(CODES)
    assert all(len(bits) == len(FEATURES) == 6 for bits in CODES.values())
    assert len(set(CODES.values())) == 6
    differ = [name for name, bits in zip(FEATURES, codes("bdg").T, strict=True) if np.ptp(bits)]
    assert differ == ["High", "Back"]
    assert codes("bdg")[:, FEATURES.index("High")].tolist() == [0, 1, 0]
    assert codes("bdg")[:, FEATURES.index("Back")].tolist() == [0, 0, 1]
    assert codes("bdgaiu")[:, 0].tolist() == [1, 1, 1, 0, 0, 0]
    assert codes("bdgaiu")[:, 1].tolist() == [0, 0, 0, 1, 1, 1]


def test_the_text_is_random_syllables(rng):
    text = letters(30_000, rng)
    counts = np.array([text.count(consonant) for consonant in "bdg"])
    assert counts.sum() == 30_000
    assert np.all(abs(counts - 10_000) < 4 * np.sqrt(30_000 * 2 / 9))
    assert [text.count(vowel) for vowel in "aiu"] == (counts * [1, 2, 3]).tolist()
    assert text.replace("guuu", "").replace("dii", "").replace("ba", "") == ""
    assert letters(50, np.random.default_rng(1)) == letters(50, np.random.default_rng(1))


def test_the_next_letter_is_known_except_after_a_syllable():
    assert next_letters("badiiguuu") == ["a", "", "i", "i", "", "u", "u", "u", ""]
    assert next_letters("gu") == ["u", "u"]


def test_the_floor_is_four_ninths_at_a_consonant_and_nothing_at_a_vowel():
    """Exact: each of the three consonants once. No other constant guess is better, bit by bit."""
    guess = expected_codes("ba")[1]
    error = ((codes("bdg") - guess) ** 2).sum(axis=1)
    np.testing.assert_allclose(error, [2 / 9, 5 / 9, 5 / 9], rtol=1e-14)
    np.testing.assert_allclose(error.mean(), 4 / 9, rtol=1e-14)
    others = np.random.default_rng(0).random((1000, 6))
    assert ((codes("bdg") - others[:, None]) ** 2).sum(axis=2).mean(axis=1).min() > 4 / 9
    text = "badiiguuudiiba"
    vowel = np.array([letter in "aiu" for letter in text[1:]])
    assert np.array_equal(expected_codes(text)[:-1][vowel], codes(text)[1:][vowel])
    assert round(np.log2(3) / (len("".join(SYLLABLES)) / 3), 5) == 0.52832


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: letters(0, np.random.default_rng(0)), ValueError, "n: expected a finite number above 0, got 0"),
        (lambda: letters(3, 0), TypeError, "rng: expected numpy.random.default_rng"),
        (lambda: codes("bax"), ValueError, "text: expected the letters b, d, g, a, i, u, got 'x' at index 2"),
        (lambda: codes(""), ValueError, "text: expected some letters, got none"),
        (lambda: codes(3), TypeError, "text: expected a string of letters, got int"),
        (lambda: expected_codes("bab" + "u"), ValueError, "expected the syllables .*: 'a', got 'u' at index 3"),
        (lambda: expected_codes("ab"), ValueError, "expected the syllables .*: a consonant, got 'a' at index 0"),
        (lambda: next_letters("dib"), ValueError, "expected the syllables .*: 'i', got 'b' at index 2"),
    ],
)
def test_bad_letters_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# --- the best guesses of the next word ---


def belief_filter(ids):
    """Return p(word t + 1 | words 0 ... t) for a stream that may begin anywhere, one word at a time."""
    move, emit, state = elman._chain()
    rows = []
    for word in ids:
        state = state * emit[:, word]
        state = state / state.sum() @ move
        rows.append(state @ emit)
    return np.array(rows)


def test_three_words_tell_what_the_whole_past_tells(rng):
    ids = stream(1500, rng)
    before, _ = ngrams(ids, 3)
    np.testing.assert_allclose(elman.next_word(before), belief_filter(ids)[2:-1], atol=1e-13)
    np.testing.assert_allclose(elman.next_word(ids[:3][None]), belief_filter(ids[:3])[-1:], atol=1e-13)


def test_the_chances_are_those_of_the_sentences():
    """After man and before a verb, among complete sentences only: by adding up the 92 sentences."""
    man, eat, dragon = (elman.WORDS.index(word) for word in ("man", "eat", "dragon"))
    third = {}
    for sentence, p in elman.distinct_sentences().items():
        if sentence[:2] == ("dragon", "eat"):
            third[sentence[2]] = third.get(sentence[2], 0) + p
    total = sum(third.values())
    exact = [float(third.get(word, 0) / total) for word in elman.WORDS]
    np.testing.assert_allclose(elman.next_word([[dragon, eat]])[0], exact, atol=1e-15)
    p = elman.next_word([[dragon, eat], [eat, man]])
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert p[1, elman.WORDS.index("cookie")] == 0  # a man that was eaten ended his sentence


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_the_rms_floor_is_that_of_the_exact_chances(n, rng):
    ids = stream(40_000, rng)
    if n == 0:
        y, q = ids, np.tile(elman._chain()[2] @ elman._chain()[1], (len(ids), 1))
    else:
        x, y = ngrams(ids, n)
        q = elman.next_word(x)
    squares = 1 - 2 * q[np.arange(len(y)), y] + (q * q).sum(axis=1)
    assert abs(squares.mean() - elman.rms_given_last(n) ** 2) < 5 * squares.std() / np.sqrt(len(y))
    known = (0.965976, 0.898839, 0.865325, 0.864859, 0.864859)
    assert round(elman.rms_given_last(n), 6) == known[n]


def test_no_other_guess_is_better_than_the_chances(rng):
    """E |e_y - q|^2 = 1 - |p|^2 + |q - p|^2, for any p and q."""
    p, q = rng.dirichlet(np.ones(5), size=2)
    mean = p @ [((e - q) ** 2).sum() for e in np.eye(5)]
    np.testing.assert_allclose(mean, 1 - p @ p + ((q - p) ** 2).sum(), rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: elman.rms_given_last(-1), ValueError, "n: expected a whole number, 0 or more, got -1"),
        (lambda: elman.rms_given_last(1.5), TypeError, "n: expected a whole number, 0 or more, got 1.5"),
        (lambda: elman.next_word([[0.5]]), TypeError, "x: expected integer word ids, got float64"),
        (lambda: elman.next_word([[0, 21]]), ValueError, r"x: expected ids 0 .. 20, got 21 at index \(0, 1\)"),
        (lambda: elman.next_word([0]), ValueError, r"x: expected shape \(rows, n\), got \(1,\)"),
        (
            lambda: elman.next_word([[0, 20], [20, 20]]),
            ValueError,
            "x: expected words that can follow each other, got 'eat eat' in row 1",
        ),
    ],
)
def test_bad_words_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_next_word_leaves_its_argument_and_the_chain_alone():
    x = np.array([[0, 20], [2, 20]])
    first = elman.next_word(x)
    assert np.array_equal(elman.next_word(x), first)
    assert x.tolist() == [[0, 20], [2, 20]]


# --- what the chapter says about its networks ---


@pytest.mark.equation("S-2.1")
def test_a_small_network_learns_the_letters_to_the_floor():
    rng = np.random.default_rng(0)
    lesson, new = codes(letters(1000, rng)), letters(1000, rng)
    model = SimpleRNN((6, 20, 6), ("tanh", "sigmoid"), bias=True)
    x, y = streams(lesson[:-1], 10), streams(lesson[1:], 10)
    params, _ = fit_stream(model, model.init(rng), x, y, GradientDescent(0.1), window=10, epochs=30)
    output, _ = model.forward(params, codes(new)[:-1, None])
    error = ((output[:, 0] - codes(new)[1:]) ** 2).sum(axis=1)
    best = ((expected_codes(new)[:-1] - codes(new)[1:]) ** 2).sum(axis=1)
    consonant = np.array([letter in "bdg" for letter in new[1:]])
    assert best[consonant].mean() - 0.005 < error[consonant].mean() < best[consonant].mean() + 0.03
    assert error[~consonant].mean() < 0.01


@pytest.mark.equation("S-Alg2")
def test_both_networks_use_their_state_and_stay_above_the_floor():
    """Below the floor for one word, not below that for all; with a gradient through the window, and without."""
    rng = np.random.default_rng(0)
    train, test = stream(10_000, rng), stream(4000, rng)
    before, came = ngrams(test, 3)
    best = rms(elman.next_word(before), came)
    targets = np.eye(V, dtype="float32")[train[1:]]
    both = {
        "softmax": (SimpleRNN((V, 50, V), ("tanh", "softmax"), "cross-entropy", bias=True), train[1:], 20, 0.1, 5),
        "1990": (Elman((V, 50, V), ("sigmoid", "sigmoid"), bias=True), targets, 10, 3.0, 1),
    }
    for model, y, n, step, window in both.values():
        params, _ = fit_stream(
            model,
            model.init(np.random.default_rng(0), "float32"),
            streams(train[:-1], n),
            streams(y, n),
            GradientDescent(step),
            window=window,
            epochs=3,
        )
        output, _ = model.forward(params, test[:-1, None])
        assert best < rms(output[2:, 0], came) < elman.rms_given_last(1)
