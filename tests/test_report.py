"""The report on the chapters: what it counts, and that a chapter that fails is not reported as passed."""

import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT

pytest.importorskip("nbval")
from tools import report

CHAPTER = ROOT / "book" / "before-you-start.ipynb"


def test_a_chapter_is_run_and_its_numbers_are_counted():
    done = subprocess.run(
        [sys.executable, "-m", "tools.report", CHAPTER], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    head, row, _, last = done.stdout.splitlines()
    assert head.split() == list(report.HEAD)
    name, cells, compared, seconds, equations, exercises, verdict = row.split()
    facts = report.facts(CHAPTER)
    assert (name, verdict) == ("before-you-start", "pass")
    assert [int(cells), int(compared), int(equations), int(exercises)] == list(facts)
    assert facts.exercises == 4
    assert 0 < facts.compared < facts.cells
    assert float(seconds) > 0
    assert last == f"1 of 1 chapters pass, {compared} cells' outputs as stored"


def test_equations_and_exercises_are_those_of_the_chapter():
    facts = report.facts(ROOT / "book" / "recurrent" / "resilient-propagation.ipynb")
    assert (facts.equations, facts.exercises) == (7, 5)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"image/png": "", "text/plain": "<Figure>"}, False),
        ({"text/plain": "3"}, True),
        ({"text/markdown": "**x**", "text/plain": "x"}, True),
        ({"image/png": "", "text/html": "<table>"}, True),
    ],
)
def test_a_picture_alone_is_not_compared(data, expected):
    assert report.compared(nbformat.v4.new_output("display_data", data)) is expected
    assert report.compared(nbformat.v4.new_output("stream", text="x"))


def said(nodeid, outcome="passed"):
    """Return a report of pytest, as much of it as is looked at."""
    return SimpleNamespace(
        nodeid=nodeid,
        duration=0.5,
        passed=outcome == "passed",
        failed=outcome == "failed",
        skipped=outcome == "skipped",
    )


def test_a_chapter_with_a_cell_that_fails_or_that_was_not_run_does_not_pass():
    watch = report.Watch()
    for nodeid, outcome in (
        ("a.ipynb::Cell 0", "passed"), ("b.ipynb::Cell 0", "passed"), ("b.ipynb::Cell 1", "failed"),
        ("d.ipynb::Cell 0", "skipped"),
    ):  # fmt: skip
        watch.pytest_runtest_logreport(said(nodeid, outcome))
    verdicts = [report.verdict(f"{name}.ipynb", watch) for name in "abcd"]
    assert verdicts == ["pass", "FAIL: Cell 1", "not run", "pass, 1 skipped"]
    assert watch.seconds["b.ipynb"] == 1.0


def test_the_table_has_names_to_the_left_and_numbers_to_the_right():
    head, row = report.table([("a", 1, 22, "3.0", 4, 5, "pass")])
    assert head == "chapter  cells  compared  seconds  equations  exercises  verdict"
    assert row == "a            1        22      3.0          4          5  pass"
