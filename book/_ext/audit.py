"""The exercises' audit: what each asks, what it recognises, and which equations no exercise needs, and why."""

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from concordance import escaped, link_to_place

from nncourse.exercises import REGISTRY
from nncourse.exercises.core import KINDS
from tools import ledger

REASONS = ledger.BOOK / "unexercised.toml"
NEITHER = "the exercises' audit cannot be made"


def unexercised():
    """Return the equations that no exercise needs: id to the reason, in the file's order."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8"))


def exercised():
    """Return for every equation that an exercise needs the exercises' ids, the ones that are about it first."""
    found = {}
    for exercise in REGISTRY:
        found.setdefault(exercise.equation, []).append(exercise.id)
    for exercise in REGISTRY:
        for id in exercise.also:
            found.setdefault(id, []).append(exercise.id)
    return found


def account():
    """Return (exercised, unexercised); ExtensionError where an equation is in neither, in both, or unknown."""
    needed, reasons, known = exercised(), unexercised(), ledger.equations()
    for id in known:
        if id not in needed and id not in reasons:
            raise ExtensionError(f"{NEITHER}: no exercise needs equation {id}, and {REASONS.name} does not say why")
        if id in needed and id in reasons:
            raise ExtensionError(f"{NEITHER}: {REASONS.name} has equation {id}, which {needed[id][0]} needs")
    for id in {**needed, **reasons}:
        if id not in known:
            raise ExtensionError(f"{NEITHER}: {id} is no equation of equations.toml")
    return needed, reasons


def link_to_exercise(id):
    """Return MyST for a link to an exercise; the text is its number."""
    return f"{{numref}}`{id}`"


def with_links(reason, in_math):
    """Return a reason in which ids of exercises, and those of equations in parentheses, are links."""
    exercises, equations = {exercise.id for exercise in REGISTRY}, ledger.equations()
    written = []
    for part in re.split(r"([a-z]+(?:-[a-z]+)*-\d\b|\([SJ]-[\w.-]+\))", reason):
        if part in exercises:
            written.append(link_to_exercise(part))
        elif part[1:-1] in equations:
            written.append(link_to_place(part[1:-1], part[1:-1] in in_math))
        else:
            written.append(escaped(part))
    return "".join(written)


def mistakes(exercise):
    """Return the words of the mistakes that an exercise recognises, each once."""
    return list(dict.fromkeys(mistake.because for mistake in exercise.mistakes))


def entry(exercise, in_math):
    """Return the lines of an exercise's entry."""
    also = ", ".join(link_to_place(id, id in in_math) for id in exercise.also)
    words = mistakes(exercise)
    return [
        "::::{container} concordance-entry",
        f"{link_to_exercise(exercise.id)}, `{exercise.id}` [{exercise.kind}]{{.kind}}, {exercise.minutes} minutes, about "
        + link_to_place(exercise.equation, exercise.equation in in_math)
        + (f"; needs {also} too" if also else ""),
        "",
        escaped(exercise.task),
        "",
        f":::{{admonition}} Recognises {len(words)} mistakes",
        ":class: dropdown",
        *(f"- {escaped(text[0].upper() + text[1:])}" for text in words),
        ":::",
        "::::",
        "",
    ]


class Parsed(SphinxDirective):
    """A directive that writes MyST."""

    optional_arguments = 1

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        container = nodes.container()
        self.state.nested_parse(StringList(self.written(), "audit"), 0, container)
        return container.children


class Audit(Parsed):
    """``{audit} CHAPTER``: an entry for every exercise of a chapter; without argument, the counts."""

    def written(self):
        """Return the lines."""
        pages = {page.rpartition("/")[2]: page for page, row in ledger.chapters().items() if row["exercises"]}
        if not self.arguments:
            return counts(pages)
        chapter, in_math = self.arguments[0], ledger.places(math=True)
        found = [exercise for exercise in REGISTRY if exercise.chapter == chapter]
        if not found or chapter not in pages:
            raise ExtensionError(f"{NEITHER}: expected a chapter with exercises, such as delta-rule, got {chapter}")
        minutes = sum(exercise.minutes for exercise in found)
        head = f"{{doc}}`/{pages[chapter]}`: {len(found)} exercises, {minutes} minutes."
        return [head, "", *(line for exercise in found for line in entry(exercise, in_math))]


def counts(pages):
    """Return the lines of the summary: how many of each kind, then a table of the chapters."""
    kinds = Counter(exercise.kind for exercise in REGISTRY)
    said = ", ".join(f"**{kinds[kind]} {kind}**" for kind in KINDS)
    hours = sum(exercise.minutes for exercise in REGISTRY) / 60
    total = sum(len(mistakes(exercise)) for exercise in REGISTRY)
    lines = [
        f"{len(REGISTRY)} exercises: {said}. They take {hours:.0f} hours, and recognise {total} mistakes.",
        "",
        "| chapter | exercises | minutes | mistakes |",
        "|---|--:|--:|--:|",
    ]
    for chapter, page in pages.items():
        own = [exercise for exercise in REGISTRY if exercise.chapter == chapter]
        minutes, known = sum(e.minutes for e in own), sum(len(mistakes(e)) for e in own)
        lines.append(f"| {{doc}}`/{page}` | {len(own)} | {minutes} | {known} |")
    return lines


class Exercised(Parsed):
    """``{exercised} yes``: the equations, with the exercises that need them; with ``no``: the rest, and why."""

    required_arguments, optional_arguments = 1, 0

    def written(self):
        """Return the lines."""
        needed, reasons = account()
        in_math = ledger.places(math=True)
        if self.arguments[0] == "no":
            found = {id: with_links(reasons[id], in_math) for id in ledger.equations() if id in reasons}
        else:
            ids = [id for id in ledger.equations() if id in needed]
            found = {id: ", ".join(map(link_to_exercise, needed[id])) for id in ids}
        lines = [f"- {link_to_place(id, id in in_math)}: {text}" for id, text in found.items()]
        return [f"{len(found)} of {len(ledger.equations())} equations:", "", *lines]


def setup(app):
    """Add the directives."""
    app.add_directive("audit", Audit)
    app.add_directive("exercised", Exercised)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
