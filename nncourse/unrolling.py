"""Backpropagation through time, word by word: the notes' algorithm, what it counts, and the unrolled network.

Slow and literal; `model.loss_and_grad` is the quick way. An *unrolling* (start, end) is the network that begins in
the stored state h_start, reads x_{start+1} .. x_end, and has one loss, that of y_end. Every form of backpropagation
through time is a list of unrollings whose gradients are added up.
"""

from dataclasses import replace

import numpy as np

from nncourse import autodiff
from nncourse._checks import check_bool, check_positive
from nncourse.params import check_params
from nncourse.sequences import check_steps

FORMS = ("printed", "corrected", "once")
FUNCTIONS = {
    "identity": lambda z: z,
    "tanh": autodiff.tanh,
    "sigmoid": lambda z: 1 / (1 + autodiff.exp(-z)),
    "softmax": lambda z: (e := autodiff.exp(z)) / e.sum(axis=1),
}


def notes_algorithm(model, params, x, y, T, *, printed=False):
    """Return the sum of all gradients of the notes' algorithm, the parameters held fixed.

    Parameters
    ----------
    model : SimpleRNN, Elman or Jordan
        With a label at every step: ``at="all"``.
    params : mapping of str to ndarray
        Shapes as the model's `shapes` says.
    x : array_like of shape (n, sequences, d_0), or ids of shape (n, sequences)
        n steps.
    y : array_like
        The labels, as the model's `loss_and_grad` takes them.
    T : int
        How much to unroll, 1 .. n.
    printed : bool
        Whether t' begins at t - T + 2, as printed; otherwise at t - T + 1.

    Returns
    -------
    dict of str to ndarray
        Names and shapes are those of `params`.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Source
    ------
    S-Alg2

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model, params = SimpleRNN((1, 1, 1), ("identity",) * 2), {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
    >>> x, y = [[[1.0]], [[1.0]]], [[[1.0]], [[2.0]]]  # y_t is 1, then 1.5
    >>> [notes_algorithm(model, params, x, y, T)["W1"].item() for T in (1, 2)]
    [-0.5, -0.75]
    """
    params, x, y = _checked(model, params, x, y)
    T, last = check_steps(T, len(x)), replace(model, at="last")
    first = 2 if check_bool("printed", printed) else 1
    total = {name: np.zeros_like(W) for name, W in params.items()}
    h = None  # h_0 = 0
    for t in range(T, len(x) + 1):
        for t_ in range(t - T + first, t + 1):  # unroll on h_{t-T} up to t'
            window, label = x[t - T : t_], y[t_ - 1]
            _, grads = last.loss_and_grad(params, window, label, state=h)
            total = {name: total[name] + grads[name] for name in params}
        _, h = model.step(params, x[t - T], h)  # store h_{t-T+1}
    return total


def unrollings(n, T, form="corrected"):
    """Return the list of unrollings (start, end) of one form of backpropagation through time.

    Parameters
    ----------
    n, T : int
        The number of steps, and how much to unroll, 1 .. n.
    form : str
        "printed" or "corrected" for the notes' algorithm; "once" for each loss once, back through T steps or to the
        beginning, which is what ``loss_and_grad(..., T=T)`` computes. "once" with T = n is the full gradient.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Source
    ------
    S-Alg2, S-T1

    Examples
    --------
    >>> unrollings(3, 2, "printed")
    [(0, 2), (1, 3)]
    >>> unrollings(3, 2, "corrected")
    [(0, 1), (0, 2), (1, 2), (1, 3)]
    >>> unrollings(3, 2, "once")
    [(0, 1), (0, 2), (1, 3)]
    """
    T = check_steps(T, check_positive("n", n, whole=True))
    if form not in FORMS:
        raise ValueError(f"form: expected one of {list(FORMS)}, got {form!r}")
    if form == "once":
        return [(max(0, end - T), end) for end in range(1, n + 1)]
    first = 2 if form == "printed" else 1
    return [(t - T, end) for t in range(T, n + 1) for end in range(t - T + first, t + 1)]


def coverage(n, T, form="corrected"):
    """Return how often the loss of step s counts through step k: an array of shape (n, n), row s - 1, column k - 1.

    The diagonal is how often each loss counts at all. The sum of all entries is how many steps forward, and as many
    backward, it takes to work off the unrollings one by one.

    Parameters
    ----------
    n, T, form
        As `unrollings` takes them.

    Source
    ------
    S-Alg2

    Examples
    --------
    >>> coverage(4, 2, "corrected").tolist()
    [[1, 0, 0, 0], [1, 2, 0, 0], [0, 1, 2, 0], [0, 0, 1, 1]]
    """
    pairs = unrollings(n, T, form)
    counts = np.zeros((n, n), int)
    for start, end in pairs:
        counts[end - 1, start:end] += 1  # instances start + 1 .. end
    return counts


