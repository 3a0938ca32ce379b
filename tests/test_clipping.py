"""Gradient clipping: what is shortened, to what, in which direction, and what is left alone to the last bit."""

from copy import deepcopy
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nncourse import adding_bits
from nncourse.datasets import bit_sums
from nncourse.derivations import gradient_clipping as derivation
from nncourse.feedforward import FeedForward
from nncourse.optimizers.clipping import ClipEach, ClipNorm, Clipped, ClipValues
from nncourse.optimizers.gradient_descent import GradientDescent
from nncourse.params import copy, flatten, norm
from nncourse.training import fit, walk

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
GRADIENTS = st.dictionaries(
    st.text(min_size=1, max_size=3),
    arrays(np.float64, array_shapes(min_dims=0, max_dims=3, max_side=3), elements=NUMBERS),
    min_size=1,
    max_size=4,
)
LIMITS = st.floats(1e-250, 1e250)
ALL = [ClipNorm, ClipEach, ClipValues]
EVERY_CLIPPER = pytest.mark.parametrize("clipper", ALL, ids=lambda kind: kind.__name__)
TINIEST, LARGEST = 5e-324, np.finfo(float).max


def pair(a, b, dtype=float):
    """Return two matrices of one number each."""
    return {"V1": np.array([[a]], dtype), "W1": np.array([[b]], dtype)}


def numbers(grads):
    return flatten(grads).tolist()


def bits(grads):
    return {name: (g.dtype, g.shape, g.tobytes()) for name, g in grads.items()}


def random_gradients(rng, size=1.0):
    return {
        name: size * rng.standard_normal(shape) for name, shape in {"W1": (4, 3), "V1": (4, 4), "b": ()}.items()
    }


def cosine(p, q):
    p, q = flatten(p), flatten(q)
    return p @ q / np.linalg.norm(p) / np.linalg.norm(q)


def exactly_clipped(grads, limit):
    """Return the common norm's clipping in exact fractions, but for the square root, which is taken to 200 bits."""
    g = [Fraction(x) for x in numbers(grads)]
    square = sum(x * x for x in g)
    if square <= Fraction(limit) ** 2:
        return [float(x) for x in g]
    scale = 2**2600  # the square of the tiniest number is 2 ** -2148
    root = Fraction(isqrt(square.numerator * scale**2 // square.denominator), scale)
    return [float(x * Fraction(limit) / root) for x in g]


# --- by hand ---


@pytest.mark.equation("J-clip")
@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (ClipNorm(4), (2.4, 3.2)),
        (ClipEach(4), (3, 4)),
        (ClipValues(3.5), (3, 3.5)),
        (ClipNorm(5), (3, 4)),
        (ClipNorm(2.5), (1.5, 2)),
        (ClipEach(2.5), (2.5, 2.5)),
        (ClipValues(2.5), (2.5, 2.5)),
    ],
    ids=str,
)
def test_three_and_four_by_hand_and_the_readings_of_the_note_differ(clip, expected):
    np.testing.assert_allclose(numbers(clip(pair(3.0, 4.0))), expected, rtol=1e-15)
    np.testing.assert_allclose(numbers(clip(pair(-3.0, 4.0))), (-expected[0], expected[1]), rtol=1e-15)


@pytest.mark.equation("J-clip")
def test_a_norm_is_one_of_the_matrix_and_not_of_its_rows():
    grads = {"W": np.array([[3.0, 0.0], [0.0, 4.0]])}
    for clip in (ClipNorm(2.5), ClipEach(2.5)):
        np.testing.assert_allclose(clip(grads)["W"], [[1.5, 0], [0, 2]], rtol=1e-15)


@pytest.mark.equation("J-clip")
def test_at_the_limit_it_makes_no_difference_whether_the_rule_says_above_or_not_below():
    at, limit = np.array([3.0, 4.0]), 5.0
    above = limit * at / np.linalg.norm(at) if np.linalg.norm(at) > limit else at
    not_below = limit * at / np.linalg.norm(at) if np.linalg.norm(at) >= limit else at
    assert above.tolist() == not_below.tolist() == ClipNorm(limit)({"W": at})["W"].tolist() == [3, 4]
    with_eps = ClipNorm(limit, eps=1e-6)({"W": at})["W"]
    np.testing.assert_allclose(1 - with_eps / at, 2e-7, rtol=1e-6)


