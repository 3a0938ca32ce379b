"""The perceptron's line after each mistake: the points of the chapter, in three orders."""

from functools import cache

import numpy as np

from live import panels, rounded
from nncourse import plots
from nncourse.perceptron import margin, perceptron

SHUFFLES = 500


def points():
    """Return the rows and their labels, as in the chapter."""
    X = np.random.default_rng(190).normal(size=(40, 2))
    X = X[np.abs(X @ [0.8, 0.6]) > 0.25]
    return X, np.sign(X @ [0.8, 0.6])


def orders():
    """Return the orders in which the rows come: name to list of rows."""
    X, y = points()
    _, u = margin(X, y)
    shuffles = [np.random.default_rng(seed).permutation(len(X)) for seed in range(SHUFFLES)]
    return {
        "as above": np.arange(len(X)),
        "the farthest from the best line first": np.argsort(-y * (X @ u)),
        f"the unluckiest of {SHUFFLES} shuffles": max(
            shuffles, key=lambda rows: perceptron(X[rows], y[rows]).mistakes
        ),
    }


def walk(rows):
    """Return the weights at the start and after each mistake, the rows of the mistakes, and their rounds from 1."""
    X, y = points()
    run = perceptron(X[rows], y[rows])
    rounds = np.repeat(np.arange(len(run.per_epoch)) + 1, run.per_epoch)
    return run.path, rows[run.rows], rounds


def wrong(path):
    """Return which rows every line of a path has on the wrong side, or on itself: an array of True and False."""
    X, y = points()
    return y * (path @ X.T) <= 0


@cache
def data():
    """Return the points, and for every order what happened at each mistake."""
    X, y = points()
    found = {name: walk(rows) for name, rows in orders().items()}
    return {
        "points": rounded(X, 5),
        "labels": y.astype(int).tolist(),
        "orders": [
            {
                "name": name,
                "path": rounded(path, 6),
                "rows": rows.tolist(),
                "rounds": rounds.tolist(),
                "scores": rounded(np.sum(path[:-1] * X[rows], axis=1), 6),
                "wrong": [np.flatnonzero(line).tolist() for line in wrong(path)],
            }
            for name, (path, rows, rounds) in found.items()
        ],
    }


def picture():
    """Return the lines after each mistake, in the first order, and the number of wrong points in every order."""
    figure, (left, right) = panels(3.6, 3.6)
    X, y = points()
    left.plot(*X[y > 0].T, "o", ms=4, color=plots.BLUE)
    left.plot(*X[y < 0].T, "x", ms=5, color=plots.RED)
    for (name, rows), marker in zip(orders().items(), "os^", strict=True):
        path, *_ = walk(rows)
        right.plot(wrong(path).sum(axis=1), f"{marker}-", ms=4, lw=1.2, label=name)
        if name == "as above":
            for k, w in enumerate(path[1:], start=1):
                ends = np.outer([-w[1], w[0]], [-9, 9])
                left.plot(*ends, color=f"{0.8 * (1 - k / (len(path) - 1)):.2f}", lw=1.2)
    left.set(xlim=(-2.8, 2.8), ylim=(-2.8, 2.8), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    right.set(xlabel="mistakes", ylabel="wrong points")
    right.legend(fontsize=8.5, labelcolor="black")
    return figure
