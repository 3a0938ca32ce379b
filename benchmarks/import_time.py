"""How long ``import nncourse`` takes in a fresh interpreter, beyond what NumPy takes anyway."""

import subprocess
import sys

from benchmarks.harness import OURS, Case, Comparison

TITLE = "Import in a fresh interpreter"
STATEMENTS = {
    "the package": "import numpy, nncourse",
    "what a training needs": "from nncourse import feedforward, optimizers, training",
}


def cases(quick=False):
    """Yield one case for every way to import the package."""
    for name, statement in STATEMENTS.items():
        yield Case(
            {"import": name},
            {OURS: lambda code=statement: run(code), "NumPy": lambda: run("import numpy")},
            (Comparison("NumPy", ("NumPy",), "extra", target=30),),
        )


def run(code):
    """Return a function that runs the code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)
