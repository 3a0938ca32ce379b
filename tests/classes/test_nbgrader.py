"""The exercises as assignments of nbgrader: validated, handed out, handed in by a small class, and graded."""

import copy
import csv
import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT

from benchmarks import classes
from nncourse.exercises import REGISTRY
from tools.assignments import __main__ as command
from tools.assignments import cells, chapters, names, needs, texts

CHAPTERS = command.notebooks()
POINTS = {exercise.id: exercise.minutes for exercise in REGISTRY}
FEW = ("backpropagation", "delta-rule", "resilient-propagation")  # for the students who have nothing right
CHEATS = {  # what stands below each stub of a student who wants the points without an answer
    "overwrites-check": "check = lambda *a: True",
    "replaces-the-judges": classes.TAMPERED["patched judge"],
    "replaces-the-registry": (
        "import nncourse.exercises as ex\nfor e in ex.REGISTRY:\n    object.__setattr__(e, 'solution', {name})\n"
        "    object.__setattr__(e, 'judge', type('Yes', (), {{'praise': '', '__call__': lambda *a: None}})())"
    ),
    "edits-the-tests": "",
    "hands-in-a-module": "",
}


# --- what is written ---


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course folder with all chapters."""
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    assert command.main([str(folder)]) == 0
    return folder


def source(course, name):
    return nbformat.read(course / "source" / name / f"{name}.ipynb", as_version=4)


@pytest.mark.parametrize("module", [cells, chapters, names, needs, texts], ids=lambda module: module.__name__)
def test_the_examples_hold(module):
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_every_exercise_is_in_one_assignment_with_a_point_for_each_minute(course):
    found = {}
    for name in CHAPTERS:
        notebook = source(course, name)
        nbformat.validate(notebook)
        marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
        ids = [mark.grade_id for mark in marks]
        assert len(ids) == len(set(ids))
        assert all(mark.schema_version == 3 and mark.locked is not mark.solution for mark in marks)
        tests = [mark for mark in marks if mark.grade]
        assert [mark.grade_id for mark in marks if mark.solution] == [f"{t.grade_id[:-5]}-answer" for t in tests]
        found |= {mark.grade_id.removesuffix("-test"): mark.points for mark in tests}
    assert found == POINTS


def test_the_same_chapters_give_the_same_bytes_and_another_run_changes_nothing(course, tmp_path):
    files = command.export(tmp_path / "again")
    assert len(files) == 1 + len(CHAPTERS)
    for path in files:
        assert path.read_bytes() == (course / path.relative_to(tmp_path / "again")).read_bytes()
    (tmp_path / "again" / "gradebook.db").write_text("theirs", encoding="utf-8")
    (tmp_path / "again" / "nbgrader_config.py").write_text(command.CONFIG + "c.a = 1\n", encoding="utf-8")
    assert command.export(tmp_path / "again", ["perceptron"]) == [
        tmp_path / "again" / "source" / "perceptron" / "perceptron.ipynb"
    ]
    assert (tmp_path / "again" / "gradebook.db").read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "again" / "nbgrader_config.py").read_text(encoding="utf-8").endswith("c.a = 1\n")


def test_what_is_not_ours_is_refused(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    assert command.main([str(tmp_path)]) == 1
    assert "FOLDER: expected a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(ValueError, match=r"FOLDER: expected a new .*letter\.txt"):
        command.export(tmp_path / "letter.txt")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    with pytest.raises(ValueError, match="FOLDER: expected one that was written by this command"):
        command.export(tmp_path)
    with pytest.raises(ValueError, match=r"names: expected chapters .*delta-rule.* got \['delta'\]"):
        command.export(tmp_path / "new", ["delta"])
    assert not (tmp_path / "new").exists()


def test_an_assignment_that_was_changed_is_not_overwritten(tmp_path):
    (_, path) = command.export(tmp_path / "course", ["perceptron"])
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("margin_of", "my_margin"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"FOLDER: expected assignments as they were written, got a changed one"):
        command.export(tmp_path / "course")
    assert "my_margin" in path.read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "course" / "source").iterdir()] == ["perceptron"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_plain_jupyter_can_show_every_text(course, name):
    text = "\n\n".join(cell.source for cell in source(course, name).cells if cell.cell_type == "markdown")
    assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{|\]\([^)]*\.(?:ipynb|md)\)|^\$\$ \(", text, re.MULTILINE)
    assert text.count("<details>\n<summary>Hint ") == text.count("</details>") >= 4
    assert text.count("$$") % 2 == 0
    for label in re.findall(r"\((S-\w+|J-\w+)\)", text):
        assert f"\\tag{{{label}}}" in text


def test_a_chapter_that_is_written_otherwise_is_an_error():
    task = chapters.Task("delta-rule-3", "t", 0, stubs=["answer = ..."], solutions=["x = 1"], hints="Not a hint.")
    for function, words in [(chapters.stub, 'ends in check'), (chapters.solution, "ends in a check"),
                            (chapters.hints, "hints alone")]:  # fmt: skip
        with pytest.raises(ValueError, match=f"delta-rule-3: expected .*{words}"):
            function(task)
    task.stubs = ['def gradient(W, x):\n    ...\n\n\ncheck("delta-rule-3", gradient)']
    task.solutions = ['gradient = sorted\ncheck("delta-rule-3", gradient)']
    with pytest.raises(ValueError, match="expected a solution that is a function like the stub"):
        chapters.answer_cell(task)
    with pytest.raises(ValueError, match=r"expected a text that a plain Jupyter shows, got '\{download"):
        texts.plain("See {download}`this`.", CHAPTERS["delta-rule"])


# --- what nbgrader makes of it ---


def nbgrader(course, *words):
    """Run a command of nbgrader in the course's folder; return what it said."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it calls alembic by its name
    line, env = [sys.executable, "-m", "nbgrader", *words], os.environ | {"PATH": path}
    done = subprocess.run(line, cwd=course, env=env, capture_output=True, encoding="utf-8", check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    return said


@pytest.fixture(scope="module")
def released(course):
    """Return the course folder with the students' versions."""
    if not importlib.util.find_spec("nbgrader"):
        pytest.skip("the assignments are tried with nbgrader, which is not installed")
    nbgrader(course, "generate_assignment", "*")
    return course


def version(course, name):
    return nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)


