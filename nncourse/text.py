"""From text to numbers: tokens, and a vocabulary that gives every word an id.

Sentences are lists of words. They may come from memory or, for a corpus that does not fit there, from any iterable
that can be gone over twice: once to count the words, once for each epoch of training.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_positive

TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[.,!?;:]")
ABSENT = -1  # stands for a word before the beginning or after the end


def tokens(text):
    """Return the words of a text in lower case, and its numbers and punctuation marks, each a token of its own.

    Examples
    --------
    >>> tokens("It's 3 o'clock, and SUNNY.")
    ["it's", '3', "o'clock", ',', 'and', 'sunny', '.']
    """
    return TOKEN.findall(text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """The words of a corpus and how often each occurs; a word's id is its place.

    Parameters
    ----------
    words : tuple of str
        The words, the most frequent one first.
    counts : tuple of int
        How often each occurs.
    rare : str, optional
        The word that all others are replaced by. Without it they are left out.

    Examples
    --------
    >>> known = vocabulary([["a", "b"], ["b"]])
    >>> known.words, known.counts
    (('b', 'a'), (2, 1))
    >>> known.ids(["a", "b", "c"]).tolist()
    [1, 0]
    """

    words: tuple
    counts: tuple
    rare: str | None = None
    index: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "index", {word: i for i, word in enumerate(self.words)})

    def __len__(self):
        return len(self.words)

    def ids(self, sentence):
        """Return the ids of a sentence's words, an array of int32; unknown words become the rare one, or vanish."""
        rare = self.index.get(self.rare, ABSENT)
        ids = np.array([self.index.get(word, rare) for word in _checked(sentence, "sentence")], dtype=np.int32)
        return ids if rare >= 0 else ids[ids >= 0]


def vocabulary(sentences, *, min_count=1, rare=None):
    """Count the words of a corpus, and return its vocabulary.

    Parameters
    ----------
    sentences : iterable of list of str
        Gone over once.
    min_count : int
        Words that occur less often are rare.
    rare : str, optional
        The word that stands for all rare ones, as Bengio et al. do. Without it rare words are left out. It is added
        only if there are any: else it would have nothing to be trained on.

    Returns
    -------
    Vocabulary
        Sorted by falling count; words of equal counts in the order in which they first occur.

    Raises
    ------
    TypeError, ValueError
        A sentence is no list of words, there are none, or none occurs often enough.

    Examples
    --------
    >>> vocabulary([["the", "cat"], ["the", "dog"]], min_count=2, rare="<rare>")
    Vocabulary(words=('the', '<rare>'), counts=(2, 2), rare='<rare>')
    """
    check_positive("min_count", min_count, whole=True)
    counts = Counter()
    for i, sentence in enumerate(sentences):
        counts.update(_checked(sentence, f"sentences[{i}]"))
    if not counts:
        raise ValueError("sentences: expected some words, got none")
    kept = {word: count for word, count in counts.items() if count >= min_count}
    left_out = counts.total() - sum(kept.values())
    if rare is not None and left_out:
        kept[rare] = kept.get(rare, 0) + left_out
    if not kept:
        raise ValueError(
            f"min_count: expected a word that occurs {min_count} times, got {max(counts.values())} at most"
        )
    ordered = sorted(kept, key=kept.get, reverse=True)
    return Vocabulary(tuple(ordered), tuple(kept[word] for word in ordered), rare if left_out else None)


def _checked(sentence, name):
    if isinstance(sentence, str) or not hasattr(sentence, "__iter__"):
        raise TypeError(f"{name}: expected a list of words, got {sentence!r:.60}")
    words = list(sentence)
    if set(map(type, words)) - {str}:
        other = next(word for word in words if type(word) is not str)
        raise TypeError(f"{name}: expected words (str), got {other!r:.60} ({type(other).__name__})")
    return words


@dataclass(frozen=True)
class Lines:
    """The sentences of a text file, one a line, read line by line each time that somebody goes over them.

    Parameters
    ----------
    path : str or path
        A text file in UTF-8.
    split : callable
        Maps a line to its list of words; `tokens` when left out.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("The cat sees.\\nThe dog sees.\\n", encoding="utf-8")
    ...     vocabulary(Lines(Path(folder, "text"))).words
    ('the', 'sees', '.', 'cat', 'dog')
    """

    path: object
    split: Callable = tokens

    def __iter__(self):
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                yield self.split(line)


def check_repeatable(sentences):
    """Return sentences that can be gone over again and again as they are; anything else raises TypeError.

    Examples
    --------
    >>> check_repeatable([["a", "b"]])
    [['a', 'b']]
    >>> check_repeatable(iter([["a", "b"]]))
    Traceback (most recent call last):
        ...
    TypeError: sentences: expected a list, or another iterable that can be gone over again for every epoch,
        got list_iterator
    """
    if isinstance(sentences, str) or not hasattr(sentences, "__iter__") or iter(sentences) is sentences:
        raise TypeError(
            "sentences: expected a list, or another iterable that can be gone over again for every epoch, got "
            f"{type(sentences).__name__}"
        )
    return sentences
