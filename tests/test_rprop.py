"""The four variants of Rprop: by hand, in exact fractions, beside PyTorch; and what the notes' own rule does."""

from fractions import Fraction

import numpy as np
import pytest

from nncourse.optimizers import Rprop
from nncourse.optimizers.rprop import BLOCK, VARIANTS, RpropState, printed_step

EVERY_VARIANT = pytest.mark.parametrize("variant", VARIANTS)
HALF = {"eta_plus": 1.5, "eta_minus": 0.5, "first_step": 1.0, "smallest": 0.125, "largest": 8.0}  # binary fractions


def run(rprop, w, gradients, losses=None):
    """Return the points, the steps and the signs of a walk along given gradients, arrays with a row per step."""
    params, state = {"w": np.array(w)}, rprop.init({"w": np.array(w)})
    rows = [(params["w"], state.step["w"], state.sign["w"])]
    for i, g in enumerate(gradients):
        loss = None if losses is None else losses[i]
        params, state = rprop.update(params, {"w": np.array(g)}, state, loss)
        rows.append((params["w"], state.step["w"], state.sign["w"]))
    return [np.array(column) for column in zip(*rows, strict=True)]


def down(rprop, w, steps, slope, height):
    """Return the points and the steps of a walk down a curve."""
    params, state = {"w": np.array(w)}, rprop.init({"w": np.array(w)})
    points, deltas = [w], [float(state.step["w"])]
    for _ in range(steps):
        w = params["w"]
        params, state = rprop.update(params, {"w": np.array(slope(w))}, state, height(w))
        points.append(float(params["w"]))
        deltas.append(float(state.step["w"]))
    return points, deltas


# --- the definitions, as Igel and Huesken print them, in exact fractions: shares no line with the package ---


def sign(number):
    return (number > 0) - (number < 0)


class ByTheBook:
    """One parameter: `act` returns its change."""

    def __init__(self, variant, *, eta_plus, eta_minus, first_step, smallest, largest):
        self.variant, self.eta_plus, self.eta_minus = variant, Fraction(eta_plus), Fraction(eta_minus)
        self.delta, self.smallest, self.largest = Fraction(first_step), Fraction(smallest), Fraction(largest)
        self.g_before, self.change_before, self.loss_before = 0, Fraction(0), None

    def act(self, g, loss):
        product = self.g_before * g
        if product > 0:
            self.delta = min(self.delta * self.eta_plus, self.largest)
        elif product < 0:
            self.delta = max(self.delta * self.eta_minus, self.smallest)
        change = -sign(g) * self.delta
        if product < 0 and self.variant == "Rprop+":
            change, g = -self.change_before, 0
        if product < 0 and self.variant == "iRprop-":
            change, g = Fraction(0), 0
        if product < 0 and self.variant == "iRprop+":
            change, g = (-self.change_before if loss > self.loss_before else Fraction(0)), 0
        self.g_before, self.change_before, self.loss_before = g, change, loss
        return change


@EVERY_VARIANT
@pytest.mark.equation("J-rprop", "J-29", "J-30", "J-31")
def test_every_variant_is_that_of_its_definition_in_exact_fractions(variant, rng):
    n, steps = 400, 24
    gradients, losses = rng.integers(-2, 3, (steps, n)).astype(float), rng.integers(0, 3, steps).astype(float)
    points, deltas, _ = run(Rprop(variant, **HALF), np.zeros(n), gradients, losses)
    for i in range(n):
        book, w = ByTheBook(variant, **HALF), Fraction(0)
        for k in range(steps):
            w += book.act(int(gradients[k, i]), int(losses[k]))
            assert points[k + 1, i] == w
            assert deltas[k + 1, i] == book.delta
    assert deltas.min() == 0.125
    assert deltas.max() == 8


WALKS = {  # down E = w^2 / 2 from 3/2 with a first step of 1, eta_plus = 1.2 and eta_minus = 0.5, in hundredths
    "Rprop-": ([150, 50, -70, -10, 62, 26, -17.2], [100, 100, 120, 60, 72, 36, 43.2]),
    "Rprop+": ([150, 50, -70, 50, -10, 50, 20], [100, 100, 120, 60, 60, 30, 30]),
    "iRprop-": ([150, 50, -70, -70, -10, 62, 62], [100, 100, 120, 60, 60, 72, 36]),
    "iRprop+": ([150, 50, -70, 50, -10, -10, 20], [100, 100, 120, 60, 60, 30, 30]),
}


