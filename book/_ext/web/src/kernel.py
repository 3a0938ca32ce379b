"""Runs the cells of a page as a notebook does, and tells the page what each shows, in the browser's Python.

The page gets messages: text as it is printed, pictures and values as a notebook stores them, errors as Python shows
them. What a cell shows is cut where it grows beyond all measure, so that the page stays alive.
"""

import ast
import base64
import builtins
import inspect
import io
import json
import linecache
import logging
import re
import sys
import time
import traceback
import types
from contextlib import suppress

from js import tell  # takes one message, as JSON

MOST_TEXT = 200_000  # characters that a cell may print
MOST_PICTURES = 20
MOST_VALUES = 200
MOST_LINES = 100  # of an error
EVERY, AT_ONCE = 0.05, 200  # seconds between two messages of printed text, after the first ones


class Printed(io.TextIOBase):
    """What stdout or stderr is while a cell runs: hands text on, of much text some twenty times a second."""

    def __init__(self, name):
        self.name, self.waiting, self.size, self.last, self.cell, self.count = name, [], 0, 0.0, None, 0

    def writable(self):
        """Say yes."""
        return True

    def write(self, text):
        """Take a text; beyond the limit it is counted and thrown away."""
        other = ERR if self is OUT else OUT
        if other.waiting:
            other.flush()
        room = MOST_TEXT - self.size
        self.size += len(text)
        if room > 0:
            self.waiting.append(text[:room])
            if self.count < AT_ONCE or time.monotonic() - self.last > EVERY:
                self.flush()
        return len(text)

    def flush(self):
        """Hand on what is waiting."""
        if self.waiting:
            send(self.cell, "stream", name=self.name, text="".join(self.waiting))
            self.waiting, self.count = [], self.count + 1
        self.last = time.monotonic()

    def start(self, cell):
        """Begin a cell."""
        self.cell, self.size, self.last, self.count = cell, 0, time.monotonic(), 0

    def end(self):
        """End a cell, and say how much was cut."""
        self.flush()
        if self.size > MOST_TEXT:
            text = f"\n[{self.size - MOST_TEXT:,} more characters were printed and are not shown]\n"
            send(self.cell, "stream", name="stderr", text=text)


OUT, ERR = Printed("stdout"), Printed("stderr")
PAGE = types.ModuleType("__main__")


def send(cell, kind, **content):
    """Send the page a message about a cell."""
    tell(json.dumps({"cell": cell, "kind": kind, **content}))


def as_shown(value):
    """Return what a notebook stores of a value: media types and texts, the plain one always."""
    found = {}
    for method, kind in (
        ("_repr_html_", "text/html"),
        ("_repr_markdown_", "text/markdown"),
        ("_repr_latex_", "text/latex"),
        ("_repr_svg_", "image/svg+xml"),
    ):
        make = getattr(type(value), method, None)
        text = make(value) if make is not None else None
        if isinstance(text, str):
            found[kind] = text[:MOST_TEXT]
    text = repr(value)
    found["text/plain"] = text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + " [cut]"
    return found


def display(*values):
    """Show values, as a notebook's function of this name does."""
    for value in values:
        OUT.flush()
        ERR.flush()
        display.count += 1
        if display.count <= MOST_VALUES:
            send(OUT.cell, "display", data=as_shown(value))
        elif display.count == MOST_VALUES + 1:
            print(f"[only the first {MOST_VALUES} values of a cell are shown]", file=sys.stderr)


def show_figures(*_, **__):
    """Send the open figures as the book draws them, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    numbers = pyplot.get_fignums() if pyplot else []
    for number in numbers:
        OUT.flush()
        show_figures.count += 1
        if show_figures.count <= MOST_PICTURES:
            figure, file = pyplot.figure(number), io.BytesIO()
            figure.savefig(file, format="png", bbox_inches="tight", dpi=figure.dpi)
            send(OUT.cell, "display", data={"image/png": base64.b64encode(file.getvalue()).decode()})
        elif show_figures.count == MOST_PICTURES + 1:
            print(f"[only the first {MOST_PICTURES} pictures of a cell are shown]", file=sys.stderr)
    if numbers:
        pyplot.close("all")


def prepare_figures():
    """Have matplotlib draw into memory, where a cell has just brought it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot and pyplot.show is not show_figures:
        pyplot.show = show_figures


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
        return bool(compile(source, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).co_flags & inspect.CO_COROUTINE)


async def work(cell, source, name):
    """Do what run says."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    OUT.start(cell)
    ERR.start(cell)
    show_figures.count = display.count = 0
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = OUT, ERR
    try:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        for node in tree.body:
            await evaluate(ast.Module([node], []), name)
            prepare_figures()
        if last is not None:
            value = await evaluate(ast.Expression(last.value), name)
            if value is not None:
                display(value)
        show_figures()
    except BaseException as error:  # a student's code may raise anything
        OUT.flush()
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
    code = compile(tree, name, kind, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, PAGE.__dict__)
    if code.co_flags & inspect.CO_COROUTINE:
        OUT.flush()
        value = await value
    return value


def tell_error(cell, name, error):
    """Send an error as Python shows it, without our own lines, and the line of the cell where it happened."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    lines = [number for frame, number in traceback.walk_tb(trace) if frame.f_code.co_filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(error.lineno)
        if re.match(r"\s*[%!?]|.*\?\s*$", error.text or ""):
            error.add_note("Lines with %, ! or ? are a notebook's commands, no Python: the page cannot run them.")
    line = lines[-1] if lines else None
    text = shortened("".join(traceback.format_exception(type(error), error.with_traceback(trace), trace)))
    send(cell, "error", name=type(error).__name__, text=text, line=line, missing=missing(error))


def shortened(text):
    """Return the beginning and the end of an error's text, where it is long."""
    lines = text[-MOST_TEXT:].splitlines(keepends=True)
    if len(lines) > MOST_LINES:
        half = MOST_LINES // 2
        lines[half:-half] = [f"  [{len(lines) - 2 * half} more lines]\n"]
    return "".join(lines)


def missing(error):
    """Return the module that was not found, where that is the reason, also behind a message of our own."""
    names = []
    while isinstance(error, ModuleNotFoundError):
        names.append(error.name)
        error = error.__cause__
    return next((name for name in names if name), None)


def limit(seconds):
    """Tell the page for how many seconds what begins now may run, or None when it is over; it can end this Python."""
    OUT.flush()
    send(OUT.cell, "limit", seconds=seconds)


def no_input(prompt=""):
    """Take the place of input(): nobody can be asked from within a worker."""
    raise RuntimeError("input() does not work in the page: write the value into the cell")


builtins.input, builtins.display = no_input, display
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it says that it looks for fonts
sys.modules["__main__"] = PAGE
PAGE.__dict__["__builtins__"] = __builtins__
