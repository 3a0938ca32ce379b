"""The packages of the browser's Python: which a cell needs, and where what is compiled of them goes."""

import ast
import json
import os
import re
import sys
from pathlib import Path

HOME = Path(__file__).parent
COMPILED = "/compiled"  # where Python puts what it compiles
SITE = next(path for path in sys.path if path.endswith("site-packages"))
# What there is for the browser besides NumPy: module to what is loaded for it.
PACKAGES = {"matplotlib": "matplotlib", "PIL": "matplotlib", "sympy": "sympy", "mpmath": "sympy"}
LATER = set()  # packages that come when nothing else is to be done, or when a cell needs them
# The font that the list of fonts does not know.
ADDED = {"fname": "fonts/ttf/Humor-Sans.ttf", "name": "Humor Sans", "weight": 400, "size": "scalable"}
ADDED |= dict.fromkeys(("style", "variant", "stretch"), "normal") | {"__class__": "FontEntry"}
PRINTED = re.compile(r"""["'._](pdf|e?ps)["']|backend_(pdf|ps)""")  # matplotlib's files for printers need fontTools


def enter(folder, later):
    """Work where the page's notebook lies in the course; import what comes later, by the names of its packages, too."""
    LATER.update(later)
    here = HOME / folder
    here.mkdir(parents=True, exist_ok=True)
    os.chdir(here)
    sys.path.insert(0, str(HOME))


def package_of(module):
    """Return what is loaded for a module: None where nothing is."""
    return "later" if module.lower().replace("_", "-") in LATER else PACKAGES.get(module)


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
    found = {package_of(name.partition(".")[0]) for name in seen} - {None}
    return sorted(found | ({"later"} if PRINTED.search(source) else set()))


def mend_fonts():
    """Mend the list of fonts that matplotlib brings here: its number is another version's, so it would look at all fonts.

    That takes half a second. A list that does not name every font is left to matplotlib.
    """
    folder = Path(SITE, "matplotlib")
    path, data = folder / "fontlist.json", folder / "mpl-data"
    found = json.loads(path.read_text(encoding="utf-8"))
    files = {file.relative_to(data).as_posix() for file in data.glob("fonts/ttf/*.ttf")}
    fonts = [font for font in [*found["ttflist"], ADDED] if font["fname"] in files]
    if files == {font["fname"] for font in fonts}:
        version = re.search(r"__version__ = (\d+)", (folder / "font_manager.py").read_text(encoding="utf-8"))[1]
        afm = [font for font in found["afmlist"] if (data / font["fname"]).is_file()]
        found |= {"_version": int(version), "ttflist": fonts, "afmlist": afm}
        path.write_text(json.dumps(found), encoding="utf-8")


os.mkdir(COMPILED)  # Python itself makes folders in it, but not this one
sys.pycache_prefix, sys.dont_write_bytecode = COMPILED, False
