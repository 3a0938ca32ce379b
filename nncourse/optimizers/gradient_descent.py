"""Gradient descent: the plain step against the gradient."""

from dataclasses import dataclass

from nncourse._checks import check_positive
from nncourse.params import check_params, copy, shapes_of


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent: W <- W - eta * gradient. With (1) for the gradient it is the delta rule.

    Parameters
    ----------
    learning_rate : float
        The step size eta, above zero.

    Raises
    ------
    TypeError, ValueError
        The step size is no finite number above zero.

    Source
    ------
    S-1

    Examples
    --------
    >>> import numpy as np
    >>> params, state = {"W": np.array([[1.0]])}, ()
    >>> params, state = GradientDescent(0.5).update(params, {"W": np.array([[4.0]])}, state)
    >>> params["W"].tolist()
    [[-1.0]]
    """

    learning_rate: float

    def __post_init__(self):
        check_positive("learning_rate", self.learning_rate)

    def init(self, params):
        """Return the empty state: gradient descent remembers nothing."""
        return ()

    def update(self, params, grads, state, loss=None):
        """Return new parameters and the new state.

        Parameters
        ----------
        params, grads : mapping of str to ndarray
            Equal names and shapes.
        state : tuple
            What `init` or the last `update` returned.
        loss : float, optional
            The loss at `params`; not used.

        Raises
        ------
        TypeError, ValueError
            Names or shapes of the gradients differ from those of the parameters, or a number is not finite.
        """
        shapes = shapes_of(params)
        params = copy(check_params(params, shapes))
        grads = copy(check_params(grads, shapes, argument="grads"))
        return params, self.step_in_place(params, grads, state, loss)

    def step_in_place(self, params, grads, state, loss=None):
        """Change the arrays of `params`, and use those of `grads` as scratch; return the new state.

        Examples
        --------
        >>> import numpy as np
        >>> params = {"W": np.array([[1.0]])}
        >>> GradientDescent(0.5).step_in_place(params, {"W": np.array([[4.0]])}, ())
        ()
        >>> params["W"].tolist()
        [[-1.0]]
        """
        for name, W in params.items():
            step = grads[name]
            step *= self.learning_rate
            W -= step
        return state
