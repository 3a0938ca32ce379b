"""Losses: how far the output a is from the label y, and where that starts backpropagation.

Each loss E is a mean over the rows. It knows its value and the *error term* of the last layer, delta = dE/dz, one
row an example (already divided by the number of rows).
"""

from dataclasses import dataclass

import numpy as np

from nncourse._checks import check_array, check_labels
from nncourse.activations import Softmax, log_softmax

SMALL = 1e-30  # below it the logarithm of a probability is taken before it can underflow


@dataclass(frozen=True)
class SquaredLoss:
    """The squared loss 1/2 ||y - a||^2 of labels y of shape (n, d), for any activation function.

    Source
    ------
    S-1.1L, S-1.2L
    """

    name: str = "squared"

    def check_activation(self, f):
        """Accept any last activation function."""

    def check(self, y, n, d):
        """Return the labels as an array of shape (n, d), or raise ValueError or TypeError."""
        return check_array("y", y, (n, d))

    def value(self, z, a, y):
        """Return the mean over the rows of 1/2 ||y - a||^2."""
        return 0.5 * np.sum((y - a) ** 2) / len(y)

    def value_and_delta(self, f, z, a, y):
        """Return the value and dE/dz = J_f(z)^T (a - y) / n, of shape (n, d).

        For an entry-wise f that is (a - y) * f'(z) / n.

        Source
        ------
        S-1, S-2, S-dL
        """
        return self.value(z, a, y), f.backward(z, a, (a - y) / len(y))


@dataclass(frozen=True)
class CrossEntropy:
    """The cross-entropy -log p_y of integer labels y of shape (n,), for a softmax output p.

    Source
    ------
    S-1.2L
    """

    name: str = "cross-entropy"

    def check_activation(self, f):
        """Raise ValueError unless the last activation function is softmax."""
        if not isinstance(f, Softmax):
            raise ValueError(f"loss: cross-entropy expects softmax as the last activation, got {f.name}")

    def check(self, y, n, d):
        """Return the labels as integers of shape (n,) in 0 .. d - 1, or raise ValueError or TypeError."""
        return check_labels("y", y, n, d)

    def value(self, z, a, y):
        """Return the mean over the rows of -log softmax(z)_y, finite unless the differences in z overflow."""
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


BY_NAME = {loss.name: loss for loss in (SquaredLoss(), CrossEntropy())}


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
    if isinstance(name, (SquaredLoss, CrossEntropy)):
        return name
    if not isinstance(name, str):
        raise TypeError(f"loss: expected a name or a loss, got {type(name).__name__}")
    if name not in BY_NAME:
        raise ValueError(f"loss: expected one of {sorted(BY_NAME)}, got {name!r}")
    return BY_NAME[name]
