"""Run the chapters, compare every stored output, and print a table of what was verified (`make report`).

    python -m tools.report [FILE...]     all chapters when none is named

A line for each chapter: how many code cells it has, how many of them have stored outputs that were compared
(all but pictures), how many seconds it took, how many equations of the notes stand in it, how many exercises, and
pass or fail. The command fails if a chapter does. `make test` proves the exercises and the equations themselves.
"""

import argparse
import contextlib
import io
import os
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from nncourse.exercises import REGISTRY
from tools import ledger

HEAD = ("chapter", "cells", "compared", "seconds", "equations", "exercises", "verdict")


class Facts(NamedTuple):
    """What stands in a chapter: numbers of code cells, of cells whose outputs are compared, and so on."""

    cells: int
    compared: int
    equations: int
    exercises: int


class Watch:
    """A pytest plugin that keeps, for each notebook, its seconds and the cells that failed or were skipped."""

    def __init__(self):
        self.seconds, self.failed, self.skipped = {}, {}, {}

    def pytest_runtest_logreport(self, report):
        """Note one report; nodes of a notebook are called after their cells."""
        path, _, cell = report.nodeid.partition("::")
        self.seconds[path] = self.seconds.get(path, 0.0) + report.duration
        for kind, cells in (("failed", self.failed), ("skipped", self.skipped)):
            if getattr(report, kind):
                cells.setdefault(path, []).append(cell)


def facts(path):
    """Return the `Facts` of a notebook.

    Parameters
    ----------
    path : Path
        The notebook.
    """
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    labels = {label for cell in cells if cell.cell_type == "markdown" for label in ledger.labels(cell.source)}
    return Facts(
        len(code),
        sum(any(compared(output) for output in cell.outputs) for cell in code),
        len(labels & set(ledger.equations())),
        sum(exercise.id.rpartition("-")[0] == path.stem for exercise in REGISTRY),
    )


def compared(output):
    """Return whether an output has something that is compared: text, a table, anything but a picture alone."""
    return output.output_type in ("stream", "error") or any(
        kind != "text/plain" or "image/png" not in output.data
        for kind in output.data
        if not kind.startswith("image/")
    )


def verdict(path, watch):
    """Return "pass", "FAIL" with the cells that failed, or "not run".

    Parameters
    ----------
    path : str
        The notebook's path, as pytest names it.
    watch : Watch
        What the run said.
    """
    if path in watch.failed:
        return f"FAIL: {', '.join(watch.failed[path])}"
    if path not in watch.seconds:
        return "not run"
    return "pass" + (f", {len(watch.skipped[path])} skipped" if path in watch.skipped else "")


def table(rows):
    """Return the lines of a table in plain text: names to the left, numbers to the right."""
    columns = list(zip(HEAD, *rows, strict=True))
    widths = [max(len(str(entry)) for entry in column) for column in columns]
    sides = "<>>>>><"
    return ["  ".join(f"{entry:{s}{w}}" for entry, s, w in zip(row, sides, widths, strict=True)).rstrip()
            for row in (HEAD, *rows)]  # fmt: skip


def main(arguments=None):
    """Run what the command line asks for; return 1 if a chapter fails, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.report", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="notebooks; all chapters when left out")
    files = parser.parse_args(arguments).files or sorted(
        path for path in ledger.BOOK.rglob("*.ipynb") if not any(part.startswith(".") for part in path.parts)
    )
    paths, watch = [path.resolve().relative_to(ledger.ROOT).as_posix() for path in files], Watch()
    os.chdir(ledger.ROOT)
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", *paths], plugins=[watch])
    rows = []
    for path in paths:
        cells, outputs, equations, exercises = facts(Path(path))
        seconds = f"{watch.seconds.get(path, 0.0):.1f}"
        rows.append((Path(path).stem, cells, outputs, seconds, equations, exercises, verdict(path, watch)))
    print("\n".join(table(rows)))
    passed = [row for row in rows if row[-1].startswith("pass")]
    print(f"\n{len(passed)} of {len(rows)} chapters pass, {sum(row[2] for row in passed)} cells' outputs as stored")
    return int(len(passed) < len(rows))


if __name__ == "__main__":
    raise SystemExit(main())
