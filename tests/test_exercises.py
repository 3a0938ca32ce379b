"""Every exercise is proved: solutions pass, stubs and wrong answers fail with the words meant for them."""

import re
import threading
import time

import nbformat
import numpy as np
import pytest
import sympy as sp
from conftest import ROOT

from nncourse.exercises import REGISTRY, check
from nncourse.exercises.core import KINDS, STUB, Exercise, error_text
from nncourse.exercises.judges import Calls, Formula, Holds, _close

BY_ID = {exercise.id: exercise for exercise in REGISTRY}
each_exercise = pytest.mark.parametrize("exercise", REGISTRY, ids=BY_ID)
each_mistake = pytest.mark.parametrize(
    ("exercise", "mistake"),
    [(e, m) for e in REGISTRY for m in e.mistakes],
    ids=[f"{e.id}-mistake-{i}" for e in REGISTRY for i, _ in enumerate(e.mistakes, start=1)],
)


@each_exercise
def test_the_solution_and_other_right_ways_pass(exercise):
    for answer in (exercise.solution, *exercise.others):
        for _ in range(3):
            assert check(exercise.id, answer), check(exercise.id, answer).message


@each_exercise
def test_the_untouched_stub_fails_with_its_own_message(exercise):
    assert check(exercise.id, ...) == type(check(exercise.id, ...))(False, STUB)
    if callable(exercise.solution):
        verdict = check(exercise.id, lambda *arguments: None)
        assert not verdict
        assert "still the stub" in verdict.message


@each_mistake
def test_a_wrong_answer_fails_with_the_words_meant_for_it(exercise, mistake):
    for _ in range(3):
        verdict = check(exercise.id, mistake.answer)
        assert not verdict
        assert mistake.because in verdict.message


@each_exercise
def test_returning_a_constant_passes_nothing(exercise):
    constants = [0.0, 1.0, np.zeros(3), np.zeros((2, 3)), [], {}, "yes", True, sp.Integer(0), sp.Integer(1)]
    if isinstance(exercise.judge, Calls):
        case = exercise.judge.cases(np.random.default_rng(0))[0]
        constants.append(exercise.solution(*case))
    for constant in constants:
        assert not check(exercise.id, constant)
        assert not check(exercise.id, lambda *arguments, constant=constant: constant)


@each_exercise
def test_an_answer_that_breaks_is_reported_and_not_raised(exercise):
    def breaks(*arguments):
        raise RuntimeError("my own error")

    def leaves(*arguments):
        raise SystemExit

    for answer in (
        breaks,
        leaves,
        object(),
        "text",
        np.nan,
        None,
        {"W1": "?"},
        sp.zoo,
        lambda: 1,
        lambda *a: np.nan,
    ):
        assert not check(exercise.id, answer)
    if callable(exercise.solution):
        assert "my own error" in check(exercise.id, breaks).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (sp.Matrix([[1, 2]]), "Expected a sympy expression"),
        (sp.MatrixSymbol("A", 2, 2), "Expected a sympy expression"),
        (sp.true, "Expected a sympy expression"),
        (lambda c: c, "got the function <lambda>"),
        ([sp.Symbol("c")], "take its entry [0]"),
        (sp.Eq(sp.Symbol("k"), sp.Symbol("c")), "give its right side alone"),
    ],
)
def test_a_formula_is_one_expression(answer, words):
    assert words in check("perceptron-1", answer).message


def test_a_formula_may_hold_sums_and_decimals_and_a_small_difference_is_shown(rng):
    n = sp.Symbol("n")
    exercise = Exercise("x", "derive", "S-1", 1, "", Formula("n"), n / 3 + n**2, ())
    k = sp.Symbol("k")
    for right in (n * (1 / 3) + n**2, sp.Sum(2 * k - 1, (k, 1, n)) + n / 3, 0.5 * (2 * n**2) + n / 3):
        assert exercise.judge(exercise, right, rng) is None
    came = exercise.judge(exercise, n / 3 + n**2 + sp.Rational(1, 10**7), rng)
    given, expected = came.partition("gives ")[2].rstrip(".").split(", expected ")
    assert given != expected


def test_a_number_in_quotation_marks_is_no_number():
    assert not _close("1.5", 1.5, 1e-6)
    assert not _close(["1", "2"], [1.0, 2.0], 1e-6)


def test_an_error_inside_numpy_shows_the_line_that_called_it(tmp_path):
    own = tmp_path / "answer.py"
    own.write_text("import numpy as np\ndef line(X, y):\n    return np.linalg.solve(X, y)\n", encoding="utf-8")
    names = {}
    exec(compile(own.read_text(encoding="utf-8"), str(own), "exec"), names)
    with pytest.raises(np.linalg.LinAlgError) as caught:
        names["line"](np.ones((3, 2)), np.ones(3))
    assert error_text(caught.value).endswith("(in the line: return np.linalg.solve(X, y))")


