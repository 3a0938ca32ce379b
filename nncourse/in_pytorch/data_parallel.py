"""Bengio's model trained by several processes, on one machine or several: each takes a share of every batch.

All processes read the same text, so all see the same batches, and each computes with its rows alone. PyTorch's
DistributedDataParallel lets the gradients meet (gloo carries them, for CPUs): every process gets their mean, and
makes the same step. `torchrun` starts the processes and tells each its number.
"""

import atexit
import hashlib
import os
from datetime import timedelta

from nncourse import specification as specifications
from nncourse.in_pytorch.weights import from_torch, to_torch
from nncourse.peers import import_torch
from nncourse.training import History

TIMEOUT = 600  # seconds that a process waits for the others before it gives up


def processes():
    """Return this process's number and how many there are, as torchrun says; (0, 1) without it.

    Examples
    --------
    >>> processes()
    (0, 1)
    """
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def train(specification, path, *, timeout=TIMEOUT, report=None):
    """Train as `nncourse.specification.train` does, with PyTorch, in as many processes as torchrun started.

    Parameters
    ----------
    specification : Specification
        What to train: the same in every process.
    path : str or path
        A text file in UTF-8, a sentence a line: the same in every process.
    timeout : float
        How many seconds to wait for the other processes; set by the first call. While it looks for them, gloo may
        wait five times as long.
    report : callable, optional
        Called with the number and the loss of every epoch when it has ended.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters, the same in every process; those of `nncourse.specification.train`, to rounding.
    history : History
        The loss of every epoch.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.
    FileNotFoundError, ValueError
        As `nncourse.specification.train`; or a process has another text or specification than the first one.
    FloatingPointError
        The training diverged.
    RuntimeError
        A process has gone, or did not come in time.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> small = specifications.Specification(
    ...     n=1, d1=2, d2=2, direct=False, bias=True, learning_rate=0.1, epochs=2, batch_size=4, seed=0,
    ...     min_count=1, rare=None, dtype="float64")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("the cat sees the dog\\n", encoding="utf-8")
    ...     params, history = train(small, Path(folder, "text"))
    ...     same, _ = specifications.train(small, Path(folder, "text"))
    >>> len(history.loss), max(float(abs(params[name] - same[name]).max()) for name in same) < 1e-12
    (2, True)
    """
    import_torch()
    if processes()[1] > 1:
        _join(timeout)
        check_equal(specification, path)
    return _train(specification, path, report)


def _join(timeout):
    """Meet the other processes, once; a group that is made a second time may find the addresses of the first."""
    distributed = import_torch().distributed
    if not distributed.is_initialized():
        distributed.init_process_group("gloo", timeout=timedelta(seconds=timeout))
        atexit.register(_leave)


def _leave():
    distributed = import_torch().distributed
    if distributed.is_initialized():
        distributed.destroy_process_group()


def check_equal(specification, path):
    """Raise ValueError in every process unless all have the same specification and text.

    Parameters
    ----------
    specification : Specification
        This process's.
    path : str or path
        This process's text.

    Raises
    ------
    ValueError
        A process has another specification or text than the first one.
    FileNotFoundError
        There is no such text.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("the cat sees the dog", encoding="utf-8")
    ...     check_equal("any specification", Path(folder, "text"))  # one process is like itself
    """
    with open(path, "rb") as file:
        mine = (specification, hashlib.file_digest(file, "sha256").hexdigest())
    all_of_them = [mine] * processes()[1]
    if len(all_of_them) > 1:
        import_torch().distributed.all_gather_object(all_of_them, mine)
    for other, (theirs, digest) in enumerate(all_of_them):
        for name, same in (("specification", theirs == all_of_them[0][0]), ("text", digest == all_of_them[0][1])):
            if not same:
                raise ValueError(f"{name}: expected the same in all processes, got another one in process {other}")


def _train(specification, path, report):
    torch = import_torch()
    rank, P = processes()
    model, params, batches = specifications.prepare(specification, path)
    module = to_torch(model, params)
    network = module
    if P > 1:
        network = torch.nn.parallel.DistributedDataParallel(module)
    rate = specification.learning_rate
    optimizer = torch.optim.SGD(module.parameters(), rate)
    history = History()
    for epoch in range(1, specification.epochs + 1):
        total, rows = torch.zeros((), dtype=torch.float64), 0
        for x, y in batches:
            mine = torch.tensor(x[rank::P]), torch.tensor(y[rank::P])
            share = share_of_loss(network, *mine, len(y), P)
            optimizer.zero_grad()
            share.backward()  # the processes meet: gradients are averaged
            optimizer.step()
            total += share.detach() * len(y) / P
            rows += len(y)
        history.loss.append(_loss_of_epoch(epoch, total, rows, module))
        if report is not None:
            report(epoch, history.loss[-1])
    return from_torch(module), history


def share_of_loss(network, x, y, rows, P):
    """Return the share of a batch's loss that one of P processes has. The mean of the P shares is the batch's loss.

    That is why it is a sum over this process's rows, times P, divided by the number of all rows. The mean over its
    own rows would be wrong where the processes have unequal numbers of them; one may even have none.

    Parameters
    ----------
    network : Network or DistributedDataParallel
        Gives the scores.
    x, y : tensor of int
        This process's rows.
    rows : int
        How many rows all processes have together.
    P : int
        The number of processes.

    Examples
    --------
    >>> torch = import_torch()
    >>> scores, y = torch.tensor([[0.0, 0.0], [0.0, 0.0], [9.0, 0.0]]), torch.tensor([0, 1, 0])
    >>> shares = [share_of_loss(lambda x: scores[x], torch.arange(3)[rank::2], y[rank::2], 3, 2) for rank in (0, 1)]
    >>> mean = torch.nn.functional.cross_entropy(scores, y)
    >>> bool((sum(shares) / 2).isclose(mean))
    True
    """
    cross_entropy = import_torch().nn.functional.cross_entropy
    total = cross_entropy(network(x.long()), y.long(), reduction="sum")
    return total * P / rows


def _loss_of_epoch(epoch, total, rows, module):
    """Return the mean loss over all processes' rows, or raise in all of them."""
    if not rows:
        raise ValueError("text: expected a line with more than n words, got none")
    if processes()[1] > 1:
        import_torch().distributed.all_reduce(total)
    loss = total.item() / rows
    if not (import_torch().isfinite(total) and all(W.isfinite().all() for W in module.parameters())):
        raise FloatingPointError(f"training diverged in epoch {epoch}: the loss is {loss}; try a smaller step size")
    return loss
