"""Every model of the course in one table, and what must hold for all of them. A new model is a new row."""

from typing import NamedTuple

import numpy as np
import pytest

from nncourse import params as mapping
from nncourse.activations import Softmax, activation
from nncourse.feedforward import FeedForward
from nncourse.gradient_check import central_difference, check_gradient, complex_step, random_direction
from nncourse.language_models import NeuralLanguageModel
from nncourse.losses import BinaryCrossEntropy, CrossEntropy, LogisticLoss
from nncourse.model import Model
from nncourse.optimizers import GradientDescent
from nncourse.peers import torch_loss_and_grad, torch_sequence_loss_and_grad, torch_word_loss_and_grad
from nncourse.recurrent import Elman, Jordan, SimpleRNN
from nncourse.single_layer import SingleLayer, delta_rule, jacobian_rule
from nncourse.training import fit
from nncourse.trees import chain, huffman, random_tree
from nncourse.word_vectors import CBOW, SkipGram

SIZES = (4, 3, 5, 2)  # no two alike: a missing transpose does not fit


def rows(model, n, rng):
    """Draw n examples for a model that takes rows: x, and labels that suit its loss."""
    d_in, d_out = model.sizes[0], model.sizes[-1]
    x = rng.standard_normal((n, d_in))
    if isinstance(model.loss, CrossEntropy):
        return x, rng.integers(d_out, size=n)
    if isinstance(model.loss, (LogisticLoss, BinaryCrossEntropy)):
        return x, rng.choice([-1.0, 1.0], size=(n, d_out))
    return x, rng.standard_normal((n, d_out))


def words(model, n, rng):
    """Draw n examples for a language model: word ids; CBOW's rows have gaps, all rows have repeated words."""
    if isinstance(model, SkipGram):
        return rng.integers(model.V, size=n), rng.integers(model.V, size=n)
    x = rng.integers(model.V, size=(n, getattr(model, "n", 4)))
    x[:, 1] = x[:, 0]
    if isinstance(model, CBOW):
        x[rng.random(x.shape) < 0.3] = -1
        x[:, 0] = rng.integers(model.V, size=n)
    return x, rng.integers(model.V, size=n)


def sequences(model, n, rng):
    """Draw n sequences of different lengths up to 6, with a mask; what fills them up is noise."""
    T, (d0, _, d2) = 6, model.sizes
    x = rng.standard_normal((T, n, d0))
    lead = (T, n) if model.at == "all" else (n,)
    y = rng.integers(d2, size=lead) if isinstance(model.loss, CrossEntropy) else rng.standard_normal((*lead, d2))
    lengths = np.append(T, rng.integers(1, T + 1, size=n - 1))
    return x, y, np.arange(T)[:, None] < lengths


def spelled(model, n, rng):
    """Draw n sequences of ids, without padding."""
    return rng.integers(model.sizes[0], size=(6, n)), *sequences(model, n, rng)[1:2]


class Case(NamedTuple):
    """A model with what the tests need to know about it."""

    model: Model
    batch: object = rows
    peer: object = torch_loss_and_grad

    @property
    def analytic(self):
        """Whether the complex step applies."""
        functions = getattr(self.model, "activations", None) or (getattr(self.model, "f", activation("tanh")),)
        return all(f.analytic for f in functions)


def row(model, name, *equations, **options):
    """Give a row of the table. `equations` are those that this model's gradient decides."""
    return pytest.param(Case(model, **options), id=name, marks=pytest.mark.equation(*equations))


def single_layer(f, loss="squared"):
    """Give two rows of the table: without and with a bias."""
    for bias in (False, True):
        name = f"single layer {f} {loss}{' bias' * bias}"
        yield row(SingleLayer((4, 3), f, loss, bias), name, "S-1", "S-1.1", "S-1.1L")


def feedforward(*activations, loss="squared"):
    """Give two rows of the table: without and with a bias. Hidden layers are what S-dl is about."""
    sizes = SIZES[: len(activations) + 1]
    equations = ("S-dl", "S-Alg1") if len(activations) > 1 else ("S-2", "S-dL")
    for bias in (False, True):
        name = f"{' '.join(activations)} {loss}{' bias' * bias}"
        yield row(FeedForward(sizes, activations, loss, bias), name, *equations)


