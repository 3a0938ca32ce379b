"""The small engine for reverse-mode differentiation: each operation, the graph, and backpropagation as its case."""

import numpy as np
import pytest

from nncourse import autodiff
from nncourse.autodiff import Node, gradient, node, topological_order
from nncourse.feedforward import FeedForward

OPERATIONS = [  # name, the operation (written once for nodes and tensors), the shapes of its inputs
    ("u + v", lambda lib, u, v: u + v, [(2, 3), (2, 3)]),
    ("a row is added to every row", lambda lib, u, v: u + v, [(2, 3), (3,)]),
    ("a column is added to every column", lambda lib, u, v: u + v, [(2, 3), (2, 1)]),
    ("a number is added", lambda lib, u, v: u + v, [(), (2, 3)]),
    ("both sides are repeated", lambda lib, u, v: u + v, [(2, 1), (1, 3)]),
    ("a plain number on the left", lambda lib, u: 2.0 + u, [(2, 3)]),
    ("u - v", lambda lib, u, v: u - v, [(2, 3), (1, 3)]),
    ("one minus u", lambda lib, u: 1.0 - u, [(2, 3)]),
    ("-u", lambda lib, u: -u, [(2, 3)]),
    ("u * v", lambda lib, u, v: u * v, [(2, 3), (2, 3)]),
    ("u * v, repeated", lambda lib, u, v: u * v, [(2, 3), (2, 1)]),
    ("both factors are repeated", lambda lib, u, v: u * v, [(4, 1, 3), (2, 1)]),
    ("u times u", lambda lib, u: u * u, [(2, 3)]),
    ("a plain number times u", lambda lib, u: 3.0 * u, [(2, 3)]),
    ("u / v", lambda lib, u, v: u / v, [(2, 3), (2, 1)]),
    ("one over u", lambda lib, u: 1.0 / u, [(2, 3)]),
    ("u @ v", lambda lib, u, v: u @ v, [(2, 3), (3, 4)]),
    ("u @ u.T", lambda lib, u: u @ u.T, [(2, 3)]),
    ("u.T", lambda lib, u: u.T, [(2, 3)]),
    ("the sum of all", lambda lib, u: u.sum(), [(2, 3)]),
    ("the sums of columns", lambda lib, u: u.sum(0, keepdim=True) if hasattr(u, "grad") else u.sum(0), [(2, 3)]),
    ("the sums of rows", lambda lib, u: u.sum(1, keepdim=True) if hasattr(u, "grad") else u.sum(1), [(2, 3)]),
    ("exp", lambda lib, u: lib.exp(u), [(2, 3)]),
    ("log", lambda lib, u: lib.log(u), [(2, 3)]),
    ("tanh", lambda lib, u: lib.tanh(u), [(2, 3)]),
    ("a shared intermediate", lambda lib, u, v: (w := lib.tanh(u + v)) * w + w / u, [(2, 3), (3,)]),
]
EVERY_OPERATION = pytest.mark.parametrize(
    ("operation", "shapes"), [pytest.param(f, shapes, id=name) for name, f, shapes in OPERATIONS]
)


def draw(operation, shapes, rng):
    """Draw inputs between 0.5 and 1.5, and a cotangent C: the number to differentiate is the sum of C * result."""
    values = [rng.uniform(0.5, 1.5, shape) for shape in shapes]
    return values, rng.standard_normal(operation(autodiff, *map(node, values)).value.shape)


@pytest.mark.equation("S-AD")
@EVERY_OPERATION
def test_every_operation_and_its_rule_agree_with_the_complex_step(operation, shapes, rng):
    values, C = draw(operation, shapes, rng)
    inputs = [node(value) for value in values]
    shares = gradient((operation(autodiff, *inputs) * C).sum(), inputs)
    for k, value in enumerate(values):
        assert shares[k].shape == value.shape
        for where in np.ndindex(value.shape):
            stepped = [Node(np.array(v, dtype=complex)) for v in values]
            stepped[k].value[where] += 1e-30j
            slope = np.sum(C * operation(autodiff, *stepped).value).imag / 1e-30
            np.testing.assert_allclose(shares[k][where], slope, rtol=1e-12, atol=1e-14)


