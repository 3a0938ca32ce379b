"""The exercises of the chapter *Adding up bits*."""

from dataclasses import dataclass

import numpy as np
import sympy as sp

from nncourse.adding_bits import Descent, error_and_gradient
from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

T, epsilon = sp.symbols("T epsilon", positive=True)
LATER = T * (T - 1) / 2  # what the bits of a row of ones weigh together in the slope in v_f
NUMBER = "A number came; a formula is asked. Write T_ for the length: T is a number in this notebook."


def _numbers(answer, count):
    """Return the answer as `count` real numbers, or None. A row and a column of a matrix will do."""
    try:
        numbers = np.array(answer, float)
    except (TypeError, ValueError):
        return None
    return (
        numbers.ravel() if count in numbers.shape and numbers.size == count and np.isfinite(numbers).all() else None
    )


@dataclass(frozen=True)
class Lengths(Formula):
    """A Formula that takes a series for its terms, and shows the difference at a length and a small epsilon."""

    def __call__(self, exercise, answer, rng):
        """Return None, or where the formula differs and the likely cause."""
        if isinstance(answer, sp.Expr):
            answer = answer.removeO()
        wrong = super().__call__(exercise, answer, rng)
        if wrong is None or not wrong.startswith("At "):
            return wrong
        where = {"T": int(rng.integers(9, 20)), "epsilon": 0.01}
        came, right = (
            complex(sp.N(f.subs({s: where[s.name] for s in f.free_symbols}))).real
            for f in (sp.sympify(answer), exercise.solution)
        )
        at = ", ".join(f"{name} = {where[name]}" for name in self.names)
        cause = wrong.split("\n")[1:] if sp.sympify(answer).free_symbols else [NUMBER]
        return "\n".join([f"At {at} your formula gives {came:.4g}, expected {right:.4g}.", *cause])


# --- 1: counting zeros ---


def _counts_zeros(answer, rng):
    """Return None if (v_x, v_f, b) counts zeros, else what is wrong."""
    numbers = _numbers(answer, 3)
    if numbers is None:
        return "Expected three numbers, (v_x, v_f, b)."
    v_x, v_f, b = numbers
    for T in (1, 2, 3, 5, 9):
        x = rng.integers(2, size=T)
        x[:3] = [0, 1, 0][:T]  # these three leave (-1, 1, 1) alone
        f = 0.0
        for bit in x:
            f = v_f * f + v_x * bit + b
        if not abs(f - np.sum(x == 0)) <= 1e-6:
            row = "".join(map(str, x))
            return f"For {row} your network says {f:.4g}, and {np.sum(x == 0)} is right. {_why(v_x, v_f, b)}"
    return None


def _why(v_x, v_f, b):
    if v_f != 1:
        return f"With v_f = {v_f:g} the count so far is changed at every step, whatever the bit is."
    if b == 0:
        return "Without an intercept a row of zeros gives 0, and it should give its length."
    if v_x + b == 1 and b == 1:
        return "It counts every bit: a one brings v_x + b, and should bring nothing."
    return f"A zero brings b = {b:g}, and a one v_x + b = {v_x + b:g}: what should they bring?"


# --- 2: the gradient ---


def _counters(rng):
    """Draw (v_x, v_f, x, y). Every answer is too small, so that nothing cancels by chance."""
    cases = []
    for steps, examples in ((1, 2), (4, 3), (7, 2)):
        x = rng.integers(2, size=(steps, examples)).astype(float)
        x[0], x[-1] = 1, np.arange(examples) > 0
        cases.append((rng.uniform(0.5, 0.9), rng.uniform(0.5, 0.9), x, x.sum(axis=0) + rng.uniform(1, 3, examples)))
    return cases


def _as_pair(result):
    """Make a pair of numbers an array, whatever holds it; a column of two is a pair too."""
    if not isinstance(result, (tuple, list, np.ndarray, sp.MatrixBase)):
        return result
    pair = np.array(result, float)
    return pair.ravel() if pair.size == 2 else pair


def gradient(v_x, v_f, x, y):
    """Going back step by step."""
    f = [np.zeros(len(y))]
    for x_t in x:
        f.append(f[-1] * v_f + x_t * v_x)
    blame, dv_x, dv_f = f[-1] - y, 0.0, 0.0
    for t in range(len(x), 0, -1):
        dv_x += np.sum(blame * x[t - 1])
        dv_f += np.sum(blame * f[t - 1])
        blame = blame * v_f
    return dv_x, dv_f


def gradient_going_forward(v_x, v_f, x, y):
    """The same, from the total derivatives of the state, which are carried forward."""
    f = in_v_x = in_v_f = np.zeros(len(y))
    for x_t in x:
        f, in_v_x, in_v_f = f * v_f + x_t * v_x, in_v_x * v_f + x_t, in_v_f * v_f + f
    return [(f - y) @ in_v_x, (f - y) @ in_v_f]


