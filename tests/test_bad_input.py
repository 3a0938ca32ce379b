"""Bad input: the message names the argument, what was expected and what came, and nothing was changed."""

# ruff: noqa: E501  (a table: one line a row)

from copy import deepcopy

import numpy as np
import pytest

from nncourse import autodiff, datasets, losses, training
from nncourse import params as mapping
from nncourse.activations import activation
from nncourse.feedforward import FeedForward
from nncourse.gradient_check import random_direction
from nncourse.optimizers import GradientDescent
from nncourse.recurrent import as_elman, as_simple
from nncourse.single_layer import SingleLayer, delta_rule, jacobian_rule

NAN, INF = float("nan"), float("inf")
SQUARED = FeedForward((3, 4, 2), ("tanh", "identity"), bias=True)
CLASSIFY = SingleLayer((3, 2), "softmax", "cross-entropy")
X, Y, LABELS = np.ones((5, 3)), np.ones((5, 2)), np.array([0, 1, 1, 0, 1])
P = {"W1": np.ones((4, 4)), "W2": np.ones((2, 5))}
W = {"W": np.ones((2, 3))}
DESCENT = GradientDescent(0.1)


def put(array, where, value):
    """Return a copy with one number changed."""
    changed = np.array(array, dtype=float)
    changed[where] = value
    return changed


def fit(**options):
    """Call `fit` with good arguments, except for the ones given."""
    return training.fit(
        **({"model": SQUARED, "params": P, "x": X, "y": Y, "optimizer": DESCENT, "epochs": 1} | options)
    )


def classify(y):
    return CLASSIFY.loss_and_grad(W, X, y)


def update(params, grads):
    return DESCENT.update(params, grads, ())


