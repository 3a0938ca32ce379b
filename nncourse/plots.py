"""The course's figures: one style, colours that colour-blind readers tell apart, and the drawings that recur."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch

from nncourse.spans import spans

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
CYCLE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY)

STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": plt.cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.figsize": (6.4, 3.6),
    "font.size": 11,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "savefig.dpi": 100,
}


def use_style():
    """Make every figure that follows look like the course's.

    Examples
    --------
    >>> with plt.rc_context():  # puts back, afterwards, what was set before
    ...     use_style()
    ...     list(plt.rcParams["figure.figsize"])
    [6.4, 3.6]
    """
    plt.rcParams.update(STYLE)


def network(ax, sizes, layer_labels=None, values=None, *, error_terms=None, radius=0.17):
    """Draw a feedforward network: a column of circles per layer, an arrow per weight.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw; its axis lines are taken away.
    sizes : sequence of int
        The number of nodes per layer, inputs first.
    layer_labels : sequence of str, optional
        Written below the columns.
    values : sequence of sequence of float, optional
        What every node says, written into the circles; inputs first.
    error_terms : sequence of sequence of float, optional
        Written above the circles of all layers but the inputs.
    radius : float
        The circles' radius; columns are 1.2 apart, rows 0.55.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> network(ax, (2, 3, 1), ["x", "h", "y"])
    >>> len(ax.patches), len(ax.texts)  # 6 circles; 2 * 3 + 3 * 1 arrows and 3 labels
    (6, 12)
    """
    places = [[np.array([1.2 * l, 0.55 * ((d - 1) / 2 - i)]) for i in range(d)] for l, d in enumerate(sizes)]
    for left, right in pairwise(places):
        for p in left:
            for q in right:
                rim = radius * (q - p) / np.linalg.norm(q - p)
                arrow = {"arrowstyle": "-|>", "color": "0.55", "lw": 0.9, "shrinkA": 0, "shrinkB": 1}
                ax.annotate("", xy=q - rim, xytext=p + rim, arrowprops=arrow)
    for l, column in enumerate(places):
        for i, p in enumerate(column):
            ax.add_patch(plt.Circle(p, radius, facecolor="white", edgecolor="0.35", lw=1.8, zorder=2))
            if values is not None:
                ax.text(*p, f"{values[l][i]:.2f}", ha="center", va="center", zorder=3, fontsize=10, color=BLUE)
            if error_terms is not None and l:
                text = rf"$\delta = {error_terms[l - 1][i]:.2f}$"
                ax.text(p[0], p[1] + 1.25 * radius, text, color=RED, ha="center", fontsize=10)
    lowest = min(y for column in places for _, y in column) - 0.32
    for l, label in enumerate(layer_labels or []):
        ax.text(1.2 * l, lowest, label, ha="center", va="top")
    ax.set(xlim=(-0.5, 1.2 * (len(sizes) - 1) + 0.5), ylim=(lowest - 0.25, -lowest))
    ax.set_aspect("equal")
    ax.axis("off")


def surface(ax, loss, limits, *, paths=()):
    """Draw contours of a loss over two weights, and paths on it.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    loss : callable
        Maps two numbers to the loss.
    limits : tuple of float
        (lowest w_1, highest w_1, lowest w_2, highest w_2).
    paths : sequence of (ndarray of shape (steps, 2), str)
        Points on the way, and the path's label.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax, path = Figure().subplots(), [[1.0, 1.0], [0.5, 0.25]]
    >>> surface(ax, lambda u, v: u**2 + v**2, (-1, 1, -1, 1), paths=[(path, "descent")])
    >>> [(line.get_label(), line.get_xydata().tolist()) for line in ax.lines]
    [('descent', [[1.0, 1.0], [0.5, 0.25]])]
    """
    u, v = np.linspace(limits[0], limits[1], 61), np.linspace(limits[2], limits[3], 61)
    height = np.array([[loss(p, q) for p in u] for q in v])
    ax.contourf(u, v, np.sqrt(height), levels=14, cmap="Blues_r", alpha=0.75)
    for i, (path, label) in enumerate(paths):
        path = np.asarray(path)
        ax.plot(*path.T, "o-", color=(RED, ORANGE, "black")[i % 3], ms=3.5, lw=1.5, label=label)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=limits[:2], ylim=limits[2:])
    ax.grid(False)
    if any(label for _, label in paths):
        ax.legend(labelcolor="black", frameon=True, framealpha=0.9)


def pictures(images, titles, *, cmap="Greys", symmetric=False):
    """Draw square pictures side by side, each with its title, and return the figure.

    Parameters
    ----------
    images : array_like of shape (k, pixels)
        One picture per row; `pixels` is a square number.
    titles : sequence of str
        One a picture.
    cmap : str
        Matplotlib's name of the colours.
    symmetric : bool
        Whether the colours' middle stands for zero.

    Examples
    --------
    >>> plt.switch_backend("agg")  # no window is opened
    >>> figure = pictures(np.eye(4), ["a", "b", "c", "d"])  # 4 pictures of 2 x 2 pixels
    >>> len(figure.axes), figure.axes[0].images[0].get_array().tolist()
    (4, [[1.0, 0.0], [0.0, 0.0]])
    >>> plt.close(figure)
    """
    images = np.asarray(images)
    side = int(np.sqrt(images.shape[1]))
    top = np.abs(images).max() if symmetric else None
    figure, axes = plt.subplots(1, len(images), figsize=(0.85 * len(images), 1.1), squeeze=False)
    for ax, image, title in zip(axes[0], images, titles, strict=True):
        ax.axis("off")
        ax.imshow(image.reshape(side, side), cmap=cmap, vmin=-top if symmetric else None, vmax=top)
        ax.set_title(title, fontsize=10)
    return figure


def tree(ax, tree, words, *, path=None, names=True):
    """Draw a binary tree over words, the root on top, the words below from left to right.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw; its axis lines are taken away.
    tree : Tree
        Any full binary tree.
    words : sequence of str
        What is written at the leaves; word y of the tree is ``words[y]``.
    path : int, optional
        The word whose path is drawn thick, with the sign of every step.
    names : bool
        Whether every internal node has its number written in it.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from nncourse.trees import chain
    >>> ax = Figure().subplots()
    >>> tree(ax, chain(3), ["a", "b", "c"], path=1, names=False)  # to b: right, then left
    >>> [text.get_text() for text in ax.texts]
    ['a', '−1', '+1', 'b', 'c']
    """
    order, found = spans(tree)
    nodes, signs = ([], []) if path is None else (part.tolist() for part in tree.path(path))
    at, depth = {-1 - y: float(x) for x, y in enumerate(order)}, {0: 0}
    for *_, node in found:
        depth |= dict.fromkeys((int(tree.left[node]), int(tree.right[node])), depth[node] + 1)
    for *_, node in reversed(found):
        at[node] = (at[tree.left[node]] + at[tree.right[node]]) / 2
    for *_, node in found:
        for child, sign in ((int(tree.left[node]), 1), (int(tree.right[node]), -1)):
            on = node in nodes and signs[nodes.index(node)] == sign
            style = {"color": RED, "lw": 3} if on else {"color": "0.6", "lw": 1.2}
            ax.plot([at[node], at[child]], [-depth[node], -depth[child]], zorder=1, **style)
            if on:
                x, y = (at[node] + at[child]) / 2, -(depth[node] + depth[child]) / 2
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
                ax.text(
                    x, y, f"{sign:+d}".replace("-", "\N{MINUS SIGN}"), color=RED, ha="center", va="center", bbox=box
                )
            if child < 0:
                weight = "bold" if -1 - child == path else "normal"
                text = {"ha": "center", "va": "top", "fontweight": weight, "fontsize": 11 if tree.V < 9 else 9.5}
                ax.text(at[child], -depth[child] - 0.08, words[-1 - child], rotation=90 * (tree.V > 12), **text)
        size = 230 if names else 30
        ax.scatter(
            at[node], -depth[node], s=size, facecolor="white", edgecolor=RED if node in nodes else "0.35", zorder=2
        )
        if names:
            ax.text(at[node], -depth[node], str(node), ha="center", va="center", fontsize=9, zorder=3)
    ax.set(xlim=(-0.6, tree.V - 0.4), ylim=(-max(depth.values()) - 0.5, 0.3))
    ax.axis("off")


def feedback(ax, *, jordan=False):
    """Draw a recurrent network with one hidden layer: four boxes, the weights between them, and what is fed back.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw; its axis lines are taken away.
    jordan : bool
        Whether the output is fed back; otherwise the hidden units are.

    Source
    ------
    J-F1, J-F2

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> feedback(ax, jordan=True)
    >>> [text.get_text() for text in ax.texts if "context" in text.get_text()]
    ['context $G_{t-1}$']
    """
    kept = "G_{t-1}" if jordan else "F_{t-1}"
    boxes = {"input": (0, 0, "$1,\\ X_t$"), "context": (1.6, 0, f"${kept}$")}
    boxes |= {"hidden": (0.8, 1, "$F_t$"), "output": (0.8, 2, "$G_t$")}
    for name, (x, y, symbol) in boxes.items():
        style = {"boxstyle": "round,pad=0.04", "facecolor": "white", "lw": 1.8, "zorder": 2}
        style["edgecolor"] = RED if name == "context" else "0.35"
        ax.add_patch(FancyBboxPatch((x - 0.55, y - 0.2), 1.1, 0.4, **style))
        ax.text(x, y, f"{name} {symbol}", ha="center", va="center", zorder=3, fontsize=10)
    for x, y, to_x, weights in ((0, 0, 0.55, "$v$"), (1.6, 0, 1.05, "$v$"), (0.8, 1, 0.8, r"$\omega$")):
        arrow = {"arrowstyle": "-|>", "color": "0.35", "lw": 1.4}
        ax.annotate("", xy=(to_x, y + 0.75), xytext=(x, y + 0.25), arrowprops=arrow)
        ax.text((x + to_x) / 2 - 0.1, y + 0.5, weights, ha="right", va="center")
    y = boxes["output" if jordan else "hidden"][1]
    ax.plot([1.4, 2.4, 2.4], [y, y, 0], "--", color=RED)
    ax.annotate("", xy=(2.2, 0), xytext=(2.42, 0), arrowprops={"arrowstyle": "-|>", "color": RED, "lw": 1.8})
    ax.text(2.47, y / 2, "copied,\none step\nlater", color=RED, va="center", fontsize=10)
    ax.set(xlim=(-0.65, 3.1), ylim=(-0.3, 2.3))
    ax.axis("off")
