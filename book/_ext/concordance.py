"""The concordance: for every equation of the notes its chapter, its code, its tests, and what became of it."""

import sys
from collections import Counter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools import ledger

CLASSES = {
    "error": ("errors", "false as printed"),
    "typo": ("typos", "where the meaning is clear"),
    "ambiguity": ("ambiguities", "where two readings give different numbers"),
    "missing": ("missing", "conditions or definitions"),
    "sloppy": ("sloppy", "statements that mislead"),
}
MEANING = {
    "verified": "holds as printed",
    "corrected": "is wrong as printed; what stands here holds",
    "clarified": "holds under conditions, or in a reading, that the note leaves out",
}


def account():
    """Return all that is known of every equation, in the order of the list, or raise ExtensionError.

    It maps an id to a dict of `where`, `statement`, `errata`, `place` (a page), `sources`, `tests` and `status`.
    """
    try:
        results = ledger.verified()
    except ValueError as error:
        raise ExtensionError(f"the concordance cannot be made: {error}") from error
    places, sources, known, rows = (
        ledger.places(),
        ledger.sources(),
        ledger.errata(),
        {},
    )
    for id, equation in ledger.equations().items():
        row = {
            "errata": [],
            **equation,
            "place": places.get(id),
            "sources": sources.get(id),
            "tests": results.get(id),
        }
        for what, told in (
            ("place", "chapter"),
            ("sources", "implementation"),
            ("tests", "test that passed"),
        ):
            if not row[what]:
                raise ExtensionError(f"the concordance cannot be made: equation {id} has no {told}")
        try:
            row["status"] = ledger.status(equation, row["tests"], known)
        except (ValueError, KeyError) as error:
            raise ExtensionError(f"the concordance cannot be made: equation {id}: {error}") from error
        rows[id] = row
    return rows


def link_to_place(id, in_math):
    """Return MyST for a link to where an equation stands: as an equation, or as a target in the text."""
    return f"{{eq}}`{id}`" if in_math else f"{{ref}}`{id} <{id}>`"


def link_to_code(name):
    """Return MyST for a link into the API reference; private things have no entry there."""
    if any(part.startswith("_") for part in name.split(".")):
        return f"`{name.removeprefix('nncourse.')}`"
    return f"{{py:obj}}`{name.removeprefix('nncourse.')} <{name}>`"


def link_to_test(name, cases, repository):
    """Return MyST for a test: its name, how many cases it has, and a link where there is a repository."""
    path, _, test = name.partition("::")
    text = f"[`{test}`]({repository}/blob/main/{path})" if repository else f"`{test}`"
    return text + (f" ({cases} cases)" if cases > 1 else "")


def link_to_erratum(number):
    """Return MyST for a link to an entry of the errata."""
    return f"{{ref}}`{number} <errata-{number.lower()}>`"


def escaped(text):
    """Return a text in which Markdown sees no marks."""
    return "".join(f"\\{c}" if c in r"|_^*$`<" else c for c in text)


def filterable(lines):
    """Return the lines of a list that gets a box to search it, where scripts run."""
    return [":::::{container} filterable", *lines, ":::::"]


def entry(id, row, in_math, repository):
    """Return the lines of an equation's entry: what it is and what became of it, then the code, then the tests."""
    errata = ", ".join(map(link_to_erratum, row["errata"]))
    tests = [f"- {link_to_test(name, sum(cases), repository)}" for name, cases in row["tests"].items()]
    return [
        "::::{container} concordance-entry",
        f"{link_to_place(id, id in in_math)} {row['where']}: **[{row['status']}]{{.kind}}**"
        + (f", {errata}" if errata else ""),
        "",
        escaped(row["statement"]),
        "",
        "In the code: " + ", ".join(link_to_code(name) for name in row["sources"]) + ".",
        "",
        f":::{{admonition}} Decided by {len(tests)} test{'s' * (len(tests) > 1)}",
        ":class: dropdown",
        *tests,
        ":::",
        "::::",
        "",
    ]


class Concordance(SphinxDirective):
    """``{concordance} S``: an entry for every equation whose id begins with S-; without argument, the counts."""

    optional_arguments = 1

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        rows = account()
        if self.arguments:
            rows = {id: row for id, row in rows.items() if id.startswith(self.arguments[0] + "-")}
            repository, in_math = self.config.nncourse_repository.strip().rstrip("/"), ledger.places(math=True)
            lines = [line for id, row in rows.items() for line in entry(id, row, in_math, repository)]
            lines = filterable(lines)
        else:
            counts = Counter(row["status"] for row in rows.values())
            tests = {test for row in rows.values() for test in row["tests"]}
            lines = [f"- **{counts[name]} {name}**: each {text}." for name, text in MEANING.items()]
            lines = [f"{len(rows)} entries, decided by {len(tests)} tests.", "", *lines]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, "concordance"), 0, container)
        return container.children


class Chapters(SphinxDirective):
    """``{chapters}``: a table of the chapters, what each needs, how long it takes, and its exercises."""

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        rows = ledger.chapters()
        lines = ["| chapter | needs | minutes to read | exercises | their minutes |", "|---|---|--:|--:|--:|"]
        for page, row in rows.items():
            needs, at_home = ", ".join(rows[need]["title"] for need in row["needs"]), sum(row["exercises"])
            lines.append(
                f"| {{doc}}`/{page}` | {needs} | {row['minutes'] - at_home} | {len(row['exercises'])} | {at_home} |"
            )
        container = nodes.container()
        self.state.nested_parse(StringList(lines, "chapters"), 0, container)
        return container.children


class Errata(SphinxDirective):
    """``{errata}``: a list of the errata, each with its class, its equations, and the chapters that lead to it."""

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        known, in_math, noted = ledger.errata(), ledger.places(math=True), ledger.noted()
        lines = []
        for number, erratum in known.items():
            ids = [id for id, equation in ledger.equations().items() if number in equation.get("errata", ())]
            links = [link_to_place(id, id in in_math) for id in ids]
            links += [f"{{doc}}`/{page}`" for page in noted.get(number, ())]
            title = f"{link_to_erratum(number)} [{erratum['class']}]{{.kind}} **{escaped(erratum['title'])}**"
            lines.append(f"- {title}: " + ", ".join(links))
        counts = Counter(erratum["class"] for erratum in known.values())
        kinds = [f"- **{counts[kind]} {name}**, {what}" for kind, (name, what) in CLASSES.items()]
        lines = [f"{len(known)} entries:", "", *kinds, "", *filterable(lines)]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, "errata"), 0, container)
        return container.children


def setup(app):
    """Add the directives."""
    app.add_directive("errata", Errata)
    app.add_directive("concordance", Concordance)
    app.add_directive("chapters", Chapters)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