@pytest.mark.equation("S-AD")
@EVERY_OPERATION
def test_every_operation_agrees_with_pytorch(operation, shapes, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    values, C = draw(operation, shapes, rng)
    inputs, tensors = [node(value) for value in values], [torch.tensor(v, requires_grad=True) for v in values]
    result, expected = operation(autodiff, *inputs), operation(torch, *tensors)
    np.testing.assert_allclose(result.value, expected.detach().numpy(), rtol=1e-14)
    (expected * torch.tensor(C)).sum().backward()
    for share, tensor in zip(gradient((result * C).sum(), inputs), tensors, strict=True):
        np.testing.assert_allclose(share, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


def squared(a, y):
    return ((a - y) * (a - y)).sum() * (0.5 / len(y))


def cross_entropy(z, y):
    e = autodiff.exp(z)
    return (autodiff.log(e / e.sum(axis=1)) * -np.eye(z.value.shape[1])[y]).sum() * (1 / len(y))


def sigmoid(z):
    return 1.0 / (1.0 + autodiff.exp(-z))


FUNCTIONS = {"tanh": autodiff.tanh, "sigmoid": sigmoid, "identity": lambda z: z}


@pytest.mark.equation("S-AD", "S-Alg1")
@pytest.mark.parametrize(
    "names",
    [("tanh",), ("softmax",), ("sigmoid", "tanh"), ("tanh", "softmax"), ("tanh", "sigmoid", "identity")],
    ids=" ".join,
)
def test_backpropagation_is_the_special_case_of_a_feedforward_network(names, rng):
    classify = names[-1] == "softmax"
    model = FeedForward((4, 3, 5, 2)[: len(names) + 1], names, "cross-entropy" if classify else "squared")
    params, x = model.init(rng), rng.standard_normal((6, 4))
    y = rng.integers(model.sizes[-1], size=6) if classify else rng.standard_normal((6, model.sizes[-1]))
    W = [node(array) for array in params.values()]
    a = node(x)
    for W_l, name in zip(W, names, strict=True):
        z = a @ W_l.T
        a = FUNCTIONS.get(name, lambda z: None)(z)
    E = cross_entropy(z, y) if classify else squared(a, y)
    loss, grads = model.loss_and_grad(params, x, y)
    np.testing.assert_allclose(E.value, loss, rtol=1e-13)
    for share, name in zip(gradient(E, W), grads, strict=True):
        np.testing.assert_allclose(share, grads[name], rtol=1e-11, atol=1e-14)


@pytest.mark.equation("S-AD")
def test_what_is_used_twice_receives_from_both_and_is_walked_once():
    calls = []

    def prime(u, value):
        calls.append("w")
        return 2 * u

    x = node([[3.0]])
    w = x.apply(lambda u: u * u, prime)  # w = x^2; E = w + w * w = x^2 + x^4
    assert gradient((w + w * w).sum(), [x, w])[0].tolist() == [[2 * 3 + 4 * 27]]
    assert calls == ["w"]


@pytest.mark.equation("S-ff")
def test_every_node_comes_after_its_parents_and_once(rng):
    u, v = node(rng.standard_normal((2, 2))), node(rng.standard_normal((2, 2)))
    w = autodiff.tanh(u @ v + u)
    E = (w * w + u / (w + 3.0)).sum()
    order = topological_order(E)
    place = {id(n): i for i, n in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is E
    assert all(place[id(parent)] < place[id(n)] for n in order for parent, _ in n.parents)


@pytest.mark.equation("S-ff")
def test_a_node_cannot_be_given_parents_later_so_there_are_no_cycles():
    u = node([1.0])
    with pytest.raises(AttributeError):
        u.parents = ((u + u, lambda g: g),)


def test_a_chain_of_ten_thousand_operations_needs_no_deep_recursion():
    x = node(1.0)
    y = x
    for _ in range(10_000):
        y = y + 1.0
    assert gradient(y, [x])[0] == 1


def test_an_input_that_plays_no_part_gets_zeros():
    x, other = node([[1.0, 2.0]]), node([[5.0], [6.0]])
    assert gradient(x.sum(), [other])[0].tolist() == [[0], [0]]


def test_no_value_is_changed_by_a_gradient(rng):
    x = rng.standard_normal((2, 3))
    before = x.tobytes()
    u = node(x)
    E = (autodiff.exp(u) * u + u).sum()
    first, second = gradient(E, [u])[0], gradient(E, [u])[0]
    assert x.tobytes() == before
    np.testing.assert_array_equal(first, second)
