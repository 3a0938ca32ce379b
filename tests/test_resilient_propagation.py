"""What the chapter on resilient propagation claims: its derivations, its walks, and where the rule ends."""

import itertools

import numpy as np
import pytest
import sympy as sp

from nncourse import adding_bits
from nncourse.datasets import bit_sums
from nncourse.derivations import resilient_propagation as derivation
from nncourse.exercises import check
from nncourse.exercises.resilient_propagation import step
from nncourse.optimizers import GradientDescent, Rprop
from nncourse.training import walk

X, Y = bit_sums(8)
HALF, FIFTH = sp.Rational(1, 2), sp.Rational(1, 5)
ALL_BUT_ONE = {"v_x": 0.5, "v_f": 0.5}


def counter(params):
    return adding_bits.error_and_gradient(params, X, Y)


def down(slope, first_step, steps, variant="Rprop-"):
    """Return the points of a walk from -3 down a curve with a given slope."""
    return walk(lambda p: (0.0, {"v": slope(p["v"])}), {"v": -3.0}, Rprop(variant, first_step=first_step), steps)


# --- derivations ---


@pytest.mark.equation("J-eta-p")
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_the_way_of_k_steps_is_the_sum_of_the_powers(steps):
    by_hand = sum(derivation.first * derivation.eta_plus**j for j in range(steps))
    for way in (derivation.way(derivation.k).subs(derivation.k, steps), derivation.way(steps)):
        assert sp.simplify(way - by_hand) == 0


@pytest.mark.equation("J-eta-n")
def test_the_formula_of_shrinking_is_what_rprop_minus_does():
    rprop, params = Rprop("Rprop-", first_step=1.0), {"v": np.array(0.0)}
    state = rprop.init(params)
    for k in range(8):
        params, state = rprop.update(params, {"v": np.array((-1.0) ** k)}, state)
        formula = derivation.shrunk(k).subs({derivation.first: 1, derivation.eta_minus: HALF})
        assert float(state.step["v"]) == float(formula)


@pytest.mark.equation("J-30", "J-31", "J-const")
def test_at_the_share_that_holds_delta_neither_grows_nor_shrinks():
    share = derivation.share_that_holds(1 + FIFTH, HALF)
    assert float(share) == pytest.approx(np.log(2) / np.log(2.4), rel=1e-14)
    factors = {derivation.u: FIFTH, derivation.eta_minus: HALF}
    assert float(derivation.growth(share).subs(factors)) == pytest.approx(0, abs=1e-14)
    assert derivation.growth(share + sp.Rational(1, 100)).subs(factors) > 0
    assert derivation.growth(sp.Rational(3, 4)).subs(factors) < 0  # one change in four steps is too many


@pytest.mark.equation("J-30", "J-31")
@pytest.mark.parametrize("variant", ["Rprop-", "Rprop+", "iRprop-"])
def test_the_mean_growth_is_that_of_a_long_walk_of_random_signs(variant, rng):
    """Signs that stay with probability 0.7 where two of them are compared; no bound is ever met."""
    rprop, n = Rprop(variant, smallest=1e-300, largest=1e300), 20_000
    params, compared = {"w": np.zeros(n)}, np.zeros(n)
    state, signs = rprop.init(params), np.ones(n)
    for _ in range(30):
        compared += state.sign["w"] != 0
        signs = signs * rng.choice([1.0, -1.0], n, p=[0.7, 0.3])
        params, state = rprop.update(params, {"w": signs}, state)
    growth = derivation.growth(sp.Rational(7, 10)).subs({derivation.u: FIFTH, derivation.eta_minus: HALF})
    assert np.log(state.step["w"] / 0.1).sum() / compared.sum() == pytest.approx(float(growth), abs=0.01)


@pytest.mark.equation("J-eta-n")
def test_a_change_of_sign_in_one_dimension_brackets_a_minimum(rng):
    found = 0
    for _ in range(200):
        E = sum(sp.Rational(int(c), 4) * derivation.v**n for n, c in enumerate(rng.integers(-8, 9, 6)))
        a, b = (sp.Rational(int(end), 8) for end in rng.choice(np.arange(-20, 21), 2, replace=False))
        slope = sp.diff(E, derivation.v)
        before, after = slope.subs(derivation.v, a), slope.subs(derivation.v, b)
        downhill = before * (b - a) < 0  # a step of Rprop goes downhill at its beginning
        if before * after < 0 and downhill:
            minima = derivation.minima_between(E, a, b)
            assert minima
            assert all(min(a, b) < m < max(a, b) for m in minima)
            assert all(sp.N(slope.subs(derivation.v, m), 30, chop=1e-25) == 0 for m in minima)
            found += 1
    assert found >= 10


