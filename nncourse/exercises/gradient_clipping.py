"""The exercises of the chapter *Gradient clipping*."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

r = sp.Symbol("r")
ROOT = sp.sqrt((1 + r) ** 2 + 1)
v, c, L, eta = sp.symbols("v c L eta")
STEPS = (v - L / c) / (eta * L)


@dataclass(frozen=True)
class Steps(Formula):
    """A number of steps, shown at a start that lies beyond the limit."""

    def __call__(self, exercise, answer, rng):
        """Return None, or what the formula gives at such a start, and the likely cause."""
        if isinstance(answer, sp.Expr) and answer.atoms(sp.Float) and "eta" not in map(str, answer.free_symbols):
            return "A number stands where eta belongs: `eta` is the step size from above, not the symbol."
        wrong = super().__call__(exercise, answer, rng)
        if not wrong or not wrong.startswith("At "):
            return wrong
        for _ in range(9):  # a formula that rounds is right here and there
            end, c, eta = (float(x) for x in rng.integers(2, 6, 3))
            where = {"v": end + float(rng.integers(2, 9)), "c": c, "L": end * c, "eta": eta / 100}
            came, right = (
                complex(e.subs({s: where[str(s)] for s in e.free_symbols}).evalf()).real
                for e in (sp.sympify(answer), exercise.solution)
            )
            if not np.isclose(came, right):
                break
        at = ", ".join(f"{name} = {value:g}" for name, value in where.items())
        return "\n".join([f"At {at} your formula gives {came:.4g}, expected {right:.4g}.", *wrong.split("\n")[1:]])


# --- clipping a list of matrices ---


def _gradients(rng):
    """Draw (grads, limit): too long, short enough, zero, so long that a square overflows, and all negative."""

    def draw(size):
        grads = [rng.normal(size=shape) for shape in ((3, 2), (3, 3), (2,))]
        factor = size / np.sqrt(sum(np.sum(g**2) for g in grads))
        return [factor * g for g in grads]

    sizes = rng.uniform(4, 9, 4)
    return [
        (draw(sizes[0]), float(rng.uniform(1, 3))),
        (draw(sizes[1]), float(rng.uniform(10, 20))),
        ([np.zeros((2, 2)), np.zeros(3)], 1.0),
        (draw(sizes[2] * 1e200), 0.5),
        ([-np.abs(g) for g in draw(sizes[3])], 2.0),
    ]


def _as_list(value):
    return list(value) if isinstance(value, Iterator) else value


def _norm(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads))


def _largest(grads):
    return max(np.max(np.abs(g)) for g in grads)


def clip(grads, limit):
    """Scale all matrices together to the norm `limit` where they are longer; no square overflows."""
    largest = _largest(grads)
    if largest == 0:
        return grads
    norm = largest * _norm([g / largest for g in grads])
    return [g * (limit / norm) for g in grads] if norm > limit else grads


def clip_with_hypot(grads, limit):
    """The same, with the norm put together by math.hypot, which takes care of the sizes itself."""
    norm = math.hypot(*(float(x) for g in grads for x in np.ravel(g)))
    return [g * min(1.0, limit / norm) if norm else g for g in grads]


def _by(norm_of, largest_of=lambda grads: _largest(grads) or 1.0):
    """Return a clipper that divides by `largest_of(grads)` and takes `norm_of` what is left for the norm."""

    def rule(grads, limit):
        largest = largest_of(grads)
        norm = largest * norm_of([g / largest for g in grads])
        return grads if norm <= limit else [g * (limit / norm) for g in grads]

    return rule


def _divided(back):
    """Return a clipper that takes the norm of divided arrays; with `back` it scales the arrays themselves."""

    def rule(grads, limit):
        small = [g / (_largest(grads) or 1.0) for g in grads]
        return [g * min(1.0, limit / max(_norm(small), 1e-300)) for g in (grads if back else small)]

    return rule


def _unscaled(norm_of):
    return lambda grads, limit: [g * min(1.0, limit / max(norm_of(grads), 1e-300)) for g in grads]


def _root_mean_square(grads):
    return _norm(grads) / np.sqrt(sum(g.size for g in grads))


def _always(grads, limit):
    return clip([g * 1e9 for g in grads], limit)


def _one_vector(grads, limit):
    return np.concatenate([np.ravel(g) for g in clip(grads, limit)])


def _to_one(grads, limit):
    return clip(grads, 1.0) if clip(grads, limit) is not grads else grads


def _forgets_to_return(grads, limit):
    clipped = clip(grads, limit)
    return clipped if clipped is not grads else None


# --- a batch that turns round ---


def _turns_round(answer, rng):
    """Ask for numbers whose mean is at least 1, and whose mean after clipping to [-1, 1] is at most -1/2."""
    try:
        numbers = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return f"Expected a list of 2 to 1000 numbers, got {type(answer).__name__}: {answer!r:.60}."
    if numbers.ndim != 1 or not 2 <= numbers.size <= 1000:
        return f"Expected a list of 2 to 1000 numbers, got shape {numbers.shape}."
    if not np.isfinite(numbers).all():
        return "Every number has to be finite."
    before, after = numbers.mean(), np.clip(numbers, -1, 1).mean()
    came = f"The mean is {before:.4g}, the mean of the clipped numbers is {after:.4g}."
    low, high = before < 1 - 1e-9, after > -0.5 + 1e-9
    if low and high:
        return f"{came} Neither is as asked: a few large numbers of one sign, many small ones of the other."
    if low and numbers.max() <= 0:
        return f"{came} The first should be at least 1, and no number is positive."
    if low:
        return (
            f"{came} The first should be at least 1: make the positive numbers larger, clipping hides their size."
        )
    if high and np.sign(numbers).mean() <= -0.5:
        return f"{came} The second should be at most -0.5: enough are negative, but too near 0."
    if high:
        return f"{came} The second should be at most -0.5: there are too few negative numbers for that."
    return None


# --- a step size and a limit for the bit counter ---


def _slopes(v_x, v_f):
    """Return E and its slopes for all sequences of 8 bits, by the chapter's short form."""
    k = np.arange(8)
    p = np.cumprod([1.0] + 7 * [v_f])
    q = k * np.append(0.0, p[:-1])
    e = v_x * p - 1
    s = e.sum() + e
    return 32 * (e.sum() ** 2 + e @ e), 64 * (s @ p), 64 * v_x * (s @ q)


