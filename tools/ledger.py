"""Who accounts for which equation of the notes: chapters, functions, tests, errata, and the last run of the tests.

Everything is read from where it stands: the equations in `book/equations.toml`, their labels in the chapters, their
ids in the docstrings' *Source* sections and on the tests' markers, the errata in their page. What the tests said is
in `book/verified.json`. `make test` writes it, with a digest of the package and the tests; if one of those has
changed since, the file is stale.
"""

import ast
import hashlib
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOK, PACKAGE, TESTS = ROOT / "book", ROOT / "nncourse", ROOT / "tests"
VERIFIED = BOOK / "verified.json"
ERRATA = [BOOK / "reference" / f"errata-{note}.ipynb" for note in ("stratos", "jun-kim")]
LABELS = re.compile(
    r"^\$\$\s*\((?P<math>[\w.-]+)\)\s*$"  # $$ (S-2): a labelled equation
    r"|^\((?P<target>[\w.-]+)\)=\s*$"  # (S-AD)=: a target before a paragraph or heading
    r"|^:(?:label|name):\s*(?P<option>[\w.-]+)\s*$",  # :label: S-2, of a directive
    re.MULTILINE,
)
CORRECTED = ("error", "typo")  # classes of errata; the other ones are clarified


# --- docstrings, read from the source, without importing anything ---


def documented(path, *, private=False):
    """Give (name, node) for a module, its functions, its classes and their methods; private ones where asked.

    What is nested in a function is its own affair; double underscores (``__add__``) are explained by Python.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield path.stem, tree
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and (private or not node.name.startswith("_")):
            yield node.name, node
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef) and (private or not method.name.startswith("_")):
                    yield f"{node.name}.{method.name}", method


def docstring_section(docstring, title):
    """Return the body of a numpydoc section of a docstring, "" where there is none."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-+$|\Z)", docstring, re.MULTILINE | re.DOTALL)
    return found.group(1).strip("\n") if found else ""


# --- what stands in the project ---


def equations():
    """Return the equations: id to `where`, `statement` and the numbers of its `errata`."""
    return tomllib.loads((BOOK / "equations.toml").read_text(encoding="utf-8"))


def page_of(path):
    """Return the name of a file's page, such as book/notation."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def labels(text, *, math=False):
    """Return the labels that a MyST text sets, in order; with `math` only those of equations."""
    return [match[match.lastgroup] for match in LABELS.finditer(text) if match["math"] or not math]


def pages():
    """Give (name, prose) for every page of the book: a Markdown file, or the Markdown cells of a notebook."""
    import nbformat

    for path in sorted(BOOK.rglob("*")):
        if any(part.startswith((".", "_")) for part in path.relative_to(BOOK).parts):
            continue
        if path.suffix == ".md":
            yield page_of(path), path.read_text(encoding="utf-8")
        elif path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            yield page_of(path), "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def places(*, math=False):
    """Return where every label stands: label to page, such as book/notation; with `math` equations alone."""
    return {label: name for name, prose in pages() for label in labels(prose, math=math)}


def noted():
    """Return where readers are sent to an erratum: number, such as S06, to pages, the reference left out."""
    found = {}
    for name, prose in pages():
        for number in sorted(set(re.findall(r"<errata-([sj]\d+)>`", prose))):
            if not name.startswith("book/reference/"):
                found.setdefault(number.upper(), []).append(name)
    return found


def exports():
    """Return under which shorter name a package offers what it imports from its own modules."""
    found = {}
    for path in PACKAGE.rglob("__init__.py"):
        inside = ".".join(path.parent.relative_to(ROOT).parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(inside + "."):
                found |= {f"{node.module}.{alias.name}": f"{inside}.{alias.name}" for alias in node.names}
    return found


def sources():
    """Return what implements every equation: id to dotted names, from the docstrings' *Source* sections."""
    found, short = {}, exports()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, node in documented(path, private=True):
            section = docstring_section(ast.get_docstring(node) or "", "Source")
            for id in section.replace(",", " ").split():
                thing, _, method = name.partition(".")
                dotted = module if isinstance(node, ast.Module) else f"{module}.{thing}"
                dotted = short.get(dotted, dotted) + ("." + method if method else "")
                found.setdefault(id, []).append(dotted)
    return found


