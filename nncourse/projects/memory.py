"""The project of part 2: a recurrent network that keeps a bit longer than the chapter's.

A student writes ``train(x, y, seed)``, which returns the parameters of `NETWORK`, eight tanh units. The task is
that of the chapter, with one change: the two inputs are turned by an angle that nobody is told, so that no
parameters can be written down beforehand.
"""

import numpy as np

from nncourse.memory import first_bit, orthogonal
from nncourse.optimizers import GradientDescent
from nncourse.projects.core import Score
from nncourse.recurrent import SimpleRNN
from nncourse.training import fit

NETWORK = SimpleRNN((2, 8, 1), ("tanh", "identity"), at="last")
LAGS, RUNS = (8, 16, 32, 64, 128, 256), 3
PAIRS, TEST_PAIRS = 25, 250  # sequences come in pairs
LEARNED = 0.05  # the loss on new sequences, below which a network has learned
SEED = 0  # of the sequences that everybody can choose by


def sequences(lag, run, seed):
    """Return (x, y, new_x, new_y): sequences to learn from, and new ones of the same kind.

    Parameters
    ----------
    lag : int
        How many steps after the bit it is asked for.
    run : int
        Another run has another angle and other sequences.
    seed : int
        Of all of them.

    Returns
    -------
    x, new_x : ndarray of shape (lag + 1, n, 2)
        50 and 500 sequences, time first.
    y, new_y : ndarray of shape (n, 1)
        The bits, -1 or 1.

    Examples
    --------
    >>> x, y, new_x, new_y = sequences(8, 0, seed=0)
    >>> x.shape, new_x.shape, y[:2, 0].tolist()
    ((9, 50, 2), (9, 500, 2), [-1.0, -1.0])
    >>> bool(np.isclose(np.linalg.norm(x[0], axis=-1), 1).all())  # the bit, in a direction of the plane
    True
    """
    rng = np.random.default_rng([seed, lag, run])
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    x, y = first_bit(lag + 1, PAIRS, rng, noise=1.0)
    new_x, new_y = first_bit(lag + 1, TEST_PAIRS, rng, noise=1.0)
    return x @ turn, y, new_x @ turn, new_y


def runs(train, seed=SEED):
    """Yield (lag, loss, trouble) of 18 runs, the shortest lag first.

    Parameters
    ----------
    train : callable
        ``train(x, y, seed)``, as the head of this module says.
    seed : int
        Of the sequences.

    Yields
    ------
    lag : int
        How many steps after the bit it is asked for.
    loss : float
        On new sequences; infinite where `train` stopped with an error or returned no parameters.
    trouble : str
        Why, "" where all went well.

    Examples
    --------
    >>> lag, loss, why = next(runs(lambda x, y, seed: {"W1": 1}))
    >>> lag, loss, why.partition(":")[0]
    (8, inf, 'ValueError')
    """
    for lag in LAGS:
        for run in range(RUNS):
            x, y, new_x, new_y = sequences(lag, run, seed)
            try:
                yield lag, NETWORK.evaluate(_mapping(train(x, y, run)), new_x, new_y), ""
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                yield lag, np.inf, f"{type(error).__name__}: {error}"[:300]


def scores(train, secret=None):
    """Yield a `Score` after each run: how many have learned so far. The first trouble is told.

    Parameters
    ----------
    train : callable
        ``train(x, y, seed)``, as the head of this module says.
    secret : int, optional
        The seed of the sequences; that of `score` when left out.

    Examples
    --------
    >>> untrained = scores(lambda x, y, seed: NETWORK.init(np.random.default_rng(seed)))
    >>> next(untrained).text
    'lag 0, 0 of 18 runs'
    """
    learned, troubles = {lag: [] for lag in LAGS}, []
    for lag, loss, trouble in runs(train, SEED if secret is None else secret):
        learned[lag].append(bool(loss < LEARNED))
        troubles += [f"lag {lag}: {trouble}"] if trouble else []
        yield _summary(learned, tuple(troubles[:1]))


def _mapping(params):
    if not hasattr(params, "keys"):
        raise TypeError(f"train: expected parameters, a mapping of W1, V1 and W2, got {params!r:.60}")
    return params


def _summary(learned, trouble):
    reached = 0
    for lag in LAGS:
        if sum(learned[lag]) < RUNS:
            break
        reached = lag
    total = sum(map(sum, learned.values()))
    table = ("lag     " + "".join(f"{lag:5d}" for lag in LAGS),
             "learned " + "".join(f"{sum(learned[lag]):3d}/{RUNS}" for lag in LAGS))  # fmt: skip
    return Score(total, f"lag {reached}, {total} of {len(LAGS) * RUNS} runs", (*table, *trouble))


def score(train):
    """Train 18 networks, and return the `Score`: how many have learned, and the lag up to which all have.

    Parameters
    ----------
    train : callable
        ``train(x, y, seed)``, as the head of this module says.

    Examples
    --------
    >>> print(score(lambda x, y, seed: NETWORK.init(np.random.default_rng(seed))))
    lag 0, 0 of 18 runs
    lag         8   16   32   64  128  256
    learned   0/3  0/3  0/3  0/3  0/3  0/3
    """
    *_, last = scores(train)
    return last


def chapter(x, y, seed):
    """Return what the chapter's best start learns: an orthogonal V1, 200 steps of plain descent.

    Parameters
    ----------
    x, y : ndarray
        The sequences and their bits.
    seed : int
        Of the first parameters.

    Examples
    --------
    >>> x, y, new_x, new_y = sequences(8, 0, seed=0)
    >>> bool(NETWORK.evaluate(chapter(x, y, seed=0), new_x, new_y) < LEARNED)
    True
    """
    rng = np.random.default_rng(seed)
    params = NETWORK.init(rng)
    params["V1"] = orthogonal(8, rng)
    return fit(NETWORK, params, x, y, GradientDescent(0.2), epochs=200)[0]
