"""The exercises of the chapter *Hierarchical softmax*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.trees import huffman

k, V = sp.symbols("k V")


def _paths(rng):
    """Draw (nodes, signs, W, h): paths of 1, 3 and 5 nodes in trees of 7 to 9 internal nodes."""
    cases = []
    for steps, inner, d in ((1, 7, 2), (3, 8, 4), (5, 9, 3)):
        nodes = np.append(0, 1 + rng.permutation(inner - 1)[: steps - 1])
        signs = rng.permutation(np.where(np.arange(steps) % 2, 1, -1))
        cases.append((nodes, signs, rng.normal(size=(inner, d)), rng.normal(size=d)))
    return cases


def _counts(rng):
    """Draw counts: flat ones, where chains are bad, and steep ones, where balanced trees are."""
    return [
        (rng.integers(10, 20, 5),),
        (rng.integers(1, 4, 9) * 3 ** rng.permutation(9),),
        (rng.integers(10, 20, 12),),
    ]


def sigmoid(u):
    """Return 1 / (1 + exp(-u)); the exercises' arguments are small."""
    return 1 / (1 + np.exp(-u))


def gradient(nodes, signs, W, h):
    """The gradient of -log p: a row for each node of the path, and the one in h."""
    g = -signs * sigmoid(-signs * (W[nodes] @ h))
    return np.outer(g, h), g @ W[nodes]


def gradient_of_logistic_regressions(nodes, signs, W, h):
    """The same, node by node, as probability of left minus label, with labels 0 and 1."""
    rows, in_h = [], np.zeros_like(h)
    for node, sign in zip(nodes, signs, strict=True):
        g = sigmoid(W[node] @ h) - (sign > 0)
        rows.append(g * h)
        in_h += g * W[node]
    return np.array(rows), in_h


def mean_length(counts):
    """Huffman's mean path length: every join makes all paths below it one node longer."""
    parts, total = sorted(counts), 0
    while len(parts) > 1:
        joined = parts[0] + parts[1]
        total += joined
        parts = sorted([*parts[2:], joined])
    return total / sum(counts)


def mean_length_by_the_tree(counts):
    """The same, from the paths of the package's tree."""
    return huffman(counts).lengths @ counts / np.sum(counts)


def _joined_in_order(counts):
    parts, total = sorted(counts), 0
    while len(parts) > 1:
        parts = [parts[0] + parts[1], *parts[2:]]
        total += parts[0]
    return total / sum(counts)


def _heaviest_first(counts):
    parts, total = sorted(counts), 0
    while len(parts) > 1:
        joined = parts[-1] + parts[-2]
        total += joined
        parts = sorted([*parts[:-2], joined])
    return total / sum(counts)


def greedy_fails(scores, rng):
    """Return None if the walk down ((0, 1), 2) misses the most probable word, or what is wrong."""
    z = np.asarray(scores if isinstance(scores, (list, tuple, np.ndarray)) else np.nan, dtype=float)
    if z.shape != (2,) or not np.isfinite(z).all():
        return "Expected two finite numbers, the scores (z0, z1) of the root and of the node below it."
    left, best_below = sigmoid(z[0]), max(sigmoid(z[1]), sigmoid(-z[1]))
    if z[0] <= 1e-6:
        return "The walk does not go left at the root, so word 2 has at least one half: nothing can beat that."
    if left / 2 > 1 - left - 1e-6:
        return (
            f"The root is too sure: p(left) = {left:.3f}, and even if the two words there share it evenly, "
            "neither has less than word 2."
        )
    if left * best_below > 1 - left - 1e-6:
        return (
            f"Node 1 is too sure: the walk ends at a word with p = {left * best_below:.3f}, which word 2 does not "
            f"beat with its {1 - left:.3f}."
        )
    return None


