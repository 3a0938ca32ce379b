"""Losses: how far the output a is from the label y, and where that starts backpropagation.

Each loss E is a mean over the rows. It knows its value and the *error term* of the last layer, delta = dE/dz, one
row an example (already divided by the number of rows).
"""

from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_array, check_labels
from nncourse.activations import Softmax, log_softmax, sigmoid

SMALL = 1e-30  # below it the logarithm of a probability is taken before it can underflow


def _axes(n):
    return n if isinstance(n, tuple) else (n,)


@dataclass(frozen=True)
class SquaredLoss:
    """The squared loss 1/2 ||y - a||^2 of labels y of shape (n, d), for any activation function.

    Source
    ------
    S-1.1L, S-1.2L

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> a, y = np.array([[1.0], [5.0]]), np.array([[3.0], [5.0]])  # a = z here
    >>> value, delta = SquaredLoss().value_and_delta(identity, a, a, y)
    >>> float(value), delta.tolist()  # (2^2 / 2 + 0) / 2 rows
    (1.0, [[-1.0], [0.0]])
    """

    name: str = "squared"

    def check_activation(self, f):
        """Accept any last activation function."""

    def check(self, y, n, d):
        """Return the labels as an array of shape (n, d), or raise ValueError or TypeError; n may be a tuple."""
        return check_array("y", y, (*_axes(n), d))

    def value(self, z, a, y):
        """Return the mean over the rows of 1/2 ||y - a||^2."""
        d = np.ravel(a - y)
        return 0.5 * d.dot(d) / len(y)

    def value_and_delta(self, f, z, a, y):
        """Return the value and dE/dz = J_f(z)^T (a - y) / n, of shape (n, d).

        For an entry-wise f that is (a - y) * f'(z) / n.

        Source
        ------
        S-1, S-2, S-dL
        """
        d = a - y
        value = 0.5 * d.ravel().dot(d.ravel()) / len(y)
        d /= len(y)
        return value, f.backward(z, a, d)


@dataclass(frozen=True)
class CrossEntropy:
    """The cross-entropy -log p_y of integer labels y of shape (n,), for a softmax output p.

    Source
    ------
    S-1.2L

    Examples
    --------
    >>> from nncourse.activations import softmax
    >>> z, y = np.log([[1.0, 3.0]]), np.array([1])  # p = 1/4, 3/4
    >>> value, delta = CrossEntropy().value_and_delta(softmax, z, softmax(z), y)
    >>> round(float(value), 6), delta.round(6).tolist()  # -log 3/4
    (0.287682, [[0.25, -0.25]])
    """

    name: str = "cross-entropy"

    def check_activation(self, f):
        """Raise ValueError unless the last activation function is softmax.

        Examples
        --------
        >>> from nncourse.activations import sigmoid
        >>> CrossEntropy().check_activation(sigmoid)
        Traceback (most recent call last):
            ...
        ValueError: loss: cross-entropy expects softmax as the last activation, got sigmoid
        """
        if not isinstance(f, Softmax):
            raise ValueError(f"loss: cross-entropy expects softmax as the last activation, got {f.name}")

    def check(self, y, n, d):
        """Return the labels as integers of shape (n,) in 0 .. d - 1, or raise; n may be a tuple.

        Examples
        --------
        >>> CrossEntropy().check([0, 3], 2, 3)
        Traceback (most recent call last):
            ...
        ValueError: y: expected labels 0 .. 2, got 3 at index 1
        """
        return check_labels("y", y, n, d)

    def value(self, z, a, y):
        """Return the mean over the rows of -log softmax(z)_y, finite unless the differences in z overflow.

        Examples
        --------
        >>> CrossEntropy().value(np.array([[1000.0, 0.0]]), None, np.array([1])).item()  # softmax gives 0 there
        1000.0
        """
        return -np.sum(log_softmax(z)[np.arange(len(y)), y]) / len(y)

    def value_and_delta(self, f, z, a, y):
        """Return the value and dE/dz = (p - e_y) / n, of shape (n, d), where e_y is the y-th unit vector.

        Source
        ------
        S-dL
        """
        n, rows = len(y), np.arange(len(y))
        p_y = a[rows, y]
        value = -np.log(p_y).sum() / n if p_y.min() > SMALL else self.value(z, a, y)
        delta = a / n
        delta[rows, y] = (p_y - 1) / n
        return value, delta

    def from_scores(self, z, y):
        """Return what `value_and_delta` returns for a = softmax(z), without making a; delta takes the place of z.

        Source
        ------
        S-softmax, S-dL

        Examples
        --------
        >>> z = np.log([[1.0, 3.0]])
        >>> value, delta = CrossEntropy().from_scores(z, np.array([1]))
        >>> delta.round(6).tolist(), delta is z
        ([[0.25, -0.25]], True)
        """
        n, rows = len(y), np.arange(len(y))
        z -= z.max(axis=1, keepdims=True)
        z_y = z[rows, y]
        total = np.exp(z, out=z).sum(axis=1)
        z /= n * total[:, None]
        z[rows, y] -= 1 / n
        return np.sum(np.log(total) - z_y) / n, z


