"""The bit counter's gradient along time: fifty ones, and v_f from -1.2 to 1.2."""

from functools import cache

import numpy as np

from live import panels
from nncourse import adding_bits, plots

T, RECENT = 50, 10
V_X, V_F = (0.5, 1.0), np.round(np.arange(-1.2, 1.21, 0.05), 2) + 0.0
LOWEST, HIGHEST = -16, 13  # powers of ten on the axis


def blames(v_x, v_f):
    """Return the blame of each state, which is also what each step brings to dE/dv_x, as all bits are 1."""
    return adding_bits.blame({"v_x": v_x, "v_f": v_f}, np.ones((T, 1)), [T])[:, 0]


def significant(values, digits):
    """Return a list of numbers with so many digits from the first one that is not 0."""
    short = [float(f"{value:.{digits - 1}e}") for value in values]
    return [int(value) if value.is_integer() else value for value in short]


@cache
def data():
    """Return for both v_x and every v_f the blames, and what old and recent steps bring to dE/dv_x."""
    found = {v_x: np.array([blames(v_x, v_f) for v_f in V_F]) for v_x in V_X}
    return {
        "v_f": V_F.tolist(),
        "range": [LOWEST, HIGHEST],
        "recent": RECENT,
        "cases": [
            {
                "v_x": v_x,
                "blame": [significant(row, 3) for row in table],
                "ends": [significant(row[[0, -1]], 4) for row in table],
                "old": significant(table[:, :-RECENT].sum(axis=1), 4),
                "new": significant(table[:, -RECENT:].sum(axis=1), 4),
                "slope": significant(table.sum(axis=1), 4),
            }
            for v_x, table in found.items()
        ],
    }


def picture():
    """Return the sizes of the blame, and what each step brings to dE/dv_x, for a few values of v_f."""
    figure, (left, right) = panels(3.7, 3.7)
    t = np.arange(1, T + 1)
    for v_f, style, color in zip((1.1, 1.0, 0.9, 0.5), ("-", "--", "-.", ":"), plots.CYCLE, strict=False):
        blame = blames(0.5, v_f)
        left.semilogy(t, np.abs(blame), style, color=color, label=f"$v_f = {v_f}$")
        right.plot(t, np.abs(blame) / np.abs(blame).max(), style, color=color)
    left.set(xlabel="step $t$", ylabel=r"size of $\partial E / \partial f_t$")
    right.set(xlabel="step $t$", ylabel="share of the largest")
    left.legend(labelcolor="black")
    return figure
