"""The package's shape: what may import what, what is documented, and how long a module may get."""

import ast
import subprocess
import sys

import pytest
from conftest import EQUATIONS, ROOT

from tools.ledger import docstring_section, documented

PACKAGE = ROOT / "nncourse"
FLOORS = [  # a module imports from its own floor or from one below
    {"_borrowed", "_checks", "_files", "activations", "losses", "params", "sequences", "trees"},
    {
        "model",
        "optimizers",
        "gradient_check",
        "datasets",
        "elman",
        "elman_letters",
        "text",
        "contexts",
        "spans",
        "output_layers",
        "word_kernels",
        "vectors",
    },
    {
        "single_layer",
        "perceptron",
        "feedforward",
        "language_models",
        "word_vectors",
        "recurrent",
        "adding_bits",
    },
    {
        "training",
        "streaming",
        "word_training",
        "unrolling",
        "memory",
        "derivations",
        "autodiff",
        "exercises",
        "plots",
        "peers",
        "in_pytorch",
        "specification",
        "baselines",
        "source",
        "collecting",
        "command",
        "projects",
        "__main__",
    },
]
FLOOR = {name: i for i, floor in enumerate(FLOORS) for name in floor}
MODELS = FLOORS[2]
ALSO = {
    "derivations": {"sympy"},
    "exercises": {"sympy", "mpmath"},
    "collecting": {"sympy", "matplotlib", "psutil", "tqdm"},
    "__main__": set(),
    "command": set(),
    "projects": {"sympy", "psutil"},
    "plots": {"matplotlib"},
    "in_pytorch": {"torch"},
}
ONLY_INSIDE_FUNCTIONS = {
    "peers": {"torch"},
    "_borrowed": {"sklearn"},
    "word_training": {"numba"},
    "baselines": {"nltk"},
}
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST, LONGEST_EXERCISES = 250, 360  # lines without examples; a chapter's exercises are a table of answers


def module_of(path):
    """Return the module that a file belongs to, "" for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imports(tree, *, at_the_top):
    """Return the dotted names that a tree imports: when the module is imported, or inside functions."""
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    names = set()
    for node in ast.walk(tree):
        if (id(node) in inside) == at_the_top:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])


def test_every_module_stands_on_a_floor():
    assert {module_of(path) for path in FILES} - {""} == set(FLOOR)


@EVERY_FILE
def test_imports_run_downwards_and_models_do_not_import_each_other(path):
    module, tree = module_of(path), ast.parse(path.read_text(encoding="utf-8"))
    names = imports(tree, at_the_top=True) | imports(tree, at_the_top=False)
    assert not [name for name in names if name.startswith(".")], "the package imports itself by its full name"
    inner = {name.split(".")[1] for name in names if name.startswith("nncourse.")} - {module}
    assert inner <= set(FLOOR)
    above = {name for name in inner if FLOOR[name] > FLOOR.get(module, -1)}
    assert not above, f"{module} imports from a floor above it"
    assert not (module in MODELS and inner & MODELS), "models share `model`, and do not import each other"


@EVERY_FILE
def test_nothing_is_needed_beyond_numpy_and_where_it_is_it_comes_late(path):
    module, tree = module_of(path), ast.parse(path.read_text(encoding="utf-8"))
    known = {"numpy", "nncourse", *sys.stdlib_module_names}
    top = {name.split(".")[0] for name in imports(tree, at_the_top=True)} - known
    inside = {name.split(".")[0] for name in imports(tree, at_the_top=False)} - known
    assert top <= ALSO.get(module, set())
    assert inside <= ONLY_INSIDE_FUNCTIONS.get(module, set()) | ALSO.get(module, set())


def test_importing_the_package_imports_nothing_and_its_core_only_numpy():
    core = sorted(name for name in FLOOR if name not in ALSO)
    code = f"""
