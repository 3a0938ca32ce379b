"""The packages of the browser's Python: which a cell needs, and what was compiled of them, for the next visit."""

import ast
import io
import os
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from marshal import dumps
from pathlib import Path
from zipimport import zipimporter

HOME = Path(__file__).parent
COMPILED = Path("/compiled")
UNCHECKED = b"\1" + bytes(11)  # in a compiled file: run it as it is
PACKAGES = {"matplotlib", "sympy"}  # what there is for the browser, besides NumPy


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
    """Return the packages that a cell needs before it runs: its imports, also by way of the course's.

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
    return sorted({name.partition(".")[0] for name in seen} & PACKAGES)


def recall(archive):
    """Take what an earlier visit compiled of the packages: half of the time that their imports take."""
    if archive is not None:
        with zipfile.ZipFile(io.BytesIO(archive.to_py())) as file:
            file.extractall(COMPILED)
    compiled.known = len(list(COMPILED.rglob("*.pyc")))


def compiled():
    """Return what was compiled of the packages, where that is more than before, as a zip file.

    The files say that they need not be compared with their sources, which are younger on each visit.
    """
    found = [path for path in COMPILED.rglob("*.pyc") if "site-packages" in path.parts]
    if len(found) <= compiled.known:
        return None
    compiled.known, content = len(found), io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for path in found:
            code = path.read_bytes()
            file.writestr(path.relative_to(COMPILED).as_posix(), code[:4] + UNCHECKED + code[16:])
    return content.getvalue()


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


COMPILED.mkdir()  # Python itself makes folders in it, but not this one
sys.pycache_prefix, sys.dont_write_bytecode = str(COMPILED), False
