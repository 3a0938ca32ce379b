"""sympy's derivations: the identities they prove, and that the package computes what they derive."""

import numpy as np
import pytest
import sympy as sp

from nncourse.derivations import backpropagation as bp
from nncourse.derivations import delta_rule as dr
from nncourse.feedforward import FeedForward
from nncourse.single_layer import SingleLayer, jacobian_rule

CONCRETE = {  # what sympy differentiates, beside the package's function of that name
    "identity": lambda z: z,
    "tanh": lambda z: z.applyfunc(sp.tanh),
    "sigmoid": lambda z: z.applyfunc(lambda z_i: 1 / (1 + sp.exp(-z_i))),
    "softmax": dr.softmax,
}


# --- identities, with the activation functions left open ---


@pytest.mark.equation("S-1")
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 2)])
def test_the_delta_rule_holds_for_every_entrywise_f(shape):
    W, x, y = dr.symbols(*shape)
    f = dr.entrywise(shape[0])
    assert dr.equal(dr.by_definition(W, x, y, f), dr.by_delta_rule(W, x, y, f))


@pytest.mark.equation("S-1")
def test_for_a_coupled_f_the_jacobian_rule_holds_and_the_delta_rule_does_not():
    W, x, y = dr.symbols(2, 2)
    f = dr.coupled(2)
    truth = dr.by_definition(W, x, y, f).doit()
    point = {s: sp.Rational(k + 2, 3) for k, s in enumerate([*W, *x, *y])}
    for example in (lambda u, v: (u * u * v, u + v**3), lambda u, v: (sp.exp(u - v), u * v)):
        values = {}
        for rule in (dr.by_definition, dr.by_jacobian_rule, dr.by_delta_rule):
            values[rule] = rule(W, x, y, lambda z: sp.Matrix(example(*z))).subs(point)  # noqa: B023
        assert dr.equal(values[dr.by_definition], values[dr.by_jacobian_rule])
        assert not dr.equal(values[dr.by_definition], values[dr.by_delta_rule])
    assert dr.equal(truth, dr.by_jacobian_rule(W, x, y, f).doit())


@pytest.mark.equation("S-2", "S-dL", "S-dl", "S-Alg1")
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3, 1), (2, 2, 2), (1, 2, 2, 1)], ids=str)
def test_backpropagation_holds_for_every_entrywise_f_in_every_layer(sizes):
    W, x, y = bp.symbols(sizes)
    f = bp.entrywise(sizes)
    by_definition = bp.by_definition(W, x, y, f)
    for jacobian_of in (dr.jacobian, bp.diagonal_jacobian):  # entry-wise: nothing but the diagonal is there
        recursion = bp.by_backpropagation(W, x, y, f, jacobian_of)
        assert len(recursion) == len(sizes) - 1
        assert all(dr.equal(truth.doit(), got.doit()) for truth, got in zip(by_definition, recursion, strict=True))


def test_two_matrices_that_differ_are_not_equal():
    u = sp.Symbol("u")
    assert dr.equal(sp.Matrix([sp.sin(u) ** 2]), sp.Matrix([1 - sp.cos(u) ** 2]))
    assert not dr.equal(sp.Matrix([u]), sp.Matrix([u + 1]))


# --- what is derived is what the package computes ---


@pytest.mark.equation("S-1")
@pytest.mark.parametrize("f", CONCRETE)
def test_the_single_layer_computes_what_sympy_derives(f, rng):
    W, x, y = dr.symbols(2, 3)
    derived = dr.as_function(dr.by_definition(W, x, y, CONCRETE[f]), W, x, y)
    for _ in range(3):
        W_0, x_0, y_0 = rng.standard_normal((2, 3)), rng.standard_normal(3), rng.standard_normal(2)
        _, grads = SingleLayer((3, 2), f).loss_and_grad({"W": W_0}, x_0[None], y_0[None])
        np.testing.assert_allclose(grads["W"], derived(W_0.ravel(), x_0, y_0), rtol=1e-12, atol=1e-14)