def gradient_with(v_x, v_f, x, y, *, blame=None, power=None, state=0, each=np.sum):
    """The sums (22) and (26), in which one thing can be made wrong."""
    f = [np.zeros(len(y))]
    for x_t in x:
        f.append(f[-1] * v_f + x_t * v_x)
    residual = f[-1] - y if blame is None else blame(f[-1] - y)
    powers = [v_f ** (len(x) - t if power is None else power(len(x), t)) for t in range(1, len(x) + 1)]
    steps = list(zip(powers, x, f[:-1] if state == 0 else f[1:], strict=True))
    return sum(each(residual * x_t * p) for p, x_t, _ in steps), sum(each(residual * s * p) for p, _, s in steps)


def gradient_counted_twice(v_x, v_f, x, y):
    """The total derivative of every state in the place of the immediate one."""
    f, in_v_x, in_v_f = [np.zeros(len(y))], [0.0], [0.0]
    for x_t in x:
        in_v_x.append(in_v_x[-1] * v_f + x_t)
        in_v_f.append(in_v_f[-1] * v_f + f[-1])
        f.append(f[-1] * v_f + x_t * v_x)
    blames = [(f[-1] - y) * v_f ** (len(x) - t) for t in range(1, len(x) + 1)]
    return tuple(sum(np.sum(b * d) for b, d in zip(blames, total[1:], strict=True)) for total in (in_v_x, in_v_f))


def _wrong(because, **change):
    return Mistake(lambda v_x, v_f, x, y: gradient_with(v_x, v_f, x, y, **change), because)


# --- 4: two step sizes ---


def _is_quick(answer, rng):
    """Return None if E is below 1e-6 after 400 steps with (alpha_x, alpha_f), else what is wrong."""
    alphas = _numbers(answer, 2)
    if alphas is None or (alphas <= 0).any():
        return "Expected two numbers above 0, (alpha_x, alpha_f)."
    descent, params, errors = Descent(*map(float, alphas)), {"v_x": 0.5, "v_f": 0.5}, []
    try:
        for _ in range(401):
            E, grads = error_and_gradient(params, np.eye(20), np.ones(20))
            errors.append(E)
            params, _ = descent.update(params, grads, ())
    except (FloatingPointError, ValueError):
        if alphas[0] < alphas[1]:
            return "It runs away. Look at H: in which parameter does E bend more? It needs the smaller step."
        return "It runs away: at least one step size is too large. Along v_x alone the limit is 2 / H_xx."
    if errors[-1] < 1e-6:
        return None
    if min(errors) < 1e-6:
        return (
            f"E was below 1e-6 after {np.argmin(errors)} steps, and was thrown out again: the steps are too large."
        )
    reached = f"After 400 steps E is {errors[-1]:.1g}"
    if alphas[0] == alphas[1]:
        return f"{reached}. One step size for both cannot do it: the two bends are too different."
    if (np.diff(errors[-50:]) > 0).any() or (alphas > 0.9 * np.array([2 / 20, 2 / 2470])).any():
        return f"{reached}, and it jumps to and fro: at least one step size is too large."
    if (alphas < 0.25 * np.array([2 / 20, 2 / 2470])).all():
        return f"{reached}, and it still falls. Both are far below their own limits, 2 / H_xx and 2 / H_ff."
    return f"{reached}, and it still falls. Which of the two is far below its own limit, 2 / H_xx or 2 / H_ff?"


