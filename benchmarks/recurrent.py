"""Loss and gradient of a simple RNN, through all steps: tanh, the squared loss at every step, no biases.

As many inputs and outputs as hidden units. PyTorch runs its own nn.RNN and a linear layer. Everybody runs with one
thread and with as many as there are cores, and the better of the two counts. Ours is what `fit` calls.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from benchmarks.threads import counts_of_threads, threaded
from nncourse.recurrent import SimpleRNN

TITLE = "Forward and backward of a simple RNN on a batch of sequences"
TARGETS = {(1, 12, 8): 5.0, (32, 50, 64): 1.5, (64, 100, 128): 1.0}  # how many times as fast, by (batch, T, hidden)
SEED = 0


@dataclass(frozen=True)
class Batch:
    """The work: inputs x and labels y of shape (T, n, d), and the parameters."""

    x: np.ndarray
    y: np.ndarray
    params: dict


def model(hidden):
    """Return the network as this package writes it."""
    return SimpleRNN((hidden,) * 3, ("tanh", "identity"))


def batch(n, T, hidden, dtype):
    """Draw a batch of n sequences of T steps."""
    rng = np.random.default_rng(SEED)
    x, y = rng.standard_normal((2, T, n, hidden)).astype(dtype)
    return Batch(x, y, model(hidden).init(rng, dtype))


def cases(quick=False):
    """Yield one case for each size and precision."""
    makers = {OURS: ours} | ({"PyTorch": pytorch} if installed("torch") else {})
    counts = counts_of_threads()
    for (n, T, hidden), dtype in itertools.product(TARGETS, ("float64", "float32")):
        if quick and (n == 64 or dtype == "float32"):
            continue
        work = batch(n, T, hidden, dtype)
        teams = {peer: threaded(peer, maker, work, counts) for peer, maker in makers.items()}
        yield Case(
            {"batch": n, "T": T, "hidden": hidden, "type": dtype},
            {name: prepare for team in teams.values() for name, prepare in team.items()},
            (Comparison("PyTorch", tuple(teams.get("PyTorch", ())), "speed-up", TARGETS[n, T, hidden]),),
        )


def ours(work):
    """Prepare this package's loss and gradient; the run returns the loss and the gradient in V(1)."""
    net = model(work.x.shape[2])

    def run():
        loss, grads = net.backprop(work.params, work.x, work.y)
        return loss, grads["V1"]

    return run


def pytorch(work):
    """Prepare PyTorch's loss and gradient, in their usual form."""
    import torch

    x, y = torch.tensor(work.x), torch.tensor(work.y)
    hidden = x.shape[2]
    net, out = torch.nn.RNN(hidden, hidden, bias=False), torch.nn.Linear(hidden, hidden, bias=False)
    net, out = net.to(x.dtype), out.to(x.dtype)
    weights = (net.weight_ih_l0, net.weight_hh_l0, out.weight)
    with torch.no_grad():
        for weight, W in zip(weights, work.params.values(), strict=True):
            weight.copy_(torch.tensor(W))

    def run():
        for weight in weights:
            weight.grad = None
        h, _ = net(x)
        loss = ((out(h) - y) ** 2).sum() / (2 * x.shape[1])
        loss.backward()
        return loss.item(), net.weight_hh_l0.grad.numpy()

    return run
