"""How the time for one pair grows with the vocabulary: a text of random words whose frequencies fall like 1 / rank.

Every vocabulary gets as many words of text as bring the same number of path nodes, counted pair by pair, so times
divide into times per node. The arrays grow from half a megabyte to almost one gigabyte.
"""

import functools

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from nncourse.trees import huffman
from nncourse.word_kernels import skip_gram_arrays
from nncourse.word_training import compile_kernel

TITLE = (
    "Skip-gram with hierarchical softmax, time for equally many path nodes as V grows, d = 100, window 5, float32"
)
D, WINDOW, SEED, SENTENCE = 100, 5, 0, 200
SMALL, SIZES, NODES = 1_000, (10_000, 100_000, 1_000_000), 8_000_000
TARGET = 2.0  # times the time at V = 1,000, for V = 1,000,000


def cases(quick=False):
    """Yield one case for every larger vocabulary, and each way to train."""
    for way in ("numba", "NumPy") if installed("numba") else ("NumPy",):
        nodes = NODES // (1 if way == "numba" else 5)
        for V in SIZES[: 1 if quick else None]:
            target = TARGET if max(SIZES) == V else None
            yield Case(
                {"V": V, "way": way, "path nodes": nodes},
                {
                    f"{OURS}, V = {V}": functools.partial(training, V, nodes, way == "numba"),
                    f"V = {SMALL}": functools.partial(training, SMALL, nodes, way == "numba"),
                },
                (Comparison(f"V = {SMALL}", (f"V = {SMALL}",), "cost", target),),
            )


@functools.cache
def tree_of(V):
    """Return the words' probabilities and their Huffman tree."""
    p = 1 / np.arange(1, V + 1)
    return p / p.sum(), huffman(p)


@functools.lru_cache(maxsize=2)
def vectors_of(V):
    """Return word vectors and node vectors, which go on being trained from round to round."""
    draw = np.random.default_rng(SEED).random
    return (draw((V, D), np.float32) - np.float32(0.5)) / D, np.ones((V - 1, D), np.float32) / D


def training(V, nodes, compiled):
    """Prepare a training on about so many path nodes; it returns the nodes on the paths of its words."""
    p, tree = tree_of(V)
    vectors, W2 = vectors_of(V)
    n = int(nodes / (2 * WINDOW * (p @ tree.lengths))) // SENTENCE * SENTENCE
    ids = np.random.default_rng(SEED).choice(V, size=n, p=p).astype(np.int32)
    ends = np.arange(SENTENCE, n + 1, SENTENCE)
    if compiled:
        kernel, way = compile_kernel("skip_gram_loops"), (tree.starts, tree.nodes, tree.signs)
    else:
        kernel, way = skip_gram_arrays, (tree,)

    def run():
        kernel(vectors, W2, ids, ends, WINDOW, 0.025, 0.0, *way)
        return int(tree.lengths[ids].sum())

    return run
