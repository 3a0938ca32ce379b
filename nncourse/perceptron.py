"""The perceptron: it changes its weights only where it was wrong, and the number of its mistakes has a bound."""

from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_array, check_bool, check_positive
from nncourse.model import with_ones

FIRST_LOOK = 64  # rows that are looked at together after a mistake


@dataclass(frozen=True)
class Run:
    """What `perceptron` did.

    Parameters
    ----------
    weights : ndarray of shape (d,)
        The last weights; with a bias the first of them.
    mistakes : int
        How many there were.
    per_epoch : list of int
        How many in every epoch.
    separated : bool
        Whether the last epoch had none.
    path : ndarray of shape (1 + mistakes, d)
        The weights at the start and after every mistake.
    rows : list of int
        The row of every mistake.
    """

    weights: np.ndarray
    mistakes: int
    per_epoch: list
    separated: bool
    path: np.ndarray = field(repr=False)
    rows: list = field(repr=False)


def sign(z):
    """Return -1 where z is negative, else +1: sign(0) is +1, as is usual."""
    return np.where(np.asarray(z) >= 0, 1.0, -1.0)


def perceptron(x, y, *, epochs=100, w0=None, bias=False, zero_is_a_mistake=True):
    """Go over the rows, and add y x to the weights wherever y w.x <= 0, until an epoch has no mistake.

    Parameters
    ----------
    x : array_like of shape (n, d)
        One row per example.
    y : array_like of shape (n,)
        The labels, -1 and +1.
    epochs : int
        The most times to go over the rows.
    w0 : array_like of shape (d,), optional
        Where to start; zeros when left out.
    bias : bool
        Whether a constant 1 goes before the inputs.
    zero_is_a_mistake : bool
        False counts a score of 0 as +1, the usual sign(0). The bound on the mistakes then fails.

    Returns
    -------
    Run
        The weights, and the mistakes on the way.

    Raises
    ------
    TypeError, ValueError
        A shape does not fit, a number is not finite, or a label is neither -1 nor +1.

    Source
    ------
    S-fn1a

    Examples
    --------
    >>> run = perceptron([[1.0], [2.0]], [-1, 1], bias=True)
    >>> run.weights.tolist(), run.mistakes, run.separated
    ([-3.0, 2.0], 13, True)
    """
    x, y = _check(x, y, bias)
    check_positive("epochs", epochs, whole=True)
    strict = check_bool("zero_is_a_mistake", zero_is_a_mistake)
    w = np.zeros(x.shape[1]) if w0 is None else check_array("w0", w0, (x.shape[1],)).astype(float)
    points, path, rows, per_epoch = y[:, None] * x, [w], [], []
    for _ in range(epochs):
        wrong = _epoch(points, y, w, strict)
        for w, row in wrong:
            path.append(w)
            rows.append(row)
        per_epoch.append(len(rows) - sum(per_epoch))
        if per_epoch[-1] == 0:
            break
    return Run(w, len(rows), per_epoch, per_epoch[-1] == 0, np.array(path), rows)


def _epoch(points, y, w, strict):
    """Give (new weights, row) for every mistake. Rows are looked at in growing blocks: most of them are right."""
    start, look = 0, FIRST_LOOK
    while start < len(points):
        block = slice(start, start + look)
        scores = points[block] @ w
        wrong = (scores < 0) | (scores == 0) & (strict | (y[block] < 0))
        first = int(wrong.argmax())
        if not wrong[first]:
            start, look = start + look, 2 * look
            continue
        row = start + first
        w = w + points[row]
        yield w, row
        start, look = row + 1, FIRST_LOOK


def radius(x, *, bias=False):
    """Return R, the largest norm of a row of x, a constant 1 before it where asked.

    Parameters
    ----------
    x : array_like of shape (n, d)
        One row per example.
    bias : bool
        Whether a constant 1 goes before the inputs.
    """
    x = check_array("x", x, ("n", "d"))
    return float(np.linalg.norm(with_ones(x) if check_bool("bias", bias) else x, axis=1).max())


def margin(x, y, *, bias=False):
    """Return (gamma, u): the largest margin of a unit vector, min_i y_i u.x_i, and that vector.

    It is the distance from the origin to the convex hull of the points y_i x_i, and u points to the nearest point
    of the hull. That point is found exactly, by Wolfe's method: corners are added while they bring it nearer.

    Parameters
    ----------
    x : array_like of shape (n, d)
        One row per example.
    y : array_like of shape (n,)
        The labels, -1 and +1.
    bias : bool
        Whether a constant 1 goes before the inputs.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above, or no vector separates the rows strictly.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> gamma, u = margin([[3.0, 4.0], [-3.0, -4.0]], [1, -1])
    >>> round(gamma, 6), u.round(6).tolist()
    (5.0, [0.6, 0.8])
    """
    x, y = _check(x, y, bias)
    points = y[:, None] * x
    size = np.linalg.norm(points, axis=1).max()
    nearest = _nearest_point(points / size) if size else np.zeros(x.shape[1])
    distance = np.linalg.norm(nearest)
    if distance < 1e-9:
        raise ValueError("x, y: expected rows that a hyperplane separates strictly, got rows that none separates")
    return float(size * distance), nearest / distance


def _nearest_point(points):
    """Return the point of the convex hull of the rows that is nearest to the origin (Wolfe's method)."""
    corners = [int(np.sum(points**2, axis=1).argmin())]
    share = np.ones(1)
    while True:
        nearest = share @ points[corners]
        new = int((points @ nearest).argmin())
        if points[new] @ nearest > nearest @ nearest - 1e-14 or new in corners:
            return nearest
        corners, share = [*corners, new], np.append(share, 0.0)
        while True:
            G = points[corners] @ points[corners].T
            best = np.linalg.lstsq(G + 1, np.ones(len(corners)), rcond=None)[0]  # on the corners' affine hull
            best /= best.sum()
            if (best > 1e-12).all():
                share = best
                break
            low = best <= 1e-12
            step = np.min(share[low] / np.maximum(share[low] - best[low], 1e-300))
            share = share + min(step, 1.0) * (best - share)
            keep = share > 1e-12
            corners, share = [c for c, k in zip(corners, keep, strict=True) if k], share[keep] / share[keep].sum()


def mistake_bound(x, y, *, bias=False):
    """Return (R / gamma)^2: no order of the rows brings more mistakes, from weights 0.

    Parameters
    ----------
    x : array_like of shape (n, d)
        One row per example.
    y : array_like of shape (n,)
        The labels, -1 and +1.
    bias : bool
        Whether a constant 1 goes before the inputs.

    Source
    ------
    S-fn1b
    """
    gamma, _ = margin(x, y, bias=bias)
    return (radius(x, bias=bias) / gamma) ** 2


def _check(x, y, bias):
    x = check_array("x", x, ("n", "d"))
    y = check_array("y", y, (len(x),))
    outside = np.flatnonzero(np.abs(y) != 1)
    if outside.size:
        raise ValueError(f"y: expected labels -1 and +1, got {y[outside[0]]:g} at index {outside[0]}")
    return (with_ones(x) if check_bool("bias", bias) else x), y
