"""The exercises of the chapter *Vanishing and exploding gradients*."""

import math

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.params import check_params
from nncourse.recurrent import SimpleRNN

v_x, v_f, T = sp.symbols("v_x v_f T")
ONE_BIT = (v_x * v_f ** (T - 1) - 1) * v_f ** (T - 1)

STEPS = 41
UNIT = SimpleRNN((2, 1, 1), ("tanh", "identity"), at="last")


def _factors(rng):
    """Draw (v_f, share): some that fade, one of them slowly, and some that do not; of both signs.

    |v_f|^(k - u) is the share, so that k is the answer and k - u is near no whole number; but 0.5^2 is 0.25.
    """
    size = np.append(rng.uniform(0.6, 0.95, 4), rng.uniform(0.98, 0.99))
    k = np.append(rng.integers(4, 30, 4), rng.integers(300, 600))
    k[[1, 3]] |= 1  # odd where v_f is below 0, so that the even powers alone do not find it
    u = rng.permutation([0.2, 0.3, 0.7, 0.8, 0.5]) + rng.uniform(-0.1, 0.1, 5)
    fading = zip(size * [1, -1, 1, -1, 1], size ** (k - u), strict=True)
    growing = zip(rng.uniform(1.02, 1.05, 2) * [1, -1], rng.uniform(0.001, 0.1, 2), strict=True)
    return [(float(v), float(s)) for v, s in (*fading, *growing)] + [(-1.0, 0.5), (1.0, 0.5), (0.5, 0.25)]


def steps_until(v_f, share):
    """The smallest k with |v_f|^k < share, None if there is none."""
    return next((k for k in range(9999) if abs(v_f) ** k < share), None)


def steps_by_logarithm(v_f, share):
    """The same, from k > log(share) / log|v_f|."""
    return math.floor(math.log(share) / math.log(abs(v_f))) + 1 if abs(v_f) < 1 else None


def _states(rng):
    """Draw (V1, h): a recurrent parameter, and the states of a tanh network, one row a step."""
    return [
        (rng.normal(size=(d, d)), np.tanh(rng.normal(size=(n, d)))) for d, n in ((2, 3), (3, 4), (3, 2), (2, 5))
    ]


def last_by_first(V1, h):
    """dh_T/dh_1: the product of diag(1 - h_t^2) V1 over the steps 2 .. T, the last one first."""
    J = np.eye(len(V1))
    for h_t in h[1:]:
        J = np.diag(1 - h_t**2) @ V1 @ J
    return J


def last_by_first_from_behind(V1, h):
    """The same, begun at the last step, as blame goes."""
    J = np.eye(len(V1))
    for h_t in h[:0:-1]:
        J = J @ ((1 - h_t**2)[:, None] * V1)
    return J


def _product(V1, h, factor, rows=slice(1, None), left=True):
    """Multiply factors factor(V1, h_t) in one order or the other."""
    J = np.eye(len(V1))
    for h_t in h[rows]:
        J = factor(V1, h_t) @ J if left else J @ factor(V1, h_t)
    return J


def _grows(answer, rng):
    """Return None for a small matrix with small eigenvalues and large powers, or what is wrong with it."""
    try:
        V = np.asarray(np.real(answer), dtype=float)
    except (TypeError, ValueError):
        return f"Expected a square array of numbers, got {type(answer).__name__}."
    if np.iscomplexobj(answer) and np.imag(answer).any():
        return "Expected real numbers, got complex ones."
    if V.ndim != 2 or V.shape[0] != V.shape[1] or not 0 < len(V) <= 10:
        return f"Expected a square matrix of at most 10 rows, got the shape {V.shape}."
    if not np.isfinite(V).all():
        return "Every number has to be finite."
    if np.abs(V).max() > 1:
        return f"No entry may be larger than 1 in size, and one is {np.abs(V).max():.3g}."
    if (radius := np.abs(np.linalg.eigvals(V)).max()) > 0.5 + 1e-9:
        advice = "In a triangular matrix the eigenvalues stand on the diagonal: there you can set them."
        return f"The largest eigenvalue has size {radius:.3g}; at most 0.5 is allowed. {advice}"
    power, norms = V, []
    for _ in range(200):
        norms.append(np.linalg.norm(power, 2))
        power = power @ V
    if max(norms) < 1000:
        return f"Your largest power has the norm {max(norms):.4g}; wanted are 1000. {_advice_on_growth(V, norms)}"
    return None


