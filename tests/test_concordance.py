"""The concordance: a row for every equation, made from what is there, and refused where something is missing."""

import re

import pytest
from conftest import ROOT
from test_site import load

from tools import ledger

EQUATIONS = {
    "S-1": {"where": "equation (1)", "statement": "a_b := f(W * x).", "errata": ["S03"]},
    "S-ff": {"where": "section 1", "statement": "No cycles."},
}
PLACES = {"S-1": "book/feedforward/delta-rule", "S-ff": "book/notation"}
SOURCES = {
    "S-1": ["nncourse.single_layer.delta_rule", "nncourse.losses._OfSigns"],
    "S-ff": ["nncourse.model.Model"],
}
RESULTS = {"S-1": {"tests/test_models.py::test_it": [3, 0]}, "S-ff": {"tests/test_models.py::test_that": [1, 0]}}


@pytest.fixture
def concordance(monkeypatch):
    pytest.importorskip("jupyter_book")
    module = load(ROOT / "book" / "_ext" / "concordance.py")
    for name, value in {"equations": EQUATIONS, "sources": SOURCES, "verified": RESULTS}.items():
        monkeypatch.setattr(ledger, name, lambda value=value: value)
    monkeypatch.setattr(ledger, "places", lambda math=False: {"S-1": PLACES["S-1"]} if math else PLACES)
    monkeypatch.setattr(ledger, "errata", lambda: {"S03": {"class": "missing", "title": ""}})
    return module


def plans(*, bodies=False):
    """Return the course plans of the page for instructors: names and chapters; or numbers and texts."""
    page = (ROOT / "book" / "reference" / "instructors.md").read_text(encoding="utf-8")
    text = page.partition("## Three plans")[2].partition("\n## ")[0]
    found = re.split(r"^\*\*(\w+ sessions)\.\*\*", text, flags=re.MULTILINE)[1:]
    if bodies:
        return list(zip((3, 6, 12), found[1::2], strict=True))
    return {
        name: (len(re.findall(r"^\d+\. ", body, re.MULTILINE)), re.findall(r"\[\]\(\.\./([\w/-]+)\.ipynb\)", body))
        for name, body in zip(found[::2], found[1::2], strict=True)
    }


def test_the_chapters_say_what_they_need_and_how_long_they_take():
    chapters = ledger.chapters()
    order = list(chapters)
    assert chapters["book/feedforward/backpropagation"]["needs"] == [
        "book/feedforward/delta-rule",
        "book/before-you-start",
    ]
    for page, row in chapters.items():
        assert len(row["exercises"]) >= 4
        assert row["minutes"] >= sum(row["exercises"]) + 10
        assert all(order.index(need) < order.index(page) for need in row["needs"])


def test_no_plan_has_a_chapter_before_one_that_it_needs():
    chapters, known = ledger.chapters(), plans()
    assert [sessions for sessions, _ in known.values()] == [3, 6, 12]
    for _, pages in known.values():
        pages = [f"book/{page}" for page in pages]
        assert len(set(pages)) == len(pages)
        for i, page in enumerate(pages):
            assert not set(chapters[page]["needs"]) & set(pages[i:])
    assert {f"book/{page}" for page in known["Twelve sessions"][1]} == {
        page for page in chapters if "appendix" not in page
    }


def test_every_session_is_long_enough_to_read_its_chapters_and_to_talk_as_long():
    chapters = ledger.chapters()
    for sessions, body in plans(bodies=True):
        rows = re.findall(r"^\d+\. (.+)$", body, re.MULTILINE)
        assert len(rows) == sessions
        for row in rows:
            pages = re.findall(r"\[\]\(\.\./([\w/-]+)\.ipynb\)", row.partition("At home")[0])
            read = sum(chapters[f"book/{p}"]["minutes"] - sum(chapters[f"book/{p}"]["exercises"]) for p in pages)
            assert 0 < 2 * read <= 180, row


