"""The files of quick questions, book/questions/CHAPTER.toml: checked, their numbers computed, and as plain text.

Nothing here needs Sphinx. CONTRIBUTING.md, section *Add a quick question*, has the format.
"""

import math
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from pathlib import Path
from textwrap import indent

import numpy as np

import nncourse

FOLDER = Path(__file__).resolve().parents[1] / "questions"
DIRECTIVE = re.compile(r"^(?P<fence>`{3,}|:{3,})\{questions\} (?P<chapter>\S+)\n(?P=fence)$", re.MULTILINE)
MODULE = re.compile(r"\bnncourse(?:\.\w+)+")
NAME = re.compile(r"[a-z]+(-[a-z]+)*")
CHOOSING = {"id", "ask", "choice"}
COMPUTING = {"id", "ask", "number", "within", "unit", "right", "hint", "wrong"}
LETTERS = "ABCDEF"
BOXES = ("<details>\n<summary>Answers</summary>\n", "\n</details>"), ("::::{dropdown} Answers", "::::")


@dataclass(frozen=True)
class Answer:
    """One answer that a reader may give, and what is said to it.

    Parameters
    ----------
    text : str
        What is chosen, in Markdown; "" for a number.
    says : str
        The feedback, in Markdown.
    right : bool
        Whether it is the right answer.
    number : float or None
        The number that is meant; None for a choice, and for any other number.
    """

    text: str
    says: str
    right: bool = False
    number: float | None = None


@dataclass(frozen=True)
class Question:
    """A question and its answers; for a number the right one, those of typical mistakes, then any other one.

    Parameters
    ----------
    id : str
        Its name within the chapter.
    ask : str
        The question, in Markdown.
    answers : tuple of Answer
        In the order of the file.
    within : float or None
        How far a number may be from the right one; None for a question with choices.
    unit : str
        The word behind the field for a number.
    """

    id: str
    ask: str
    answers: tuple
    within: float | None = None
    unit: str = ""

    def name(self, place):
        """Return how an answer is called: the letter of a choice, or a number as far as it counts."""
        number = self.answers[place].number
        if self.within is None:
            return LETTERS[place]
        return "Any other number" if number is None else shown(number, self.within)

    def verdict(self, place):
        """Return the sentence before what is said to an answer, such as B is not right."""
        return f"{self.name(place)} is {'' if self.answers[place].right else 'not '}right."


def shown(number, within):
    """Return a number with the digits that count, given the difference that does not, and no zeros at the end."""
    digits = max(0, math.ceil(-math.log10(within)))
    text = f"{number:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")


def compute(expression):
    """Return the finite number that an expression gives, with the names np, math, and the modules of nncourse."""
    for name in MODULE.findall(expression):
        parts = name.split(".")
        for end in range(2, len(parts)):
            with suppress(ModuleNotFoundError):  # a thing in a module
                import_module(".".join(parts[:end]))
    try:
        value = eval(expression, {"np": np, "math": math, "nncourse": nncourse})
    except Exception as error:
        raise ValueError(f"expected a Python expression, got {expression!r}: {error}") from error
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"expected an expression for a number, got {expression!r}, which gives {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"expected an expression for a finite number, got {expression!r}, which gives {value!r}")
    return float(value)


def text_of(table, key):
    """Return a text that has to be there."""
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{key}: expected a text, got {text!r}")
    return text.strip()


def rows_of(table, key, least, most):
    """Return the tables [[question.KEY]], so many of them."""
    rows = table.get(key)
    tables = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not tables or not least <= len(rows) <= most:
        got = len(rows) if tables else repr(rows)
        raise ValueError(f"{key}: expected {least} to {most} tables [[question.{key}]], got {got}")
    return rows


def known(table, keys):
    """Refuse a key that means nothing: it is a typing mistake."""
    if unknown := sorted(set(table) - keys):
        raise ValueError(f"{', '.join(unknown)}: expected only the keys {', '.join(sorted(keys))}")