EXERCISES = (
    Exercise(
        "adding-bits-1",
        "predict",
        "J-n1 J-0",
        5,
        "Give (v_x, v_f, b) with which f_t = v_f f_{t-1} + v_x x_t + b, from f_0 = 0, counts the zeros.",
        Holds(_counts_zeros, "It counts the zeros of sequences of every length."),
        (-1, 1, 1),
        (
            Mistake((1, 1, 0), "Without an intercept a row of zeros gives 0"),
            Mistake((-1, 1, 0), "Without an intercept a row of zeros gives 0"),
            Mistake((0, 1, 1), "It counts every bit"),
            Mistake((1, 1, 1), "A zero brings b = 1, and a one v_x + b = 2"),
            Mistake((1, 1, -1), "A zero brings b = -1, and a one v_x + b = 0"),
            Mistake((-1, 1, 8), "A zero brings b = 8, and a one v_x + b = 7"),
            Mistake((1, -1, 1), "With v_f = -1 the count so far is changed at every step"),
            Mistake((-1, 0, 1), "With v_f = 0 the count so far is changed at every step"),
            Mistake((-2, 2, 1), "With v_f = 2 the count so far is changed at every step"),
            Mistake((-1, 1), "Expected three numbers"),
            Mistake({"v_x": -1, "v_f": 1, "b": 1}, "Expected three numbers"),
        ),
        ([-1.0, 1.0, 1.0], np.array([-1, 1, 1]), sp.Matrix([-1, 1, 1])),
    ),
    Exercise(
        "adding-bits-2",
        "implement",
        "J-26 J-16 J-17 J-19 J-20 J-21 J-22 J-23 J-24 J-25",
        12,
        "Write gradient(v_x, v_f, x, y): dE/dv_x and dE/dv_f for x of shape (T, I), from f_0 = 0.",
        Calls(("v_x", "v_f", "x", "y"), _counters, normalise=_as_pair),
        gradient,
        (
            _wrong(
                "you summed the blame over the examples; each has its own, and meets its own x_t.", blame=np.sum
            ),
            _wrong(
                "your blame is the same at every step; each step back multiplies it by v_f.", power=lambda T, t: 0
            ),
            _wrong("the powers run the wrong way: the last step has v_f^0.", power=lambda T, t: t - 1),
            _wrong("the powers run the wrong way, and start at 1: the last step has v_f^0.", power=lambda T, t: t),
            _wrong("one power too many: the last step's blame is yhat - y itself.", power=lambda T, t: T - t + 1),
            _wrong("the immediate derivative of f_t in v_f is the state before, f_{t-1}, not f_t.", state=1),
            _wrong("the sign is wrong: the residual is yhat - y.", blame=lambda r: -r),
            _wrong("E is a sum over the examples, not a mean.", each=np.mean),
            _wrong("E has a factor 1/2, which takes the 2 of the square away.", blame=lambda r: 2 * r),
            _wrong("one number for each example came; sum over the examples too.", each=lambda a: a),
            Mistake(lambda *case: gradient(*case)[::-1], "the two are in the wrong order: dE/dv_x comes first."),
            _wrong(
                "only the last step is there; the parameters are used in all of them.",
                power=lambda T, t: 1e9 * (T - t),
            ),
            _wrong("the first step is missing; it has a bit too.", power=lambda T, t: 1e9 * (t == 1) + T - t),
            _wrong("the residual yhat - y is missing.", blame=np.ones_like),
            _wrong("the slope of half a square is the residual itself, not its square.", blame=lambda r: r**2 / 2),
            Mistake(
                lambda v_x, v_f, x, y: (v_x * gradient(v_x, v_f, x, y)[0], v_f * gradient(v_x, v_f, x, y)[1]),
                "the derivative of x_t v_x in v_x is x_t alone, without v_x; and the same for v_f.",
            ),
            Mistake(
                lambda v_x, v_f, x, y: np.repeat(gradient(v_x, v_f, x, y)[0], 2),
                "in dE/dv_f the blame meets the state before, f_{t-1}, and not the bit.",
            ),
            Mistake(
                lambda *case: dict(zip(("v_x", "v_f"), gradient(*case), strict=True)),
                "a dict came; return the two numbers as a pair.",
            ),
            Mistake(
                gradient_counted_twice,
                "the derivative of f_t that meets the blame is the immediate one; the total one counts twice.",
            ),
        ),
        (gradient_going_forward, lambda *case: gradient_with(*case)),
    ),
    Exercise(
        "adding-bits-3",
        "derive",
        "J-18 J-15 J-16 J-17",
        10,
        "One row of T ones: the largest stable step size at v_x = v_f = 1, as a formula in T.",
        Lengths("T", whole=True),
        2 / (T**2 + LATER**2),
        (
            Mistake(1 / (T**2 + LATER**2), "the limit is 2 divided by the largest eigenvalue, not 1."),
            Mistake(2 / 848, NUMBER),
            Mistake(2 / (64**2 + (64 * 63 / 2) ** 2), NUMBER),
            Mistake(T**2 + LATER**2, "that is the largest eigenvalue; the step size is 2 divided by it."),
            Mistake(2 / T**2, "that is the limit along v_x alone; v_f moves too, and bends E more."),
            Mistake(2 / LATER**2, "that is the limit along v_f alone; v_x moves too."),
            Mistake(2 / (T**2 + LATER), "square both slopes, not the first one alone."),
            Mistake(2 / (T**2 + (T * (T + 1) / 2) ** 2), "bit t is multiplied by v_f only T - t times, no more."),
            Mistake(
                2 / (T + T * (T - 1) * (2 * T - 1) / 6),
                "you squared first and then summed over the bits; there is one residual, so sum first.",
            ),
            Mistake(2 / (T + LATER), "the slopes are there; the eigenvalue is the sum of their squares."),
            Mistake(2 / (T + LATER) ** 2, "you squared the sum of the two slopes; it is the sum of their squares."),
            Mistake(
                2 / sp.sqrt(T**2 + LATER**2), "you have the length of the slopes; the eigenvalue is its square."
            ),
            Mistake(
                2 / (T**2 + T**2 * (T - 1) ** 2),
                "the slope in v_f is 0 + 1 + ... + (T - 1), which is half of T (T - 1).",
            ),
        ),
        (
            8 / (T**2 * (T**2 - 2 * T + 5)),
            2 / sp.Matrix([T, LATER]).dot(sp.Matrix([T, LATER])),
            2 / (T**2 + sp.Sum(sp.Symbol("k"), (sp.Symbol("k"), 0, T - 1)) ** 2),
        ),
    ),
    Exercise(
        "adding-bits-4",
        "experiment",
        "J-18 J-15 J-17",
        12,
        "Find (alpha_x, alpha_f) with which E of np.eye(20), from (0.5, 0.5), is below 1e-6 after 400 steps.",
        Holds(_is_quick, "After 400 steps E is below 1e-6."),
        (0.045, 0.00035),
        (
            Mistake((8e-4, 8e-4), "One step size for both cannot do it"),
            Mistake((1e-3, 3e-4), "it still falls. Which of the two is far below its own limit"),
            Mistake((0.04, 1e-6), "it still falls. Which of the two is far below its own limit"),
            Mistake((0.1, 8.1e-4), "it jumps to and fro: at least one step size is too large"),
            Mistake((1.2 / 20, 1.2 / 2470), "and was thrown out again: the steps are too large"),
            Mistake((0.3 / 20, 0.3 / 2470), "Both are far below their own limits"),
            Mistake((0.2, 0.01), "It runs away: at least one step size is too large"),
            Mistake((0.00037, 0.045), "It needs the smaller step"),
            Mistake((0.1, 0.1), "It runs away"),
            Mistake((0.045, -1e-4), "Expected two numbers above 0"),
            Mistake(0.045, "Expected two numbers above 0"),
        ),
        ((0.04, 0.0003), [0.03, 0.0003], np.array([0.05, 0.0004])),
    ),
    Exercise(
        "adding-bits-5",
        "predict",
        "J-16",
        8,
        "v_x = 1 and v_f = 1 - epsilon: how much is missing from T ones, to first order in epsilon?",
        Lengths("epsilon T"),
        epsilon * LATER,
        (
            Mistake(epsilon * T, "that is what the oldest bits lose, about; add up what each of them loses."),
            Mistake(epsilon * (T - 1), "that is what the first bit loses; the others lose something too."),
            Mistake(epsilon * T**2 / 2, "nearly: the last bit loses nothing, so it is T - 1 in one factor."),
            Mistake(epsilon * T * (T + 1) / 2, "bit t is multiplied T - t times, so the last one loses nothing."),
            Mistake(2 * epsilon * LATER, "0 + 1 + ... + (T - 1) is half of T (T - 1)."),
            Mistake(T - epsilon * LATER, "that is the answer of the network; what is missing from T is asked."),
            Mistake(-epsilon * LATER, "how much is missing is a positive number."),
            Mistake(
                T - (1 - (1 - epsilon) ** T) / epsilon,
                "that is exact; to first order in epsilon it is simpler. Replace (1 - epsilon)^k by 1 - k epsilon.",
            ),
            Mistake(1 - (1 - epsilon) ** T, "that is what one bit loses in T steps; add up the bits."),
            Mistake(LATER, "the first order is missing its epsilon."),
            Mistake(epsilon * LATER.subs(T, 64), "T is the number 64 here; write T_ for the symbol."),
            Mistake(28 * epsilon, "that is right for T = 8 only; a formula in T_ is asked."),
            Mistake(LATER / 50, "epsilon is any small number here, not 0.02; write e_ for it."),
            Mistake(epsilon * T**2, "too much: only the first bit loses nearly epsilon T, the later ones less."),
            Mistake(
                epsilon * (T - 1) * (T - 2) / 2, "the first bit is multiplied T - 1 times: the sum ends there."
            ),
            Mistake(
                epsilon * (T - 1) / 2, "that is the share of T that is missing, or what one bit loses on average."
            ),
            Mistake(epsilon * LATER - epsilon**2 * T * (T - 1) * (T - 2) / 6, "drop the term with epsilon^2."),
            Mistake(
                (1 - (1 - epsilon) ** T) / epsilon, "that is the answer of the network; what is missing is asked."
            ),
        ),
        (
            epsilon * sp.binomial(T, 2),
            sp.Sum(epsilon * (T - sp.Symbol("t")), (sp.Symbol("t"), 1, T)),
            epsilon * LATER + sp.Order(epsilon**2),
        ),
    ),
)
