"""An epoch of hierarchical softmax on the Lee corpus: 300 news articles, d = 100, five words to each side, float32.

gensim trains with one worker, and with hs=1, negative=0, sample=0, min_count=1, shrink_windows=False: all see
the same pairs, and Huffman trees over the same counts have the same total path length. Before the clock starts,
vocabularies are built and numba compiles.
"""

import functools

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from nncourse.contexts import pairs
from nncourse.datasets import lee
from nncourse.text import tokens, vocabulary
from nncourse.trees import huffman
from nncourse.word_training import fit_words
from nncourse.word_vectors import CBOW, SkipGram

TITLE = "An epoch of hierarchical softmax on the Lee corpus, d = 100, window 5, float32, one thread"
D, WINDOW, SEED = 100, 5, 0
TARGETS = {("skip-gram", "numba"): 1.2, ("skip-gram", "NumPy"): 0.15, ("CBOW", "numba"): 1.0}


@functools.cache
def corpus():
    """Return the sentences, the vocabulary and the Huffman tree."""
    sentences = [tokens(article) for article in lee()]
    known = vocabulary(sentences)
    return sentences, known, huffman(known.counts)


def cases(quick=False):
    """Yield one case for each model and each way that we train it."""
    if not installed("gensim"):
        return
    ways = ("numba", "NumPy") if installed("numba") else ("NumPy",)
    for name in ("skip-gram", "CBOW"):
        for way in ways:
            yield Case(
                {"model": name, "way": way, "pairs" if name == "skip-gram" else "words": examples(name)},
                {OURS: functools.partial(ours, name, way == "numba"), "gensim": functools.partial(gensim, name)},
                (Comparison("gensim", ("gensim",), "speed-up", TARGETS.get((name, way))),),
            )


def examples(name):
    """Return how many examples an epoch has: pairs for the skip-gram model, words for CBOW."""
    sentences, known, _ = corpus()
    if name == "CBOW":
        return sum(known.counts)
    return sum(len(pairs(known.ids(sentence), WINDOW)[0]) for sentence in sentences)


def ours(name, compiled):
    """Prepare this package's epoch, which returns the mean loss."""
    sentences, known, tree = corpus()
    model = SkipGram(len(known), D, tree) if name == "skip-gram" else CBOW(len(known), D, tree, mean=True)
    params = model.init(np.random.default_rng(SEED), dtype="float32")

    def run():
        _, history = fit_words(model, params, sentences, known, window=WINDOW, epochs=1, compiled=compiled)
        return history.loss[0]

    return run


def gensim(name):
    """Prepare gensim's epoch, which returns the sum of its path lengths, each weighted with its word's count."""
    from gensim.models import Word2Vec

    sentences, _, _ = corpus()
    model = Word2Vec(
        vector_size=D,
        window=WINDOW,
        sg=int(name == "skip-gram"),
        hs=1,
        negative=0,
        sample=0,
        min_count=1,
        shrink_windows=False,
        workers=1,
        seed=SEED,
    )
    model.build_vocab(sentences)
    vectors = model.wv

    def run():
        model.train(sentences, total_examples=len(sentences), epochs=1)
        return sum(
            vectors.get_vecattr(w, "count") * len(vectors.get_vecattr(w, "code")) for w in vectors.key_to_index
        )

    return run
