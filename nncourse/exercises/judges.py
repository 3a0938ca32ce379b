"""How answers are judged: `Calls` for functions, `Formula` for sympy expressions, `Holds` for properties."""

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp

from nncourse.exercises.core import error_text


@dataclass(frozen=True)
class Calls:
    """Judges a function: it is called with fresh random arguments, and must return what the solution returns.

    Parameters
    ----------
    names : tuple of str
        The arguments' names, for the message.
    cases : callable
        Maps a random generator to a list of argument tuples.
    tolerance : float
        The largest relative difference that counts as rounding.
    normalise : callable, optional
        Applied to every result that is no error before it is compared, so that equal answers in other forms count.
    watch : callable, optional
        Maps the cases, once the answer was called with them, to None or to what is wrong with the way it took.

    Examples
    --------
    >>> from nncourse.exercises.core import Exercise, Mistake
    >>> judge = Calls(("x",), lambda rng: [(2.0,)])
    >>> mistakes = (Mistake(lambda x: 2 * x + 1, "the 1 is not asked for."),)
    >>> task = "demo-1", "implement", "S-1", 1, "Return 2 x.", judge
    >>> exercise = Exercise(*task, lambda x: 2 * x, mistakes)
    >>> print(judge(exercise, lambda x: 2 * x + 1, np.random.default_rng(0)))
    Called with
      x = 2
    it returned 5
    expected 4
    Likely cause: the 1 is not asked for.
    """

    names: tuple
    cases: Callable
    tolerance: float = 1e-6
    normalise: Callable | None = None
    watch: Callable | None = None
    praise = "Your function agrees on every random case."

    def __call__(self, exercise, answer, rng):
        """Return None, or what is wrong with the first case that fails and the likely cause."""
        if not callable(answer):
            return f"Expected a function of ({', '.join(self.names)}), got {_show(answer)}."
        cases = self.cases(rng)
        got = [self.call(answer, case) for case in cases]
        objection = self.watch(cases) if self.watch else None
        wanted = [self.call(exercise.solution, case) for case in cases]
        wrong = [i for i in range(len(cases)) if not self.agree(got[i], wanted[i])]
        if not wrong:
            return objection
        if all(value is None for value in got):
            return "Your function returns None: still the stub, or is a `return` missing?"
        cause = self.cause(exercise, cases, got)
        i = wrong[0]
        lines = [
            f"Called with\n{_arguments(self.names, cases[i])}",
            f"it {_outcome(got[i])}",
            _expected(got[i], wanted[i]),
        ]
        return "\n".join(lines) + (f"\nLikely cause: {cause}" if cause else "")

    def call(self, function, case):
        """Return what a function makes of copies of the arguments, normalised; an error is returned, not raised."""
        try:
            value = function(*_copies(case))
        except Exception as error:
            return error
        try:
            return self.normalise(value) if self.normalise else value
        except (TypeError, ValueError):
            return value

    def cause(self, exercise, cases, got):
        """Return the words of the first mistake that gives the same results on every case, or None."""
        for mistake in exercise.mistakes:
            if callable(mistake.answer):
                same = [self.call(mistake.answer, case) for case in cases]
                if all(self.agree(g, s) for g, s in zip(got, same, strict=True)):
                    return mistake.because
        return None

    def agree(self, got, wanted):
        """Return whether two results have equal structure, shapes and, to the tolerance, numbers."""
        if isinstance(wanted, Exception) or isinstance(got, Exception):
            return type(got) is type(wanted) and str(got) == str(wanted)
        if isinstance(wanted, dict):
            return (
                isinstance(got, dict)
                and got.keys() == wanted.keys()
                and all(self.agree(got[k], wanted[k]) for k in wanted)
            )
        if wanted is None or isinstance(wanted, str):
            return isinstance(got, type(wanted)) and got == wanted
        if isinstance(wanted, (list, tuple)):
            return (
                isinstance(got, (list, tuple))
                and len(got) == len(wanted)
                and all(self.agree(g, w) for g, w in zip(got, wanted, strict=True))
            )
        return _close(got, wanted, self.tolerance)


