"""Runs the cells of a page as a notebook does, and tells the page what each shows. It lives in the browser's Python.

The page gets messages: text as it is printed, pictures and values as a notebook stores them, errors as Python shows
them. What a cell shows is cut where it grows beyond all measure, so that the page stays alive.
"""

import ast
import base64
import builtins
import io
import json
import linecache
import logging
import sys
import time
import traceback
import types
from pathlib import Path

from js import tell  # takes one message, as JSON

MOST_TEXT = 200_000  # characters that a cell may print
MOST_PICTURES = 20
PACKAGES = {"matplotlib", "sympy"}  # what there is for the browser, besides NumPy
EVERY = 0.05  # seconds between two messages of printed text


class Printed(io.TextIOBase):
    """What stdout or stderr is while a cell runs: collects text, and hands it on twenty times a second."""

    def __init__(self, name):
        self.name, self.waiting, self.size, self.last, self.cell = name, [], 0, 0.0, None

    def writable(self):
        """Say yes."""
        return True

    def write(self, text):
        """Take a text; beyond the limit it is counted and thrown away."""
        room = MOST_TEXT - self.size
        self.size += len(text)
        if room > 0:
            self.waiting.append(text[:room])
            if time.monotonic() - self.last > EVERY:
                self.flush()
        return len(text)

    def flush(self):
        """Hand on what is waiting."""
        if self.waiting:
            send(self.cell, "stream", name=self.name, text="".join(self.waiting))
            self.waiting = []
        self.last = time.monotonic()

    def start(self, cell):
        """Begin a cell."""
        self.cell, self.size, self.last = cell, 0, time.monotonic()

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


def imported(source):
    """Return the modules that a text imports, wherever in it: dotted names."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def needed(source):
    """Return the packages that a cell needs before it runs: those that it imports, itself or by way of the course's.

    Parameters
    ----------
    source : str
        The cell's text.
    """
    waiting, seen = imported(source), set()
    while waiting:
        seen.add(name := waiting.pop())
        stem = Path(*name.split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if name.partition(".")[0] == "nncourse" and path.is_file():
                waiting |= imported(path.read_text(encoding="utf-8")) - seen
    return sorted({name.partition(".")[0] for name in seen} & PACKAGES)


def run(cell, source):
    """Run a cell; its last expression's value is shown. Return whether it ran to its end.

    Parameters
    ----------
    cell : int
        The cell's number.
    source : str
        Its text.
    """
    name = f"<cell {cell}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    OUT.start(cell)
    ERR.start(cell)
    show_figures.count = 0
    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = OUT, ERR
    try:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        for node in tree.body:
            exec(compile(ast.Module([node], []), name, "exec"), PAGE.__dict__)
            prepare_figures()
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), PAGE.__dict__)
            if value is not None:
                OUT.flush()
                send(cell, "display", data=as_shown(value))
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


def tell_error(cell, name, error):
    """Send an error as Python shows it, without our own lines, and the line of the cell where it happened."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    lines = [number for frame, number in traceback.walk_tb(trace) if frame.f_code.co_filename == name]
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(error.lineno)
    line = lines[-1] if lines else None
    text = "".join(traceback.format_exception(type(error), error.with_traceback(trace), trace))
    send(cell, "error", name=type(error).__name__, text=text[-MOST_TEXT:], line=line, missing=missing(error))


def missing(error):
    """Return the module that was not found, where that is the reason; our own message has the bare one behind it."""
    names = []
    while isinstance(error, ModuleNotFoundError):
        names.append(error.name)
        error = error.__cause__
    return next((name for name in names if name), None)


def no_input(prompt=""):
    """Take the place of input(): nobody can be asked from within a worker."""
    raise RuntimeError("input() does not work in the page: write the value into the cell")


builtins.input = no_input
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it says that it looks for fonts
sys.modules["__main__"] = PAGE
PAGE.__dict__["__builtins__"] = __builtins__