@pytest.mark.equation("J-clip")
def test_other_norms_would_give_other_gradients():
    g, limit = np.array([3.0, 4.0]), 4.0
    np.testing.assert_allclose(limit * g / np.sum(g), [12 / 7, 16 / 7])  # the sum of the absolute values
    np.testing.assert_allclose(limit * g / np.max(g), [3, 4])  # the largest of them
    np.testing.assert_allclose(ClipNorm(limit)({"W": g})["W"], [2.4, 3.2], rtol=1e-15)


# --- what holds for every gradient ---


@pytest.mark.equation("J-clip")
@given(grads=GRADIENTS, limit=LIMITS)
def test_the_norm_is_afterwards_the_smaller_of_norm_and_limit(grads, limit):
    before, after = norm(grads), norm(ClipNorm(limit)(grads))
    np.testing.assert_allclose(after, min(before, limit), rtol=1e-14)
    for name, g in ClipEach(limit)(grads).items():
        np.testing.assert_allclose(norm({name: g}), min(norm({name: grads[name]}), limit), rtol=1e-14)
    for name, g in ClipValues(limit)(grads).items():
        np.testing.assert_array_equal(np.abs(g), np.minimum(np.abs(grads[name]), limit))
        np.testing.assert_array_equal(np.sign(g), np.sign(grads[name]))


@pytest.mark.equation("J-clip")
@given(grads=GRADIENTS, limit=st.floats(1e-300, LARGEST))
def test_every_number_is_the_exact_one_to_rounding(grads, limit):
    np.testing.assert_allclose(
        numbers(ClipNorm(limit)(grads)), exactly_clipped(grads, limit), rtol=1e-14, atol=1e-323
    )


@pytest.mark.equation("J-clip")
@EVERY_CLIPPER
@given(grads=GRADIENTS)
def test_below_the_limit_and_at_it_not_a_bit_changes(clipper, grads):
    if 0 < norm(grads) < np.inf:
        assert bits(clipper(norm(grads))(grads)) == bits(grads)
        assert bits(clipper(min(2 * norm(grads), LARGEST))(grads)) == bits(grads)


@EVERY_CLIPPER
def test_a_gradient_of_zero_stays_zero(clipper):
    zero = {"W1": np.zeros((2, 3)), "W2": np.array(-0.0)}
    assert bits(clipper(1e-300)(zero)) == bits(zero)
    if clipper is not ClipValues:
        assert numbers(clipper(1e-300, eps=1.0)(zero)) == [0] * 7


@pytest.mark.equation("J-clip")
def test_the_common_norm_keeps_the_direction_and_the_two_other_rules_turn_it(rng):
    for _ in range(20):
        grads = random_gradients(rng)
        assert cosine(ClipNorm(0.1)(grads), grads) > 1 - 1e-15
        assert cosine(ClipEach(0.1)(grads), grads) < 1 - 1e-3
        assert cosine(ClipValues(0.1)(grads), grads) < 1 - 1e-3
    one = {"W": rng.standard_normal((3, 4))}
    assert bits(ClipEach(0.1)(one)) == bits(ClipNorm(0.1)(one))


@pytest.mark.equation("J-clip")
def test_the_clipped_gradient_is_the_nearest_one_within_the_limit(rng):
    for clip in (ClipNorm(1.5), ClipValues(0.5)):
        for _ in range(20):
            grads = random_gradients(rng, size=3.0)
            g, nearest = flatten(grads), flatten(clip(grads))
            others = 3 * rng.standard_normal((200, g.size)) * rng.uniform(0, 1, (200, 1))
            others = [flatten(clip({"W": other})) for other in others]
            assert all(np.linalg.norm(g - nearest) < np.linalg.norm(g - other) for other in others)


@pytest.mark.equation("J-clip")
def test_two_gradients_never_come_apart(rng):
    for clip in (ClipNorm(1.5), ClipValues(0.5)):
        for size in (0.1, 1.0, 10.0) * 10:
            p, q = random_gradients(rng, size), random_gradients(rng, size)
            apart = np.linalg.norm(flatten(p) - flatten(q))
            assert np.linalg.norm(flatten(clip(p)) - flatten(clip(q))) <= apart * (1 + 1e-14)


# --- the sizes at which a careless formula breaks ---

