"""How answers are judged: `Calls` for functions, `Formula` for sympy expressions, `Holds` for properties."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np
import sympy as sp

from nncourse.exercises.clues import clue_to_formula, clue_to_results
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
    keeps : tuple of str
        The arguments that have to be after the call what they were before.

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
    keeps: tuple = ()
    praise = "Your function agrees on every random case."

    def __call__(self, exercise, answer, rng):
        """Return None, or what is wrong with the first case that fails and the likely cause."""
        if not callable(answer):
            return f"Expected a function of ({', '.join(self.names)}), got {_show(answer)}."
        cases = self.cases(rng)
        got = [_copies(self.call(answer, case)) for case in cases]
        objection = self.watch(cases) if self.watch else None
        wanted = [self.call(exercise.solution, case) for case in cases]
        wrong = [i for i in range(len(cases)) if not self.agree(got[i], wanted[i])]
        if not wrong:
            return objection or self.afterwards(answer, cases, got)
        if all(value is None for value in got):
            return "Your function returns None: still the stub, or is a `return` missing?"
        cause = self.cause(exercise, cases, got)
        i = wrong[0]
        lines = [
            f"Called with\n{_arguments(self.names, cases[i])}",
            f"it {_outcome(got[i])}",
            _expected(got[i], wanted[i]),
        ]
        clue = None if cause else clue_to_results([got[k] for k in wrong], [wanted[k] for k in wrong])
        return "\n".join(lines) + (f"\nLikely cause: {cause}" if cause else f"\n{clue}" if clue else "")

    def afterwards(self, answer, cases, got):
        """Return None, or what a second round of calls brings to light: a changed argument, or a memory."""
        for case, before in zip(reversed(cases), reversed(got), strict=True):
            given = []
            again = self.call(lambda *copies, given=given: given.extend(copies) or answer(*copies), case)
            shown = f"Called with\n{_arguments(self.names, case)}"
            for name, new, old in zip(self.names, given, case, strict=True):
                if name in self.keeps and not np.array_equal(new, old):
                    return f"{shown}\nit returned the right result, but changed {name} itself: make a new array."
            if not self.agree(again, before):
                first, second = _outcome(before), _outcome(again)
                return (
                    f"{shown}\nit {first}, and {second} when called once more. Does it keep what it found before?"
                )
        return None

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
            got = list(got) if isinstance(got, np.ndarray) and got.ndim else got
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
    given : str
        Names of the cell that are no symbols but expressions in the symbols, separated by blanks.

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
    given: str = ""
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
            kind = "a text" if isinstance(answer, str) else "a function" if callable(answer) else ""
            advice = f" Write the expression itself, and not {kind}." if kind else ""
            return f"Expected a sympy expression in the symbols {self.symbols}, got {_show(answer)}.{advice}"
        foreign = {str(s) for s in formula.free_symbols} - set(self.names)
        if foreign and foreign <= set(self.given.split()):
            return (
                f"{', '.join(sorted(foreign))}: the cell has given them values. Do not make symbols of them anew."
            )
        if foreign:
            return f"Your formula has {', '.join(sorted(foreign))} in it; use only {self.symbols}."
        if self.same(formula, exercise.solution, rng):
            return None
        for _ in range(9):  # a formula that rounds is right here and there
            draw = rng.integers(2, 9, 9) if self.whole else rng.uniform(0.1, 0.9, 9).round(2)
            where = {name: v.item() for name, v in zip(self.names, draw, strict=False)}
            came, right = (_number(expression, where) for expression in (formula, exercise.solution))
            if came != right:
                break
        lines = [f"At {', '.join(f'{name} = {v}' for name, v in where.items())}"]
        digits = next((k for k in (4, 8, 12) if f"{came:.{k}g}" != f"{right:.{k}g}"), 17)
        lines.append(f"your formula gives {came:.{digits}g}, expected {right:.{digits}g}.")
        because = [
            m.because
            for m in exercise.mistakes
            if isinstance(m.answer, sp.Expr) and self.same(formula, m.answer, rng)
        ]
        if because:
            return f"{' '.join(lines)}\nLikely cause: {because[0]}"
        clue = clue_to_formula(formula, exercise.solution, self.values(formula, exercise.solution, rng))
        return " ".join(lines) + (f"\n{clue}" if clue else "")

    def same(self, a, b, rng):
        """Return whether two expressions are equal to 12 digits (floats may stand in them) at three random points.

        Two analytic expressions that differ agree at such points with probability zero. None of them is 1.
        """
        with mpmath.workdps(50):
            return all(abs(u - v) <= 1e-12 * max(abs(u), abs(v)) for u, v in self.values(a, b, rng))

    def values(self, a, b, rng):
        """Return what two expressions give at three random points, to 50 digits."""
        f, g = (_compiled(self.symbols, expression) for expression in (a, b))
        with mpmath.workdps(50):
            draws = [rng.integers(200, 1800, len(self.names)) for _ in range(3)]
            points = [[mpmath.mpf(2 * int(k) + 1) / 2000 for k in draw] for draw in draws]
            return [(f(*point), g(*point)) for point in points]


@lru_cache(maxsize=512)
def _compiled(symbols, expression):
    return sp.lambdify(symbols.split(), expression, "mpmath")


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
        wrong = self.test(answer, rng)
        return "Numbers are expected, and text came: no quotation marks." if not wrong and _text(answer) else wrong


def _copies(value):
    if type(value) in (list, tuple):
        return [_copies(v) for v in value] if type(value) is list else tuple(map(_copies, value))
    return np.array(value) if isinstance(value, np.ndarray) else value


def _text(value):
    """Return whether a text, or a list, a mapping or an array of such, stands where numbers belong."""
    values = value.values() if isinstance(value, dict) else value
    if isinstance(value, (list, tuple, dict)):
        return any(map(_text, values))
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype.kind in "US")


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
    if _text(got):
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
    if isinstance(value, dict) and any(isinstance(v, np.ndarray) for v in value.values()):
        return "{" + ", ".join(f"{name!r}: {_show(v)}" for name, v in value.items()) + "}"
    value = _plain(value)
    text = f"the function {value.__name__}" if hasattr(value, "__name__") and callable(value) else repr(value)
    return text if len(text) <= 200 else text[:200] + " ..."


def _plain(value):
    """Return a value without NumPy's names for its numbers."""
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


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
