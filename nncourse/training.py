"""Training: run an optimizer over mini-batches of data, and remember how it went."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from nncourse._checks import check_has, check_labels, check_positive, check_rng
from nncourse.params import all_finite, check_params, copy, shapes_of
from nncourse.sequences import check_steps


@dataclass(frozen=True)
class History:
    """What `fit` saw: one entry per epoch.

    Parameters
    ----------
    loss : list of float
        The mean of the losses of the epoch's mini-batches, each taken before its update.
    measured : list
        What `measure(params)` returned after every epoch, where it was given.

    Examples
    --------
    >>> from nncourse.optimizers import GradientDescent
    >>> from nncourse.single_layer import SingleLayer
    >>> model, params, rule = SingleLayer((1, 1)), {"W": [[0.0]]}, GradientDescent(0.5)
    >>> fit(model, params, [[1.0]], [[4.0]], rule, epochs=2, measure=lambda params: params["W"].item())[1]
    History(loss=[8.0, 2.0], measured=[2.0, 3.0])
    """

    loss: list = field(default_factory=list)
    measured: list = field(default_factory=list)


def fit(model, params, x, y, optimizer, *, epochs, batch_size=None, rng=None, measure=None, mask=None, T=None):
    """Train a model, and return the new parameters and a history. No argument is changed.

    Parameters
    ----------
    model : Model
        Any model of the course.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng)`.
    x, y : array_like
        The n examples, as the model's `loss_and_grad` takes them.
    optimizer : Optimizer
        Any optimizer of the course.
    epochs : int
        How many times to go over the examples.
    batch_size : int, optional
        How many examples an update sees; all of them when left out.
    rng : numpy.random.Generator, optional
        Shuffles the examples before every epoch; needed with a batch size below n.
    measure : callable, optional
        Called with the parameters after every epoch; its results are kept in the history.
    mask, T : optional
        For recurrent networks, as their `loss_and_grad` takes them.

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

    Examples
    --------
    >>> from nncourse.optimizers import GradientDescent
    >>> from nncourse.single_layer import SingleLayer
    >>> model, params = SingleLayer((1, 1)), {"W": [[0.0]]}
    >>> params, history = fit(model, params, [[1.0]], [[4.0]], GradientDescent(0.5), epochs=3)
    >>> params["W"].tolist(), history.loss  # halfway to 4 with every step
    ([[3.5]], [8.0, 2.0, 0.5])
    """
    params = _start(model, params, optimizer)
    if not hasattr(model, "at") and not (mask is None and T is None):
        raise TypeError(f"mask, T: expected with a recurrent network only, got {type(model).__name__}")
    batch = model.check_batch(x, y) if mask is None else model.check_batch(x, y, mask)
    how = {} if T is None else {"T": check_steps(T, len(batch[0]))}
    check_positive("epochs", epochs, whole=True)
    n = model.count(batch)
    batch_size = min(n, check_positive("batch_size", n if batch_size is None else batch_size, whole=True))
    if batch_size < n:
        check_rng(rng)

    def batches():
        shuffled = model.select(batch, rng.permutation(n)) if batch_size < n else batch
        for start in range(0, n, batch_size):
            yield model.select(shuffled, slice(start, start + batch_size))

    return _train(model, params, batches, optimizer, epochs, measure, how)


def fit_batches(model, params, batches, optimizer, *, epochs, measure=None):
    """Train a model on mini-batches that come from elsewhere, one at a time: for data larger than memory.

    Parameters
    ----------
    model : Model
        Any model of the course.
    params : mapping of str to ndarray
        Where to start, for instance `model.init(rng)`.
    batches : iterable of (x, y), or of (x, y, mask)
        One that can be gone over again for every epoch, such as `contexts.Batches`.
    optimizer : Optimizer
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

    Examples
    --------
    >>> from nncourse.optimizers import GradientDescent
    >>> from nncourse.single_layer import SingleLayer
    >>> batches = [([[1.0]], [[4.0]]), ([[1.0]], [[2.0]])]  # W: 0, 2, 2
    >>> params, history = fit_batches(SingleLayer((1, 1)), {"W": [[0.0]]}, batches, GradientDescent(0.5), epochs=1)
    >>> params["W"].tolist(), history.loss  # (8 + 0) / 2
    ([[2.0]], [4.0])
    """
    params = _start(model, params, optimizer)
    check_positive("epochs", epochs, whole=True)
    if not hasattr(batches, "__iter__") or iter(batches) is batches:
        raise TypeError(
            f"batches: expected an iterable that can be gone over for every epoch, got {type(batches).__name__}"
        )
    return _train(
        model, params, lambda: (model.check_batch(*batch) for batch in batches), optimizer, epochs, measure, {}
    )


def _start(model, params, optimizer):
    """Return a copy of the parameters, once they, the model and the optimizer have been checked."""
    check_has("model", model, ("shapes", "check_batch", "backprop"), "a model, such as FeedForward((2, 3, 1), ...)")
    check_has("optimizer", optimizer, ("init", "step_in_place"), "an optimizer, such as GradientDescent(0.1)")
    return copy(check_params(params, model.shapes()))


def _train(model, params, batches, optimizer, epochs, measure, how):
    state, history = optimizer.init(params), History()
    for epoch in range(1, epochs + 1):
        total, rows = 0.0, 0
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is caught on the next lines
            for batch in batches():
                loss, grads = model.backprop(params, *batch, **how)
                state = optimizer.step_in_place(params, grads, state, loss)
                total, rows = total + loss * model.count(batch), rows + model.count(batch)
        if not rows:
            raise ValueError("batches: expected at least one, got none")
        if not (np.isfinite(total) and all_finite(params)):
            text = f"training diverged in epoch {epoch}: the loss is {total / rows}; try a smaller step size"
            raise FloatingPointError(text)
        history.loss.append(float(total) / rows)
        if measure is not None:
            history.measured.append(measure(params))
    return params, history


class Walk(NamedTuple):
    """The way of an optimizer over a surface: k + 1 points, the first one among them.

    Parameters
    ----------
    points : dict of str to ndarray
        Every parameter at every point, shape (k + 1, ...).
    losses : ndarray of shape (k + 1,)
        The loss at every point.
    diverged : bool
        Whether it left the finite numbers before its last step.

    Examples
    --------
    >>> from nncourse.optimizers import GradientDescent
    >>> path = walk(lambda p: (p["v"] ** 2 / 2, {"v": p["v"]}), {"v": 1.0}, GradientDescent(2.0), steps=3)
    >>> path.points["v"].tolist(), path.losses.tolist(), path.diverged  # to and fro
    ([1.0, -1.0, 1.0, -1.0], [0.5, 0.5, 0.5, 0.5], False)
    """

    points: dict
    losses: np.ndarray
    diverged: bool


def walk(loss_and_grad, params, optimizer, steps):
    """Follow an optimizer over the whole data, and keep every point. It stops early where a number is not finite.

    Parameters
    ----------
    loss_and_grad : callable
        Takes the parameters; returns a loss and its gradient.
    params : mapping of str to array_like
        Where to start.
    optimizer : Optimizer
        Any optimizer of the course.
    steps : int
        How many steps to take at most.

    Returns
    -------
    Walk
        The points, the losses, and whether it diverged.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.
    FloatingPointError
        The loss or its gradient is not finite at the start.

    Examples
    --------
    >>> from nncourse.optimizers import GradientDescent
    >>> path = walk(lambda p: (p["v"] ** 2 / 2, {"v": p["v"]}), {"v": 1.0}, GradientDescent(0.5), steps=3)
    >>> path.points["v"].tolist(), path.diverged
    ([1.0, 0.5, 0.25, 0.125], False)
    """
    check_positive("steps", steps, whole=True)
    params = check_params(params, shapes_of(params))
    loss, grads = loss_and_grad(params)
    if not (np.isfinite(loss) and all_finite(grads)):
        raise FloatingPointError(f"the loss or its gradient is not finite at the start: the loss is {loss}")
    points, losses, state = [params], [loss], optimizer.init(params)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is seen
        while len(points) <= steps:
            params, state = optimizer.update(params, grads, state, loss)
            if not all_finite(params):
                break
            try:
                loss, grads = loss_and_grad(params)
            except FloatingPointError:
                break
            if not (np.isfinite(loss) and all_finite(grads)):
                break
            points.append(params)
            losses.append(loss)
    paths = {name: np.array([point[name] for point in points]) for name in points[0]}
    return Walk(paths, np.array(losses, float), len(points) <= steps)


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

    Examples
    --------
    >>> from nncourse.single_layer import SingleLayer
    >>> x, labels = [[1.0, 0.0], [0.0, 1.0], [3.0, 2.0], [2.0, 3.0]], [0, 1, 1, 1]
    >>> accuracy(SingleLayer((2, 2)), {"W": np.eye(2)}, x, labels)  # wrong about the third row
    0.75
    """
    output, _ = model.forward(params, x)
    labels = check_labels("labels", labels, *output.shape)
    return float(np.mean(output.argmax(axis=1) == labels))