@pytest.mark.equation("J-eta-n")
def test_a_sign_that_stays_does_not_say_that_nothing_was_passed():
    E = (derivation.v**2 - 1) ** 2 / 4
    assert derivation.minima_between(E, 2, HALF) == [1]
    assert derivation.minima_between(E, 2, -2) == [-1, 1]
    assert derivation.minima_between(E, 2, -HALF) == [1]
    assert derivation.minima_between(E, -2, -3 * HALF) == []
    slope = sp.diff(E, derivation.v)
    assert slope.subs(derivation.v, 2) > 0
    assert slope.subs(derivation.v, -HALF) > 0
    assert derivation.minima_between(derivation.v**3, -1, 1) == []


@pytest.mark.equation("J-eta-n")
def test_sympy_shows_a_change_of_sign_along_a_straight_line():
    E, step = derivation.without_a_minimum(), sp.Rational(1, 10)
    along_x = sp.diff(E, derivation.x)
    assert sp.diff(E, derivation.x, 2) == 0
    before = {derivation.x: 2, derivation.y: step / 2}
    assert all(sp.diff(E, u).subs(before) > 0 for u in before)
    after = {u: value - step for u, value in before.items()}
    assert along_x.subs(before) == -along_x.subs(after) == step / 2


# --- walks ---


@pytest.mark.equation("J-rprop")
def test_curves_that_rise_and_fall_alike_are_walked_alike():
    curves = [lambda v: v, lambda v: 2 * v / (1 + v**2) ** 2, lambda v: 1e-200 * np.sign(v)]
    for first_step in (2.0, 0.1, 0.001):
        walks = [down(slope, first_step, 60).points["v"] for slope in curves]
        assert np.array_equal(walks[0], walks[1])
        assert np.array_equal(walks[0], walks[2])


@pytest.mark.equation("J-const", "J-eta-p")
def test_a_tenth_of_the_first_step_costs_about_thirteen_steps():
    passed = [int(np.argmax(down(np.sign, 10.0**-n, 100).points["v"] > 0)) for n in range(6)]
    assert passed == [3, 11, 23, 36, 48, 61]
    predicted = [np.log(1 + 3 * 0.2 / 10.0**-n) / np.log(1.2) for n in range(6)]
    assert passed == [int(np.floor(k)) + 1 for k in predicted]


@pytest.fixture(scope="module")
def walks_from_twelve_starts():
    rules = {
        "3e-5": GradientDescent(3e-5),
        "3e-7": GradientDescent(3e-7),
        "0.1": Rprop(),
        "0.001": Rprop(first_step=0.001),
    }
    starts = itertools.product((-1.0, 0.5, 1.5, 3.0), (-1.5, 1.5, 2.0))
    starts = [{"v_x": a, "v_f": b} for a, b in starts]
    return {name: [walk(counter, start, rule, 200) for start in starts] for name, rule in rules.items()}


@pytest.mark.equation("J-rprop", "J-29")
@pytest.mark.parametrize(
    ("rule", "diverged", "arrived"), [("3e-5", 11, 1), ("3e-7", 3, 0), ("0.1", 0, 10), ("0.001", 0, 9)]
)
def test_rprop_trains_the_bit_counter_where_gradient_descent_diverges(
    walks_from_twelve_starts, rule, diverged, arrived
):
    walks = walks_from_twelve_starts[rule]
    assert sum(path.diverged for path in walks) == diverged
    assert sum(not path.diverged and path.losses[-1] < 1 for path in walks) == arrived


def test_the_two_that_do_not_arrive_are_in_no_minimum(walks_from_twelve_starts):
    lost = [path for path in walks_from_twelve_starts["0.1"] if path.losses[-1] > 1]
    assert len(lost) == 2
    for path in lost:
        assert path.points["v_f"][0] == -1.5
        end = {name: points[-1] for name, points in path.points.items()}
        assert np.linalg.eigvalsh(adding_bits.hessian(end, X, Y))[0] < -100


def test_in_the_slanting_valley_the_improved_variants_are_ahead():
    start = {"v_x": 0.5, "v_f": 2.0}
    ends = {v: walk(counter, start, Rprop(v), 300).losses[-1] for v in ("Rprop-", "Rprop+", "iRprop-", "iRprop+")}
    assert max(ends["iRprop-"], ends["iRprop+"]) < 1e-4 * min(ends["Rprop-"], ends["Rprop+"])