class _OfSigns:
    """What the two forms of logistic regression share: labels y in {-1, +1}, and one function of y z."""

    def check_activation(self, f):
        """Raise ValueError unless the last activation function is the one that this form is written for."""
        if f.name != self.after:
            raise ValueError(f"loss: {self.name} expects {self.after} as the last activation, got {f.name}")

    def check(self, y, n, d):
        """Return the labels as an array of shape (n, d) of -1 and +1, or raise; n may be a tuple."""
        y = check_array("y", y, (*_axes(n), d))
        outside = np.argwhere(np.abs(y) != 1)
        if len(outside):
            where = tuple(int(i) for i in outside[0])
            raise ValueError(f"y: expected labels -1 and +1, got {y[where]:g} at index {where}")
        return y

    def value(self, z, a, y):
        """Return the mean over the rows of log(1 + exp(-y z)), summed over the outputs; no finite z overflows."""
        return np.sum(log_one_plus_exp(-y * z)) / len(y)

    def value_and_delta(self, f, z, a, y):
        """Return the value and dE/dz = -y sigma(-y z) / n, of shape (n, d)."""
        return self.value(z, a, y), -y * sigmoid(-y * z) / len(y)


@dataclass(frozen=True)
class LogisticLoss(_OfSigns):
    """The logistic loss log(1 + exp(-y z)) of labels y in {-1, +1}, shape (n, d), for a score z: f is the identity.

    Source
    ------
    S-1.1.2b

    Examples
    --------
    >>> from nncourse.activations import identity
    >>> z, y = np.log([[3.0], [3.0]]), np.array([[1.0], [-1.0]])  # sigma(z) = 3/4: right, then wrong
    >>> value, delta = LogisticLoss().value_and_delta(identity, z, z, y)
    >>> round(float(value), 6), delta.round(6).tolist()  # (-log 3/4 - log 1/4) / 2 rows
    (0.836988, [[-0.125], [0.375]])
    """

    name: str = "logistic"
    after: str = field(default="identity", repr=False)


@dataclass(frozen=True)
class BinaryCrossEntropy(_OfSigns):
    """The cross-entropy of labels y in {-1, +1}, shape (n, d), for a probability a = sigma(z) of +1.

    It is -log a where y = +1 and -log(1 - a) where y = -1, in one formula -log((1 - y) / 2 + y a). That equals
    log(1 + exp(-y z)), and is computed so: 1 - a loses digits when a is close to 1.

    Source
    ------
    S-1.1.2b

    Examples
    --------
    >>> from nncourse.activations import sigmoid
    >>> z, y = np.log([[3.0]]), np.array([[-1.0]])  # a = 3/4
    >>> value, delta = BinaryCrossEntropy().value_and_delta(sigmoid, z, sigmoid(z), y)
    >>> round(float(value), 6), delta.round(6).tolist()  # -log 1/4
    (1.386294, [[0.75]])
    """

    name: str = "binary cross-entropy"
    after: str = field(default="sigmoid", repr=False)


def log_one_plus_exp(u):
    """Return log(1 + exp(u)) of every entry, for real or complex u; a real u may be as small or large as it likes.

    Examples
    --------
    >>> log_one_plus_exp(np.array([-1000.0, 0.0, 1000.0])).round(6).tolist()
    [0.0, 0.693147, 1000.0]
    """
    positive = np.real(u) > 0
    e = np.exp(np.where(positive, -u, u))  # |e| <= 1: nothing overflows
    return np.where(positive, u, 0) + np.log1p(e)


BY_NAME = {loss.name: loss for loss in (SquaredLoss(), CrossEntropy(), LogisticLoss(), BinaryCrossEntropy())}


def loss_function(name):
    """Return the loss of that name; a loss is returned as it is.

    Raises
    ------
    ValueError
        There is none of that name.
    TypeError
        `name` is neither a name nor a loss.

    Examples
    --------
    >>> loss_function("squared")
    SquaredLoss(name='squared')
    """
    if isinstance(name, tuple(type(loss) for loss in BY_NAME.values())):
        return name
    if not isinstance(name, str):
        raise TypeError(f"loss: expected a name or a loss, got {type(name).__name__}")
    if name not in BY_NAME:
        raise ValueError(f"loss: expected one of {sorted(BY_NAME)}, got {name!r}")
    return BY_NAME[name]
