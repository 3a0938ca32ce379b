"""The perceptron: its rule, its bound, and what breaks when a condition of the bound is missing."""

import time
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from nncourse.derivations import perceptron as derivation
from nncourse.perceptron import margin, mistake_bound, perceptron, radius, sign
from nncourse.single_layer import SingleLayer, delta_rule


def separable(seed, n=30, d=3):
    rng = np.random.default_rng(seed)
    u = rng.standard_normal(d)
    x = rng.standard_normal((n, d)) + 0.2
    x = x[np.abs(x @ u) > 0.1 * np.linalg.norm(u)]
    return x, np.sign(x @ u), rng


def row_by_row(x, y, epochs, wrong=lambda z, y: y * z <= 0):
    path, rows = [np.zeros(x.shape[1])], []
    for _ in range(epochs):
        for i in range(len(x)):
            if wrong(path[-1] @ x[i], y[i]):
                path.append(path[-1] + y[i] * x[i])
                rows.append(i)
    return np.array(path), rows


def exact(rows):
    return [[Fraction(float(number)) for number in row] for row in rows]


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def solve(A, b):
    """Solve A x = b in fractions; None if A is singular."""
    M = [[*row, value] for row, value in zip(A, b, strict=True)]
    for c in range(len(M)):
        pivot = next((r for r in range(c, len(M)) if M[r][c]), None)
        if pivot is None:
            return None
        M[c], M[pivot] = M[pivot], M[c]
        for r in range(len(M)):
            if r != c:
                M[r] = [m - M[r][c] / M[c][c] * p for m, p in zip(M[r], M[c], strict=True)]
    return [M[i][-1] / M[i][i] for i in range(len(M))]


def squared_margin_by_trying_all_supports(points):
    """Return gamma^2 as a fraction, or None: the shortest w with p.w >= 1, by its conditions, over all sets."""
    P = exact(points)
    for size in range(1, min(len(P), len(P[0])) + 1):
        for support in combinations(P, size):
            shares = solve([[dot(a, b) for b in support] for a in support], [Fraction(1)] * size)
            if shares and min(shares) >= 0:
                w = [dot(shares, column) for column in zip(*support, strict=True)]
                if all(dot(p, w) >= 1 for p in P):
                    return 1 / dot(w, w)
    return None


def turned(points, rng):
    """Rotate rows at random."""
    return points @ np.linalg.qr(rng.standard_normal((points.shape[1],) * 2))[0]


