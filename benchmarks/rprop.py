"""One step of Rprop on a million parameters, against torch.optim.Rprop and against copying its arrays once.

Both do the same, bit for bit. PyTorch goes parameter by parameter or over lists of them (foreach), each with one
thread and with as many as there are cores; the best counts. NumPy's loops take one thread. The copies say what
moving the memory costs alone: the parameters, their gradient and their steps, and the signs in a byte each.
"""

import functools
from typing import NamedTuple

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from benchmarks.threads import counts_of_threads, threaded
from nncourse.optimizers import Rprop

TITLE = "A step of Rprop on 1,000,000 parameters"
PARAMETERS, SEED = 1_000_000, 0
TARGET = 0.95  # how many times as fast as PyTorch


class Work(NamedTuple):
    """Parameters of shape (n,), and gradients of shape (3, n): two steps prepare the state, the third is timed."""

    w: np.ndarray
    gradients: np.ndarray


def work(dtype, n=PARAMETERS):
    """Draw the work; one gradient in a hundred is zero."""
    rng = np.random.default_rng(SEED)
    gradients = rng.standard_normal((3, n)) * (rng.random((3, n)) > 0.01)
    return Work(rng.standard_normal(n).astype(dtype), gradients.astype(dtype))


def cases(quick=False):
    """Yield one case for each precision."""
    for dtype in ("float64", "float32")[: 1 if quick else None]:
        drawn = work(dtype)
        peers = {}
        if installed("torch"):
            for name, foreach in (("PyTorch", False), ("PyTorch foreach", True)):
                peers |= threaded(name, functools.partial(pytorch, foreach=foreach), drawn, counts_of_threads())
        yield Case(
            {"parameters": PARAMETERS, "type": dtype},
            {OURS: functools.partial(ours, drawn), **peers, "copies": functools.partial(copies, drawn)},
            (
                Comparison("PyTorch", tuple(peers), "speed-up", TARGET),
                Comparison("copies", ("copies",), "cost"),
            ),
        )


def stepped(drawn):
    """Return the optimizer, the parameters and the state after two steps, and the third gradient, to be used up."""
    rprop, params = Rprop(), {"w": drawn.w.copy()}
    state = rprop.init(params)
    for g in drawn.gradients[:2]:
        state = rprop.step_in_place(params, {"w": g.copy()}, state)
    return rprop, params, state, {"w": drawn.gradients[2].copy()}


def ours(drawn):
    """Prepare the third step, which returns the parameters."""
    rprop, params, state, grads = stepped(drawn)

    def run():
        rprop.step_in_place(params, grads, state)
        return params["w"]

    return run


def pytorch(drawn, foreach):
    """Prepare PyTorch's third step, which returns the parameters."""
    import torch

    tensor = torch.tensor(drawn.w, requires_grad=True)
    optimizer = torch.optim.Rprop([tensor], lr=Rprop().first_step, foreach=foreach)
    for g in drawn.gradients[:2]:
        tensor.grad = torch.tensor(g)
        optimizer.step()
    tensor.grad = torch.tensor(drawn.gradients[2])

    def run():
        optimizer.step()
        return tensor.detach().numpy()

    return run


def copies(drawn):
    """Prepare one copy of each array that our step reads and writes."""
    _, params, state, grads = stepped(drawn)
    arrays = [params["w"], grads["w"], state.step["w"], state.sign["w"]]
    pairs = [(array.copy(), array) for array in arrays]  # no new memory in the timed part

    def run():
        for to, array in pairs:
            np.copyto(to, array)

    return run
