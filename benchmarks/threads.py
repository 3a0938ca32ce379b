"""Everybody runs with one thread and with as many as there are cores, and the better of the two counts."""

import functools
import os
import sys

from benchmarks.harness import installed


def counts_of_threads():
    """Return the numbers of threads that everybody runs with: one, and as many as there are cores."""
    return sorted({1, os.cpu_count()}) if installed("threadpoolctl") else ()


def threaded(name, maker, work, counts):
    """Return a contestant for each number of threads; a single one, with everybody's default, if there are none."""

    def prepare(threads):
        set_threads(threads)
        return maker(work)

    return {
        f"{name} ({threads} thread{'s' * (threads > 1)})": functools.partial(prepare, threads) for threads in counts
    } or {name: lambda: maker(work)}


def set_threads(threads=None):
    """Let the BLAS of NumPy, and PyTorch where it is in use, take that many threads; None changes nothing."""
    if threads is None:
        return
    blas_libraries().limit(limits=threads, user_api="blas")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@functools.cache
def blas_libraries():
    """Return a handle on the BLAS libraries that are loaded."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
