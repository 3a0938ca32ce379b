"""One epoch of gradient descent on the digits: 64 - h - 10, relu, softmax with cross-entropy, biases.

Every contestant starts from the same weights and sees the same mini-batches in the same order. Everybody runs
with one thread and with as many as there are cores, and the better of the two counts: at these sizes, more threads
often cost more than they bring.
"""

import functools
import itertools
from dataclasses import dataclass

import numpy as np

from benchmarks.harness import OURS, Case, Comparison, installed, interleave
from benchmarks.threads import counts_of_threads, set_threads, threaded
from nncourse import datasets
from nncourse.feedforward import FeedForward
from nncourse.optimizers import GradientDescent
from nncourse.training import fit

TITLE = "A training epoch on the digits, 1347 rows, 64-h-10, relu, cross-entropy, plain SGD"
CLASSES = 10
RATE = 0.05
SEED = 0
TARGETS = {1: 4.0, 32: 4.0, 256: 1.2}  # how many times as fast as PyTorch, by batch size


@dataclass(frozen=True)
class Epoch:
    """The work: rows x of shape (n, 64), labels y, weights to start from, and the batch size."""

    x: np.ndarray
    y: np.ndarray
    params: dict
    batch: int

    @property
    def hidden(self):
        """Return the number of hidden units."""
        return len(self.params["W1"])

    def order(self):
        """Draw the order of the rows; all contestants draw the same one."""
        return np.random.default_rng(SEED).permutation(len(self.x))


def model(hidden):
    """Return the network as this package writes it."""
    return FeedForward((64, hidden, CLASSES), ("relu", "softmax"), "cross-entropy", bias=True)


def epoch(batch, hidden, dtype, rows=1347):
    """Return the work on the first 1347 pictures (the rest are the chapters' test rows)."""
    x, y = datasets.digits()
    params = model(hidden).init(np.random.default_rng(SEED), dtype)
    return Epoch(x[:rows].astype(dtype), y[:rows], params, batch)


def cases(quick=False):
    """Yield one case for each batch size, number of hidden units and precision."""
    makers = {OURS: ours, "bare products": bare_products}
    if installed("torch"):
        makers["PyTorch"] = pytorch
    if installed("sklearn.neural_network"):
        makers["scikit-learn"] = scikit_learn
    counts = counts_of_threads()
    for batch, hidden, dtype in itertools.product((1, 32, 256), (64, 256), ("float64", "float32")):
        if quick and (hidden, dtype) != (64, "float64"):
            continue
        work = epoch(batch, hidden, dtype)
        set_threads(*counts[:1])
        makers["bare products"] = functools.partial(bare_products, products=fastest_products(work))
        teams = {peer: threaded(peer, maker, work, counts) for peer, maker in makers.items()}
        yield Case(
            {"batch": batch, "hidden": hidden, "type": dtype},
            {name: prepare for team in teams.values() for name, prepare in team.items()},
            (
                Comparison("PyTorch", tuple(teams.get("PyTorch", ())), "speed-up", TARGETS[batch]),
                Comparison("scikit-learn", tuple(teams.get("scikit-learn", ()))),
                Comparison(
                    "bare products",
                    tuple(teams["bare products"]),
                    "cost",
                    2.0 if (batch, hidden) == (256, 256) else None,
                ),
            ),
        )


def ours(work):
    """Prepare this package's epoch, which returns the mean loss."""
    net, optimizer, rng = model(work.hidden), GradientDescent(RATE), np.random.default_rng(SEED)

    def run():
        _, history = fit(net, work.params, work.x, work.y, optimizer, epochs=1, batch_size=work.batch, rng=rng)
        return history.loss[0]

    return run


def pytorch(work):
    """Prepare PyTorch's epoch, in its usual form."""
    import torch

    x, y = torch.tensor(work.x), torch.tensor(work.y)
    net = torch.nn.Sequential(
        torch.nn.Linear(64, work.hidden), torch.nn.ReLU(), torch.nn.Linear(work.hidden, CLASSES)
    ).to(x.dtype)
    with torch.no_grad():
        for layer, W in ((net[0], work.params["W1"]), (net[2], work.params["W2"])):
            layer.bias.copy_(torch.tensor(W[:, 0]))
            layer.weight.copy_(torch.tensor(W[:, 1:]))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)

    def run():
        total = 0.0
        for rows in torch.from_numpy(work.order()).split(work.batch):
            optimizer.zero_grad()
            loss = criterion(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / len(x)

    return run


def scikit_learn(work):
    """Prepare scikit-learn's epoch: `partial_fit` goes over the rows once."""
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier(
        (work.hidden,),
        solver="sgd",
        alpha=0,
        batch_size=work.batch,
        learning_rate_init=RATE,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,  # the rows come shuffled
        random_state=SEED,
    )
    first = np.arange(work.batch)
    net.partial_fit(work.x[first], work.y[first], classes=np.arange(CLASSES))  # creates the arrays
    for l, name in enumerate(("W1", "W2")):
        net.coefs_[l][:] = work.params[name][:, 1:].T
        net.intercepts_[l][:] = work.params[name][:, 0]

    def run():
        order = work.order()
        net.partial_fit(work.x[order], work.y[order])
        return net.loss_

    return run


PRODUCTS = {
    "@": lambda A, B, out: A @ B,
    "@ into out": lambda A, B, out: np.matmul(A, B, out=out),
    "dot": lambda A, B, out: A.dot(B),
    "dot into out": lambda A, B, out: np.dot(A, B, out=out),
}


def operands(work, n):
    """Return the five products of a mini-batch of n rows as (A, B, out): two forward, three backward."""
    draw, dtype = np.random.default_rng(SEED).standard_normal, work.x.dtype
    W1, W2 = (np.ascontiguousarray(W[:, 1:]) for W in work.params.values())
    x, a, delta1, delta2 = (draw((n, d)).astype(dtype) for d in (64, work.hidden, work.hidden, CLASSES))
    pairs = ((x, W1.T), (a, W2.T), (delta2.T, a), (delta2, W2), (delta1.T, x))
    return [(A, B, np.empty((A.shape[0], B.shape[1]), dtype)) for A, B in pairs]


def fastest_products(work):
    """Return, for each of the five products, the way to write it that is fastest at this batch size."""
    ways = []
    for A, B, out in operands(work, work.batch):
        runs = {name: lambda p=p, A=A, B=B, o=out: lambda: p(A, B, o) for name, p in PRODUCTS.items()}
        times = interleave(runs, 5, at_least=0.001)
        ways.append(PRODUCTS[min(times, key=lambda name: sorted(times[name])[2])])
    return ways


def bare_products(work, products):
    """Prepare nothing but an epoch's matrix products: what no code in NumPy gets below."""
    whole, rest = divmod(len(work.x), work.batch)
    batches = [operands(work, work.batch)] * whole + ([operands(work, rest)] if rest else [])

    def run():
        for batch in batches:
            for product, (A, B, out) in zip(products, batch, strict=True):
                product(A, B, out)

    return run