EXTREME = [
    ((3e200, 4e200), 1.0, (0.6, 0.8)),
    ((3e-200, 4e-200), 1e-210, (0.6e-210, 0.8e-210)),
    ((3e300, 4e300), 1e-300, (0.6e-300, 0.8e-300)),  # limit / norm underflows
    ((3e300, 4e300), 1e-20, (0.6e-20, 0.8e-20)),
    ((3e-320, 4e-320), 1e-300, (3e-320, 4e-320)),
    ((3e-310, 4e-310), 5e-311, (3e-311, 4e-311)),
    ((LARGEST, LARGEST), 1.0, (0.5**0.5, 0.5**0.5)),  # the norm overflows
    ((LARGEST, LARGEST), LARGEST, (0.5**0.5 * LARGEST, 0.5**0.5 * LARGEST)),
    ((LARGEST, 0.0), LARGEST, (LARGEST, 0)),
    ((LARGEST, 1.0), TINIEST, (TINIEST, 0)),
    ((TINIEST, 0.0), TINIEST, (TINIEST, 0)),
    ((1e300, 1e-300), 1e299, (1e299, 1e-301)),
]


@pytest.mark.equation("J-clip")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("g", "limit", "expected"), EXTREME, ids=str)
def test_no_size_overflows_or_underflows(g, limit, expected):
    np.testing.assert_allclose(numbers(ClipNorm(limit)(pair(*g))), expected, rtol=1e-14, atol=TINIEST)
    one = {"W": np.array(g)}
    np.testing.assert_allclose(ClipEach(limit)(one)["W"], expected, rtol=1e-14, atol=TINIEST)


def test_the_careless_formula_does_both():
    g = 1e200 * np.array([3.0, 4.0])
    with np.errstate(over="ignore"):
        assert (1.0 * g / np.sqrt(np.sum(g**2))).tolist() == [0, 0]
    g = 1e-200 * np.array([3.0, 4.0])
    assert np.sqrt(np.sum(g**2)) == 0


@pytest.mark.filterwarnings("error")
@EVERY_CLIPPER
@pytest.mark.parametrize(("size", "limit"), [(1, 0.5), (1e38, 1.0), (3e38, 1e-30), (1e-38, 1e-40), (1, 1e300)])
def test_float32_stays_float32(clipper, size, limit):
    grads = pair(3.0, 4.0, np.float32)
    grads = {name: g * np.float32(size / 5) for name, g in grads.items()}
    clipped = clipper(limit)(grads)
    assert {g.dtype for g in clipped.values()} == {np.dtype(np.float32)}
    double = clipper(limit)({name: g.astype(float) for name, g in grads.items()})
    np.testing.assert_allclose(numbers(clipped), numbers(double), rtol=3e-7, atol=2e-45)


@EVERY_CLIPPER
@pytest.mark.filterwarnings("error")
def test_a_limit_of_another_type_changes_no_type(clipper):
    for limit in (2, np.float64(2), np.float32(2), np.int64(2)):
        clipped = clipper(limit)(pair(3.0, 4.0, np.float32))
        assert bits(clipped) == bits(clipper(2.0)(pair(3.0, 4.0, np.float32)))


# --- PyTorch ---


def tensors(torch, grads):
    parameters = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in grads.values()]
    for parameter, g in zip(parameters, grads.values(), strict=True):
        parameter.grad = torch.tensor(g)
    return parameters


