"""The models to compare with: smoothed n-grams against fractions by hand, the best mixture against all others."""

import re
import sys
from fractions import Fraction

import numpy as np
import pytest

from nncourse.baselines import count_ngrams, import_nltk, mixture_weights, ngram_probabilities
from nncourse.contexts import ngrams

TEXTS = (
    [0, 1, 0, 1, 2, 0, 1],
    [2, 2, 0, 1, 0],
    [3, 1],
)  # 3 begins a text, and nothing is known of what follows 0 3
QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)


@pytest.fixture
def counts():
    pytest.importorskip("nltk", reason="NLTK is an oracle, not a dependency")
    return count_ngrams(TEXTS, 3)


def by_hand(history, word, discount):
    """Return the probability as a fraction: discounted counts, and the rest to the shorter history."""
    runs = [text[i : i + len(history) + 1] for text in TEXTS for i in range(len(text) - len(history))]
    followers = [run[-1] for run in runs if run[:-1] == history]
    if not history:
        return Fraction(followers.count(word), len(followers))
    shorter = by_hand(history[1:], word, discount)
    if not followers:
        return shorter
    kept = max(followers.count(word) - discount, 0)
    return (kept + discount * len(set(followers)) * shorter) / len(followers)


def probabilities(counts, x, y, order, discount):
    return ngram_probabilities(counts, x, y, order=order, discount=float(discount))


@pytest.mark.parametrize("discount", [QUARTER, HALF], ids=str)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_absolute_discounting_is_what_fractions_by_hand_give(counts, order, discount):
    x = [[i, j] for i in range(4) for j in range(4) for _ in range(4)]
    y = [k for _ in range(16) for k in range(4)]
    expected = [float(by_hand(h[len(h) - order + 1 :], k, discount)) for h, k in zip(x, y, strict=True)]
    np.testing.assert_allclose(probabilities(counts, x, y, order, discount), expected, rtol=1e-14)


@pytest.mark.equation("S-1.3")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_probabilities_of_all_words_add_up_to_one_after_every_history(counts, order):
    for history in [(i, j) for i in range(4) for j in range(4)]:  # most of them were never seen
        p = probabilities(counts, [history] * 4, [0, 1, 2, 3], order, HALF)
        assert (p > 0).all()
        np.testing.assert_allclose(p.sum(), 1, rtol=1e-14)


def test_a_run_does_not_reach_from_one_text_into_the_next(counts):
    assert counts[1][3] == 1
    assert counts[(0,)][3] == 0  # 0 ends the second text, 3 begins the third
    assert sum(counts[2][history].N() for history in counts[2]) == sum(len(text) - 1 for text in TEXTS)


def test_only_the_last_words_of_a_history_count_and_asking_changes_nothing(counts):
    x, y = [[3, 0, 1], [2, 0, 1]], [0, 0]
    first = probabilities(counts, x, y, 3, HALF)
    assert first[0] == first[1]
    unseen = probabilities(counts, [[0, 3, 3]], [2], 3, HALF)
    np.testing.assert_array_equal(probabilities(counts, x, y, 3, HALF), first)
    np.testing.assert_array_equal(probabilities(counts, [[0, 3, 3]], [2], 3, HALF), unseen)