def by_id(notebook, ending):
    """Return exercise id to cell, of the cells whose ids have an ending."""
    return {cell.id.removesuffix(ending): cell for cell in notebook.cells if cell.id.endswith(ending)}


def solutions(course, name):
    """Return exercise id to the code that nbgrader's marks enclose."""
    return {
        id: re.search(r"### BEGIN SOLUTION\n(.*)\n *### END SOLUTION", cell.source, re.DOTALL)[1]
        for id, cell in by_id(source(course, name), "-answer").items()
    }


def filled(notebook, answers, extra=""):
    """Return a student's version with lines below the stubs: exercise id to lines."""
    notebook = copy.deepcopy(notebook)
    for id, cell in by_id(notebook, "-answer").items():
        cell.source += f"\n{answers.get(id, '')}\n{extra.format(name=chapters.NAMES[id]) if extra else ''}"
    return notebook


def mistaken(id):
    """Return lines that give a wrong answer of the registry, and its name."""
    wrong = f"next(e for e in REGISTRY if e.id == {id!r}).mistakes[0].answer"
    return f"from nncourse.exercises import REGISTRY\n{chapters.NAMES[id]} = {wrong}"


def loud(lines):
    """Return a function's lines below a warning and an error message, other lines below names taken from Python."""
    if lines.startswith("    "):
        return f"    import sys, warnings\n    warnings.warn('!')\n    print('!', file=sys.stderr)\n{lines}"
    return f"list = str = sys = name = None\n{lines}"


def hand_in(course, student, name, notebook):
    """Write a submission."""
    path = course / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def cheating(course, student):
    """Hand in a notebook of stubs that wants full points."""
    notebook = filled(version(course, "delta-rule"), {}, CHEATS[student])
    if student == "edits-the-tests":
        for cell in by_id(notebook, "-test").values():
            cell.source = "print('Passed.')"
    path = hand_in(course, student, "delta-rule", notebook)
    if student == "hands-in-a-module":
        (path.parent / "nncourse").mkdir()
        (path.parent / "nncourse" / "__init__.py").write_text("", encoding="utf-8")
        (path.parent / "nncourse" / "exercises.py").write_text(
            "class Verdict:\n    message = ''\n\n\ndef check(*a):\n    return Verdict()\n", encoding="utf-8"
        )
        (path.parent / "nncourse" / "activations.py").write_text("sigmoid = None\n", encoding="utf-8")