def errata():
    """Return the errata in the order of their pages: number, such as S06, to `title`, `class`, `page` and `cells`.

    The cells are those of the entry, from its heading to the next one's.
    """
    import nbformat

    found = {}
    for path in ERRATA:
        entry = None
        for cell in nbformat.read(path, as_version=4).cells:
            head = re.search(r"^## (.*)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
            if head:
                known = re.fullmatch(r"([SJ]\d+): (.+) \((\w+)\)", head[1])
                entry = known and {"title": known[2], "class": known[3], "page": page_of(path), "cells": []}
                found |= {known[1]: entry} if known else {}
            if entry:
                entry["cells"].append(cell)
    return found


def chapters():
    """Return the chapters in order: page to title, minutes, pages that it needs, and minutes of its exercises."""
    import nbformat
    import yaml

    from nncourse.exercises import REGISTRY

    found = {}
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]:
        for name in (chapter["file"] for chapter in part["chapters"]):
            path = ROOT / f"{name}.ipynb"
            if not path.is_file() or path in ERRATA or path.parent.name == "projects":
                continue
            opening = nbformat.read(path, as_version=4).cells[0].source
            need = re.search(r"\*\*You need\*\*(.*?)(?=\n\n|\Z)", opening, re.DOTALL)[1]
            targets = re.findall(r"\]\(([\w./-]+\.ipynb)\)", need.partition("About")[0])
            links = [(path.parent / target).resolve() for target in targets]
            found[name] = {
                "title": re.match(r"# (.+)", opening)[1],
                "minutes": int(re.search(r"About (\d+) minutes", need)[1]),
                "needs": [page_of(link) for link in links],
                "exercises": [e.minutes for e in REGISTRY if e.id.rpartition("-")[0] == path.stem],
            }
    return found


# --- what the tests said ---


def digest():
    """Return a digest of all that decides: the package, the tests, and the list of equations."""
    paths = [*PACKAGE.rglob("*.py"), *TESTS.glob("*.py"), BOOK / "equations.toml"]
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.relative_to(ROOT).as_posix()):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()


def write_verified(results, path=VERIFIED):
    """Write what the tests of each equation said, with the digest.

    Parameters
    ----------
    results : dict
        Equation id to test name to [cases that passed, cases that failed].
    path : Path
        Where to.
    """
    content = {"digest": digest(), "equations": {id: dict(sorted(results[id].items())) for id in sorted(results)}}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def verified(path=VERIFIED):
    """Return what the tests of each equation said, or raise ValueError: missing, stale, or an equation without.

    Returns
    -------
    dict
        Equation id to test name to [cases that passed, cases that failed].
    """
    if not path.is_file():
        raise ValueError(f"{path.name} is missing; `make test` writes it")
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["digest"] != digest():
        raise ValueError(f"{path.name} is stale: the package or the tests have changed; `make test` renews it")
    return content["equations"]


def status(equation, tests, known):
    """Return "verified", "corrected" or "clarified"; ValueError where no test passed or one failed.

    Parameters
    ----------
    equation : dict
        Of `equations`.
    tests : dict
        Test name to [passed, failed].
    known : dict
        Of `errata`.
    """
    passed, failed = (sum(cases[k] for cases in tests.values()) for k in (0, 1))
    if failed or not passed:
        raise ValueError(f"{passed} tests passed, {failed} failed")
    classes = {known[number]["class"] for number in equation.get("errata", ())}
    if classes & set(CORRECTED):
        return "corrected"
    return "clarified" if classes else "verified"
