"""Training on streams: a window of steps at a time, an update after each, and a state that goes on.

This is truncated backpropagation through time as it is used in practice. Within a window the gradient is full; the
state that comes in from the window before counts as a constant, and was computed with older parameters.
"""

import numpy as np

from nncourse._checks import check_positive
from nncourse.params import all_finite, check_params, copy
from nncourse.training import History


def streams(sequence, n):
    """Cut a long sequence into n parts of equal length and lay them side by side; what is left over is dropped.

    Parameters
    ----------
    sequence : array_like of shape (L, ...)
        Numbers or ids, time first.
    n : int
        How many streams; 1 .. L.

    Returns
    -------
    ndarray of shape (L // n, n, ...)
        Stream i begins at step i * (L // n) of the sequence.

    Raises
    ------
    TypeError, ValueError
        n is no whole number, or more than there are steps.

    Examples
    --------
    >>> streams(range(7), 2).T.tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    sequence = np.asarray(sequence)
    if sequence.ndim == 0 or check_positive("n", n, whole=True) > len(sequence):
        raise ValueError(f"n: expected at most the number of steps, {sequence.size and len(sequence)}, got {n}")
    steps = len(sequence) // n
    return np.moveaxis(sequence[: steps * n].reshape(n, steps, *sequence.shape[1:]), 0, 1)


def fit_stream(model, params, x, y, optimizer, *, window, epochs, measure=None):
    """Train a recurrent network on parallel streams; return new parameters and a history. No argument is changed.

    Parameters
    ----------
    model : SimpleRNN, Elman or Jordan
        With a label at every step: ``at="all"``.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng)`.
    x, y : array_like of shape (L, n, ...)
        n streams of L steps and their labels, as the model's `loss_and_grad` takes them.
    optimizer : Optimizer
        Any optimizer of the course.
    window : int
        How many steps an update sees, 1 .. L; the last window may be shorter.
    epochs : int
        How many times to go over the streams, each time from a state of zeros.
    measure : callable, optional
        Called with the parameters after every epoch; its results are kept in the history.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters.
    history : History
        The mean loss of a step, every epoch.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    FloatingPointError
        The training diverged: the loss or a parameter is no longer finite.

    Source
    ------
    S-Alg2, S-T1

    Examples
    --------
    >>> from nncourse import optimizers, recurrent
    >>> net, params = recurrent.SimpleRNN((1, 1, 1), ("identity",) * 2), dict.fromkeys(("W1", "V1", "W2"), [[1.0]])
    >>> x, y = np.ones((4, 1, 1)), np.arange(1.0, 5.0).reshape(4, 1, 1)  # the network counts: 1, 2, 3, 4
    >>> _, history = fit_stream(net, params, x, y, optimizers.GradientDescent(0.1), window=2, epochs=1)
    >>> history.loss  # the second window goes on from 2
    [0.0]
    """
    params = copy(check_params(params, model.shapes()))
    if getattr(model, "at", None) != "all":
        raise ValueError("model: expected a recurrent network with a label at every step, at='all'")
    x, y, _ = model.check_batch(x, y)
    check_positive("epochs", epochs, whole=True)
    L = len(x)
    if check_positive("window", window, whole=True) > L:
        raise ValueError(f"window: expected 1 .. {L}, the number of steps, got {window}")
    optimizer_state, history = optimizer.init(params), History()
    for epoch in range(1, epochs + 1):
        total, state = 0.0, None
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is caught below
            for start in range(0, L, window):
                here = slice(start, start + window)
                loss, grads, state = model.backprop_from(params, x[here], y[here], state=state)
                optimizer_state = optimizer.step_in_place(params, grads, optimizer_state, loss)
                total += loss
        if not (np.isfinite(total) and all_finite(params)):
            raise FloatingPointError(
                f"training diverged in epoch {epoch}: the loss is {total / L}; try a smaller step size"
            )
        history.loss.append(float(total) / L)
        if measure is not None:
            history.measured.append(measure(params))
    return params, history