@pytest.mark.equation("J-clip")
@pytest.mark.parametrize("limit", [0.01, 1.0, 5.0, 8.0])
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e6])
def test_with_eps_it_is_the_rule_of_pytorch(limit, size, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    grads = random_gradients(rng, size)
    parameters = tensors(torch, grads)
    length = torch.nn.utils.clip_grad_norm_(parameters, limit)
    np.testing.assert_allclose(norm(grads), length.item(), rtol=1e-14)
    for (name, g), parameter in zip(ClipNorm(limit, eps=1e-6)(grads).items(), parameters, strict=True):
        np.testing.assert_allclose(g, parameter.grad.numpy(), rtol=2e-15, err_msg=name)
    parameters = tensors(torch, grads)
    torch.nn.utils.clip_grad_value_(parameters, limit)
    for g, parameter in zip(ClipValues(limit)(grads).values(), parameters, strict=True):
        np.testing.assert_array_equal(g, parameter.grad.numpy())
    for name, g in grads.items():
        (parameter,) = tensors(torch, {name: g})
        torch.nn.utils.clip_grad_norm_(parameter, limit)
        np.testing.assert_allclose(ClipEach(limit, eps=1e-6)(grads)[name], parameter.grad.numpy(), rtol=2e-15)


@pytest.mark.equation("J-clip")
def test_what_the_small_number_in_pytorch_costs():
    at_one = numbers(ClipNorm(1.0, eps=1e-6)(pair(3.0, 4.0)))
    np.testing.assert_allclose(at_one, (0.59999988, 0.79999984), rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(at_one), 1 - 2e-7, rtol=1e-12)
    assert numbers(ClipNorm(8.0, eps=1e-6)(pair(3.0, 4.0))) == [3, 4]
    assert numbers(ClipNorm(5.0 + 2e-6, eps=1e-6)(pair(3.0, 4.0))) == [3, 4]
    assert numbers(ClipNorm(LARGEST / 2, eps=LARGEST)(pair(3.0, LARGEST))) == pytest.approx([0.75, LARGEST / 4])


# --- purity, and what is refused ---


@EVERY_CLIPPER
def test_nothing_is_changed_and_nothing_is_shared(clipper, rng):
    grads = random_gradients(rng)
    before = deepcopy(grads)
    for limit in (0.1, 100.0):
        clipped = clipper(limit)(grads)
        np.testing.assert_equal(grads, before)
        assert list(clipped) == list(grads)
        assert not any(np.shares_memory(clipped[name], grads[name]) for name in grads)
        mine = copy(grads)
        arrays_before = {name: id(g) for name, g in mine.items()}
        assert clipper(limit).clip_in_place(mine) is None
        assert {name: id(g) for name, g in mine.items()} == arrays_before
        assert bits(mine) == bits(clipped)


@EVERY_CLIPPER
def test_lists_integers_and_nothing_at_all_are_gradients_too(clipper):
    assert clipper(1)({"W": [[3, 0]], "v": 0})["W"].tolist() == [[1, 0]]
    assert clipper(1)({}) == {}
    assert clipper(2.0)({"W": np.empty((0, 3)), "v": 5.0})["v"] == 2


@EVERY_CLIPPER
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_name_and_place(clipper, bad):
    grads = {"W1": np.ones((2, 2)), "V1": np.array([[1.0, 2.0], [bad, 3.0]])}
    with pytest.raises(ValueError, match=rf'grads\["V1"\]: expected finite numbers, got {bad} at index \(1, 0\)'):
        clipper(1.0)(grads)
    with pytest.raises(ValueError, match=r'grads\["V1"\]: expected finite numbers, got .* at index \(1, 0\)'):
        Clipped(GradientDescent(0.1), clipper(1.0)).update(
            {"W1": np.ones((2, 2)), "V1": np.ones((2, 2))}, grads, ()
        )


def test_the_formula_of_the_note_makes_a_nan_of_an_infinite_gradient():
    g = np.array([np.inf, 1.0])
    with np.errstate(invalid="ignore"):
        clipped = 1.0 * g / np.linalg.norm(g)
    assert np.isnan(clipped[0])
    assert clipped[1] == 0


REFUSED = [
    (lambda: ClipNorm(0.0), ValueError, "limit: expected a finite number above 0, got 0.0"),
    (lambda: ClipEach(-1), ValueError, "limit: expected a finite number above 0, got -1"),
    (lambda: ClipValues(np.inf), ValueError, "limit: expected a finite number above 0, got inf"),
    (lambda: ClipValues("1"), TypeError, r"limit: expected a number above 0, got '1' \(str\)"),
    (lambda: ClipNorm(1.0, eps=-1e-6), ValueError, "eps: expected a finite number of at least 0, got -1e-06"),
    (lambda: ClipNorm(1.0, eps=np.inf), ValueError, "eps: expected a finite number of at least 0, got inf"),
    (lambda: ClipEach(1.0, eps=np.nan), ValueError, "eps: expected a finite number of at least 0, got nan"),
    (lambda: ClipNorm(1.0, eps=None), TypeError, r"eps: expected a number of at least 0, got None \(NoneType\)"),
    (lambda: ClipNorm(1.0, eps=True), TypeError, r"eps: expected a number of at least 0, got True \(bool\)"),
    (lambda: ClipNorm(1.0)([1.0]), TypeError, "grads: expected a mapping of names to arrays, got list"),
    (lambda: ClipNorm(1.0)({"W": ["a"]}), TypeError, r'grads\["W"\]: expected real numbers, got <U1'),
    (lambda: ClipEach(1.0)({"W": [1j]}), TypeError, r'grads\["W"\]: expected real numbers, got complex128'),
    (lambda: Clipped(0.1, ClipNorm(1.0)), TypeError, r"optimizer: expected one, such as Grad.*0.1\), got 0.1"),
    (lambda: Clipped(GradientDescent(1), 1.0), TypeError, r"clip: expected one, such as ClipNorm\(1.0\), got 1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), REFUSED, ids=[row[2][:40] for row in REFUSED])
def test_the_message_says_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_gradients_of_other_parameters_are_refused():
    careful = Clipped(GradientDescent(0.1), ClipNorm(1.0))
    with pytest.raises(ValueError, match=r"grads: expected the names \['V1', 'W1'\], got \['W1'\]"):
        careful.update(pair(1.0, 1.0), {"W1": np.ones((1, 1))}, ())
    with pytest.raises(ValueError, match=r'grads\["V1"\]: expected shape \(1, 1\), got \(2,\)'):
        careful.update(pair(1.0, 1.0), {"W1": np.ones((1, 1)), "V1": np.ones(2)}, ())


# --- before an optimizer ---


class Recorder:
    """An optimizer whose state counts the steps; it sees what it is given, and steps like gradient descent."""

    def __init__(self):
        self.seen = []

    def init(self, params):
        return dict.fromkeys(params, 0)

    def update(self, params, grads, state, loss=None):
        params = copy(params)
        return params, self.step_in_place(params, copy(grads), state, loss)

    def step_in_place(self, params, grads, state, loss=None):
        self.seen.append((copy(grads), loss))
        for name, g in grads.items():
            params[name] -= g
            g *= 0
        return {name: count + 1 for name, count in state.items()}


@EVERY_CLIPPER
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_inner_optimizer_sees_the_clipped_gradient_the_loss_and_its_own_state(clipper, dtype, rng):
    inner = Recorder()
    careful, clip = Clipped(inner, clipper(0.5)), clipper(0.5)
    params = {name: g.astype(dtype) for name, g in random_gradients(rng).items()}
    mine, state, state_in_place = copy(params), careful.init(params), careful.init(params)
    assert state == {"W1": 0, "V1": 0, "b": 0}
    for step in range(1, 4):
        grads = {name: g.astype(dtype) for name, g in random_gradients(rng).items()}
        before = deepcopy((params, grads, state))
        new, state_after = careful.update(params, grads, state, loss=step / 2)
        np.testing.assert_equal((params, grads, state), before)
        assert not any(np.shares_memory(new[name], params[name]) for name in params)
        state_in_place = careful.step_in_place(mine, copy(grads), state_in_place, loss=step / 2)
        assert bits(mine) == bits(new)
        assert state_after == state_in_place == {"W1": step, "V1": step, "b": step}
        assert [loss for _, loss in inner.seen[-2:]] == [step / 2] * 2
        for seen, _ in inner.seen[-2:]:
            assert bits(seen) == bits(clip(grads))
        params, state = new, state_after


@EVERY_CLIPPER
def test_a_clipped_step_is_a_step_with_the_clipped_gradient(clipper, rng):
    params, grads = random_gradients(rng), random_gradients(rng, 10.0)
    careful, plain = Clipped(GradientDescent(0.3), clipper(2.0)), GradientDescent(0.3)
    assert bits(careful.update(params, grads, ())[0]) == bits(plain.update(params, clipper(2.0)(grads), ())[0])
    loose = Clipped(GradientDescent(0.3), clipper(1e9))
    assert bits(loose.update(params, grads, ())[0]) == bits(plain.update(params, grads, ())[0])


@pytest.mark.equation("J-clip")
def test_no_step_is_longer_than_the_step_size_times_the_limit(rng):
    careful = Clipped(GradientDescent(0.25), ClipNorm(2.0))
    for size in (1e-3, 1.0, 1e3, 1e300):
        params, grads = random_gradients(rng), random_gradients(rng, size)
        new, _ = careful.update(params, grads, ())
        moved = norm({name: new[name] - params[name] for name in params})
        np.testing.assert_allclose(moved, 0.25 * min(2.0, norm(grads)), rtol=1e-11)


def test_two_clippers_can_stand_one_before_the_other():
    inner = Clipped(GradientDescent(1.0), ClipNorm(4.0))
    new, _ = Clipped(inner, ClipValues(3.0)).update(pair(0.0, 0.0), pair(3.0, 40.0), ())
    np.testing.assert_allclose(numbers(new), [-(8**0.5), -(8**0.5)], rtol=1e-15)


def test_training_with_it_finds_what_training_without_it_finds(rng):
    model, x = FeedForward((3, 2), ("identity",)), rng.standard_normal((20, 3))
    y = x @ np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]]).T
    found = fit(model, model.init(rng), x, y, Clipped(GradientDescent(0.3), ClipNorm(0.5)), epochs=400)[0]
    np.testing.assert_allclose(found["W1"], [[1, 2, 3], [-1, 0.5, 2]], rtol=1e-8)