# --- full batches ---


def in_batches(size, steps=300):
    """Return E on all rows and the longer Delta after steps on random rows."""
    rng, rprop, params = np.random.default_rng(0), Rprop(), {"v_x": np.array(0.5), "v_f": np.array(2.0)}
    state = rprop.init(params)
    for _ in range(steps):
        rows = rng.choice(256, size, replace=False)
        _, grads = adding_bits.error_and_gradient(params, X[:, rows], Y[rows])
        params, state = rprop.update(params, grads, state)
    return float(adding_bits.error(params, X, Y)), float(max(state.step.values()))


@pytest.mark.equation("J-29", "J-30")
def test_small_batches_freeze_rprop_far_from_the_minimum():
    assert in_batches(256)[0] < 1e-4
    for size in (64, 8):
        error, delta = in_batches(size)
        assert error > 20
        assert delta < 1e-4


@pytest.mark.equation("J-29")
def test_the_sign_of_a_sum_is_not_the_sum_of_the_signs():
    pulls = np.array([-1.0] * 9 + [9.0])
    ends = []
    for slopes in (np.repeat(pulls.mean(), 100), np.tile(pulls, 10)):
        rprop, params = Rprop("Rprop-", first_step=0.001), {"w": np.array(0.0)}
        state = rprop.init(params)
        for slope in slopes:
            params, state = rprop.update(params, {"w": np.array(slope)}, state)
        ends.append(float(params["w"]))
    assert ends[0] == 0
    assert ends[1] > 0.2


# --- what the sign carries ---


@pytest.mark.equation("J-rprop")
def test_a_vanished_slope_has_a_sign_that_rprop_can_use():
    x = np.zeros((50, 1))
    x[0] = 1
    paths = [
        walk(lambda p: adding_bits.error_and_gradient(p, x, np.ones(1)), ALL_BUT_ONE, rule, 100)
        for rule in (GradientDescent(0.1), Rprop())
    ]
    assert paths[0].losses[-1] == pytest.approx(0.5, rel=1e-9)
    assert paths[1].losses[-1] < 1e-8


@pytest.mark.equation("J-rprop")
def test_the_sign_knows_nothing_of_steps_older_than_ten():
    """With ones the older steps have a share of v_f^10; with random bits no label changes a sign."""
    ones = np.ones((50, 1))
    parts = np.sum(adding_bits.blame(ALL_BUT_ONE, ones, [50.0]) * ones, axis=1)
    assert parts[:-10].sum() / parts.sum() == pytest.approx(9.765625e-4, rel=1e-9)
    x = np.random.default_rng(0).choice([-1.0, 1.0], (50, 200))
    for t in range(20):
        _, grads = adding_bits.error_and_gradient(ALL_BUT_ONE, x, x[t])
        recent = np.sum(adding_bits.blame(ALL_BUT_ONE, x, x[t])[-10:] * x[-10:])
        assert np.sign(recent) == np.sign(grads["v_x"]) == np.sign(grads["v_f"]) == 1
    start = {"v_x": 0.9, "v_f": 0.9}
    path = walk(lambda p: adding_bits.error_and_gradient(p, x, x[0]), start, Rprop(), 150)
    assert path.losses[-1] / 200 == pytest.approx(0.48364, abs=1e-5)
    assert adding_bits.error({"v_x": 1e-49, "v_f": 10.0}, x, x[0]) / 200 < 0.01


# --- the exercises ---


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w, d, s: (w, d, -s), "look at your signs to remember where the sign has stayed"),
        (lambda w, d, s: (w, d + (s == 0), s), "look at your delta where the sign has changed"),
        (lambda w, d, s: (2 * w, d, s), "look at your w where the sign has changed"),
        (lambda w, d, s: (w, d[:3], s), "your delta should have the shape (9,), not (3,)"),
        (lambda w, d, s: (w, d), "three results are asked"),
        (lambda w, d, s: (w, d, s) if s == 0 else None, "an `if` takes one number"),
    ],
)
def test_a_wrong_step_is_told_which_result_is_wrong_and_for_which_signs(change, words):
    for _ in range(3):
        verdict = check("resilient-propagation-2", lambda *arguments: change(*step(*arguments)))
        assert not verdict
        assert words in verdict.message
