"""The package reference shows every public name in use: an example in its docstring, made of names that exist.

That the examples give what they print is pytest's to say (`--doctest-modules`). Here they are only read, from the
source: so an example that needs PyTorch is looked at where PyTorch is missing too.
"""

import ast
import builtins
import doctest
import re

import pytest
from conftest import ROOT

from tools.ledger import docstring_section, documented, exports

PACKAGE = ROOT / "nncourse"
REFERENCE = (ROOT / "book" / "reference" / "api.md").read_text(encoding="utf-8")
MODULES = set(re.findall(r"automodule:: (nncourse[\w.]*)", REFERENCE))


def module_of(path):
    """Return the dotted name of a module's file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def public(path, short):
    """Return (name, node) of the functions and classes of a file that the reference documents.

    It documents those of the modules that it names, and those that a package which it names offers under a shorter
    name: `short`, as `exports` returns it.
    """
    module = module_of(path)
    things = [(name, node) for name, node in documented(path) if node.__class__ is not ast.Module]
    return [
        (name, node)
        for name, node in things
        if "." not in name
        and (module in MODULES or short.get(f"{module}.{name}", "").rpartition(".")[0] in MODULES)
    ]


def code_of(section):
    """Return the statements of an Examples section as one tree."""
    return ast.parse("".join(example.source for example in doctest.DocTestParser().get_examples(section)))


def bound(tree):
    """Return all names that a tree's statements, functions and comprehensions give to something."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names


def offered(tree):
    """Return the names that stand at the top of a module."""
    names = set()
    for node in tree.body:
        inside = isinstance(node, (ast.FunctionDef, ast.ClassDef))
        names |= {node.name} if inside else bound(node)
    return names


def imported(tree):
    """Give (module, name) of all that an example imports from the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("nncourse"):
            yield from ((node.module, alias.name) for alias in node.names)


def exists(module, name):
    """Return whether a module of the package offers a name, or has a module of that name."""
    place = ROOT.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    if not file.is_file():
        return False
    there = place.joinpath(name).is_dir() or place.joinpath(f"{name}.py").is_file()
    return there or name in offered(ast.parse(file.read_text(encoding="utf-8")))


def faults(name, node, globals_of_module, *, needed=True):
    """Return what is wrong with the Examples section of a function, class or method, as texts."""
    text = ast.get_docstring(node) or ""
    section = docstring_section(text, "Examples")
    if ">>>" not in section:
        return [f"{name} has no example"] if needed or ">>>" in text else []
    try:
        tree = code_of(section)
    except (SyntaxError, ValueError) as error:
        return [f"the example of {name} is not Python: {error}"]
    found = [] if text.rstrip().endswith(section.rstrip()) else [f"{name} has something after its Examples"]
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    unknown = sorted(used - bound(tree) - globals_of_module - set(dir(builtins)))
    found += [f"the example of {name} uses {other}, which is nowhere" for other in unknown]
    missing = [f"{module}.{other}" for module, other in imported(tree) if not exists(module, other)]
    found += [f"the example of {name} imports {other}, which does not exist" for other in missing]
    if isinstance(node, ast.FunctionDef) and "." not in name and name not in used:
        found.append(f"the example of {name} does not call it")
    return found


def faults_of(path, things):
    """Return the faults of the public things of a file, and of the examples that their methods have."""
    top = offered(ast.parse(path.read_text(encoding="utf-8")))
    found = []
    for name, node in things:
        found += faults(name, node, top)
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef):
                found += faults(f"{name}.{method.name}", method, top, needed=False)
    return found


SHORT = exports()
PUBLIC = {path: things for path in sorted(PACKAGE.rglob("*.py")) if (things := public(path, SHORT))}


def test_the_reference_documents_what_the_package_offers():
    names = {f"{module_of(path)}.{name}" for path, things in PUBLIC.items() for name, _ in things}
    assert {
        "nncourse.activations.Softmax",
        "nncourse.recurrent.networks.Elman",  # as nncourse.recurrent.Elman
        "nncourse.optimizers.rprop.printed_step",
        "nncourse.exercises.check",
    } <= names
    assert not {name for name in names if "._" in name}


@pytest.mark.parametrize("path", PUBLIC, ids=[str(path.relative_to(PACKAGE)) for path in PUBLIC])
def test_every_public_name_has_an_example_and_its_names_are_real(path):
    assert faults_of(path, PUBLIC[path]) == []


GOOD = '''
import numpy as np


def double(x):
    """Return 2 x.

    Examples
    --------
    >>> from nncourse.params import norm
    >>> double(norm({"W": np.ones(4)}))
    4.0
    >>> try:
    ...     norm(None)
    ... except AttributeError as error:
    ...     print(error.name)
    values
    """
    return 2 * x


class Pair:
    """Two numbers.

    Examples
    --------
    >>> [Pair().twice(k) for k in (1, 2)]
    [2, 4]
    """

    def twice(self, k):
        """Return 2 k."""
        return double(k)
'''
BROKEN = {
    "double has no example": ("    >>> ", "    "),
    "the example of double is not Python": ("np.ones(4)}", "np.ones(4}"),
    "double has something after its Examples": (
        "    values\n",
        "    values\n\n    Notes\n    -----\n    No.\n",
    ),
    "the example of double uses numpy, which is nowhere": ("np.ones", "numpy.ones"),
    "the example of double imports nncourse.params.length, which does not exist": ("norm", "length"),
    "the example of double imports nncourse.parms.norm, which does not exist": (
        "nncourse.params",
        "nncourse.parms",
    ),
    "the example of double does not call it": ("    >>> double(", "    >>> 2 * ("),
    "Pair has no example": (">>> [Pair", "[Pair"),
    "the example of Pair uses n, which is nowhere": ("twice(k) for k", "twice(n) for k"),
    "Pair.twice has no example": ('"""Return 2 k."""', '"""Return 2 k: >>> Pair().twice(1)."""'),
}


def things_in(tmp_path, source):
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    return path, [
        (name, node) for name, node in documented(path) if node.__class__ is not ast.Module and "." not in name
    ]


def test_good_examples_have_no_faults(tmp_path):
    assert faults_of(*things_in(tmp_path, GOOD)) == []


@pytest.mark.parametrize("fault", BROKEN)
def test_each_fault_of_an_example_is_seen(fault, tmp_path):
    old, new = BROKEN[fault]
    assert old in GOOD
    found = faults_of(*things_in(tmp_path, GOOD.replace(old, new)))
    assert any(text.startswith(fault) for text in found), found
