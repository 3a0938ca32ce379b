"""The hierarchical softmax over the words of a diary: two trees, and what a network learned with each."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from live import rounded
from nncourse import plots
from nncourse.optimizers import GradientDescent
from nncourse.spans import spans
from nncourse.text import vocabulary
from nncourse.training import fit
from nncourse.trees import balanced, huffman
from nncourse.word_vectors import SkipGram

SHARES = {
    "sun": 0.40,
    "rain": 0.22,
    "cloud": 0.14,
    "wind": 0.09,
    "fog": 0.06,
    "snow": 0.05,
    "hail": 0.02,
    "storm": 0.02,
}
DAYS, STAYS, EPOCHS = 365, 0.3, 400
TODAY, FIRST = ("sun", "rain"), "fog"


@cache
def diary():
    """Return the words of a made-up year: a day is like the day before, or drawn anew."""
    rng, days = np.random.default_rng(3), ["sun"]
    while len(days) < DAYS:
        stays = rng.random() < STAYS
        days.append(days[-1] if stays else str(rng.choice(list(SHARES), p=list(SHARES.values()))))
    return days


def known():
    """Return the vocabulary of the diary."""
    return vocabulary([diary()])


def pairs():
    """Return the ids of all days but the last, and those of the days after them."""
    ids = known().ids(diary())
    return ids[:-1], ids[1:]


def trees():
    """Return the two trees by name."""
    return {
        "Huffman": huffman(known().counts),
        "balanced": balanced(len(known())),
    }


@cache
def trained(name):
    """Return a skip-gram model with one of the trees, and its parameters after training on the diary."""
    model = SkipGram(len(known()), 4, trees()[name])
    start = model.init(np.random.default_rng(0))
    params, _ = fit(model, start, *pairs(), GradientDescent(2.0), epochs=EPOCHS)
    return model, params


def scores(name):
    """Return the scores of the forks: before training, and after training for each word of TODAY."""
    _, params = trained(name)
    today = [known().index[word] for word in TODAY]
    return np.vstack(
        [
            np.zeros(len(params["W2"])),
            params["W1"].T[today] @ params["W2"].T,
        ]
    )


def shares():
    """Return the share of every word: of all days, and of the days after each word of TODAY."""
    x, y = pairs()
    V, ids = len(known()), [known().index[word] for word in TODAY]
    counts = [
        known().counts,
        *(np.bincount(y[x == i], minlength=V) for i in ids),
    ]
    return np.array([count / np.sum(count) for count in counts])


def places(tree):
    """Return where the forks and the words stand: two arrays with (number of words to the left, depth)."""
    order, found = spans(tree)
    at, depth = {-1 - y: float(x) for x, y in enumerate(order)}, {0: 0}
    for *_, node in found:
        children = int(tree.left[node]), int(tree.right[node])
        depth |= dict.fromkeys(children, depth[node] + 1)
    for *_, node in reversed(found):
        at[node] = (at[tree.left[node]] + at[tree.right[node]]) / 2
    where = {key: (at[key], depth[key]) for key in at}
    return (
        [where[k] for k in range(tree.V - 1)],
        [where[-1 - y] for y in range(tree.V)],
    )


def drawn(name):
    """Return a tree's numbers for the drawing."""
    tree, words = trees()[name], range(len(known()))
    forks, leaves = places(tree)
    return {
        "name": name,
        "forks": rounded(forks, 4),
        "leaves": rounded(leaves, 4),
        "nodes": [tree.path(y)[0].tolist() for y in words],
        "signs": [tree.path(y)[1].tolist() for y in words],
        "mean": round(float(shares()[0] @ tree.lengths), 4),
        "scores": rounded(scores(name), 4),
    }


@cache
def data():
    """Return the words, their shares, and both trees with their paths and scores."""
    return {
        "words": known().words,
        "first": known().index[FIRST],
        "today": TODAY,
        "shares": rounded(shares(), 4),
        "trees": [drawn(name) for name in trees()],
    }


def picture():
    """Return the two trees, with the path to one word."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.4))
    word = known().index[FIRST]
    for ax, (name, tree) in zip(axes, trees().items(), strict=True):
        plots.tree(ax, tree, known().words, path=word)
        ax.set_title(f"{name}: {shares()[0] @ tree.lengths:.2f} forks a day", fontsize=10)
    return figure
