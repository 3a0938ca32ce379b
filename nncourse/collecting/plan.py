"""Which cells of a notebook belong to which exercise, and when each exercise is judged."""

import ast
import hashlib
import re
from dataclasses import dataclass, field

from nncourse.collecting.answers import NAMES, SOLUTIONS

MARKER = re.compile(r"^:label:\s*(?P<id>[a-z-]+-\d)(?P<solution>-solution)?\s*$|\{solution-end\}", re.MULTILINE)
CHECK = re.compile(r"""\bcheck\w*\(\s*(?:id\s*=\s*)?["']([a-z-]+-\d)["']""")


@dataclass
class Cell:
    """A cell of code.

    Parameters
    ----------
    number : int
        Its place among all code cells, from 1.
    source : str
        Its text.
    ids : tuple of str
        The exercises that it belongs to.
    """

    number: int
    source: str
    ids: tuple = ()


@dataclass
class Plan:
    """What is done with a notebook, step by step.

    Parameters
    ----------
    steps : list of tuple
        ("run", cell) and ("judge", id, bound): bound says whether a cell gave the answer's name to something.
    notes : list of str
        What was noticed.
    chapters : list of str
        The chapters whose exercises stand in it.
    """

    steps: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    chapters: list = field(default_factory=list)


def mark(source):
    """Return a digest of a cell's text, blanks at the ends left out.

    Examples
    --------
    >>> mark("x = 1") == mark("x = 1  ")
    True
    """
    return hashlib.sha256("\n".join(line.rstrip() for line in source.strip().split("\n")).encode()).hexdigest()[:12]


def assigned(source):
    """Return the names that a cell binds, at any depth; none where it is no Python.

    Examples
    --------
    >>> sorted(assigned("def f(x): y = x"))
    ['f', 'y']
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names


def code_cells(cells):
    """Return the cells of code, each with its exercises; the chapter's own solutions are left out.

    Parameters
    ----------
    cells : list of tuple
        (kind, source), as `notebook.cells` returns them.
    """
    found, seen, here, solution, number = [], set(), None, False, 0
    for kind, source in cells:
        if kind != "code":
            for match in MARKER.finditer(source):
                if match["id"] is None:
                    here, solution = None, False
                elif match["id"] in NAMES:
                    here, solution = match["id"], bool(match["solution"])
            continue
        number += 1
        checks = tuple(dict.fromkeys(id for id in CHECK.findall(source) if id in NAMES))
        if mark(source) in SOLUTIONS and (solution or (checks and set(checks) <= seen)):
            continue
        ids = checks or ((here,) if here else ())
        seen |= set(checks)
        found.append(Cell(number, source, ids))
    return found


def make(cells, chapters=()):
    """Return the plan for a notebook's cells.

    Parameters
    ----------
    cells : list of tuple
        (kind, source), as `notebook.cells` returns them.
    chapters : iterable of str
        The chapters whose exercises are expected; those that are found when left out.
    """
    plan, code = Plan(), code_cells(cells)
    text = "\n".join(source for _, source in cells)
    there = {match["id"] for match in MARKER.finditer(text)} | set(CHECK.findall(text))
    plan.chapters = list(chapters) or sorted({id.rpartition("-")[0] for id in there & set(NAMES)})
    bound = {}
    for cell, after in zip(code, [*code[1:], Cell(0, "")], strict=True):
        plan.steps.append(("run", cell))
        names = assigned(cell.source)
        for id in cell.ids:
            bound[id] = bound.get(id, False) or NAMES[id] in names
            if id not in after.ids:
                if id.rpartition("-")[0] in plan.chapters:
                    plan.steps.append(("judge", id, bound[id]))
                bound[id] = False
    plan.notes = list(_notes(plan, code))
    return plan


def _notes(plan, code):
    """Give what is worth a look: check cells that were changed or are gone, `check` with another meaning."""
    for cell in code:
        if "check" in assigned(cell.source) - assigned("from nncourse.exercises import check") or re.search(
            r"^\s*(?:def check\b|check\s*=)|exercises\.\w*\.?\w+\s*=[^=]|\.check\s*=[^=]", cell.source, re.MULTILINE
        ):
            yield f"cell {cell.number} changes what check means; it made no difference"
    for id in (id for id in NAMES if id.rpartition("-")[0] in plan.chapters):
        mine = [cell for cell in code if id in cell.ids]
        line = re.compile(
            rf"""^\s*(?:verdict = )?check\(\s*["']{id}["'],\s*{re.escape(NAMES[id])}\s*,?\)\s*(?:#.*)?$""",
            re.MULTILINE,
        )
        if mine and not any(line.search(cell.source) for cell in mine):
            gone = not any(CHECK.search(cell.source) for cell in mine)
            yield f"{id}: the check cell was {'deleted' if gone else 'changed'}"
        if any(mark(cell.source) in SOLUTIONS and cell.source.count("\n") > 3 for cell in mine):
            yield f"{id}: word for word the chapter's solution"
