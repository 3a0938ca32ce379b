"""The exercises' audit: every equation is exercised, or the page says why not; every exercise stands on it."""

import re

import pytest
from conftest import ROOT
from test_site import load

from nncourse.exercises import REGISTRY
from tools import ledger

PAGE = ROOT / "book" / "reference" / "exercises.md"


@pytest.fixture
def audit():
    pytest.importorskip("jupyter_book")
    return load(ROOT / "book" / "_ext" / "audit.py")


class Directive:
    """As much of a directive as is needed to see what it writes."""

    def __init__(self, *arguments):
        self.arguments = list(arguments)


def met(page, chapters):
    """Return the pages that a reader of a chapter has met: itself, those before it that it needs, and so on."""
    return {page}.union(*(met(need, chapters) for need in chapters[page]["needs"] if need in chapters))


def test_every_equation_is_exercised_or_the_page_says_why_not(audit):
    needed, reasons = audit.account()
    assert set(needed) | set(reasons) == set(ledger.equations())
    assert not set(needed) & set(reasons)
    for id, reason in reasons.items():
        assert len(reason.split()) >= 6, id
        assert reason.endswith("."), id
        named = re.findall(r"[a-z]+(?:-[a-z]+)*-\d\b", reason)
        assert set(named) <= {exercise.id for exercise in REGISTRY}, id
        equations = re.findall(r"\(([SJ]-[\w.-]+)\)", reason)
        assert set(equations) <= set(ledger.equations()), id


def test_a_reason_that_names_exercises_is_true_of_what_they_need(audit):
    _, reasons = audit.account()
    of = {exercise.id: {exercise.equation, *exercise.also} for exercise in REGISTRY}
    for id, reason in reasons.items():
        said = re.search(r"\(([SJ]-[\w.-]+)\), which ([\w-]+-\d) asks for", reason)
        if said:
            assert said[1] in of[said[2]], id


def test_each_exercise_says_what_its_answer_needs_once_and_its_reader_has_met_it():
    chapters, places, known = ledger.chapters(), ledger.places(), ledger.equations()
    pages = {page.rpartition("/")[2]: page for page in chapters}
    for exercise in REGISTRY:
        ids = exercise.equations.split()
        assert len(set(ids)) == len(ids), exercise.id
        assert set(ids) <= set(known), exercise.id
        if exercise.chapter == "before-you-start":  # what is met there is needed later
            continue
        pages_met = met(pages[exercise.chapter], chapters)
        assert {places[id] for id in ids} <= pages_met, exercise.id


@pytest.mark.parametrize(
    ("reasons", "message"),
    [
        ({}, "no exercise needs equation S-0, and unexercised.toml does not say why"),
        ({"S-0": "Why.", "S-1": "Why."}, "unexercised.toml has equation S-1, which delta-rule-1 needs"),
        ({"S-0": "Why.", "S-77": "Why."}, "S-77 is no equation of equations.toml"),
    ],
)
def test_an_equation_in_neither_in_both_or_unknown_stops_the_build(audit, reasons, message, monkeypatch):
    equations = {id: row for id, row in ledger.equations().items() if id in ("S-0", "S-1")}
    monkeypatch.setattr(audit, "REGISTRY", [e for e in REGISTRY if e.id == "delta-rule-1"])
    monkeypatch.setattr(ledger, "equations", lambda: equations)
    monkeypatch.setattr(audit, "unexercised", lambda: reasons)
    with pytest.raises(audit.ExtensionError, match=re.escape(message)):
        audit.account()


def test_the_page_has_every_chapter_with_exercises_in_order_under_its_title(audit):
    text = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)\n\n```\{audit\} ([\w-]+)\n```$", text, re.MULTILINE)
    chapters = ledger.chapters()
    told = {page.rpartition("/")[2]: row["title"] for page, row in chapters.items() if row["exercises"]}
    assert sections == [(title, chapter) for chapter, title in told.items()]
    assert {exercise.chapter for exercise in REGISTRY} == {chapter for _, chapter in sections}
    for directive in ("```{audit}\n```", "```{exercised} yes\n```", "```{exercised} no\n```"):
        assert directive in text


def test_an_entry_has_link_kind_time_equations_task_and_every_mistake(audit):
    exercise = next(e for e in REGISTRY if e.id == "adding-bits-2")
    text = "\n".join(audit.entry(exercise, {"J-26", "J-16"}))
    head = "{numref}`adding-bits-2`, `adding-bits-2` [implement]{.kind}, 12 minutes, about {eq}`J-26`; needs"
    assert head in text
    assert "{eq}`J-16`, {ref}`J-17 <J-17>`" in text
    assert audit.escaped(exercise.task) in text
    lines = text.split(":class: dropdown\n")[1].splitlines()
    assert len([line for line in lines if line.startswith("- ")]) == len({m.because for m in exercise.mistakes})
    assert f"Recognises {len(audit.mistakes(exercise))} mistakes" in text


def test_the_counts_add_up(audit):
    head, _, *table = audit.Audit.written(Directive())
    numbers = [int(number) for number in re.findall(r"\*\*(\d+) \w+\*\*", head)]
    assert head.startswith(f"{sum(numbers)} exercises: ")
    assert sum(numbers) == len(REGISTRY)
    rows = [re.search(r"\| (\d+) \| (\d+) \| (\d+) \|$", line) for line in table[2:]]
    assert sum(int(row[1]) for row in rows) == len(REGISTRY)
    assert sum(int(row[2]) for row in rows) == sum(exercise.minutes for exercise in REGISTRY)
    assert f"recognise {sum(int(row[3]) for row in rows)} mistakes" in head


def test_a_chapters_entries_begin_with_its_link_and_an_unknown_chapter_is_refused(audit):
    head, _, *entries = audit.Audit.written(Directive("delta-rule"))
    assert head == "{doc}`/book/feedforward/delta-rule`: 6 exercises, 60 minutes."
    assert sum("concordance-entry" in line for line in entries) == 6
    with pytest.raises(audit.ExtensionError, match="expected a chapter with exercises, such as delta-rule, got x"):
        audit.Audit.written(Directive("x"))


def test_the_lists_of_equations_link_to_exercises_and_to_other_equations(audit):
    count, _, *lines = audit.Exercised.written(Directive("yes"))
    assert count == f"{len(lines)} of {len(ledger.equations())} equations:"
    assert any(line.startswith("- {eq}`S-1`: {numref}`before-you-start-4`, ") for line in lines)
    _, _, *lines = audit.Exercised.written(Directive("no"))
    reason = "put V(1) = 0 into {eq}`S-2.1`. The check of {numref}`recurrent-networks-4`"
    assert any(reason in line for line in lines)
    assert audit.with_links("a_b (S-9) no-such-1", set()) == r"a\_b (S-9) no-such-1"
