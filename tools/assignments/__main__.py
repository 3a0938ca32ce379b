"""Write the chapters' exercises as a course folder of nbgrader (`make assignments`).

    python -m tools.assignments FOLDER [--chapter NAME ...]

FOLDER/nbgrader_config.py and FOLDER/source/NAME/NAME.ipynb, one assignment a chapter: the exercises alone, with
what they need of the chapter in a locked cell above them. The same chapters give the same bytes. The configuration
is written once and then left as it is. An assignment that was changed since it was written is not overwritten, and
nothing else in the folder is touched, so that submissions and the gradebook stay.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat

from nncourse._files import put_in_place
from tools import ledger
from tools.assignments import cells

OURS = "# Written by tools.assignments of nncourse, once: change it as you like, it stays as it is."
CONFIG = f"""{OURS}
c = get_config()  # noqa: F821  nbgrader gives it
c.CourseDirectory.course_id = "nncourse"
c.CourseDirectory.ignore = [  # of what students hand in; a module of theirs could take the place of another
    ".ipynb_checkpoints", "__pycache__", "feedback", "*.py", "*.pyc", "*.pyd", "*.so", "*.pth",
]  # fmt: skip
c.ClearSolutions.code_stub = {{"python": "# Your answer goes here, in place of the three dots."}}
c.Execute.timeout = 60  # seconds for a cell; each check stops an answer after 10
"""


def notebooks():
    """Return the chapters: name to path."""
    paths = sorted(path for path in ledger.BOOK.rglob("*.ipynb") if not path.parent.name.startswith("."))
    with_exercises = {exercise.chapter for exercise in cells.BY_ID.values()}
    return {path.stem: path for path in paths if path.stem in with_exercises}


def written(folder, names):
    """Return what goes into a folder: path to text. Nothing is written here.

    Parameters
    ----------
    folder : Path
        The course folder.
    names : iterable of str
        The chapters.
    """
    config, found = folder / "nbgrader_config.py", {}
    if not config.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ValueError(
                f"FOLDER: expected a new or an empty folder, or one that was written by this command, got {folder}"
            )
        found[config] = CONFIG
    elif not config.read_text(encoding="utf-8").startswith(OURS):
        raise ValueError(f"FOLDER: expected one that was written by this command, got one with another {config}")
    for name in names:
        path = folder / "source" / name / f"{name}.ipynb"
        if path.exists():
            there = nbformat.read(path, as_version=4)
            if there.metadata.get("nncourse", {}).get("cells") != cells.digest(there.cells):
                raise ValueError(f"FOLDER: expected assignments as they were written, got a changed one, {path}")
        found[path] = nbformat.writes(cells.assignment(notebooks()[name]), version=4) + "\n"
    return found


def export(folder, names=()):
    """Write the assignments; return the paths of the files.

    Parameters
    ----------
    folder : str or Path
        New or empty, or one that was written before.
    names : iterable of str
        The chapters; all that have exercises when left out.
    """
    known = notebooks()
    names = list(dict.fromkeys(names)) or list(known)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"names: expected chapters with exercises, {', '.join(known)}, got {unknown}")
    files = written(Path(folder), names)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with put_in_place(path) as aside:
            aside.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def main(arguments=None):
    """Run the command; return 0, or 1 where the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m tools.assignments", description=__doc__.split("\n")[0])
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="new or empty, or written by this command before"
    )
    parser.add_argument(
        "--chapter", action="append", default=[], choices=notebooks(), metavar="NAME", help="can be repeated"
    )
    asked = parser.parse_args(arguments)
    try:
        files = export(asked.folder, asked.chapter)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{sum(path.suffix == '.ipynb' for path in files)} assignments in {asked.folder}{os.sep}source")
    return 0


if __name__ == "__main__":
    sys.exit(main())
