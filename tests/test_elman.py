"""Elman's sentences: what they are, how often they come, and how well their next word can be predicted at all."""

from collections import Counter
from fractions import Fraction
from math import log2

import numpy as np
import pytest

from nncourse.elman import (
    CLASSES,
    TEMPLATES,
    WORDS,
    bits_given_last,
    bits_per_word,
    classes_of,
    distinct_sentences,
    sentences,
)

# How often each word comes, in 88ths: a class's places among the 44 places of the 16 templates, two words a class.
PLACES = """man 9 woman 9 cat 6 mouse 6 book 4 rock 4 dragon 4 monster 4 glass 2 plate 2 cookie 3 bread 3
think 1 sleep 1 see 3 chase 2 move 5 break 7 smell 1 smash 2 eat 10"""
BY_HAND = {word: Fraction(int(n), 88) for word, n in zip(PLACES.split()[::2], PLACES.split()[1::2], strict=True)}


def fresh(n):
    """Return the exact probability of every n first words of a stream that begins with a sentence."""
    found = Counter()
    for sentence, p in distinct_sentences().items():
        for rest, q in fresh(n - len(sentence)).items() if n > len(sentence) else [((), 1)]:
            found[sentence[:n] + rest] += p * q
    return found


def anywhere(n):
    """Return the exact probability of every n words in a row, anywhere in the stream."""
    found = Counter()
    length = sum(p * len(sentence) for sentence, p in distinct_sentences().items())
    for sentence, p in distinct_sentences().items():
        for i in range(len(sentence)):
            head = sentence[i : i + n]
            for rest, q in fresh(n - len(head)).items() if n > len(head) else [((), 1)]:
                found[head + rest] += p / length * q
    return found


def entropy(chances):
    return sum(float(p) * log2(1 / p) for p in chances if p)


def test_there_are_12_classes_21_words_and_16_templates():
    assert len(CLASSES) == 12
    assert len(WORDS) == len(set(WORDS)) == 21
    assert set(WORDS) == {word for words in CLASSES.values() for word in words}
    assert Counter(map(len, CLASSES.values())) == {2: 11, 1: 1}
    assert len(TEMPLATES) == len(set(TEMPLATES)) == 16
    assert Counter(map(len, TEMPLATES)) == {3: 12, 2: 4}
    assert {name for names in TEMPLATES for name in names} == set(CLASSES)
    with pytest.raises(TypeError):
        CLASSES["NOUN-HUM"] = ("girl",)


def test_the_words_are_in_the_order_of_the_classes():
    assert tuple(BY_HAND) == WORDS
    assert sorted(WORDS, key=lambda word: list(CLASSES).index(classes_of(word)[0])) == list(WORDS)


def test_only_see_and_break_belong_to_two_classes():
    assert classes_of("see") == ("VERB-TRAN", "VERB-PERCEPT")
    assert classes_of("break") == ("VERB-AGPAT", "VERB-DESTROY")
    assert classes_of("bread") == ("NOUN-FOOD",)
    assert [word for word in WORDS if len(classes_of(word)) > 1] == ["see", "break"]


def test_a_verb_is_the_second_word_of_every_sentence_and_nowhere_else():
    for names in TEMPLATES:
        assert [name.startswith("VERB") for name in names] == [False, True, False][: len(names)]
    assert all(len({name[:4] for name in classes_of(word)}) == 1 for word in WORDS)


def test_the_92_sentences_have_the_probabilities_of_their_templates():
    chances = distinct_sentences()
    assert len(chances) == 92
    assert sum(chances.values()) == 1
    assert chances["woman", "eat", "cookie"] == Fraction(1, 16) / 4
    assert chances["man", "see", "rock"] == Fraction(1, 16) / 8
    assert chances["cat", "break"] == Fraction(1, 16) / 4
    assert ("dragon", "think") not in chances
    assert all(type(p) is Fraction for p in chances.values())
    assert sum(p * len(sentence) for sentence, p in chances.items()) == Fraction(11, 4)
    words = Counter()
    for sentence, p in chances.items():
        for word in sentence:
            words[word] += p / Fraction(11, 4)
    assert words == BY_HAND


def test_random_sentences_come_as_often_as_they_should(rng):
    n = 200_000
    drawn, chances = Counter(sentences(n, rng)), distinct_sentences()
    assert set(drawn) == set(chances)
    chi_squared = sum((drawn[s] - n * p) ** 2 / (n * p) for s, p in chances.items())
    assert abs(float(chi_squared) - 91) < 4 * np.sqrt(2 * 91)


