"""The errata page: each entry names tests that exist, and the few that need a test of their own have it here."""

import ast
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy as sp
from conftest import ROOT

from nncourse import adding_bits as counter
from nncourse.feedforward import FeedForward
from nncourse.optimizers import ClipNorm, GradientDescent, printed_step
from nncourse.output_layers import HierarchicalSoftmax
from nncourse.params import flatten
from nncourse.perceptron import perceptron
from nncourse.recurrent import SimpleRNN
from nncourse.single_layer import SingleLayer
from nncourse.trees import balanced
from nncourse.unrolling import coverage, notes_algorithm
from tools import ledger

ENTRIES = ledger.errata()
WITHOUT_DEMONSTRATION = re.compile(r"\*\*About (notation|words) alone\.?\*\*")


@cache
def names_of_tests():
    found = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {part.name for part in ast.walk(tree) if isinstance(part, ast.FunctionDef)}
    return found


def prose_of(entry):
    return "\n\n".join(cell.source for cell in entry["cells"] if cell.cell_type == "markdown")


@pytest.mark.parametrize("number", ENTRIES)
def test_every_entry_says_what_is_printed_and_what_holds_and_shows_it(number):
    prose, code = prose_of(ENTRIES[number]), [c for c in ENTRIES[number]["cells"] if c.cell_type == "code"]
    assert prose.startswith(f"(errata-{number.lower()})=\n## {number}: ")
    assert "**Printed.**" in prose
    assert "**What holds.**" in prose or "**Here.**" in prose
    assert [bool(cell.outputs) for cell in code] == ([] if WITHOUT_DEMONSTRATION.search(prose) else [True])


def test_nearly_every_entry_has_a_demonstration():
    without = [number for number, entry in ENTRIES.items() if WITHOUT_DEMONSTRATION.search(prose_of(entry))]
    assert len(without) <= 5


@pytest.mark.parametrize("number", ENTRIES)
def test_every_entry_names_tests_that_exist_or_is_about_words_alone(number):
    prose = prose_of(ENTRIES[number])
    named = set(re.findall(r"`(test_\w+)`", prose))
    assert named <= names_of_tests()
    assert ("**Decided by**" in prose and named) or WITHOUT_DEMONSTRATION.search(prose)


def test_every_entry_is_found_from_a_chapter():
    assert set(ledger.noted()) == set(ENTRIES)


# --- the tests that entries have here: Stratos ---


@pytest.fixture
def rnn(rng):
    """Return a simple recurrent network, its parameters, five steps and their labels."""
    model = SimpleRNN((2, 3, 1), ("tanh", "identity"))
    return model, model.init(rng), rng.normal(size=(5, 1, 2)), rng.normal(size=(5, 1, 1))


@pytest.mark.equation("S-1.1", "S-1.1L", "S-1.2")
def test_a_network_whose_label_is_its_own_output_has_nothing_to_learn(rng):
    model = FeedForward((2, 3, 1), ("tanh", "identity"))
    params, x = model.init(rng), rng.normal(size=(4, 2))
    output, _ = model.forward(params, x)
    loss, grads = model.loss_and_grad(params, x, output)
    assert loss == 0
    assert not flatten(grads).any()
    assert flatten(model.loss_and_grad(params, x, output + 1)[1]).all()


@pytest.mark.equation("S-1")
def test_a_step_is_minus_the_learning_rate_times_the_gradient():
    params, grads = {"W": np.array([[1.0, 2.0]])}, {"W": np.array([[10.0, -10.0]])}
    stepped, _ = GradientDescent(0.25).update(params, grads, ())
    np.testing.assert_array_equal(stepped["W"], [[-1.5, 4.5]])


@pytest.mark.equation("S-1.1")
def test_without_a_bias_no_weight_separates_one_from_two():
    x, label = np.array([1.0, 2.0]), np.array([-1.0, 1.0])
    for w in np.linspace(-100, 100, 2001):
        without, _ = SingleLayer((1, 1)).forward({"W": [[w]]}, x[:, None])
        assert (np.sign(without[:, 0]) != label).any()
    with_bias, _ = SingleLayer((1, 1), bias=True).forward({"W": [[-1.5, 1.0]]}, x[:, None])
    np.testing.assert_array_equal(np.sign(with_bias[:, 0]), label)


@pytest.mark.equation("S-Alg1")
def test_an_input_as_long_as_the_output_is_refused():
    model = FeedForward((3, 2), ("tanh",))
    params = model.init(np.random.default_rng(0))
    with pytest.raises(ValueError, match=re.escape("x: expected shape (n, 3), got (1, 2)")):
        model.loss_and_grad(params, [[1.0, 2.0]], [[0.0, 1.0]])


