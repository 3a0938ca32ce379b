"""The delta rule on an error surface: the neuron of the chapter, its thirty examples, and three step sizes."""

from functools import cache

import numpy as np

from live import basins, panels, rounded
from nncourse import plots
from nncourse.single_layer import SingleLayer

ETAS, STEPS, START = (2, 8, 80), 60, (-3.0, 2.5)
X_RANGE, Y_RANGE = (-4, 5), (-4, 4)
LEVELS = (0.001, 0.005, 0.015, 0.035, 0.07, 0.12, 0.18, 0.24)
NEURON, BEST = SingleLayer((2, 1), "sigmoid"), (2, -1)


def examples():
    """Return the thirty inputs and their labels, as in the chapter."""
    X = np.random.default_rng(4).normal(size=(30, 2))
    return X, NEURON.forward({"W": [BEST]}, X)[0]


def walk(eta):
    """Return the weights, losses and gradients of a walk: before the first step and after every one."""
    X, Y = examples()
    W, steps = np.array([START]), []
    for _ in range(STEPS + 1):
        loss, grads = NEURON.loss_and_grad({"W": W}, X, Y)
        steps.append((W[0], loss, grads["W"][0]))
        W = W - eta * grads["W"]
    path, losses, slopes = zip(*steps, strict=True)
    return np.array(path), np.array(losses), np.array(slopes)


def loss(u, v):
    """Return the mean loss at two weights."""
    return NEURON.evaluate({"W": [[u, v]]}, *examples())


@cache
def data():
    """Return the surface, and the walks with every step size."""
    walks = [(eta, *walk(eta)) for eta in ETAS]
    return {
        "surface": {
            "x": X_RANGE,
            "y": Y_RANGE,
            "levels": basins(loss, X_RANGE, Y_RANGE, LEVELS),
        },
        "best": BEST,
        "highest": 0.3,
        "walks": [
            {
                "eta": eta,
                "path": rounded(path, 6),
                "loss": rounded(losses, 8),
                "slope": rounded(slopes, 7),
            }
            for eta, path, losses, slopes in walks
        ],
    }


def picture():
    """Return the three walks on the surface, and their losses."""
    figure, (left, right) = panels(4.1, 3.3)
    walks = [(eta, *walk(eta)) for eta in ETAS]
    plots.surface(
        left,
        loss,
        (*X_RANGE, *Y_RANGE),
        paths=[(path, f"step size {eta}") for eta, path, *_ in walks],
    )
    for (eta, _, losses, _), style, color in zip(
        walks,
        ("-", "--", "-."),
        (plots.RED, plots.ORANGE, "black"),
        strict=True,
    ):
        right.plot(losses, style, color=color, label=f"step size {eta}")
    right.set(xlabel="step", ylabel="loss")
    return figure
