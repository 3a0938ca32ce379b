"""Full binary trees over the words 0 ... V - 1: the paths that the hierarchical softmax walks down.

A tree has V leaves, which are the words, and V - 1 internal nodes, numbered from 0, the root. Every internal node
has a left and a right child.
"""

from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np

from nncourse._checks import as_array, check_array, check_ids, check_positive, check_rng, shape_text


@dataclass(frozen=True, eq=False)
class Tree:
    """A full binary tree, given by its internal nodes' children.

    The path to word y has lengths[y] internal nodes, L(y) - 1 in the notes. They stand at starts[y] ...
    starts[y + 1] - 1 in `nodes`, from the root down; in `signs` is dir of the step that leaves each of them, +1 to
    the left, -1 to the right.

    Parameters
    ----------
    left, right : array_like of int, shape (V - 1,)
        The children of every internal node: k >= 0 is internal node k, -1 - y is the word y. Node 0 is the root.

    Raises
    ------
    TypeError, ValueError
        The children are not whole numbers, or do not make one full binary tree.

    Source
    ------
    S-tree, S-dir

    Examples
    --------
    >>> tree = Tree(left=[1, -1], right=[-3, -2])  # ((0, 1), 2)
    >>> nodes, signs = tree.path(1)
    >>> nodes.tolist(), signs.tolist()
    ([0, 1], [1, -1])
    >>> [level.tolist() for level in tree.levels], tree.lengths.tolist()
    ([[0], [1]], [2, 2, 1])
    """

    left: np.ndarray
    right: np.ndarray
    lengths: np.ndarray = field(init=False, repr=False)
    starts: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        left, right = _check_children(self.left, self.right)
        lengths = _lengths(left, right)
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        for name, value in {"left": left, "right": right, "lengths": lengths, "starts": starts}.items():
            value.flags.writeable = False
            object.__setattr__(self, name, value)

    @property
    def V(self):
        """The number of words."""
        return len(self.left) + 1

    @cached_property
    def levels(self):
        """The internal nodes, level by level from the root down: a list of arrays."""
        return list(_levels(self.left, self.right))

    nodes = property(lambda self: self._steps[0], doc="The internal nodes of all paths, one path after the other.")
    signs = property(lambda self: self._steps[1], doc="The sign of every step of all paths: +1 left, -1 right.")

    @cached_property
    def _steps(self):  # made when first asked for: in a chain they are V^2 / 2
        return _steps(self.left, self.right, self.starts)

    def path(self, y):
        """Return the internal nodes from the root to word y, and the sign of the step that leaves each of them."""
        check_ids("y", y, (), self.V)
        there = slice(self.starts[y], self.starts[y + 1])
        return self.nodes[there], self.signs[there]

    def paths(self, y):
        """Return (rows, nodes, signs) of the paths to many words, one after the other; rows says whose it is.

        Parameters
        ----------
        y : ndarray of int, shape (n,)
            Words. They are not checked.

        Examples
        --------
        >>> rows, nodes, signs = balanced(4).paths(np.array([3, 0]))  # ((0, 1), (2, 3))
        >>> rows.tolist(), nodes.tolist(), signs.tolist()
        ([0, 0, 1, 1], [0, 2, 0, 1], [-1, -1, 1, 1])
        """
        lengths, starts = self.lengths[y], self.starts[y]  # nothing here is as long as the vocabulary
        rows = np.repeat(np.arange(len(y)), lengths)
        first = np.cumsum(lengths) - lengths
        at = np.arange(len(rows)) + (starts - first)[rows]
        return rows, self.nodes[at], self.signs[at]


def _check_children(left, right):
    sides = {"left": as_array("left", left, ("V - 1",)), "right": as_array("right", right, ("V - 1",))}
    for name, side in sides.items():
        if side.dtype.kind not in "iu":
            raise TypeError(f"{name}: expected whole numbers, got {side.dtype}")
        if side.ndim != 1 or not 0 < len(side) == len(sides["left"]):
            raise ValueError(
                f"{name}: expected shape (V - 1,), V at least 2, as left, got {shape_text(side.shape)}"
            )
    left, right = sides.values()
    inner = len(left)
    got, words_and_nodes = np.sort(np.concatenate([left, right])), np.arange(-inner - 1, inner)
    if not np.array_equal(got, words_and_nodes[words_and_nodes != 0]):  # the root is nobody's child
        odd = [int(c) for c in got if c == 0 or not -inner - 1 <= c < inner][:5]
        raise ValueError(
            f"left, right: expected as children every word, -1 ... {-inner - 1}, and every internal node but the "
            f"root, 1 ... {inner - 1}, once; got " + (f"{odd}" if odd else "one of them twice")
        )
    return left.astype(np.int32), right.astype(np.int32)


def _levels(left, right):
    level = np.zeros(1, np.int32)
    while len(level):
        yield level
        children = np.concatenate([left[level], right[level]])
        level = children[children >= 0]