@pytest.mark.equation("S-fn1a")
@pytest.mark.parametrize("n", [1, 5, 64, 65, 1000])
def test_blocks_find_the_mistakes_of_a_loop_over_the_rows(n, rng):
    x, y = rng.standard_normal((n, 4)), rng.choice([-1.0, 1.0], n)
    x[n // 2] = 0  # a score of 0, always a mistake
    run = perceptron(x, y, epochs=3)
    path, rows = row_by_row(x, y, 3)
    np.testing.assert_array_equal(run.weights, path[-1])
    np.testing.assert_array_equal(run.path, path)
    assert run.rows == rows
    assert run.mistakes == len(rows) == sum(run.per_epoch)
    assert len(run.per_epoch) == 3


@pytest.mark.equation("S-fn1a")
def test_blocks_find_the_few_mistakes_among_many_right_rows(rng):
    x = rng.standard_normal((3000, 2))
    y = np.sign(x @ [1.0, 2.0])
    run = perceptron(x, y, epochs=5)
    path, rows = row_by_row(x, y, 5)
    assert run.rows == rows
    assert len(rows) < 300
    np.testing.assert_array_equal(run.path, path)


@pytest.mark.equation("S-fn1a")
def test_with_the_usual_sign_of_zero_a_no_at_zero_is_a_mistake_and_a_yes_is_none(rng):
    x, y = rng.integers(-1, 2, (80, 2)).astype(float), rng.choice([-1.0, 1.0], 80)
    run = perceptron(x, y, epochs=4, zero_is_a_mistake=False)
    path, rows = row_by_row(x, y, 4, wrong=lambda z, y: sign(z) != y)
    np.testing.assert_array_equal(run.path, path)
    assert run.rows == rows
    assert rows != row_by_row(x, y, 4)[1]
    assert perceptron(np.eye(2), [1, 1], zero_is_a_mistake=False).mistakes == 0  # finished before it has begun


@pytest.mark.equation("S-fn1a")
def test_it_stops_after_the_first_epoch_without_a_mistake():
    run = perceptron([[1.0, 0.0], [0.0, 1.0]], [1, -1])
    assert (run.mistakes, run.per_epoch, run.separated) == (2, [2, 0], True)
    np.testing.assert_array_equal(run.weights, [1, -1])
    assert not perceptron([[1.0, 0.0], [0.0, 1.0]], [1, -1], epochs=1).separated


@pytest.mark.equation("S-fn1a")
def test_the_arguments_stay_as_they_are_and_float32_and_lists_give_the_same(rng):
    x, w0 = rng.standard_normal((30, 3)).astype(np.float32), np.ones(3)
    y = rng.choice([-1, 1], 30).astype(np.float32)
    kept = x.copy(), y.copy(), w0.copy()
    run = perceptron(x, y, w0=w0, epochs=2)
    for before, after in zip(kept, (x, y, w0), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(run.start, w0)
    same = perceptron(x.astype(float).tolist(), y.tolist(), w0=[1, 1, 1], epochs=2)
    np.testing.assert_array_equal(run.path, same.path)
    assert run.weights.dtype == run.points.dtype == np.float64


@pytest.mark.equation("S-fn1a")
def test_the_path_is_made_from_the_rows_so_that_many_mistakes_fit_into_memory(rng):
    x, y = rng.standard_normal((2000, 50)), rng.choice([-1.0, 1.0], 2000)
    run = perceptron(x, y, epochs=20)
    assert run.mistakes > 10_000
    held = sum(value.nbytes for value in vars(run).values() if isinstance(value, np.ndarray))
    assert held < 1.01 * (x.nbytes + 2 * 50 * 8)
    assert run.path.shape == (1 + run.mistakes, 50)
    np.testing.assert_allclose(run.path[-1], run.weights, rtol=1e-12)


@pytest.mark.equation("S-fn1a")
def test_scikit_learn_walks_the_same_way(rng):
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is an oracle")
    x, y = rng.standard_normal((200, 3)), rng.choice([-1.0, 1.0], 200)
    theirs = linear_model.Perceptron(shuffle=False, fit_intercept=False, max_iter=4, tol=None).fit(x, y)
    np.testing.assert_allclose(perceptron(x, y, epochs=4).weights, theirs.coef_[0], rtol=1e-12)


@pytest.mark.equation("S-fn1b")
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_no_order_brings_more_mistakes_than_the_bound(seed, d):
    x, y, rng = separable(seed, d=d)
    if len(x) == 0:
        return
    order = rng.permutation(len(x))
    gamma, u = margin(x, y)
    run = perceptron(x[order], y[order], epochs=100_000)
    assert run.separated
    assert run.mistakes <= mistake_bound(x, y) * (1 + 1e-9)
    k = np.arange(run.mistakes + 1)
    assert (run.path @ u >= k * gamma - 1e-7).all()
    assert (np.sum(run.path**2, axis=1) <= k * radius(x) ** 2 + 1e-9).all()
    lax = perceptron(x[order], y[order], epochs=100_000, zero_is_a_mistake=False)
    assert lax.separated
    assert lax.mistakes <= mistake_bound(x, y) * (1 + 1e-9)


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("d", [1, 4, 25])
def test_unit_vectors_reach_the_bound(d):
    assert perceptron(np.eye(d), np.ones(d)).mistakes == d
    np.testing.assert_allclose(mistake_bound(np.eye(d), np.ones(d)), d, rtol=1e-12)


def lesson(gamma, n):
    """Return rows of length 1, each made when the weights before it are known: its score is just below 0."""
    rows, w = [np.array([gamma, np.sqrt(1 - gamma**2), 0])], np.zeros(3)
    w = w + rows[0]
    while len(rows) < n:
        length = np.hypot(w[1], w[2])
        c = -(gamma * w[0] + 1e-6) / (np.sqrt(1 - gamma**2) * length)
        s = np.sqrt(1 - c**2)
        turn = np.array([[c, -s], [s, c]]) @ w[1:] / length
        rows.append(np.array([gamma, *(np.sqrt(1 - gamma**2) * turn)]))
        w = w + rows[-1]
    return np.array(rows)


@pytest.mark.equation("S-fn1b")
def test_a_teacher_reaches_the_bound_with_three_inputs_and_only_in_this_order(rng):
    x, y = lesson(0.1, 99), rng.choice([-1.0, 1.0], 99)
    x *= y[:, None]
    np.testing.assert_allclose(mistake_bound(x, y), 100, rtol=1e-9)
    run = perceptron(x, y)
    assert (run.mistakes, run.per_epoch) == (99, [99, 0])
    np.testing.assert_allclose(np.sum(run.path**2, axis=1), np.arange(100), atol=1e-3)  # along the upper wall
    for _ in range(20):
        order = rng.permutation(99)
        assert perceptron(x[order], y[order]).mistakes < 60


@pytest.mark.equation("S-fn1b")
def test_two_rows_can_bring_many_mistakes_so_that_no_number_of_rows_is_a_bound():
    assert [perceptron([[1, 0], [-0.5, b]], [1, 1], epochs=10**4).mistakes for b in (0.5, 0.05)] == [5, 152]
    np.testing.assert_allclose(mistake_bound([[1, 0], [-0.5, 0.05]], [1, 1]), 901, rtol=1e-12)


# --- the margin, against references that share nothing with it ---


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("seed", range(150))
def test_the_margin_is_that_of_exact_arithmetic_on_all_sets_of_rows(seed):
    rng = np.random.default_rng(seed)
    n, d, largest = rng.integers(1, 7), rng.integers(1, 5), rng.choice([1, 2, 5, 30])
    points = rng.integers(-largest, largest + 1, (n, d)).astype(float)
    if seed % 2:
        points[:, 0] = np.abs(points[:, 0])  # separable, more often than not, and with ties
    if seed % 3 == 0:
        points *= 2.0 ** rng.integers(-10, 11, (n, 1))  # rows of very different lengths
    if seed % 5 == 0:
        points = np.vstack([points, points[:2], 2 * points[:1]])
    y = rng.choice([-1.0, 1.0], len(points))
    squared = squared_margin_by_trying_all_supports(points)
    if squared is None:
        with pytest.raises(ValueError, match="expected rows that a hyperplane separates strictly"):
            margin(y[:, None] * points, y)
    else:
        gamma, u = margin(y[:, None] * points, y)
        np.testing.assert_allclose(gamma, np.sqrt(float(squared)), rtol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(u), 1, rtol=1e-14)
        np.testing.assert_allclose((points @ u).min(), gamma, atol=1e-13 * np.abs(points).max())


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("d", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("n", [3, 60, 2000])
@pytest.mark.parametrize("gap", [1, 1e-2, 1e-4])
def test_a_direction_and_a_mix_of_rows_squeeze_the_margin(d, n, gap, rng):
    optimize = pytest.importorskip("scipy.optimize", reason="SciPy is an oracle")
    direction, x = rng.standard_normal(d), rng.standard_normal((n, d))
    x += gap * np.sign(x @ direction)[:, None] * direction / np.linalg.norm(direction)
    y = np.sign(x @ direction)
    gamma, u = margin(x, y)
    points = y[:, None] * x
    shares, _ = optimize.nnls(np.vstack([points.T, np.ones(n)]), np.append(np.zeros(d), 1.0), maxiter=100 * n)
    mix = shares / shares.sum() @ points  # any mix is at least gamma long; the nearest is gamma long
    np.testing.assert_allclose(np.linalg.norm(mix), gamma, rtol=1e-9)
    np.testing.assert_allclose((points @ u).min(), gamma, rtol=1e-9)
    np.testing.assert_allclose(mix, gamma * u, atol=1e-9 * gamma)


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("small", [10.0**-k for k in range(1, 8)])
def test_small_margins_are_exact_as_far_as_rounding_the_rows_allows(small, rng):
    plane = np.array([[1.0, small], [-0.7, small]])  # the segment between them is `small` away from 0
    assert margin(plane, [1, 1])[0] == pytest.approx(small, rel=1e-13)
    for d in (2, 5, 12):
        rows = np.hstack([rng.standard_normal((40, d - 1)), small * rng.uniform(1, 9, (40, 1))])
        rows[:2] = 0
        rows[:2, 0], rows[:2, -1] = (1, -0.7), small
        assert margin(turned(rows, rng), np.ones(40))[0] == pytest.approx(small, rel=5e-15 / small)


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("little", [1e-6, 1e-9, 1e-12])
def test_a_row_that_lacks_next_to_nothing_turns_the_direction(little):
    points = np.array([[1.0, 0.0], [1 - little, 1.0]])  # (1, 0) alone would leave the second row short
    gamma, u = margin(points, [1, 1])
    np.testing.assert_allclose(points @ u, gamma, rtol=1e-14)
    np.testing.assert_allclose(u[1] / u[0], 1 - points[1, 0], rtol=1e-3)


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("exponent", [-300, -150, -20, 20, 150, 300])
def test_the_margin_scales_with_the_rows_and_nothing_overflows(exponent):
    x, y, _ = separable(5, n=40, d=4)
    gamma, u = margin(x, y)
    scale = 2.0 ** round(exponent * np.log2(10))  # exact
    assert margin(scale * x, y)[0] == gamma * scale
    np.testing.assert_array_equal(margin(scale * x, y)[1], u)
    assert radius(scale * x) == radius(x) * scale
    assert mistake_bound(scale * x, y) == mistake_bound(x, y)


@pytest.mark.equation("S-fn1b")
def test_a_long_row_columns_in_other_units_and_copies_of_rows_do_no_harm(rng):
    x, y, _ = separable(7, n=30, d=3)
    gamma, u = margin(x, y)
    far = np.argmax(y * (x @ u))
    long = x.copy()
    long[far] *= 1e8
    np.testing.assert_allclose(margin(long, y)[0], gamma, rtol=1e-12)
    copies = np.vstack([x, x, 2 * x, x * (1 + 1e-12)])
    np.testing.assert_allclose(margin(copies, np.tile(y, 4))[0], gamma, rtol=1e-12)
    units = x * [1e6, 1, 1e-3]
    gamma, u = margin(units, y)
    # the squeeze: u is a mix of the rows that it touches, all of them with positive shares
    touched = (y[:, None] * units)[y * (units @ u) < gamma * (1 + 1e-6)]
    shares = np.linalg.lstsq(touched.T, gamma * u, rcond=None)[0]
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(), 1, rtol=1e-6)


@pytest.mark.equation("S-fn1b")
def test_the_margin_is_that_of_a_support_vector_machine():
    svm = pytest.importorskip("sklearn.svm", reason="scikit-learn is an oracle")
    x, y, _ = separable(3, n=40, d=6)
    mirrored, labels = np.vstack([x, -x]), np.append(y, -y)  # a symmetric cloud: no intercept
    theirs = svm.SVC(kernel="linear", C=1e8, tol=1e-9).fit(mirrored, labels)
    np.testing.assert_allclose(margin(x, y)[0], 1 / np.linalg.norm(theirs.coef_), rtol=1e-5)


@pytest.mark.equation("S-fn1b")
def test_a_bias_is_a_column_of_ones(rng):
    x = np.array([[1.0], [2.0]])
    extended = np.array([[1.0, 1.0], [1.0, 2.0]])
    for with_bias, without in (
        (margin(x, [-1, 1], bias=True)[0], margin(extended, [-1, 1])[0]),
        (radius(x, bias=True), np.sqrt(5)),
        (mistake_bound(x, [-1, 1], bias=True), mistake_bound(extended, [-1, 1])),
    ):
        np.testing.assert_allclose(with_bias, without, rtol=1e-15)
    np.testing.assert_allclose(mistake_bound(x, [-1, 1], bias=True), 65, rtol=1e-13)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([[1.0], [-1.0]], [1, 1]),
        ([[1.0], [1.0]], [1, -1]),
        ([[0.0]], [1]),
        ([[0.0, 0.0], [1.0, 2.0]], [1, 1]),
        ([[1.0, 1], [-1, -1], [1, -2]], [1, 1, -1]),  # by weights that leave two rows on the line
        ([[0.0, 1], [1e15, -0.5], [-1e15, -0.5]], [1, 1, 1]),  # 0 is a mix, by a hair
    ],
)
def test_rows_that_cannot_be_separated_have_no_margin(x, y):
    for function in (margin, mistake_bound):
        with pytest.raises(ValueError, match="x, y: expected rows that a hyperplane separates strictly"):
            function(x, y)