import sys
before = set(sys.modules)
import nncourse
assert all(m.partition(".")[0] in ("nncourse", *sys.stdlib_module_names) for m in sys.modules.keys() - before)
for name in {core}:
    __import__("nncourse." + name)
outside = {{m.partition(".")[0] for m in sys.modules.keys() - before}} - set(sys.stdlib_module_names)
print(*sorted(outside))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["nncourse", "numpy"]


def test_the_package_names_every_public_module():
    import nncourse

    assert set(nncourse.MODULES) == {name for name in FLOOR if not name.startswith("_")}
    assert list(nncourse.MODULES) == sorted(nncourse.MODULES)
    assert set(nncourse.MODULES) <= set(dir(nncourse))
    assert nncourse.params.norm
    with pytest.raises(AttributeError, match="has no attribute 'layers'"):
        nncourse.layers  # noqa: B018


@EVERY_FILE
def test_every_public_name_is_documented(path):
    missing = [name for name, node in documented(path) if not ast.get_docstring(node)]
    assert not missing


def parameters(node, classes):
    """Return the names that a Parameters section has to explain: a function's arguments, a dataclass's fields."""
    if isinstance(node, ast.ClassDef):
        init = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        if init:
            return parameters(init[0], classes)
        bases = [ast.unparse(base) for base in node.bases]
        if "NamedTuple" not in bases and not any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            return []
        inherited = [name for base in bases if base in classes for name in parameters(classes[base], classes)]
        fields = [n for n in node.body if isinstance(n, ast.AnnAssign) and "init=False" not in ast.unparse(n)]
        return list(dict.fromkeys(inherited + [n.target.id for n in fields if not n.target.id.startswith("_")]))
    arguments = node.args
    names = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [a.arg for a in names if a is not None and a.arg not in ("self", "cls")]


CLASSES = {
    name: node for path in FILES for name, node in documented(path, private=True) if isinstance(node, ast.ClassDef)
}


def sections_of(path):
    """Give (name, arguments, documented arguments) for what a module offers: functions, classes, specs' methods."""
    for name, node in documented(path):
        if isinstance(node, ast.Module):
            continue
        text = docstring_section(ast.get_docstring(node) or "", "Parameters")
        heads = [line.partition(" :")[0] for line in text.splitlines() if line and not line.startswith(" ")]
        yield name, parameters(node, CLASSES), [part.strip(" *") for head in heads for part in head.split(",")]


REFERENCE = [path for path in FILES if module_of(path) not in ("derivations", "exercises", "_checks")]


@pytest.mark.parametrize("path", REFERENCE, ids=[path.stem for path in REFERENCE])
def test_functions_of_several_arguments_explain_each_of_them(path):
    """One sentence is enough for a function of one argument and for the bare formulas, which are methods."""
    for name, arguments, explained in sections_of(path):
        if explained:
            assert explained == arguments, f"{name} explains other arguments than it has"
        elif "." not in name:
            assert len(set(arguments) - {"name", "analytic"}) < 2, f"{name} has no Parameters section"


@EVERY_FILE
def test_every_source_section_names_equations_that_exist(path):
    for name, node in documented(path, private=True):
        section = docstring_section(ast.get_docstring(node) or "", "Source")
        ids = section.replace(",", " ").split()
        assert set(ids) <= set(EQUATIONS), f"{name} names an equation that book/equations.toml lacks"


def lines_without_examples(path):
    """Return how many lines a module has, its docstrings' examples, which everybody may add to, left out."""
    examples = [docstring_section(ast.get_docstring(node) or "", "Examples") for _, node in documented(path)]
    return len(path.read_text(encoding="utf-8").splitlines()) - sum(
        len(text.splitlines()) + 3 for text in examples if text
    )


@EVERY_FILE
def test_no_module_is_longer_than_one_sitting(path):
    limit = LONGEST_EXERCISES if module_of(path) == "exercises" else LONGEST
    assert lines_without_examples(path) <= limit
