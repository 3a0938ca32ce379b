"""What every model of the course has in common: checked methods around the bare formulas.

A model is a frozen dataclass of hyper-parameters. It holds no weights: those are a mapping that goes in and comes
out. A subclass writes down its formulas (`shapes`, `check_batch`, `feed_forward`, `backprop`); the public methods
here check what they are given, call the formulas, and let no nan or infinity out.
"""

from abc import ABC, abstractmethod

import numpy as np

from nncourse._checks import check_array, check_positive, check_rng
from nncourse.params import all_finite, check_params

ADVICE = "the numbers are finite but too large; scale x, y or params down"


class Model(ABC):
    """The methods that all models share. Rows are examples; parameters are a mapping of names to arrays.

    Examples
    --------
    >>> from nncourse.single_layer import SingleLayer
    >>> model = SingleLayer((2, 1))  # a Model
    >>> model.shapes(), model.init(np.random.default_rng(0))["W"].shape
    ({'W': (1, 2)}, (1, 2))
    >>> params, x, y = {"W": [[1.0, 2.0]]}, [[3.0, 1.0]], [[4.0]]
    >>> model.forward(params, x)[0].tolist(), model.loss_and_grad(params, x, y)[0]  # (5 - 4)^2 / 2
    ([[5.0]], 0.5)
    """

    bias = False

    @abstractmethod
    def shapes(self):
        """Return the parameters' names and shapes, a dict of str to tuple of int."""

    @abstractmethod
    def check_batch(self, x, y):
        """Return (x, y) as arrays of the right shapes, or raise ValueError or TypeError."""

    @abstractmethod
    def feed_forward(self, params, x):
        """Return the output and a cache of what backpropagation needs again. Arguments are not checked."""

    @abstractmethod
    def loss_value(self, params, x, y):
        """Return the loss as a number. Arguments are not checked; complex parameters give a complex loss."""

    @abstractmethod
    def backprop(self, params, x, y):
        """Return the loss and its gradient. Arguments are not checked."""

    def init(self, rng, dtype=np.float64):
        """Draw parameters: normal numbers of variance 1 / (number of inputs), biases zero.

        Parameters
        ----------
        rng : numpy.random.Generator
            The only source of randomness.
        dtype : dtype
            float64 or float32.

        Returns
        -------
        dict of str to ndarray
            The parameters, shapes as `shapes` says.

        Raises
        ------
        TypeError
            `rng` is no generator, or the dtype is another.

        Examples
        --------
        >>> from nncourse.single_layer import SingleLayer
        >>> W = SingleLayer((400, 50), bias=True).init(np.random.default_rng(0))["W"]
        >>> W.shape, round(401 * float(W[:, 1:].var()), 1), W[:, 0].any().item()
        ((50, 401), 1.0, False)
        """
        check_rng(rng)
        if dtype not in (np.float64, np.float32, "float64", "float32"):
            raise TypeError(f"dtype: expected float64 or float32, got {dtype!r}")
        return {name: self.draw(rng, name, shape).astype(dtype) for name, shape in self.shapes().items()}

    def draw(self, rng, name, shape):
        """Return one parameter's first values; a subclass may do it otherwise for some names."""
        W = rng.standard_normal(shape) / np.sqrt(shape[1])
        if self.bias:
            W[:, 0] = 0
        return W

    def forward(self, params, x):
        """Return the network's output, one row per example, and the cache of intermediate values.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says; float64, float32, or complex128 for the complex step.
        x : array_like of shape (n, d_0)
            One row per example.

        Returns
        -------
        output : ndarray of shape (n, d_L)
            The output, one row per example.
        cache : object
            What `backprop` uses again.

        Raises
        ------
        TypeError, ValueError
            An argument is not as above; the message names it.
        FloatingPointError
            The numbers are finite but so large that the output overflows.
        """
        params = check_params(params, self.shapes(), complex_step=True)
        return finite("the output", self.feed_forward, params, self.check_input(x))

    def check_input(self, x):
        """Return x as an array of shape (n, d_0), or raise ValueError or TypeError."""
        return check_array("x", x, ("n", self.sizes[0]))

    def evaluate(self, params, x, y):
        """Return the loss, the mean over the rows. Complex parameters give a complex loss.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says.
        x : array_like of shape (n, d_0)
            One row per example.
        y : array_like
            The labels: (n, d_L) for the squared loss, integers (n,) for cross-entropy.

        Raises
        ------
        TypeError, ValueError
            An argument is not as above; the message names it.
        FloatingPointError
            The numbers are finite but so large that the loss overflows.
        """
        params = check_params(params, self.shapes(), complex_step=True)
        return finite("the loss", self.loss_value, params, *self.check_batch(x, y))

    def loss_and_grad(self, params, x, y):
        """Return the loss and its gradient in every parameter.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says.
        x : array_like of shape (n, d_0)
            One row per example.
        y : array_like
            The labels: (n, d_L) for the squared loss, integers (n,) for cross-entropy.

        Returns
        -------
        loss : float
            The mean over the rows.
        grads : dict of str to ndarray
            Names and shapes are those of `params`.

        Raises
        ------
        TypeError, ValueError
            An argument is not as above; the message names it.
        FloatingPointError
            The numbers are finite but so large that the loss or a gradient overflows.
        """
        params = check_params(params, self.shapes())
        loss, grads = finite("the loss or its gradient", self.backprop, params, *self.check_batch(x, y))
        return float(loss), grads

    def count(self, batch):
        """Return the number of examples of a batch, as `check_batch` returns it."""
        return len(batch[0])

    def select(self, batch, rows):
        """Return the examples `rows` of a batch: indices or a slice.

        Examples
        --------
        >>> from nncourse.single_layer import SingleLayer
        >>> x, y = SingleLayer((1, 1)).select((np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]])), [1])
        >>> x.tolist(), y.tolist()
        ([[2.0]], [[4.0]])
        """
        return tuple(part[rows] for part in batch)


