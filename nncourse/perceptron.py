"""The perceptron: it changes its weights only where it was wrong, and the number of its mistakes has a bound."""

import math
from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_array, check_bool, check_positive
from nncourse.model import with_ones

FIRST_LOOK = 64  # rows that are looked at together after a mistake
EPS = np.finfo(float).eps


@dataclass(frozen=True, eq=False)
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
    rows : list of int
        The row of every mistake.
    start : ndarray of shape (d,)
        The weights at the start.
    points : ndarray of shape (n, d)
        The rows y x: what a mistake adds to the weights.

    Examples
    --------
    >>> run = perceptron([[1.0, 0.0], [0.0, 2.0]], [1, -1])
    >>> run.mistakes, run.per_epoch, run.separated, run.rows
    (2, [2, 0], True, [0, 1])
    >>> run.path.tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, -2.0]]
    """

    weights: np.ndarray
    mistakes: int
    per_epoch: list
    separated: bool
    rows: list = field(repr=False)
    start: np.ndarray = field(repr=False)
    points: np.ndarray = field(repr=False)

    @property
    def path(self):
        """The weights at the start and after every mistake, shape (1 + mistakes, d); made when asked for."""
        return np.cumsum(np.vstack([self.start, self.points[self.rows]]), axis=0)


def sign(z):
    """Return -1 where z is negative, else +1, in z's shape: sign(0) is +1, as is usual.

    Examples
    --------
    >>> sign([-2.0, 0.0, 3.0]).tolist()
    [-1.0, 1.0, 1.0]
    """
    return np.where(check_array("z", z, ("n",) * np.ndim(z)) >= 0, 1.0, -1.0)


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
        False counts a score of 0 as +1, the usual sign(0). Then rows may stay on the line itself.

    Returns
    -------
    Run
        The weights, and the mistakes on the way.

    Raises
    ------
    TypeError, ValueError
        A shape does not fit, a number is not finite, a label is neither -1 nor +1, `epochs` is no whole number
        above zero, or the largest number of x or of w0 is not between 1e-140 and 1e140 (or 0).

    Source
    ------
    S-fn1a

    Examples
    --------
    >>> run = perceptron([[1.0], [2.0]], [-1, 1], bias=True)
    >>> run.weights.tolist(), run.mistakes, run.separated
    ([-3.0, 2.0], 13, True)
    """
    points, y = _points(x, y, bias)
    check_positive("epochs", epochs, whole=True)
    zero_is_wrong = (y < 0) | check_bool("zero_is_a_mistake", zero_is_a_mistake)
    start = np.zeros(points.shape[1]) if w0 is None else check_array("w0", w0, points.shape[1:]).astype(float)
    for name, largest in (("x", np.abs(points).max()), ("w0", np.abs(start).max())):
        if largest and not 1e-140 <= largest <= 1e140:  # else scores could overflow or vanish
            raise ValueError(f"{name}: expected a largest number between 1e-140 and 1e140, got {largest:g}")
    w, rows, per_epoch = start.copy(), [], []
    for _ in range(epochs):
        wrong = _epoch(points, w, zero_is_wrong)
        rows += wrong
        per_epoch.append(len(wrong))
        if not wrong:
            break
    return Run(w, len(rows), per_epoch, not wrong, rows, start, points)


def _epoch(points, w, zero_is_wrong):
    """Go over the rows once, in growing blocks, change w at every mistake, and return the mistakes' rows."""
    rows, start, look = [], 0, FIRST_LOOK
    while start < len(points):
        block = slice(start, start + look)
        scores = points[block] @ w
        wrong = (scores < 0) | (scores == 0) & zero_is_wrong[block]
        first = int(wrong.argmax())
        if wrong[first]:
            rows.append(start + first)
            w += points[rows[-1]]
            start, look = rows[-1] + 1, FIRST_LOOK
        else:
            start, look = start + look, 2 * look
    return rows