def _arrives(answer, rng):
    """Ask for (eta, limit) with which clipped descent from (-1, 2) is at E below 0.01 after 1,000 steps."""
    try:
        pair = [float(number) for number in answer]
    except (TypeError, ValueError):
        return f"Expected two numbers, (eta, limit), got {answer!r:.60}."
    if len(pair) != 2:
        return f"Expected two numbers, (eta, limit), got {len(pair)}."
    if not all(np.isfinite(pair)) or min(pair) <= 0:
        return "Both numbers have to be finite and above 0."
    step, limit = pair
    if limit < 0.01 and step > 1:
        return f"Eta comes first, then the limit: an eta of {step:g} is some million times too large."
    v_x, v_f = -1.0, 2.0
    for _ in range(1000):
        _, g_x, g_f = _slopes(v_x, v_f)
        factor = min(1.0, limit / max(math.hypot(g_x, g_f), 1e-300))
        v_x, v_f = v_x - step * factor * g_x, v_f - step * factor * g_f
        if not abs(v_x) + abs(v_f) < 10:
            long = f"the longest step, eta * limit = {step * limit:.3g}, is too long."
            return f"It was thrown out to v_f = {v_f:.3g}: {long}"
    E, *_ = _slopes(v_x, v_f)
    if E < 0.01:
        return None
    where = f"After 1,000 steps it stands at v_x = {v_x:.4f}, v_f = {v_f:.4f} with E = {E:.3g}."
    if v_f > 1.2:
        return f"{where} It is still on the wall: 1,000 steps of eta * limit = {step * limit:.2g} are a short way."
    if step > 3.1e-5:
        return f"{where} It is off the wall, and too restless to settle: near the minimum eta alone decides."
    if step * limit > 1:
        return f"{where} It lost its way: the first steps were up to {step * limit:.2g} long. Try a lower limit."
    return f"{where} It is under way: a larger eta, or a larger limit, would be faster."