def test_random_sentences_are_seeded_and_as_many_as_asked():
    first, again, other = (sentences(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert len(first) == 50
    assert first == again != other


def test_ten_thousand_sentences_have_about_as_many_words_as_elmans(rng):
    """With 15 of the 16 templates 27,534 would be more than 4.5 standard deviations from the mean."""
    lengths = np.array([len(names) for names in TEMPLATES])
    mean, deviation = 10_000 * lengths.mean(), 100 * lengths.std()
    assert round(deviation) == 43
    assert abs(27_534 - mean) < deviation
    assert abs(sum(map(len, sentences(10_000, rng))) - mean) < 4 * deviation
    for left_out in range(16):
        rest = np.delete(lengths, left_out)
        assert abs(27_534 - 10_000 * rest.mean()) > 4.5 * 100 * rest.std()


def test_a_stream_costs_the_entropy_of_a_sentence_over_its_length():
    np.testing.assert_allclose(bits_per_word(starts_known=False), 6.4375 / 2.75, rtol=1e-14)  # 4 + 39/16 bits


def test_a_predictor_that_knows_the_starts_pays_less():
    """It knows the words of its sentence. After three of them a new one begins; after two it may, or it goes on."""
    first = entropy(
        Fraction(n, 32) for n in (7, 7, 4, 4, 1, 1, 4, 4)
    )  # man woman cat mouse book rock dragon monster
    chances, starts = distinct_sentences(), Counter()
    for sentence, p in chances.items():
        starts[sentence[0]] += p
    assert sorted(starts.values()) == sorted(Fraction(n, 32) for n in (7, 7, 4, 4, 1, 1, 4, 4))
    total = float(sum(p for sentence, p in chances.items() if len(sentence) == 3)) * first
    for prefix in {sentence[:i] for sentence in chances for i in (1, 2)}:
        following = Counter()
        for sentence, p in chances.items():
            if sentence == prefix:
                following.update({word: p * q for word, q in starts.items()})
            elif sentence[: len(prefix)] == prefix:
                following[sentence[len(prefix)]] += p
        mass = sum(following.values())
        total += float(mass) * entropy(p / mass for p in following.values())
    np.testing.assert_allclose(bits_per_word(starts_known=True), total / 2.75, rtol=1e-12)
    assert round(bits_per_word(starts_known=True), 6) == 2.325321


def test_a_single_word_costs_the_entropy_of_the_words_shares():
    assert sum(BY_HAND.values()) == 1
    np.testing.assert_allclose(bits_given_last(0), entropy(BY_HAND.values()), rtol=1e-14)
    assert bits_given_last(0) < log2(21)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_the_entropy_is_that_of_all_n_words_in_a_row(n):
    shorter, longer = anywhere(n) if n else {(): Fraction(1)}, anywhere(n + 1)
    assert sum(longer.values()) == 1
    exact = entropy(longer.values()) - entropy(shorter.values())
    np.testing.assert_allclose(bits_given_last(n), exact, rtol=1e-12)


def test_each_word_helps_up_to_the_third_and_three_tell_all():
    bits = [bits_given_last(n) for n in (*range(7), 50)]
    assert bits[0] > bits[1] > bits[2] > bits[3]
    np.testing.assert_allclose(bits[3:], bits_per_word(starts_known=False), rtol=1e-12)
    assert bits_per_word(starts_known=True) < bits[3] < bits[2] - 0.005


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_long_stream_shows_the_same_entropy(n, rng):
    ids = np.array([WORDS.index(word) for sentence in sentences(150_000, rng) for word in sentence])
    grams = sum(ids[i : len(ids) - n + i] * 21**i for i in range(n + 1))
    _, gram, count = np.unique(grams, return_inverse=True, return_counts=True)
    _, past, times = np.unique(grams % 21**n, return_inverse=True, return_counts=True)
    bits = np.log2(times[past] / count[gram])
    bias = (len(count) - len(times)) / (2 * len(grams) * np.log(2))  # Miller and Madow: a sample looks too certain
    assert abs(bits.mean() + bias - bits_given_last(n)) < 4 * bits.std() / np.sqrt(len(grams))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: classes_of("boy"), ValueError, "word: expected one of man, woman, .*, eat, got 'boy'"),
        (lambda: classes_of(3), ValueError, "word: expected one of .*, got 3"),
        (lambda: sentences(0, np.random.default_rng(0)), ValueError, "n: expected a finite number above 0, got 0"),
        (
            lambda: sentences(2.0, np.random.default_rng(0)),
            TypeError,
            "n: expected a whole number above 0, got 2.0",
        ),
        (lambda: sentences(2, 0), TypeError, r"rng: expected numpy.random.default_rng\(seed\), got int"),
        (lambda: bits_per_word(starts_known=1), TypeError, "starts_known: expected True or False, got 1 .int"),
        (lambda: bits_given_last(-1), ValueError, "n: expected a whole number, 0 or more, got -1"),
        (lambda: bits_given_last(1.0), TypeError, r"n: expected a whole number, 0 or more, got 1.0 \(float\)"),
        (lambda: bits_given_last(True), TypeError, r"n: expected a whole number, 0 or more, got True \(bool\)"),
    ],
)
def test_bad_input_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