EXERCISES = (
    Exercise(
        "hierarchical-softmax-1",
        "predict",
        "S-6 S-tree",
        4,
        "What is -log p(y | x) before training, all node vectors zero, in the balanced tree over V = 2^k words?",
        Formula("k"),
        k * sp.log(2),
        (
            Mistake(k, "k is the loss in bits; the logarithm here is the natural one."),
            Mistake(sp.log(2), "that is the cost of one turn, and the path has k of them."),
            Mistake((k + 1) * sp.log(2), "the path has k + 1 nodes, but the last is the leaf, where no one turns."),
            Mistake(2**-k, "that is p(y | x) itself; its negative logarithm was asked."),
            Mistake(-k * sp.log(2), "that is log p(y | x); a loss is positive."),
            Mistake((2**k - 1) * sp.log(2), "2^k - 1 is the number of all internal nodes; a path meets only k."),
        ),
        (sp.log(2**k), -sp.log(2**-k)),
    ),
    Exercise(
        "hierarchical-softmax-2",
        "derive",
        "S-1.3.3b S-tree",
        6,
        "How many internal nodes has a path in the chain over V words, on the mean over the words?",
        Formula("V", whole=True),
        (V - 1) * (V + 2) / (2 * V),
        (
            Mistake(
                (V + 1) / 2, "that is the mean of 1 ... V; the longest path has V - 1 nodes, and two words have it."
            ),
            Mistake((V - 1) / 2, "you summed 1 ... V - 1 over V words: one of the two last words is forgotten."),
            Mistake((V + 2) / 2, "the sum is right, but there are V words to divide by, not V - 1."),
            Mistake((V - 1) * (V + 2) / (2 * V) + 1, "you counted the leaf, which asks nothing."),
            Mistake((V - 1) * (V + 2) / 2, "that is the sum over all words; divide by their number."),
            Mistake(V - 1, "V - 1 is the longest path, not the mean."),
            Mistake(V / 2, "that is the mean of 1 ... V - 1; the two deepest words both have V - 1 nodes."),
        ),
        (((V - 1) * V / 2 + V - 1) / V, V / 2 + sp.Rational(1, 2) - 1 / V),
    ),
    Exercise(
        "hierarchical-softmax-3",
        "implement",
        "S-6 S-node S-dir",
        10,
        "Write gradient(nodes, signs, W, h) of -log p: a row for each node of the path, and the gradient in h.",
        Calls(("nodes", "signs", "W", "h"), _paths),
        gradient,
        (
            Mistake(
                lambda nodes, signs, W, h: tuple(-part for part in gradient(nodes, signs, W, h)),
                "the sign is wrong: this is the gradient of log p, not of -log p.",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    np.outer(sigmoid(W[nodes] @ h) - 1, h),
                    (sigmoid(W[nodes] @ h) - 1) @ W[nodes],
                ),
                "sigma(z) - 1 belongs to a step to the left; a step to the right has sigma(z).",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    np.outer(-signs * sigmoid(signs * (W[nodes] @ h)), h),
                    (-signs * sigmoid(signs * (W[nodes] @ h))) @ W[nodes],
                ),
                "you have sigma(dir z); the slope is -dir sigma(-dir z): a node that is right hardly pulls.",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    gradient(nodes, signs, W, h)[1] * np.ones((len(nodes), 1)),
                    gradient(nodes, signs, W, h)[1],
                ),
                "a node's vector gets its own slope times h, not the gradient in h.",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    (-signs * sigmoid(-signs * (W[nodes] @ h)))[:, None] * W[nodes],
                    gradient(nodes, signs, W, h)[1],
                ),
                "the slope of z = y(j).h in y(j) is h, not y(j).",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    gradient(nodes, signs, W, h)[0],
                    -signs[-1] * sigmoid(-signs[-1] * (W[nodes[-1]] @ h)) * W[nodes[-1]],
                ),
                "h acts at every node of the path: add up all of them, not only the last.",
            ),
            Mistake(
                lambda nodes, signs, W, h: (
                    gradient(nodes, signs, W[: len(nodes)], h)
                    if nodes.max() < len(nodes)
                    else gradient(np.arange(len(nodes)), signs, W, h)
                ),
                "you took the first rows of W; the path's nodes are the rows W[nodes].",
            ),
        ),
        (gradient_of_logistic_regressions,),
    ),
    Exercise(
        "hierarchical-softmax-4",
        "implement",
        "S-tree",
        12,
        "Write mean_length(counts): the mean number of internal nodes on a path in Huffman's tree.",
        Calls(("counts",), _counts),
        mean_length,
        (
            Mistake(
                lambda counts: mean_length(counts) * np.sum(counts),
                "that is the sum over all occurrences; divide by their number.",
            ),
            Mistake(
                lambda counts: float(np.ceil(np.log2(len(counts)))),
                "the counts do not matter in your answer: that is the depth of a balanced tree.",
            ),
            Mistake(
                lambda counts: float(-(counts / np.sum(counts)) @ np.log2(counts / np.sum(counts))),
                "that is the entropy, the lower bound; whole paths are a little longer.",
            ),
            Mistake(
                lambda counts: float((counts / np.sum(counts)) @ np.ceil(-np.log2(counts / np.sum(counts)))),
                "rounding every -log2 f up gives paths that exist, but not the shortest.",
            ),
            Mistake(
                _joined_in_order,
                "a joined part must go back among the others by its weight; you joined it again at once, a chain.",
            ),
            Mistake(_heaviest_first, "you joined the heaviest parts; the lightest have to lie deepest."),
            Mistake(
                lambda counts: float(np.mean(huffman(counts).lengths)),
                "that is the mean over the words; a word that occurs often must count often.",
            ),
        ),
        (mean_length_by_the_tree,),
    ),
    Exercise(
        "hierarchical-softmax-5",
        "experiment",
        "S-6 S-dir",
        6,
        "Find scores (z0, z1) of ((0, 1), 2) for which going down to the likelier side misses the likeliest word.",
        Holds(greedy_fails, "The walk misses the likeliest word. Only asking every node finds it."),
        (0.3, 0.1),
        (
            Mistake((-1.0, 0.0), "nothing can beat that"),
            Mistake((2.0, 0.0), "The root is too sure"),
            Mistake((0.3, 4.0), "Node 1 is too sure"),
            Mistake((0.3, -4.0), "Node 1 is too sure"),
            Mistake((0.3, 0.1, 0.2), "Expected two finite numbers"),
        ),
        ([0.5, -0.2], np.array([0.01, 0.0])),
    ),
)