@pytest.mark.parametrize("d", [1, 2, 5, 20])
def test_data_that_cannot_be_separated_are_refused_in_time(d, rng):
    x = rng.standard_normal((2000, d))
    on_the_edge = np.abs(rng.standard_normal((50, d)))
    on_the_edge[:4, 0] = 0
    on_the_edge[3] = -on_the_edge[:3].sum(axis=0)  # 0 is a mix of four rows, on the hull's edge
    integers = rng.integers(-3, 4, (100, d)).astype(float)
    started = time.monotonic()
    for points in (
        x,
        turned(on_the_edge, rng),
        np.vstack([x[:10], -x[:1]]),
        np.vstack([integers, -integers[::2]]),
        np.vstack([x[:10], -x[:1] * 1e-9]),
    ):
        with pytest.raises(ValueError, match="separates strictly"):
            margin(points, np.ones(len(points)))
    assert time.monotonic() - started < 20


@pytest.mark.equation("S-fn1b")
def test_with_the_usual_sign_of_zero_the_mistakes_never_end():
    x, y = np.array([[1.0, 1], [-1, -1], [1, -2]]), np.array([1.0, 1, -1])
    np.testing.assert_array_equal(sign(x @ [-1.0, 1.0]), y)  # 100 % are right, with sign(0) = +1
    run = perceptron(x, y, epochs=1000, zero_is_a_mistake=False)
    assert not run.separated
    assert run.mistakes in (1998, 1999, 2000)
    assert set(run.per_epoch[5:]) == {2}


