"""The errata page: each entry names tests that exist, and the few that need a test of their own have it here."""

import ast
import re

import numpy as np
import pytest
from conftest import ROOT

from nncourse.feedforward import FeedForward
from nncourse.optimizers import GradientDescent
from nncourse.single_layer import SingleLayer

PAGE = (ROOT / "book" / "reference" / "errata.md").read_text(encoding="utf-8")


def names_of_tests():
    found = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {part.name for part in ast.walk(tree) if isinstance(part, ast.FunctionDef)}
    return found


def test_every_entry_names_tests_that_exist_or_is_about_notation_alone():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert named <= names_of_tests()
    for entry in PAGE.split("\n## ")[1:-1]:
        assert "**Decided by**" in entry or "{doc}`../notation`" in entry, entry.splitlines()[0]


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