RAGGED = [[1.0, 2.0, 3.0], [1.0, 2.0]]
CALLS = [  # what is wrong, the call, the exception, what its message must say
    # shapes
    ("x too narrow", lambda: SQUARED.forward(P, X[:, :2]), ValueError, r"x: expected shape \(n, 3\), got \(5, 2\)"),
    ("x too wide", lambda: SQUARED.evaluate(P, np.ones((5, 4)), Y), ValueError, r"x: .*\(n, 3\), got \(5, 4\)"),
    ("x one row", lambda: SQUARED.forward(P, X[0]), ValueError, r"x: expected shape \(n, 3\), got \(3,\)"),
    ("x a number", lambda: SQUARED.forward(P, 1.0), ValueError, r"x: expected shape \(n, 3\), got \(\)"),
    ("x no rows", lambda: SQUARED.loss_and_grad(P, X[:0], Y[:0]), ValueError, r"x: .*\(n, 3\), got \(0, 3\)"),
    ("x ragged", lambda: SQUARED.forward(P, RAGGED), ValueError, r"x: .*\(n, 3\), got rows of unequal lengths"),
    ("y too few", lambda: SQUARED.loss_and_grad(P, X, Y[:4]), ValueError, r"y: expected shape \(5, 2\), got \(4, 2\)"),
    ("y a column", lambda: SQUARED.loss_and_grad(P, X, Y[:, :1]), ValueError, r"y: .*\(5, 2\), got \(5, 1\)"),
    ("y flat", lambda: SQUARED.evaluate(P, X, Y[:, 0]), ValueError, r"y: expected shape \(5, 2\), got \(5,\)"),
    ("W transposed", lambda: SQUARED.forward(P | {"W2": P["W2"].T}, X), ValueError, r'params\["W2"\]: .*\(2, 5\), got \(5, 2\)'),
    ("delta rule, x", lambda: delta_rule([[1.0, 2.0]], [1.0], [1.0], "tanh"), ValueError, r"x: .*\(2,\), got \(1,\)"),
    ("delta rule, y", lambda: delta_rule([[1.0]], [1.0], [1.0, 2.0], "tanh"), ValueError, r"y: .*\(1,\), got \(2,\)"),
    ("delta rule, W", lambda: delta_rule([1.0], [1.0], [1.0], "tanh"), ValueError, r"W: .*\(d1, d0\), got \(1,\)"),
    ("Jacobian rule, x", lambda: jacobian_rule([[1.0]], [[1.0]], [1.0], "tanh"), ValueError, r"x: .*got \(1, 1\)"),
    ("gradient too wide", lambda: update(W, {"W": np.ones((2, 4))}), ValueError, r'grads\["W"\]: .*\(2, 3\), got \(2, 4\)'),
    ("vector too short", lambda: mapping.unflatten(np.ones(5), W), ValueError, r"vector: expected shape \(6,\), got \(5,\)"),
    ("inner product", lambda: mapping.inner(W, P), ValueError, r"q: expected the names \['W'\], got \['W1', 'W2'\]"),
    ("gradient of many", lambda: autodiff.gradient(autodiff.node(X), []), ValueError, r"result: .*one number.*\(5, 3\)"),
    ("vectors in @", lambda: autodiff.node(X) @ autodiff.node(X[0]), ValueError, r"@: .*two matrices.*\(5, 3\) and \(3,\)"),
    # types
    ("x of text", lambda: SQUARED.forward(P, [["a", "b", "c"]]), TypeError, "x: expected real numbers, got <U1"),
    ("x of objects", lambda: SQUARED.forward(P, [[None, 1, 2]]), TypeError, "x: expected real numbers, got object"),
    ("x missing", lambda: SQUARED.forward(P, None), TypeError, "x: expected real numbers, got object .NoneType"),
    ("x complex", lambda: SQUARED.forward(P, X + 1j), TypeError, "x: expected real numbers, got complex128"),
    ("y complex", lambda: SQUARED.evaluate(P, X, Y + 1j), TypeError, "y: expected real numbers, got complex128"),
    ("W complex", lambda: SQUARED.loss_and_grad(P | {"W1": P["W1"] + 0j}, X, Y), TypeError, r'params\["W1"\]: .*complex128'),
    ("W of text", lambda: SQUARED.forward(P | {"W1": "W1"}, X), TypeError, r'params\["W1"\]: .* got <U2 \(str\)'),
    ("params an array", lambda: SQUARED.forward(P["W1"], X), TypeError, "params: expected a mapping .*, got ndarray"),
    ("params a list", lambda: update([W["W"]], W), TypeError, "params: expected a mapping .*, got list"),
    ("gradients a list", lambda: update(W, [W["W"]]), TypeError, "grads: expected a mapping .*, got list"),
    ("sizes a number", lambda: SingleLayer(3), TypeError, "sizes: expected 2 numbers, got 3"),
    ("size a fraction", lambda: SingleLayer((3, 2.0)), TypeError, r"sizes\[1\]: expected a whole number .*2.0 \(float\)"),
    ("size a truth value", lambda: SingleLayer((3, True)), TypeError, r"sizes\[1\]: .* got True \(bool\)"),
    ("bias a number", lambda: SingleLayer((3, 2), bias=2), TypeError, "bias: expected True or False, got 2"),
    ("bias a word", lambda: FeedForward((3, 2), ("tanh",), bias="no"), TypeError, "bias: expected True or False, got 'no'"),
    ("f a number", lambda: SingleLayer((3, 2), 1), TypeError, "activation: expected a name or .*, got int"),
    ("loss a list", lambda: losses.loss_function(["squared"]), TypeError, "loss: expected a name or a loss, got list"),
    ("activations missing", lambda: FeedForward((3, 2), None), TypeError, "activations: expected 1, .*got None"),
    # nan and infinity
    ("x nan", lambda: SQUARED.forward(P, put(X, (3, 1), NAN)), ValueError, r"x: .*finite.*nan at index \(3, 1\)"),
    ("x infinite", lambda: SQUARED.forward(P, put(X, (0, 2), -INF)), ValueError, r"x: .*-inf at index \(0, 2\)"),
    ("y nan", lambda: SQUARED.evaluate(P, X, put(Y, (4, 0), NAN)), ValueError, r"y: .*nan at index \(4, 0\)"),
    ("W nan", lambda: SQUARED.forward(P | {"W1": put(P["W1"], (1, 0), NAN)}, X), ValueError, r'params\["W1"\]: .*nan at index \(1, 0\)'),
    ("gradient nan", lambda: update(W, {"W": put(W["W"], (1, 2), NAN)}), ValueError, r'grads\["W"\]: .*nan at index \(1, 2\)'),
    ("update of infinity", lambda: update({"W": put(W["W"], (0, 0), INF)}, W), ValueError, r'params\["W"\]: .*inf at index'),
    ("start at nan", lambda: fit(params=P | {"W2": put(P["W2"], (0, 0), NAN)}), ValueError, r'params\["W2"\]: .*nan'),
    ("overflow", lambda: SQUARED.loss_and_grad(P | {"W2": P["W2"] * 1e300}, X, Y), FloatingPointError, "overflows: .*too large"),
    ("only the gradient overflows", lambda: SingleLayer((1, 1)).loss_and_grad({"W": [[1e-50]]}, [[1e200]], [[0]]), FloatingPointError, "gradient overflows"),
    # labels
    ("label too large", lambda: classify([0, 1, 2, 0, 1]), ValueError, "y: expected labels 0 .. 1, got 2 at index 2"),
    ("label negative", lambda: classify([0, 1, 1, -1, 1]), ValueError, "y: expected labels 0 .. 1, got -1 at index 3"),
    ("labels fractions", lambda: classify([0.0, 1.0, 1.0, 0.0, 1.0]), TypeError, "y: expected integer labels 0 .. 1, got float64"),
    ("labels truth values", lambda: classify(LABELS > 0), TypeError, "y: expected integer labels 0 .. 1, got bool"),
    ("labels one-hot", lambda: classify(np.eye(2, dtype=int)[LABELS]), ValueError, r"y: .*\(5,\), got \(5, 2\)"),
    ("labels ragged", lambda: classify([[0], [1, 1]]), ValueError, r"y: expected shape \(5,\), got rows of unequal lengths"),
    ("one-hot of -1", lambda: datasets.one_hot([0, -1], 3), ValueError, "labels: expected labels 0 .. 2, got -1 at index 1"),
    ("one-hot of 3", lambda: datasets.one_hot([3], 3), ValueError, "labels: expected labels 0 .. 2, got 3 at index 0"),
    ("accuracy's labels", lambda: training.accuracy(CLASSIFY, W, X, LABELS[:4]), ValueError, r"labels: .*\(5,\), got \(4,\)"),
    ("accuracy's range", lambda: training.accuracy(CLASSIFY, W, X, LABELS + 1), ValueError, "labels: .*0 .. 1, got 2 at index 1"),
    # names
    ("unknown f", lambda: activation("tahn"), ValueError, "activation: expected one of .*'tanh'.*, got 'tahn'"),
    ("unknown loss", lambda: SingleLayer((3, 2), loss="hinge"), ValueError, "loss: expected one of .*'squared'.*, got 'hinge'"),
    ("W missing", lambda: SQUARED.forward({"W1": P["W1"]}, X), ValueError, r"params: .*\['W1', 'W2'\], got \['W1'\]"),
    ("W unknown", lambda: SQUARED.forward(P | {"b1": X}, X), ValueError, r"params: .*, got \['W1', 'W2', 'b1'\]"),
    ("names of two kinds", lambda: SQUARED.forward(P | {3: X}, X), ValueError, r"params: .*, got \[3, 'W1', 'W2'\]"),
    ("gradient missing", lambda: update(P, {"W1": P["W1"]}), ValueError, r"grads: .*\['W1', 'W2'\], got \['W1'\]"),
    ("too few activations", lambda: FeedForward((3, 4, 2), ("tanh",)), ValueError, "activations: expected 2, .*tanh"),
    ("activations a word", lambda: FeedForward((3, 4), "tanh"), ValueError, "activations: expected 1, .*'tanh'"),
    ("cross-entropy after tanh", lambda: SingleLayer((3, 2), "tanh", "cross-entropy"), ValueError, "softmax .*got tanh"),
    ("delta rule of softmax", lambda: delta_rule([[1.0]], [1.0], [1.0], "softmax"), ValueError, "f: .*entry-wise.*softmax"),
    # numbers out of range
    ("one size", lambda: FeedForward((3,), ()), ValueError, r"sizes: expected at least 2 numbers, got \(3,\)"),
    ("three sizes", lambda: SingleLayer((3, 2, 1)), ValueError, r"sizes: expected 2 numbers, got \(3, 2, 1\)"),
    ("size zero", lambda: SingleLayer((3, 0)), ValueError, r"sizes\[1\]: expected a finite number above 0, got 0"),
    ("step size zero", lambda: GradientDescent(0), ValueError, "learning_rate: .*above 0, got 0"),
    ("step size negative", lambda: GradientDescent(-0.1), ValueError, "learning_rate: .*above 0, got -0.1"),
    ("step size nan", lambda: GradientDescent(NAN), ValueError, "learning_rate: .*finite.*got nan"),
    ("step size infinite", lambda: GradientDescent(INF), ValueError, "learning_rate: .*finite.*got inf"),
    ("step size a word", lambda: GradientDescent("0.1"), TypeError, "learning_rate: .*got '0.1' .str"),
    ("step size true", lambda: GradientDescent(True), TypeError, "learning_rate: .*got True .bool"),
    ("model a class", lambda: fit(model=FeedForward), TypeError, r"model: expected a model, such as FeedForward.* got the class FeedForward"),
    ("model a number", lambda: fit(model=3), TypeError, "model: expected a model, .* got int"),
    ("optimizer a number", lambda: fit(optimizer=0.1), TypeError, r"optimizer: expected an optimizer, such as GradientDescent\(0.1\), got float"),
    ("optimizer a class", lambda: fit(optimizer=GradientDescent), TypeError, "optimizer: .* got the class GradientDescent"),
    ("random direction of a seed", lambda: random_direction(P, 0), TypeError, r"rng: expected numpy.random.default_rng\(seed\), got int"),
    ("as_elman without V1", lambda: as_elman({"W1": [[1.0]], "W2": [[1.0]]}), ValueError, r"params: expected the names \['V1', 'W1', 'W2'\], got \['W1', 'W2'\]"),
    ("as_elman W1 of others", lambda: as_elman({"W1": [[1.0], [2.0]], "V1": [[3.0]], "W2": [[4.0]]}), ValueError, r"W1, V1, W2: .*got \(2, 1\), \(1, 1\), \(1, 1\)"),
    ("as_elman W2 narrow", lambda: as_elman({"W1": np.ones((2, 1)), "V1": np.ones((2, 2)), "W2": [[4.0]]}), ValueError, r"W1, V1, W2: .*got \(2, 1\), \(2, 2\), \(1, 1\)"),
    ("as_simple v short", lambda: as_simple({"v": np.ones((2, 2)), "omega": np.ones((2, 1))}), ValueError, r"v, omega: expected shapes \(N \+ K, K\) .* got \(2, 2\) and \(2, 1\)"),
    ("as_simple nan", lambda: as_simple({"v": [[1.0], [NAN]], "omega": [[1.0]]}), ValueError, r'params\["v"\]: expected finite'),
    ("no epochs", lambda: fit(epochs=0), ValueError, "epochs: .*above 0, got 0"),
    ("half an epoch", lambda: fit(epochs=0.5), TypeError, "epochs: expected a whole number .*0.5 .float"),
    ("epochs true", lambda: fit(epochs=True), TypeError, "epochs: .*got True .bool"),
    ("batch size zero", lambda: fit(batch_size=0), ValueError, "batch_size: .*above 0, got 0"),
    ("batch size a fraction", lambda: fit(batch_size=2.0), TypeError, "batch_size: .*whole number.*2.0"),
    ("share one", lambda: datasets.stratified_split(LABELS, 1.0, np.random.default_rng(0)), ValueError, "share: .*got 1.0"),
    ("share negative", lambda: datasets.ordered_split(10, -0.5), ValueError, "share: .*got -0.5"),
    ("share of two", lambda: datasets.ordered_split(10, 2), ValueError, "share: .*between 0 and 1, got 2"),
    ("no rows to split", lambda: datasets.ordered_split(0, 0.5), ValueError, "n: .*above 0, got 0"),
    ("no labels to split", lambda: datasets.stratified_split([], 0.5, np.random.default_rng(0)), ValueError, "labels: .*got "),
    # randomness
    ("mini-batches, no rng", lambda: fit(batch_size=2), TypeError, r"rng: .*default_rng\(seed\), got NoneType"),
    ("mini-batches, a seed", lambda: fit(batch_size=2, rng=3), TypeError, r"rng: .*default_rng\(seed\), got int"),
    ("start, no rng", lambda: SQUARED.init(None), TypeError, r"rng: .*default_rng\(seed\), got NoneType"),
    ("start, old generator", lambda: SQUARED.init(np.random), TypeError, r"rng: .*default_rng\(seed\), got module"),
    ("start, integers", lambda: SQUARED.init(np.random.default_rng(0), int), TypeError, "dtype: expected float64 or float32"),
    ("split, no rng", lambda: datasets.stratified_split(LABELS, 0.5, None), TypeError, r"rng: .*default_rng\(seed\), got"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), [pytest.param(*case, id=name) for name, *case in CALLS])
def test_bad_input_is_named_and_changes_nothing(call, kind, message):
    before = deepcopy((X, Y, LABELS, P, W))
    with pytest.raises(kind, match=message) as caught:
        call()
    assert type(caught.value) is kind
    np.testing.assert_equal((X, Y, LABELS, P, W), before)


@pytest.mark.parametrize("kind", [list, np.float32, np.int64, bool])
def test_lists_and_numbers_of_other_types_are_welcome(kind):
    convert = (lambda a: a.tolist()) if kind is list else (lambda a: a.astype(kind))
    loss, grads = SQUARED.loss_and_grad({name: convert(a) for name, a in P.items()}, convert(X), convert(Y))
    expected, expected_grads = SQUARED.loss_and_grad(P, X, Y)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(grads["W1"], expected_grads["W1"], rtol=1e-3)


def test_what_was_made_cannot_be_changed_by_accident():
    for spec in (SQUARED, CLASSIFY, DESCENT):
        with pytest.raises(AttributeError):
            spec.sizes = (1, 1)
