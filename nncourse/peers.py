"""The same models in PyTorch, from the same parameters: an oracle that was written by others.

PyTorch is not needed for anything else. Its own autograd computes the gradients here; nothing of this package's
backward passes is used.
"""

import numpy as np


def import_torch():
    """Return the module torch.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed; the message says how to get it, and that the rest works without.

    Examples
    --------
    >>> import_torch().__name__
    'torch'
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "This comparison needs PyTorch, which is not installed. Get it with `pip install torch`, or go on with "
            "the next cell: nothing else needs it."
        ) from error
    return torch


def torch_loss_and_grad(model, params, x, y):
    """Return a model's loss and gradient as PyTorch computes them.

    Parameters
    ----------
    model : SingleLayer or FeedForward
        Gives the structure: sizes, activations, loss, bias.
    params : mapping of str to ndarray
        The parameters, in the order of the layers.
    x, y : ndarray
        The batch, as `model.loss_and_grad` takes it.

    Returns
    -------
    loss : float
        The mean over the rows.
    grads : dict of str to ndarray
        Names and shapes are those of `params`.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Examples
    --------
    >>> from nncourse.single_layer import SingleLayer
    >>> model, params = SingleLayer((2, 1)), {"W": np.array([[1.0, 2.0]])}
    >>> loss, grads = torch_loss_and_grad(model, params, np.array([[3.0, 1.0]]), np.array([[4.0]]))
    >>> loss, grads["W"].tolist()  # (5 - 4)^2 / 2
    (0.5, [[3.0, 1.0]])
    """
    torch = import_torch()
    weights = {name: torch.tensor(W, requires_grad=True) for name, W in params.items()}
    z, activations = torch_scores(model, weights, torch.tensor(np.asarray(x)))
    loss = _torch_loss(model.loss.name, activations[-1].name, z, torch.tensor(np.asarray(y)))
    loss.backward()
    return loss.item(), {name: W.grad.numpy() for name, W in weights.items()}


def torch_scores(model, weights, x):
    """Return the last layer's z, shape (n, d_L), as a tensor, and the model's activation functions.

    Parameters
    ----------
    model : SingleLayer or FeedForward
        Gives the structure.
    weights : mapping of str to tensor
        The parameters, in the order of the layers.
    x : tensor of shape (n, d_0)
        One row per example.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Examples
    --------
    >>> from nncourse.single_layer import SingleLayer
    >>> W, x = (import_torch().tensor([row]) for row in ([1.0, 2.0], [3.0, 1.0]))
    >>> z, activations = torch_scores(SingleLayer((2, 1), "tanh"), {"W": W}, x)
    >>> z.tolist(), [f.name for f in activations]
    ([[5.0]], ['tanh'])
    """
    activations = getattr(model, "activations", None) or (model.f,)
    a = x
    for f, W in zip(activations, weights.values(), strict=True):
        bias, matrix = (W[:, 0], W[:, 1:]) if model.bias else (None, W)
        z = import_torch().nn.functional.linear(a, matrix, bias)
        a = torch_activation(f.name, z)
    return z, activations


def torch_activation(name, z):
    """Return the activation function of that name, applied to a tensor.

    Parameters
    ----------
    name : str
        As in `nncourse.activations`.
    z : tensor of shape (n, d)
        One row per example.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Examples
    --------
    >>> torch_activation("softmax", import_torch().zeros(1, 4)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    torch = import_torch()
    if name == "identity":
        return z
    return torch.softmax(z, dim=-1) if name == "softmax" else getattr(torch, name)(z)


def _torch_loss(loss, activation, z, y):
    if loss == "cross-entropy":
        return import_torch().nn.functional.cross_entropy(z, y)
    if loss == "logistic":
        return import_torch().nn.functional.soft_margin_loss(z, y, reduction="sum") / len(y)
    if loss == "binary cross-entropy":
        half = import_torch().nn.functional.binary_cross_entropy
        return half(torch_activation(activation, z), (1 + y) / 2, reduction="sum") / len(y)
    return ((y - torch_activation(activation, z)) ** 2).sum() / (2 * len(y))


def torch_word_loss_and_grad(model, params, x, y):
    """Return the loss and gradient of a language model as PyTorch computes them, from unit vectors e_x.

    Parameters
    ----------
    model : NeuralLanguageModel, SkipGram or CBOW
        Gives the structure.
    params : mapping of str to ndarray
        The parameters.
    x, y : ndarray of int
        The batch, as `model.loss_and_grad` takes it.

    Returns
    -------
    loss : float
        The mean over the rows.
    grads : dict of str to ndarray
        Names and shapes are those of `params`.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Examples
    --------
    >>> from nncourse.word_vectors import SkipGram
    >>> params = {"W1": np.array([[1.0, 0.0]]), "W2": np.zeros((2, 1))}  # p = 1/2 each
    >>> loss, grads = torch_word_loss_and_grad(SkipGram(V=2, d1=1), params, np.array([0]), np.array([1]))
    >>> round(loss, 6), grads["W2"].round(6).tolist()
    (0.693147, [[0.5], [-0.5]])
    """
    torch = import_torch()
    weights = {name: torch.tensor(np.ascontiguousarray(W), requires_grad=True) for name, W in params.items()}
    x = np.asarray(x).reshape(len(x), -1)
    e = torch.tensor(
        (x[:, :, None] == np.arange(model.V)).astype(weights["W1"].detach().numpy().dtype)
    )  # (n, c, V)
    if hasattr(model, "direct"):
        loss = torch.nn.functional.cross_entropy(_bengio_scores(model, weights, e), torch.tensor(np.asarray(y)))
    else:
        loss = _word_vector_loss(model, weights, e, y)
    loss.backward()
    return loss.item(), {name: W.grad.numpy() for name, W in weights.items()}


def _bengio_scores(model, weights, e):
    torch = import_torch()
    a1 = (e @ weights["W1"].T).flatten(1)

    def affine(W, a):
        return a @ W[:, model.bias :].T + (W[:, 0] if model.bias else 0)

    z = a1 @ weights["D"].T if model.direct else 0
    a2 = torch.tanh(affine(weights["W2"], a1)) if model.d2 else a1[:, :0]
    return z + affine(weights["W3"], a2) if "W3" in weights else z


def _word_vector_loss(model, weights, e, y):
    torch = import_torch()
    h = (e @ weights["W1"].T).sum(dim=1)
    if getattr(model, "mean", False):
        h = h / e.sum(dim=(1, 2))[:, None]
    z = h @ weights["W2"].T
    if model.tree is None:
        return torch.nn.functional.cross_entropy(z, torch.tensor(np.asarray(y)))
    loss = 0
    for row, word in zip(z, y, strict=True):
        nodes, signs = (torch.tensor(part.astype(int)) for part in model.tree.path(word))
        loss = loss - torch.nn.functional.logsigmoid(signs * row[nodes]).sum() / len(y)
    return loss


def torch_sequence_loss_and_grad(model, params, x, y, mask=None, state=None, T=None):
    """Return a recurrent network's loss and gradient as PyTorch computes them, one sequence and one loss at a time.

    Parameters
    ----------
    model : SimpleRNN, Elman or Jordan
        Gives the structure.
    params : mapping of str to ndarray
        The parameters.
    x, y, mask, state, T
        As `model.loss_and_grad` takes them. For a loss at step t the state before step t - T + 1 is detached.

    Returns
    -------
    loss : float
        The sum over the labelled steps, the mean over the sequences.
    grads : dict of str to ndarray
        Names and shapes are those of `params`.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model, x, y = SimpleRNN((1, 1, 1), ("identity",) * 2), np.ones((2, 1, 1)), np.array([[[1.0]], [[2.0]]])
    >>> params = {"W1": np.array([[1.0]]), "V1": np.array([[0.5]]), "W2": np.array([[1.0]])}  # y_t: 1, 1.5
    >>> loss, grads = torch_sequence_loss_and_grad(model, params, x, y)
    >>> loss, grads["W1"].tolist()  # -0.25 by way of step 1, -0.5 by way of step 2
    (0.125, [[-0.75]])
    """
    torch = import_torch()
    weights = {name: torch.tensor(W, requires_grad=True) for name, W in params.items()}
    x = np.asarray(x)
    if x.ndim == 2:
        x = np.eye(model.sizes[0], dtype=params[next(iter(params))].dtype)[x]
    steps, n, _ = x.shape
    lengths = np.full(n, steps) if mask is None else np.sum(mask, axis=0)
    before = torch.tensor(np.zeros((n, model.state_size), x.dtype) if state is None else state)
    x, y, loss = torch.tensor(x), np.asarray(y), 0
    for i in range(n):
        ends = range(lengths[i] - 1 if model.at == "last" else 0, lengths[i])
        for t in ends:
            first, s = 0 if T is None else max(0, t - T + 1), before[i]
            for k in range(t + 1):
                o, s = _torch_step(model, weights, x[k, i], s.detach() if k == first else s)
            label = torch.tensor(y[i] if model.at == "last" else y[t, i])
            loss = loss + _torch_loss(model.loss.name, model.activations[1].name, o[None], label[None])
    loss = loss / n
    loss.backward()
    return loss.item(), {name: W.grad.numpy() for name, W in weights.items()}


def _torch_step(model, weights, x, s):
    torch = import_torch()
    one = x.new_ones(int(model.bias))
    f, g = (f.name for f in model.activations)
    if "v" in weights:
        h = torch_activation(f, torch.cat([one, x, s]) @ weights["v"])
        o = torch.cat([one, h]) @ weights["omega"]
    else:
        h = torch_activation(f, weights["W1"] @ torch.cat([one, x]) + weights["V1"] @ s)
        o = weights["W2"] @ torch.cat([one, h])
    return o, torch_activation(g, o) if model.jordan else h
