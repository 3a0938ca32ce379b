"""Quick questions in a page: ``{questions} CHAPTER`` asks what book/questions/CHAPTER.toml has.

Without scripts and on paper a page shows the questions, the choices and the answers. With questions.js a reader
chooses or writes a number, and sees what is said to just that.
"""

import json
import sys
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
import question_files

from tools import portable_text, web

SCRIPT = Path(__file__).with_name("web") / "src" / "questions.js"
FOLDER = "_static/run"
MARK = ' data-chapter="'
HOW = "Write it as 0.25, 0,25 or 1/4. What is off by at most {within:g} counts as right."


class tag(nodes.General, nodes.Element):
    """An element of HTML: ["name"], ["attributes"], and what is in it."""


def element(name, /, *children, **attributes):
    """Return an element of HTML; `classes` and `ids` are lists, texts become children."""
    known = {key: attributes.pop(key) for key in ("classes", "ids") if key in attributes}
    children = [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return tag("", *children, name=name, attributes=attributes, **known)


def open_tag(writer, node):
    """Write an element's start."""
    writer.body.append(writer.starttag(node, node["name"], "", **node["attributes"]))


def close_tag(writer, node):
    """Write an element's end; an input has none."""
    writer.body.append("" if node["name"] == "input" else f"</{node['name']}>\n")


class Questions(SphinxDirective):
    """``{questions} CHAPTER``: the quick questions of a chapter."""

    required_arguments = 1

    def run(self):
        """Return the questions."""
        (chapter,) = self.arguments
        for file in (question_files.FOLDER / f"{chapter}.toml", *(ROOT / "nncourse").rglob("*.py")):
            self.env.note_dependency(str(file))
        try:
            asked = question_files.read(chapter)
            boxes = [self.box(question, place) for place, question in enumerate(asked, start=1)]
        except ValueError as error:
            raise ExtensionError(f"quick questions of {self.env.docname}: {error}") from error
        return [element("div", *boxes, classes=["questions"], **{"data-chapter": chapter})]

    def parsed(self, text):
        """Return the nodes of a text in Markdown."""
        found = nodes.container()
        self.state.nested_parse(StringList(text.splitlines(), "questions"), 0, found)
        return found.children

    def line(self, question, text):
        """Return the nodes of a text in Markdown that has to be one paragraph: a choice is a label."""
        found = self.parsed(text)
        if len(found) != 1 or not isinstance(found[0], nodes.paragraph):
            raise ValueError(f"question {question.id!r}: text: expected one paragraph, got {text!r}")
        return found[0].children

    def box(self, question, place):
        """Return one question: what is asked, the choices or a field, the button, and the answers."""
        id, asked = f"question-{question.id}", self.parsed(question.ask)
        first = asked.pop(0).children if asked and isinstance(asked[0], nodes.paragraph) else []
        number = element("span", f"Question {place}.", classes=["question-number"])
        parts = [element("legend", number, " ", *first)]
        about = {}
        if asked:
            parts.append(element("div", *asked, ids=[f"{id}-more"]))
            about = {"aria-describedby": f"{id}-more"}
        parts += self.field(question, id) if question.within is not None else self.choices(question, id)
        button = element("button", "Check", type="button", classes=["question-check"], hidden="")
        said = element("div", classes=["question-said"], role="status")
        return element(
            "div",
            element("fieldset", *parts, **about),
            button,
            said,
            self.answers(question),
            classes=["question"],
            ids=[id],
        )

    def choices(self, question, id):
        """Return the choices: radio buttons with their labels."""
        return [
            element(
                "label",
                element("input", type="radio", name=id, value=str(place)),
                element("b", question.name(place)),
                element("span", *self.line(question, answer.text)),
                classes=["question-choice"],
            )
            for place, answer in enumerate(question.answers)
        ]

    def field(self, question, id):
        """Return the field for a number, hidden until a script reads it, and what may be written into it."""
        how = {"aria-describedby": f"{id}-how", "autocomplete": "off", "spellcheck": "false"}
        written = element("input", type="text", name=id, **how)
        label = element("label", "Your number ", written, *([f" {question.unit}"] if question.unit else []))
        note = element("span", HOW.format(within=question.within), ids=[f"{id}-how"], classes=["question-how"])
        return [element("p", label, " ", note, classes=["question-field"], hidden="")]

    def answers(self, question):
        """Return what is said to every answer, closed; the script takes it from here."""
        rows = []
        for place, answer in enumerate(question.answers):
            told = {"data-right": "true"} if answer.right else {}
            if answer.number is not None:
                told["data-number"] = repr(answer.number)
            verdict = nodes.strong("", question.verdict(place))
            rows.append(element("div", nodes.paragraph("", "", verdict), *self.parsed(answer.says), **told))
        summary, within = element("summary", "Answers"), question.within
        told = {} if within is None else {"data-within": repr(within)}
        return element("details", summary, *rows, classes=["question-answers"], **told)


def for_download(notebook):
    """Return a notebook with plain questions, and words for figures that move, for Jupyters that know neither."""
    cells = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        plain = portable_text.LIVE.sub(portable_text.ELSEWHERE, question_files.written_out(text))
        if cell["cell_type"] == "markdown" and plain != text:
            cell = {**cell, "source": plain.splitlines(keepends=True)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def add_to_page(app, pagename, templatename, context, doctree):
    """Have a page with questions load the script that checks the answers."""
    if MARK in (context.get("body") or ""):
        address = escape("../" * pagename.count("/") + FOLDER)
        context["body"] += f'<script type="module" src="{address}/questions.js"></script>\n'


def add_style(app):
    """Register the style sheet; nncourse_site names its folder."""
    if app.builder.format == "html":
        app.add_css_file("questions.css", priority=902)


def finish_site(app, exception):
    """Make the script, and write the questions into the notebooks that readers download."""
    if exception is None and app.builder.format == "html":
        web.bundle([SCRIPT], Path(app.outdir, FOLDER))
        for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
            text = path.read_text(encoding="utf-8")
            if "{questions}" in text or "{live}" in text:
                written = json.dumps(for_download(json.loads(text)), indent=1, ensure_ascii=False)
                path.write_text(f"{written}\n", encoding="utf-8")


def setup(app):
    """Connect."""
    app.add_node(tag, html=(open_tag, close_tag))
    app.add_directive("questions", Questions)
    app.connect("builder-inited", add_style)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", finish_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
