"""The exercises of the appendix *Derivative rules*."""

import math

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

x, h = sp.symbols("x h")
POWER = x ** (x**2)


# --- a quotient that carries its slope along ---


def _pairs(rng):
    """Draw pairs (value, slope): signs mixed, no denominator near 0, no two numbers alike."""
    draw = [rng.uniform(1.2, 3, 4) * rng.choice([-1, 1], 4) for _ in range(4)]
    return [((float(f), float(f1)), (float(g), float(g1))) for f, f1, g, g1 in draw]


def _as_numbers(value):
    return [float(number) for number in value]


def divide(p, q):
    """Divide two numbers that carry their slopes: the quotient, and its slope by the quotient rule."""
    (f, f1), (g, g1) = p, q
    return f / g, (f1 * g - f * g1) / g**2


def divide_by_product(p, q):
    """The same: f times 1/g, the slope of 1/g by the chain rule."""
    (f, f1), (g, g1) = p, q
    return f / g, f1 / g + f * (-g1 / g**2)


def divide_by_value(p, q):
    """The same: f = r g has the slope r' g + r g', solved for r'."""
    r = p[0] / q[0]
    return [r, (p[1] - r * q[1]) / q[0]]


def _slope(rule):
    return lambda p, q: (p[0] / q[0], rule(*p, *q))


# --- where the step of g is 0 ---


def _stands_still(answer, rng):
    """Ask for an h with 0 < |h| < 1/1000 at which x^2 sin(1/x) is 0."""
    try:
        number = float(answer)
    except (TypeError, ValueError):
        return f"Expected one number, got {type(answer).__name__}."
    if not math.isfinite(number):
        return "Expected a finite number."
    if number == 0:
        return "h is a step: it may be small, not 0."
    if abs(number) >= 1e-3:
        where = "g is 0 there, but h" if abs(math.sin(1 / number)) < 1e-6 else "h"
        return f"{where} has to be less than 1/1000."
    if abs(number) < 1e-8:
        return "So close to 0 the floats are too coarse for sin(1/h): stay above 1e-8."
    sine = math.sin(1 / number)
    if abs(sine) > 1 - 1e-6:
        return "There sin(1/h) is 1 or -1, a crest: its zeros are half way between two of those."
    if abs(sine) > 1e-6:
        return f"There sin(1/h) = {sine:.4f}, not 0: for which angles is the sine 0?"
    return None


