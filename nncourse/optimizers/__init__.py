"""Optimizers: a rule that turns parameters and gradients into better parameters.

An optimizer is a frozen dataclass of hyper-parameters with `init(params) -> state` and
`update(params, grads, state, loss) -> (params, state)`, which changes none of its arguments. `step_in_place` does
the same arithmetic inside the arrays that it is given; `training.fit`, which owns its parameters, calls it. The
loss is that of `params`; few rules look at it.
"""

from nncourse.optimizers.clipping import ClipEach, ClipNorm, Clipped, ClipValues
from nncourse.optimizers.gradient_descent import GradientDescent
from nncourse.optimizers.rprop import VARIANTS, Rprop, RpropState, printed_step

__all__ = [
    "VARIANTS",
    "ClipEach",
    "ClipNorm",
    "ClipValues",
    "Clipped",
    "GradientDescent",
    "Rprop",
    "RpropState",
    "printed_step",
]