def finite(what, formula, *arguments):
    """Return what a formula returns: a number or an array, alone or with something else; gradients count too.

    Parameters
    ----------
    what : str
        What it returns, for the message.
    formula : callable
        A method of a model.
    *arguments
        What it takes, checked.

    Raises
    ------
    FloatingPointError
        A number is not finite.

    Examples
    --------
    >>> finite("the square", lambda z: z * z, np.array([3.0])).tolist()
    [9.0]
    >>> finite("the square", lambda z: z * z, np.array([1e200]))
    Traceback (most recent call last):
        ...
    FloatingPointError: the square overflows: the numbers are finite but too large; scale x, y or params down
    """
    with np.errstate(over="ignore", invalid="ignore"):
        result = formula(*arguments)
    numbers, also = result if isinstance(result, tuple) else (result, None)
    if not (np.isfinite(numbers).all() and (not isinstance(also, dict) or all_finite(also))):
        raise FloatingPointError(f"{what} overflows: {ADVICE}")
    return result


def with_ones(a):
    """Put a constant column of ones before the columns of a: (n, d) becomes (n, 1 + d).

    The first column of W then holds the biases: W [1; a] = b + W' a.

    Examples
    --------
    >>> with_ones(np.array([[5.0, 7.0]])).tolist()
    [[1.0, 5.0, 7.0]]
    """
    extended = np.empty((a.shape[0], 1 + a.shape[1]), a.dtype)
    extended[:, 0] = 1
    extended[:, 1:] = a
    return extended


def check_sizes(sizes, length=None):
    """Return the layers' sizes as a tuple of at least two whole numbers above zero, or raise.

    Parameters
    ----------
    sizes : sequence of int
        The numbers of inputs and outputs.
    length : int, optional
        How many there have to be.

    Raises
    ------
    TypeError, ValueError
        There are not `length` of them, fewer than two, or one is not a whole number above zero.

    Examples
    --------
    >>> check_sizes([64, 30, 10])
    (64, 30, 10)
    >>> check_sizes([64])
    Traceback (most recent call last):
        ...
    ValueError: sizes: expected at least 2 numbers, got (64,)
    """
    if not np.iterable(sizes):
        raise TypeError(f"sizes: expected {length or 'at least 2'} numbers, got {sizes!r}")
    sizes = tuple(sizes)
    if len(sizes) < 2 or (length and len(sizes) != length):
        raise ValueError(f"sizes: expected {length or 'at least 2'} numbers, got {sizes}")
    return tuple(int(check_positive(f"sizes[{i}]", d, whole=True)) for i, d in enumerate(sizes))
