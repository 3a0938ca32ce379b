"""What stands on top of a language model: a vector h in, a probability for each of V words out.

The full softmax has a vector for every word. The hierarchical softmax has one for every internal node of a tree,
and asks for a word only along its path. Both know the loss, -log p(y), and its gradient. Arguments are not checked.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nncourse._checks import check_positive
from nncourse.activations import sigmoid, softmax
from nncourse.losses import CrossEntropy, log_one_plus_exp
from nncourse.trees import Tree


@dataclass(frozen=True)
class FullSoftmax:
    """p(y) = softmax_y(W h), with a row of W for every word.

    The methods take W of shape (V, d), h of shape (n, d), one row per example, and the words y of shape (n,).

    Parameters
    ----------
    V : int
        The number of words.

    Raises
    ------
    TypeError, ValueError
        V is no whole number above zero.

    Source
    ------
    S-softmax, S-4, S-5

    Examples
    --------
    >>> layer, W, h = FullSoftmax(3), np.log([[2.0], [1.0], [1.0]]), np.ones((1, 1))
    >>> layer.distribution(W, h).round(6).tolist()
    [[0.5, 0.25, 0.25]]
    >>> value, h_grad, W_grad = layer.backprop(W, h, np.array([0]))
    >>> round(float(value), 6), W_grad.round(6).tolist()  # -log 1/2
    (0.693147, [[-0.5], [0.25], [0.25]])
    """

    V: int

    def __post_init__(self):
        check_positive("V", self.V, whole=True)

    @property
    def rows(self):
        """The number of rows of W: V."""
        return self.V

    def distribution(self, W, h):
        """Return p, shape (n, V)."""
        return softmax(h @ W.T)

    def loss(self, W, h, y):
        """Return the mean over the rows of -log p(y)."""
        return CrossEntropy().value(h @ W.T, None, y)

    def backprop(self, W, h, y):
        """Return the mean loss, and its gradients in h, shape (n, d), and in W. Both cost O(V) for every row of h.

        Source
        ------
        S-1.3.3a
        """
        value, delta = CrossEntropy().from_scores(h @ W.T, y)  # (n, V)
        return value, delta @ W, delta.T @ h


class PathGradient(NamedTuple):
    """The gradient of -log p(y) for n rows, in as many numbers as the paths have nodes.

    Parameters
    ----------
    loss : ndarray of shape (n,)
        -log p(y) of every row.
    h : ndarray of shape (n, d)
        The gradient in h.
    nodes : ndarray of int, shape (k,)
        The internal nodes of all paths. Row `nodes[i]` of W gets `g[i] * h[rows[i]]`; all others get nothing.
    rows : ndarray of int, shape (k,)
        Whose path it is.
    g : ndarray of shape (k,)
        The slope in the node's score.

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> layer = HierarchicalSoftmax(chain(3))  # word 2 is two steps to the right
    >>> path = layer.path_gradient(np.zeros((2, 1)), np.array([[4.0]]), np.array([2]))
    >>> path.nodes.tolist(), path.rows.tolist(), path.g.tolist()
    ([0, 1], [0, 0], [0.5, 0.5])
    """

    loss: np.ndarray
    h: np.ndarray
    nodes: np.ndarray
    rows: np.ndarray
    g: np.ndarray


@dataclass(frozen=True)
class HierarchicalSoftmax:
    """p(y) = product of sigma(dir * y(j)^T h) along the path to y, with a row of W for every internal node.

    The methods take W of shape (V - 1, d), h of shape (n, d), one row per example, and the words y of shape (n,).

    Parameters
    ----------
    tree : Tree
        A full binary tree over the words.

    Raises
    ------
    TypeError
        `tree` is no Tree.

    Source
    ------
    S-6, S-node

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> layer, W, h = HierarchicalSoftmax(chain(3)), np.log([[3.0], [1.0]]), np.ones((1, 1))
    >>> layer.distribution(W, h).round(6).tolist()  # sigma(log 3) = 3/4, then a half each
    [[0.75, 0.125, 0.125]]
    >>> value, h_grad, W_grad = layer.backprop(W, h, np.array([0]))
    >>> round(float(value), 6), W_grad.round(6).tolist()  # -log 3/4; node 1 is not on the path
    (0.287682, [[-0.25], [0.0]])
    """

    tree: Tree

    def __post_init__(self):
        if not isinstance(self.tree, Tree):
            raise TypeError(f"tree: expected a Tree, such as trees.huffman(counts), got {type(self.tree).__name__}")

    @property
    def V(self):
        """The number of words."""
        return self.tree.V

    @property
    def rows(self):
        """The number of rows of W: V - 1."""
        return self.tree.V - 1

    def distribution(self, W, h):
        """Return p, shape (n, V), from the root down. It asks every node: no faster than the full softmax."""
        left, right, z = self.tree.left, self.tree.right, W @ h.T
        p = np.ones((2 * len(W) + 1, len(h)), z.dtype)  # word y: row -1 - y
        for nodes in self.tree.levels:
            p[left[nodes]] = p[nodes] * sigmoid(z[nodes])
            p[right[nodes]] = p[nodes] * sigmoid(-z[nodes])
        return p[: len(W) - 1 : -1].T

    def loss(self, W, h, y):
        """Return the mean over the rows of -log p(y)."""
        rows, nodes, signs = self.tree.paths(y)
        z = np.einsum("kd,kd->k", W[nodes], h[rows])
        return np.sum(log_one_plus_exp(-signs * z)) / len(y)

    def path_gradient(self, W, h, y):
        """Return loss and gradient with work in proportion to the paths' lengths: nothing of size V is made.

        Parameters
        ----------
        W : ndarray of shape (V - 1, d)
            The nodes' vectors.
        h : ndarray of shape (n, d)
            One row per example.
        y : ndarray of int, shape (n,)
            The words.

        Returns
        -------
        PathGradient
            Each row's own, not averaged over the rows.

        Source
        ------
        S-6, S-1.3.3b
        """
        rows, nodes, signs = self.tree.paths(y)
        first = np.searchsorted(rows, np.arange(len(y)))
        W_nodes = W[nodes]  # (k, d)
        u = signs * np.einsum("kd,kd->k", W_nodes, h[rows])
        g = -signs * sigmoid(-u)
        loss = np.add.reduceat(log_one_plus_exp(-u), first)
        h_grad = np.add.reduceat(g[:, None] * W_nodes, first)
        return PathGradient(loss, h_grad, nodes, rows, g)

    def backprop(self, W, h, y):
        """Return the mean loss, and its gradients in h, shape (n, d), and, as a dense matrix, in W."""
        path, n = self.path_gradient(W, h, y), len(y)
        W_grad = np.zeros_like(W)
        add_rows(W_grad, path.nodes, (path.g / n)[:, None] * h[path.rows])
        return np.sum(path.loss) / n, path.h / n, W_grad


def add_rows(table, ids, rows):
    """Add `rows` to the rows `ids` of a table, in place; an id that comes twice gets both.

    Parameters
    ----------
    table : ndarray of shape (V, d), C-contiguous
        Is changed.
    ids : ndarray of int, shape (k,)
        Which row each belongs to.
    rows : ndarray of shape (k, d)
        What is added.

    Examples
    --------
    >>> table = np.zeros((3, 2))
    >>> add_rows(table, np.array([2, 0, 2]), np.ones((3, 2)))
    >>> table.tolist()
    [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]]
    """
    d = table.shape[1]
    at = ids[:, None].astype(np.int64) * d + np.arange(d)
    np.add.at(table.reshape(-1), at.ravel(), rows.ravel())  # ten times as fast as add.at on whole rows
