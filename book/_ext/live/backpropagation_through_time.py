"""What backpropagation through time counts, for seven steps: every T, every form, loss by loss."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from nncourse.unrolling import coverage, unrollings

N = 7
NAMES = {
    "printed": "as printed",
    "corrected": "corrected",
    "once": "each loss once",
}


@cache
def data():
    """Return the unrollings and the table of counts, for every form and every T from 1 to N."""
    return {
        "n": N,
        "forms": [
            {
                "name": name,
                "unrollings": [unrollings(N, T, form) for T in range(1, N + 1)],
                "counts": [coverage(N, T, form).tolist() for T in range(1, N + 1)],
            }
            for form, name in NAMES.items()
        ],
    }


def picture():
    """Return the tables of the corrected form for four T."""
    figure, axes = plt.subplots(1, 4, figsize=(7.6, 2.4), sharey=True)
    for ax, T in zip(axes, (1, 3, 5, 7), strict=True):
        counts = coverage(N, T)
        ax.imshow(counts, cmap="Blues", vmin=0, vmax=6)
        for (s, k), count in np.ndenumerate(counts):
            if k <= s:
                ax.text(k, s, count, ha="center", va="center", fontsize=9)
        steps = {"ticks": range(N), "labels": range(1, N + 1), "fontsize": 9}
        ax.set_xticks(**steps)
        ax.set_yticks(**steps)
        ax.set_title(f"$T = {T}$, sum {counts.sum()}", fontsize=10)
        ax.set_xlabel("through step $k$")
        ax.grid(False)
    axes[0].set_ylabel("loss of step $s$")
    return figure