EXERCISES = (
    Exercise(
        "derivative-rules-1",
        "predict",
        "S-A1",
        5,
        "A square of side x grows to x + h. Which share of its whole growth is the corner?",
        Formula("x h"),
        h / (2 * x + h),
        (
            Mistake(
                h / (2 * x), "that compares the corner with the strips; the whole growth has the corner in it."
            ),
            Mistake(h**2, "that is the corner's area; its share of the growth is asked."),
            Mistake(2 * x * h + h**2, "that is the whole growth; the corner's share of it is asked."),
            Mistake(h**2 / (x + h) ** 2, "that is its share of the new square; its share of the growth is asked."),
            Mistake(h / (x + h), "there are two strips, not one."),
            Mistake(h / x, "that compares the corner with one strip."),
            Mistake(2 * x / (2 * x + h), "that is the share of the two strips."),
            Mistake((2 * x + h) / h, "upside down: the corner divided by the growth."),
            Mistake(sp.Integer(0), "0 is what the share tends to; for every h there is a corner."),
        ),
        (h**2 / ((x + h) ** 2 - x**2), 1 - 2 * x / (2 * x + h)),
    ),
    Exercise(
        "derivative-rules-2",
        "implement",
        "S-A2",
        8,
        "Write divide(p, q) for pairs (value, slope): the pair of the quotient.",
        Calls(("p", "q"), _pairs, normalise=_as_numbers),
        divide,
        (
            Mistake(_slope(lambda f, f1, g, g1: (f * g1 - f1 * g) / g**2), "the sign: f' g comes first."),
            Mistake(
                _slope(lambda f, f1, g, g1: (f1 * g + f * g1) / g**2), "a larger g makes f / g smaller: minus."
            ),
            Mistake(_slope(lambda f, f1, g, g1: (f1 * g - f * g1) / g), "the denominator is g squared."),
            Mistake(_slope(lambda f, f1, g, g1: f1 * g - f * g1), "the denominator is missing."),
            Mistake(_slope(lambda f, f1, g, g1: f1 * g - f * g1 / g**2), "the whole difference is divided by g^2."),
            Mistake(
                _slope(lambda f, f1, g, g1: f1 / g1), "slopes do not divide: g has a say even if f is at rest."
            ),
            Mistake(_slope(lambda f, f1, g, g1: f1 / g), "that takes g for a constant."),
            Mistake(_slope(lambda f, f1, g, g1: -f * g1 / g**2), "that takes f for a constant."),
            Mistake(_slope(lambda f, f1, g, g1: (f1 * g - f * g1) / g1**2), "the square is that of g, not of g'."),
            Mistake(_slope(lambda f, f1, g, g1: (f1 * g1 - f * g) / g**2), "each slope meets the other's value."),
            Mistake(lambda p, q: divide(p, q)[1], "the slope alone came back; a pair is asked."),
            Mistake(lambda p, q: divide(p, q)[::-1], "the value comes first, then the slope."),
            Mistake(lambda p, q: divide(q, p), "that is q divided by p."),
            Mistake(lambda p, q: (p[0] * q[0], p[1] * q[0] + p[0] * q[1]), "that is the product."),
        ),
        (divide_by_product, divide_by_value, lambda p, q: np.array(divide(p, q))),
    ),
    Exercise(
        "derivative-rules-3",
        "experiment",
        "S-A3",
        6,
        "Find an h, not 0 and smaller than 1/1000, at which g(x) = x^2 sin(1/x) has not moved from g(0) = 0.",
        Holds(_stands_still, "g(h) = g(0), and h is not 0: the fraction of the careless proof is 0/0."),
        1 / (400 * math.pi),
        (
            Mistake(0.0, "it may be small, not 0"),
            Mistake(1 / math.pi, "g is 0 there, but h has to be less than 1/1000"),
            Mistake(400 * math.pi, "h has to be less than 1/1000"),
            Mistake(1e-4, "for which angles is the sine 0?"),
            Mistake(1 / (400.5 * math.pi), "a crest"),
            Mistake(1e-12, "the floats are too coarse"),
            Mistake("1/(400 pi)", "Expected one number"),
            Mistake(math.inf, "Expected a finite number"),
        ),
        (-1 / (319 * math.pi), 1 / (1000 * sp.pi), np.float64(1 / (5000 * np.pi))),
    ),
    Exercise(
        "derivative-rules-4",
        "derive",
        "S-A3",
        6,
        "What is the derivative of x to the power x^2, for positive x?",
        Formula("x"),
        POWER * (2 * x * sp.log(x) + x),
        (
            Mistake(x**2 * x ** (x**2 - 1), "the way through the exponent is missing."),
            Mistake(POWER * sp.log(x) * 2 * x, "the way through the base is missing."),
            Mistake(POWER * (sp.log(x) + x), "the exponent x^2 has its own derivative, 2 x."),
            Mistake(POWER * (2 * x + x), "the derivative of u^v in v has the factor log u."),
            Mistake(2 * x * sp.log(x) + x, "that is the derivative of the logarithm of it: times x^(x^2)."),
            Mistake(x**2 * x ** (x**2 - 1) * POWER * sp.log(x) * 2 * x, "ways are added, not multiplied."),
            Mistake(x**x * (1 + sp.log(x)), "that is the derivative of x^x; the exponent here is x^2."),
            Mistake(2 * x ** (2 * x) * (1 + sp.log(x)), "(x^x)^2 is x^(2x); the exponent here is x^2."),
            Mistake(POWER * (x**2 * sp.log(x) + x), "the exponent is differentiated: x^2 gives 2 x."),
            Mistake(POWER, "that is the function itself."),
        ),
        (sp.diff(POWER, x), x ** (x**2 + 1) * (1 + 2 * sp.log(x))),
    ),
)
