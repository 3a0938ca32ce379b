"""XOR, learned by a network with two hidden units: its weights, its loss, and how right its gradient is."""

from functools import cache
from math import floor, log10

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from live import panels, rounded
from nncourse import plots
from nncourse.feedforward import FeedForward
from nncourse.gradient_check import central_difference
from nncourse.optimizers import GradientDescent
from nncourse.params import copy
from nncourse.training import fit

NET = FeedForward((2, 2, 1), ("tanh", "identity"), bias=True)
X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
SEED, ETA, EPOCHS, EVERY = 1, 0.3, 600, 6
RANGE = (-0.3, 1.3)
COLOURS = LinearSegmentedColormap.from_list("answers", [plots.RED, "white", plots.BLUE])  # 0 to 1


@cache
def course():
    """Return the parameters and the losses at the start and after every epoch: two lists of `EPOCHS` + 1."""
    start = NET.init(np.random.default_rng(SEED))
    params, history = fit(NET, start, X, Y, GradientDescent(ETA), epochs=EPOCHS, measure=copy)
    return [start, *history.measured], [*history.loss, NET.evaluate(params, X, Y)]


def directions():
    """Give, for every weight, the direction in which it alone changes."""
    zero = {name: np.zeros(shape) for name, shape in NET.shapes().items()}
    for name, W in zero.items():
        for place in np.ndindex(W.shape):
            v = copy(zero)
            v[name][place] = 1.0
            yield name, place, v


def gap(params):
    """Return the largest difference, over all weights, between backpropagation and a central difference."""
    _, grads = NET.loss_and_grad(params, X, Y)
    return max(
        abs(grads[name][place] - central_difference(lambda p: NET.evaluate(p, X, Y), params, v))
        for name, place, v in directions()
    )


@cache
def largest_gap():
    """Return the largest gap of all that the figure shows, rounded up to one digit: (digit, power of ten)."""
    largest = max(map(gap, course()[0][::EVERY]))
    power = floor(log10(largest))
    return int(np.ceil(largest / 10.0**power)), power


@cache
def data():
    """Return the weights and the loss every few epochs, row by row as the network has them, and the largest gap."""
    states, losses = (values[::EVERY] for values in course())
    return {
        "every": EVERY,
        "range": RANGE,
        "wanted": Y.ravel().tolist(),
        "weights": [rounded(np.concatenate([W.ravel() for W in state.values()]), 4) for state in states],
        "loss": rounded(losses, 5),
        "gap": largest_gap(),
    }


def draw_answers(ax, params, size):
    """Draw what the network answers on the whole plane, and in circles to the four of XOR, in letters of a size."""
    u = np.linspace(*RANGE, 201)
    places = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2)
    answers = NET.forward(params, places)[0].reshape(len(u), -1)
    ax.contourf(u, u, np.clip(answers, 0, 1), np.linspace(0, 1, 13), cmap=COLOURS)
    ax.contour(u, u, answers, [0.5], colors="0.2", linewidths=size / 9)
    for place, answer in zip(X, NET.forward(params, X)[0][:, 0], strict=True):
        box = {"boxstyle": "circle", "fc": "white", "ec": "0.2"}
        ax.text(*place, f"{answer:.2f}", ha="center", va="center", fontsize=size, bbox=box)


def picture():
    """Return what the network answers at the end, and the loss over the epochs."""
    figure, (left, right) = panels(3.4, 3.6, height=3.2)
    states, losses = course()
    draw_answers(left, states[-1], 9)
    left.set(xlabel="$x_1$", ylabel="$x_2$", xticks=[0, 1], yticks=[0, 1], aspect="equal")
    left.grid(visible=False)
    right.plot(losses, color=plots.BLUE)
    digit, power = largest_gap()
    right.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    agree = f"agree to ${digit} \\cdot 10^{{{power}}}$"
    right.set_title(f"backpropagation and central differences\n{agree}", size=9.5)
    return figure