@EVERY_VARIANT
@pytest.mark.equation("J-29", "J-30", "J-31")
def test_a_walk_on_which_the_variants_differ_by_hand(variant):
    rprop = Rprop(variant, first_step=1.0)
    points, deltas = down(rprop, 1.5, 6, lambda w: w, lambda w: w**2 / 2)
    np.testing.assert_allclose(points, np.array(WALKS[variant][0]) / 100, rtol=1e-14)
    np.testing.assert_allclose(deltas, np.array(WALKS[variant][1]) / 100, rtol=1e-14)


def test_until_the_first_change_of_sign_the_variants_agree():
    signs, losses = [1, 2, 0, 3, 4], [1.0, 2.0, 3.0, 4.0, 5.0]
    walks = [run(Rprop(variant), 0.0, signs, losses) for variant in VARIANTS]
    for other in walks[1:]:
        np.testing.assert_equal(other, walks[0])


@pytest.mark.parametrize(("loss", "back"), [(1.0, False), (2.0, False), (np.nextafter(2.0, 3.0), True)])
def test_the_loss_decides_whether_irprop_plus_goes_back(loss, back):
    points, _, signs = run(Rprop("iRprop+", **HALF), 0.0, [1, -1], [2.0, loss])
    assert points.tolist() == [0, -1, 0 if back else -1]
    assert signs.tolist() == [0, 1, 0]


# --- signs, bounds, the first step ---


@EVERY_VARIANT
@pytest.mark.equation("J-eta-p")
def test_zero_is_a_sign_of_its_own(variant):
    """Nothing moves at a gradient of zero; Delta is kept there, and in the step after it."""
    points, deltas, signs = run(Rprop(variant, **HALF), 0.0, [1, 0, 0, 1, 1, -0.0], [1.0] * 6)
    assert points.tolist() == [0, -1, -1, -1, -2, -3.5, -3.5]
    assert deltas.tolist() == [1, 1, 1, 1, 1, 1.5, 1.5]
    assert signs.tolist() == [0, 1, 0, 0, 1, 1, 0]


@EVERY_VARIANT
@pytest.mark.equation("J-const")
def test_the_first_step_uses_delta_as_it_is(variant):
    points, deltas, _ = run(Rprop(variant, first_step=0.001), [0.0, 0.0, 0.0], [[5.0, -1e-9, 0.0]], [1.0])
    assert points[1].tolist() == [-0.001, 0.001, 0]
    assert deltas.tolist() == [[0.001] * 3] * 2


def test_the_constants_of_riedmiller_and_braun_are_where_one_starts():
    assert Rprop() == Rprop("iRprop-", 1.2, 0.5, 0.1, 1e-6, 50.0)


@EVERY_VARIANT
def test_delta_never_leaves_its_bounds(variant):
    rprop = Rprop(variant, first_step=0.5, smallest=0.3, largest=0.7)
    _, deltas, _ = run(rprop, 0.0, [1.0] * 5, [1.0] * 5)
    assert deltas.tolist() == [0.5, 0.5, 0.6, 0.7, 0.7, 0.7]
    _, deltas, _ = run(rprop, 0.0, [1.0, -1.0] * 4, [1.0] * 8)
    assert deltas.min() == deltas[-1] == 0.3


@EVERY_VARIANT
@pytest.mark.equation("J-rprop")
def test_only_the_signs_of_the_gradient_count(variant, rng):
    """Gradients of any size give the same bits, also where the product of two would be zero or infinite."""
    gradients, losses = rng.standard_normal((30, 7)), rng.standard_normal(30)
    expected = run(Rprop(variant), np.ones(7), gradients, losses)
    for k in (-300, -20, 5, 300):
        np.testing.assert_equal(run(Rprop(variant), np.ones(7), gradients * 10.0**k, losses), expected)
    np.testing.assert_equal(run(Rprop(variant), np.ones(7), np.sign(gradients) * 5e-324, losses), expected)


@pytest.mark.equation("J-31")
def test_every_parameter_has_its_own_delta():
    both = run(Rprop(), [1.0, 1.0], [[1, 1], [1, -1], [1, 1]])
    for i, signs in enumerate(([1, 1, 1], [1, -1, 1])):
        np.testing.assert_equal([column[:, i] for column in both], run(Rprop(), 1.0, signs))


@pytest.mark.equation("J-eta-p")
def test_the_way_travelled_while_the_sign_stays_is_a_geometric_sum():
    points, deltas, _ = run(Rprop(first_step=0.001), 0.0, [3.0] * 40)
    k = np.arange(1, 41)
    np.testing.assert_allclose(points[1:], -0.001 * (1.2**k - 1) / (1.2 - 1), rtol=1e-13)
    np.testing.assert_allclose(deltas[1:], 0.001 * 1.2 ** (k - 1), rtol=1e-13)