def _advice_on_growth(V, norms):
    if np.allclose(V @ V.T, V.T @ V):
        return "V V^T = V^T V: such a matrix is normal, and its powers never grow beyond its eigenvalues' powers."
    if max(norms) == norms[0]:
        return (
            "No power is larger than V itself: let one unit's output be the next one's input, several times over."
        )
    return "Each unit may hear more than one other. And eigenvalues need not be 0."


NILPOTENT = np.triu(np.ones((10, 10)), 1)
GROWS = NILPOTENT + 0.5 * np.eye(10)


def _remembers(answer, rng):
    """Return None if the unit holds its bit through every noise, or what is wrong with it."""
    params = check_params(answer, UNIT.shapes())
    if params["W1"][0, 1] != 1:
        return f"The noise keeps its weight 1: W1[0, 1] is {params['W1'][0, 1]:g}."
    ones = np.ones(STEPS - 1)
    noises = [ones, -ones, ones * (-1) ** np.arange(STEPS - 1), ones * (-1) ** np.arange(1, STEPS)]
    noises += list(rng.choice([-1.0, 1.0], (20, STEPS - 1)))
    if abs(params["V1"][0, 0]) <= 1:
        return "With V1 between -1 and 1 the state shrinks to 0, a little at every step."
    if _answers(params, [0 * ones]) is None:
        follow = "Follow one bit by hand: what is the state after step 1, and after step 2?"
        return f"Even without noise the sign is wrong or gone at the end. {follow}"
    if (wrong := _answers(params, noises)) is None:
        loud = {**params, "W1": params["W1"] * [100.0, 1.0]}
        if _answers(loud, noises) is None:
            return (
                "It holds in silence, but some noise turns it over: the state has to hold on to itself more firmly."
            )
        return "The bit comes in too quietly, and the noise has turned it over before it holds."
    if wrong > 0.2:
        return (
            f"The sign is always right, but an output is off by {wrong:.2g}: which size has the state at the end?"
        )
    return None


def _answers(params, noises):
    """Return the largest error of the outputs over bits and noises; None if a sign is wrong."""
    x = np.zeros((STEPS, 2 * len(noises), 2))
    bits = np.repeat([-1.0, 1.0], len(noises))
    x[0, :, 0], x[1:, :, 1] = bits, np.array([*noises, *noises]).T
    output = UNIT.forward(params, x)[0][-1, :, 0]
    return None if (output * bits < 0.01).any() else np.abs(output - bits).max()


def _unit(a, v, w, noise=1.0):
    return {"W1": np.array([[a, noise]]), "V1": np.array([[v]]), "W2": np.array([[w]])}