@each_exercise
def test_the_message_does_not_show_the_solution(exercise):
    message = check(exercise.id, exercise.mistakes[0].answer).message
    if isinstance(exercise.solution, sp.Expr):
        assert str(exercise.solution) not in message
    assert "def " not in message


@each_exercise
def test_the_registry_entry_is_complete(exercise):
    assert exercise.kind in KINDS
    assert re.fullmatch(r"[a-z-]+-\d", exercise.id)
    assert 1 <= exercise.minutes <= 30
    assert len(exercise.mistakes) >= 4
    assert len({m.because for m in exercise.mistakes}) >= 3
    assert exercise.task.endswith(".") or exercise.task.endswith("?")


def test_ids_are_unique_and_every_chapter_has_four_exercises_of_three_kinds():
    assert len(BY_ID) == len(REGISTRY)
    for chapter in {e.chapter for e in REGISTRY}:
        kinds = [e.kind for e in REGISTRY if e.chapter == chapter]
        assert len(kinds) >= 4
        assert len(set(kinds)) >= 3


def test_an_unknown_id_names_its_neighbours():
    verdict = check("delta-rul-3", 1)
    assert not verdict
    assert "delta-rule-3" in verdict.message


def test_an_endless_loop_is_stopped_even_when_it_catches_everything():
    def loops(W, x, y):
        while True:
            try:  # noqa: SIM105  as a student would write it
                x = x + 1
            except BaseException:
                pass

    start = time.monotonic()
    verdict = check("delta-rule-3", loops, seconds=0.3)
    assert not verdict
    assert "never ends" in verdict.message
    assert time.monotonic() - start < 5


def test_an_endless_loop_is_stopped_in_another_thread_too():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check("delta-rule-3", _forever, seconds=0.3)))
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert "never ends" in verdicts[0].message


def _forever(W, x, y):
    while True:
        pass


def test_arguments_are_copies_so_that_changing_them_changes_nothing():
    def greedy(W, x, y):
        x *= 0
        return W

    shown = re.search(r"  x = \[(.+?)\]", check("delta-rule-3", greedy).message)[1]
    assert any(float(number) != 0 for number in shown.split())


def test_a_check_uses_fresh_cases_each_time():
    wrong = BY_ID["delta-rule-3"].mistakes[0].answer
    assert check("delta-rule-3", wrong).message != check("delta-rule-3", wrong).message


def test_every_property_exercise_tells_at_least_four_wrong_answers_apart_from_the_stub():
    for exercise in REGISTRY:
        if isinstance(exercise.judge, Holds):
            assert all(check(exercise.id, m.answer).message != STUB for m in exercise.mistakes)


def cells_of(exercise):
    """Return the cells of its chapter from an exercise's beginning to the end of its solution."""
    (path,) = (ROOT / "book").rglob(f"{exercise.chapter}.ipynb")
    cells = nbformat.read(path, as_version=4).cells
    starts = [i for i, cell in enumerate(cells) if f":label: {exercise.id}\n" in cell.source + "\n"]
    assert len(starts) == 1, f"{path.name}: {exercise.id} begins {len(starts)} times"
    ends = [i for i, cell in enumerate(cells) if "{solution-end}" in cell.source and i > starts[0]]
    return cells[starts[0] : ends[0] + 1]


@each_exercise
def test_the_chapter_has_the_exercise_with_stub_hints_and_solution(exercise):
    cells = cells_of(exercise)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    title = re.search(r"\{exercise-start\} (.+)", text)[1]
    assert title.endswith(f": {exercise.kind}, {exercise.minutes} minutes")
    assert 1 <= text.count("{admonition} Hint") <= 3
    assert text.count("{solution-start}") == 1
    assert text.index("{exercise-end}") < text.index("Hint 1") < text.index("{solution-start}")
    checks = [cell for cell in cells if cell.cell_type == "code" and f'check("{exercise.id}", ' in cell.source]
    verdicts = [cell.outputs[0].data["text/plain"] for cell in checks]
    assert verdicts[0].startswith("Not")
    assert len(verdicts) >= 2
    assert all(verdict.startswith("Passed") for verdict in verdicts[1:])


def test_every_chapter_with_exercises_checks_registered_ones_only():
    for path in (ROOT / "book").rglob("*.ipynb"):
        source = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert set(re.findall(r'check\("([\w-]+)"', source)) <= set(BY_ID), path.name
