"""The texts of the book as Jupyter Book 2 reads them: what `tools.portable` changes in its copy of the book."""

import ast
import re
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import PurePosixPath
from types import SimpleNamespace

import nncourse
from tools import ledger

GLOSSARY = re.compile(r"(?<=^```\{glossary\}\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
AUTOMODULE = re.compile(r"^```\{eval-rst\}\n\.\. automodule:: (\S+)\n.*?^```$", re.MULTILINE | re.DOTALL)
BODILESS = re.compile(r"^```\{(?P<name>\w+)\} ?(?P<argument>[\w-]*)\n```$", re.MULTILINE)
LIVE = re.compile(r"^```\{live\} .*\n(?::\w+:.*\n)*(?P<caption>(?:.*\n)*?)```$", re.MULTILINE)
ELSEWHERE = r"*On the course's website a figure stands here that moves.* \g<caption>"
PDF_ONLY = re.compile(r"^```\{pdf\}\n.*?^```\n", re.MULTILINE | re.DOTALL)
SPHINX_PAGE = re.compile(r"\{ref\}`([^`<]+?) <(?:genindex|search)>`")  # one that Sphinx makes
CARD = re.compile(r"^:link: (\S+)\n:link-type: doc$", re.MULTILINE)
SPHINX_ONLY = re.compile(r"^:(?:all|gutter|style|widths):.*\n", re.MULTILINE)
EQUATION = re.compile(
    r"^\$\$[ ]*\n(?P<tex>(?:(?!\$\$).)+?)\n\$\$ \((?P<label>[\w.-]+)\)$", re.MULTILINE | re.DOTALL
)
TARGET = re.compile(  # one that another target follows, or a directive with a label of its own: both would be lost
    r"^\((?P<label>[\w.-]+)\)=\n(?=\([\w.-]+\)=\n|(?:`{3,}|:{3,})\{[^}]+\}.*\n:(?:label|name):)", re.MULTILINE
)
GATE = re.compile(
    r"^:::\{(?P<kind>exercise|solution)-start\}(?P<title>[^\n]*)\n(?P<options>(?::\w[^\n]*\n)*):::$\n*"
    r"(?P<body>.*?)\s*(?:^:::\{(?P=kind)-end\}\n:::$|\Z)",
    re.MULTILINE | re.DOTALL,
)
END = re.compile(r"^:::\{(?:exercise|solution)-end\}\n:::$\n*", re.MULTILINE)


def page(name):
    """Return the file of a page, book/index.md for book/index; ValueError if there is none.

    Parameters
    ----------
    name : str
        A page of `_toc.yml`.
    """
    for suffix in (".ipynb", ".md"):
        if (ledger.ROOT / f"{name}{suffix}").is_file():
            return name + suffix
    raise ValueError(f"name: expected a page of the book, {name}.ipynb or {name}.md, got neither")


def plain_page(text):
    """Return a page with the one change that Jupyter Book 2's own upgrade makes: the form of glossaries."""
    return GLOSSARY.sub(lambda match: re.sub(r"^  (?=\S)", ": ", match[0], flags=re.MULTILINE), text)


def clashes(labels):
    """Return new names for labels that differ from an earlier one in capitals alone, which version 2 ignores.

    Parameters
    ----------
    labels : iterable of str
        Of the whole book.

    Returns
    -------
    dict
        S-dl to S-dl-2, where S-dL stands before it.
    """
    taken, renamed = set(), {}
    for label in labels:
        if label.lower() in taken:
            renamed[label] = f"{label}-2"
        taken.add(label.lower())
    return renamed


def markdown(text, folder, renamed):
    """Return a page, or a cell of one, as Jupyter Book 2 reads it.

    Parameters
    ----------
    text : str
        MyST Markdown.
    folder : str
        The page's, such as book/feedforward; links of cards are relative to it.
    renamed : dict
        Of `clashes`.
    """

    def equation(match):
        label = match["label"]
        return f"```{{math}}\n:label: {renamed.get(label, label)}\n:enumerator: {label}\n{match['tex']}\n```"

    def card(match):
        return f":link: {page(f'{folder}/{match[1]}').removeprefix(f'{folder}/')}"

    text = extension("question_files").written_out(text, myst=True)
    text = AUTOMODULE.sub(lambda match: module(match[1]), plain_page(text))
    text = SPHINX_PAGE.sub(r"\1", LIVE.sub(ELSEWHERE, PDF_ONLY.sub("", text)))
    text = BODILESS.sub(generated, text).replace("{{ version }}", nncourse.__version__)
    text = EQUATION.sub(equation, SPHINX_ONLY.sub("", CARD.sub(card, text)))
    text = TARGET.sub(r":::{div}\n:label: \g<label>\n:::\n\n", text)
    for old, new in renamed.items():
        text = text.replace(f"{{eq}}`{old}`", f"{{eq}}`{new}`").replace(f" <{old}>`", f" <{new}>`")
    return text


# --- what extensions write ---


@cache
def extension(name):
    """Return a module of the website's extensions."""
    spec = spec_from_file_location(name, ledger.BOOK / "_ext" / f"{name}.py")
    spec.loader.exec_module(found := module_from_spec(spec))
    return found


def ours():
    """Return the directives of our extensions that write MyST: name to class."""
    found = {}
    for name in ("concordance", "audit"):
        extension(name).setup(SimpleNamespace(add_directive=found.__setitem__))
    return found


def generated(match):
    """Return the MyST that a directive of ours writes, with the links of version 2; any other one as it is.

    Raises ValueError where the directive cannot do its work, such as the concordance before `make test`.
    """
    from sphinx.errors import ExtensionError

    if not (directive := ours().get(match["name"])):
        return match[0]
    written = []
    env = SimpleNamespace(note_reread=list, config=SimpleNamespace(nncourse_repository=""))
    state = SimpleNamespace(
        document=SimpleNamespace(settings=SimpleNamespace(env=env)),
        nested_parse=lambda lines, *_: written.extend(lines),
    )
    machine, arguments = SimpleNamespace(reporter=None), [match["argument"]] if match["argument"] else []
    try:
        directive(match["name"], arguments, {}, [], 0, 0, "", state, machine).run()
    except ExtensionError as error:
        raise ValueError(f"{match[0].splitlines()[0]}: {error}") from error
    text = re.sub(r"\{py:obj\}`([^`<]+) <([^`>]+)>`", r"[`\1`](#\2)", "\n".join(written))
    text = re.sub(r"\{doc\}`/([^`]+)`", lambda match: f"[](/{page(match[1])})", text)
    text = re.sub(r"\[(\w+)\]\{\.[\w-]+\}", r"\1", text)
    return re.sub(r"^(:{3,})\{container\} (.+)$", r"\1{div}\n:class: \2", text, flags=re.MULTILINE)


def module(name):
    """Return MyST for a module in place of autodoc's: target, signature and docstring of each thing."""
    found, lines = dict(things(name)), []
    renamed = clashes(found)
    for target, node in found.items():
        signature = target.removeprefix(f"{name}.")
        if isinstance(node, ast.FunctionDef):
            signature += f"({ast.unparse(node.args)})"
        docstring = ast.get_docstring(node) or ""
        lines += [f"({renamed.get(target, target)})=", f"`{signature}`", ""]
        lines += ["```text", *docstring.splitlines(), "```", ""]
    return "\n".join(lines)


def things(name):
    """Give (dotted name, node) for a module and its public things; for a package, for what it offers of its own."""
    path = ledger.ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for thing, node in ledger.documented(file):
        yield (name if isinstance(node, ast.Module) else f"{name}.{thing}"), node
    for long, short in ledger.exports().items() if path.is_dir() else ():
        inner, _, wanted = long.rpartition(".")
        if short == f"{name}.{wanted}":
            for thing, node in things(inner):
                if f"{thing}.".startswith(f"{long}."):
                    yield short + thing.removeprefix(long), node


# --- notebooks ---


def chapter(notebook, path, renamed):
    """Return a notebook as Jupyter Book 2 reads it.

    Parameters
    ----------
    notebook : dict
        As in its file.
    path : str
        The file's, such as book/feedforward/delta-rule.ipynb.
    renamed : dict
        Of `clashes`.
    """
    path, cells, inside = PurePosixPath(path), [], ""
    for cell in notebook["cells"]:
        cell = {**cell, "id": f"{path.stem}-{cell['id']}", "metadata": dict(cell["metadata"])}
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            cell["source"] = markdown(END.sub("", GATE.sub(box, text)), str(path.parent), renamed)
            for kind, side in re.findall(r"^:::\{(exercise|solution)-(start|end)\}", text, re.MULTILINE):
                inside = kind if side == "start" else ""
        elif inside == "solution":
            cell["metadata"]["tags"] = [*cell["metadata"].get("tags", ()), "hide-cell"]
        cell["metadata"] |= figure(cell["metadata"].get("mystnb", {}))
        cells.append(cell)
    return {**notebook, "cells": cells}


def box(match):
    """Return an exercise or a solution that ends with its cell: version 2 has none that run over several cells."""
    body = match["body"] or "In the next cell."
    return f"::::::{{{match['kind']}}}{match['title']}\n{match['options']}\n{body}\n::::::\n"


def figure(mystnb):
    """Return the metadata that makes the picture of a cell a figure with a label and a caption."""
    names = {"name": "label", "caption": "caption"}
    return {new: mystnb["figure"][old] for old, new in names.items() if old in mystnb.get("figure", {})}
