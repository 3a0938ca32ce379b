"""Docstrings as the tests read them: from the source, without importing anything."""

import ast
import re


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
