"""The exercises of the chapter *Resilient propagation*."""

from numbers import Real

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.optimizers.rprop import VARIANTS, Rprop

D, L, u = sp.symbols("D L u", positive=True)
STEPS = sp.log(1 + L * u / D) / sp.log(1 + u)
p, plus, minus = sp.symbols("p eta_p eta_n", positive=True)
kept, turned, up, down = p**2 + (1 - p) ** 2, 2 * p * (1 - p), sp.log(plus), sp.log(minus)


def _steps(rng):
    """Draw (w, g, delta, before) with all nine pairs of signs, and gradients far from zero where they are not."""
    cases = []
    for _ in range(3):
        now, before = np.indices((3, 3)).reshape(2, 9)[:, rng.permutation(9)] - 1.0
        size, delta = rng.uniform(0.3, 3.0, 9), rng.uniform(0.1, 1.0, 9)
        cases.append((rng.normal(size=9), now * size, delta, before))
    return cases


def _three(results):
    """Return the rows of an array as a tuple, and everything else as it is."""
    return tuple(results) if isinstance(results, np.ndarray) and results.ndim == 2 else results


class _Step(Calls):
    """Says which of the three results is wrong, and for which signs, where no registered mistake fits."""

    def cause(self, exercise, cases, got):
        because = super().cause(exercise, cases, got)
        return because or next(filter(None, map(self.where, cases, got)), None)

    def where(self, case, got):
        if isinstance(got, Exception):
            return "an `if` takes one number: loop, or np.where." if "truth value" in str(got) else None
        if not isinstance(got, (list, tuple)) or len(got) != 3:
            return "three results are asked, in this order: w, delta, the signs to remember."
        change = np.sign(case[1]) * case[3]
        w, delta, signs = zip(("w", "delta", "signs to remember"), got, step(*case), strict=True)
        for name, came, right in (delta, signs, w):  # the causes first
            if np.shape(came) != right.shape:
                return f"your {name} should have the shape {right.shape}, not {np.shape(came)}."
            for sign, words in ((-1, "the sign has changed"), (1, "the sign has stayed"), (0, "a sign is 0")):
                if not self.agree(np.asarray(came)[change == sign], right[change == sign]):
                    return f"look at your {name} where {words}."
        return None


def step(w, g, delta, before):
    """One step of iRprop-, without bounds."""
    sign = np.sign(g)
    delta = delta * np.select([sign * before > 0, sign * before < 0], [1.2, 0.5], 1.0)
    sign = np.where(sign * before < 0, 0.0, sign)
    return w - sign * delta, delta, sign


def step_one_by_one(w, g, delta, before):
    """The same, parameter by parameter."""
    w, delta, sign = w.copy(), delta.copy(), np.sign(g)
    for i in range(len(w)):
        if sign[i] == -before[i] and sign[i] != 0:
            delta[i] *= 0.5
            sign[i] = 0
        elif sign[i] == before[i] and sign[i] != 0:
            delta[i] *= 1.2
        w[i] -= sign[i] * delta[i]
    return w, delta, sign


def _but(factor=None, move=None, kept=None):
    """Return a step of iRprop- of which one part is another one: Delta's factor, the move, or what is kept."""

    def wrong(w, g, delta, before):
        _, new, sign = step(w, g, delta, before)
        new = delta * factor(np.sign(g), before) if factor else new
        moved = move(g, sign, delta, new) if move else sign * new
        return w - moved, new, kept(g, sign) if kept else sign

    return wrong


def _equal_or_not(sign, before):
    return np.where(sign == before, 1.2, 0.5)


def _always(g, sign, delta, new):
    return np.sign(g) * new


def _unchanged(g, sign):
    return np.sign(g)


BEGINNING = {"eta_plus": 1.5, "eta_minus": 0.5, "first_step": 1.0}


def points(variant):
    """Return the six points that a variant visits after 1.5, on a curve as high as v is far from 0."""
    rprop, params = Rprop(variant, **BEGINNING), {"v": np.array(1.5)}
    state, visited = rprop.init(params), []
    for _ in range(6):
        params, state = rprop.update(params, {"v": params["v"]}, state, float(np.abs(params["v"])))
        visited.append(float(params["v"]))
    return visited


ALL = {variant: points(variant) for variant in VARIANTS}
IN_WORDS = {
    "Rprop-": "These are the points of Rprop-, which goes on after a change of sign and forgets nothing.",
    "Rprop+": "These are the points of Rprop+, which goes back after every change of sign. Did E grow each time?",
    "iRprop-": "These are the points of iRprop-, which never goes back. Did E grow with the step from 0.5 to -1?",
}


