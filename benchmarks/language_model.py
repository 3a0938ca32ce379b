"""Bengio's model: a training epoch on 5,120 words of random text, 4,000 word types, four words before the next.

Every contestant starts from the same weights and sees the same mini-batches in the same order. The gradient of the
word vectors is dense for everybody, as PyTorch's Embedding has it unless told otherwise.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed
from benchmarks.threads import counts_of_threads, threaded
from nncourse.contexts import ngrams
from nncourse.language_models import NeuralLanguageModel
from nncourse.optimizers import GradientDescent
from nncourse.training import fit

TITLE = "A training epoch of Bengio's model, 5,120 words, V = 4,000, n = 4, d1 = 60, d2 = 60, plain SGD"
MODEL = NeuralLanguageModel(V=4000, n=4, d1=60, d2=60, bias=True)
WORDS, RATE, SEED = 5120, 0.1, 0
TARGETS = {32: 0.9, 256: 1.0}  # times as many words a second as PyTorch, by batch size


@dataclass(frozen=True)
class Epoch:
    """The work: the words before x, shape (n, 4), the words y, weights to start from, and the batch size."""

    x: np.ndarray
    y: np.ndarray
    params: dict
    batch: int

    def order(self):
        """Draw the order of the examples; both contestants draw the same one."""
        return np.random.default_rng(SEED).permutation(len(self.y))


def epoch(batch, dtype, words=WORDS):
    """Return the work, on words whose frequencies fall like 1 / rank."""
    rng = np.random.default_rng(SEED)
    p = 1 / np.arange(1, MODEL.V + 1)
    x, y = ngrams(rng.choice(MODEL.V, size=words + MODEL.n, p=p / p.sum()), MODEL.n)
    return Epoch(x, y, MODEL.init(rng, dtype), batch)


def cases(quick=False):
    """Yield one case for each batch size and precision."""
    makers = {OURS: ours} | ({"PyTorch": pytorch} if installed("torch") else {})
    for batch in (32, 256):
        for dtype in ("float32",) if quick else ("float32", "float64"):
            work = epoch(batch, dtype)
            teams = {name: threaded(name, maker, work, counts_of_threads()) for name, maker in makers.items()}
            yield Case(
                {"batch": batch, "type": dtype, "words": WORDS},
                {name: prepare for team in teams.values() for name, prepare in team.items()},
                (Comparison("PyTorch", tuple(teams.get("PyTorch", ())), "speed-up", TARGETS[batch]),),
            )


def ours(work):
    """Prepare this package's epoch, which returns the mean loss."""
    optimizer, rng = GradientDescent(RATE), np.random.default_rng(SEED)

    def run():
        _, history = fit(MODEL, work.params, work.x, work.y, optimizer, epochs=1, batch_size=work.batch, rng=rng)
        return history.loss[0]

    return run


def pytorch(work):
    """Prepare PyTorch's epoch, in its usual form."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self, params):
            super().__init__()
            self.vectors = torch.nn.Embedding(MODEL.V, MODEL.d1)
            self.hidden = torch.nn.Linear(MODEL.n * MODEL.d1, MODEL.d2)
            self.output = torch.nn.Linear(MODEL.d2, MODEL.V)
            with torch.no_grad():
                self.vectors.weight.copy_(torch.tensor(params["W1"].T))
                for layer, W in ((self.hidden, params["W2"]), (self.output, params["W3"])):
                    layer.bias.copy_(torch.tensor(W[:, 0]))
                    layer.weight.copy_(torch.tensor(W[:, 1:]))

        def forward(self, x):
            return self.output(torch.tanh(self.hidden(self.vectors(x).flatten(1))))

    net = Net(work.params).to(torch.tensor(work.params["W1"]).dtype)
    x, y = torch.tensor(work.x).long(), torch.tensor(work.y).long()
    criterion, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=RATE)

    def run():
        total = 0.0
        for rows in torch.from_numpy(work.order()).split(work.batch):
            optimizer.zero_grad()
            loss = criterion(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / len(y)

    return run
