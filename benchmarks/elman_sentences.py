"""Elman's sentences, 150 hidden units: a pass of truncated backpropagation through time, with plain SGD.

Elman's own way is one stream, an update after every word, and a gradient that goes no step back; timed on 5,000
words, since all take the same time. The usual way is a whole pass, 20 streams in windows of five words. Every
contestant starts from the same weights, and makes the same updates. PyTorch runs its nn.RNN, and a loop over
nn.RNNCell; the better one counts.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from benchmarks.threads import counts_of_threads, threaded
from nncourse.elman import WORDS, sentences
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import SimpleRNN
from nncourse.streaming import fit_stream, streams

TITLE = "Elman's sentences, 21 words, 150 hidden units (tanh, softmax), truncated BPTT with plain SGD"
MODEL = SimpleRNN((len(WORDS), 150, len(WORDS)), ("tanh", "softmax"), "cross-entropy", bias=True)
RATE, SEED = 0.05, 0
TARGETS = {"own": 3.0, "batched": 3.0}  # times as many words a second as PyTorch
WAYS = {"own": (1, 1, 5000), "batched": (20, 5, None)}  # streams, window, words


@dataclass(frozen=True)
class Pass:
    """The work: word ids x and the next ones y, both (steps, streams), weights to start from, and the window."""

    x: np.ndarray
    y: np.ndarray
    params: dict
    window: int


def one_pass(way, dtype, words=None):
    """Return the work of a way of training: a whole pass, or the first words of it."""
    n, window, limit = WAYS[way]
    rng = np.random.default_rng(SEED)
    ids = np.array([WORDS.index(word) for sentence in sentences(10_000, rng) for word in sentence])
    ids = ids[: (words or limit or len(ids)) + 1]
    return Pass(streams(ids[:-1], n), streams(ids[1:], n), MODEL.init(rng, dtype), window)


def cases(quick=False):
    """Yield one case for each way and precision."""
    makers = {OURS: ours}
    if installed("torch"):
        makers |= {"PyTorch nn.RNN": pytorch, "PyTorch nn.RNNCell": pytorch_loop}
    for way, (n, window, _) in WAYS.items():
        for dtype in ("float32",) if quick else ("float32", "float64"):
            work = one_pass(way, dtype)
            teams = {name: threaded(name, maker, work, counts_of_threads()) for name, maker in makers.items()}
            theirs = tuple(name for team, members in teams.items() if team != OURS for name in members)
            yield Case(
                {"streams": n, "window": window, "type": dtype, "words": work.y.size},
                {name: prepare for team in teams.values() for name, prepare in team.items()},
                (Comparison("PyTorch", theirs, "speed-up", TARGETS[way]),),
            )


def ours(work):
    """Prepare this package's pass, which returns the mean loss of a word."""

    def run():
        _, history = fit_stream(
            MODEL, work.params, work.x, work.y, GradientDescent(RATE), window=work.window, epochs=1
        )
        return history.loss[0]

    return run


def pytorch(work):
    """Prepare PyTorch's pass with nn.RNN, which takes a window at once."""
    return _training(work, lambda cell, x, h: cell(x, h[None]), module="RNN")


def pytorch_loop(work):
    """Prepare PyTorch's pass with nn.RNNCell, step by step."""
    import torch

    def unrolled(cell, x, h):
        states = []
        for x_t in x:
            h = cell(x_t, h)
            states.append(h)
        return torch.stack(states), h[None]

    return _training(work, unrolled, module="RNNCell")


def _training(work, unroll, module):
    import torch

    _, d1, V = MODEL.sizes
    dtype = torch.tensor(work.params["W1"]).dtype
    cell, output = getattr(torch.nn, module)(V, d1, dtype=dtype), torch.nn.Linear(d1, V, dtype=dtype)
    suffix = "_l0" if module == "RNN" else ""
    W1, W2 = work.params["W1"], work.params["W2"]
    values = {"weight_ih": W1[:, 1:], "weight_hh": work.params["V1"], "bias_ih": W1[:, 0], "bias_hh": 0 * W1[:, 0]}
    with torch.no_grad():
        for name, value in values.items():
            getattr(cell, name + suffix).copy_(torch.tensor(np.ascontiguousarray(value)))
        output.weight.copy_(torch.tensor(W2[:, 1:]))
        output.bias.copy_(torch.tensor(W2[:, 0]))
    getattr(cell, "bias_hh" + suffix).requires_grad_(False)  # one bias is enough
    unit, x, y = torch.eye(V, dtype=dtype), torch.tensor(work.x), torch.tensor(work.y)
    free = [p for p in (*cell.parameters(), *output.parameters()) if p.requires_grad]
    optimizer, n = torch.optim.SGD(free, lr=RATE), x.shape[1]
    criterion = torch.nn.CrossEntropyLoss(reduction="sum")

    def run():
        total, h = 0.0, torch.zeros(n, d1, dtype=dtype)
        for x_window, y_window in zip(x.split(work.window), y.split(work.window), strict=True):
            optimizer.zero_grad()
            states, h = unroll(cell, unit[x_window], h)
            loss = criterion(output(states).flatten(0, 1), y_window.flatten()) / n
            loss.backward()
            optimizer.step()
            h = h[0].detach()
            total += loss.item()
        return total / len(x)

    return run
