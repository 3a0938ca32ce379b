"""How the time for one pair grows with the vocabulary: full softmax, and hierarchical softmax over three trees.

Loss and gradients of 64 pairs at once, d = 50, float32, one thread. The hierarchical softmax's gradient is the one
that names the nodes of the paths; nothing of the size of the vocabulary is made. The words are uniform.
"""

import functools

import numpy as np

from benchmarks.harness import OURS, Case, Comparison
from benchmarks.threads import set_threads
from nncourse import trees
from nncourse.output_layers import FullSoftmax, HierarchicalSoftmax

TITLE = "Loss and gradient of 64 pairs, d = 50, float32, one thread, as the vocabulary grows"
PAIRS, D, SEED = 64, 50, 0
SIZES = tuple(2**k for k in range(6, 17, 2))
LONGEST_CHAIN = 2**12  # the paths of a longer one fill the memory
SHAPES = ("balanced", "random", "chain")


def cases(quick=False):
    """Yield one case for each vocabulary and tree."""
    for V in SIZES[: 3 if quick else None]:
        for shape in SHAPES:
            if shape == "chain" and V > LONGEST_CHAIN:
                continue
            yield Case(
                {"V": V, "tree": shape, "pairs": PAIRS},
                {
                    f"{OURS}, {shape}": functools.partial(hierarchical, V, shape),
                    "full softmax": functools.partial(full, V),
                },
                (Comparison("full softmax", ("full softmax",)),),
            )


def drawn(V):
    """Return node vectors for V words, and the pairs' h and y."""
    set_threads(1)
    rng = np.random.default_rng(SEED)
    W, h = (rng.standard_normal(shape).astype(np.float32) / D for shape in ((V, D), (PAIRS, D)))
    return W, h, rng.integers(V, size=PAIRS)


@functools.cache
def tree_of(V, shape):
    """Return the tree of that shape."""
    return trees.random_tree(V, np.random.default_rng(SEED)) if shape == "random" else getattr(trees, shape)(V)


def hierarchical(V, shape):
    """Prepare the hierarchical softmax's loss and gradient."""
    W, h, y = drawn(V)
    output = HierarchicalSoftmax(tree_of(V, shape))
    return lambda: output.path_gradient(W[:-1], h, y).loss


def full(V):
    """Prepare the full softmax's loss and gradient."""
    W, h, y = drawn(V)
    output = FullSoftmax(V)
    return lambda: output.backprop(W, h, y)[0]
