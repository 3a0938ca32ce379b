"""Every optimizer of the course in one table, and what must hold for all of them. A new optimizer is a new row."""

from copy import deepcopy
from typing import NamedTuple

import numpy as np
import pytest

from nncourse.feedforward import FeedForward
from nncourse.optimizers import ClipEach, ClipNorm, Clipped, ClipValues, GradientDescent, Rprop
from nncourse.training import accuracy, fit


class Case(NamedTuple):
    """An optimizer with PyTorch's twin, if it has one: its name in torch.optim, and its options.

    An optimizer that needs the gradient of all examples has no batch size.
    """

    optimizer: object
    twin: str = ""
    options: dict = {}  # noqa: RUF012
    batch_size: int | None = 10


FINE = {"smallest": 1e-12}  # with the usual 1e-6 no minimum is found to more digits than that
TWIN_OF_RPROP = {"lr": 0.1, "step_sizes": (1e-12, 50)}


def clipped(name, clip, optimizer=None, **options):
    """Give a row of the table for an optimizer whose gradients are clipped before."""
    case = Case(Clipped(optimizer or GradientDescent(0.05), clip), **options)
    return pytest.param(case, id=f"clipped {name}", marks=pytest.mark.equation("J-clip"))


OPTIMIZERS = [
    pytest.param(
        Case(GradientDescent(0.05), "SGD", {"lr": 0.05}), id="gradient descent", marks=pytest.mark.equation("S-1")
    ),
    pytest.param(Case(Rprop("Rprop-", **FINE), batch_size=None), id="Rprop-"),
    pytest.param(Case(Rprop("Rprop+", **FINE), batch_size=None), id="Rprop+"),
    pytest.param(Case(Rprop("iRprop-", **FINE), "Rprop", TWIN_OF_RPROP, None), id="iRprop-"),
    pytest.param(Case(Rprop("iRprop+", **FINE), batch_size=None), id="iRprop+"),
    clipped("by norm", ClipNorm(1.0)),
    clipped("by matrix", ClipEach(1.0)),
    clipped("by value", ClipValues(1.0)),
    clipped("by norm, then Rprop", ClipNorm(1.0), Rprop("iRprop-", **FINE), batch_size=None),
]
EVERY_OPTIMIZER = pytest.mark.parametrize("case", OPTIMIZERS)
MINIMUM = {"W1": np.array([[1.0, -2.0], [0.5, 3.0]]), "W2": np.array([[-1.0, 2.0]])}
CURVATURE = {"W1": np.array([[1.0, 2.0], [3.0, 4.0]]), "W2": np.array([[0.5, 5.0]])}


def gradient(params):
    """Return the gradient of the bowl 1/2 sum of c (w - m)^2, with its minimum at MINIMUM."""
    return {name: CURVATURE[name] * (params[name] - MINIMUM[name]) for name in params}


def height(params):
    """Return how high the bowl is."""
    return 0.5 * sum(np.sum(CURVATURE[name] * (params[name] - MINIMUM[name]) ** 2) for name in params)


def start():
    return {name: np.zeros_like(W) for name, W in MINIMUM.items()}


def walk(optimizer, params, state, steps):
    for _ in range(steps):
        params, state = optimizer.update(params, gradient(params), state, height(params))
    return params, state


@EVERY_OPTIMIZER
def test_an_update_changes_none_of_its_arguments(case):
    params, state = walk(case.optimizer, start(), case.optimizer.init(start()), 3)
    grads = gradient(params)
    before = deepcopy((params, grads, state))
    new, _ = case.optimizer.update(params, grads, state, height(params))
    np.testing.assert_equal((params, grads, state), before)
    assert not any(np.shares_memory(new[name], params[name]) for name in params)
    assert all(np.any(new[name] != params[name]) for name in params)


@EVERY_OPTIMIZER
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_step_in_place_gives_the_same_bits_as_an_update(case, dtype):
    params = {name: W.astype(dtype) for name, W in start().items()}
    mine, state, state_in_place = deepcopy(params), case.optimizer.init(params), case.optimizer.init(params)
    for _ in range(5):
        grads = {name: g.astype(dtype) for name, g in gradient(params).items()}
        loss = height(params)
        params, state = case.optimizer.update(params, grads, state, loss)
        arrays = {name: id(W) for name, W in mine.items()}
        state_in_place = case.optimizer.step_in_place(mine, deepcopy(grads), state_in_place, loss)
        assert {name: id(W) for name, W in mine.items()} == arrays
        assert {name: W.tobytes() for name, W in mine.items()} == {name: W.tobytes() for name, W in params.items()}
        assert {W.dtype for W in params.values()} == {np.dtype(dtype)}
        np.testing.assert_equal(state, state_in_place)