@pytest.mark.equation("S-fn1b")
def test_from_other_weights_than_zero_the_bound_does_not_hold():
    assert perceptron([[1.0]], [1], w0=[-100.0], epochs=1000).mistakes == 101
    assert mistake_bound([[1.0]], [1]) == 1


@pytest.mark.equation("S-fn1c")
def test_the_delta_rule_cannot_give_the_update():
    z, y = 0.5, -1.0
    slope = (sign(z + 1e-6) - sign(z - 1e-6)) / 2e-6
    assert slope == 0  # differentiable at 0.5, and no use
    np.testing.assert_array_equal(delta_rule([[z]], [1.0], [y], "identity") * slope, 0)
    for where in (sp.Rational(1, 2), -3):
        assert derivation.slope_of_sign(where) == 0
    for y in (1, -1):
        assert derivation.delta_rule_step(y, slope=derivation.slope_of_sign(1)) == 0
        assert derivation.delta_rule_step(y, slope=1) == 2 * y * derivation.x


@pytest.mark.equation("S-fn1c")
@pytest.mark.parametrize("y", [1, -1])
def test_the_update_is_a_gradient_step_on_another_loss(y):
    assert derivation.perceptron_step(y, right=False) == y * derivation.x
    assert derivation.perceptron_step(y, right=True) == 0
    left, right = derivation.slopes_at_zero(y)
    assert {left, right} == {-y, 0}
    assert left < right  # a corner that points down
    for x, score in ((1.5, 2.0), (-0.5, 2.0), (1.5, -2.0), (-0.5, -2.0)):
        moved = perceptron([[x]], [y], w0=[score / x], epochs=1).weights[0] - score / x
        assert moved == float(derivation.perceptron_step(y, right=score * y > 0).subs(derivation.x, x))


