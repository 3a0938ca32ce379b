"""What a wrong answer has to do with the right one: a factor, a sign, an order. For unforeseen mistakes."""

import inspect

import numpy as np
import sympy as sp

NEAR = 1e-6
ROUNDED = 2e-3  # what a constant written with three digits is off by


def clue_to_results(got, wanted):
    """Return words on the wrong results of a function, or None.

    Parameters
    ----------
    got, wanted : list
        What came and what was expected, one for every wrong case.

    Examples
    --------
    >>> clue_to_results([np.array([2.0, 4.0])], [np.array([1.0, 2.0])])
    'Every number is 2 times what is expected.'
    >>> clue_to_results([(2.0, 1.0)], [(1.0, 2.0)])
    'These are the right results in the wrong order.'
    """
    words = _clue_to_result(got[0], wanted[0])
    if words is None and len(got) > 1 and all(isinstance(v, (int, float, np.number)) for v in (*got, *wanted)):
        return _relation(np.array(got, dtype=float), np.array(wanted, dtype=float))
    return words


def _clue_to_result(got, wanted):
    if inspect.isgenerator(got):
        return "That is a generator: write `return` in place of `yield`."
    if isinstance(got, Exception):
        return None
    if isinstance(got, np.ndarray) and got.dtype.kind in "US":
        return "Numbers are expected, and text came."
    if not isinstance(wanted, (list, tuple)):
        x, y = _numbers(got), _numbers(wanted)
        if x is None or y is None:
            return None
        cut = x.size > 1 and x.shape == y.shape and np.abs(x - y).max() < 1 and (np.rint(x) == x).all()
        if cut and not (np.rint(y) == y).any() and (x.any() or np.asarray(got).dtype.kind in "iu"):
            return "Only whole numbers came: an array with dtype=int, or //, cuts off what is behind the point."
        return _relation(x, y)
    if isinstance(got, np.ndarray) and np.shape(got)[:1] == (len(wanted),):
        got = list(got)
    if not isinstance(got, (list, tuple)):
        kinds = {dict: "a mapping", str: "a text", np.ndarray: "one array", type(None): "None"}
        return f"A list or a tuple of {len(wanted)} is expected; {kinds.get(type(got), 'one value')} came."
    if len(got) != len(wanted):
        return None
    near = [_near(_numbers(g), _numbers(w)) for g, w in zip(got, wanted, strict=True)]
    if all(_near(_numbers(g), _numbers(w)) for g, w in zip(got[::-1], wanted, strict=True)):
        return "These are the right results in the wrong order."
    if all(_numbers(w) is None or np.ndim(w) == 0 for w in wanted):
        return None
    i = near.index(False) if False in near else 0
    words = _clue_to_result(got[i], wanted[i])
    where = f"Result {i + 1} is wrong" + (", the others are right." if near.count(False) == 1 < len(near) else ".")
    return f"{where} {words}" if words else where


def _relation(got, wanted):
    """Return words on two arrays that differ, or None."""
    if got.shape != wanted.shape:
        if got.size != wanted.size or got.size < 2:
            return None
        return "The numbers are right, their shape is not." if _alike(got.ravel(), wanted.ravel()) else None
    if np.isfinite(wanted).all() and not np.isfinite(got).all():
        return "A nan or an infinite number came: is there a division by 0, or an exp of a large number?"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _alike(got.T, wanted):
        return "The result is transposed: its rows are the columns that are expected."
    if np.count_nonzero(wanted) < 2:
        return None
    factor = np.sum(got * wanted) / np.sum(wanted * wanted)
    if not np.isfinite(factor) or abs(factor) < NEAR or abs(factor - 1) < 1e-3 or not _alike(got, factor * wanted):
        return None
    if abs(factor + 1) < NEAR:
        return "Every number has the wrong sign, and the right size."
    return f"Every number is {factor:.4g} times what is expected."


def _numbers(value):
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None


def _near(x, y):
    return x is not None and y is not None and x.shape == y.shape and _alike(x, y)


def _alike(x, y):
    return bool(np.max(np.abs(x - y), initial=0.0) <= NEAR * max(np.max(np.abs(y), initial=0.0), 1e-12))


def clue_to_formula(formula, solution, values):
    """Return words on a wrong formula, or None.

    Parameters
    ----------
    formula, solution : sympy expression
        What came and what was expected.
    values : list of tuple
        What the two give at some points.

    Examples
    --------
    >>> u = sp.Symbol("u")
    >>> clue_to_formula(2 * u, u, [(6.0, 3.0), (10.0, 5.0)])
    'Everywhere it is 2 times what is expected.'
    >>> clue_to_formula(sp.Integer(4), u, [(4, 3.0), (4, 5.0)])
    'That is one number; a formula is asked, with u in it.'
    """
    if not formula.free_symbols and solution.free_symbols:
        names = ", ".join(sorted(map(str, solution.free_symbols)))
        return f"That is one number; a formula is asked, with {names} in it."
    if any(abs(y) < 1e-12 or abs(x) < 1e-12 for x, y in values):
        return None
    if formula.atoms(sp.Float) and all(abs(x - y) < ROUNDED * abs(y) for x, y in values):
        return "It is nearly right: write numbers exactly, as sp.log(2), sp.E or sp.Rational(1, 3), not rounded."
    if (factor := _constant([x / y for x, y in values])) is not None:
        if abs(factor + 1) < NEAR:
            return "The sign is wrong, everywhere."
        return f"Everywhere it is {float(factor):.4g} times what is expected."
    if (product := _constant([x * y for x, y in values])) is not None and abs(product - 1) < NEAR:
        return "It is 1 divided by what is expected."
    if (rest := _constant([x - y for x, y in values])) is not None:
        return f"Everywhere it is {abs(float(rest)):.4g} {'more' if rest > 0 else 'less'} than what is expected."
    return None


def _constant(values):
    """Return the value that all of them have, or None."""
    first = values[0]
    if any(getattr(v, "imag", 0) for v in values):
        return None
    return first if all(abs(v - first) <= NEAR * abs(first) for v in values) else None
