"""Training word vectors with a hierarchical softmax, on any corpus that can be gone over sentence by sentence."""

from functools import cache
from importlib.util import find_spec

import numpy as np

from nncourse import word_kernels as kernels
from nncourse._checks import check_positive
from nncourse.params import all_finite, check_params
from nncourse.text import Vocabulary, check_repeatable
from nncourse.training import History
from nncourse.word_vectors import CBOW, SkipGram

STRETCH = 10_000  # words that are handed to a kernel together, at least
SAFE = ("reassoc", "contract", "nsz", "arcp", "afn")  # all of fastmath but "there is no nan and no inf"


def fit_words(
    model,
    params,
    sentences,
    vocabulary,
    *,
    window=5,
    epochs=5,
    learning_rate=0.025,
    last_rate=0.0001,
    compiled=None,
    measure=None,
):
    """Train word vectors, and return the new parameters and a history. No argument is changed.

    An update sees one centre word with its window: all pairs of the skip-gram model, or the one example of CBOW.
    The step size falls evenly from word to word. Sentences are gone over once an epoch and never held together.

    Parameters
    ----------
    model : SkipGram or CBOW
        With a tree. For the full softmax use `training.fit_batches`.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng, dtype="float32")`; float32 is nearly twice as fast.
    sentences : iterable of list of str
        One that can be gone over again and again, such as a list, or a class that opens a file in `__iter__`.
    vocabulary : Vocabulary
        Of the same sentences.
    window : int
        How far the window reaches to each side (m in the notes).
    epochs : int
        How many times to go over the sentences.
    learning_rate, last_rate : float
        The first and the last step size.
    compiled : bool, optional
        True for the loops that numba compiles, False for NumPy; when left out, numba where it is installed. The
        results agree up to rounding.
    measure : callable, optional
        Called with the parameters after every epoch; its results are kept in the history.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters.
    history : History
        The mean of -log p of every epoch, each example before its update.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    ModuleNotFoundError
        `compiled` is True and numba is not installed.
    FloatingPointError
        The training diverged.

    Source
    ------
    S-4, S-5, S-6, S-1.3.3b

    Examples
    --------
    >>> from nncourse import text, trees
    >>> sentences, model = [["a", "b"]] * 20, SkipGram(V=2, d1=3, tree=trees.chain(2))
    >>> known, params = text.vocabulary(sentences), model.init(np.random.default_rng(0))
    >>> params, _ = fit_words(model, params, sentences, known, window=1, learning_rate=1.0, compiled=False)
    >>> model.forward(params, [0, 1])[0].round(1).tolist()  # b is beside a, and a beside b
    [[0.0, 1.0], [1.0, 0.0]]
    """
    update = _updater(model, params := _checked(model, params, vocabulary), window, compiled)
    check_repeatable(sentences)
    check_positive("epochs", epochs, whole=True)
    if check_positive("last_rate", last_rate) > check_positive("learning_rate", learning_rate):
        raise ValueError(f"last_rate: expected at most the learning rate {learning_rate}, got {last_rate}")
    decay = (learning_rate - last_rate) / (epochs * sum(vocabulary.counts))
    history, done = History(), 0
    for epoch in range(1, epochs + 1):
        loss, examples = 0.0, 0
        for ids, ends in _stretches(sentences, vocabulary):
            rate = max(learning_rate - decay * done, last_rate)
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is caught below
                stretch_loss, count = update(ids, ends, rate, decay if rate > last_rate else 0.0)
            loss, examples, done = loss + stretch_loss, examples + count, done + len(ids)
        if not examples:
            raise ValueError("sentences: expected one with two words of the vocabulary, got none")
        if not (np.isfinite(loss) and all_finite(params)):
            raise FloatingPointError(f"training diverged in epoch {epoch}: try a smaller learning_rate")
        history.loss.append(float(loss / examples))
        if measure is not None:
            history.measured.append(measure(params))
    return params, history


def _checked(model, params, vocabulary):
    """Return a copy of the parameters, the words' vectors one after the other in memory."""
    if not isinstance(model, (SkipGram, CBOW)):
        raise TypeError(f"model: expected SkipGram or CBOW, got {type(model).__name__}")
    if model.tree is None:
        raise ValueError("model: expected one with a tree; for the full softmax use training.fit_batches")
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(f"vocabulary: expected what text.vocabulary returns, got {type(vocabulary).__name__}")
    if len(vocabulary) != model.V:
        raise ValueError(f"vocabulary: expected V = {model.V} words, as the model has, got {len(vocabulary)}")
    params = check_params(params, model.shapes())
    dtype = np.result_type(*params.values())
    return {"W1": np.array(params["W1"].T, dtype, order="C").T, "W2": np.array(params["W2"], dtype, order="C")}


def _updater(model, params, window, compiled):
    """Return the function of (ids, ends, rate, decay) that trains on a stretch of text, in place."""
    check_positive("window", window, whole=True)
    if compiled is None:
        compiled = find_spec("numba") is not None
    name = "skip_gram" if isinstance(model, SkipGram) else "cbow"
    more = (model.mean,) if isinstance(model, CBOW) else ()
    tree = model.tree
    if compiled:
        kernel, way = compile_kernel(f"{name}_loops"), (tree.starts, tree.nodes, tree.signs)
    else:
        kernel, way = getattr(kernels, f"{name}_arrays"), (tree,)

    def update(ids, ends, rate, decay):
        return kernel(params["W1"].T, params["W2"], ids, ends, window, rate, decay, *way, *more)

    return update


@cache
def compile_kernel(name):
    """Return one of the loops of `word_kernels`, compiled by numba when it is first called.

    Raises
    ------
    ModuleNotFoundError
        numba is not installed.

    Examples
    --------
    >>> compile_kernel("cbow_loops").py_func is kernels.cbow_loops  # compiled when it is first called
    True
    """
    try:
        import numba
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "compiled=True needs numba, which is not installed. Get it with `pip install nncourse[fast]`, or leave "
            "`compiled` out: the same training then runs in NumPy, more slowly."
        ) from error
    return numba.njit(fastmath=set(SAFE))(getattr(kernels, name))


def _stretches(sentences, vocabulary):
    """Give (ids, ends): sentences one after the other, and where each ends, about STRETCH words at a time."""
    waiting, words = [], 0
    for sentence in sentences:
        waiting.append(vocabulary.ids(sentence))
        words += len(waiting[-1])
        if words >= STRETCH:
            yield np.concatenate(waiting), np.cumsum([len(ids) for ids in waiting])
            waiting, words = [], 0
    if words:
        yield np.concatenate(waiting), np.cumsum([len(ids) for ids in waiting])