def radius(x, *, bias=False):
    """Return R, the largest norm of a row of x, a constant 1 before it where asked.

    Parameters
    ----------
    x : array_like of shape (n, d)
        One row per example.
    bias : bool
        Whether a constant 1 goes before the inputs.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above, or a number is not finite.

    Examples
    --------
    >>> round(radius([[3.0, 4.0], [1.0, 0.0]]), 12)
    5.0
    """
    x = check_array("x", x, ("n", "d")).astype(float)
    x = with_ones(x) if check_bool("bias", bias) else x
    exponent = int(np.frexp(np.abs(x).max())[1])
    return math.ldexp(np.linalg.norm(np.ldexp(x, -exponent), axis=1).max(), exponent)


def margin(x, y, *, bias=False):
    """Return (gamma, u): the largest margin of a unit vector, min_i y_i u.x_i, and that vector.

    The shortest w with y_i w.x_i >= 1 for all i has the length 1 / gamma and the direction u. A few rows decide it,
    and they are found in a finite number of steps. The relative error of gamma is about 1e-16 R / gamma, as much as
    rounding the rows brings.

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
        An argument is not as above, or no vector separates the rows strictly, by more than rounding.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> gamma, u = margin([[3.0, 4.0], [-3.0, -4.0]], [1, -1])
    >>> round(gamma, 6), u.round(6).tolist()
    (5.0, [0.6, 0.8])
    """
    points, _ = _points(x, y, bias)
    exponent = np.frexp(np.abs(points).max(axis=1))[1]
    nearest = int(exponent.min())
    points = np.ldexp(points, -exponent[:, None])  # powers of two: exact, and nothing overflows
    w = _shortest(points, np.ldexp(1.0, nearest - exponent))
    if w is None:
        wanted = "x, y: expected rows that a hyperplane separates strictly"
        raise ValueError(f"{wanted}, got rows that none separates by more than rounding")
    length = np.linalg.norm(w)
    return math.ldexp(1 / length, nearest), w / length


def _shortest(points, due):
    """Return the shortest w with points @ w >= due, where due > 0, or None where there is none."""
    w, active, push, seen = np.zeros(points.shape[1]), [], np.zeros(0), set()
    while True:
        lacking = due - points @ w
        new = int(lacking.argmax())
        rounding = 16 * EPS * len(w) * np.linalg.norm(w)
        if lacking[new] <= rounding:
            return w if (points @ w > 0).all() else None
        if frozenset(active) in seen:
            return None  # else w would grow, and no set come twice
        seen.add(frozenset(active))
        active, push = _take_in(new, lacking[new], active, push, points)
        w = np.linalg.lstsq(points[active], due[active], rcond=None)[0]


def _take_in(new, lack, active, push, points):
    """Push w = push @ points[active] along a new row until it lacks nothing; drop rows that would have to pull."""
    push_new = 0.0
    while True:
        A = points[active]
        part = np.linalg.lstsq(A.T, points[new], rcond=None)[0]
        rest = points[new] - part @ A  # the new row's part at right angles to the active ones: only that helps
        step = lack / max(rest @ rest, EPS**4)
        room = np.divide(push, part, where=part > EPS, out=np.full(len(part), np.inf))
        if step <= room.min(initial=np.inf):
            return [*active, new], np.append(push - step * part, push_new + step)
        first = int(room.argmin())
        lack -= room[first] * (rest @ rest)
        push_new += room[first]
        push = np.delete(push - room[first] * part, first)
        active = [row for i, row in enumerate(active) if i != first]


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

    Raises
    ------
    TypeError, ValueError
        As `margin`.

    Source
    ------
    S-fn1b

    Examples
    --------
    >>> x, y = [[1.0, 0.0], [0.0, 2.0]], [1, -1]  # R = 2, and w = (1, -1/2) is the shortest
    >>> round(mistake_bound(x, y), 6), perceptron(x, y).mistakes
    (5.0, 2)
    """
    gamma, _ = margin(x, y, bias=bias)
    return (radius(x, bias=bias) / gamma) ** 2


def _points(x, y, bias):
    """Check the rows and the labels, and return (the rows y x, y)."""
    x = check_array("x", x, ("n", "d"))
    y = check_array("y", y, (len(x),))
    outside = np.flatnonzero(np.abs(y) != 1)
    if outside.size:
        raise ValueError(f"y: expected labels -1 and +1, got {y[outside[0]]:g} at index {outside[0]}")
    x = with_ones(x) if check_bool("bias", bias) else x
    return (y[:, None] * x).astype(float), y