EXERCISES = (
    Exercise(
        "vanishing-and-exploding-gradients-1",
        "implement",
        "J-28",
        6,
        "Write steps(v_f, share): the smallest k with |v_f^k| < share, and None where there is no such k.",
        Calls(("v_f", "share"), _factors, normalise=lambda k: [k] if isinstance(k, str) else k),
        steps_until,
        (
            Mistake(
                lambda v_f, share: None if v_f >= 1 else next(k for k in range(9999) if v_f**k < share),
                "a power of a negative number is negative every second time; its size is what counts.",
            ),
            Mistake(
                lambda v_f, share: -1 if abs(v_f) >= 1 else steps_until(v_f, share),
                "where |v_f| is 1 or more, no k will do: return None.",
            ),
            Mistake(
                lambda v_f, share: math.floor(math.log(share) / math.log(abs(v_f))) if abs(v_f) < 1 else None,
                "you are one step short: rounded down, the power is still larger than the share.",
            ),
            Mistake(
                lambda v_f, share: math.log(share) / math.log(abs(v_f)) if abs(v_f) < 1 else None,
                "a number of steps is a whole number: the next one above.",
            ),
            Mistake(
                lambda v_f, share: next((k for k in range(9999) if abs(v_f) ** k <= share), None),
                "the power has to be smaller than the share: where the two are equal, one more step is needed.",
            ),
            Mistake(
                lambda v_f, share: 1 + steps_until(v_f, share) if abs(v_f) < 1 else None,
                "one step too many: k is the exponent itself, and not T = k + 1.",
            ),
            Mistake(
                lambda v_f, share: steps_until(v_f, share) or 0,
                "where |v_f| is 1 or more, no k will do: return None, not 0.",
            ),
            Mistake(
                lambda v_f, share: abs(v_f) ** (steps_until(v_f, share) or 0),
                "that is the power; asked is its exponent.",
            ),
            Mistake(
                lambda v_f, share: steps_until(v_f, share) if v_f > 0 else None,
                "between -1 and 0 the power's size falls, too.",
            ),
            Mistake(
                lambda v_f, share: math.floor(math.log(share) / math.log(v_f)) + 1 if v_f < 1 else None,
                "a negative number has no logarithm; take that of its size.",
            ),
            Mistake(
                lambda v_f, share: round(math.log(share) / math.log(abs(v_f))) if abs(v_f) < 1 else None,
                "the nearest whole number may be one too small: the power has to be below the share.",
            ),
            Mistake(
                lambda v_f, share: (k := steps_until(v_f, share)) and str(k), "a number is asked, and not a text."
            ),
        ),
        (steps_by_logarithm, lambda v_f, share: steps_by_logarithm(abs(v_f), share)),
    ),
    Exercise(
        "vanishing-and-exploding-gradients-2",
        "derive",
        "J-27 J-15 J-16 J-17",
        8,
        "The bit counter reads a 1 and then T - 1 zeros; the label is the sum. What is dE/df_1?",
        Formula("v_x v_f T"),
        ONE_BIT,
        (
            Mistake(
                (v_x * v_f ** (T - 1) - T) * v_f ** (T - 1), "the label is the sum of the bits, and here that is 1."
            ),
            Mistake(
                (v_x - 1) * v_f ** (T - 1), "the output is not v_x: the one has come through T - 1 steps as well."
            ),
            Mistake((v_x * v_f**T - 1) * v_f**T, "from step 1 to step T there are T - 1 factors."),
            Mistake((v_x * v_f**T - 1) * v_f ** (T - 1), "in the output too there are T - 1 factors after step 1."),
            Mistake((v_x * v_f ** (T - 1) - 1) * v_f**T, "from f_1 to f_T there are T - 1 factors."),
            Mistake(-ONE_BIT, "the sign is wrong: dE/dyhat is yhat - y."),
            Mistake(v_x * v_f ** (T - 1) - 1, "that is the blame of the last state; it still has to go back."),
            Mistake(v_f ** (T - 1), "that is df_T/df_1; times the residual."),
            Mistake(2 * ONE_BIT, "the square's 2 and the 1/2 in E cancel."),
            Mistake((v_x * v_f ** (T - 1) - 1) ** 2 / 2, "that is E itself, not its slope."),
            Mistake(
                (v_x * (v_f**T - 1) / (v_f - 1) - T) * v_f ** (T - 1), "that is for T ones; here one bit is 1."
            ),
            Mistake(v_x * v_f ** (2 * T - 2), "the label is missing: one bit is 1, so it is 1."),
            Mistake((v_x * v_f ** (T - 1) - v_x) * v_f ** (T - 1), "the label is the sum of the bits, not f_1."),
            Mistake(ONE_BIT * v_x, "dE/df_1 stops at the state; v_x comes in one step further, in dE/dx_1."),
        ),
        (v_x * v_f ** (2 * T - 2) - v_f ** (T - 1),),
    ),
    Exercise(
        "vanishing-and-exploding-gradients-3",
        "implement",
        "J-28",
        12,
        "Write last_by_first(V1, h): dh_T/dh_1 of a tanh network from its states h_1 .. h_T, the rows of h.",
        Calls(("V1", "h"), _states),
        last_by_first,
        (
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) @ V, left=False),
                "the factors are right, their order is not: the last step stands leftmost.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) @ V, slice(None)),
                "one factor too many: the step that made h_1 does not belong to dh_T/dh_1.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) @ V, slice(None, -1)),
                "the slopes are one step late: h_{t-1} to h_t takes the slope at step t.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: V * (1 - h_t**2)),
                "V1 * slopes multiplies the columns; the slope of unit i belongs to row i.",
            ),
            Mistake(
                lambda V1, h: np.linalg.matrix_power(V1, len(h) - 1),
                "that is right for the identity only: the slopes 1 - h^2 are missing.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - np.tanh(h_t) ** 2) @ V),
                "h is already tanh(z): the slope is 1 - h^2, without another tanh.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t) @ V),
                "the slope of tanh is 1 - h^2, not 1 - h.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(h_t * (1 - h_t)) @ V),
                "h (1 - h) is the slope of the sigmoid; this network has tanh.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) @ V) @ V1,
                "V1 comes once too often: begin with the identity.",
            ),
            Mistake(
                lambda V1, h: np.diag(1 - h[-1] ** 2) @ V1,
                "that is the last step alone; the steps before it are missing.",
            ),
            Mistake(
                lambda V1, h: np.linalg.norm(last_by_first(V1, h), 2), "that is its norm; asked is the matrix."
            ),
            Mistake(
                lambda V1, h: sum(np.diag(1 - h_t**2) @ V1 for h_t in h[1:]),
                "steps that follow each other multiply; they do not add.",
            ),
            Mistake(
                lambda V1, h: last_by_first(V1, h).T,
                "that is the transpose: it carries blame back; dh_T/dh_1 has h_T in its rows.",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) @ V.T),
                "V1 itself, not its transpose: h_t = tanh(... + V1 h_{t-1}).",
            ),
            Mistake(
                lambda V1, h: _product(V1, h, lambda V, h_t: np.diag(1 - h_t**2) * V),
                "np.diag(...) * V1 keeps the diagonal only; matrices multiply with @.",
            ),
        ),
        (last_by_first_from_behind,),
    ),
    Exercise(
        "vanishing-and-exploding-gradients-4",
        "experiment",
        "J-28",
        12,
        "Find V of at most 10 rows, no entry above 1, no eigenvalue above 1/2, with a power of norm 1000 or more.",
        Holds(_grows, "Its eigenvalues are small, and a power of it is large."),
        GROWS,
        (
            Mistake(np.eye(10), "The largest eigenvalue has size 1"),
            Mistake(0.5 * np.eye(10), "normal"),
            Mistake(2 * np.eye(10, k=1), "No entry may be larger than 1"),
            Mistake(np.eye(10, k=1), "No power is larger than V itself"),
            Mistake(np.eye(10, k=1) + 0.5 * np.eye(10), "hear more than one other"),
            Mistake(NILPOTENT, "eigenvalues need not be 0"),
            Mistake(np.ones((10, 10)), "In a triangular matrix"),
            Mistake(np.triu(np.ones((20, 20)), 1), "at most 10 rows"),
            Mistake(np.ones(10), "square matrix"),
        ),
        (GROWS.T, np.tril(np.ones((10, 10)), -1) + np.diag(np.linspace(0.5, 0.4, 10)), -GROWS),
    ),
    Exercise(
        "vanishing-and-exploding-gradients-5",
        "experiment",
        "J-28",
        15,
        "Choose the parameters of one tanh unit that holds a bit for 40 steps of noise up to 1.",
        Holds(_remembers, "It holds the bit through every noise that we tried."),
        _unit(5.0, 3.0, 1.0),
        (
            Mistake(_unit(5.0, 3.0, 1.0, noise=0.0), "The noise keeps its weight 1"),
            Mistake(_unit(5.0, 1.0, 1.0), "the state shrinks to 0"),
            Mistake(_unit(1.0, 0.5, 1.0), "the state shrinks to 0"),
            Mistake(_unit(5.0, 2.0, 1.0), "hold on to itself more firmly"),
            Mistake(_unit(0.1, 3.0, 1.0), "comes in too quietly"),
            Mistake(_unit(5.0, 3.0, 2.0), "off by"),
            Mistake(_unit(5.0, 3.0, -1.0), "Follow one bit by hand"),
            Mistake(_unit(0.0, 3.0, 1.0), "Even without noise"),
        ),
        (_unit(2.0, 5.0, 1.0), _unit(-5.0, 4.0, -1.0), _unit(5.0, -3.5, 1.0)),
    ),
)
