"""The project of part 1: a language model that guesses better than the chapter's, on the same articles.

A student writes ``train(articles, words, seed)``, which returns ``predict(histories)``: the probabilities of all
words after each history. A history holds all words of an article before the one that is guessed, and nothing after.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from nncourse import datasets
from nncourse._checks import check_array
from nncourse.contexts import ngrams
from nncourse.language_models import NeuralLanguageModel
from nncourse.optimizers import GradientDescent
from nncourse.projects.core import Score
from nncourse.text import tokens, vocabulary
from nncourse.training import fit

TRAINING, DEVELOPMENT = slice(200), slice(200, 250)  # the chapter's parts of the articles
GIVEN = 3  # words at the beginning of an article that nobody has to guess
SEED = 1  # of the training
ROWS = 256  # histories that `predict` gets at a time, at most


@lru_cache(maxsize=1)
def _corpus():
    articles = [tokens(text) for text in datasets.lee()]
    known = vocabulary(articles[TRAINING], min_count=4, rare="<rare>")
    return known, tuple(known.ids(article) for article in articles)


def lesson():
    """Return (articles, words): what there is to learn from.

    Returns
    -------
    articles : list of ndarray of int
        The word ids of 200 articles.
    words : tuple of str
        The 1,645 words that the ids stand for; what is rare is "<rare>".

    Raises
    ------
    ModuleNotFoundError
        gensim, which carries the articles, is not installed.

    Examples
    --------
    >>> articles, words = lesson()
    >>> len(articles), len(words), [words[i] for i in articles[0][:4]]
    (200, 1645, ['hundreds', 'of', 'people', 'have'])
    """
    known, articles = _corpus()
    return [article.copy() for article in articles[TRAINING]], known.words


def development():
    """Return 50 further articles, by which everybody can choose; their scores are no secret.

    Raises
    ------
    ModuleNotFoundError
        gensim, which carries the articles, is not installed.

    Examples
    --------
    >>> articles = development()
    >>> len(articles), sum(len(article) - GIVEN for article in articles)
    (50, 10089)
    """
    return [article.copy() for article in _corpus()[1][DEVELOPMENT]]


def read(path):
    """Return the articles of a text file in UTF-8, one a line, as ids of the lesson's words.

    Raises
    ------
    ValueError
        The file cannot be read, or no article in it is longer than three words.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("The police said the dragon was there.\\n", encoding="utf-8")
    ...     [article] = read(Path(folder, "text"))
    >>> words = lesson()[1]
    >>> " ".join(words[i] for i in article)
    'the police said the <rare> was there .'
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ValueError(f"text: expected a file with an article in each line, got {path}: {why}") from None
    articles = [_corpus()[0].ids(tokens(line)) for line in lines]
    long = [article for article in articles if len(article) > GIVEN]
    if not long:
        raise ValueError(f"text: expected an article of more than {GIVEN} words in a line, got none in {path}")
    return long


def mean_loss(predict, articles, V):
    """Return the mean of -log p of all words but the first three of each article. No word is seen before its turn.

    Word number t is asked for in all articles at once. So what is shown for it, and all that was shown before,
    says nothing about it but its own history.

    Parameters
    ----------
    predict : callable
        Takes a list of histories, arrays of word ids, the oldest first; returns probabilities, (histories, V).
    articles : list of ndarray of int
        What is guessed.
    V : int
        The number of words.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        What `predict` returns is no table of probabilities, or a word that came had the probability 0.

    Examples
    --------
    >>> articles = [np.array([0, 1, 0, 1, 1])]
    >>> round(mean_loss(lambda histories: np.full((len(histories), 2), 0.5), articles, V=2), 4)
    0.6931
    """
    total, count = 0.0, 0
    for t in range(GIVEN, max(len(article) for article in articles)):
        there = [article for article in articles if len(article) > t]
        for start in range(0, len(there), ROWS):
            some = there[start : start + ROWS]
            p = _probabilities(predict([article[:t].copy() for article in some]), len(some), V)
            came = p[np.arange(len(some)), [article[t] for article in some]]
            if not came.all():
                raise ValueError("predict: expected probabilities above 0, got 0 for a word that came")
            total, count = total - np.log(came).sum(), count + len(some)
    return float(total / count)


def _probabilities(p, rows, V):
    """Return what `predict` gave, if it is a table of probabilities."""
    p = check_array("what predict returns", p, (rows, V)).astype(float)
    sums = p.sum(axis=1)
    if p.min() < 0 or np.abs(sums - 1).max() > 1e-4:
        worst = p.min() if p.min() < 0 else sums[np.abs(sums - 1).argmax()]
        what = "a probability of" if p.min() < 0 else "a row whose sum is"
        raise ValueError(f"predict: expected probabilities that sum to 1 in each row, got {what} {worst:.4g}")
    return p / sums[:, None]


def scores(train, secret=None):
    """Yield the one `Score` of a training: the mean of log p, in words the perplexity.

    Parameters
    ----------
    train : callable
        ``train(articles, words, seed)``, as the head of this module says.
    secret : path, optional
        The text that is guessed; the development articles when left out.

    Examples
    --------
    >>> def train(articles, words, seed):
    ...     return lambda histories: np.full((len(histories), len(words)), 1 / len(words))
    >>> [score.text for score in scores(train)]  # unsure among all words
    ['perplexity 1645.0']
    """
    articles, words = lesson()
    held_out = development() if secret is None else read(secret)
    predict = train(articles, words, SEED)
    if not callable(predict):
        raise TypeError(f"train: expected it to return a function, predict(histories), got {predict!r:.60}")
    loss = mean_loss(predict, held_out, len(words))
    count = sum(len(article) - GIVEN for article in held_out)
    yield Score(-loss, f"perplexity {np.exp(loss):.1f}", (f"on {count:,} words",))


def score(train):
    """Train, and return the `Score` on the development articles.

    Parameters
    ----------
    train : callable
        ``train(articles, words, seed)``, as the head of this module says.

    Raises
    ------
    TypeError, ValueError
        What it returns is no function that gives probabilities.

    Examples
    --------
    >>> def train(articles, words, seed):
    ...     share = np.bincount(np.concatenate(articles), minlength=len(words)) / sum(map(len, articles))
    ...     return lambda histories: np.tile(share, (len(histories), 1))
    >>> print(score(train))
    perplexity 162.7
    on 10,089 words
    """
    *_, last = scores(train)
    return last


def chapter(articles, words, seed):
    """Return `predict` of the chapter's network with a hidden layer: three words of history, five epochs.

    Parameters
    ----------
    articles : list of ndarray of int
        What it learns from.
    words : tuple of str
        The words that the ids stand for.
    seed : int
        Of the first parameters and of the order of the examples.

    Examples
    --------
    >>> predict = chapter([np.array([0, 1, 2, 0, 1, 2, 0])], ("a", "b", "c"), seed=1)
    >>> predict([np.array([0, 1, 2])]).shape
    (1, 3)
    """
    model, rng = NeuralLanguageModel(V=len(words), n=3, d1=30, d2=60, bias=True), np.random.default_rng(seed)
    x, y = (np.concatenate(part) for part in zip(*(ngrams(a, 3) for a in articles), strict=True))
    params = model.init(rng, dtype="float32")
    for epoch in range(5):
        params, _ = fit(model, params, x, y, GradientDescent(1.5 / 2**epoch), epochs=1, batch_size=32, rng=rng)
    return lambda histories: model.forward(params, np.array([history[-3:] for history in histories]))[0]