def language_model(model, name, *equations):
    """Give a row of the table for a model whose inputs are word ids."""
    return row(model, name, *equations, batch=words, peer=torch_word_loss_and_grad)


def bengio(name, **options):
    """Give a row for the neural language model."""
    d2 = options.pop("d2", 5)
    equations = ("S-3", "S-L1", "S-fn2") + (("S-L2", "S-L3") if d2 else ())
    return language_model(NeuralLanguageModel(7, 3, 2, d2, **options), f"Bengio {name}", *equations)


def recurrent(network, activations, loss="squared", at="all"):
    """Give two rows for a recurrent network on sequences of several lengths: without and with a bias."""
    for bias in (False, True):
        model = network((4, 3, 2), activations, loss, bias, at)
        name = f"{network.__name__} {' '.join(activations)} {loss} {at}{' bias' * bias}"
        equations = ("S-2.1", "S-2.1.1b") if network is SimpleRNN else ("J-bp",)
        yield row(model, name, *equations, batch=sequences, peer=torch_sequence_loss_and_grad)


def recurrent_networks():
    """Give the rows for the recurrent networks."""
    for network in (SimpleRNN, Elman, Jordan):
        yield from recurrent(network, ("tanh", "identity"))
        yield from recurrent(network, ("sigmoid", "sigmoid"), at="last")
        yield from recurrent(network, ("tanh", "softmax"), "cross-entropy")
        yield from recurrent(network, ("identity", "softmax"), "cross-entropy", "last")
        yield from recurrent(network, ("relu", "softmax"))
        ids = network((4, 3, 2), ("tanh", "softmax"), "cross-entropy", bias=True)
        yield row(ids, f"{network.__name__} ids", "J-bp", batch=spelled, peer=torch_sequence_loss_and_grad)


def word_vectors():
    """Give the rows for CBOW and skip-gram, with the full softmax and with trees."""
    trees = {"full": None, "huffman": huffman([9, 1, 3, 3, 2, 8, 1]), "chain": chain(7)}
    trees["random"] = random_tree(7, np.random.default_rng(1))
    for shape, tree in trees.items():
        on_top = ("S-6", "S-node", "S-dir") if tree else ("S-softmax",)
        yield language_model(SkipGram(7, 3, tree), f"skip-gram {shape}", "S-5", *on_top)
        yield language_model(CBOW(7, 3, tree), f"CBOW sum {shape}", "S-4", *on_top)
        yield language_model(CBOW(7, 3, tree, mean=True), f"CBOW mean {shape}", "S-4", *on_top)


MODELS = [
    *single_layer("identity"),
    *single_layer("sigmoid"),
    *single_layer("tanh"),
    *single_layer("relu"),
    *single_layer("softmax"),
    *single_layer("softmax", "cross-entropy"),
    *single_layer("identity", "logistic"),
    *single_layer("sigmoid", "binary cross-entropy"),
    *feedforward("tanh"),
    *feedforward("softmax", loss="cross-entropy"),
    *feedforward("tanh", "identity"),
    *feedforward("sigmoid", "sigmoid"),
    *feedforward("relu", "tanh"),
    *feedforward("softmax", "tanh"),  # coupled in the middle: the printed recursion is wrong here
    *feedforward("identity", "softmax"),
    *feedforward("tanh", "softmax", loss="cross-entropy"),
    *feedforward("tanh", "identity", loss="logistic"),
    *feedforward("tanh", "sigmoid", loss="binary cross-entropy"),
    *feedforward("identity", "identity", "identity"),
    *feedforward("tanh", "sigmoid", "identity"),
    *feedforward("sigmoid", "softmax", "tanh"),
    *feedforward("relu", "relu", "softmax", loss="cross-entropy"),
    bengio("as in the notes"),
    bengio("bias", bias=True),
    bengio("direct", direct=True),
    bengio("direct bias", direct=True, bias=True),
    bengio("without hidden layer", direct=True, d2=0),
    bengio("without hidden layer bias", direct=True, bias=True, d2=0),
    *word_vectors(),
    *recurrent_networks(),
]
EVERY_MODEL = pytest.mark.parametrize("case", MODELS)
EVERY_BATCH = pytest.mark.parametrize("n", [1, 5])