def test_every_equation_gets_an_entry_with_links_to_place_code_tests_and_errata(concordance):
    rows = concordance.account()
    assert {id: row["status"] for id, row in rows.items()} == {"S-1": "clarified", "S-ff": "verified"}
    text = "\n".join(line for id, row in rows.items() for line in concordance.entry(id, row, {"S-1"}, ""))
    assert "{eq}`S-1` equation (1): **[clarified]{.kind}**, {ref}`S03 <errata-s03>`" in text
    assert "{ref}`S-ff <S-ff>` section 1: **[verified]{.kind}**\n" in text
    assert r"a\_b := f(W \* x)." in text
    assert "{py:obj}`single_layer.delta_rule <nncourse.single_layer.delta_rule>`, `losses._OfSigns`" in text
    assert "Decided by 1 test\n" in text
    assert "- `test_it` (3 cases)" in text
    assert "[`test_it`](https://host.org/a/b/blob/main/tests/test_models.py)" in "\n".join(
        concordance.entry("S-1", rows["S-1"], {}, "https://host.org/a/b")
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("places", {"S-1": "x"}, "equation S-ff has no chapter"),
        ("sources", {"S-1": ["x"]}, "equation S-ff has no implementation"),
        ("verified", {"S-1": RESULTS["S-1"]}, "equation S-ff has no test that passed"),
        ("verified", RESULTS | {"S-ff": {"test_that": [3, 1]}}, "equation S-ff: 3 tests passed, 1 failed"),
        ("errata", {}, "equation S-1: .S03."),
    ],
)
def test_an_equation_without_one_of_them_stops_the_build(concordance, name, value, message, monkeypatch):
    monkeypatch.setattr(ledger, name, lambda value=value: value)
    with pytest.raises(concordance.ExtensionError, match=message):
        concordance.account()


def test_results_that_are_missing_or_stale_stop_the_build(concordance, monkeypatch):
    def stale():
        raise ValueError("verified.json is stale")

    monkeypatch.setattr(ledger, "verified", stale)
    with pytest.raises(
        concordance.ExtensionError, match=r"the concordance cannot be made: verified\.json is stale"
    ):
        concordance.account()


# --- the errata's list ---


class Directive:
    """As much of a directive as the list needs: it keeps the lines that it would parse."""

    def __init__(self, env):
        self.env, self.state, self.lines = env, self, []

    def note_reread(self):
        """Do nothing."""

    def nested_parse(self, lines, offset, node):
        """Keep the lines."""
        self.lines = list(lines)


def test_the_list_of_errata_counts_the_kinds_and_leads_to_entry_equations_and_chapters(concordance, monkeypatch):
    known = {
        "S03": {"class": "missing", "title": "an f_i alone"},
        "S04": {"class": "sloppy", "title": "a step"},
        "S05": {"class": "missing", "title": "no biases"},
    }
    monkeypatch.setattr(ledger, "errata", lambda: known)
    monkeypatch.setattr(ledger, "noted", lambda: {"S03": ["book/feedforward/delta-rule"]})
    directive = Directive(Directive(None))
    concordance.Errata.run(directive)
    assert directive.lines[0] == "3 entries:"
    assert "- **2 missing**, conditions or definitions" in directive.lines
    assert "- **0 typos**, where the meaning is clear" in directive.lines
    first = next(line for line in directive.lines if line.startswith("- {ref}`S03 <errata-s03>`"))
    assert first.endswith("[missing]{.kind} **an f\\_i alone**: {eq}`S-1`, {doc}`/book/feedforward/delta-rule`")


def test_an_erratum_is_found_where_a_page_sends_readers_to_it(tmp_path, monkeypatch):
    (tmp_path / "book" / "reference").mkdir(parents=True)
    (tmp_path / "book" / "a.md").write_text("{ref}`S03 <errata-s03>`, {ref}`J12 <errata-j12>`\n", encoding="utf-8")
    (tmp_path / "book" / "b.md").write_text("See {ref}`there <errata-s03>`.\n", encoding="utf-8")
    (tmp_path / "book" / "reference" / "c.md").write_text("{ref}`S09 <errata-s09>`\n", encoding="utf-8")
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    monkeypatch.setattr(ledger, "BOOK", tmp_path / "book")
    assert ledger.noted() == {"J12": ["book/a"], "S03": ["book/a", "book/b"]}
