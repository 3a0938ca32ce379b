"""Exceptions as plain JSON, with the line of the student's cell that they came from."""

import builtins
import linecache

import numpy as np


def encode_error(error):
    """Return an exception as its kind, its words, and the line of the student's cell that it came from."""
    at, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("cell "):
            at = [trace.tb_frame.f_code.co_filename, trace.tb_lineno]
        trace = trace.tb_next
    line = linecache.getline(at[0], at[1]) if at else ""
    try:
        words = error.args[0] if len(error.args) == 1 and type(error.args[0]) is str else str(error)
    except Exception:
        words = ""
    return {"kind": type(error).__name__, "words": words[:5000], "at": at and [*at, line[:500]]}


def decode_error(value):
    """Return an exception like the one that `encode_error` took, with a traceback that leads to its line."""
    name, words = str(value["kind"]), str(value["words"])
    kind = np.linalg.LinAlgError if name == "LinAlgError" else getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = type(name, (Exception,), {})
    try:
        error = kind(words)
    except TypeError:
        error = type(name, (Exception,), {})(words)
    if value["at"]:
        file, line, text = str(value["at"][0]), min(int(value["at"][1]), 100_000), str(value["at"][2])
        linecache.cache[file] = (1, None, ["\n"] * (line - 1) + [text], file)
        try:
            exec(compile("\n" * (line - 1) + "raise error", file, "exec"), {"error": error})
        except Exception as raised:
            return raised
    return error
