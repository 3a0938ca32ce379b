"""Gradient descent, clipping and Rprop on the bit counter's surface, from a start that the reader picks.

The script computes the walks; here are the data, the surface and the rules' numbers.
"""

from functools import cache

import numpy as np

from live import basins, panels
from nncourse import adding_bits, plots, training
from nncourse.datasets import bit_sums
from nncourse.optimizers import VARIANTS, Clipped, ClipNorm, GradientDescent, Rprop

STEPS, START, LIMIT, FIRST_STEP = 300, (1.0, 1.3), 1000.0, 0.01
X_RANGE, Y_RANGE, NEAR = (-2, 3), (-2, 2), 0.05
LEVELS = (30, 100, 300, 700, 1200, 2000, 4000, 2e4, 1e5, 1e6, 1e7)
BITS, SUMS = bit_sums(8)


@cache
def eta():
    """Return nine tenths of the largest step size with which gradient descent settles at (1, 1)."""
    perfect = {"v_x": 1.0, "v_f": 1.0}
    return 0.9 * adding_bits.largest_stable_step(adding_bits.hessian(perfect, BITS, SUMS))


def rules():
    """Return the optimizers: name to optimizer."""
    descent = GradientDescent(eta())
    family = {name: Rprop(name, first_step=FIRST_STEP) for name in VARIANTS}
    return {"descent": descent, "clipped": Clipped(descent, ClipNorm(LIMIT)), **family}


def walk(start, name):
    """Return the walk of a rule from a start, as `nncourse.training.walk` gives it."""
    start = dict(zip(("v_x", "v_f"), start, strict=True))
    return training.walk(lambda v: adding_bits.error_and_gradient(v, BITS, SUMS), start, rules()[name], STEPS)


def height(v_x, v_f):
    """Return the logarithm of the error."""
    return np.log(adding_bits.error({"v_x": v_x, "v_f": v_f}, BITS, SUMS) + 1e-3)


@cache
def data():
    """Return the bits and their sums, the surface, and the numbers of the rules."""
    rprop = rules()["iRprop-"]
    return {
        "bits": ["".join(str(int(bit)) for bit in row) for row in BITS],
        "sums": SUMS.astype(int).tolist(),
        "surface": {
            "x": X_RANGE,
            "y": Y_RANGE,
            "levels": basins(height, X_RANGE, Y_RANGE, np.log(LEVELS), points=81),
        },
        "steps": STEPS,
        "start": START,
        "near": NEAR,
        "eta": eta(),
        "limit": LIMIT,
        "variants": VARIANTS,
        "rprop": {
            "first": rprop.first_step,
            "plus": rprop.eta_plus,
            "minus": rprop.eta_minus,
            "smallest": rprop.smallest,
            "largest": rprop.largest,
        },
    }


def picture():
    """Return three walks from the first start on the surface, and their errors."""
    figure, (left, right) = panels(4.1, 3.5)
    u, v = np.linspace(*X_RANGE, 161), np.linspace(*Y_RANGE, 161)
    E = adding_bits.error_surface(u[None, :], v[:, None], BITS, SUMS)
    left.contourf(u, v, np.log(E + 1e-3), np.log([1e-3, *LEVELS]), cmap="Blues_r", alpha=0.75, extend="max")
    looks = {"descent": ("x--", plots.RED), "clipped": ("o-", plots.ORANGE), "iRprop-": ("s:", "black")}
    for name, (style, color) in looks.items():
        path = walk(START, name)
        points = np.column_stack([path.points["v_x"], path.points["v_f"]])[: 4 if name == "descent" else None]
        left.plot(*points.T, style, color=color, ms=4, lw=1.2, markevery=slice(0, 9))
        right.semilogy(np.minimum(path.losses, 1e12), style[1:], color=color, label=name)
    left.set(xlabel="$v_x$", ylabel="$v_f$", xlim=X_RANGE, ylim=Y_RANGE)
    right.set(xlabel="step", ylabel="error $E$", ylim=(1e-6, 1e10))
    right.legend(labelcolor="black")
    return figure