def with_choices(table):
    """Return a question with choices from its table."""
    known(table, CHOOSING)
    answers = []
    for row in rows_of(table, "choice", 2, len(LETTERS)):
        known(row, {"text", "says", "right"})
        if type(right := row.get("right", False)) is not bool:
            raise ValueError(f"right: expected true or false, got {right!r}")
        answers.append(Answer(text_of(row, "text"), text_of(row, "says"), right))
    if (count := sum(answer.right for answer in answers)) != 1:
        raise ValueError(f"choice: expected exactly one with right = true, got {count}")
    if len({answer.text for answer in answers}) < len(answers):
        raise ValueError(f"choice: expected different texts, got {[answer.text for answer in answers]}")
    return Question(table["id"], text_of(table, "ask"), tuple(answers))


def with_number(table):
    """Return a question for a number from its table."""
    known(table, COMPUTING)
    within, unit = table.get("within"), table.get("unit", "")
    if type(within) not in (int, float) or not 0 < within < math.inf:
        raise ValueError(f"within: expected a number above 0, got {within!r}")
    if not isinstance(unit, str):
        raise ValueError(f"unit: expected a text, got {unit!r}")
    answers = [Answer("", text_of(table, "right"), True, compute(text_of(table, "number")))]
    for row in rows_of(table, "wrong", 2, 9):
        known(row, {"number", "says"})
        number = compute(text_of(row, "number"))
        for other in answers:
            if abs(number - other.number) <= (within if other.right else 1e-9):
                raise ValueError(
                    "wrong: expected different numbers, and more than `within` between each and the right one, got "
                    f"{number:g} beside {other.number:g}, with within = {within:g}"
                )
        answers.append(Answer("", text_of(row, "says"), False, number))
    answers.append(Answer("", text_of(table, "hint")))
    return Question(table["id"], text_of(table, "ask"), tuple(answers), float(within), unit.strip())


def parse(text, name):
    """Return the questions of a file's TOML; the name is for messages: what was expected, what came."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: expected TOML: {error}") from error
    tables = content.get("question")
    if set(content) != {"question"} or not isinstance(tables, list) or not tables:
        got = ", ".join(content) or "nothing"
        raise ValueError(f"{name}: expected tables [[question]] and nothing else, got {got}")
    found = {}
    for place, table in enumerate(tables, start=1):
        id = table.get("id")
        try:
            if not isinstance(id, str) or not NAME.fullmatch(id) or id in found:
                raise ValueError("id: expected small letters and hyphens, and no id twice")
            found[id] = with_number(table) if "number" in table else with_choices(table)
        except ValueError as error:
            raise ValueError(f"{name}: question {place}, {id!r}: {error}") from error
    return list(found.values())


def read(chapter):
    """Return the questions of a chapter.

    Parameters
    ----------
    chapter : str
        The name of its notebook without the ending.

    Raises
    ------
    ValueError
        There is no such file, or something in it is wrong.
    """
    path = FOLDER / f"{chapter}.toml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise ValueError(f"{path.name}: expected a file of book/questions, got none; there are {there or 'none'}")
    return parse(path.read_text(encoding="utf-8"), path.name)


def item(mark, text):
    """Return an item of a list, its other lines indented."""
    return indent(f"- **{mark}** {text}", "  ")[2:]


def plain(questions, myst=False):
    """Return questions as plain text: the choices as lists, the answers in closed boxes.

    Parameters
    ----------
    questions : list of Question
        As `read` returns them.
    myst : bool, optional
        Whether the boxes are MyST's, as JupyterLite and Jupyter Book 2 show them, and not HTML's for any notebook.
    """
    start, end = BOXES[myst]
    parts = []
    for number, question in enumerate(questions, start=1):
        parts.append(f"**Question {number}.** {question.ask}")
        if question.within is None:
            parts.append("\n".join(item(question.name(i), it.text) for i, it in enumerate(question.answers)))
        rows = [item(question.verdict(i), answer.says) for i, answer in enumerate(question.answers)]
        parts.append("\n".join([start, *rows, end]))
    return "\n\n".join(parts)


def written_out(text, myst=False):
    """Return a cell's Markdown with plain questions in place of each directive; `myst` as for `plain`."""
    return DIRECTIVE.sub(lambda match: plain(read(match["chapter"]), myst), text)