def _visits(answer, rng):
    """Return None if the answer lists the six points of iRprop+, else what is wrong with it."""
    try:
        came = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        in_it = ", and something in it is no number" if isinstance(answer, (list, tuple)) else ""
        return f"Expected a list of six numbers, got {type(answer).__name__}{in_it}."
    if came.size and np.isclose(came.flat[0], 1.5):
        return "The list begins with the point after the first step, not with the start."
    if came.shape != (6,):
        return f"Expected six numbers, the points after each of six steps, got the shape {came.shape}."
    right = ALL["iRprop+"]
    if np.allclose(came, right, rtol=0, atol=1e-9):
        return None
    for variant, words in IN_WORDS.items():
        if np.allclose(came, ALL[variant], rtol=0, atol=1e-9):
            return words
    i = int(np.flatnonzero(~np.isclose(came, right, rtol=0, atol=1e-9))[0])
    if np.isclose(abs(came[0]), 1) and np.isclose(abs(came[1]), 1.5):
        return "These are the lengths of the steps; the points that they lead to are asked."
    advice = (
        "the first step uses Delta as it is, because there is no sign before it, and leads downhill.",
        "the sign stayed, so Delta grows to 1.5 before it is used.",
        "the sign has turned and E has grown from 0.5 to -1: it goes back, and Delta is 0.75 from now on.",
        "the sign was forgotten, so Delta stays 0.75, and the step is made.",
        "the sign has turned, but E is smaller at -0.25 than at 0.5: it stays, and Delta is halved.",
        "the sign was forgotten, so the step is made with Delta as it is: 0.375.",
    )[i]
    return f"Point {i + 1} is wrong (those before it are right): {advice}"


def _jumps_over(answer, rng):
    """Return None if iRprop- with this first step walks from -2 to the far minimum of (v^2 - 1)^2 / 4."""
    answer = answer.item() if isinstance(answer, np.ndarray) and answer.ndim == 0 else answer
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return f"Expected a number, got {type(answer).__name__}."
    if not 0 < answer < 1.5:
        return f"Expected a first step above 0 and below 1.5, got {float(answer):.4g}."
    if answer < 1e-6:
        return "It is below Rprop's smallest step: begin with a longer one."
    rprop, params, visited = Rprop("iRprop-", first_step=float(answer)), {"v": np.array(-2.0)}, []
    state = rprop.init(params)
    for _ in range(200):
        params, state = rprop.update(params, {"v": params["v"] ** 3 - params["v"]}, state)
        visited.append(float(params["v"]))
    if abs(visited[-1] - 1) < 1e-3:
        return None
    begin = ", ".join(f"{v:.3g}" for v in (-2, *visited[:4]))
    if visited[-1] == visited[0] == -1:
        return f"It visits {begin}: it lands in the minimum at -1, where the slope is 0, and never moves again."
    if visited[-1] == 0:
        return (
            f"It visits {begin}: it lands on top of the hill, where the slope is 0 as well, and never moves again."
        )
    end = f"It visits {begin}, ... and ends at {visited[-1]:.3f}. "
    if answer > 1:
        return end + "The first step alone passes -1, the sign turns, and Delta is halved."
    if answer < 0.9:
        return end + "Where it passes -1, the step is too short to reach 0 as well: begin with a longer one."
    return end + "The second step must lead from the left of -1 to the right of 0."


