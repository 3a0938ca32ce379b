"""The glossary: every word is there once, in order, with a chapter that uses it."""

import re

import nbformat
import pytest
import yaml
from conftest import ROOT

PAGE = (ROOT / "book" / "reference" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^([a-zA-Z][^\n]+)\n  (.+)\n", PAGE.partition("```{glossary}\n")[2], re.MULTILINE)
CHAPTERS = [
    chapter["file"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    for chapter in part["chapters"]
    if (ROOT / f"{chapter['file']}.ipynb").is_file()
]


def words(chapter):
    """Return the text of a chapter, without code, in small letters."""
    cells = nbformat.read(ROOT / f"{chapter}.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"[\s*-]+", " ", text).lower()


@pytest.mark.parametrize(("term", "meaning"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_a_word_is_explained_in_short_and_leads_to_a_chapter_that_has_it(term, meaning):
    (page,) = re.findall(r"\[\]\(\.\./([\w/-]+)\.ipynb\)\.$", meaning)
    forms = [re.sub(r"[\s-]+", " ", form.strip()).lower() for form in term.split(",")]
    assert f"book/{page}" in CHAPTERS
    assert any(form in words(f"book/{page}") for form in forms)
    assert len(meaning) < 250


def test_the_words_stand_in_alphabetical_order():
    terms = [term.lower() for term, _ in ENTRIES]
    assert terms == sorted(terms)
    assert len(set(terms)) == len(terms) > 40
