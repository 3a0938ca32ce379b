"""Elman's sentences of two and three words, and exactly how well their next word can be predicted.

Elman (1990), "Finding structure in time", Cognitive Science 14, 179-211. The paper contradicts itself in places.
This is what we use:

- its text says 13 classes of words, its Table 3 lists 12: the 12;
- its text says 15 templates, its Table 4 lists 16: the 16. With all of them equally likely, 10,000 sentences have
  27,500 words on average, with a standard deviation of 43. Elman's had 27,534;
- Table 3 has "break" among the foods, Table 5 has "bread": bread;
- it used 29 words, Table 3 gives one or two examples a class: the 21 words that are named there.
"""

from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import product
from math import log2, prod
from types import MappingProxyType

import numpy as np

from nncourse._checks import check_bool, check_ids, check_positive, check_rng

CLASSES = MappingProxyType({
    "NOUN-HUM": ("man", "woman"), "NOUN-ANIM": ("cat", "mouse"), "NOUN-INANIM": ("book", "rock"),
    "NOUN-AGRESS": ("dragon", "monster"), "NOUN-FRAG": ("glass", "plate"), "NOUN-FOOD": ("cookie", "bread"),
    "VERB-INTRAN": ("think", "sleep"), "VERB-TRAN": ("see", "chase"), "VERB-AGPAT": ("move", "break"),
    "VERB-PERCEPT": ("smell", "see"), "VERB-DESTROY": ("break", "smash"), "VERB-EAT": ("eat",),
})  # fmt: skip

TEMPLATES = (
    ("NOUN-HUM", "VERB-EAT", "NOUN-FOOD"), ("NOUN-HUM", "VERB-PERCEPT", "NOUN-INANIM"),
    ("NOUN-HUM", "VERB-DESTROY", "NOUN-FRAG"), ("NOUN-HUM", "VERB-INTRAN"),
    ("NOUN-HUM", "VERB-TRAN", "NOUN-HUM"), ("NOUN-HUM", "VERB-AGPAT", "NOUN-INANIM"),
    ("NOUN-HUM", "VERB-AGPAT"), ("NOUN-ANIM", "VERB-EAT", "NOUN-FOOD"),
    ("NOUN-ANIM", "VERB-TRAN", "NOUN-ANIM"), ("NOUN-ANIM", "VERB-AGPAT", "NOUN-INANIM"),
    ("NOUN-ANIM", "VERB-AGPAT"), ("NOUN-INANIM", "VERB-AGPAT"),
    ("NOUN-AGRESS", "VERB-DESTROY", "NOUN-FRAG"), ("NOUN-AGRESS", "VERB-EAT", "NOUN-HUM"),
    ("NOUN-AGRESS", "VERB-EAT", "NOUN-ANIM"), ("NOUN-AGRESS", "VERB-EAT", "NOUN-FOOD"),
)  # fmt: skip

WORDS = tuple(dict.fromkeys(word for words in CLASSES.values() for word in words))


def classes_of(word):
    """Return the names of all classes that hold a word, in the order of `CLASSES`.

    Raises
    ------
    ValueError
        The word is none of `WORDS`.

    Examples
    --------
    >>> classes_of("see")
    ('VERB-TRAN', 'VERB-PERCEPT')
    """
    if not isinstance(word, str) or word not in WORDS:
        raise ValueError(f"word: expected one of {', '.join(WORDS)}, got {word!r}")
    return tuple(name for name, words in CLASSES.items() if word in words)


def sentences(n, rng):
    """Return n random sentences: any template is equally likely, and so is any word of a class.

    Parameters
    ----------
    n : int
        How many.
    rng : numpy.random.Generator
        Draws the templates and the words.

    Returns
    -------
    list of tuple of str
        The sentences, two or three words each.

    Raises
    ------
    TypeError, ValueError
        n is no whole number above zero, or `rng` is no generator.

    Examples
    --------
    >>> sentences(2, np.random.default_rng(0))
    [('dragon', 'eat', 'man'), ('mouse', 'break')]
    """
    check_positive("n", n, whole=True)
    templates = check_rng(rng).integers(len(TEMPLATES), size=n)
    chances = rng.random((n, max(map(len, TEMPLATES))))
    return [
        tuple(CLASSES[name][int(u * len(CLASSES[name]))] for name, u in zip(TEMPLATES[t], row, strict=False))
        for t, row in zip(templates, chances, strict=True)
    ]


def distinct_sentences():
    """Return the probability of every sentence, exactly: a dict of tuple of str to Fraction.

    Examples
    --------
    >>> distinct_sentences()["woman", "eat", "bread"]
    Fraction(1, 64)
    """
    chances = Counter()
    for names in TEMPLATES:
        choices = [CLASSES[name] for name in names]
        for sentence in product(*choices):
            chances[sentence] += Fraction(1, len(TEMPLATES) * prod(map(len, choices)))
    return dict(chances)


