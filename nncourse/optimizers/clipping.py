"""Gradient clipping: a gradient that is too long is made shorter before the step.

A clipper is a frozen dataclass that maps gradients to clipped gradients; `Clipped` puts one before an optimizer.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncourse._checks import check_positive
from nncourse.params import all_finite, check_params, copy, norm, shapes_of


class _Clipper:
    """What all clippers share: called, they check the gradients and clip copies of them."""

    def __post_init__(self):
        check_positive("limit", self.limit)
        _check_eps(getattr(self, "eps", 0.0))

    def __call__(self, grads):
        """Return clipped copies of the gradients.

        Parameters
        ----------
        grads : mapping of str to array_like
            The gradients of any parameters.

        Returns
        -------
        dict of str to ndarray
            New arrays of the same names and shapes.

        Raises
        ------
        TypeError, ValueError
            `grads` is no mapping of real numbers, or a number is not finite.
        """
        grads = copy(check_params(grads, shapes_of(grads, "grads"), argument="grads"))
        self.clip_in_place(grads)
        return grads

    def clip_in_place(self, grads):
        """Clip the arrays of the mapping themselves, unchecked; what is not finite is left as it is, to be seen."""
        if all_finite(grads):
            self._clip(grads)


@dataclass(frozen=True)
class ClipNorm(_Clipper):
    """Clip all matrices together: where their common norm is above the limit, scale them to the limit.

    The norm is the Euclidean one of all numbers, as of one long vector. So the clipped gradient points the same
    way, and it is the nearest one to the gradient that is not longer than the limit.

    Parameters
    ----------
    limit : float
        The largest norm, above zero. The note calls it eta.
    eps : float
        With 0 the rule is the note's. Above 0 it is PyTorch's: scale by limit / (norm + eps) where that is below 1.

    Raises
    ------
    TypeError, ValueError
        The limit is no finite number above zero, or eps is none of at least zero.

    Source
    ------
    J-clip

    Examples
    --------
    >>> import numpy as np
    >>> grads = {"v_x": np.array(3.0), "v_f": np.array(4.0)}  # their norm is 5
    >>> {name: float(g) for name, g in ClipNorm(10.0)(grads).items()}
    {'v_x': 3.0, 'v_f': 4.0}
    >>> {name: round(float(g), 12) for name, g in ClipNorm(4.0)(grads).items()}
    {'v_x': 2.4, 'v_f': 3.2}
    """

    limit: float
    eps: float = 0.0

    def _clip(self, grads):
        _shorten(grads, float(self.limit), float(self.eps))


@dataclass(frozen=True)
class ClipEach(_Clipper):
    """Clip each matrix by its own norm. The gradient as a whole can turn.

    Parameters
    ----------
    limit : float
        The largest norm of a matrix, above zero.
    eps : float
        As for `ClipNorm`.

    Raises
    ------
    TypeError, ValueError
        The limit is no finite number above zero, or eps is none of at least zero.

    Source
    ------
    J-clip

    Examples
    --------
    >>> import numpy as np
    >>> grads = {"v_x": np.array(3.0), "v_f": np.array(40.0)}
    >>> {name: float(g) for name, g in ClipEach(4.0)(grads).items()}
    {'v_x': 3.0, 'v_f': 4.0}
    """

    limit: float
    eps: float = 0.0

    def _clip(self, grads):
        for name, g in grads.items():
            _shorten({name: g}, float(self.limit), float(self.eps))


@dataclass(frozen=True)
class ClipValues(_Clipper):
    """Clip each number to the range from -limit to limit. The gradient as a whole can turn.

    Parameters
    ----------
    limit : float
        The largest absolute value, above zero.

    Raises
    ------
    TypeError, ValueError
        The limit is no such number.

    Source
    ------
    J-clip

    Examples
    --------
    >>> import numpy as np
    >>> ClipValues(2.0)({"W1": np.array([[-7.0, 0.5, 2.5]])})["W1"].tolist()
    [[-2.0, 0.5, 2.0]]
    """

    limit: float

    def _clip(self, grads):
        for g in grads.values():
            limit = min(float(self.limit), float(np.finfo(g.dtype).max))  # one that the array's type can hold
            np.clip(g, -limit, limit, out=g)


@dataclass(frozen=True)
class Clipped:
    """An optimizer that clips the gradient and leaves the step to another optimizer.

    Parameters
    ----------
    optimizer : GradientDescent
        Any optimizer of the course.
    clip : ClipNorm, ClipEach or ClipValues
        What is done to the gradient first.

    Raises
    ------
    TypeError
        One of the two is something else.

    Source
    ------
    J-clip

    Examples
    --------
    >>> import numpy as np
    >>> from nncourse.optimizers.gradient_descent import GradientDescent
    >>> careful = Clipped(GradientDescent(0.5), ClipNorm(2.0))
    >>> params, state = careful.update({"W": np.array([[1.0]])}, {"W": np.array([[1e6]])}, ())
    >>> params["W"].tolist()
    [[0.0]]
    """

    optimizer: Any
    clip: Any

    def __post_init__(self):
        if not hasattr(self.optimizer, "step_in_place"):
            raise TypeError(f"optimizer: expected one, such as GradientDescent(0.1), got {self.optimizer!r}")
        if not hasattr(self.clip, "clip_in_place"):
            raise TypeError(f"clip: expected one, such as ClipNorm(1.0), got {self.clip!r}")

    def init(self, params):
        """Return the state of the inner optimizer: clipping remembers nothing."""
        return self.optimizer.init(params)

    def update(self, params, grads, state, loss=None):
        """Return new parameters and the new state: the inner optimizer's, after the gradient is clipped.

        Raises
        ------
        TypeError, ValueError
            Names or shapes of the gradients differ from those of the parameters, or a number is not finite.
        """
        grads = copy(check_params(grads, shapes_of(params), argument="grads"))
        self.clip.clip_in_place(grads)
        return self.optimizer.update(params, grads, state, loss)

    def step_in_place(self, params, grads, state, loss=None):
        """Change the arrays of `params`, and use those of `grads` as scratch; return the new state."""
        self.clip.clip_in_place(grads)
        return self.optimizer.step_in_place(params, grads, state, loss)


def _check_eps(eps):
    if isinstance(eps, bool) or not isinstance(eps, (int, float, np.integer, np.floating)):
        raise TypeError(f"eps: expected a number of at least 0, got {eps!r} ({type(eps).__name__})")
    if not 0 <= eps < math.inf:
        raise ValueError(f"eps: expected a finite number of at least 0, got {eps!r}")


def _shorten(grads, limit, eps):
    """Multiply finite arrays by min(1, limit / (norm + eps)) in place, whatever the size of the numbers.

    The factor is taken apart into a fraction and a power of two: no product over- or underflows on its way to a
    result that does not.
    """
    grads = {name: g for name, g in grads.items() if g.size}
    length, shift = (norm(grads) if grads else 0.0) + eps, 0
    if length <= limit:
        return
    if math.isinf(length):  # all numbers are finite, and yet the norm is not
        shift = 99
        smaller = {name: np.ldexp(g, -shift) for name, g in grads.items()}
        length = norm(smaller) + math.ldexp(eps, -shift)
    (top, up), (bottom, down) = math.frexp(limit), math.frexp(length)
    for g in grads.values():
        np.multiply(g, top / bottom / 2, out=g)
        np.ldexp(g, up - down - shift + 1, out=g)
