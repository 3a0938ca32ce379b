"""Resilient propagation: every parameter has a step of its own, and of the gradient only the sign counts.

Two questions make the four variants. Both are about a parameter whose gradient has just changed its sign: does it
go back to where it came from, and is the sign forgotten, so that the next step starts afresh?

==========  =====================================  =========
variant     where the sign has changed             forgets
==========  =====================================  =========
"Rprop-"    goes on, with the smaller step         no
"Rprop+"    goes back                              yes
"iRprop-"   stays                                  yes
"iRprop+"   goes back if the loss has grown, else  yes
            stays
==========  =====================================  =========
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nncourse._checks import check_positive, check_share
from nncourse.params import check_params, copy, shapes_of

VARIANTS = ("Rprop-", "Rprop+", "iRprop-", "iRprop+")
BLOCK = 2**14  # numbers that are worked on at a time: so many of all arrays stay in the processor's cache


class RpropState(NamedTuple):
    """What Rprop remembers.

    Parameters
    ----------
    step : dict of str to ndarray
        Delta, the length of every parameter's next step.
    sign : dict of str to ndarray of int8
        The sign of the previous gradient: -1, 1, or 0 where there was none, it was zero, or it is forgotten.
    loss : float
        The loss before the last step, infinite before the first. Only "iRprop+" keeps it.

    Examples
    --------
    >>> state = Rprop(first_step=0.5).init({"w": np.zeros(2)})
    >>> state.step["w"].tolist(), state.sign["w"].tolist(), state.loss
    ([0.5, 0.5], [0, 0], inf)
    """

    step: dict
    sign: dict
    loss: float


@dataclass(frozen=True)
class Rprop:
    """Resilient propagation: w <- w - sign(gradient) * Delta, after Delta has grown or shrunk.

    Delta is multiplied by `eta_plus` where the gradient has the sign that it had before, and by `eta_minus` where
    it has the other one. Where one of the two is zero, as in the first step, Delta stays as it is. A gradient of
    zero moves nothing. The gradient has to be that of all examples: a small batch gets many signs wrong.

    "iRprop-" does what ``torch.optim.Rprop`` does, bit for bit, with `first_step` for its lr. There is one
    difference: signs are multiplied here and not gradients, so that a product of tiny ones is no zero.

    Parameters
    ----------
    variant : str
        "Rprop-", "Rprop+", "iRprop-" or "iRprop+"; the head of this module compares them. "Rprop+" is the algorithm
        of Riedmiller and Braun, "Rprop-" is nearest to the notes. "iRprop+" has to be told the loss.
    eta_plus : float
        What Delta is multiplied by while the sign stays; above 1.
    eta_minus : float
        What Delta is multiplied by when the sign changes; between 0 and 1.
    first_step : float
        Every parameter's first Delta. The notes print 0.001.
    smallest, largest : float
        Delta never leaves these bounds.

    Raises
    ------
    TypeError, ValueError
        The variant is unknown, or a number is not as above.

    Source
    ------
    J-rprop, J-29, J-30, J-31, J-const, J-eta-n, J-eta-p

    Examples
    --------
    >>> import numpy as np
    >>> rprop, params = Rprop(first_step=0.5), {"w": np.array([1.0, 1.0, 1.0])}
    >>> state = rprop.init(params)
    >>> params, state = rprop.update(params, {"w": np.array([3.0, -0.02, 0.0])}, state)
    >>> params["w"].tolist()
    [0.5, 1.5, 1.0]
    >>> params, state = rprop.update(params, {"w": np.array([1.0, 0.01, 7.0])}, state)
    >>> state.step["w"].tolist()
    [0.6, 0.25, 0.5]
    """

    variant: str = "iRprop-"
    eta_plus: float = 1.2
    eta_minus: float = 0.5
    first_step: float = 0.1
    smallest: float = 1e-6
    largest: float = 50.0

    def __post_init__(self):
        if self.variant not in VARIANTS:
            raise ValueError(f"variant: expected one of {', '.join(VARIANTS)}, got {self.variant!r}")
        check_share("eta_minus", self.eta_minus)
        if check_positive("eta_plus", self.eta_plus) <= 1:
            raise ValueError(f"eta_plus: expected a number above 1, got {self.eta_plus!r}")
        for name in ("first_step", "smallest", "largest"):
            check_positive(name, getattr(self, name))
        if not self.smallest <= self.first_step <= self.largest:
            bounds = f"smallest = {self.smallest!r} and largest = {self.largest!r}"
            raise ValueError(f"first_step: expected a number between {bounds}, got {self.first_step!r}")

    def init(self, params):
        """Return the state before the first step: Delta is `first_step` everywhere, and there is no sign yet.

        Raises
        ------
        TypeError, ValueError
            `params` is no mapping of finite arrays, or a bound is zero or infinite in the type of one of them.
        """
        params = check_params(params, shapes_of(params))
        for name, W in params.items():
            if not float(np.finfo(W.dtype).tiny) <= self.smallest <= self.largest <= float(np.finfo(W.dtype).max):
                bounds = f"smallest = {self.smallest!r} and largest = {self.largest!r}"
                raise ValueError(f'params["{name}"]: expected a type that can hold {bounds}, got {W.dtype}')
        step = {name: np.full_like(W, self.first_step) for name, W in params.items()}
        return RpropState(step, {name: np.zeros_like(W, np.int8) for name, W in params.items()}, np.inf)

    def update(self, params, grads, state, loss=None):
        """Return new parameters and the new state.

        Parameters
        ----------
        params, grads : mapping of str to ndarray
            Equal names and shapes.
        state : RpropState
            What `init` or the last `update` returned.
        loss : float, optional
            The loss at `params`; only "iRprop+" needs it.

        Raises
        ------
        TypeError, ValueError
            Names or shapes of the gradients or of the state differ from those of the parameters, a number is not
            finite, or "iRprop+" was not told the loss.
        """
        shapes = shapes_of(params)
        params = copy(check_params(params, shapes))
        grads = copy(check_params(grads, shapes, argument="grads"))
        if not isinstance(state, RpropState):
            raise TypeError(f"state: expected what init or the last update returned, got {type(state).__name__}")
        step = copy(check_params(state.step, shapes, argument="state.step"))
        check_params(state.sign, shapes, argument="state.sign")
        self._check_loss(loss)
        if loss is not None and not np.isfinite(loss):
            raise ValueError(f"loss: expected a finite number, got {loss!r}")
        return params, self.step_in_place(params, grads, RpropState(step, copy(state.sign), state.loss), loss)

    def step_in_place(self, params, grads, state, loss=None):
        """Change the arrays of `params` and `state`, and use those of `grads` as scratch; return the new state.

        A gradient that is not finite makes its parameter nan: nothing is hidden from whoever looks at those.

        Raises
        ------
        TypeError
            "iRprop+" was not told the loss.

        Examples
        --------
        >>> rule, params = Rprop("iRprop+", first_step=0.5), {"w": np.array([1.0])}
        >>> state = rule.step_in_place(params, {"w": np.array([2.0])}, rule.init(params), loss=1.0)
        >>> params["w"].tolist(), state.sign["w"].tolist(), state.loss
        ([0.5], [1], 1.0)
        """
        self._check_loss(loss)
        back = self.variant == "Rprop+" or (self.variant == "iRprop+" and loss > state.loss)
        for name, W in params.items():
            arrays = [W, grads[name], state.step[name], state.sign[name]]
            factors = np.array([self.eta_minus, 1, self.eta_plus], W.dtype)
            with np.nditer(arrays, ["external_loop", "buffered"], [["readwrite"]] * 4, buffersize=BLOCK) as blocks:
                for w, g, delta, previous in blocks:
                    self._step(w, g, delta, previous, factors, back)
        return state._replace(loss=float(loss)) if self.variant == "iRprop+" else state

    def _step(self, w, g, delta, previous, factors, back):
        sign = (g > 0).view(np.int8) - (g < 0).view(np.int8)
        change = previous * sign  # -1: the sign has changed, 1: it has not, else 0
        if self.variant != "Rprop-":
            if back:
                w -= sign * (change < 0) * delta  # still the delta of the last step
            sign *= change >= 0
        change += 1
        delta *= factors.take(change.astype(np.intp), mode="clip")
        np.clip(delta, self.smallest, self.largest, out=delta)
        previous[...] = sign
        g *= 0  # nan where it was not finite
        g += sign * delta
        w -= g

    def _check_loss(self, loss):
        if loss is None and self.variant != "iRprop+":
            return
        if isinstance(loss, bool) or not isinstance(loss, (int, float, np.integer, np.floating)):
            raise TypeError(f"loss: expected a number, as {self.variant} looks at it, got {type(loss).__name__}")


def printed_step(v, gradient, delta, previous_sign, *, eta_p=1.2, eta_n=0.5):
    """Return (v, delta, sign) after one step of the rule as the notes print it: two cases, no bounds.

    It stands here to be compared with `Rprop`: nought equals nought, so Delta grows while a parameter stands still.

    Parameters
    ----------
    v, gradient, delta, previous_sign : array_like
        The parameters, their gradient, their steps, and the previous gradient's signs; equal shapes.
    eta_p, eta_n : float
        What Delta is multiplied by where the signs are equal, and where they are not.

    Source
    ------
    J-29, J-30, J-31

    Examples
    --------
    >>> v, delta, sign = printed_step(2.0, 3.0, 1.0, -1)
    >>> float(v), float(delta), float(sign)
    (1.5, 0.5, 1.0)
    """
    sign = np.sign(gradient)
    delta = delta * np.where(sign == previous_sign, eta_p, eta_n)  # (30), (31)
    return v - sign * delta, delta, sign  # (29)
