"""Values as plain JSON, so that nothing of a student's is ever unpickled or evaluated where answers are judged.

What has no such form arrives as an `Opaque`: it shows what it was, and can do nothing.
"""

import base64
import keyword
from collections.abc import Mapping

import numpy as np
import sympy as sp

DEEPEST, MOST, LARGEST = 40, 200_000, 50_000_000  # levels, parts, bytes of an array
CONSTANTS = {
    "Pi": sp.pi, "Exp1": sp.E, "ImaginaryUnit": sp.I, "Infinity": sp.oo, "NegativeInfinity": -sp.oo, "NaN": sp.nan,
    "ComplexInfinity": sp.zoo, "GoldenRatio": sp.GoldenRatio, "EulerGamma": sp.EulerGamma,
}  # fmt: skip
FUNCTIONS = [
    "Add",
    "Mul",
    "Pow",
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "sech",
    "csch",
    "asin",
    "acos",
    "atan",
    "atan2",
    "asinh",
    "acosh",
    "atanh",
    "Abs",
    "sign",
    "Max",
    "Min",
    "floor",
    "ceiling",
    "re",
    "im",
    "conjugate",
    "Piecewise",
    "ExprCondPair",
    "Sum",
    "Product",
    "Tuple",
    "Equality",
    "Unequality",
    "StrictLessThan",
    "LessThan",
    "StrictGreaterThan",
    "GreaterThan",
    "And",
    "Or",
    "Not",
    "Heaviside",
    "DiracDelta",
    "binomial",
    "factorial",
    "gamma",
    "erf",
    "Mod",
    "LambertW",
    "Derivative",
    "Integral",
    "Subs",
    "arg",
    "polylog",
    "loggamma",
    "harmonic",
]
CLASSES = {name: getattr(sp, name) for name in FUNCTIONS if hasattr(sp, name)}
CLASSES["ExprCondPair"] = sp.functions.elementary.piecewise.ExprCondPair


class Opaque:
    """Stands for a value that cannot be sent: it shows what the value showed."""

    text = "?"

    def __repr__(self):
        return self.text

    def _sympy_(self):
        raise sp.SympifyError(self.text)


class Coder:
    """Encodes and decodes; functions stay where they are and are numbered.

    Parameters
    ----------
    remote : callable, optional
        Maps the other side's number and name of a function to something that calls it.
    """

    def __init__(self, remote=None):
        self.functions, self.remote, self.parts = [], remote, 0

    def encode(self, value):
        """Return what JSON can hold."""
        self.parts = 0
        return self._encode(value, 0)

    def _encode(self, value, depth):
        self.parts += 1
        if depth > DEEPEST or self.parts > MOST:
            return _opaque(value)
        if value is None or type(value) in (bool, float) or (type(value) is int and value.bit_length() < 10_000):
            return value
        if type(value) is str:
            return value[:100_000]
        if value is ...:
            return {"is": "stub"}
        if isinstance(value, complex) and not isinstance(value, np.generic):
            return {"is": "complex", "parts": [value.real, value.imag]}
        if isinstance(value, (list, tuple)):
            of = [self._encode(v, depth + 1) for v in value]
            return of if isinstance(value, list) else {"is": "tuple", "of": of}
        if isinstance(value, Mapping):
            of = [[self._encode(k, depth + 1), self._encode(value[k], depth + 1)] for k in value]
            return {"is": "dict", "of": of}
        if isinstance(value, range):
            return {"is": "range", "of": [value.start, value.stop, value.step]}
        if isinstance(value, sp.Basic) and not isinstance(value, type):
            return self._formula(value, depth) or _opaque(value)
        if callable(value):
            self.functions.append(value)
            name = str(getattr(value, "__name__", value))[:200]
            return {"is": "function", "n": len(self.functions) - 1, "name": name, "shown": _shown(value)}
        return _array(value) or _opaque(value)

    def _formula(self, value, depth):
        if isinstance(value, sp.Symbol):
            given = {k: v for k, v in value.assumptions0.items() if isinstance(v, bool)}
            return {"is": "symbol", "name": value.name[:200], "given": given}
        if isinstance(value, sp.Rational):
            return {"is": "rational", "of": [value.p, value.q]} if value.p.bit_length() < 10_000 else None
        if isinstance(value, sp.Float):
            return {"is": "float", "of": [str(value), value._prec]}
        name = type(value).__name__
        if name in CONSTANTS:
            return {"is": "constant", "name": name}
        if value in (sp.true, sp.false):
            return {"is": "truth", "of": bool(value)}
        if CLASSES.get(name) is not type(value):
            return None
        return {"is": "formula", "name": name, "of": [self._encode(a, depth + 1) for a in value.args]}

    def decode(self, value, depth=0):
        """Return the value; a ValueError, KeyError or TypeError if it is none of ours."""
        if depth > 2 * DEEPEST:
            raise ValueError("nested too deeply")
        if isinstance(value, list):
            return [self.decode(v, depth + 1) for v in value]
        if not isinstance(value, dict):
            return value
        kind = value["is"]
        if kind == "function":
            return self.remote(int(value["n"]), str(value["name"]), str(value["shown"]))
        if kind in ("tuple", "dict", "formula"):
            of = [self.decode(v, depth + 1) for v in value["of"]]
            if kind == "formula":
                return CLASSES[value["name"]](*of)
            return tuple(of) if kind == "tuple" else dict(of)
        return _DECODE[kind](value)


