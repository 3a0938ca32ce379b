"""Runs the cells of a page as a notebook does, in the browser's Python; errors are shown as Python shows them."""

import __future__

import ast
import builtins
import inspect
import io
import linecache
import logging
import re
import sys
import tokenize
import traceback
import types
import warnings
from contextlib import suppress

from page_packages import PACKAGES
from page_shown import ERR, MOST_TEXT, OUT, display, send, show_figures, show_what_there_is

MOST_LINES = 100  # of an error
FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
BETWEEN = {tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER}
PAGE = types.ModuleType("__main__")


def run(cell, source):
    """Run a cell; its last expression's value is shown. Return whether it ran to its end.

    As in a notebook, await may stand outside a function: then what is returned has to be awaited. Other cells do
    without, since what breaks Python altogether is not heard of from within the browser's loop.

    Parameters
    ----------
    cell : int
        The cell's number.
    source : str
        Its text.
    """
    running = work(cell, source, f"<cell {cell}>")
    if awaits(source):
        return running
    try:
        running.send(None)
    except StopIteration as end:
        return end.value


def awaits(source):
    """Return whether await stands outside a function."""
    with suppress(Exception):  # work says what is wrong with it
        return bool(flags_of(source, "") & inspect.CO_COROUTINE)


def flags_of(source, name):
    """Return what Python says of a text as a whole; what it warns of comes when the text runs."""
    with warnings.catch_warnings(action="ignore"):
        return compile(source, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | evaluate.flags).co_flags


async def work(cell, source, name):
    """Do what run says."""
    PAGE.__dict__.pop("__warningregistry__", None)  # each run warns anew
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    OUT.start(cell)
    ERR.start(cell)
    show_figures.count = display.count = display.size = 0
    display.cut = False
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = OUT, ERR
    try:
        evaluate.flags |= flags_of(source, name) & FUTURE  # all of it is Python, or nothing runs
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        for node in tree.body:
            await evaluate(ast.Module([node], []), name)
        if last is not None:
            value = await evaluate(ast.Expression(last.value), name)
            if value is not None and not is_quiet(source):
                display(value)
        show_figures()
    except BaseException as error:  # a student's code may raise anything
        OUT.hand_on()
        show_what_there_is()
        tell_error(cell, name, error)
        return False
    finally:
        OUT.end()
        ERR.end()
        sys.stdout, sys.stderr = stdout, stderr
    return True


async def evaluate(tree, name):
    """Return the value of a tree; a statement's is None. The browser's loop goes on while it waits."""
    kind = "eval" if isinstance(tree, ast.Expression) else "exec"
    code = compile(tree, name, kind, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | evaluate.flags)
    value = eval(code, PAGE.__dict__)
    if code.co_flags & inspect.CO_COROUTINE:
        OUT.hand_on()
        value = await value
    return value


evaluate.flags = 0  # what cells have imported from __future__


def is_quiet(source):
    """Return whether a text ends with a semicolon: its last value is not shown then."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type not in BETWEEN][-1] == ";"


def tell_error(cell, name, error):
    """Send an error as Python shows it, without our own lines, and the line of the cell where it happened."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    lines = [number for frame, number in traceback.walk_tb(trace) if frame.f_code.co_filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(error.lineno)
        if re.match(r"\s*(\w+\s*=\s*)?[%!?]|.*\?\s*$", error.text or ""):
            error.add_note("Lines with %, ! or ? are a notebook's commands, no Python: the page cannot run them.")
    if lacks := absent(error):
        error.add_note(advice(lacks))
    line = lines[-1] if lines else None
    text = shortened("".join(traceback.format_exception(type(error), error.with_traceback(trace), trace)))
    send(cell, "error", name=type(error).__name__, text=text, line=line, missing=lacks)


def shortened(text):
    """Return the beginning and the end of an error's text, where it is long."""
    lines = text[-MOST_TEXT:].splitlines(keepends=True)
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        lines[half:-half] = [f"  [{len(lines) - 2 * half} more lines]\n"]
    return "".join(lines)


def advice(name):
    """Return what to do where a module was not found."""
    name = name.partition(".")[0]
    if name in PACKAGES:
        return f"Write import {name} as a line of a cell: the page then loads it."
    return "The page has Python's own library, NumPy, matplotlib, sympy and nncourse."


def absent(error):
    """Return the module that was not found, where that is the reason, also behind a message of our own."""
    names = []
    while isinstance(error, ModuleNotFoundError):
        names.append(error.name)
        error = error.__cause__
    return next((name for name in names if name), None)


def limit(seconds):
    """Tell the page for how many seconds what begins now may run, or None when it is over; it can end this Python."""
    OUT.hand_on()
    send(OUT.cell, "limit", seconds=seconds)


def no_input(prompt=""):
    """Take the place of input(): nobody can be asked from within a worker."""
    raise RuntimeError("input() does not work in the page: write the value into the cell")


builtins.input, builtins.display = no_input, display
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it says that it looks for fonts
sys.modules["__main__"] = PAGE
PAGE.__dict__["__builtins__"] = __builtins__
