"""The way of the weights: from the notes' mapping into a PyTorch module, and back, and the gradients back too."""

import numpy as np

from nncourse.in_pytorch.modules import KINDS, Network
from nncourse.params import check_params
from nncourse.peers import import_torch
from nncourse.recurrent import SimpleRNN


def to_torch(model, params):
    """Return the PyTorch module of a model, with a copy of the weights in it.

    Parameters
    ----------
    model : FeedForward, NeuralLanguageModel or SimpleRNN
        Gives the structure.
    params : mapping of str to ndarray
        Shapes as `model.shapes()` says; all float64 or all float32, which the module then is too.

    Returns
    -------
    Network
        An `nn.Module`. Its `forward` gives scores, its `loss` the model's loss.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.
    TypeError, ValueError
        The model has no version in PyTorch, or the parameters are not as above; the message says which.

    Examples
    --------
    >>> from nncourse.feedforward import FeedForward
    >>> params = {"W1": np.array([[0.5, 1.0, 2.0]])}  # the bias first
    >>> module = to_torch(FeedForward((2, 1), ("identity",), bias=True), params)
    >>> module.layers[0].bias.tolist(), module.layers[0].weight.tolist()
    ([0.5], [[1.0, 2.0]])
    """
    torch = import_torch()
    if type(model) not in KINDS:
        names = ", ".join(kind.__name__ for kind in KINDS)
        raise TypeError(f"model: expected one of {names}, got {type(model).__name__}")
    params = check_params(params, model.shapes())
    types = {array.dtype.name for array in params.values()}
    if types not in ({"float64"}, {"float32"}):
        raise TypeError(f"params: expected all float64 or all float32, got {', '.join(sorted(types))}")
    module = KINDS[type(model)](model).to(getattr(torch, types.pop()))
    for name, parts in module.columns(lambda parameter: parameter.detach()).items():
        edges = np.cumsum([part.shape[1] for part in parts])[:-1]
        for part, piece in zip(parts, np.split(params[name], edges, axis=1), strict=True):
            part.copy_(torch.tensor(piece))
    return module


def from_torch(module):
    """Return the weights of a module as arrays of their own, under the notes' names.

    Parameters
    ----------
    module : Network
        What `to_torch` gave, trained or not, on whatever device.

    Returns
    -------
    dict of str to ndarray
        Shapes as `module.model.shapes()` says. `nncourse.params.save` writes them to a file.

    Raises
    ------
    TypeError
        The module is another one.
    ValueError
        The second bias of an nn.RNN is not zero: the notes' network has no place for it.

    Examples
    --------
    >>> model = SimpleRNN((1, 2, 1), ("tanh", "identity"))
    >>> params = model.init(np.random.default_rng(0))
    >>> back = from_torch(to_torch(model, params))
    >>> all(np.array_equal(back[name], params[name]) for name in params)
    True
    """
    _check_module(module)
    second = getattr(getattr(module, "rnn", None), "bias_hh_l0", None)
    if second is not None and second.any():
        raise ValueError("module: expected a second bias of zeros in nn.RNN; add bias_hh_l0 to bias_ih_l0 first")
    return _arrays(module.columns(lambda parameter: parameter.detach()))


def loss_and_grad(module, x, y, mask=None):
    """Return the loss of a module and its gradient by PyTorch's autograd, in the notes' names and shapes.

    Parameters
    ----------
    module : Network
        What `to_torch` gave. Its parameters' `grad` is set anew.
    x, y : array_like
        The batch, as `module.model.loss_and_grad` takes it. Real numbers take the module's type.
    mask : array_like of bool, shape (T, n), optional
        For a recurrent network, as its `loss_and_grad` takes it.

    Returns
    -------
    loss : float
        What `module.model.loss_and_grad` returns, to rounding.
    grads : dict of str to ndarray
        Names and shapes are those of the parameters.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Examples
    --------
    >>> from nncourse.feedforward import FeedForward
    >>> module = to_torch(FeedForward((2, 1), ("identity",)), {"W1": np.array([[1.0, 2.0]])})
    >>> loss, grads = loss_and_grad(module, [[3.0, 1.0]], [[4.0]])  # (5 - 4)^2 / 2
    >>> loss, grads["W1"].tolist()
    (0.5, [[3.0, 1.0]])
    """
    model = _check_module(module).model
    if mask is not None and not isinstance(model, SimpleRNN):
        raise TypeError(f"mask: expected with a recurrent network only, got {type(model).__name__}")
    batch = model.check_batch(x, y) if mask is None else model.check_batch(x, y, mask)
    like = next(module.parameters())
    module.zero_grad()
    loss = module.loss(*(_tensor(part, like) for part in batch))
    loss.backward()
    return loss.item(), _arrays(module.columns(lambda parameter: parameter.grad))


def _check_module(module):
    if not isinstance(module, Network):
        raise TypeError(f"module: expected one that to_torch gave, got {type(module).__name__}")
    return module


def _tensor(array, like):
    """Return an array as a tensor on the device of `like`; integers as int64, real numbers in its type."""
    if array is None:
        return None
    torch = import_torch()
    dtype = {"i": torch.int64, "u": torch.int64, "b": torch.bool}.get(array.dtype.kind, like.dtype)
    return torch.tensor(array, dtype=dtype, device=like.device)


def _arrays(places):
    """Return copies as arrays; np.concatenate leaves a transposed embedding as it lies, word after word."""
    return {name: np.concatenate([part.cpu().numpy() for part in parts], axis=1) for name, parts in places.items()}