def draw(case, n, rng, dtype=np.float64):
    """Draw parameters (none of them zero) and a batch of n examples."""
    params = {name: rng.standard_normal(shape).astype(dtype) for name, shape in case.model.shapes().items()}
    batch = case.batch(case.model, n, rng)
    return params, *(part if part.dtype.kind in "ib" else part.astype(dtype) for part in batch)


def assert_same(got, expected, rtol=1e-12, atol=1e-14):
    """Compare two mappings, names first, then every array with its shape."""
    assert list(got) == list(expected)
    for name in expected:
        np.testing.assert_allclose(got[name], expected[name], rtol, atol, err_msg=name, strict=True)


# --- the gradient, checked against four independent ways to it ---


@EVERY_MODEL
@EVERY_BATCH
def test_the_gradient_has_the_names_shapes_and_types_of_the_parameters(case, n, rng):
    params, *batch = draw(case, n, rng)
    loss, grads = case.model.loss_and_grad(params, *batch)
    assert type(loss) is float
    assert {name: (W.shape, W.dtype) for name, W in params.items()} == {
        name: (g.shape, g.dtype) for name, g in grads.items()
    }
    assert list(grads) == list(params)


@EVERY_MODEL
@EVERY_BATCH
def test_the_gradient_agrees_with_derivatives_of_the_loss_along_a_random_direction(case, n, rng):
    params, *batch = draw(case, n, rng)
    assert check_gradient(case.model, params, *batch, rng=rng, derivative=central_difference) < 1e-6
    if case.analytic:
        assert check_gradient(case.model, params, *batch, rng=rng, derivative=complex_step) < 1e-10


@EVERY_MODEL
@EVERY_BATCH
def test_pytorch_finds_the_same_loss_and_gradient(case, n, rng):
    pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    params, *batch = draw(case, n, rng)
    loss, grads = case.model.loss_and_grad(params, *batch)
    peer_loss, peer_grads = case.peer(case.model, params, *batch)
    np.testing.assert_allclose(loss, peer_loss, rtol=1e-10)
    assert_same(grads, peer_grads, rtol=1e-10, atol=1e-13)


@pytest.mark.equation("S-2", "S-dL")
@pytest.mark.parametrize("names", [("tanh", "sigmoid"), ("softmax", "tanh"), ("tanh", "sigmoid", "identity")])
def test_the_last_layers_gradient_is_its_error_term_times_its_input(names, rng):
    case = Case(FeedForward(SIZES[: len(names) + 1], names))
    params, x, y = draw(case, 1, rng)
    last, L = list(params)[-1], len(names)
    hidden = FeedForward(SIZES[:L], names[:-1])
    a_in = hidden.forward({name: params[name] for name in list(params)[:-1]}, x)[0][0]
    f, f_prime = SCALAR[names[-1]]
    delta = [(f(z_i) - y_i) * f_prime(z_i) for z_i, y_i in zip(params[last] @ a_in, y[0], strict=True)]
    _, grads = case.model.loss_and_grad(params, x, y)
    np.testing.assert_allclose(grads[last], np.outer(delta, a_in), rtol=1e-12)
    v = {name: rng.standard_normal(W.shape) * (name == last) for name, W in params.items()}
    slope = complex_step(lambda p: case.model.evaluate(p, x, y), params, v)
    np.testing.assert_allclose(np.sum(grads[last] * v[last]), slope, rtol=1e-12)