@pytest.mark.parametrize(("variant", "period"), [("Rprop-", 1), ("Rprop+", 2), ("iRprop-", 2), ("iRprop+", 2)])
@pytest.mark.equation("J-eta-n")
def test_delta_shrinks_geometrically_around_a_minimum_that_is_passed_at_every_step(variant, period):
    """Those that forget the sign take every second step with Delta as it is."""
    changes = (np.arange(20) + period - 1) // period
    _, deltas, _ = run(Rprop(variant, first_step=1.0), 0.0, (-1.0) ** changes, [1.0] * 20)
    np.testing.assert_array_equal(deltas[1:], np.maximum(0.5**changes, 1e-6))


# --- beside PyTorch ---


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(), (1,), (7, 5), (2, 3, 4), (2 * BLOCK + 3,)])
@pytest.mark.equation("J-29", "J-30", "J-31")
def test_irprop_minus_is_pytorchs_rprop_bit_for_bit(shape, dtype, foreach, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    rprop = Rprop("iRprop-", eta_plus=1.3, eta_minus=0.45, first_step=0.02, smallest=1e-3, largest=0.3)
    params = {"w": rng.standard_normal(shape).astype(dtype)}
    state, tensor = rprop.init(params), torch.tensor(params["w"], requires_grad=True)
    twin = torch.optim.Rprop([tensor], lr=0.02, etas=(0.45, 1.3), step_sizes=(1e-3, 0.3), foreach=foreach)
    smallest, largest = np.inf, 0.0
    for _ in range(30 if np.prod(shape) > BLOCK else 300):
        signs = rng.choice([-1.0, 0.0, 1.0], shape, p=[0.25, 0.1, 0.65])
        g = np.asarray(signs * 10.0 ** rng.uniform(-8, 8, shape), dtype)
        tensor.grad = torch.tensor(g)
        twin.step()
        params, state = rprop.update(params, {"w": g}, state)
        assert np.array_equal(params["w"], tensor.detach().numpy())
        assert np.array_equal(state.step["w"], twin.state[tensor]["step_size"].numpy())
        smallest, largest = min(smallest, state.step["w"].min()), max(largest, state.step["w"].max())
    if np.prod(shape) > 1:
        assert (smallest, largest) == (np.dtype(dtype).type(1e-3), np.dtype(dtype).type(0.3))


def test_where_the_product_of_two_gradients_is_too_small_for_a_float_pytorch_sees_no_sign():
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle, not a dependency")
    tensor = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    twin = torch.optim.Rprop([tensor], lr=0.1)
    for _ in range(3):
        tensor.grad = torch.full((1,), 1e-200, dtype=torch.float64)
        twin.step()
    points, deltas, _ = run(Rprop(), 0.0, [1e-200] * 3)
    assert twin.state[tensor]["step_size"].item() == 0.1
    assert deltas[-1] == 0.1 * 1.2 * 1.2
    assert points[-1] < tensor.item()


# --- blocks, layouts, types ---


@pytest.mark.parametrize(
    "laid_out",
    [
        np.asfortranarray,
        lambda a: a.T.copy().T,
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: a[::-1].copy()[::-1],
    ],
)
@EVERY_VARIANT
def test_arrays_of_any_layout_are_updated_where_they_are(variant, laid_out, rng):
    rprop, W, gradients = Rprop(variant), rng.standard_normal((300, 120)), rng.standard_normal((4, 300, 120))
    plain, odd = {"W": W.copy()}, {"W": laid_out(W.copy())}
    assert odd["W"].size > 2 * BLOCK
    states, array = [rprop.init(plain), rprop.init(odd)], odd["W"]
    for loss, g in enumerate(gradients):
        states[0] = rprop.step_in_place(plain, {"W": g.copy()}, states[0], loss)
        states[1] = rprop.step_in_place(odd, {"W": laid_out(g.copy()) if loss % 2 else g.copy()}, states[1], loss)
    assert odd["W"] is array
    assert np.array_equal(array, plain["W"])
    assert np.any(array != W)
    np.testing.assert_equal(states[1], states[0])


def test_a_step_in_place_writes_into_the_arrays_of_the_state(rng):
    rprop, params = Rprop(), {"w": np.zeros(3)}
    state = rprop.init(params)
    step, before = state.step["w"], state.sign["w"]
    for _ in range(2):
        state = rprop.step_in_place(params, {"w": np.array([1.0, -1.0, 0.0])}, state)
    assert state.step["w"] is step
    assert state.sign["w"] is before
    assert step.tolist() == [0.12, 0.12, 0.1]
    assert before.tolist() == [1, -1, 0]


def test_a_gradient_that_is_not_finite_is_not_hidden_by_its_sign():
    params = {"w": np.ones(4)}
    with np.errstate(invalid="ignore"):
        Rprop().step_in_place(params, {"w": np.array([np.nan, np.inf, -np.inf, 1.0])}, Rprop().init(params))
    assert np.isnan(params["w"]).tolist() == [True, True, True, False]


# --- the rule as it is printed ---


def printed_walk(v, slope, delta, previous, steps):
    """Return the points and the steps of the printed rule down a curve."""
    points, deltas = [v], [delta]
    for _ in range(steps):
        v, delta, previous = printed_step(v, slope(v), delta, previous)
        points.append(float(v))
        deltas.append(float(delta))
    return points, deltas


@pytest.mark.equation("J-29", "J-30", "J-31")
def test_in_the_printed_rule_delta_grows_while_the_parameter_stands_at_the_minimum():
    """E = v^2/2: the step before came to v = 1 with a Delta of 1 and a positive slope; then v = -0.2, ..."""
    points, deltas = printed_walk(0.0, lambda v: v, 1.0, 1, 7)  # a step of 1 has led from v = 1 to the minimum
    assert points == [0] * 8
    np.testing.assert_allclose(deltas, [1, 0.5, 0.6, 0.72, 0.864, 1.0368, 1.24416, 1.492992], rtol=1e-15)
    rprop = Rprop("Rprop-", first_step=1.0)
    assert down(rprop, 1.0, 8, lambda w: w, lambda w: w**2 / 2) == ([1.0] + [0.0] * 8, [1.0] * 9)


@pytest.mark.equation("J-const", "J-30")
@pytest.mark.parametrize(("previous", "first"), [(0, 0.0005), (1, 0.0012)])
def test_the_printed_rule_does_not_say_what_the_first_step_is(previous, first):
    v, delta, _ = printed_step(0.0, 3.0, 0.001, previous)
    assert (-v, delta) == (first, first)
    assert run(Rprop("Rprop-", first_step=0.001), 0.0, [3.0])[0][1] == -0.001


@pytest.mark.equation("J-const")
def test_without_bounds_delta_overflows_and_underflows():
    delta, previous, reached = 0.001, 1, []
    with np.errstate(over="ignore"):
        while np.isfinite(delta):
            _, delta, previous = printed_step(0.0, 1.0, delta, previous)
            reached.append(float(delta))
    assert len(reached) == 3931
    assert reached[99] == pytest.approx(82817.97, rel=1e-6)
    delta, previous, steps = 0.001, 1, 0
    while delta > 0:
        _, delta, previous = printed_step(0.0, -previous, delta, previous)
        steps += 1
    assert steps == 1065
    assert printed_step(0.0, 1.0, delta, 1)[1] == 0
    for variant in VARIANTS:
        _, deltas, _ = run(Rprop(variant, first_step=0.001), 0.0, [1.0] * 100, [1.0] * 100)
        assert deltas.max() == deltas[-1] == 50


@EVERY_VARIANT
@pytest.mark.equation("J-29")
def test_delta_changes_before_it_is_used(variant):
    points, _, _ = run(Rprop(variant, **HALF), 0.0, [1, 1, 1], [1.0] * 3)
    assert points.tolist() == [0, -1, -2.5, -4.75]
    points, _, _ = run(Rprop("Rprop-", **HALF), 0.0, [1, -1], [1.0] * 2)
    assert points.tolist() == [0, -1, -0.5]


@pytest.mark.equation("J-29", "J-30", "J-31")
def test_rprop_minus_is_the_printed_rule_where_no_sign_is_zero(rng):
    signs = rng.choice([-1.0, 1.0], 30)
    points, deltas, _ = run(Rprop("Rprop-", first_step=0.1), 0.0, signs)
    v, delta, previous = points[1], 0.1, signs[0]
    for k in range(1, 30):
        v, delta, previous = printed_step(v, signs[k], delta, previous)
        assert (v, delta) == (points[k + 1], deltas[k + 1])


@pytest.mark.equation("J-eta-n")
def test_with_two_parameters_a_change_of_sign_need_not_bracket_a_minimum():
    """E = x y + y^2/2 is linear in x, and yet a step of 0.1 turns the sign of its slope along x."""

    def slopes(p):
        x, y = p["w"]
        return {"w": np.array([y, x + y])}

    params = {"w": np.array([2.0, 0.05])}
    first = slopes(params)["w"]
    params, _ = Rprop(first_step=0.1).update(params, slopes(params), Rprop(first_step=0.1).init(params))
    np.testing.assert_allclose(params["w"], [1.9, -0.05], rtol=1e-14)
    np.testing.assert_allclose([first[0], slopes(params)["w"][0]], [0.05, -0.05], rtol=1e-14)


# --- bad input ---


W = {"w": np.ones(2)}
BAD = [
    (
        lambda: Rprop("rprop"),
        ValueError,
        r"variant: expected one of Rprop-, Rprop\+, iRprop-, iRprop\+, got 'rprop'",
    ),
    (lambda: Rprop(eta_plus=1.0), ValueError, "eta_plus: expected a number above 1, got 1.0"),
    (lambda: Rprop(eta_plus="1.2"), TypeError, "eta_plus: expected a number above 0, got '1.2'"),
    (lambda: Rprop(eta_plus=np.inf), ValueError, "eta_plus: expected a finite number"),
    (lambda: Rprop(eta_minus=1.0), ValueError, "eta_minus: expected a number between 0 and 1, got 1.0"),
    (lambda: Rprop(eta_minus=0.0), ValueError, "eta_minus: expected a finite number above 0, got 0.0"),
    (lambda: Rprop(first_step=0.0), ValueError, "first_step: expected a finite number above 0, got 0.0"),
    (lambda: Rprop(smallest=0.0), ValueError, "smallest: expected a finite number above 0, got 0.0"),
    (lambda: Rprop(largest=np.nan), ValueError, "largest: expected a finite number above 0, got nan"),
    (lambda: Rprop(first_step=60.0), ValueError, "first_step: .* smallest = 1e-06 and largest = 50.0, got 60.0"),
    (lambda: Rprop(smallest=0.2), ValueError, "first_step: .* smallest = 0.2 and largest = 50.0, got 0.1"),
    (lambda: Rprop().init([1.0]), TypeError, "params: expected a mapping of names to arrays, got list"),
    (lambda: Rprop().init({"w": [np.nan]}), ValueError, r'params\["w"\]: expected finite numbers'),
    (
        lambda: Rprop(smallest=1e-50).init({"w": np.ones(2, np.float32)}),
        ValueError,
        r'params\["w"\]: expected a type that can hold smallest = 1e-50 and largest = 50.0, got float32',
    ),
    (lambda: Rprop(largest=1e39).init({"w": np.ones(2, np.float32)}), ValueError, r"largest = 1e\+39, got float32"),
    (lambda: update(grads={"v": np.ones(2)}), ValueError, r"grads: expected the names \['w'\], got \['v'\]"),
    (lambda: update(grads={"w": np.ones(3)}), ValueError, r'grads\["w"\]: expected shape \(2,\), got \(3,\)'),
    (lambda: update(grads={"w": [1.0, np.nan]}), ValueError, r'grads\["w"\]: expected finite numbers, got nan'),
    (lambda: update(params={"w": [1.0, np.inf]}), ValueError, r'params\["w"\]: expected finite numbers, got inf'),
    (lambda: update(state=()), TypeError, "state: expected what init or the last update returned, got tuple"),
    (
        lambda: update(state=Rprop().init({"w": 1.0})),
        ValueError,
        r'state.step\["w"\]: expected shape \(2,\), got \(\)',
    ),
    (lambda: update(state=RpropState(W, {}, 1.0)), ValueError, r"state.sign: expected the names \['w'\], got \[\]"),
    (lambda: update(loss=np.inf), ValueError, "loss: expected a finite number, got inf"),
    (
        lambda: update(Rprop("iRprop+")),
        TypeError,
        r"loss: expected a number, as iRprop\+ looks at it, got NoneType",
    ),
    (lambda: update(Rprop("iRprop+"), loss=np.nan), ValueError, "loss: expected a finite number, got nan"),
    (lambda: update(Rprop("iRprop+"), loss="1"), TypeError, r"loss: expected a number, .* got str"),
    (lambda: Rprop("iRprop+").step_in_place(W, W, Rprop().init(W)), TypeError, r"loss: .* iRprop\+ looks at it"),
]


def update(rprop=None, params=W, grads=W, state=None, loss=None):
    rprop = rprop or Rprop()
    return rprop.update(params, grads, rprop.init(W) if state is None else state, loss)


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input_is_named_before_anything_is_changed(call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert W["w"].tolist() == [1, 1]