@pytest.mark.equation("S-dl", "S-Alg1")
@pytest.mark.parametrize(
    ("sizes", "functions"),
    [
        ((3, 2), ("sigmoid",)),
        ((2, 3, 2), ("tanh", "sigmoid")),
        ((2, 2, 2, 1), ("tanh", "sigmoid", "identity")),
        ((2, 3, 2), ("softmax", "tanh")),
    ],
    ids=str,
)
def test_the_multi_layer_network_computes_what_sympy_derives(sizes, functions, rng):
    W, x, y = bp.symbols(sizes)
    derived = [
        dr.as_function(gradient, *W, x, y)
        for gradient in bp.by_definition(W, x, y, [CONCRETE[f] for f in functions])
    ]
    model = FeedForward(sizes, functions)
    for _ in range(3):
        params = {name: rng.standard_normal(shape) for name, shape in model.shapes().items()}
        x_0, y_0 = rng.standard_normal(sizes[0]), rng.standard_normal(sizes[-1])
        _, grads = model.loss_and_grad(params, x_0[None], y_0[None])
        for got, function in zip(grads.values(), derived, strict=True):
            expected = function(*(W_l.ravel() for W_l in params.values()), x_0, y_0)
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)


# --- the counterexamples of the errata page ---


@pytest.mark.equation("S-1")
def test_softmax_refutes_the_printed_delta_rule_by_a_factor_of_two():
    W, x, y = sp.eye(2), sp.Matrix([1, 0]), sp.Matrix([0, 1])
    symbols = dr.symbols(2, 2)
    at = dict(zip([s for matrix in symbols for s in matrix], [*W, *x, *y], strict=True))
    truth = dr.by_definition(*symbols, dr.softmax).subs(at)
    printed = dr.by_delta_rule(*symbols, dr.softmax).subs(at)
    assert dr.equal(truth, 2 * printed)
    np.testing.assert_allclose(np.array(truth[:, 0], dtype=float).ravel(), [0.287469680914, -0.287469680914], 1e-11)
    assert dr.equal(truth, dr.by_jacobian_rule(*symbols, dr.softmax).subs(at))
    package = jacobian_rule(np.eye(2), [1.0, 0.0], [0.0, 1.0], "softmax")
    np.testing.assert_allclose(package, np.array(truth, dtype=float), rtol=1e-15)


@pytest.mark.equation("S-1")
def test_with_three_outputs_the_printed_delta_rule_can_even_have_a_wrong_sign(rng):
    W, x, y = dr.symbols(3, 1)
    rules = (dr.by_definition, dr.by_jacobian_rule, dr.by_delta_rule)
    at = [[1.0, -0.5, 0.0], [1.0], [0.0, 1.0, 0.0]]
    truth, exact, printed = (dr.as_function(rule(W, x, y, dr.softmax), W, x, y)(*at) for rule in rules)
    np.testing.assert_allclose(exact, truth, rtol=1e-13)
    assert np.any(np.sign(printed) != np.sign(truth))


@pytest.mark.equation("S-dl")
def test_a_softmax_in_the_middle_refutes_the_printed_recursion(rng):
    sizes, functions = (2, 3, 1), [dr.softmax, lambda z: z]
    W, x, y = bp.symbols(sizes)
    symbols = [s for matrix in (*W, x, y) for s in matrix]
    at = dict(zip(symbols, [1, 0, 0, 1, -1, 1, 2, -1, 1, 1, 1, 3], strict=True))
    truth = [np.array(g.subs(at), dtype=float) for g in bp.by_definition(W, x, y, functions)]
    exact = [np.array(g.subs(at), dtype=float) for g in bp.by_backpropagation(W, x, y, functions)]
    printed = [
        np.array(g.subs(at), dtype=float) for g in bp.by_backpropagation(W, x, y, functions, bp.diagonal_jacobian)
    ]
    np.testing.assert_allclose(exact[0], truth[0], rtol=1e-13)
    np.testing.assert_allclose(printed[1], truth[1], rtol=1e-13)  # the last layer is entry-wise
    assert np.abs(printed[0] - truth[0]).max() > 0.1
    np.testing.assert_allclose(
        truth[0].sum(axis=0), 0, atol=1e-15
    )  # softmax ignores a common shift: delta sums to 0
    assert np.abs(printed[0].sum(axis=0)).max() > 0.1
    _, grads = FeedForward(sizes, ("softmax", "identity")).loss_and_grad(
        {"W1": [[1, 0], [0, 1], [-1, 1]], "W2": [[2, -1, 1]]}, [[1, 1]], [[3]]
    )
    np.testing.assert_allclose(grads["W1"], truth[0], rtol=1e-13)