def stale_states(model, params, x, y, T, optimizer):
    """Run the corrected algorithm with an update after every t; return the states that the windows began with.

    Parameters
    ----------
    model, params, x, y, T
        As `notes_algorithm` takes them.
    optimizer : Optimizer
        Any optimizer of the course.

    Returns
    -------
    stored, fresh : ndarray of shape (n - T + 1, sequences, state_size)
        h_{t-T} as it was stored, and as the parameters of that moment would make it from h_0 = 0.

    Source
    ------
    S-Alg2

    Examples
    --------
    >>> from nncourse import optimizers, recurrent
    >>> net, params = recurrent.SimpleRNN((1, 1, 1), ("identity",) * 2), dict.fromkeys(("W1", "V1", "W2"), [[1.0]])
    >>> x, y = [[[1.0]], [[1.0]]], [[[2.0]], [[2.0]]]  # the first update makes W1 1.5
    >>> stored, fresh = stale_states(net, params, x, y, 1, optimizers.GradientDescent(0.5))
    >>> stored.ravel().tolist(), fresh.ravel().tolist()
    ([0.0, 1.0], [0.0, 1.5])
    """
    params, x, y = _checked(model, params, x, y)
    T, memory = check_steps(T, len(x)), optimizer.init(params)
    h = np.zeros((x.shape[1], model.state_size))
    stored, fresh = [], []
    for start in range(len(x) - T + 1):
        stored.append(h)
        fresh.append(model.forward(params, x[:start])[1].state if start else h)
        window = slice(start, start + T)  # all its losses in one pass: the sum over t'
        loss, grads = model.loss_and_grad(params, x[window], y[window], state=h)
        _, h = model.step(params, x[start], h)  # computed before the update, stored
        params, memory = optimizer.update(params, grads, memory, loss)
    return np.array(stored), np.array(fresh)


def unrolled_gradients(model, params, x, y):
    """Return the gradient in each instance of each parameter, by automatic differentiation of the unrolled network.

    The unrolled network is a feedforward network with an instance of each parameter at every step. The gradient is
    the sum over the instances.

    Parameters
    ----------
    model : SimpleRNN
        ``at="all"`` for the losses of all steps, ``at="last"`` for the last one alone; no relu.
    params : mapping of str to ndarray
        "W1", "V1" and "W2".
    x : array_like of shape (n, sequences, d_0), or ids of shape (n, sequences)
        n steps, without padding.
    y : array_like
        The labels, as the model's `loss_and_grad` takes them.

    Returns
    -------
    dict of str to ndarray
        Shape (n, ...), after n the parameter's own: one gradient a step.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Source
    ------
    S-2.1.1a, S-2.1.1b

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"))
    >>> params = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
    >>> instances = unrolled_gradients(model, params, [[[1.0]], [[1.0]]], [[[1.0]], [[2.0]]])
    >>> instances["W1"].ravel().tolist()
    [-0.25, -0.5]
    """
    if set(model.shapes()) != {"W1", "V1", "W2"}:
        raise ValueError(f"model: expected a SimpleRNN, got {type(model).__name__}")
    f, g = (_function(a.name) for a in model.activations)
    params, (x, y, _) = check_params(params, model.shapes()), model.check_batch(x, y)
    instances, E, h = {name: [] for name in params}, 0.0, np.zeros((x.shape[1], model.sizes[1]))
    for t, x_t in enumerate(np.eye(model.sizes[0])[x] if x.ndim == 2 else x):
        W1, V1, W2 = (autodiff.node(params[name]) for name in ("W1", "V1", "W2"))  # this step's own
        for name, instance in (("W1", W1), ("V1", V1), ("W2", W2)):
            instances[name].append(instance)
        h = f(_with_ones(autodiff.node(x_t), model.bias) @ W1.T + h @ V1.T)
        if model.at == "all" or t == len(x) - 1:
            output = g(_with_ones(h, model.bias) @ W2.T)
            E = E + _loss(model.loss.name, output, y[t] if model.at == "all" else y) / x.shape[1]
    flat = autodiff.gradient(E, [node for nodes in instances.values() for node in nodes])
    return {name: np.array(flat[i * len(x) : (i + 1) * len(x)]) for i, name in enumerate(instances)}


def _checked(model, params, x, y):
    if getattr(model, "at", None) != "all":
        raise ValueError("model: expected a recurrent network with a label at every step, at='all'")
    params, (x, y, _) = check_params(params, model.shapes()), model.check_batch(x, y)
    return params, x, y


def _function(name):
    if name not in FUNCTIONS:
        raise ValueError(f"activations: expected {sorted(FUNCTIONS)}, got {name!r}")
    return FUNCTIONS[name]


def _with_ones(rows, bias):
    if not bias:
        return rows
    d = rows.value.shape[1]
    return rows @ np.eye(d, d + 1, k=1) + np.eye(1, d + 1)  # [1 rows]


def _loss(name, output, y):
    if name == "squared":
        return ((output - y) * (output - y)).sum() * 0.5
    return -(autodiff.log(output) * np.eye(output.value.shape[1])[y]).sum()
