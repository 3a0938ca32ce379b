"""The texts of an exercise for a plain Jupyter, which resolves nothing of the book."""

import re
import sys
from functools import cache

import nbformat

from tools import ledger, portable_text

FIGURE = re.compile(r"\{numref\}`([\w-]+)`")
LABEL = re.compile(r"\{eq\}`([^`]+)`")
TITLE = re.compile(r"^[`:]{3,}\{[\w:]+\} (?P<title>\S.*)\n(?::\w.*\n)*?:label: (?P<label>\S+)$", re.MULTILINE)
UNRESOLVED = re.compile(r"^(?:`{3,}|:{3,})\{?.*|\{[a-z:]+\}`.*", re.MULTILINE)


@cache
def lite_notebooks():
    """Return the module that writes the notebooks of JupyterLite; it lies among the book's extensions."""
    sys.path.append(folder := str(ledger.BOOK / "_ext"))
    try:
        import lite_notebooks as module
    finally:
        sys.path.remove(folder)
    return module


@cache
def book():
    """Return what the texts refer to: titles and citations. Nothing of it is a notebook that one can open."""
    from pybtex.database import parse_file

    prose = dict(ledger.pages())
    titles = {page: found[1] for page, text in prose.items() if (found := re.search(r"^# (.+)$", text, re.M))}
    labels = {m["label"].lower(): (page, m["title"]) for page, text in prose.items() for m in TITLE.finditer(text)}
    entries = parse_file(str(ledger.BOOK / "references.bib"), encoding="utf-8").entries
    module = lite_notebooks()
    return module.Book({}, titles, labels, {}, module.citations(entries), {})


@cache
def equations():
    """Return label to TeX for every equation of the book that has a label."""
    found = {}
    for _, text in ledger.pages():
        found |= {match["label"]: match["tex"] for match in portable_text.EQUATION.finditer(text)}
    return found


@cache
def captions(path):
    """Return the captions of a chapter's figures by their names."""
    about = (cell.metadata.get("mystnb", {}).get("figure", {}) for cell in nbformat.read(path, as_version=4).cells)
    return {figure["name"]: figure["caption"] for figure in about if "name" in figure}


def plain(text, path):
    """Return a text of a chapter for a plain Jupyter.

    Parameters
    ----------
    text : str
        MyST Markdown.
    path : Path
        The chapter's notebook.
    """
    page, folder = ledger.page_of(path), path.parent.relative_to(ledger.ROOT).as_posix()

    def figure(match):
        first = "The" if re.search(r"(?:^|[.:?!]\s)$", text[: match.start()]) else "the"
        return f"{first} chapter's figure *{captions(path)[match[1]].partition('. ')[0].rstrip('.')}*"

    written = portable_text.markdown(FIGURE.sub(figure, text), folder, {})
    written = lite_notebooks().markdown(written, page, "", book()).strip()
    if left := UNRESOLVED.search(re.sub(r"^```(?:python|text)?$", "", written, flags=re.MULTILINE)):
        raise ValueError(f"{path.name}: expected a text that a plain Jupyter shows, got {left[0]!r}")
    return written


def named_equations(text, above=""):
    """Return the equations that a text refers to, each with its label; "" where there are none.

    Parameters
    ----------
    text : str
        MyST Markdown.
    above : str
        What stands above it: equations that are named there are shown there.
    """
    shown = {label: "" for label in LABEL.findall(text) if label not in LABEL.findall(above)}
    for label in shown:
        shown[label] = f"$$\n{equations()[label].strip()}\n\\tag{{{label}}}\n$$"
    return "\n\n".join(shown.values())


def names_in(text):
    """Return what a text sets as code, roles left out, in one string.

    Examples
    --------
    >>> names_in("Use `np.dot` as {eq}`S-1` says, or `fit`.")
    'np.dot fit'
    """
    return " ".join(re.findall(r"(?<!\})`([^`\n]+)`", re.sub(r"\{[a-z:]+\}`[^`]*`", "", text)))