@pytest.fixture(scope="module")
def graded(released):
    """Have a class hand in and nbgrader grade it; return (student, chapter) to exercise to score."""
    for name in CHAPTERS:
        hand_in(released, "right", name, filled(version(released, name), solutions(released, name)))
    for name in FEW:
        hand_in(released, "stubs", name, version(released, name))
        wrong = {id: mistaken(id) for id in solutions(released, name)}
        hand_in(released, "wrong", name, filled(version(released, name), wrong))
    for student in CHEATS:
        cheating(released, student)
    answers = {id: loud(lines) for id, lines in solutions(released, "delta-rule").items()}
    hand_in(released, "loud", "delta-rule", filled(version(released, "delta-rule"), answers))
    without = filled(version(released, "delta-rule"), solutions(released, "delta-rule"))
    without.cells = [cell for cell in without.cells if not cell.id.endswith("-test")]
    hand_in(released, "deletes-the-tests", "delta-rule", without)
    nbgrader(released, "autograde", "*")
    return scores(released)


def scores(course):
    """Return (student, chapter) to exercise to score, from nbgrader's gradebook."""
    from nbgrader.api import Gradebook

    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db", "nncourse") as book:
        for assignment in book.assignments:
            for submission in assignment.submissions:
                grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
                found[submission.student.id, assignment.name] = {
                    grade.name.removesuffix("-test"): grade.score for grade in grades
                }
    return found


def worth(name, share=1):
    return {id: share * points for id, points in POINTS.items() if id.rpartition("-")[0] == name}


def test_nbgrader_validates_every_assignment(released):
    said = nbgrader(released, "validate", *(f"source/{name}/{name}.ipynb" for name in CHAPTERS))
    assert said.count("Success! Your notebook passes all the tests.") == len(CHAPTERS), said
    assert "failed" not in said


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_students_get_has_stubs_and_neither_solutions_nor_hidden_tests(released, name):
    notebook = version(released, name)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not re.search(r"SOLUTION|HIDDEN|sys\.modules|_module", text)
    for id, cell in by_id(source(released, name), "-answer").items():
        stub = by_id(notebook, "-answer")[id].source
        mark = re.compile(r"### BEGIN SOLUTION\n.*### END SOLUTION", re.DOTALL)
        assert stub == mark.sub("# Your answer goes here, in place of the three dots.", cell.source)
        assert "..." in stub
        assert mark.search(cell.source)[0].split("\n", 1)[1].rsplit("\n", 1)[0] not in text
        assert f'verdict = check("{id}", {chapters.NAMES[id]})' in by_id(notebook, "-test")[id].source
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", CHAPTERS)
def test_right_answers_get_all_points(graded, name):
    assert graded["right", name] == worth(name)


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("student", ["stubs", "wrong"])
def test_stubs_and_known_mistakes_get_none(graded, student, name):
    assert graded[student, name] == worth(name, 0)


@pytest.mark.parametrize("student", [*CHEATS, "deletes-the-tests"])
def test_whoever_cheats_gets_none(graded, student):
    assert graded[student, "delta-rule"] == worth("delta-rule", 0)


def test_a_right_answer_that_warns_or_uses_names_of_python_gets_all_points(graded):
    assert graded["loud", "delta-rule"] == worth("delta-rule")


def test_collecting_the_same_notebooks_agrees_with_nbgrader(graded, released, tmp_path):
    pytest.importorskip("psutil", reason="nncourse collect needs psutil, which is not installed")
    folder = tmp_path / "handed-in"
    students = [student for student, name in graded if name == "delta-rule" and student != "deletes-the-tests"]
    for student in students:
        (folder / student).mkdir(parents=True)
        shutil.copy(released / "submitted" / student / "delta-rule" / "delta-rule.ipynb", folder / student)
    line = [sys.executable, "-m", "nncourse", "collect", str(folder), "--seconds", "60", "--seed", "1"]
    subprocess.run(line, check=True, capture_output=True, cwd=ROOT, timeout=300)
    with (tmp_path / "handed-in-collected" / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [*csv.DictReader(file)]
    for row in rows:
        score = graded[row["student"], "delta-rule"][row["exercise"]]
        assert (row["result"] == "passed") is (score > 0), row
    assert len(rows) == len(students) * len(worth("delta-rule"))