@pytest.mark.equation("S-fn1c")
def test_pytorchs_sgd_on_that_loss_walks_the_same_way_but_not_from_zero(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle")
    x, y = rng.standard_normal((40, 3)), rng.choice([-1.0, 1.0], 40)
    for start in (np.ones(3), np.zeros(3)):
        w = torch.tensor(start, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=1.0)
        for x_i, y_i in zip(torch.tensor(x), y, strict=True):
            optimizer.zero_grad()
            torch.relu(-y_i * (w @ x_i)).backward()
            optimizer.step()
        ours = perceptron(x, y, w0=start, epochs=1)
        assert ours.mistakes > 5
        same = ours.weights if start.any() else start
        np.testing.assert_allclose(w.detach().numpy(), same, rtol=1e-12)


@pytest.mark.equation("S-fn1b")
@pytest.mark.parametrize("y", [-1, 1])
def test_sympy_confirms_the_first_two_steps_of_the_proof(y):
    assert derivation.growth(3, y) == 0
    assert derivation.progress(3, y) == 0
    assert derivation.growth(3, sp.Symbol("y")) != 0  # y^2 = 1 is needed


@pytest.mark.equation("S-fn1b")
def test_sympy_takes_the_last_step_of_the_proof_and_refuses_walls_that_prove_nothing():
    k, R, gamma = sp.symbols("k R gamma", positive=True)
    assert derivation.most_mistakes(k * gamma, sp.sqrt(k) * R, k) == (R / gamma) ** 2
    with pytest.raises(ValueError, match="lower wall above"):
        derivation.most_mistakes(sp.sqrt(k) * gamma, k * R, k)
    for lower, upper in ((k, k + R), (k**2, 3 * k - 2), (k * gamma, k * R + 1)):
        with pytest.raises(ValueError, match="walls that meet once"):
            derivation.most_mistakes(lower, upper, k)


@pytest.mark.equation("S-fn1a")
def test_a_bias_separates_what_no_line_through_the_origin_does():
    assert not perceptron([[1.0], [2.0]], [-1, 1]).separated
    run = perceptron([[1.0], [2.0]], [-1, 1], bias=True)
    scores, _ = SingleLayer((1, 1), bias=True).forward({"W": run.weights[None]}, [[1.0], [2.0]])
    np.testing.assert_array_equal(sign(scores[:, 0]), [-1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perceptron([[1.0]], [0]), r"y: expected labels -1 and \+1, got 0 at index 0"),
        (lambda: perceptron([[1.0]], [1, 1]), r"y: expected shape \(1,\), got \(2,\)"),
        (lambda: perceptron([[1.0]], [1], w0=[1.0, 2.0]), r"w0: expected shape \(1,\), got \(2,\)"),
        (lambda: perceptron([[np.inf]], [1]), "x: expected finite numbers"),
        (lambda: perceptron([[1.0]], [1], epochs=0), "epochs: expected a finite number above 0"),
        (lambda: perceptron([[1e200]], [1]), "x: expected a largest number between 1e-140 and 1e140, got 1e\\+200"),
        (lambda: perceptron([[1e-200]], [1]), "x: expected a largest number between 1e-140 and 1e140, got 1e-200"),
        (lambda: perceptron([[1.0]], [1], w0=[-1e200]), "w0: expected a largest number between"),
        (lambda: margin([[np.nan]], [1]), "x: expected finite numbers"),
        (lambda: mistake_bound([[1.0]], [2]), r"y: expected labels -1 and \+1, got 2 at index 0"),
        (lambda: radius([[np.inf]]), "x: expected finite numbers"),
        (lambda: sign([1.0, np.nan]), "z: expected finite numbers"),
        (lambda: radius([1.0]), r"x: expected shape \(n, d\), got \(1,\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("function", [perceptron, margin, mistake_bound])
def test_a_bias_that_is_no_truth_value_is_refused(function):
    with pytest.raises(TypeError, match="bias: expected True or False, got 1"):
        function([[1.0]], [1], bias=1)
    with pytest.raises(TypeError, match="zero_is_a_mistake: expected True or False, got 'no'"):
        perceptron([[1.0]], [1], zero_is_a_mistake="no")


def test_zero_is_a_yes_for_the_usual_sign():
    np.testing.assert_array_equal(sign([-2.0, -0.0, 0.0, 3.0]), [-1, 1, 1, 1])
    assert sign(-0.5) == -1