@pytest.mark.equation("S-dl")
def test_the_gradient_agrees_entry_by_entry_with_the_complex_step(rng):
    case = Case(FeedForward(SIZES, ("tanh", "softmax", "sigmoid"), bias=True))
    params, x, y = draw(case, 3, rng)
    _, grads = case.model.loss_and_grad(params, x, y)
    unit_vectors = np.eye(mapping.flatten(params).size)
    expected = [
        complex_step(lambda p: case.model.evaluate(p, x, y), params, mapping.unflatten(e, params))
        for e in unit_vectors
    ]
    np.testing.assert_allclose(mapping.flatten(grads), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.equation("S-dl")
def test_the_gradient_check_itself_notices_a_wrong_gradient(rng):
    class Wrong(FeedForward):
        def backprop(self, params, x, y):
            loss, grads = super().backprop(params, x, y)
            grads["W1"][0, 0] *= 1.001
            return loss, grads

    params, x, y = draw(Case(FeedForward((3, 2), ("tanh",))), 4, rng)
    assert check_gradient(Wrong((3, 2), ("tanh",)), params, x, y, rng=rng) > 1e-6


@pytest.mark.equation("S-1.1L", "S-1.2L")
@EVERY_MODEL
def test_a_batch_gives_the_mean_over_its_examples(case, rng):
    params, *batch = draw(case, 5, rng)
    loss, grads = case.model.loss_and_grad(params, *batch)
    checked = case.model.check_batch(*batch)
    assert case.model.count(checked) == 5
    single = [case.model.loss_and_grad(params, *case.model.select(checked, [i])) for i in range(5)]
    np.testing.assert_allclose(loss, np.mean([loss for loss, _ in single]), rtol=1e-13)
    assert_same(grads, {name: np.mean([g[name] for _, g in single], axis=0) for name in grads})


@pytest.mark.equation("S-1.1L", "S-1.2L")
@EVERY_MODEL
def test_the_loss_is_the_one_that_evaluate_and_forward_say(case, rng):
    params, *batch = draw(case, 5, rng)
    output, y, n = case.model.forward(params, batch[0])[0], batch[1], 5
    if hasattr(case.model, "at"):  # the labelled outputs, one after the other
        lengths = np.full(5, 6) if len(batch) < 3 else batch[2].sum(axis=0)
        ends = [range(L) if case.model.at == "all" else [L - 1] for L in lengths]
        y = np.array([y[t, i] if case.model.at == "all" else y[i] for i in range(5) for t in ends[i]])
        output = np.array([output[t, i] for i in range(5) for t in ends[i]])
    if isinstance(getattr(case.model, "loss", CrossEntropy()), CrossEntropy):
        by_hand = -sum([np.log(p[label]) for p, label in zip(output, y, strict=True)]) / n
    elif isinstance(case.model.loss, LogisticLoss):
        by_hand = sum([sum(np.log(1 + np.exp(-y_i * a_i))) for a_i, y_i in zip(output, y, strict=True)]) / n
    elif isinstance(case.model.loss, BinaryCrossEntropy):
        by_hand = -sum([sum(np.log((1 - y_i) / 2 + y_i * a_i)) for a_i, y_i in zip(output, y, strict=True)]) / n
    else:
        by_hand = sum([sum((y_i - a_i) ** 2) / 2 for a_i, y_i in zip(output, y, strict=True)]) / n
    np.testing.assert_allclose(case.model.loss_and_grad(params, *batch)[0], by_hand, rtol=1e-13)
    np.testing.assert_allclose(case.model.evaluate(params, *batch), by_hand, rtol=1e-13)


# --- manners: purity, seeds, number types ---


@EVERY_MODEL
def test_no_argument_is_changed(case, rng):
    params, *batch = draw(case, 5, rng)
    before = {name: W.tobytes() for name, W in params.items()}, [part.tobytes() for part in batch]
    x, y, mask = (*batch, None)[:3]
    case.model.forward(params, x)
    case.model.evaluate(params, *batch)
    case.model.loss_and_grad(params, *batch)
    check_gradient(case.model, params, *batch, rng=rng, derivative=central_difference)
    fit(case.model, params, x, y, GradientDescent(0.1), epochs=2, mask=mask)
    trained, _ = fit(case.model, params, x, y, GradientDescent(0.1), epochs=2, batch_size=2, rng=rng, mask=mask)
    assert ({name: W.tobytes() for name, W in params.items()}, [part.tobytes() for part in batch]) == before
    assert not any(np.shares_memory(trained[name], params[name]) for name in params)


@EVERY_MODEL
def test_the_same_seed_draws_the_same_parameters_and_biases_start_at_zero(case):
    model = case.model
    first, second, other = (model.init(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert {name: W.shape for name, W in first.items()} == model.shapes()
    for name, W in first.items():
        assert W.tobytes() == second[name].tobytes()
        bias = model.bias and not without_bias(model, name)
        W, other[name] = (W.T, other[name].T) if name in ("v", "omega") else (W, other[name])
        assert np.all(W[:, :bias] == 0)
        if starts_at_zero(model, name):
            assert np.all(W == 0)
            continue
        assert not np.array_equal(W, other[name])
        assert np.all(W[:, bias:] != 0)


def without_bias(model, name):
    return name == "V1" or (isinstance(model, NeuralLanguageModel) and name in ("W1", "D"))


def starts_at_zero(model, name):
    if isinstance(model, NeuralLanguageModel):
        return name == "D" or (name == "W3" and model.d2 == 0)
    return isinstance(model, (CBOW, SkipGram)) and name == "W2"


@EVERY_MODEL
def test_float32_stays_float32_and_close_to_float64(case, rng):
    params, *batch = draw(case, 5, rng, np.float32)
    loss, grads = case.model.loss_and_grad(params, *batch)
    wide = {name: W.astype(np.float64) for name, W in params.items()}
    expected_loss, expected = case.model.loss_and_grad(
        wide, *(part if part.dtype.kind in "ib" else part.astype(float) for part in batch)
    )
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-5)
    assert {g.dtype for g in grads.values()} == {np.dtype(np.float32)}
    assert_same({name: g.astype(np.float64) for name, g in grads.items()}, expected, rtol=1e-3, atol=1e-5)
    assert case.model.forward(params, batch[0])[0].dtype == np.float32
    started = case.model.init(rng, dtype=np.float32)
    assert {W.dtype for W in started.values()} == {np.dtype(np.float32)}
    trained, _ = fit(case.model, started, *batch[:2], GradientDescent(0.1), epochs=2, mask=(*batch, None)[2])
    assert {W.dtype for W in trained.values()} == {np.dtype(np.float32)}


def test_a_layer_starts_with_variance_one_over_its_inputs():
    W = FeedForward((400, 100), ("tanh",), bias=True).init(np.random.default_rng(0))["W1"][:, 1:]
    np.testing.assert_allclose(W.var() * 401, 1, rtol=0.03)


# --- what the notes say, done literally ---


@pytest.mark.equation("S-0")
@pytest.mark.parametrize("n", [1, 5])
def test_a_composition_of_linear_layers_is_one_matrix_product(n, rng):
    case = Case(FeedForward(SIZES, ["identity"] * 3))
    params, x, _ = draw(case, n, rng)
    output, _ = case.model.forward(params, x)
    np.testing.assert_allclose(output, x @ (params["W3"] @ params["W2"] @ params["W1"]).T, rtol=1e-12)


@pytest.mark.equation("S-0", "S-1.2")
def test_a_network_is_the_composition_of_its_layers(rng):
    functions = ("tanh", "softmax", "sigmoid")
    case = Case(FeedForward(SIZES, functions, bias=True))
    params, x, _ = draw(case, 5, rng)
    a = x
    for l, f in enumerate(functions, start=1):
        a, _ = SingleLayer(SIZES[l - 1 : l + 1], f, bias=True).forward({"W": params[f"W{l}"]}, a)
    np.testing.assert_array_equal(case.model.forward(params, x)[0], a)


@pytest.mark.equation("S-1.1", "S-1.2")
@pytest.mark.parametrize("f", ["identity", "sigmoid", "tanh", "relu", "softmax"])
@pytest.mark.parametrize("bias", [False, True])
def test_one_layer_of_the_multi_layer_network_is_the_single_layer_network(f, bias, rng):
    one, single = FeedForward((4, 3), (f,), bias=bias), SingleLayer((4, 3), f, bias=bias)
    params, x, y = draw(Case(single), 5, rng)
    loss, grads = single.loss_and_grad(params, x, y)
    assert one.loss_and_grad({"W1": params["W"]}, x, y)[0] == loss
    np.testing.assert_array_equal(one.loss_and_grad({"W1": params["W"]}, x, y)[1]["W1"], grads["W"])
    np.testing.assert_array_equal(one.forward({"W1": params["W"]}, x)[0], single.forward(params, x)[0])


def sigma(z):
    return 1 / (1 + np.exp(-z))


SCALAR = {  # f and f' of one number, written from their definitions
    "identity": (lambda z: z, lambda z: 1.0),
    "sigmoid": (sigma, lambda z: sigma(z) * (1 - sigma(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0),
}


def algorithm_of_the_note(W, x, y, functions):
    """Run "Backpropagation Squared Loss" with lists and loops; index 0 of W, z, delta, functions is unused."""
    L = len(W) - 1
    a, z, delta, W_bar = [x], [None], [None] * (L + 1), [None] * (L + 1)
    # feedforward phase
    for l in range(1, L + 1):
        z.append([sum(W[l][i][j] * a[l - 1][j] for j in range(len(a[l - 1]))) for i in range(len(W[l]))])
        a.append([functions[l][0](z_i) for z_i in z[l]])
    # backpropagation phase
    delta[L] = [(a[L][i] - y[i]) * functions[L][1](z[L][i]) for i in range(len(y))]
    for l in range(L - 1, 0, -1):  # empty for L = 1
        back = [sum(W[l + 1][i][j] * delta[l + 1][i] for i in range(len(delta[l + 1]))) for j in range(len(z[l]))]
        delta[l] = [functions[l][1](z[l][j]) * back[j] for j in range(len(z[l]))]
    for l in range(1, L + 1):
        W_bar[l] = [[delta[l][i] * a[l - 1][j] for j in range(len(a[l - 1]))] for i in range(len(delta[l]))]
    return a[L], W_bar


@pytest.mark.equation("S-Alg1")
@pytest.mark.parametrize(
    "names",
    [("tanh",), ("sigmoid",), ("tanh", "identity"), ("relu", "sigmoid"), ("sigmoid", "tanh", "identity")],
    ids=" ".join,
)
def test_the_package_does_what_the_algorithm_box_says(names, rng):
    case = Case(FeedForward(SIZES[: len(names) + 1], names))
    params, x, y = draw(case, 1, rng)
    W = [None, *(params[name].tolist() for name in params)]
    output, W_bar = algorithm_of_the_note(W, x[0].tolist(), y[0].tolist(), [None, *(SCALAR[f] for f in names)])
    np.testing.assert_allclose(case.model.forward(params, x)[0][0], output, rtol=1e-12)
    _, grads = case.model.loss_and_grad(params, x, y)
    assert_same(grads, {name: np.array(W_bar[l]) for l, name in enumerate(params, start=1)}, rtol=1e-12)
    if len(names) == 1:
        np.testing.assert_allclose(delta_rule(params["W1"], x[0], y[0], names[0]), W_bar[1], rtol=1e-12)


@pytest.mark.equation("S-1")
@pytest.mark.parametrize("f", ["identity", "sigmoid", "tanh", "relu", "softmax"])
def test_the_rules_for_one_example_give_the_gradient_of_the_single_layer(f, rng):
    case = Case(SingleLayer((4, 3), f))
    params, x, y = draw(case, 1, rng)
    _, grads = case.model.loss_and_grad(params, x, y)
    np.testing.assert_allclose(jacobian_rule(params["W"], x[0], y[0], f), grads["W"], rtol=1e-12, atol=1e-15)
    if f != "softmax":
        np.testing.assert_allclose(delta_rule(params["W"], x[0], y[0], f), grads["W"], rtol=1e-12, atol=1e-15)


@pytest.mark.equation("S-1")
def test_the_rule_for_any_f_transposes_a_jacobian_that_is_not_symmetric(rng):
    M = rng.standard_normal((3, 3))

    class Mix(Softmax):
        """f(z) = M z: every output depends on every input, each in its own way."""

        def __call__(self, z):
            return M @ z

        def jacobian(self, z):
            return M

    W, x, y = rng.standard_normal((3, 2)), rng.standard_normal(2), rng.standard_normal(3)
    expected = M.T @ np.outer(M @ W @ x - y, x)  # the gradient of 1/2 ||M W x - y||^2
    np.testing.assert_allclose(jacobian_rule(W, x, y, Mix()), expected, rtol=1e-12)


@pytest.mark.equation("S-1")
def test_for_softmax_the_delta_rule_as_printed_is_off_by_a_factor_of_two():
    W, x, y = np.eye(2), np.array([1.0, 0.0]), np.array([0.0, 1.0])
    right = jacobian_rule(W, x, y, "softmax")
    softmax = activation("softmax")
    z = W @ x
    printed = np.outer((softmax(z) - y) * softmax.jacobian(z).diagonal(), x)
    np.testing.assert_allclose(right[:, 0], [0.287469680914, -0.287469680914], rtol=1e-11)
    np.testing.assert_allclose(printed[:, 0], [0.143734840457, -0.143734840457], rtol=1e-11)
    with pytest.raises(ValueError, match="entry-wise"):
        delta_rule(W, x, y, "softmax")


@pytest.mark.equation("S-Alg1")
def test_an_example_that_can_be_done_by_hand():
    model = FeedForward((2, 3, 1), ("relu", "identity"))
    params = {"W1": [[1, 2], [0, -1], [1, -1]], "W2": [[3, 1, -2]]}
    # x = (2, 1):  z(1) = (4, -1, 1)  a(1) = (4, 0, 1)  z(2) = a(2) = 12 + 0 - 2 = 10
    # y = 8:       E = 1/2 * 2^2 = 2  delta(2) = 10 - 8 = 2
    #              W(2)^T delta(2) = (6, 2, -4), f'(z(1)) = (1, 0, 1), delta(1) = (6, 0, -4)
    loss, grads = model.loss_and_grad(params, [[2, 1]], [[8]])
    assert model.forward(params, [[2, 1]])[0].tolist() == [[10]]
    assert loss == 2
    assert grads["W2"].tolist() == [[8, 0, 2]]
    assert grads["W1"].tolist() == [[12, 6], [0, 0], [-8, -4]]


# --- scikit-learn, where it does the same thing ---


def sklearn_network(kind, model, params, x, y):
    """Return scikit-learn's network, by its public methods and attributes, with our parameters inside."""
    neural_network = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is an oracle")
    f = {"sigmoid": "logistic"}.get(model.activations[0].name, model.activations[0].name)
    network = getattr(neural_network, kind)(
        hidden_layer_sizes=model.sizes[1:-1],
        activation=f,
        solver="sgd",
        alpha=0,
        momentum=0,
        batch_size=len(x),
        learning_rate_init=0.01,
    )
    network.partial_fit(x, y, **({"classes": np.unique(y)} if kind == "MLPClassifier" else {}))
    for W, coef, intercept in zip(params.values(), network.coefs_, network.intercepts_, strict=True):
        coef[...], intercept[...] = W[:, 1:].T, W[:, 0]
    return network


@pytest.mark.equation("S-1.2L", "S-Alg1")
@pytest.mark.parametrize("f", ["tanh", "sigmoid", "relu"])
def test_scikit_learn_regresses_and_steps_alike(f, rng):
    case = Case(FeedForward((4, 3, 5, 1), (f, f, "identity"), bias=True))
    params, x, y = draw(case, 6, rng)
    network = sklearn_network("MLPRegressor", case.model, params, x, y[:, 0])
    np.testing.assert_allclose(network.predict(x), case.model.forward(params, x)[0][:, 0], rtol=1e-12)
    network.partial_fit(x, y[:, 0])  # one step of gradient descent
    loss, grads = case.model.loss_and_grad(params, x, y)
    np.testing.assert_allclose(network.loss_, loss, rtol=1e-12)
    for W, g, coef, intercept in zip(
        params.values(), grads.values(), network.coefs_, network.intercepts_, strict=True
    ):
        np.testing.assert_allclose(np.column_stack([intercept, coef.T]), W - 0.01 * g, rtol=1e-12, atol=1e-14)


@pytest.mark.equation("S-1.2", "S-1.2L")
@pytest.mark.parametrize("f", ["tanh", "sigmoid", "relu"])
def test_scikit_learn_classifies_and_steps_alike(f, rng):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is an oracle")
    case = Case(FeedForward((4, 5, 3), (f, "softmax"), "cross-entropy", bias=True))
    params, x, _ = draw(case, 6, rng)
    y = np.array([0, 1, 2, 2, 1, 0])
    network = sklearn_network("MLPClassifier", case.model, params, x, y)
    p = network.predict_proba(x)
    np.testing.assert_allclose(case.model.forward(params, x)[0], p, rtol=1e-12)
    loss, grads = case.model.loss_and_grad(params, x, y)
    np.testing.assert_allclose(loss, metrics.log_loss(y, p), rtol=1e-12)
    network.partial_fit(x, y)
    for W, g, coef, intercept in zip(
        params.values(), grads.values(), network.coefs_, network.intercepts_, strict=True
    ):
        np.testing.assert_allclose(np.column_stack([intercept, coef.T]), W - 0.01 * g, rtol=1e-12, atol=1e-14)


def test_a_random_direction_has_length_one_and_the_parameters_shapes(rng):
    params = {"W1": np.zeros((3, 2)), "W2": np.zeros((1, 3))}
    v = random_direction(params, rng)
    assert {name: array.shape for name, array in v.items()} == {"W1": (3, 2), "W2": (1, 3)}
    np.testing.assert_allclose(mapping.norm(v), 1, rtol=1e-15)
