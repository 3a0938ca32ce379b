"""The forward and the backward pass through a small network with two outputs, one node at a time."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from live import rounded
from nncourse import plots
from nncourse.feedforward import FeedForward

NET = FeedForward((2, 2, 2), ("tanh", "tanh"))
PARAMS = {"W1": np.array([[0.7, -0.6], [0.9, 0.5]]), "W2": np.array([[1.0, 0.5], [-0.5, 0.9]])}
X, Y = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0]])
ETA = 0.5


def passes():
    """Return what the two passes compute, layer by layer: scores, outputs, slopes of tanh, error terms."""
    _, ((_, z1, a1), (_, z2, a2)) = NET.feed_forward(PARAMS, X)
    first, last = NET.activations
    loss, delta2 = NET.loss.value_and_delta(last, z2, a2, Y)
    delta1 = first.backward(z1, a1, delta2 @ PARAMS["W2"])
    return {
        "z": [z1[0], z2[0]],
        "a": [X[0], a1[0], a2[0]],
        "prime": [first.prime(z1, a1)[0], last.prime(z2, a2)[0]],
        "delta": [delta1[0], delta2[0]],
        "loss": loss,
    }


@cache
def data():
    """Return the weights, both passes, what goes along the edges, the gradients, and the network after one step."""
    found, (_, grads) = passes(), NET.loss_and_grad(PARAMS, X, Y)
    after = {name: W - ETA * grads[name] for name, W in PARAMS.items()}
    output, ((_, _, hidden), _) = NET.feed_forward(after, X)
    numbers = {
        "weights": list(PARAMS.values()),
        **{name: found[name] for name in ("z", "a", "prime", "delta")},
        "up": [W * a for W, a in zip(PARAMS.values(), found["a"][:2], strict=True)],
        "down": PARAMS["W2"] * found["delta"][1][:, None],
        "grads": list(grads.values()),
        "after": list(after.values()),
    }
    numbers = {
        name: [rounded(part, 6) for part in value] if isinstance(value, list) else rounded(value, 6)
        for name, value in numbers.items()
    }
    ends = {
        "loss": [found["loss"], NET.evaluate(after, X, Y)],
        "label": Y[0],
        "hidden": hidden[0],
        "output": output[0],
    }
    return {**numbers, **{name: rounded(value, 6) for name, value in ends.items()}, "eta": ETA}


def picture():
    """Return the network with its weights, its values and its error terms."""
    figure, ax = plt.subplots(figsize=(6.2, 2.8))
    found = passes()
    names = ["input $x$", "$a^{(1)}$", "output $a^{(2)}$"]
    plots.network(ax, NET.sizes, names, found["a"], error_terms=found["delta"])
    for l, W in enumerate(PARAMS.values()):
        for (i, j), w in np.ndenumerate(W):
            share = 0.5 if i == j else 0.65
            place = 1.2 * (l + share), 0.55 * (0.5 - j + share * (j - i))
            look = {"ha": "center", "va": "center", "fontsize": 9.5, "color": "0.35"}
            ax.text(
                *place,
                f"{w:.1f}".replace("-", "\N{MINUS SIGN}"),
                bbox={"fc": "white", "ec": "none", "pad": 1},
                **look,
            )
    return figure
