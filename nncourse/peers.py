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