@EVERY_CLIPPER
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_in_place_what_is_not_finite_reaches_the_parameters_where_training_sees_it(clipper, bad):
    careful = Clipped(GradientDescent(0.1), clipper(1.0))
    params = pair(1.0, 1.0)
    careful.step_in_place(params, pair(bad, 1.0), ())
    assert not np.isfinite(params["V1"]).any()


@pytest.mark.equation("J-clip")
def test_clipping_lets_a_gradient_that_vanishes_vanish():
    vanishing = {"V1": np.full((2, 2), 1e-9)}
    assert bits(ClipNorm(1.0)(vanishing)) == bits(vanishing)


# --- the derivations ---


@pytest.mark.equation("J-clip")
@pytest.mark.parametrize("d", [2, 3])
def test_sympy_finds_two_stationary_points_and_clipping_is_the_nearer_one(d):
    g = derivation.gradient(d)
    found = derivation.stationary_on_the_sphere(g)
    assert len(found) == 2
    for sign in (1, -1):
        assert any(derivation.equal(u, sign * derivation.clipped(g)) for u in found)
    at = dict(zip(g, (3, -4, 12), strict=False)) | {derivation.limit: 1}
    near, far = sorted(found, key=lambda u: float(derivation.length(g - u).subs(at)))
    assert derivation.equal(near.subs(at), derivation.clipped(g).subs(at))
    size = derivation.length(g).subs(at)
    assert [sp.simplify(derivation.length(g - u).subs(at)) for u in (near, far)] == [size - 1, size + 1]
    clip = ClipNorm(1.0)({"W": np.array([3.0, -4.0, 12.0][:d])})["W"]
    np.testing.assert_allclose(clip, np.array(near.subs(at), float)[:, 0], rtol=1e-15)