@pytest.mark.equation("S-1.1L", "S-1.2L")
def test_a_sum_over_the_examples_has_n_times_the_gradient_of_their_mean(rng):
    model = FeedForward((2, 3, 1), ("tanh", "identity"))
    params, x, y = model.init(rng), rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    mean = flatten(model.loss_and_grad(params, x, y)[1])
    one_by_one = [flatten(model.loss_and_grad(params, x[[i]], y[[i]])[1]) for i in range(4)]
    np.testing.assert_allclose(sum(one_by_one), 4 * mean, rtol=1e-12)
    twice = model.loss_and_grad(params, np.tile(x, (2, 1)), np.tile(y, (2, 1)))[1]
    np.testing.assert_allclose(flatten(twice), mean, rtol=1e-12)


@pytest.mark.equation("S-1.1.2b")
def test_where_a_weight_gets_every_sign_right_the_logistic_loss_has_no_minimum():
    model, x, y = SingleLayer((1, 1), "identity", "logistic"), [[-1.0], [1.0]], [[-1.0], [1.0]]
    losses = [model.evaluate({"W": [[w]]}, x, y) for w in (0.0, 1.0, 10.0, 100.0)]
    assert losses == sorted(losses, reverse=True)
    assert 0 < losses[-1] < 1e-40
    slopes = [model.loss_and_grad({"W": [[w]]}, x, y)[1]["W"].item() for w in (0.0, 1.0, 10.0, 100.0)]
    np.testing.assert_array_less(slopes, 0)


@pytest.mark.equation("S-fn1a")
def test_the_perceptrons_update_at_every_row_never_separates_what_it_separates_at_mistakes():
    x, y = np.array([[-1.0, 1.0], [10.0, 1.0]]), np.array([1, 1])
    run = perceptron(x, y, epochs=100)
    assert run.per_epoch[-1] == 0
    np.testing.assert_array_less(0, x @ run.path[-1])
    for epochs in (1, 10, 1000):
        at_every_row = epochs * (y @ x)
        assert x[0] @ at_every_row < 0


@pytest.mark.equation("S-fn1b")
def test_a_bounded_number_of_mistakes_needs_several_passes_all_but_the_last_with_a_mistake():
    run = perceptron([[-1, 1], [10, 1]], [1, 1], epochs=50)
    assert run.per_epoch == [2, 1, 1, 1, 1, 0]
    assert all(run.per_epoch[:-1])


@pytest.mark.equation("S-LL", "S-3", "S-Alg1")
def test_the_error_term_of_a_language_model_is_that_of_no_squared_loss(rng):
    model = FeedForward((2, 3), ("softmax",), "cross-entropy")
    params, x, e_y = model.init(rng), rng.normal(size=(1, 2)), np.eye(3)[1]
    p = model.forward(params, x)[0][0]
    jacobian = np.diag(p) - np.outer(p, p)
    delta = {"log": p - e_y, "squared": jacobian @ (p - e_y), "box": (p - e_y) * p * (1 - p)}
    grad = model.loss_and_grad(params, x, [1])[1]["W1"]
    fits = {name: np.allclose(np.outer(d, x[0]), grad, rtol=1e-12) for name, d in delta.items()}
    assert fits == {"log": True, "squared": False, "box": False}


@pytest.mark.equation("S-1.3.2", "S-6")
def test_two_papers_of_2013_go_by_the_name_of_mikolov_and_others():
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8").split("\n@")
    papers = [e for e in entries if "author = {Mikolov" in re.sub(r" +", " ", e) and "{2013}" in e]
    assert len({re.search(r"title\s*= \{(.*)\}", e).group(1) for e in papers}) == 2


@pytest.mark.equation("S-6")
def test_the_tree_is_the_softmax_for_two_words_and_another_model_for_three():
    x, a, b = sp.symbols("x a b", real=True)
    left, right, then = (1 / (1 + sp.exp(-z)) for z in (a * x, -a * x, b * x))
    two, three = sp.log(left / right), sp.log(left * then / right)
    assert sp.simplify(sp.diff(two, x, 2)) == 0  # as in (5), linear in x
    assert sp.diff(three, x, 2).subs({a: 1, b: 1, x: 0}) == -sp.Rational(1, 4)


