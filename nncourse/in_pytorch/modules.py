"""Three networks of the course as PyTorch's modules.

A module is written as one writes it in PyTorch: layers in `__init__`, scores out of `forward`, the last activation
function left to the loss. `columns` says where the entries of the notes' matrices lie in it.
"""

from itertools import pairwise

from nncourse.feedforward import FeedForward
from nncourse.language_models import NeuralLanguageModel
from nncourse.peers import import_torch
from nncourse.recurrent import SimpleRNN

try:
    torch = import_torch()
    nn, F, Module = torch.nn, torch.nn.functional, torch.nn.Module
except ModuleNotFoundError:  # the classes can still be read, and listed in the package reference
    Module = object


class Network(Module):
    """What the three modules share: the model that they were made from.

    Examples
    --------
    >>> module = TorchFeedForward(FeedForward((2, 1), ("tanh",)))
    >>> isinstance(module, Network), module.model.sizes
    (True, (2, 1))
    """

    def __init__(self, model):
        import_torch()  # says what is missing
        super().__init__()
        self.model = model

    def columns(self, of):
        """Return where the notes' matrices lie: names to lists of tensors, which side by side make up the matrix.

        `of` is applied to each of the module's parameters, and gives the parameter itself, or its gradient.
        """
        raise NotImplementedError

    def loss(self, x, y):
        """Return the mean over the rows of the model's loss, a tensor of one number."""
        return _sum_of_losses(self.model, self(x), y) / len(x)


class TorchFeedForward(Network):
    """`FeedForward` as layers of nn.Linear.

    Examples
    --------
    >>> module = TorchFeedForward(FeedForward((3, 4, 2), ("tanh", "identity"), bias=True))
    >>> module(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, model):
        super().__init__(model)
        sizes = pairwise(model.sizes)
        layers = [nn.Linear(*pair, bias=model.bias) for pair in sizes]
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        """Return the scores z(L), shape (n, d_L)."""
        *hidden, last = self.layers
        for layer, f in zip(hidden, self.model.activations[:-1], strict=True):
            x = _apply(f, layer(x))
        return last(x)

    def columns(self, of):
        """Return "W1" ... "WL": a bias is column 0 in the notes, and a vector of its own here."""
        layers = enumerate(self.layers, start=1)
        return {f"W{l}": _linear(layer, of) for l, layer in layers}


class TorchLanguageModel(Network):
    """`NeuralLanguageModel` as an nn.Embedding and layers of nn.Linear.

    Examples
    --------
    >>> module = TorchLanguageModel(NeuralLanguageModel(V=7, n=2, d1=3, d2=4))
    >>> module(torch.tensor([[0, 6], [3, 3]])).shape, module.vectors.weight.shape
    (torch.Size([2, 7]), torch.Size([7, 3]))
    """

    def __init__(self, model):
        super().__init__(model)
        wide, V, d2, bias = model.n * model.d1, model.V, model.d2, model.bias
        self.vectors = nn.Embedding(V, model.d1)
        if d2:
            self.hidden = nn.Linear(wide, d2, bias=bias)
            self.output = nn.Linear(d2, V, bias=bias)
        if model.direct:  # without hidden units it has the output's bias
            self.direct = nn.Linear(wide, V, bias=bias and not d2)

    def forward(self, x):
        """Return the scores z(3), shape (rows, V), for word ids of shape (rows, n)."""
        a1 = self.vectors(x).flatten(1)  # (rows, n d1)
        z = 0
        if self.model.d2:
            z = self.output(torch.tanh(self.hidden(a1)))
        return z + self.direct(a1) if self.model.direct else z

    def loss(self, x, y):
        """Return the mean of -log p(y), a tensor of one number."""
        return F.cross_entropy(self(x), y)

    def columns(self, of):
        """Return "W1", whose columns are the rows of the embedding, and "W2", "W3" and "D" where they exist."""
        places = {"W1": [of(self.vectors.weight).T]}
        if self.model.d2:
            places["W2"] = _linear(self.hidden, of)
            places["W3"] = _linear(self.output, of)
        elif self.model.bias:
            places["W3"] = [of(self.direct.bias)[:, None]]
        if self.model.direct:
            places["D"] = [of(self.direct.weight)]
        return places


class TorchRNN(Network):
    """`SimpleRNN` as an nn.RNN and an nn.Linear.

    nn.RNN has a bias for the input and a second one for the state, and only their sum matters. The notes have one.
    So the second one is zero here, and does not learn: if both did, the sum would move twice as far.

    Examples
    --------
    >>> module = TorchRNN(SimpleRNN((3, 4, 2), ("tanh", "identity"), bias=True))
    >>> module(torch.zeros(6, 5, 3)).shape, module.rnn.bias_hh_l0.requires_grad
    (torch.Size([6, 5, 2]), False)
    """

    def __init__(self, model):
        super().__init__(model)
        d0, d1, d2 = model.sizes
        f = _has_rnn(model.activations[0].name)
        self.rnn = nn.RNN(d0, d1, nonlinearity=f, bias=model.bias)
        self.output = nn.Linear(d1, d2, bias=model.bias)
        if model.bias:
            self.rnn.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x, state=None):
        """Return the scores o_t of every step, shape (T, n, d_2), for x of shape (T, n, d_0), or ids (T, n)."""
        if x.ndim == 2:
            x = F.one_hot(x, self.model.sizes[0])
            x = x.to(self.output.weight.dtype)
        h, _ = self.rnn(x, None if state is None else state[None])
        return self.output(h)

    def loss(self, x, y, mask=None):
        """Return the sum over the labelled steps, the mean over the sequences, a tensor of one number."""
        o = self(x)
        T, n = o.shape[:2]
        if mask is None:
            mask = torch.ones(T, n, dtype=torch.bool, device=o.device)
        if self.model.at == "last":
            o = o[mask.sum(dim=0) - 1, torch.arange(n, device=o.device)]
        else:
            o, y = o[mask], y[mask]
        return _sum_of_losses(self.model, o, y) / n

    def columns(self, of):
        """Return "W1" and "W2", a bias first, and "V1"."""
        W1, V1 = of(self.rnn.weight_ih_l0), of(self.rnn.weight_hh_l0)
        bias = [of(self.rnn.bias_ih_l0)[:, None]] if self.model.bias else []
        return {"W1": [*bias, W1], "V1": [V1], "W2": _linear(self.output, of)}


def _has_rnn(f):
    if f not in ("tanh", "relu"):
        raise ValueError(f"model: expected tanh or relu as f(1), the two that nn.RNN has, got {f}")
    return f


def _linear(layer, of):
    return [of(layer.weight)] if layer.bias is None else [of(layer.bias)[:, None], of(layer.weight)]


def _apply(f, z):
    if f.name == "identity":
        return z
    return torch.softmax(z, dim=-1) if f.name == "softmax" else getattr(torch, f.name)(z)


def _sum_of_losses(model, z, y):
    """Return the sum of the losses of rows of scores z; the last activation function is in the loss, or applied."""
    if model.loss.name == "cross-entropy":
        return F.cross_entropy(z, y, reduction="sum")
    if model.loss.name in ("logistic", "binary cross-entropy"):
        return F.binary_cross_entropy_with_logits(z, (1 + y) / 2, reduction="sum")
    return F.mse_loss(_apply(model.activations[-1], z), y, reduction="sum") / 2


KINDS = {FeedForward: TorchFeedForward, NeuralLanguageModel: TorchLanguageModel, SimpleRNN: TorchRNN}
