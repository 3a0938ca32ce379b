"""Elman's letters: three consonants in random order, each followed by vowels of its own, as codes of six bits.

Elman (1990), "Finding structure in time", Cognitive Science 14, 179-211: b becomes ba, d dii, and g guuu. The codes
are those of his Table 1.
"""

from types import MappingProxyType

import numpy as np

from nncourse._checks import check_positive, check_rng

SYLLABLES = ("ba", "dii", "guuu")
FEATURES = ("Consonant", "Vowel", "Interrupted", "High", "Back", "Voiced")
CODES = MappingProxyType({
    "b": (1, 0, 1, 0, 0, 1), "d": (1, 0, 1, 1, 0, 1), "g": (1, 0, 1, 0, 1, 1),
    "a": (0, 1, 0, 0, 1, 1), "i": (0, 1, 0, 1, 0, 1), "u": (0, 1, 0, 1, 1, 1),
})  # fmt: skip


def letters(n, rng):
    """Return a text of n syllables, each equally likely to be ba, dii or guuu: 3 n letters on average.

    Parameters
    ----------
    n : int
        How many syllables; 1000 in the paper.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    str
        The syllables, without blanks.

    Raises
    ------
    TypeError, ValueError
        n is no whole number above zero, or `rng` is no generator.

    Examples
    --------
    >>> letters(5, np.random.default_rng(0))
    'guuudiidiibaba'
    """
    check_positive("n", n, whole=True)
    return "".join(SYLLABLES[i] for i in check_rng(rng).integers(len(SYLLABLES), size=n))


def codes(text):
    """Return the code of every letter of a text, shape (letters, 6); the columns are `FEATURES`.

    Raises
    ------
    TypeError, ValueError
        The text is no string, is empty, or holds a letter that has no code.

    Examples
    --------
    >>> codes("ba").tolist()
    [[1.0, 0.0, 1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0, 1.0]]
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string of letters, got {type(text).__name__}")
    for i, letter in enumerate(text):
        if letter not in CODES:
            raise ValueError(f"text: expected the letters {', '.join(CODES)}, got {letter!r} at index {i}")
    if not text:
        raise ValueError("text: expected some letters, got none")
    return np.array([CODES[letter] for letter in text], float)


def expected_codes(text):
    """Return the mean code of the letter that comes next, after every letter of a text: the best guess there is.

    Within a syllable that is the code of its next letter. After a syllable it is the mean of the consonants' codes:
    they differ in High and Back alone, where one of three has a 1. So the squared error at a consonant, summed over
    the six bits, is 2 (1/3) (2/3) = 4/9 on average, and at a vowel it is 0.

    Parameters
    ----------
    text : str
        Begins with a syllable; the last one may be incomplete.

    Returns
    -------
    ndarray of shape (letters, 6)
        Row i is about letter i + 1, given letters 0 ... i.

    Raises
    ------
    TypeError, ValueError
        The text is no string, is empty, or is not made of syllables.

    Examples
    --------
    >>> expected_codes("ba").round(3).tolist()
    [[0.0, 1.0, 0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.333, 0.333, 1.0]]
    """
    fresh = codes("bdg").mean(axis=0)
    return np.array([codes(letter)[0] if letter else fresh for letter in next_letters(text)])


def next_letters(text):
    """Return, after every letter of a text, the letter that has to come next, "" where any consonant may.

    Raises
    ------
    TypeError, ValueError
        As in `expected_codes`.

    Examples
    --------
    >>> next_letters("dii")
    ['i', 'i', '']
    """
    codes(text)
    wanted, rest = [], ""
    for i, letter in enumerate(text):
        if not rest:
            rest = next((syllable for syllable in SYLLABLES if syllable[0] == letter), "?")
        if rest[0] != letter:
            expected = "a consonant" if rest == "?" else repr(rest[0])
            raise ValueError(
                f"text: expected the syllables {', '.join(SYLLABLES)}: {expected}, got {letter!r} at index {i}"
            )
        rest = rest[1:]
        wanted.append(rest[:1])
    return wanted
