"""The examples that language models train on: words with what stands before them, or around them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncourse._checks import as_array, check_ids, check_positive
from nncourse.text import ABSENT, Vocabulary, check_repeatable


def ngrams(ids, n):
    """Return (x, y): every run of n words, and the word that comes after it; N words give N - n examples.

    Parameters
    ----------
    ids : array_like of int, shape (N,)
        A sequence of word ids.
    n : int
        How many words the model sees.

    Returns
    -------
    x : ndarray of int, shape (N - n, n)
        The words before, the oldest first.
    y : ndarray of int, shape (N - n,)
        The word itself.

    Source
    ------
    S-1.3.1, S-LL

    Examples
    --------
    >>> x, y = ngrams([5, 6, 7, 8], 2)
    >>> x.tolist(), y.tolist()
    ([[5, 6], [6, 7]], [7, 8])
    """
    ids, n = _sequence(ids), check_positive("n", n, whole=True)
    if len(ids) <= n:
        return np.empty((0, n), ids.dtype), ids[:0]
    return np.lib.stride_tricks.sliding_window_view(ids[:-1], n), ids[n:]


def windows(ids, m):
    """Return (x, y): the m words to the left and the m words to the right of every word, and the word itself.

    Parameters
    ----------
    ids : array_like of int, shape (N,)
        The word ids of one sentence.
    m : int
        How far the window reaches to each side.

    Returns
    -------
    x : ndarray of int, shape (N, 2 m)
        The words around, from left to right; -1 where the sentence has none. A sentence of one word gives nothing.
    y : ndarray of int, shape (N,)
        The word in the middle.

    Source
    ------
    S-1.3.2, S-4

    Examples
    --------
    >>> x, y = windows([5, 6, 7], 1)
    >>> x.tolist(), y.tolist()
    ([[-1, 6], [5, 7], [6, -1]], [5, 6, 7])
    """
    ids, m = _sequence(ids), check_positive("m", m, whole=True)
    if len(ids) < 2:
        return np.empty((0, 2 * m), ids.dtype), ids[:0]
    padded = np.pad(ids, m, constant_values=ABSENT)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * m + 1)
    return np.delete(around, m, axis=1), ids


def pairs(ids, m):
    """Return (x, y): every word with every word at most m places away from it.

    Parameters
    ----------
    ids : array_like of int, shape (N,)
        The word ids of one sentence.
    m : int
        How far the window reaches to each side.

    Returns
    -------
    x : ndarray of int, shape (k,)
        The current word, in the order of the sentence.
    y : ndarray of int, shape (k,)
        The context word, from left to right.

    Source
    ------
    S-1.3.2, S-5

    Examples
    --------
    >>> x, y = pairs([5, 6, 7], 1)
    >>> x.tolist(), y.tolist()
    ([5, 6, 6, 7], [6, 5, 7, 6])
    """
    around, ids = windows(ids, m)
    there = around != ABSENT
    return np.repeat(ids, there.sum(axis=1)), around[there]


def _sequence(ids):
    """Return word ids as int32, which can hold -1; none at all is allowed."""
    ids = as_array("ids", ids, ("N",))
    if ids.shape != (0,):
        ids = check_ids("ids", ids, ("N",), np.iinfo(np.int32).max)
    return ids.astype(np.int32, copy=False)


@dataclass(frozen=True)
class Batches:
    """Mini-batches of examples from a stream of sentences: no more than one batch and one sentence is in memory.

    Parameters
    ----------
    sentences : iterable of list of str
        One that can be gone over again and again, such as a list, or a class that opens a file in `__iter__`.
    vocabulary : Vocabulary
        Turns words into ids.
    examples : callable
        Maps the ids of one sentence to (x, y): for instance ``lambda ids: pairs(ids, 5)``.
    batch_size : int
        How many examples a batch has; the last one may have fewer.

    Raises
    ------
    TypeError, ValueError
        The sentences can be gone over only once, or another argument is not as above.

    Examples
    --------
    >>> from nncourse.text import vocabulary
    >>> sentences = [["a", "b", "c"], ["b", "a"]]
    >>> batches = Batches(sentences, vocabulary(sentences), lambda ids: pairs(ids, 1), batch_size=4)
    >>> [(x.tolist(), y.tolist()) for x, y in batches]
    [([0, 1, 1, 2], [1, 0, 2, 1]), ([1, 0], [0, 1])]
    """

    sentences: object
    vocabulary: Vocabulary
    examples: Callable
    batch_size: int

    def __post_init__(self):
        check_repeatable(self.sentences)
        if not isinstance(self.vocabulary, Vocabulary):
            raise TypeError(f"vocabulary: expected a Vocabulary, got {type(self.vocabulary).__name__}")
        if not callable(self.examples):
            raise TypeError(f"examples: expected a function of a sentence's ids, got {self.examples!r:.60}")
        check_positive("batch_size", self.batch_size, whole=True)

    def __iter__(self):
        parts, waiting = [], 0
        for sentence in self.sentences:
            x, y = self.examples(self.vocabulary.ids(sentence))
            parts.append((x, y))
            waiting += len(y)
            if waiting >= self.batch_size:
                x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
                full = waiting - waiting % self.batch_size
                for start in range(0, full, self.batch_size):
                    yield x[start : start + self.batch_size], y[start : start + self.batch_size]
                parts, waiting = [(x[full:], y[full:])], waiting - full
        if waiting:
            yield tuple(np.concatenate(part) for part in zip(*parts, strict=True))