@dataclass(frozen=True)
class Formula:
    """Judges a sympy expression: any form that is equal to the solution counts.

    Parameters
    ----------
    symbols : str
        The symbols that may stand in it, separated by blanks.
    whole : bool
        Whether the symbols stand for whole numbers, such as sizes.

    Examples
    --------
    >>> from nncourse.exercises.core import Exercise
    >>> u, judge = sp.Symbol("u"), Formula("u")
    >>> task = "demo-2", "derive", "S-1", 1, "Multiply out (u + 1)^2.", judge
    >>> exercise = Exercise(*task, u**2 + 2 * u + 1, ())
    >>> rng = np.random.default_rng(0)
    >>> judge(exercise, (u + 1) ** 2, rng) is None  # any form counts
    True
    >>> judge(exercise, u * sp.Symbol("w"), rng)
    'Your formula has w in it; use only u.'
    """

    symbols: str
    whole: bool = False
    praise = "Your formula is equal to the solution."

    @property
    def names(self):
        """The symbols' names, a list of str."""
        return self.symbols.split()

    def __call__(self, exercise, answer, rng):
        """Return None, or where the formula differs and the likely cause."""
        formula = _expression(answer)
        if isinstance(formula, str):
            return formula
        if formula is None:
            return f"Expected a sympy expression in the symbols {self.symbols}, got {_show(answer)}."
        foreign = {str(s) for s in formula.free_symbols} - set(self.names)
        if foreign:
            return f"Your formula has {', '.join(sorted(foreign))} in it; use only {self.symbols}."
        if self.same(formula, exercise.solution, rng):
            return None
        draw = rng.integers(2, 9, 9) if self.whole else rng.uniform(0.1, 0.9, 9).round(2)
        where = {name: v.item() for name, v in zip(self.names, draw, strict=False)}
        lines = [f"At {', '.join(f'{name} = {v}' for name, v in where.items())}"]
        came, right = (_number(expression, where) for expression in (formula, exercise.solution))
        digits = next((k for k in (4, 8, 12) if f"{came:.{k}g}" != f"{right:.{k}g}"), 17)
        lines.append(f"your formula gives {came:.{digits}g}, expected {right:.{digits}g}.")
        because = [
            m.because
            for m in exercise.mistakes
            if isinstance(m.answer, sp.Expr) and self.same(formula, m.answer, rng)
        ]
        return " ".join(lines) + (f"\nLikely cause: {because[0]}" if because else "")

    def same(self, a, b, rng):
        """Return whether two expressions are equal to 12 digits (floats may stand in them) at three random points.

        Two analytic expressions that differ agree at such points with probability zero. None of them is 1.
        """
        f, g = (sp.lambdify(self.names, expression, "mpmath") for expression in (a, b))
        with mpmath.workdps(50):
            points = [
                [mpmath.mpf(2 * int(k) + 1) / 2000 for k in rng.integers(200, 1800, len(self.names))]
                for _ in range(3)
            ]
            pairs = [(f(*point), g(*point)) for point in points]
            return all(abs(u - v) <= 1e-12 * max(abs(u), abs(v)) for u, v in pairs)


@dataclass(frozen=True)
class Holds:
    """Judges by a property: `test(answer, rng)` returns None, or what is wrong in plain words.

    Examples
    --------
    >>> even = lambda answer, rng: None if answer % 2 == 0 else "Odd."
    >>> judge = Holds(even)
    >>> judge(None, 4, None), judge(None, 3, None)
    (None, 'Odd.')
    """

    test: Callable
    praise: str = "It does what was asked."

    def __call__(self, exercise, answer, rng):
        """Return None, or what is wrong."""
        return self.test(answer, rng)


def _copies(case):
    return [
        [np.array(b) for b in a] if _holds_arrays(a) else np.array(a) if isinstance(a, np.ndarray) else a
        for a in case
    ]


def _holds_arrays(value):
    return isinstance(value, (list, tuple)) and len(value) > 0 and isinstance(value[0], np.ndarray)


def _expression(answer):
    """Return a sympy expression, sums carried out; words of advice; or None."""
    if isinstance(answer, (list, tuple)) and len(answer) == 1 and isinstance(answer[0], sp.Basic):
        return "Expected one expression, got it in a list, as sp.solve returns it: take its entry [0]."
    if isinstance(answer, sp.Equality):
        return "Expected one expression, got an equation: give its right side alone."
    try:
        formula = sp.sympify(answer) if not isinstance(answer, str) else None
    except (sp.SympifyError, TypeError):
        return None
    if not isinstance(formula, sp.Expr) or formula.is_Matrix:
        return None
    return formula.doit()


def _close(got, wanted, tolerance):
    if isinstance(got, str) or (isinstance(got, (list, tuple)) and any(isinstance(entry, str) for entry in got)):
        return False
    try:
        got, wanted = np.asarray(got, dtype=complex), np.asarray(wanted, dtype=complex)
    except (TypeError, ValueError):
        return False
    if got.shape != wanted.shape:
        return False
    if not (np.isfinite(got).all() and np.isfinite(wanted).all()):  # equal to a mistake that overflows too
        return np.array_equal(got, wanted, equal_nan=True)
    size = max(np.max(np.abs(wanted), initial=0.0), 1e-12)
    return bool(np.max(np.abs(got - wanted), initial=0.0) <= tolerance * size)


def _number(expression, where):
    return complex(expression.subs({s: where[s.name] for s in expression.free_symbols}).evalf()).real


def _show(value):
    if isinstance(value, np.ndarray):
        return f"{np.array2string(value, precision=4, suppress_small=True, threshold=20)}  (shape {value.shape})"
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.ndarray) for v in value):
        return "[" + ", ".join(_show(v) for v in value) + "]"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    text = f"the function {value.__name__}" if hasattr(value, "__name__") and callable(value) else repr(value)
    return text if len(text) <= 200 else text[:200] + " ..."


def _arguments(names, case):
    return "\n".join(f"  {name} = {_show(value)}" for name, value in zip(names, case, strict=True))


def _outcome(got):
    return f"stopped with {error_text(got)}" if isinstance(got, Exception) else f"returned {_show(got)}"


def _expected(got, wanted):
    text = f"expected {_show(wanted)}"
    if isinstance(wanted, np.ndarray) and isinstance(got, (np.ndarray, float, int)):
        if np.shape(got) != np.shape(wanted):
            return f"{text}\nThe shapes differ: {np.shape(got)} came, {np.shape(wanted)} was expected."
        if _show(got) == _show(wanted):
            share = np.max(np.abs(got - wanted)) / np.max(np.abs(wanted))
            return f"{text}\nThey differ by {share:.1g} of the largest number."
    if isinstance(wanted, list) and isinstance(got, (list, tuple)) and len(got) != len(wanted):
        return f"{text}\n{len(got)} came in the list, {len(wanted)} were expected."
    return text