EXERCISES = (
    Exercise(
        "resilient-propagation-1",
        "derive",
        "J-eta-p",
        8,
        "The first step is D, each one is 1 + u times the last. After how many steps is the way L behind you?",
        Formula("D L u"),
        STEPS,
        (
            Mistake(sp.log(1 + D * u / L) / sp.log(1 + u), "D and L have changed places."),
            Mistake(sp.log(1 + L / (D * u)) / sp.log(1 + u), "the sum is divided by u: bring it over as a factor."),
            Mistake(sp.log(D + L * u) / sp.log(1 + u), "divide by D before you take the logarithm."),
            Mistake(sp.log(1 + L * u / D) / sp.log(u), "the power is one of 1 + u, not of u."),
            Mistake(1 / STEPS, "that is upside down: k log(1 + u) is on the one side, solve it for k."),
            Mistake(STEPS.subs(u, sp.Rational(1, 5)), "keep u as a letter: any factor is asked, not 1.2."),
            Mistake(sp.ceiling(STEPS), "do not round up."),
            Mistake(sp.log(L / D) / sp.log(1 + u), "then Delta alone is L; all steps together are asked."),
            Mistake(L / D, "that many steps it would take without growing."),
            Mistake(sp.log(1 + L / D) / sp.log(1 + u), "the sum of the powers is divided by u; yours is not."),
            Mistake(sp.log(L * u / D) / sp.log(1 + u), "the 1 in (1 + u)^k - 1 is lost on the way."),
            Mistake(1 + L * u / D, "that is (1 + u)^k; solve it for k."),
            Mistake(sp.log(1 + L * u / D), "that is k log(1 + u); divide once more."),
            Mistake(sp.log(1 + L * u / D) / (1 + u), "divide by log(1 + u), not by 1 + u."),
            Mistake(STEPS.subs(D, D * (1 + u)), "the first step is D, not (1 + u) D: Delta is used as it is."),
            Mistake(STEPS - 1, "the powers run from 0 to k - 1; that are k steps, one more than you count."),
            Mistake(STEPS + 1, "the powers run from 0 to k - 1; that are k steps, one fewer than you count."),
            Mistake(D * ((1 + u) ** L - 1) / u, "that is the way after L steps; you know the way, not the steps."),
        ),
        ((sp.log(D + L * u) - sp.log(D)) / sp.log(1 + u), sp.log((D + L * u) / D, 1 + u)),
    ),
    Exercise(
        "resilient-propagation-2",
        "implement",
        "J-30 J-rprop J-29 J-const",
        15,
        "Write step(w, g, delta, before), one step of iRprop- with 1.2 and 0.5 and without bounds.",
        _Step(("w", "g", "delta", "before"), _steps, normalise=_three),
        step,
        (
            Mistake(_but(_equal_or_not, _always, _unchanged), "that is the rule as printed: nought equals nought."),
            Mistake(
                _but(_equal_or_not), "there are three cases: where one of the two signs is 0, delta stays as it is."
            ),
            Mistake(
                _but(lambda s, b: np.where(s * b < 0, 0.5, 1.2)),
                "delta grows only where both signs are equal and neither is 0.",
            ),
            Mistake(
                _but(lambda s, b: np.where(s * b > 0, 1.2, 0.5)),
                "delta shrinks only where the signs are opposite; a 0 leaves it alone.",
            ),
            Mistake(_but(None, _always, _unchanged), "that is Rprop-: after a change iRprop- stays and forgets."),
            Mistake(
                _but(kept=_unchanged), "where the sign has changed, the third result is 0: the sign is forgotten."
            ),
            Mistake(_but(move=_always), "where the sign has changed, the parameter stays where it is."),
            Mistake(
                _but(move=lambda g, sign, delta, new: np.where(sign == 0, np.sign(g) * delta, sign * new)),
                "that goes back where the sign has changed; iRprop- stays.",
            ),
            Mistake(
                _but(move=lambda g, sign, delta, new: sign * delta),
                "delta changes before it is used: the step is the new delta.",
            ),
            Mistake(
                _but(move=lambda g, sign, delta, new: g * np.abs(sign) * new),
                "the step is the sign times delta; the size of g is not in it.",
            ),
            Mistake(
                _but(move=lambda g, sign, delta, new: -sign * new), "the step goes against the gradient: minus."
            ),
            Mistake(
                _but(kept=lambda g, sign: np.abs(g) * sign),
                "the third result is the sign that is remembered: -1, 0 or 1.",
            ),
            Mistake(
                lambda w, g, delta, before: step(w, g, delta, before)[0], "three arrays are asked: w, delta, sign."
            ),
            Mistake(
                lambda w, g, delta, before: tuple(step(w, g, delta, before)[i] for i in (0, 2, 1)),
                "the order of the results is w, delta, sign.",
            ),
            Mistake(
                lambda w, g, delta, before: step(w, g, delta, -before),
                "it grows where the sign has changed and shrinks where it has not: exchange 1.2 and 0.5.",
            ),
        ),
        (
            step_one_by_one,
            lambda w, g, delta, before: np.array(step(w, g, delta, before)),
            lambda w, g, delta, before: (
                w - np.sign(g) * (np.sign(g) != -before) * delta * np.where(np.sign(g) * before > 0, 1.2, 1.0),
                delta * 1.2 ** (np.sign(g) * before > 0) * 0.5 ** (np.sign(g) * before < 0),
                np.sign(g) * (np.sign(g) * before >= 0),
            ),
        ),
    ),
    Exercise(
        "resilient-propagation-3",
        "predict",
        "J-31 J-rprop J-29 J-30",
        10,
        "Where does iRprop+ stand after each of six steps, by hand?",
        Holds(_visits, "All six points are right."),
        ALL["iRprop+"],
        (
            *(Mistake(ALL[variant], words) for variant, words in IN_WORDS.items()),
            Mistake([1.5, *ALL["iRprop+"]], "not with the start"),
            Mistake([1, 1.5, 0.75, 0.75, 0.375, 0.375], "the lengths of the steps"),
            Mistake([0.0] * 6, "the first step uses Delta as it is"),
            Mistake([0.5, -0.5, 0, 0, 0, 0], "Delta grows to 1.5 before it is used"),
            Mistake([0.5, -1.0, -1.0, 0.5, 0, 0], "E has grown from 0.5 to -1"),
            Mistake([0.5, -1.0, 0.5, 0.5, 0, 0], "the sign was forgotten, so Delta stays 0.75"),
            Mistake([0.5, -1.0, 0.5, -0.25, 0.125, 0], "E is smaller at -0.25 than at 0.5"),
            Mistake([0.5, -1.0, 0.5, -0.25, -0.25, 0.5], "with Delta as it is: 0.375"),
            Mistake(ALL["iRprop+"][:5], "Expected six numbers"),
            Mistake("0.5, -1", "Expected a list of six numbers"),
        ),
        (np.array(ALL["iRprop+"]), (0.5, -1, 0.5, -0.25, -0.25, sp.Rational(1, 8))),
    ),
    Exercise(
        "resilient-propagation-4",
        "experiment",
        "J-const J-30",
        12,
        "Find a first step with which iRprop- walks from -2 to the minimum at +1 of (v^2 - 1)^2 / 4.",
        Holds(_jumps_over, "It has jumped over the minimum at -1 and the hill behind it."),
        0.95,
        (
            Mistake(0.8, "begin with a longer one"),
            Mistake(1.0, "lands in the minimum at -1"),
            Mistake(1.2, "the sign turns, and Delta is halved"),
            Mistake(10 / 11, "on top of the hill"),
            Mistake(1e-8, "below Rprop's smallest step"),
            Mistake(0.902, "The second step must lead"),
            Mistake(2.5, "above 0 and below 1.5, got 2.5"),
            Mistake(-0.5, "above 0 and below 1.5, got -0.5"),
            Mistake("0.95", "Expected a number, got str"),
        ),
        (0.92, 0.99, np.float32(0.97), np.array(0.95), sp.Rational(19, 20)),
    ),
    Exercise(
        "resilient-propagation-5",
        "derive",
        "J-eta-n",
        10,
        "The sign is + with probability p at every step. What is the mean of log(new Delta / old Delta)?",
        Formula("p eta_p eta_n"),
        kept * up + turned * down,
        (
            Mistake(
                p * up + (1 - p) * down, "that is the probability of a plus; when are two signs in a row equal?"
            ),
            Mistake(p**2 * up + (1 - p**2) * down, "two minuses in a row are equal signs too: add (1 - p)^2."),
            Mistake(kept * up + p * (1 - p) * down, "a change comes in two ways, plus-minus and minus-plus."),
            Mistake(
                p**2 * up + (1 - p) ** 2 * down, "two minuses are equal signs; a plus and a minus are a change."
            ),
            Mistake(sp.log(plus * minus) / 2, "that is p = 1/2; p is to stay a letter."),
            Mistake(kept * sp.log(1.2) + turned * sp.log(0.5), "keep eta_p and eta_n as letters."),
            Mistake(plus**kept * minus**turned, "that is the factor; its logarithm is asked."),
            Mistake(kept * plus + turned * minus, "that is the mean of the factor; its logarithm is asked."),
            Mistake(
                sp.log(kept * plus + turned * minus),
                "that is the logarithm of the mean; the mean of the logarithm is asked.",
            ),
            Mistake(turned * up + kept * down, "Delta grows where the sign stays: exchange the two."),
            Mistake(kept * up - turned * down, "log(eta_n) is negative already: add it."),
            Mistake(p**2 * up + 2 * p * (1 - p) * down, "two minuses are missing; Delta grows there as well."),
        ),
        (up + turned * sp.log(minus / plus), sp.expand(kept * up + (1 - kept) * down)),
    ),
)
