"""An epoch on 100,000 rows of 20 columns: logistic regression and the perceptron, against scikit-learn's.

scikit-learn updates row by row, in compiled code. Our perceptron makes the same updates, and finds the rows that
need one by products over blocks of rows: each mistake costs some microseconds of Python. Our logistic regression
takes mini-batches, for an update costs NumPy the same for one row as for a hundred. So the ratios have no target.
"""

import functools

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from nncourse.optimizers import GradientDescent
from nncourse.perceptron import perceptron
from nncourse.single_layer import SingleLayer
from nncourse.training import fit

TITLE = "An epoch on 100,000 rows, 20 columns"
ROWS, D, SEED, RATE = 100_000, 20, 0, 0.01


@functools.cache
def rows(flipped):
    """Return x and y: two sides of a plane, the labels of a share of the rows flipped."""
    rng = np.random.default_rng(SEED)
    x = rng.standard_normal((ROWS, D))
    y = np.where(x @ rng.standard_normal(D) > 0, 1.0, -1.0)
    return x, np.where(rng.random(ROWS) < flipped, -y, y)


def cases(quick=False):
    """Yield the perceptron on rows that are easy and hard to separate, then logistic regression by batch size."""
    if not installed("sklearn.linear_model"):
        return
    for flipped in (0.0, 0.1):
        yield Case(
            {"model": "perceptron", "labels flipped": f"{flipped:.0%}"},
            {
                OURS: functools.partial(our_perceptron, flipped),
                "scikit-learn": functools.partial(theirs, flipped, True),
            },
            (Comparison("scikit-learn", ("scikit-learn",)),),
        )
    for batch in (1, 32, 256)[1 if quick else 0 :]:
        yield Case(
            {"model": "logistic regression", "our batch": batch},
            {
                OURS: functools.partial(our_logistic, 0.1, batch),
                "scikit-learn": functools.partial(theirs, 0.1, False),
            },
            (Comparison("scikit-learn", ("scikit-learn",)),),
        )


def our_perceptron(flipped):
    """Prepare one epoch, which returns the weights."""
    x, y = rows(flipped)
    return lambda: perceptron(x, y, epochs=1).weights


def our_logistic(flipped, batch):
    """Prepare one epoch, which returns the weights."""
    x, y = rows(flipped)
    y, model, start = y[:, None], SingleLayer((D, 1), "identity", "logistic"), {"W": np.zeros((1, D))}
    rng = np.random.default_rng(SEED)

    def run():
        params, _ = fit(model, start, x, y, GradientDescent(RATE), epochs=1, batch_size=batch, rng=rng)
        return params["W"][0]

    return run


def theirs(flipped, is_perceptron):
    """Prepare scikit-learn's epoch, which returns the weights."""
    from sklearn.linear_model import Perceptron, SGDClassifier

    x, y = rows(flipped)

    def run():
        common = {"fit_intercept": False, "shuffle": False, "max_iter": 1, "tol": None}
        if is_perceptron:
            model = Perceptron(**common)
        else:
            model = SGDClassifier("log_loss", alpha=1e-12, learning_rate="constant", eta0=RATE, **common)
        return model.fit(x, y).coef_[0]

    return run
