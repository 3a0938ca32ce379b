"""The packages of the browser's Python: which a cell needs, and what was compiled of them, for the next visit."""

import ast
import io
import os
import re
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from marshal import dumps
from pathlib import Path
from zipimport import zipimporter

HOME = Path(__file__).parent
COMPILED = "/compiled"  # where Python puts what it compiles
SITE = next(path for path in sys.path if path.endswith("site-packages"))
UNCHECKED = b"\1" + bytes(11)  # in a compiled file: run it as it is
# What there is for the browser besides NumPy: module to what is loaded for it; python.worker.js has the group.
PACKAGES = {"matplotlib": "matplotlib", "PIL": "matplotlib", "sympy": "sympy", "mpmath": "sympy"}
PACKAGES |= dict.fromkeys(("fontTools", "matplotlib_pyodide", "pytz"), "later")
PRINTED = re.compile(r"\b(pdf|e?ps)\b")  # matplotlib's files for printers need fontTools


def enter(folder):
    """Work where the page's notebook lies in the course."""
    here = HOME / folder
    here.mkdir(parents=True, exist_ok=True)
    os.chdir(here)
    sys.path.insert(0, str(HOME))


def imported(source):
    """Return the modules that a text imports, wherever in it: dotted names."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except Exception:  # run says what is wrong with it
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def needed(source):
    """Return what has to be loaded before a cell runs: for its imports, also by way of the course's.

    Parameters
    ----------
    source : str
        The cell's text.
    """
    waiting, seen = imported(source), set()
    while waiting:
        seen.add(name := waiting.pop())
        stem = HOME.joinpath(*name.split("."))
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if name.partition(".")[0] == "nncourse" and path.is_file():
                waiting |= imported(path.read_text(encoding="utf-8")) - seen
    found = {PACKAGES.get(name.partition(".")[0]) for name in seen} - {None}
    return sorted(found | ({"later"} if PRINTED.search(source) else set()))


def library():
    """Return Python's own library, a zip file, with what was compiled of the modules in use: Python itself keeps none.

    From it Python starts in half the time.
    """
    here = next(path for path in sys.path if path.endswith(".zip"))
    content = io.BytesIO(Path(here).read_bytes())
    with zipfile.ZipFile(content, "a") as file:
        there = set(file.namelist())
        for name, module in sorted(sys.modules.items()):
            loader = getattr(module, "__loader__", None)
            if isinstance(loader, zipimporter) and loader.archive == here:
                path = loader.get_filename(name).removeprefix(f"{here}/") + "c"
                if path.endswith(".pyc") and path not in there:
                    file.writestr(path, MAGIC_NUMBER + UNCHECKED + dumps(loader.get_code(name)))
                    there.add(path)
    return content.getvalue()


os.mkdir(COMPILED)  # Python itself makes folders in it, but not this one
sys.pycache_prefix, sys.dont_write_bytecode = COMPILED, False
