"""Trees as one writes them, by spans or by nested pairs, and the recursion that proves that they sum to one.

Number the words from left to right, 1 ... V. Then the words below an internal node are a span, the places i ... j,
and the node parts it after some place k: i ... k lie to the left, k + 1 ... j to the right.
"""

from typing import NamedTuple

import numpy as np

from nncourse._checks import check_array, check_ids
from nncourse.activations import sigmoid
from nncourse.trees import Tree


class Span(NamedTuple):
    """An internal node, by the words below it.

    Parameters
    ----------
    i, j : int
        The first and the last place below the node.
    k : int
        The last place to the left, i <= k < j.
    node : int
        The node's number in the tree.

    Examples
    --------
    >>> words, (root, *others) = spans(Tree(left=[1, -1], right=[-2, -3]))  # ((0, 2), 1)
    >>> root
    Span(i=1, j=3, k=2, node=0)
    """

    i: int
    j: int
    k: int
    node: int


def spans(tree):
    """Return (words, spans): the words from left to right, and a `Span` for every internal node, the root first.

    Parameters
    ----------
    tree : Tree
        Any full binary tree.

    Source
    ------
    S-span

    Examples
    --------
    >>> words, found = spans(Tree(left=[1, -1], right=[-2, -3]))  # ((0, 2), 1)
    >>> words, [tuple(span) for span in found]
    ([0, 2, 1], [(1, 3, 2, 0), (1, 2, 1, 1)])
    """
    left, right = tree.left.tolist(), tree.right.tolist()
    words, order, todo = [], [], [0]
    while todo:  # depth first, left before right
        child = todo.pop()
        if child < 0:
            words.append(-1 - child)
        else:
            order.append(child)
            todo += [right[child], left[child]]
    size = {}
    for node in reversed(order):  # children before their parents
        size[node] = size.get(left[node], 1) + size.get(right[node], 1)
    first, found = {0: 1}, []
    for node in order:
        i = first[node]
        k = i + size.get(left[node], 1) - 1
        first |= {left[node]: i, right[node]: k + 1}
        found.append(Span(i, i + size[node] - 1, k, node))
    return words, found


def from_splits(splits):
    """Return the tree whose spans (i, j) are parted after k: the set S of the notes. Place i holds the word i - 1.

    Parameters
    ----------
    splits : dict of (int, int) to int
        For every span (i, j) with i < j its split k, i <= k < j. It has the root (1, V), and with every span its
        two parts.

    Raises
    ------
    ValueError
        A split leaves one part empty, or a span is missing or cannot be reached from the root.

    Source
    ------
    S-span

    Examples
    --------
    >>> from_splits({(1, 3): 2, (1, 2): 1}).lengths.tolist()
    [2, 2, 1]
    """
    if not splits:
        raise ValueError("splits: expected at least the span (1, 2), got none")
    root = (1, max(j for _, j in splits))
    number, left, right, todo = {root: 0}, {}, {}, [root]
    while todo:
        i, j = todo.pop()
        if (i, j) not in splits:
            raise ValueError(f"splits: expected a split for the span ({i}, {j}), got none")
        k = splits[i, j]
        if not i <= k < j:
            raise ValueError(f"splits: expected i <= k < j, got k = {k} for the span ({i}, {j})")
        node = number[i, j]
        for side, part in ((left, (i, k)), (right, (k + 1, j))):
            if part[0] == part[1]:
                side[node] = -part[0]  # the word i - 1
            else:
                side[node] = number[part] = len(number)
                todo.append(part)
    if unused := sorted(set(splits) - set(number)):
        raise ValueError(f"splits: expected spans that come from parting {root}, got {unused[0]}")
    return Tree([left[node] for node in range(len(number))], [right[node] for node in range(len(number))])


def nested(pairs):
    """Return the tree that pairs of pairs spell: ((0, 1), 2) has word 2 to the right of the root.

    Parameters
    ----------
    pairs : tuple
        (left, right), each a word or again a pair.

    Raises
    ------
    TypeError, ValueError
        Something is neither a word nor a pair (a node with one child makes no full tree), or the words are not
        0 ... V - 1, each once.

    Source
    ------
    S-tree

    Examples
    --------
    >>> nested(((0, 2), 1)).lengths.tolist()
    [2, 1, 2]
    """
    if not isinstance(pairs, (tuple, list)):
        raise TypeError(f"pairs: expected (left, right), got {pairs!r}")
    left, right, words, todo = [], [], [], [(pairs, None, 0)]
    while todo:
        pair, side, at = todo.pop()
        if not isinstance(pair, (tuple, list)):
            check_ids("pairs", pair, (), np.iinfo(np.int32).max)
            side[at] = -1 - int(pair)
            words.append(int(pair))
            continue
        if len(pair) != 2:
            raise ValueError(f"pairs: expected two children for every node (a full tree), got {pair!r}")
        if side is not None:
            side[at] = len(left)
        todo += [(pair[1], right, len(right)), (pair[0], left, len(left))]
        left.append(0)
        right.append(0)
    if sorted(words) != list(range(len(words))):
        odd = next(word for word in words if words.count(word) > 1 or word >= len(words))
        twice = " twice" if words.count(odd) > 1 else ""
        raise ValueError(f"pairs: expected the words 0 .. {len(words) - 1}, each once, got {odd}{twice}")
    return Tree(left, right)


def pi(tree, z):
    """Return pi(i, j) of every span: 1 for a single word, else sigma(z) pi(i, k) + sigma(-z) pi(k + 1, j).

    Parameters
    ----------
    tree : Tree
        Any full binary tree.
    z : array_like of shape (V - 1,)
        The score y_ij^T x of every internal node.

    Returns
    -------
    dict of (int, int) to float
        pi(1, V) is the sum of all words' probabilities. All of them are 1, up to rounding.

    Raises
    ------
    TypeError, ValueError
        There is not one finite score for each internal node.

    Source
    ------
    S-span, S-sig

    Examples
    --------
    >>> tree = Tree(left=[1, -1], right=[-2, -3])  # ((0, 2), 1)
    >>> {span: round(p, 12) for span, p in pi(tree, [0.3, -2.0]).items()}
    {(1, 1): 1.0, (2, 2): 1.0, (3, 3): 1.0, (1, 2): 1.0, (1, 3): 1.0}
    """
    z = check_array("z", z, (tree.V - 1,))
    right, wrong = sigmoid(z), sigmoid(-z)
    total = {(place, place): 1.0 for place in range(1, tree.V + 1)}
    for i, j, k, node in reversed(spans(tree)[1]):
        total[i, j] = float(right[node] * total[i, k] + wrong[node] * total[k + 1, j])
    return total
