"""How the time of truncated backpropagation through time grows with the length: T = 10, one sequence, 32 units.

`measured` counts the memory as well: the most that a gradient holds at a time, beyond its arguments.
"""

import functools
import tracemalloc

import numpy as np

from benchmarks.harness import OURS, Case, Comparison
from benchmarks.threads import set_threads
from nncourse.recurrent import SimpleRNN

TITLE = "Truncated backpropagation through time, T = 10, as the sequence grows; one thread"
LENGTHS, T, SEED = (10**3, 10**4, 10**5), 10, 0
SHORTEST = LENGTHS[0]


def cases(quick=False):
    """Yield one case for each length; the time for a step is compared with that of the shortest sequence."""
    for length in LENGTHS[: 2 if quick else None]:
        parts = f"{length // SHORTEST} x {SHORTEST} steps"
        yield Case(
            {"steps": length, "T": T, "most memory in MB": round(measured(length) / 1e6, 2)},
            {
                OURS: functools.partial(gradient, length),
                parts: functools.partial(gradient, SHORTEST, length // SHORTEST),
            },
            (Comparison("many short ones", (parts,), "cost", 1.1),),
        )


def work(length):
    """Return a model, parameters, and a sequence with labels."""
    set_threads(1)
    model, rng = SimpleRNN((8, 32, 8), ("tanh", "identity")), np.random.default_rng(SEED)
    return model, model.init(rng), *rng.standard_normal((2, length, 1, 8))


def gradient(length, times=1):
    """Prepare the truncated gradient of one sequence, as often as asked."""
    model, params, x, y = work(length)

    def run():
        for _ in range(times):
            loss, _ = model.backprop(params, x, y, T=T)
        return loss

    return run


def measured(length):
    """Return the bytes that one gradient holds at most, beyond its arguments."""
    run = gradient(length)
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
