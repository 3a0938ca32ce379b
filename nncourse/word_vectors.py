"""Word vectors: the CBOW and skip-gram models of Mikolov et al., with a full or a hierarchical softmax."""

from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_bool, check_ids, check_positive
from nncourse.model import Model
from nncourse.output_layers import FullSoftmax, HierarchicalSoftmax, add_rows
from nncourse.text import ABSENT


@dataclass(frozen=True)
class _WordVectors(Model):
    """What CBOW and skip-gram share: a column of W1 for every input word, an output layer W2, the loss -log p."""

    V: int
    d1: int
    tree: object = None
    output: object = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        check_positive("V", self.V, whole=True)
        check_positive("d1", self.d1, whole=True)
        object.__setattr__(self, "output", self._output())

    def _output(self):
        if self.tree is None:
            return FullSoftmax(self.V)
        output = HierarchicalSoftmax(self.tree)
        if output.V != self.V:
            raise ValueError(f"tree: expected one over V = {self.V} words, got one over {output.V}")
        return output

    def shapes(self):
        """Return {"W1": (d1, V), "W2": (V, d1)}; with a tree W2 has a row for each of its V - 1 internal nodes."""
        return {"W1": (self.d1, self.V), "W2": (self.output.rows, self.d1)}

    def draw(self, rng, name, shape):
        """Return small random word vectors (the columns of W1) and an output layer of zeros."""
        if name == "W2":
            return np.zeros(shape)
        return (rng.random(shape[::-1]) - 0.5).T / self.d1  # words lie one after the other in memory

    def check_batch(self, x, y):
        """Return (x, y) as word ids of fitting shapes, or raise ValueError or TypeError."""
        x = self.check_input(x)
        return x, check_ids("y", y, (len(x),), self.V)

    def feed_forward(self, params, x):
        """Return the probabilities of all words, shape (n, V), and the cache: h, shape (n, d1)."""
        h = self.hidden(params["W1"].T, x)
        return self.output.distribution(params["W2"], h), h

    def loss_value(self, params, x, y):
        """Return the mean of -log p(y); arguments are not checked."""
        return self.output.loss(params["W2"], self.hidden(params["W1"].T, x), y)

    def backprop(self, params, x, y):
        """Return the loss and its gradient; a word that stands in x several times gets the sum.

        Source
        ------
        S-4, S-5, S-6
        """
        vectors = params["W1"].T  # (V, d1)
        h = self.hidden(vectors, x)
        value, h_grad, W2_grad = self.output.backprop(params["W2"], h, y)
        W1_grad = np.zeros(vectors.shape, vectors.dtype)
        self.spread(W1_grad, x, h_grad)
        return value, {"W1": W1_grad.T, "W2": W2_grad}


@dataclass(frozen=True)
class SkipGram(_WordVectors):
    """The skip-gram model: p(y | x), the probability of a context word y given the current word x.

    Parameters
    ----------
    V : int
        The number of words.
    d1 : int
        The length of a word's vector.
    tree : Tree, optional
        For a hierarchical softmax over this tree; without it the softmax is full.

    Raises
    ------
    TypeError, ValueError
        A size is not a whole number above zero, or the tree is over another number of words.

    Source
    ------
    S-1.3.2, S-5, S-6

    Examples
    --------
    >>> model = SkipGram(V=3, d1=2)
    >>> model.shapes()
    {'W1': (2, 3), 'W2': (3, 2)}
    >>> params = model.init(np.random.default_rng(0))
    >>> model.forward(params, [1])[0].round(3).tolist()
    [[0.333, 0.333, 0.333]]
    >>> round(model.loss_and_grad(params, [1], [0])[0], 6)  # log 3
    1.098612
    """

    def check_input(self, x):
        """Return x as word ids of shape (n,), or raise ValueError or TypeError."""
        return check_ids("x", x, ("n",), self.V)

    def hidden(self, vectors, x):
        """Return the current words' vectors, W1 e_x, shape (n, d1).

        Source
        ------
        S-5
        """
        return vectors[x]

    def spread(self, grad, x, h_grad):
        """Add the gradient in h to that of the current word's vector, in place."""
        add_rows(grad, x, h_grad)


@dataclass(frozen=True)
class CBOW(_WordVectors):
    """The continuous bag-of-words model: p(y | context), from the sum (or mean) of the context words' vectors.

    Parameters
    ----------
    V : int
        The number of words.
    d1 : int
        The length of a word's vector.
    tree : Tree, optional
        For a hierarchical softmax over this tree; without it the softmax is full.
    mean : bool
        Whether the vectors are averaged, as Mikolov's programs do, rather than summed, as in equation (4).

    Raises
    ------
    TypeError, ValueError
        A size is not a whole number above zero, the tree is over another number of words, or `mean` is no bool.

    Source
    ------
    S-1.3.2, S-4, S-6

    Examples
    --------
    >>> model = CBOW(V=3, d1=2)
    >>> params = {"W1": [[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]], "W2": np.zeros((3, 2))}
    >>> model.forward(params, [[0, 1], [1, 1], [-1, 2]])[1].tolist()
    [[3.0, 0.0], [4.0, 0.0], [0.0, 1.0]]
    >>> CBOW(V=3, d1=2, mean=True).forward(params, [[0, 1], [1, 1], [-1, 2]])[1].tolist()
    [[1.5, 0.0], [2.0, 0.0], [0.0, 1.0]]
    """

    mean: bool = False

    def __post_init__(self):
        super().__post_init__()
        check_bool("mean", self.mean)

    def check_input(self, x):
        """Return x as word ids of shape (n, c), -1 for no word, or raise ValueError or TypeError."""
        x = check_ids("x", x, ("n", "c"), self.V, absent=True)
        empty = np.flatnonzero((x == ABSENT).all(axis=1))
        if empty.size:
            raise ValueError(f"x: expected at least one word in every row, got none at index {empty[0]}")
        return x

    def shares(self, x, dtype):
        """Return how much every word of x counts, shape (n, c): 0 where there is none, else 1, or 1 / c.

        Examples
        --------
        >>> CBOW(V=3, d1=2, mean=True).shares(np.array([[0, 1], [2, -1]]), float).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
        """
        there = (x != ABSENT).astype(dtype)
        return there / there.sum(axis=1, keepdims=True) if self.mean else there

    def hidden(self, vectors, x):
        """Return the sum of the words' vectors, or their mean, shape (n, d1); a repeated word counts twice.

        Source
        ------
        S-4
        """
        shares = self.shares(x, vectors.real.dtype)  # (n, c)
        return np.einsum("nc,ncd->nd", shares, vectors[x])

    def spread(self, grad, x, h_grad):
        """Add the gradient in h to those of all words of the context, in place.

        Examples
        --------
        >>> grad = np.zeros((3, 1))
        >>> CBOW(V=3, d1=1).spread(grad, np.array([[0, 0, 2]]), np.array([[5.0]]))  # word 0 twice
        >>> grad.tolist()
        [[10.0], [0.0], [5.0]]
        """
        there = x != ABSENT
        rows = (self.shares(x, grad.dtype)[:, :, None] * h_grad[:, None, :])[there]
        add_rows(grad, x[there], rows)
