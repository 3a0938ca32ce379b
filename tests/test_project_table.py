import json

import pytest
from conftest import ROOT

PAGE = ROOT / "book" / "reference" / "instructors.md"
MEASURED = ROOT / "benchmarks" / "results" / "projects.json"


@pytest.fixture
def results():
    found = json.loads(MEASURED.read_text(encoding="utf-8"))["results"]
    return {(result["project"], result["model"]): result for result in found}


def row(words):
    (line,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {words}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_perplexities_for_instructors_are_what_was_measured(results):
    chapter, reference = (results["language-model", model] for model in ("chapter", "reference"))
    assert row("language model")[1:] == [
        f"{chapter['test']:.1f}", f"{reference['test']:.1f}", f"{reference['times']:.1f} times the chapter's",
    ]  # fmt: skip


def test_the_memories_for_instructors_are_what_was_measured(results):
    chapter, reference = (results["memory", model] for model in ("chapter", "reference"))
    lags = ", ".join(chapter["learned"])
    assert row("memory") == [
        f"memory: runs that learned, of {chapter['runs']}, at the lags {lags}",
        *(", ".join(map(str, result["learned"].values())) for result in (chapter, reference)),
        f"{reference['times']:.1f} times the chapter's",
    ]