def _lengths(left, right):
    inner = len(left)
    depth, seen = np.zeros(2 * inner + 1, np.int32), 0  # a word y stands at -1 - y
    for nodes in _levels(left, right):
        for side in (left, right):
            depth[side[nodes]] = depth[nodes] + 1
        seen += len(nodes)
    if seen < inner:
        raise ValueError(f"left, right: expected one tree, got {inner - seen} nodes that the root does not reach")
    return depth[: inner - 1 : -1].copy()


def _steps(left, right, starts):
    """Return (nodes, signs) of all paths: upwards from the leaves, all of them at once."""
    inner = len(left)
    parent, sign = np.zeros(2 * inner + 1, np.int32), np.zeros(2 * inner + 1, np.int8)
    for side, s in ((left, 1), (right, -1)):
        parent[side], sign[side] = np.arange(inner), s
    nodes, signs = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int8)
    at, here = starts[1:] - 1, -1 - np.arange(inner + 1)
    while len(here):
        nodes[at], signs[at] = parent[here], sign[here]
        up = nodes[at] > 0
        at, here = at[up] - 1, nodes[at][up]
    nodes.flags.writeable = signs.flags.writeable = False
    return nodes, signs


def huffman(counts):
    """Return the tree with the smallest mean path length, for words that occur so often.

    The two lightest parts are joined, again and again; the heavier of the two becomes the left child.

    Parameters
    ----------
    counts : array_like of shape (V,)
        How often every word occurs: at least two numbers, none negative.

    Raises
    ------
    TypeError, ValueError
        There are fewer than two counts, or one is negative or not finite.

    Examples
    --------
    >>> huffman([5, 1, 2]).lengths.tolist()
    [1, 2, 2]
    """
    counts = check_array("counts", counts, ("V",))
    if len(counts) < 2 or counts.min() < 0:
        got = f"got {len(counts)}, the smallest {counts.min():g}"
        raise ValueError("counts: expected at least two, none negative, " + got)
    inner = len(counts) - 1
    heap = [(count, -1 - y) for y, count in enumerate(counts.tolist())]
    heapify(heap)
    left, right = np.empty((2, inner), np.int32)
    for node in range(inner - 1, -1, -1):  # the root comes last, and is 0
        light, a = heappop(heap)
        heavy, b = heappop(heap)
        left[node], right[node] = b, a
        heappush(heap, (light + heavy, node))
    return Tree(left, right)


def by_splitting(V, split):
    """Return the tree that comes of parting the words 0 ... V - 1, and every part again.

    Parameters
    ----------
    V : int
        The number of words, at least 2.
    split : callable
        Maps arrays (i, j), the first and last word of the parts of one level, to the last words k of their left
        halves, i <= k < j.

    Raises
    ------
    TypeError
        V is no whole number.
    ValueError
        V is less than 2, or a k is none of i ... j - 1: a part would be empty.

    Examples
    --------
    >>> tree = by_splitting(4, lambda i, j: j - 1)  # (((0, 1), 2), 3)
    >>> tree.left.tolist(), tree.right.tolist()
    ([1, 2, -1], [-4, -3, -2])
    """
    if check_positive("V", V, whole=True) < 2:
        raise ValueError(f"V: expected at least 2 words, got {V}")
    left, right = np.empty((2, V - 1), np.int32)
    i, j, node, made = np.array([0]), np.array([V - 1]), np.array([0]), 1
    while len(i):
        k = np.asarray(split(i, j))
        if k.shape != i.shape or (k < i).any() or (k >= j).any():
            raise ValueError("split: expected i <= k < j for every part, got a part that would be empty")
        halves = []
        for side, first, last in ((left, i, k), (right, k + 1, j)):
            inside = first < last
            number = made + np.arange(inside.sum())
            made += len(number)
            side[node] = -1 - first
            side[node[inside]] = number
            halves.append((first[inside], last[inside], number))
        i, j, node = (np.concatenate(both) for both in zip(*halves, strict=True))
    return Tree(left, right)


def balanced(V):
    """Return the tree over V words that parts every span in halves: no path is longer than log2 V, rounded up.

    Examples
    --------
    >>> balanced(5).lengths.tolist()  # (((0, 1), 2), (3, 4))
    [3, 3, 2, 2, 2]
    """
    return by_splitting(V, lambda i, j: (i + j) // 2)


def chain(V):
    """Return the tree over V words that parts off one after the other: paths of 1, 2, ..., V - 1, V - 1 nodes.

    Examples
    --------
    >>> chain(4).lengths.tolist()  # (0, (1, (2, 3)))
    [1, 2, 3, 3]
    """
    return by_splitting(V, lambda i, j: i)


def random_tree(V, rng):
    """Return a tree over V words that parts every span at a random place.

    Parameters
    ----------
    V : int
        The number of words, at least 2.
    rng : numpy.random.Generator
        Draws the places.

    Raises
    ------
    TypeError, ValueError
        V is no whole number, or less than 2, or `rng` is no generator.

    Examples
    --------
    >>> tree = random_tree(6, np.random.default_rng(0))
    >>> tree.V, float(np.sum(0.5**tree.lengths))  # heads or tails at every node
    (6, 1.0)
    """
    check_rng(rng)
    return by_splitting(V, lambda i, j: rng.integers(i, j))
