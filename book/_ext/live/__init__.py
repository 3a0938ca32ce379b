"""What the figures show that a reader can turn: one module a figure, with its numbers and its picture for paper."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from contourpy import contour_generator


def rounded(values, digits):
    """Return numbers, in lists as deep as the array is, with so many digits after the point.

    Parameters
    ----------
    values : array_like
        One number or more.
    digits : int
        As many as the drawing needs.
    """
    return (np.round(np.asarray(values, float), digits) + 0.0).tolist()


def basins(loss, x, y, levels, *, points=41, digits=2):
    """Return for every level the places where a loss over two weights is lower, as rings.

    Parameters
    ----------
    loss : callable
        Maps two numbers to the loss.
    x, y : sequence of float
        The lowest and the highest of each weight.
    levels : sequence of float
        Losses.
    points : int
        The loss is computed at so many places along each axis.
    digits : int
        Of the coordinates.

    Returns
    -------
    list of list of list
        For every level its rings, each [x, y, x, y, ...]; a ring in another one is a hole.
    """
    u, v = np.linspace(*x, points), np.linspace(*y, points)
    height = np.array([[loss(p, q) for p in u] for q in v])
    shapes = contour_generator(u, v, height, fill_type="OuterOffset")
    return [
        [
            rounded(ring, digits)
            for part, cuts in zip(*shapes.filled(-np.inf, level), strict=True)
            for ring in (part[a:b].ravel() for a, b in pairwise(cuts))
        ]
        for level in levels
    ]


def panels(*widths, height=3.3):
    """Return a matplotlib figure in the course's style and its axes, side by side.

    Parameters
    ----------
    *widths : float
        Of the axes, in inches.
    height : float
        In inches.
    """
    shares = {"width_ratios": widths}
    figure, axes = plt.subplots(
        1,
        len(widths),
        figsize=(sum(widths), height),
        gridspec_kw=shares,
        squeeze=False,
    )
    return figure, axes[0]
