"""Training: run an optimizer over mini-batches of data, and remember how it went."""

from dataclasses import dataclass, field

import numpy as np

from nncourse._checks import check_labels, check_positive, check_rng
from nncourse.params import all_finite, check_params, copy


@dataclass(frozen=True)
class History:
    """What `fit` saw: one entry per epoch.

    Parameters
    ----------
    loss : list of float
        The mean of the losses of the epoch's mini-batches, each taken before its update.
    measured : list
        What `measure(params)` returned after every epoch, where it was given.
    """

    loss: list = field(default_factory=list)
    measured: list = field(default_factory=list)


def fit(model, params, x, y, optimizer, *, epochs, batch_size=None, rng=None, measure=None):
    """Train a model, and return the new parameters and a history. No argument is changed.

    Parameters
    ----------
    model : Model
        Any model of the course.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng)`.
    x, y : array_like
        The examples, as the model's `loss_and_grad` takes them; n rows.
    optimizer : GradientDescent
        Any optimizer of the course.
    epochs : int
        How many times to go over the examples.
    batch_size : int, optional
        How many examples an update sees; all of them when left out.
    rng : numpy.random.Generator, optional
        Shuffles the examples before every epoch; needed with a batch size below n.
    measure : callable, optional
        Called with the parameters after every epoch; its results are kept in the history.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters.
    history : History
        The loss of every epoch.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    FloatingPointError
        The training diverged: the loss or a parameter is no longer finite.
    """
    params = copy(check_params(params, model.shapes()))
    x, y = model.check_batch(x, y)
    check_positive("epochs", epochs, whole=True)
    n = len(x)
    batch_size = min(n, check_positive("batch_size", n if batch_size is None else batch_size, whole=True))
    if batch_size < n:
        check_rng(rng)

    def batches():
        order = rng.permutation(n) if batch_size < n else slice(None)
        x_epoch, y_epoch = x[order], y[order]
        for start in range(0, n, batch_size):
            yield x_epoch[start : start + batch_size], y_epoch[start : start + batch_size]

    return _train(model, params, batches, optimizer, epochs, measure)


def fit_batches(model, params, batches, optimizer, *, epochs, measure=None):
    """Train a model on mini-batches that come from elsewhere, one at a time: for data larger than memory.

    Parameters
    ----------
    model : Model
        Any model of the course.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng)`.
    batches : iterable of (x, y)
        One that can be gone over again for every epoch, such as `contexts.Batches`.
    optimizer : GradientDescent
        Any optimizer of the course.
    epochs : int
        How many times to go over the batches.
    measure : callable, optional
        Called with the parameters after every epoch; its results are kept in the history.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters.
    history : History
        The loss of every epoch.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above, or there are no batches; the message names it.
    FloatingPointError
        The training diverged: the loss or a parameter is no longer finite.
    """
    params = copy(check_params(params, model.shapes()))
    check_positive("epochs", epochs, whole=True)
    if not hasattr(batches, "__iter__") or iter(batches) is batches:
        raise TypeError(
            f"batches: expected an iterable that can be gone over for every epoch, got {type(batches).__name__}"
        )
    return _train(model, params, lambda: (model.check_batch(x, y) for x, y in batches), optimizer, epochs, measure)


def _train(model, params, batches, optimizer, epochs, measure):
    state, history = optimizer.init(params), History()
    for epoch in range(1, epochs + 1):
        total, rows = 0.0, 0
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is caught on the next lines
            for x, y in batches():
                loss, grads = model.backprop(params, x, y)
                state = optimizer.step_in_place(params, grads, state)
                total, rows = total + loss * len(y), rows + len(y)
        if not rows:
            raise ValueError("batches: expected at least one, got none")
        if not (np.isfinite(total) and all_finite(params)):
            raise FloatingPointError(
                f"training diverged in epoch {epoch}: the loss is {total / rows}; try a smaller step size"
            )
        history.loss.append(float(total) / rows)
        if measure is not None:
            history.measured.append(measure(params))
    return params, history


def accuracy(model, params, x, labels):
    """Return the share of rows whose largest output stands at the label.

    Parameters
    ----------
    model : Model
        Any model whose output has one column per class.
    params : mapping of str to ndarray
        Its parameters.
    x : array_like of shape (n, d_0)
        One row per example.
    labels : array_like of int, shape (n,)
        The true classes.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    """
    output, _ = model.forward(params, x)
    labels = check_labels("labels", labels, *output.shape)
    return float(np.mean(output.argmax(axis=1) == labels))