@pytest.mark.equation("J-15", "J-16", "J-17")
@pytest.mark.parametrize("T", [1, 2, 3, 5])
def test_the_error_over_all_sequences_in_short_is_the_one_by_definition(T):
    assert sp.expand(derivation.error_of_all(T)) == derivation.error_by_definition(T)


@pytest.mark.equation("J-22", "J-26")
def test_its_slopes_are_those_of_the_bit_counter(rng):
    x, y = bit_sums(8)
    E = derivation.error_of_all(8)
    function = sp.lambdify([derivation.v_x, derivation.v_f], [E, *derivation.slopes(E)])
    for point in rng.uniform(-1.3, 1.3, (5, 2)):
        loss, grads = adding_bits.error_and_gradient({"v_x": point[0], "v_f": point[1]}, x, y)
        np.testing.assert_allclose([loss, grads["v_x"], grads["v_f"]], function(*point), rtol=1e-10)


def test_the_bit_counter_comes_down_the_cliff_with_clipping_and_is_thrown_off_without():
    x, y = bit_sums(8)
    eta = 0.9 * adding_bits.largest_stable_step(adding_bits.hessian({"v_x": 1.0, "v_f": 1.0}, x, y))

    def loss_and_grad(params):
        return adding_bits.error_and_gradient(params, x, y)

    start = {"v_x": 1.0, "v_f": 1.5}
    assert walk(loss_and_grad, start, GradientDescent(eta), 100).diverged
    careful = walk(loss_and_grad, start, Clipped(GradientDescent(eta), ClipNorm(1000.0)), 2000)
    assert not careful.diverged
    np.testing.assert_allclose([careful.points["v_x"][-1], careful.points["v_f"][-1]], 1, atol=1e-4)