EXERCISES = (
    Exercise(
        "gradient-clipping-1",
        "derive",
        "J-clip",
        8,
        "Clip the gradient (1 + r, 1) number by number at 1. What is the cosine of the angle that it turns by?",
        Formula("r"),
        (2 + r) / (sp.sqrt(2) * ROOT),
        (
            Mistake((2 + r) / ROOT, "the clipped vector (1, 1) has the length sqrt(2), not 1."),
            Mistake((2 + r) / (2 * ROOT), "the clipped vector (1, 1) has the length sqrt(2), not 2."),
            Mistake((2 + r) / sp.sqrt(2), "divide by the length of the gradient itself, too."),
            Mistake(2 + r, "that is the inner product; divide it by both lengths."),
            Mistake((2 + r) / (2 * ROOT**2), "these are the squares of the lengths; take the roots."),
            Mistake((2 + r) ** 2 / (2 * ROOT**2), "that is the square of the cosine."),
            Mistake(sp.sqrt(2) * ROOT / (2 + r), "upside down: the lengths are divided by."),
            Mistake(r / (sp.sqrt(2) * ROOT), "that is the sine of the angle; the cosine has the sum."),
            Mistake(sp.acos((2 + r) / (sp.sqrt(2) * ROOT)), "that is the angle; its cosine is asked."),
            Mistake(sp.pi / 4, "that is the angle for large r; the cosine for every r is asked."),
            Mistake(1 / sp.sqrt(2), "that is what it tends to (or a length is taken as a sum, without squares)."),
            Mistake(sp.Integer(1), "1 would be no turn at all, as by the common norm. Here one number is changed."),
            Mistake((1 + r) / sp.sqrt(2 * (r**2 + 1)), "you took (r, 1) for the gradient; it begins with 1 + r."),
            Mistake((2 + r) / sp.sqrt(2 * (r**2 + 2)), "the square of 1 + r is not 1 + r^2."),
            Mistake((1 + r) / (sp.sqrt(2) * ROOT), "the inner product has two terms, one for each number."),
            Mistake((1 + r) / ROOT, "that is the angle to the first axis; the clipped gradient is (1, 1)."),
        ),
        ((2 + r) / (np.sqrt(2) * sp.sqrt(r**2 + 2 * r + 2)), sp.cos(sp.pi / 4 - sp.atan(1 / (1 + r)))),
    ),
    Exercise(
        "gradient-clipping-2",
        "implement",
        "J-clip",
        12,
        "Write clip(grads, limit): scale a list of arrays to the common norm limit, if it is longer; up to 1e200.",
        Calls(("grads", "limit"), _gradients, normalise=_as_list),
        clip,
        (
            Mistake(_unscaled(_norm), "the square of 1e200 overflows, and the gradient becomes 0."),
            Mistake(_unscaled(lambda g: _norm(g) ** 2), "that is the square of the norm; the root is missing."),
            Mistake(_by(_norm, _largest), "zeros have no largest number to divide by: 0/0."),
            Mistake(_by(_norm, lambda g: max(map(np.max, g)) or 1.0), "a negative number can be the largest."),
            Mistake(_divided(back=True), "the divided arrays have that norm; multiply it by the largest value."),
            Mistake(_divided(back=False), "the divided arrays came back, also where nothing was to be clipped."),
            Mistake(lambda g, limit: [clip([a], limit)[0] for a in g], "each array has its own norm here."),
            Mistake(lambda g, limit: [np.clip(a, -limit, limit) for a in g], "each number is clipped by itself."),
            Mistake(lambda g, limit: [np.minimum(a, limit) for a in g], "each number is cut off, from above only."),
            Mistake(_always, "a gradient within the limit has been lengthened; it is to stay as it is."),
            Mistake(_by(lambda g: sum(np.abs(a).sum() for a in g)), "that is the sum of the absolute values."),
            Mistake(_by(lambda g: sum(map(np.linalg.norm, g))), "norms of arrays do not add up; their squares do."),
            Mistake(_by(lambda g: max(map(np.linalg.norm, g))), "the longest array alone does not decide."),
            Mistake(_by(_root_mean_square), "that is the root of the mean of the squares; take that of their sum."),
            Mistake(_by(lambda g: 1.0), "that scales the largest number to the limit, not the norm."),
            Mistake(_to_one, "a gradient above the limit has got the norm 1; the limit is asked."),
            Mistake(lambda grads, limit: grads, "nothing has been clipped."),
            Mistake(lambda grads, limit: clip(grads, limit)[0], "only the first array came back."),
            Mistake(_one_vector, "the numbers are right, in one long vector; a list of arrays is asked."),
            Mistake(_forgets_to_return, "a gradient within the limit gives None: it needs a `return`, too."),
        ),
        (clip_with_hypot, _by(_norm), lambda grads, limit: map(np.array, clip(grads, limit))),
    ),
    Exercise(
        "gradient-clipping-3",
        "experiment",
        "J-clip",
        6,
        "Find a batch of slopes whose mean is at least 1, and at most -0.5 once each of them is clipped at 1.",
        Holds(_turns_round, "Clipped one by one, the many outvote the one."),
        [-1.0] * 9 + [29.0],
        (
            Mistake([1.0] * 9 + [-29.0], "Neither is as asked"),
            Mistake([-1.0] * 9 + [2.0], "make the positive numbers larger"),
            Mistake([-1.0] * 9, "no number is positive"),
            Mistake([-0.1] * 9 + [100.0], "enough are negative, but too near 0"),
            Mistake("-1, 29", "Expected a list of 2 to 1000 numbers"),
            Mistake([-1.0, 5.0], "there are too few negative numbers"),
            Mistake([-3.0, 1.0], "Neither is as asked"),
            Mistake([[-1.0] * 9 + [29.0]], "Expected a list of 2 to 1000 numbers"),
            Mistake([-1.0] * 9 + [np.inf], "Every number has to be finite"),
        ),
        (np.array([-1, -1, -1, 100]), (-0.6, -0.7, -0.8) * 20 + (900,), [-5] * 9 + [1000]),
    ),
    Exercise(
        "gradient-clipping-4",
        "predict",
        "J-clip",
        8,
        "On E = c v^2 / 2, for how many steps (a fraction will do) is descent from v clipped at the length L?",
        Steps("v c L eta"),
        STEPS,
        (
            Mistake((v - L) / (eta * L), "the clip ends where the slope c v is L, not where v is."),
            Mistake(v / (eta * L), "that is the way down to 0; the clip ends before, where the slope c v is L."),
            Mistake(c * v / (eta * L), "the clip ends before the slope c v is 0, and a step is measured in v."),
            Mistake((c * v - L) / (eta * L), "a step changes v by eta L, and so the slope c v by c times that."),
            Mistake((c * v - L) / eta, "a clipped step changes the slope c v by c eta L."),
            Mistake(v - L / c, "that is the way; divide it by the length of a step."),
            Mistake((v - L / c) / L, "a step is the clipped slope times eta."),
            Mistake((v - L / c) / eta, "a clipped step has the length eta L, not eta."),
            Mistake((v - L / c) / (c * eta * L), "the way is measured in v, and so is the step: eta L."),
            Mistake((v - L / c) / (eta * c * v), "that divides by the first plain step; a clipped one is eta L."),
            Mistake((v - c * L) / (eta * L), "the slope is c v, so it is L where v is L / c."),
            Mistake(sp.log(L / (c * v)) / sp.log(1 - eta * c), "that is descent without the clip, by a factor."),
            Mistake((c * v**2 - L**2 / c) / (2 * eta * L), "that is by how much E falls; a step changes v."),
            Mistake(-STEPS, "the sign is wrong: v is beyond L / c."),
            Mistake(1 / STEPS, "upside down: the way is divided by the step."),
            Mistake(STEPS + 1, "one step too many: count the way, not the points on it."),
            Mistake(sp.ceiling(STEPS), "do not round: take a fraction of a step for what it is."),
            Mistake(sp.floor(STEPS), "do not round: take a fraction of a step for what it is."),
            Mistake(STEPS.subs(eta, 2.83e-5), "A number stands where eta belongs"),
        ),
        ((c * v - L) / (c * eta * L), v / (eta * L) - 1 / (c * eta)),
    ),
    Exercise(
        "gradient-clipping-5",
        "experiment",
        "J-clip",
        15,
        "Find (eta, limit) that bring the counter of 8 bits from (-1, 2) to E below 0.01 after 1,000 steps.",
        Holds(_arrives, "Eta fits the valley floor, and eta * limit the wall."),
        (2.8e-5, 2000.0),
        (
            Mistake((1e-3, 1e5), "is too long"),
            Mistake((2.8e-5, 1e9), "is too long"),
            Mistake((2.8e-5, 10.0), "still on the wall"),
            Mistake((1e-6, 1e5), "It is under way"),
            Mistake((1e-4, 1e3), "too restless to settle"),
            Mistake((2.8e-5, -1.0), "finite and above 0"),
            Mistake((2.8e-5,), "Expected two numbers"),
            Mistake(2.8e-5, "Expected two numbers"),
            Mistake((2000.0, 2.8e-5), "Eta comes first"),
            Mistake((2.8e-5, 3e5), "It lost its way"),
        ),
        ((2.5e-5, 1e4), [3e-5, 500]),
    ),
)