def _shown(value):
    try:
        return repr(value)[:300]
    except BaseException:
        return f"a {type(value).__name__}"


def _opaque(value):
    return {"is": "opaque", "name": type(value).__name__[:100], "text": _shown(value)}


def _array(value):
    """Return an array of numbers, or of what converts itself to one (a tensor, say); None of anything else."""
    try:
        if not isinstance(value, (np.ndarray, np.generic)) and not hasattr(value, "__array__"):
            return None
        array = np.asarray(value)
        if array.dtype.kind not in "biufc" or array.nbytes > LARGEST:
            return None
        dtype = array.dtype.newbyteorder("<")
        if dtype.itemsize > 8 and dtype.kind == "f":
            dtype = np.dtype("<f8")
        data = base64.b64encode(array.astype(dtype).tobytes()).decode()
        return {"is": "array", "type": dtype.str, "shape": list(array.shape), "data": data,
                "scalar": isinstance(value, np.generic)}  # fmt: skip
    except Exception:
        return None


def _decode_array(value):
    dtype = np.dtype(str(value["type"]))
    if dtype.kind not in "biufc":
        raise ValueError(f"no numbers: {dtype}")
    array = np.frombuffer(base64.b64decode(value["data"]), dtype).reshape([int(n) for n in value["shape"]]).copy()
    return array[()] if value["scalar"] else array


def _decode_opaque(value):
    kind = type(str(value["name"]), (Opaque,), {})
    thing = kind()
    thing.text = str(value["text"])
    return thing


_DECODE = {
    "stub": lambda v: ...,
    "complex": lambda v: complex(float(v["parts"][0]), float(v["parts"][1])),
    "range": lambda v: range(*(int(n) for n in v["of"])),
    "symbol": lambda v: sp.Symbol(_name(v["name"]), **_assumptions(v["given"])),
    "rational": lambda v: sp.Rational(int(v["of"][0]), int(v["of"][1])),
    "float": lambda v: sp.Float(float(v["of"][0]) if int(v["of"][1]) <= 53 else str(float(v["of"][0]))),
    "constant": lambda v: CONSTANTS[v["name"]],
    "truth": lambda v: sp.true if v["of"] else sp.false,
    "array": _decode_array,
    "opaque": _decode_opaque,
}


def _name(name):
    """Return a symbol's name; ValueError if it is none: sympy writes programs with names in them, and runs them."""
    if not str(name).isidentifier() or keyword.iskeyword(name) or str(name).startswith("__"):
        raise ValueError(f"no name of a symbol: {name!r}")
    return str(name)


def _assumptions(given):
    return {name: bool(given[name]) for name in ("positive", "negative", "real", "integer") if name in given}
