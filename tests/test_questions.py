"""Quick questions: every file keeps the rules, a wrong one is refused with words, and the page shows them all."""

import io
import json
import math
import re
import sys
from importlib import import_module

import pytest
import yaml
from conftest import ROOT

from tools import check_site, notebooks, web

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import question_files

FILES = sorted(path.stem for path in question_files.FOLDER.glob("*.toml"))
EVERY_FILE = pytest.mark.parametrize("chapter", FILES)
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = {name.rpartition("/")[2]: name for name in check_site.pages_of_toc(TOC)}
NUMBERED = [
    entry["file"].rpartition("/")[2] for part in TOC["parts"] if part.get("numbered") for entry in part["chapters"]
]
LARGEST = 3000  # bytes of the script, for the reader
SHORTEST = 20  # characters of what is said to an answer: a sentence

CHOICES = """
[[question]]
id = "signs"
ask = "What is $-1 \\\\cdot -1$?\\n\\n    a = -1"
[[question.choice]]
text = "It is $1$."
right = true
says = "Both signs go: `-1 * -1`."
[[question.choice]]
text = "It is $-1$."
says = "One sign stays.\\n\\nCount them."
"""
NUMBER = """
[[question]]
id = "third"
ask = "What is a third of 4?"
number = "4 / 3"
within = 0.01
unit = "metres"
right = "Four by three."
hint = "Divide."
[[question.wrong]]
number = "3 / 4"
says = "The other way round."
[[question.wrong]]
number = "np.subtract(4, 3)"
says = "A difference."
"""


# --- the files of the book ---


@pytest.mark.parametrize("chapter", NUMBERED)
def test_a_chapter_asks_three_questions_or_four(chapter):
    assert 3 <= len(question_files.read(chapter)) <= 4


@EVERY_FILE
def test_a_file_has_its_chapter_which_asks_its_questions_before_the_exercises(chapter):
    cells = notebooks.read(ROOT / f"{PAGES[chapter]}.ipynb").cells
    places = [i for i, cell in enumerate(cells) if "{questions}" in cell.source]
    assert len(places) == 1
    assert cells[places[0]].source.startswith("## Quick questions\n\n")
    assert cells[places[0]].source.endswith(f"\n\n```{{questions}} {chapter}\n```")
    after = [cell.source for cell in cells[places[0] + 1 :] if cell.source.startswith("## ")]
    assert after[0].startswith("## On your own")


@EVERY_FILE
def test_every_answer_is_told_something_of_its_own(chapter):
    for question in question_files.read(chapter):
        told = [answer.says for answer in question.answers]
        assert len(set(told)) == len(told), question.id
        assert min(map(len, told)) >= SHORTEST, question.id
        assert len({question.name(i) for i in range(len(told))}) == len(told), question.id


@EVERY_FILE
def test_exactly_one_answer_is_right_and_no_mistake_counts_as_right(chapter):
    for question in question_files.read(chapter):
        (right,) = (answer for answer in question.answers if answer.right)
        numbers = [answer.number for answer in question.answers if answer.number is not None]
        assert bool(numbers) == (question.within is not None)
        assert all(map(math.isfinite, numbers))
        assert all(abs(number - right.number) > question.within for number in numbers if number != right.number)
        if question.within is not None:
            assert numbers.count(right.number) == 1
            assert len(numbers) >= 3


def test_the_right_choice_is_not_always_at_the_same_place():
    places = [
        next(question.name(i) for i, answer in enumerate(question.answers) if answer.right)
        for chapter in FILES for question in question_files.read(chapter) if question.within is None
    ]  # fmt: skip
    assert max(map(places.count, places)) <= 0.6 * len(places), places


# --- files that are wrong ---


