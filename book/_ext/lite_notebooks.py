"""The chapters as JupyterLite shows them: the stored outputs stay, and what only Sphinx resolves becomes text."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tools import portable_text

ROLE = re.compile(r"\{(?P<role>cite|eq|numref|prf:ref|ref|term)\}`(?:(?P<text>[^`<]*?) ?<)?(?P<target>[^`<>]+)>?`")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]*)\]\((?P<path>[\w./-]+\.(?:ipynb|md))(?:#[\w.-]*)?\)")
EQUATION = re.compile(r"^```\{math\}\n:label: .*\n:enumerator: (?P<number>.*)\n(?P<tex>[^`]*)\n```$", re.MULTILINE)
MARGIN = re.compile(r"^```\{margin\}[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALL = """\
# Run this cell first: it gets the course's package for this notebook.
# Later, a cell whose package your browser lacks says so: go on below it.
%pip install -q nncourse
import logging
logging.getLogger("matplotlib.font_manager").setLevel("ERROR")"""  # it would say that its first start takes long
NUMBERING = "---\nnumbering:\n  equation: false\n---\n\n"  # an equation's own number stands in it


@dataclass
class Book:
    """What the notebooks refer to.

    Parameters
    ----------
    editions : dict
        Page, such as book/notation, to the name of its notebook in JupyterLite, for pages that are notebooks.
    titles : dict
        Page to title.
    labels : dict
        Label of a `ref` role to (page, title).
    figures : dict
        Page to a dict of a figure's id to its number, such as 3.
    citations : dict
        Key to text, such as Strang, 2016.
    renamed : dict
        Of `tools.portable_text.clashes`.
    """

    editions: dict
    titles: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)
    citations: dict = field(default_factory=dict)
    renamed: dict = field(default_factory=dict)


def citations(entries):
    """Return key to author and year, as the site's citations have them.

    Parameters
    ----------
    entries : mapping of str to pybtex.database.Entry
        The bibliography.
    """
    found = {}
    for key, entry in entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join((*person.prelast_names, *person.last_names)).strip("{}") for person in people]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} and others"
        found[key] = ", ".join(part for part in (who, entry.fields.get("year", "")) if part)
    return found


def role_text(role, text, target, page, own, book):
    """Return what stands for a role in a notebook of its own, or None where the notebook can resolve it.

    Parameters
    ----------
    role, text, target : str
        The role, its text if it has one, and its target.
    page : str
        The page that it stands on.
    own : str
        All text of that page.
    book : Book
        What there is to refer to.
    """
    if role == "cite":
        keys = [key.strip() for key in target.split(",")]
        return "\\[" + "; ".join(book.citations.get(key, key) for key in keys) + "\\]"
    if role == "numref":
        number = book.figures.get(page, {}).get(target)
        return f"Fig. {number}" if number else text or "the figure"
    if role == "eq":
        return f"({target})"
    if re.search(rf"(?:^\(|:label: |\$\$ \(){re.escape(target)}(?:\)|$)", own, re.MULTILINE):
        return None
    there, title = book.labels.get(target.lower(), ("", ""))
    text = text or title or target
    return f"[{text}]({book.editions[there]})" if there in book.editions else text


def link_text(match, page, book):
    """Return a link to a page of the book: to its notebook in JupyterLite, or its words alone."""
    path = PurePosixPath(page).parent
    for part in PurePosixPath(match["path"]).parts:
        path = path.parent if part == ".." else path / part
    there = path.with_suffix("").as_posix()
    text = match["text"] or book.titles.get(there, there)
    return f"[{text}]({book.editions[there]})" if there in book.editions else text


def markdown(text, page, own, book):
    """Return a cell of Markdown, which `tools.portable_text` has converted, for a notebook of its own."""
    text = EQUATION.sub(r"$$\n\g<tex>\n\\tag{\g<number>}\n$$", text)
    text = MARGIN.sub(r":::{note}\n\g<body>:::", text)
    text = LINK.sub(lambda match: link_text(match, page, book), text)

    def role(match):
        said = role_text(match["role"], match["text"], match["target"], page, own, book)
        return match[0] if said is None else said

    return ROLE.sub(role, text)


def caption(cell, page, book):
    """Return the cell that stands below a figure, or None."""
    about = cell["metadata"].get("mystnb", {}).get("figure", {})
    if "caption" not in about:
        return None
    number = book.figures.get(page, {}).get(about.get("name"))
    text = f"**Fig. {number}.** {about['caption']}" if number else about["caption"]
    return {"cell_type": "markdown", "id": f"{cell['id']}-caption", "metadata": {}, "source": text}


def joined(output):
    """Return an output with its lines put together: JupyterLite shows a list of them with commas."""
    output = {key: "".join(value) if key == "text" else value for key, value in output.items()}
    if "data" in output:
        output["data"] = {
            kind: "".join(value) if isinstance(value, list) else value for kind, value in output["data"].items()
        }
    return output


def code(cell):
    """Return a code cell with its outputs trusted and, where the site hides it, closed."""
    tags = cell["metadata"].get("tags", [])
    shut = {"hide-cell", "hide-input"} & set(tags)
    metadata = {**cell["metadata"], "trusted": True}
    if any(tag.startswith("needs-") for tag in tags):  # it fails where there is no such package: the next ones run
        metadata["tags"] = [*tags, "raises-exception"]
    if shut:
        metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": "hide-cell" in shut}
    outputs = [joined(output) for output in cell["outputs"]]
    return {**cell, "metadata": metadata, "source": "".join(cell["source"]), "outputs": outputs}


def chapter(notebook, page, book):
    """Return a chapter as JupyterLite gets it, with a first cell that installs the course's package.

    Parameters
    ----------
    notebook : dict
        As in its file.
    page : str
        Such as book/feedforward/delta-rule.
    book : Book
        What there is to refer to.
    """
    install = {"cell_type": "code", "id": "install", "metadata": {}, "source": INSTALL, "outputs": []}
    cells = [code(install | {"execution_count": None})]
    own = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    for cell in portable_text.chapter(notebook, f"{page}.ipynb", book.renamed)["cells"]:
        if cell["cell_type"] == "code":
            cells.append(code(cell))
        elif text := markdown(cell["source"], page, own, book):
            cells.append({**cell, "source": text if len(cells) > 1 else NUMBERING + text})
        if below := caption(cell, page, book):
            cells.append(below)
    kernel = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "kernelspec": kernel}}
