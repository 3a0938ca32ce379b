"""The exercises of a chapter, as they stand in its notebook."""

import ast
import re
from dataclasses import dataclass, field

from nncourse.collecting.answers import NAMES

GATE = re.compile(
    r"^:::\{(?P<kind>exercise|solution)-(?P<side>start|end)\}[ ]?(?P<title>[^\n]*)\n"
    r"(?P<options>(?::\w[^\n]*\n)*):::$",
    re.MULTILINE,
)
HINT = re.compile(r"^:::\{admonition\} (?P<title>Hint \d)\n:class: dropdown\n(?P<body>.*?)^:::$", re.M | re.S)


@dataclass
class Task:
    """An exercise: its texts and its code cells.

    Parameters
    ----------
    id : str
        Such as delta-rule-3.
    title : str
        Without kind and minutes.
    start : int
        The number of the cell of the notebook that it begins in.
    statement, hints : str
        MyST Markdown.
    stubs, solutions : list of str
        The code cells up to the end of the exercise, and those of the solution.
    """

    id: str
    title: str
    start: int
    statement: str = ""
    hints: str = ""
    stubs: list = field(default_factory=list)
    solutions: list = field(default_factory=list)

    @property
    def name(self):
        """What the answer is called."""
        return NAMES[self.id]


def tasks(cells):
    """Return the exercises of a chapter, in order.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        Of its notebook.
    """
    found, part = [], ""
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            if part in ("exercise", "solution"):
                (found[-1].stubs if part == "exercise" else found[-1].solutions).append(cell.source)
            continue
        at = 0
        for gate in [*GATE.finditer(cell.source), None]:
            text = cell.source[at : gate.start() if gate else None].strip()
            if text and part == "exercise":
                found[-1].statement += f"\n\n{text}"
            elif text and part == "hints":
                found[-1].hints += f"\n\n{text}"
            if gate is None:
                break
            at = gate.end()
            if gate["kind"] == "exercise" and gate["side"] == "start":
                id = re.search(r"^:label: (\S+)$", gate["options"], re.MULTILINE)[1]
                found.append(Task(id, gate["title"].rpartition(": ")[0], number))
            part = {"exercise-start": "exercise", "exercise-end": "hints", "solution-start": "solution"}.get(
                f"{gate['kind']}-{gate['side']}", ""
            )
    return found


def hints(task):
    """Return the hints of an exercise: (title, MyST Markdown) of each."""
    found = [(match["title"], match["body"].strip()) for match in HINT.finditer(task.hints)]
    if left := HINT.sub("", task.hints).strip():
        raise ValueError(f"{task.id}: expected hints alone before the solution, got {left[:60]!r}")
    return found


# --- code ---


def given(task):
    """Return the code cells that an exercise brings along before the one to fill in."""
    return task.stubs[:-1]


def stub(task):
    """Return the code to fill in, without the check, such as "answer = ..."."""
    check = f'check("{task.id}", {task.name})'
    code, _, after = task.stubs[-1].partition(check)
    if after.strip() or check not in task.stubs[-1]:
        raise ValueError(f"{task.id}: expected a cell that ends in {check}, got {task.stubs[-1]!r}")
    return re.sub(r"  # your code here$", "", code.rstrip(), flags=re.MULTILINE)


def solution(task):
    """Return the chapter's first solution as code that binds the answer's name."""
    code = ""
    for cell in task.solutions:
        code = f"{code}\n\n\n{cell}".strip()
        last = ast.parse(code).body[-1]
        if isinstance(last, ast.Expr) and ast.unparse(last).startswith(f"check({task.id!r}, "):
            before = "\n".join(code.split("\n")[: last.lineno - 1]).rstrip()
            answer = ast.get_source_segment(code, last.value.args[1])
            return before if answer == task.name else f"{before}\n{task.name} = {answer}".strip()
    raise ValueError(f"{task.id}: expected a solution that ends in a check, got none")


def answer_cell(task):
    """Return the code to fill in with the solution in it, between nbgrader's marks.

    A function keeps its first line, so that its body is what students write. Whatever else is asked for is bound to
    ``...`` first, and the solution binds it again.
    """
    begin, end = "### BEGIN SOLUTION", "### END SOLUTION"
    code, right = stub(task), solution(task)
    last = ast.parse(code).body[-1]
    if not isinstance(last, ast.FunctionDef):
        return f"{code}\n{begin}\n{right}\n{end}"
    function = ast.parse(right).body[-1]
    if not isinstance(function, ast.FunctionDef) or ast.dump(function.args) != ast.dump(last.args):
        raise ValueError(f"{task.id}: expected a solution that is a function like the stub, got {right!r}")
    lines = right.split("\n")
    head, body = lines[: function.lineno - 1], lines[function.body[0].lineno - 1 :]
    if any(line.strip() for line in head):
        raise ValueError(f"{task.id}: expected the function alone as the solution, got {right!r}")
    return "\n".join([code, f"    {begin}", *body, f"    {end}"])