def test_a_file_is_read_as_it_is_written():
    signs, third = question_files.parse(CHOICES + NUMBER, "x.toml")
    assert (signs.within, signs.unit, [answer.right for answer in signs.answers]) == (None, "", [True, False])
    assert [signs.verdict(i) for i in range(2)] == ["A is right.", "B is not right."]
    assert (third.within, third.unit) == (0.01, "metres")
    assert [answer.number for answer in third.answers] == [4 / 3, 0.75, 1.0, None]
    assert [third.verdict(i) for i in range(4)] == [
        "1.33 is right.", "0.75 is not right.", "1 is not right.", "Any other number is not right.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (CHOICES, 'id = "signs"', 'id = "Signs 1"', r"x\.toml: question 1, 'Signs 1': id: expected small letters"),
        (CHOICES, 'id = "signs"\n', "", "question 1, None: id: expected"),
        (CHOICES + CHOICES, "", "", "question 2, 'signs': id: expected .* no id twice"),
        (CHOICES, "right = true\n", "", "'signs': choice: expected exactly one with right = true, got 0"),
        (CHOICES, 'text = "It is $-1$."', 'text = "No."\nright = true', "expected exactly one .* got 2"),
        (CHOICES, "right = true", 'right = "yes"', "right: expected true or false, got 'yes'"),
        (CHOICES, "$-1$", "$1$", "choice: expected different texts"),
        (CHOICES, 'says = "Both signs go: `-1 * -1`."', "", "says: expected a text, got None"),
        (CHOICES, 'text = "It is $1$."', 'text = " "', "text: expected a text, got ' '"),
        (CHOICES, "ask =", "asks =", "asks: expected only the keys ask, choice, id"),
        (CHOICES, CHOICES, "[[other]]\nx = 1\n" + CHOICES, "expected tables .* got other, question"),
        (CHOICES.partition("[[question.choice]]")[0], "", "", "choice: expected 2 to 6 tables .* got None"),
        ("", "", "", r"x\.toml: expected tables \[\[question\]\] and nothing else, got nothing"),
        ("question = 3", "", "", "expected tables"),
        ("a = ", "", "", r"x\.toml: expected TOML"),
        (NUMBER, "4 / 3", "4 / 0", "'third': expected a Python expression, got '4 / 0': division by zero"),
        (NUMBER, "4 / 3", "nncourse.perceptron.nothing(1)", "got .* no attribute 'nothing'"),
        (NUMBER, "4 / 3", "math.inf", "expected an expression for a finite number, got 'math.inf'"),
        (NUMBER, "4 / 3", "[4 / 3]", "expected an expression for a number, got .*, which gives"),
        (NUMBER, "4 / 3", "1 < 2", "expected an expression for a number, got '1 < 2', which gives True"),
        (NUMBER, "4 / 3", "np.less(1, 2)", "expected an expression for a number, got"),
        (NUMBER, '"4 / 3"', "1.333", "number: expected a text, got 1.333"),
        (NUMBER, "0.01", "0", "within: expected a number above 0, got 0"),
        (NUMBER, "0.01", '"a bit"', "within: expected a number above 0, got 'a bit'"),
        (NUMBER, "0.01", "true", "within: expected a number above 0, got True"),
        (NUMBER, '"metres"', "3", "unit: expected a text, got 3"),
        (NUMBER, "3 / 4", "1.335", "more than `within` between each and the right one, got 1.335 beside 1.333"),
        (NUMBER, "3 / 4", "1", "expected different numbers.* got 1 beside 1"),
        (NUMBER.rpartition("[[")[0], "", "", r"wrong: expected 2 to 9 tables \[\[question\.wrong\]\], got 1"),
        (NUMBER, "hint =", "hints =", "hints: expected only the keys"),
        (NUMBER, 'hint = "Divide."\n', "", "hint: expected a text, got None"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text, old, new, said):
    assert old in text
    with pytest.raises(ValueError, match=said) as caught:
        question_files.parse(text.replace(old, new, 1), "x.toml")
    assert str(caught.value).startswith("x.toml: ")


def test_a_chapter_without_a_file_is_told_which_there_are():
    with pytest.raises(
        ValueError, match=r"none\.toml: expected a file of book/questions, got none; there are .*perceptron"
    ):
        question_files.read("none")


def test_an_expression_reaches_the_package_and_its_modules(monkeypatch):
    inner = import_module("nncourse.derivations.recurrent_networks")
    monkeypatch.delitem(sys.modules, inner.__name__)
    monkeypatch.delattr(inner.__name__)
    assert question_files.compute("nncourse.derivations.recurrent_networks.guess([1])") == float(inner.guess([1]))
    assert question_files.compute("nncourse.activations.sigmoid(np.array(0.0)) + math.sqrt(4)") == 2.5
    with pytest.raises(ValueError, match=r"expected a Python expression, got 'os\.getcwd\(\)'"):
        question_files.compute("os.getcwd()")


@pytest.mark.parametrize(
    ("number", "within", "text"),
    [(4 / 3, 0.01, "1.33"), (2.0, 0.001, "2"), (-0.5, 0.1, "\N{MINUS SIGN}0.5"), (1234.4, 1, "1234"),
     (-1e-9, 0.1, "0"), (3e-5, 1e-6, "0.00003"), (100.0, 0.5, "100")],
)  # fmt: skip
def test_a_number_is_shown_with_the_digits_that_count(number, within, text):
    assert question_files.shown(number, within) == text


# --- other readers: notebooks elsewhere, and the page ---


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one file of questions, a.toml, in place of the book's."""
    (tmp_path / "a.toml").write_text(CHOICES + NUMBER, encoding="utf-8")
    monkeypatch.setattr(question_files, "FOLDER", tmp_path)
    return tmp_path


def test_plain_questions_have_their_choices_as_a_list_and_their_answers_in_a_box(folder):
    assert question_files.written_out("Before.\n\n```{questions} a\n```\n\nAfter.") == (
        "Before.\n\n**Question 1.** What is $-1 \\cdot -1$?\n\n    a = -1\n\n- **A** It is $1$.\n"
        "- **B** It is $-1$.\n\n<details>\n<summary>Answers</summary>\n\n"
        "- **A is right.** Both signs go: `-1 * -1`.\n"
        "- **B is not right.** One sign stays.\n\n  Count them.\n\n</details>\n\n"
        "**Question 2.** What is a third of 4?\n\n<details>\n<summary>Answers</summary>\n\n"
        "- **1.33 is right.** Four by three.\n- **0.75 is not right.** The other way round.\n"
        "- **1 is not right.** A difference.\n- **Any other number is not right.** Divide.\n\n</details>\n\nAfter."
    )
    boxed = question_files.written_out(":::{questions} a\n:::", myst=True)
    assert boxed.count("::::{dropdown} Answers\n- **") == 2
    assert "details" not in boxed


@pytest.fixture
def built(folder, tmp_path):
    """A function that builds pages, name to text, with our extension; it returns the site and what Sphinx said."""
    for needed in ("sphinx", "myst_nb"):
        pytest.importorskip(needed)
    if not web.MARK.is_file():
        pytest.skip("the site's scripts need packages of npm: python -m tools.web")
    from sphinx.application import Sphinx

    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()

    def build(pages):
        for name, text in pages.items():
            (source / name).write_text(text, encoding="utf-8")
        said = io.StringIO()
        settings = {
            "extensions": ["myst_nb", "questions"], "myst_enable_extensions": ["dollarmath", "colon_fence"],
            "source_suffix": {".md": "myst-nb"}, "nb_execution_mode": "off", "html_sourcelink_suffix": "",
            "html_static_path": [str(ROOT / "book" / "_ext" / "static")],
        }  # fmt: skip
        app = Sphinx(source, None, out, tmp_path / "doctrees", "html", settings, status=None, warning=said)
        app.build()
        told = said.getvalue().splitlines()
        # A second build in one process meets the visitors of the first one.
        return out, [line for line in told if "already registered" not in line]

    return build


def soup(path):
    return import_module("bs4").BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def words(element):
    return " ".join(element.get_text().split())


INDEX = "# Title\n\n```{toctree}\nother\n```\n\n```{questions} a\n```\n"


def test_a_page_has_questions_choices_a_field_and_closed_answers(built):
    out, said = built({"index.md": INDEX, "other.md": "# Other\n"})
    assert said == []
    page = soup(out / "index.html")
    signs, third = page.select('.questions[data-chapter="a"] > .question')
    assert words(signs.legend) == r"Question 1. What is \(-1 \cdot -1\)?"
    more = signs.select_one(f"#{signs.fieldset['aria-describedby']}")
    assert words(more) == "a = -1"
    assert [words(label) for label in signs.select("fieldset label")] == [r"A It is \(1\).", r"B It is \(-1\)."]
    radios = signs.select('label > input[type="radio"]')
    assert [radio["value"] for radio in radios] == ["0", "1"]
    assert len({radio["name"] for radio in radios}) == 1
    field = third.select_one('label > input[type="text"]')
    assert words(field.parent) == "Your number metres"
    assert "at most 0.01" in words(third.select_one(f"#{field['aria-describedby']}"))
    for box, verdicts in [
        (signs, ["A is", "B is not"]),
        (third, ["1.33 is", "0.75 is not", "1 is not", "Any other number is not"]),
    ]:
        assert box.details.summary.string == "Answers"
        assert [row.strong.string for row in box.select("details > div")] == [
            f"{verdict} right." for verdict in verdicts
        ]
        assert len(box.select("[data-right]")) == 1
        assert box.select_one('[role="status"]').get_text() == ""
        assert "open" not in box.details.attrs
    assert [row.get("data-number") for row in third.select("details > div")] == [repr(4 / 3), "0.75", "1.0", None]
    assert third.details["data-within"] == "0.01"
    hidden = [element["class"] for element in page.select("[hidden]")]
    assert hidden == [["question-check"], ["question-field"], ["question-check"]]


def test_only_a_page_with_questions_loads_the_script_which_is_small_and_asks_nobody(built):
    out, _ = built({"index.md": INDEX, "other.md": "# Other\n"})
    (loaded,) = soup(out / "index.html").select('script[type="module"]')
    text = (out / loaded["src"]).read_text(encoding="utf-8")
    assert "questions.js" not in (out / "other.html").read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert not re.search(r"\beval\(|new Function|innerHTML|https?:|fetch\(|XMLHttp|sendBeacon|import\(", text)
    assert soup(out / "other.html").select('link[href*="questions.css"]')


def test_a_changed_file_makes_its_page_anew(built, folder):
    built({"index.md": INDEX, "other.md": "# Other\n"})
    (folder / "a.toml").write_text(CHOICES.replace("What is", "How much is") + NUMBER, encoding="utf-8")
    out, _ = built({})
    assert "How much is" in words(soup(out / "index.html").legend)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "right = true\n",
            "",
            r"quick questions of index: a\.toml: question 1, 'signs': choice: expected exactly one",
        ),
        ('"It is $1$."', '"- It is $1$."', r"question 'signs': text: expected one paragraph, got '- It is"),
    ],
)
def test_a_wrong_file_stops_the_build(built, folder, old, new, said):
    (folder / "a.toml").write_text(CHOICES.replace(old, new), encoding="utf-8")
    errors = pytest.importorskip("sphinx.errors")
    with pytest.raises(errors.ExtensionError, match=said):
        built({"index.md": "# Title\n\n```{questions} a\n```\n"})