@pytest.mark.equation("S-1.3.3b")
def test_a_gradient_in_the_shape_of_the_vectors_has_numbers_for_every_node_nearly_all_zero(rng):
    V, d1 = 256, 5
    layer, W, h, y = HierarchicalSoftmax(balanced(V)), rng.normal(size=(255, d1)), rng.normal(size=(1, d1)), [7]
    _, _, dW = layer.backprop(W, h, np.array(y))
    assert dW.size == (V - 1) * d1
    assert np.count_nonzero(dW) == len(layer.path_gradient(W, h, np.array(y)).nodes) * d1 == 8 * d1


@pytest.mark.equation("S-2.1.1a")
def test_the_unrolled_network_is_one_of_section_1_2_with_columns_for_inputs_that_wait(rnn):
    model, params, x, _ = rnn
    a = np.concatenate([np.zeros(3), x.ravel()])  # h_0, x_1, ..., x_5
    for wait in range(4 * 2, -1, -2):  # numbers that are not due yet
        top = np.hstack([params["V1"], params["W1"], np.zeros((3, wait))])
        z = np.vstack([top, np.eye(wait, 3 + 2 + wait, k=3 + 2)]) @ a
        a = np.concatenate([np.tanh(z[:3]), z[3:]])
    np.testing.assert_allclose(params["W2"] @ a, model.forward(params, x)[0][-1, 0], rtol=1e-12)


@pytest.mark.equation("S-Alg2", "S-2.1.1b")
def test_the_loss_of_all_steps_has_another_gradient_than_that_of_the_last(rnn):
    model, params, x, y = rnn
    last = replace(model, at="last")
    single = [flatten(last.loss_and_grad(params, x[:t], y[t - 1])[1]) for t in range(1, 6)]
    total = flatten(model.loss_and_grad(params, x, y)[1])
    np.testing.assert_allclose(sum(single), total, rtol=1e-10)
    cosine = single[-1] @ total / np.linalg.norm(single[-1]) / np.linalg.norm(total)
    assert cosine < 0.99


@pytest.mark.equation("S-Alg2")
@pytest.mark.parametrize("T", [1, 2, 3, 4, 5])
def test_unrolled_less_than_all_the_way_no_form_is_the_gradient(T, rnn):
    model, params, x, y = rnn
    full = flatten(model.loss_and_grad(params, x, y)[1])
    for cut in (notes_algorithm(model, params, x, y, T), model.loss_and_grad(params, x, y, T=T)[1]):
        off = np.linalg.norm(flatten(cut) - full) / np.linalg.norm(full)
        assert off < 1e-12 if T == 5 else off > 1e-3


@pytest.mark.equation("S-Alg2")
def test_a_loss_counts_t_times_only_where_the_sequence_has_two_t_less_one_steps():
    for n in range(1, 12):
        for T in range(1, n + 1):
            assert coverage(n, T, "corrected").diagonal().max() == min(T, n - T + 1)
            assert coverage(n, T, "printed").diagonal().max() == min(T - 1, n - T + 1)


# --- Jun Kim ---


@pytest.mark.equation("J-15", "J-16", "J-29", "J-30", "J-31", "J-const")
def test_the_printed_rule_walks_to_the_parameters_that_roelants_publishes():
    data = np.around(np.random.RandomState(1).rand(20, 10))  # as his np.random.seed(1)
    bits = "".join(str(int(bit)) for bit in data.ravel())
    assert int(bits, 2) == 0x40554DC4EDD210B27E4BE5D4D6DCDE0F3AB8199730DB8A5CF3  # what the page has
    x, v, delta, sign = data.T, np.array([-1.5, 2.0]), np.full(2, 0.001), np.zeros(2)
    for _ in range(500):
        _, grads = counter.error_and_gradient({"v_x": v[0], "v_f": v[1]}, x, x.sum(axis=0))
        v, delta, sign = printed_step(v, np.array([grads["v_x"], grads["v_f"]]), delta, sign)
    np.testing.assert_allclose(v, [1.00135554721, 0.999674473785], rtol=1e-11)


@pytest.mark.equation("J-29", "J-clip")
def test_clipping_changes_nothing_in_the_printed_rule(rng):
    slopes = 100 * rng.normal(size=5)
    clipped = ClipNorm(1.0)({"v": slopes})["v"]
    assert np.linalg.norm(clipped) < np.linalg.norm(slopes)
    by_slopes, by_clipped = (printed_step(np.zeros(5), g, np.ones(5), np.ones(5)) for g in (slopes, clipped))
    for before, after in zip(by_slopes, by_clipped, strict=True):
        np.testing.assert_array_equal(before, after)