def test_the_order_may_be_below_the_one_that_was_counted(counts):
    x, y = ngrams(TEXTS[0], 2)
    fewer = count_ngrams(TEXTS, 2)
    np.testing.assert_array_equal(probabilities(counts, x, y, 2, HALF), probabilities(fewer, x, y, 2, HALF))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda c: count_ngrams(TEXTS, 0), ValueError, "order: expected a finite number above 0, got 0"),
        (lambda c: count_ngrams(TEXTS, 1.5), TypeError, "order: expected a whole number above 0, got 1.5"),
        (lambda c: count_ngrams([], 2), ValueError, "sequences: expected some words, got none"),
        (lambda c: count_ngrams([[], []], 2), ValueError, "sequences: expected some words, got none"),
        (lambda c: count_ngrams([[0, 1], ["a"]], 2), TypeError, "sequences[1]: expected integer word ids"),
        (lambda c: count_ngrams([[0, -1]], 2), ValueError, "sequences[0]: expected ids 0 .. "),
        (
            lambda c: probabilities(c, [[0, 1]], [0], 4, HALF),
            ValueError,
            "x: expected at least 3 words before, got 2",
        ),
        (
            lambda c: probabilities(c, [[0, 1, 2]], [0], 4, HALF),
            ValueError,
            "counts: expected runs of 4 words, got shorter ones only",
        ),
        (
            lambda c: probabilities(c, [[0, 1], [0, 1]], [0, 7], 3, HALF),
            ValueError,
            "y: expected words that were counted, got 7 at index 1",
        ),
        (lambda c: probabilities(c, [[0, 1]], [0, 1], 3, HALF), ValueError, "y: expected shape (1,), got (2,)"),
        (lambda c: probabilities(c, [0, 1], [0], 2, HALF), ValueError, "x: expected shape (rows, n), got (2,)"),
        (lambda c: probabilities(c, [[0.0]], [0], 2, HALF), TypeError, "x: expected integer word ids, got float64"),
        (lambda c: probabilities(c, [[0]], [0], 2, 1), ValueError, "discount: expected a number between 0 and 1"),
        (lambda c: probabilities(c, [[0]], [0], True, HALF), TypeError, "order: expected a whole number above 0"),
    ],
)
def test_bad_input_to_the_n_grams_is_named(counts, call, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        call(counts)


@pytest.mark.parametrize("call", [lambda: count_ngrams(TEXTS, 2), import_nltk])
def test_without_nltk_the_message_says_what_to_do(monkeypatch, call):
    monkeypatch.setitem(sys.modules, "nltk", None)
    monkeypatch.setitem(sys.modules, "nltk.lm", None)
    with pytest.raises(ModuleNotFoundError, match="needs NLTK, which is not installed"):
        call()
    assert mixture_weights([[0.5, 0.5]]).tolist() == [0.5, 0.5]


# --- mixtures ---


def mean_log(p, weights):
    return np.log(p @ weights).mean()


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_no_other_weights_are_better(k, rng):
    p = rng.uniform(0.01, 1, size=(200, k))
    weights = mixture_weights(p)
    np.testing.assert_allclose(weights.sum(), 1, rtol=1e-14)
    assert (weights >= 0).all()
    best = mean_log(p, weights)
    for other in [*np.eye(k), *rng.dirichlet(np.ones(k), size=500)]:
        assert mean_log(p, other) <= best + 1e-9
        nearby = 0.99 * weights + 0.01 * other
        assert mean_log(p, nearby) <= best + 1e-9


def test_two_weights_are_those_of_a_fine_search(rng):
    p = np.column_stack([rng.beta(1, 3, size=500), rng.beta(2, 9, size=500)]) + 1e-3
    w = np.linspace(0, 1, 100_001)
    curve = [np.log(p[:, :1] * part + p[:, 1:] * (1 - part)).mean(axis=0) for part in np.array_split(w, 1000)]
    np.testing.assert_allclose(mixture_weights(p, gap=1e-12)[0], w[np.concatenate(curve).argmax()], atol=2e-5)


def test_the_weights_with_which_words_were_drawn_are_found_again(rng):
    models = rng.dirichlet(np.ones(30), size=3)
    words = rng.choice(30, size=200_000, p=[0.6, 0.3, 0.1] @ models)
    np.testing.assert_allclose(mixture_weights(models[:, words].T), [0.6, 0.3, 0.1], atol=0.01)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9])
def test_it_ends_no_further_below_the_maximum_than_it_promises(gap, rng):
    p = rng.beta(0.5, 2, size=(300, 4)) + 1e-6
    best = mean_log(p, mixture_weights(p, gap=1e-12))
    assert 0 <= best + 1e-12 - mean_log(p, mixture_weights(p, gap=gap)) <= gap + 1e-12


def test_a_model_that_is_worse_on_every_word_gets_no_weight(rng):
    good = rng.uniform(0.5, 1, size=100)
    weights = mixture_weights(np.column_stack([good, good / 2]))
    assert weights[1] < 1e-8


@pytest.mark.parametrize(
    ("p", "kind", "message"),
    [
        ([[0.5, 0.0]], ValueError, "p: expected probabilities above 0 and at most 1, got 0 at index (0, 1)"),
        ([[0.5, 0.1], [1.5, 0.1]], ValueError, "p: expected probabilities above 0 and at most 1, got 1.5"),
        ([[0.5, np.nan]], ValueError, "p: expected finite numbers, got nan at index (0, 1)"),
        ([0.5, 0.5], ValueError, "p: expected shape (words, models), got (2,)"),
        ([["a"]], TypeError, "p: expected real numbers"),
    ],
)  # fmt: skip
def test_bad_input_to_the_mixture_is_named(p, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        mixture_weights(p)
    for gap, wanted in ((0, "a finite number above 0, got 0"), (1e-13, "at least 1e-12, got 1e-13")):
        with pytest.raises(ValueError, match=f"gap: expected {wanted}"):
            mixture_weights([[0.5, 0.5]], gap=gap)
