"""What a language model is compared with: smoothed n-grams as NLTK computes them, and mixtures.

NLTK is needed for nothing else. Words are ids, so a comparison sees the same words as the model that is compared.
"""

import numpy as np

from nncourse._checks import check_array, check_ids, check_positive, check_share

LARGEST = np.iinfo(np.int32).max
SMALLEST_GAP = 1e-12  # below it rounding decides


def import_nltk():
    """Return the module nltk.lm, which counts n-grams and smooths them.

    Raises
    ------
    ModuleNotFoundError
        NLTK is not installed; the message says how to get it, and that the rest works without.

    Examples
    --------
    >>> import_nltk().__name__
    'nltk.lm'
    """
    try:
        import nltk.lm
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "This comparison needs NLTK, which is not installed. Get it with `pip install nltk`, or go on with "
            "the next cell: nothing else needs it."
        ) from error
    return nltk.lm


def count_ngrams(sequences, order):
    """Count all runs of 1, 2, ... `order` words. A run lies within one sequence.

    Parameters
    ----------
    sequences : iterable of array_like of int
        The word ids of each text.
    order : int
        The longest run: 3 for a trigram.

    Returns
    -------
    nltk.lm.NgramCounter
        The counts.

    Raises
    ------
    TypeError, ValueError
        A sequence does not hold word ids, all are empty, or the order is no whole number above zero.
    ModuleNotFoundError
        NLTK is not installed.

    Examples
    --------
    >>> counts = count_ngrams([[0, 1, 0, 1, 0], [2, 2]], order=2)
    >>> counts[1][0], counts[2][(0,)][1], counts[2][(0,)][2]  # word 0; 1 after 0; 2 after 0, in no one text
    (3, 2, 0)
    """
    check_positive("order", order, whole=True)
    counts = import_nltk().NgramCounter()
    for i, ids in enumerate(sequences):
        if len(ids):
            words = check_ids(f"sequences[{i}]", ids, ("N",), LARGEST).tolist()
            counts.update([tuple(words[k : k + n]) for k in range(len(words) - n + 1)] for n in range(1, order + 1))
    if not counts.N():
        raise ValueError("sequences: expected some words, got none")
    return counts


def ngram_probabilities(counts, x, y, *, order, discount=0.75):
    """Return the probability of every word given the `order` - 1 words before it, by absolute discounting.

    What was counted c times counts as c - discount. What that sets free goes to the next shorter run: a trigram is
    interpolated with a bigram, and that with the share of the single word, which is not smoothed.

    Parameters
    ----------
    counts : nltk.lm.NgramCounter
        From `count_ngrams`, of this order or more.
    x : array_like of int, shape (rows, n)
        The words before, the oldest first, as `contexts.ngrams` gives them; n is at least `order` - 1.
    y : array_like of int, shape (rows,)
        The words themselves.
    order : int
        3 for a trigram, 1 for the share of the single word.
    discount : float
        Between 0 and 1.

    Returns
    -------
    ndarray of shape (rows,)
        The probabilities, none of them zero.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; runs of `order` words were not counted; a word of y was never counted.
    ModuleNotFoundError
        NLTK is not installed.

    Examples
    --------
    >>> counts = count_ngrams([[0, 1, 0, 1, 0]], order=2)  # the share of word 1 is 2 / 5
    >>> p = ngram_probabilities(counts, [[0]], [1], order=2, discount=0.5)
    >>> p.round(6).tolist()  # (2 - 0.5) / 2 + 0.5 / 2 * 2 / 5
    [0.85]
    """
    check_positive("order", order, whole=True)
    check_share("discount", discount)
    x = check_ids("x", x, ("rows", "n"), LARGEST)
    y = check_ids("y", y, (len(x),), LARGEST)
    if x.shape[1] < order - 1:
        raise ValueError(f"x: expected at least {order - 1} words before, got {x.shape[1]}")
    if order > 1 and not counts[order]:
        raise ValueError(f"counts: expected runs of {order} words, got shorter ones only")
    unseen = [i for i, word in enumerate(y.tolist()) if not counts[1][word]]
    if unseen:
        raise ValueError(f"y: expected words that were counted, got {y[unseen[0]]} at index {unseen[0]}")
    model = import_nltk().AbsoluteDiscountingInterpolated(order, discount=discount, counter=counts)
    runs = [
        (*before, word) for before, word in zip(x[:, x.shape[1] - order + 1 :].tolist(), y.tolist(), strict=True)
    ]
    known = {run: model.unmasked_score(run[-1], run[:-1]) for run in set(runs)}  # most runs come more than once
    return np.array([known[run] for run in runs])


def mixture_weights(p, *, gap=1e-9):
    """Return the weights with which the mixture of several models makes the mean log likelihood largest.

    Each step gives every model the share of the words that it explained. The log likelihood is concave in the
    weights, so how far it is below its maximum is known: at most max_k mean(p_k / mixture) - 1.

    Parameters
    ----------
    p : array_like of shape (words, models)
        The probability that each model gave to each word, above zero.
    gap : float
        How far below the maximum the mean log likelihood may end, in nats; at least 1e-12.

    Returns
    -------
    ndarray of shape (models,)
        Weights that sum to 1.

    Raises
    ------
    TypeError, ValueError
        A probability is not between 0 and 1, or zero, or the gap is no number, or below 1e-12.

    Examples
    --------
    >>> mixture_weights([[0.4, 0.1], [0.1, 0.4]]).round(3).tolist()
    [0.5, 0.5]
    """
    p = _check_mixture(p, gap)
    weights = np.full(p.shape[1], 1 / p.shape[1])
    while True:
        ratio = np.mean(p / (p @ weights)[:, None], axis=0)
        if ratio.max() - 1 <= gap:
            return weights
        weights = weights * ratio
        weights /= weights.sum()


def _check_mixture(p, gap):
    if check_positive("gap", gap) < SMALLEST_GAP:
        raise ValueError(f"gap: expected at least {SMALLEST_GAP}, got {gap}")
    p = check_array("p", p, ("words", "models")).astype(np.float64)
    outside = np.argwhere((p <= 0) | (p > 1))
    if len(outside):
        where = tuple(int(i) for i in outside[0])
        raise ValueError(f"p: expected probabilities above 0 and at most 1, got {p[where]:g} at index {where}")
    return p