def test_a_notebook_that_readers_download_has_the_questions_as_text(built):
    cells = [
        {
            "cell_type": "markdown",
            "id": "a",
            "metadata": {},
            "source": ["# Title\n", "\n", "```{questions} a\n", "```"],
        },
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": ["## π\n"]},
    ]
    notebook = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    out, _ = built({"index.ipynb": json.dumps(notebook)})
    written = json.loads((out / "_sources" / "index.ipynb").read_text(encoding="utf-8"))
    first, second = written["cells"]
    assert "".join(first["source"]).startswith("# Title\n\n**Question 1.** What is")
    assert "{questions}" not in "".join(first["source"])
    assert second == cells[1]
    assert written == {**notebook, "cells": [first, second]}


def test_every_file_of_the_book_can_be_shown(monkeypatch, built):
    monkeypatch.setattr(question_files, "FOLDER", ROOT / "book" / "questions")
    asked = "\n".join(f"```{{questions}} {chapter}\n```\n" for chapter in FILES)
    out, said = built({"index.md": f"# All\n\n{asked}"})
    assert said == []
    page = soup(out / "index.html")
    for chapter in FILES:
        boxes = page.select(f'.questions[data-chapter="{chapter}"] > .question')
        assert [box["id"] for box in boxes] == [f"question-{asked.id}" for asked in question_files.read(chapter)]
