"""The neural language model of Bengio et al.: the next word from the n words before it."""

from dataclasses import dataclass

import numpy as np

from nncourse._checks import check_array, check_bool, check_ids, check_positive
from nncourse.activations import softmax
from nncourse.losses import CrossEntropy
from nncourse.model import Model, with_ones
from nncourse.output_layers import add_rows


@dataclass(frozen=True)
class NeuralLanguageModel(Model):
    """p(y | x_1 ... x_n) = softmax_y(W3 tanh(W2 [W1 e_x1; ...; W1 e_xn])), with all that the original adds.

    Parameters
    ----------
    V : int
        The number of words.
    n : int
        How many words the model sees. The paper counts the next word too: its n is this one plus 1.
    d1 : int
        The length of a word's vector (m in the paper).
    d2 : int
        The number of hidden units (h in the paper). 0 leaves the hidden layer out; `direct` is needed then.
    direct : bool
        Whether a further parameter D links the word vectors to the output (W in the paper, footnote 2).
    bias : bool
        Whether a constant 1 goes before the inputs of layers 2 and 3 (d and b in the paper).

    Raises
    ------
    TypeError, ValueError
        A size is not a whole number above zero, or nothing links the words to the output.

    Source
    ------
    S-1.3, S-1.3.1, S-L1, S-L2, S-L3, S-3, S-fn2

    Examples
    --------
    >>> model = NeuralLanguageModel(V=10, n=2, d1=3, d2=4, direct=True, bias=True)
    >>> model.shapes()
    {'W1': (3, 10), 'W2': (4, 7), 'W3': (10, 5), 'D': (10, 6)}
    >>> params = {name: np.zeros(shape) for name, shape in model.shapes().items()}
    >>> model.forward(params, [[3, 7]])[0].tolist()  # words 3 and 7; all words are equally likely then
    [[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]]
    """

    V: int
    n: int
    d1: int
    d2: int
    direct: bool = False
    bias: bool = False

    def __post_init__(self):
        for name in ("V", "n", "d1"):
            check_positive(name, getattr(self, name), whole=True)
        check_bool("direct", self.direct)
        check_bool("bias", self.bias)
        if self.d2 != 0 or not self.direct:
            check_positive("d2", self.d2, whole=True)

    def shapes(self):
        """Return the parameters' shapes: "W1", the word vectors, then "W2", "W3" and "D" where they exist."""
        wide, bias = self.n * self.d1, int(self.bias)
        shapes = {"W1": (self.d1, self.V), "W2": (self.d2, bias + wide), "W3": (self.V, bias + self.d2)}
        shapes |= {"D": (self.V, wide)} if self.direct else {}
        return {name: shape for name, shape in shapes.items() if 0 not in shape}

    def draw(self, rng, name, shape):
        """Return first values: normal numbers, of variance 1 / d1 in W1; D starts at zero, as do the biases."""
        if name == "W1":
            return rng.standard_normal(shape[::-1]).T / np.sqrt(self.d1)  # words lie one after the other in memory
        return np.zeros(shape) if name == "D" else super().draw(rng, name, shape)

    def check_input(self, x):
        """Return x as word ids of shape (n, number of words seen), or raise ValueError or TypeError."""
        return check_ids("x", x, ("rows", self.n), self.V)

    def check_batch(self, x, y):
        """Return (x, y) as word ids of fitting shapes, or raise ValueError or TypeError."""
        x = self.check_input(x)
        return x, check_ids("y", y, (len(x),), self.V)

    def scores(self, params, x):
        """Return z, shape (rows, V), and the cache (a1, a1 with ones, a2, a2 with ones); a2 None without W2.

        W1 e_x is column x of W1, so the words' vectors are looked up.

        Source
        ------
        S-L1, S-L2, S-L3, S-fn2

        Examples
        --------
        >>> model = NeuralLanguageModel(V=10, n=2, d1=3, d2=4)
        >>> z, (a1, _, a2, _) = model.scores(model.init(np.random.default_rng(0)), np.array([[3, 7]]))
        >>> z.shape, a1.shape, a2.shape
        ((1, 10), (1, 6), (1, 4))
        """
        a1 = params["W1"].T[x].reshape(len(x), -1)  # (rows, n d1)
        a1_in, a2, a2_in, z = self._ones(a1), None, None, 0
        if self.d2:
            a2 = np.tanh(a1_in @ params["W2"].T)  # (rows, d2)
            a2_in = self._ones(a2)
            z = a2_in @ params["W3"].T  # (rows, V)
        elif self.bias:
            z = params["W3"].T
        if self.direct:
            z = z + a1 @ params["D"].T
        return z, (a1, a1_in, a2, a2_in)

    def _ones(self, a):
        return with_ones(a) if self.bias else a

    def feed_forward(self, params, x):
        """Return u, the probabilities of all words, shape (rows, V), and what `scores` keeps.

        Source
        ------
        S-3
        """
        z, cache = self.scores(params, x)
        return softmax(z), cache

    def loss_value(self, params, x, y):
        """Return the mean of -log p(y); arguments are not checked."""
        return CrossEntropy().value(self.scores(params, x)[0], None, y)

    def backprop(self, params, x, y):
        """Return the loss and its gradient; that of W1 is summed over the n positions.

        Source
        ------
        S-3, S-LL
        """
        z, (a1, a1_in, a2, a2_in) = self.scores(params, x)
        value, delta3 = CrossEntropy().from_scores(z, y)  # (rows, V)
        grads, a1_grad = dict.fromkeys(params), 0
        if self.d2:
            grads["W3"] = delta3.T @ a2_in
            delta2 = delta3 @ params["W3"][:, self.bias :]  # (rows, d2)
            delta2 *= 1 - a2 * a2
            grads["W2"] = delta2.T @ a1_in
            a1_grad = delta2 @ params["W2"][:, self.bias :]
        elif self.bias:
            grads["W3"] = delta3.sum(axis=0)[:, None]
        if self.direct:
            grads["D"] = delta3.T @ a1
            a1_grad = a1_grad + delta3 @ params["D"]  # (rows, n d1)
        vectors = np.zeros((self.V, self.d1), params["W1"].dtype)
        add_rows(vectors, x.ravel(), a1_grad.reshape(-1, self.d1))
        grads["W1"] = vectors.T
        return value, grads


def perplexity(loss):
    """Return exp(loss): as unsure as among so many words of equal probability. Takes a mean of -log p in nats.

    Examples
    --------
    >>> round(perplexity(np.log(20)), 6)
    20.0
    """
    return float(np.exp(check_array("loss", loss, ())))
