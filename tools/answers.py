"""Write nncourse/collecting/answers.py from the chapters: what each exercise's cell hands to `check`.

python -m tools.answers
"""

import re

import nbformat

from nncourse.exercises import REGISTRY
from tools.ledger import BOOK, PACKAGE

PATH = PACKAGE / "collecting" / "answers.py"
HEAD = '''"""What each exercise's cell hands to `check`, and the digests of the cells that show solutions.

Made from the chapters by `python -m tools.answers`; a test compares them.
"""

NAMES = {
'''


def table():
    """Return the text of the module."""
    from nncourse.collecting.plan import MARKER, mark

    names, solutions = {}, set()
    for path in sorted(p for p in BOOK.rglob("*.ipynb") if not p.parent.name.startswith(".")):
        solution = False
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for match in MARKER.finditer(cell.source):
                    solution = bool(match["solution"])
            elif cell.cell_type == "code":
                for id, name in re.findall(r'^check\("([\w-]+)", (\w+)\)$', cell.source, re.MULTILINE):
                    names.setdefault(id, name)
                if solution:
                    solutions.add(mark(cell.source))
    known = [exercise.id for exercise in REGISTRY]
    if missing := set(known) - set(names):
        raise ValueError(f"no cell hands a name to check for {sorted(missing)}")
    lines = [f'    "{id}": "{names[id]}",\n' for id in known]
    digests = sorted(solutions)
    rows = [" ".join(digests[i : i + 8]) for i in range(0, len(digests), 8)]
    text = "".join(f'    "{row}",\n' for row in rows)
    found = "SOLUTIONS = frozenset(mark for row in ROWS for mark in row.split())"
    return f"{HEAD}{''.join(lines)}}}\nROWS = (\n{text})\n{found}\n"


def main():
    """Write the module."""
    PATH.write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main()