def bits_per_word(*, starts_known):
    """Return how many bits a word costs the best predictor that knows the templates and has seen all words so far.

    Parameters
    ----------
    starts_known : bool
        True: it is also told which of the words that it has seen begin a sentence (not whether the next one will).
        False: it sees the stream of words alone. That costs the entropy of a sentence over the mean length: a
        sentence's second word is its only verb, so the word before a verb begins a sentence, and the stream tells
        where each of its sentences begins, if only one word later.

    Raises
    ------
    TypeError
        `starts_known` is neither True nor False.

    Examples
    --------
    >>> round(bits_per_word(starts_known=True), 4), round(bits_per_word(starts_known=False), 4)
    (2.3253, 2.3409)
    """
    check_bool("starts_known", starts_known)
    ends = distinct_sentences()
    length = float(sum(p * len(sentence) for sentence, p in ends.items()))
    if not starts_known:
        return sum(p * log2(1 / p) for p in ends.values()) / length
    begins = Counter()
    for sentence, p in ends.items():
        begins.update({sentence[:i]: p for i in range(1, len(sentence) + 1)})
    bits = 0.0
    for start, p in begins.items():
        for word in WORDS:
            both = begins[(*start, word)] + ends.get(start, 0) * begins[(word,)]  # p(start, then word)
            bits += both * log2(p / both) if both else 0
    return bits / length


@cache
def _chain():
    """Return p(next state | state), p(word | state), and p(state) anywhere; a state is a place in a template."""
    states = [(t, i) for t, names in enumerate(TEMPLATES) for i in range(len(names))]
    move = np.zeros((len(states), len(states)))
    for row, (t, i) in zip(move, states, strict=True):
        following = [(t, i + 1)] if (t, i + 1) in states else [(first, 0) for first in range(len(TEMPLATES))]
        row[[states.index(state) for state in following]] = 1 / len(following)
    classes = [CLASSES[TEMPLATES[t][i]] for t, i in states]
    emit = np.array([[words.count(word) / len(words) for word in WORDS] for words in classes])
    return move, emit, np.full(len(states), 1 / len(states))


def bits_given_last(n):
    """Return the entropy, in bits, of the next word given the last n (0 or more), anywhere in the stream of words.

    With n = 0 that is the entropy of a single word. From n = 3 on it is `bits_per_word(starts_known=False)`: three
    words tell all that the whole past tells. If the last is a verb, the word before it began the sentence; if it is
    a noun after a noun, it begins one itself; if it is a noun after a verb, that sentence began two words before.

    Raises
    ------
    TypeError, ValueError
        n is no whole number, or negative.

    Examples
    --------
    >>> [round(bits_given_last(n), 4) for n in range(5)]
    [4.1092, 2.8338, 2.3463, 2.3409, 2.3409]
    """
    chance, p = _given_last(n)
    return float(chance @ -(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum(axis=1))


def rms_given_last(n):
    """Return the least root mean square error of any guess of the next word from the last n, 0 or more; 3 tell all.

    A word's error is summed over the 21 outputs. It is least for their probabilities p: 1 - sum p^2 on average.

    Raises
    ------
    TypeError, ValueError
        n is no whole number, or negative.

    Examples
    --------
    >>> [round(rms_given_last(n), 4) for n in range(5)]
    [0.966, 0.8988, 0.8653, 0.8649, 0.8649]
    """
    chance, p = _given_last(n)
    return float(np.sqrt(chance @ (1 - (p * p).sum(axis=1))))


def _given_last(n):
    """Return the probability of each thing that n words may tell, (m,), and of the next word then, (m, words)."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"n: expected a whole number, 0 or more, got {n!r} ({type(n).__name__})")
    if n < 0:
        raise ValueError(f"n: expected a whole number, 0 or more, got {n}")
    move, emit, stationary = _chain()
    chance, state = np.ones(1), stationary[None]  # (m,), (m, states): what n-grams tell of the next word's state
    for _ in range(n):
        p = state @ emit  # (m, words)
        gram, word = np.nonzero(p)
        chance = chance[gram] * p[gram, word]
        state = (state[gram] * emit[:, word].T / p[gram, word][:, None]) @ move
        _, first, same = np.unique(state.round(12), axis=0, return_index=True, return_inverse=True)
        chance, state = np.bincount(same.ravel(), chance), state[first]  # n-grams that tell the same are one
    return chance, state @ emit


def next_word(x):
    """Return the exact probability of every next word, given the words before it and nothing else: (rows, 21).

    x holds ids in `WORDS`, shape (rows, n), the oldest word first, as `contexts.ngrams` gives them: pieces of the
    stream, which may begin anywhere in a sentence.

    Raises
    ------
    TypeError, ValueError
        x does not hold ids, or holds a row that no sentences can give; the message names it.

    Examples
    --------
    >>> p = next_word([[WORDS.index("woman"), WORDS.index("eat")]])
    >>> {word: chance for word, chance in zip(WORDS, p[0].tolist()) if chance}
    {'cookie': 0.5, 'bread': 0.5}
    """
    x = check_ids("x", x, ("rows", "n"), len(WORDS))
    move, emit, stationary = _chain()
    state = np.tile(stationary, (len(x), 1))  # (rows, states)
    for word in x.T:
        state *= emit[:, word].T
        p = state.sum(axis=1, keepdims=True)
        if not p.all():
            row = int(p.argmin())
            words = " ".join(WORDS[i] for i in x[row])
            text = "x: expected words that can follow each other"
            raise ValueError(f"{text}, got {words!r} in row {row}")
        state = (state / p) @ move
    return state @ emit
