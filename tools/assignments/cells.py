"""An assignment: the cells of its notebook, with what nbgrader has to know of each."""

import hashlib
import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nncourse.exercises import REGISTRY
from tools import ledger
from tools.assignments import chapters, needs, texts

BY_ID = {exercise.id: exercise for exercise in REGISTRY}
INTRODUCTION = """\
# Exercises of the chapter *{title}*

Figures, sections and algorithms that are named stand in the chapter.

Run the cells from top to bottom. Fill in the cells that have three dots; the cell below each says whether the \
answer is right. An exercise gives as many points as it should take minutes, {points} altogether.

The cells need the course's package: `pip install nncourse sympy`."""
SETUP = "# What the exercises need. It cannot be changed.\n"
TEST = """\
import contextlib
import io

from nncourse.exercises import check

with contextlib.redirect_stderr(io.StringIO()):  # nbgrader takes a warning for an error
    verdict = check("{id}", {name})
assert verdict, verdict.message
print(verdict)
### BEGIN HIDDEN TESTS
import sys

for _module in [*sys.modules]:  # what a student put in place of check or of its parts is dropped here
    if _module.partition(".")[0] == "nncourse":
        del sys.modules[_module]
from nncourse.exercises import check

with contextlib.redirect_stderr(io.StringIO()):
    verdict = check("{id}", {name})  # fresh cases
assert verdict, verdict.message
### END HIDDEN TESTS"""


def about(id, *, grade=False, solution=False, points=None):
    """Return the metadata that nbgrader reads, of version 3 of its format.

    Parameters
    ----------
    id : str
        Unique in the notebook.
    grade, solution : bool
        Whether the cell is a test, and whether students write in it.
    points : int, optional
        Of a test.

    Examples
    --------
    >>> about("setup")["nbgrader"]["locked"]
    True
    """
    marks = {"grade": grade, "grade_id": id, "locked": not solution, "schema_version": 3}
    marks |= {"solution": solution, "task": False}
    return {"nbgrader": marks | ({"points": points} if grade else {})}


def statement(task, number, path):
    """Return what stands above an exercise's cells: its title, its text, the equations, and the hints, folded away.

    `nncourse collect` knows the exercise by the comment.

    Parameters
    ----------
    task : chapters.Task
        The exercise.
    number : int
        Its number in the chapter.
    path : Path
        The chapter's notebook.
    """
    exercise = BY_ID[task.id]
    parts = [
        f"<!--\n:label: {task.id}\n-->",
        f"## {number}. {task.title}",
        f"*{exercise.kind}, {exercise.minutes} minutes*",
        texts.plain(task.statement, path),
        texts.named_equations(task.statement),
    ]
    above = task.statement
    for title, body in chapters.hints(task):
        folded = [texts.plain(body, path), texts.named_equations(body, above)]
        parts += [f"<details>\n<summary>{title}</summary>", *folded, "</details>"]
        above += body
    return "\n\n".join(part for part in parts if part)


def setup(cells, tasks):
    """Return the code that all exercises of a chapter need of it.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        Of the chapter.
    tasks : list of chapters.Task
        Its exercises.
    """
    before = [
        statement
        for cell in cells[: tasks[0].start]
        if cell.cell_type == "code"
        for statement in needs.statements(cell.source)
    ]
    wanted, bound = {"check"}, set()
    for task in tasks:
        stub = chapters.stub(task)
        own = {name for statement in needs.statements(stub) for name in statement.binds | statement.own}
        prose = texts.names_in(task.statement + task.hints) + " " + needs.comments(stub)
        wanted |= needs.named(prose, before) - own - bound
        for code in (*chapters.given(task), chapters.answer_cell(task)):
            wanted |= needs.free(code) - bound
        for code in (*chapters.given(task), stub):
            bound |= {name for statement in needs.statements(code) for name in statement.binds}
    code, unmet = needs.setup(before, wanted)
    if unmet:
        raise ValueError(f"{tasks[0].id}: expected all names from the chapter, got none for {sorted(unmet)}")
    return SETUP + code


def digest(cells):
    """Return what tells whether the cells of a notebook are those that were written.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        Outputs do not count.
    """
    kept = [(cell.cell_type, cell.source, cell.metadata.get("nbgrader")) for cell in cells]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def assignment(path):
    """Return the notebook of a chapter's exercises with their solutions, as nbgrader's `source` folder has it.

    Parameters
    ----------
    path : Path
        The chapter's notebook.

    Returns
    -------
    nbformat.NotebookNode
        With the same ids each time.
    """
    chapter = nbformat.read(path, as_version=4)
    if not (tasks := chapters.tasks(chapter.cells)):
        raise ValueError(f"path: expected a chapter with exercises, got {path}")
    title = texts.book().titles[ledger.page_of(path)]
    points = sum(BY_ID[task.id].minutes for task in tasks)
    cells = [
        new_markdown_cell(INTRODUCTION.format(title=title, points=points), id="introduction"),
        new_code_cell(setup(chapter.cells, tasks), id="setup", metadata=about("setup")),
    ]
    for number, task in enumerate(tasks, start=1):
        id, test = task.id, TEST.format(id=task.id, name=task.name)
        cells.append(new_markdown_cell(statement(task, number, path), id=f"{id}-text"))
        for n, code in enumerate(chapters.given(task), start=1):
            cells.append(new_code_cell(code, id=f"{id}-given-{n}"))
        answer = about(f"{id}-answer", solution=True)
        cells.append(new_code_cell(chapters.answer_cell(task), id=f"{id}-answer", metadata=answer))
        grade = about(f"{id}-test", grade=True, points=BY_ID[id].minutes)
        cells.append(new_code_cell(test, id=f"{id}-test", metadata=grade))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "nncourse": {"cells": digest(cells)}}
    return new_notebook(cells=cells, metadata=metadata)