@EVERY_OPTIMIZER
def test_a_walk_can_be_resumed_from_its_parameters_and_its_state(case):
    at_once, _ = walk(case.optimizer, start(), case.optimizer.init(start()), 10)
    half = deepcopy(walk(case.optimizer, start(), case.optimizer.init(start()), 5))
    resumed, _ = walk(case.optimizer, *half, 5)
    assert {name: W.tobytes() for name, W in resumed.items()} == {name: W.tobytes() for name, W in at_once.items()}


@EVERY_OPTIMIZER
def test_it_finds_the_minimum_of_a_bowl(case):
    params, _ = walk(case.optimizer, start(), case.optimizer.init(start()), 2000)
    for name, W in MINIMUM.items():
        np.testing.assert_allclose(params[name], W, rtol=1e-10)


@EVERY_OPTIMIZER
def test_pytorch_walks_the_same_way(case):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    if not case.twin:
        pytest.skip("PyTorch has no such optimizer")
    tensors = {name: torch.tensor(W, requires_grad=True) for name, W in start().items()}
    twin = getattr(torch.optim, case.twin)(tensors.values(), **case.options)
    params, state = start(), case.optimizer.init(start())
    for _ in range(20):
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradient({name: tensor.detach().numpy()})[name])
        twin.step()
        params, state = case.optimizer.update(params, gradient(params), state, height(params))
        for name, tensor in tensors.items():
            np.testing.assert_allclose(params[name], tensor.detach().numpy(), rtol=1e-13)


# --- training with them ---


@EVERY_OPTIMIZER
def test_full_batch_training_is_the_optimizer_applied_to_the_gradient(case, rng):
    model = FeedForward((3, 4, 2), ("tanh", "identity"), bias=True)
    params, x, y = model.init(rng), rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    trained, history = fit(model, params, x, y, case.optimizer, epochs=4, measure=lambda p: model.evaluate(p, x, y))
    state, losses = case.optimizer.init(params), []
    for _ in range(4):
        loss, grads = model.loss_and_grad(params, x, y)
        params, state = case.optimizer.update(params, grads, state, loss)
        losses.append(loss)
    assert history.loss == losses
    assert history.measured[:-1] == losses[1:]
    assert {name: W.tobytes() for name, W in trained.items()} == {name: W.tobytes() for name, W in params.items()}


@EVERY_OPTIMIZER
def test_mini_batches_visit_every_example_once_an_epoch_in_a_seeded_order(case, rng):
    seen = []

    class Spy(FeedForward):
        def backprop(self, params, x, y):
            seen.append(y[:, 0].tolist())
            return super().backprop(params, x, y)

    model, x, y = Spy((3, 2), ("tanh",)), rng.standard_normal((7, 3)), np.repeat(np.arange(7.0), 2).reshape(7, 2)
    params, runs = model.init(rng), []
    for seed in (1, 1, 2):
        trained, history = fit(
            model, params, x, y, case.optimizer, epochs=2, batch_size=3, rng=np.random.default_rng(seed)
        )
        runs.append((trained["W1"].tobytes(), history.loss))
    assert [len(batch) for batch in seen] == [3, 3, 1] * 6
    epochs = [[label for batch in seen[i : i + 3] for label in batch] for i in range(0, 18, 3)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@EVERY_OPTIMIZER
def test_a_small_problem_is_learned(case, rng):
    x = rng.standard_normal((60, 2))
    labels = (x[:, 0] > x[:, 1]).astype(int)
    model = FeedForward((2, 2), ("softmax",), "cross-entropy", bias=True)
    params = model.init(rng)
    trained, history = fit(
        model, params, x, labels, case.optimizer, epochs=300, batch_size=case.batch_size, rng=rng
    )
    assert history.loss[-1] < 0.5 * history.loss[0]
    assert accuracy(model, trained, x, labels) > 0.95
    assert accuracy(model, trained, x, 1 - labels) < 0.05


def test_training_that_diverges_says_so_and_returns_nothing(rng):
    model = FeedForward((3, 2), ("identity",))
    params, x, y = model.init(rng), rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d+.*smaller step size"):
        fit(model, params, x, y, GradientDescent(1e10), epochs=100)
    params = {"W1": params["W1"] * 1e150}  # the loss is finite, the first update is not
    assert np.isfinite(model.evaluate(params, x, y))
    with pytest.raises(FloatingPointError, match="diverged in epoch 1:"):
        fit(model, params, x, y, GradientDescent(1e200), epochs=1)


@pytest.mark.equation("S-1")
def test_a_step_of_gradient_descent_by_hand():
    params, grads = {"W": np.array([[1.0, 2.0]])}, {"W": np.array([[4.0, -8.0]])}
    new, state = GradientDescent(0.25).update(params, grads, ())
    assert new["W"].tolist() == [[0, 4]]
    assert state == ()
