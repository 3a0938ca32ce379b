"""The appendix: the rules from the difference quotient, their conditions, and that the engine applies them."""

import math

import numpy as np
import pytest
import sympy as sp

from nncourse import autodiff
from nncourse.derivations import derivative_rules as dr
from nncourse.gradient_check import complex_step

f, g = sp.Function("f"), sp.Function("g")
x, h = dr.x, dr.h
PAIRS = [(sp.sin, sp.exp), (lambda t: t**3, sp.cosh), (sp.exp, lambda t: 1 + t**2)]


# --- the rules for functions of which nothing is known ---


@pytest.mark.equation("S-A1", "S-A2", "S-A3")
def test_the_three_rules_hold_for_every_pair_of_differentiable_functions():
    assert dr.limit(dr.of_product()) == dr.f1 * dr.g0 + dr.f0 * dr.g1
    assert dr.limit(dr.of_composition()) == dr.f1 * dr.g1
    assert dr.limit(dr.of_two_ways()) == dr.F1 * dr.u1 + dr.F2 * dr.v1
    right = (dr.f1 * dr.g0 - dr.f0 * dr.g1) / dr.g0**2
    assert sp.cancel(dr.limit(dr.of_quotient()) - right) == 0


@pytest.mark.equation("S-A1", "S-A2", "S-A3")
def test_sympy_knows_the_same_rules_for_functions_left_open():
    assert sp.expand(dr.product_rule(f, g) - (f(x) * g(x)).diff(x)) == 0
    assert sp.simplify(dr.quotient_rule(f, g) - (f(x) / g(x)).diff(x)) == 0
    assert dr.chain_rule(f, g) == f(g(x)).diff(x)


@pytest.mark.equation("S-A1", "S-A2")
def test_the_difference_quotients_split_exactly_before_any_limit():
    product = dr.difference_quotient(lambda t: f(t) * g(t))
    assert sp.simplify(dr.split_product(f, g) - product) == 0
    quotient = dr.difference_quotient(lambda t: f(t) / g(t))
    assert sp.simplify(dr.split_quotient(f, g) - quotient) == 0


@pytest.mark.equation("S-A1", "S-A2", "S-A3")
@pytest.mark.parametrize(("F", "G"), PAIRS)
def test_the_limits_of_known_functions_agree_with_the_rules(F, G):
    cases = [
        (lambda t: F(t) * G(t), dr.product_rule),
        (lambda t: F(t) / G(t), dr.quotient_rule),
        (lambda t: F(G(t)), dr.chain_rule),
    ]
    for whole, rule in cases:
        assert sp.simplify(dr.by_limit(whole) - rule(F, G)) == 0


# --- their conditions ---


@pytest.mark.equation("S-A2")
def test_where_g_is_zero_the_quotient_rule_has_no_limit_to_name():
    with pytest.raises(ValueError, match="expected a denominator that is not 0"):
        dr.limit(dr.of_quotient().subs(dr.g0, 0))
    one, line = (lambda t: sp.Integer(1)), (lambda t: t)
    assert dr.quotient_rule(one, line).subs(x, 0) is sp.zoo
    assert sp.fraction(dr.of_quotient())[1].subs(dr.g0, 0) == 0
    assert sp.limit(1 / h, h, 0, "+") != sp.limit(1 / h, h, 0, "-")  # and no value at 0 would make 1/x continuous


@pytest.mark.equation("S-A3")
def test_the_step_of_g_can_be_zero_as_near_as_one_likes_and_the_rule_still_holds():
    def wave(t):
        return t**2 * sp.sin(1 / t)

    for n in (1, 10, 1000):
        assert wave(1 / (n * sp.pi)) == 0
    slope = sp.limit(wave(h) / h, h, 0)
    assert slope == 0
    for F in (sp.exp, sp.sin):
        quotients = [float(abs((F(wave(s)) - F(0)) / s)) for s in (sp.Float(0.1) ** k for k in range(1, 6))]
        assert max(q * 10**k for k, q in enumerate(quotients, start=1)) < 1.1


def test_slopes_along_the_axes_alone_do_not_make_the_rule_for_two_ways():
    def F(u, v):
        return u * v**2 / (u**2 + v**2)

    t = sp.Symbol("t")
    assert F(t, 0) == F(0, t) == 0
    assert sp.simplify(F(t, t)).diff(t) == sp.Rational(1, 2)


# --- two ways, and the engine ---


def test_the_two_ways_of_a_power_add_up():
    s = sp.Symbol("s", positive=True)
    base, exponent = dr.two_ways(lambda p, q: p**q, lambda t: t, lambda t: t)
    for value in (0.3, 1.5, 2.7):
        truth = (s**s).diff(s).subs(s, value)
        assert math.isclose((base + exponent).subs(x, value), truth, rel_tol=1e-12)
        assert abs(base.subs(x, value) - truth) > 0.01 * abs(truth)
    assert sp.simplify((base - x**x).subs(x, s)) == 0
    assert sp.simplify((exponent - x**x * sp.log(x)).subs(x, s)) == 0


def test_each_way_has_the_slope_of_its_inner_function():
    ways = dr.two_ways(lambda p, q: p**q, lambda t: t**3, lambda t: t**2)
    for value in (0.3, 1.5):
        truth = ((x**3) ** (x**2)).diff(x).subs(x, value)
        assert math.isclose(sum(ways).subs(x, value), truth, rel_tol=1e-12)


def all_three(t, tanh, exp):
    """An expression with a product, a quotient and compositions; t is used four times."""
    return t * tanh(t * t) / (1 + exp(t))


@pytest.mark.equation("S-A1", "S-A2", "S-A3")
@pytest.mark.parametrize("at", [-1.3, 0.7, 2.0])
def test_the_engine_applies_the_rules(at):
    node = autodiff.node(at)
    (found,) = autodiff.gradient(all_three(node, autodiff.tanh, autodiff.exp), [node])
    truth = float(all_three(x, sp.tanh, sp.exp).diff(x).subs(x, at))
    step = complex_step(lambda p: all_three(p["x"], np.tanh, np.exp), {"x": at}, {"x": 1.0})
    assert math.isclose(found, truth, rel_tol=1e-12)
    assert math.isclose(step, truth, rel_tol=1e-12)


def test_right_rules_in_floats_can_give_a_wrong_slope():
    z = autodiff.node(400.0)
    e = autodiff.exp(z)
    (slope,) = autodiff.gradient(e / (1 + e), [z])
    assert math.isclose(slope, 1.0, rel_tol=1e-12)  # the truth is about 2e-174: r * r has become 0
