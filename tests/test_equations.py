"""Every equation of the notes has a place in a chapter, in the package and in a test."""

import ast
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import EQUATIONS, ROOT
from documents import docstring_section, documented

BOOK = ROOT / "book"
LABELS = re.compile(
    r"^\$\$\s*\((?P<math>[\w.-]+)\)\s*$"  # $$ (S-2): a labelled equation
    r"|^\((?P<target>[\w.-]+)\)=\s*$"  # (S-AD)=: a target before a paragraph or heading
    r"|^:(?:label|name):\s*(?P<option>[\w.-]+)\s*$",  # :label: S-2, of a directive
    re.MULTILINE,
)


def labels(text):
    """Return the labels that a MyST text sets."""
    return {match[match.lastgroup] for match in LABELS.finditer(text)}


def labels_of_the_book():
    import nbformat

    found = set()
    for path in BOOK.rglob("*"):
        if path.suffix == ".md":
            found |= labels(path.read_text(encoding="utf-8"))
        elif path.suffix == ".ipynb" and not any(part.startswith(".") for part in path.parts):
            cells = nbformat.read(path, as_version=4).cells
            found |= set().union(*(labels(cell.source) for cell in cells if cell.cell_type == "markdown"))
    return found


def sources_of_the_package():
    found = set()
    for path in (ROOT / "nncourse").rglob("*.py"):
        for _, node in documented(path, private=True):
            found |= set(docstring_section(ast.get_docstring(node) or "", "Source").replace(",", " ").split())
    return found


def markers_of_the_tests():
    """Return the ids that stand in a test file, as strings of their own: on markers, or in a table of them."""
    found = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        if path.name != "test_equations.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return found


@pytest.mark.parametrize("place", [labels_of_the_book, sources_of_the_package, markers_of_the_tests])
def test_every_equation_has_its_place(place):
    assert sorted(set(EQUATIONS) - place()) == []


def test_every_equation_says_where_it_stands_and_what_it_states():
    for id, equation in EQUATIONS.items():
        assert id.startswith(("S-", "J-"))
        assert set(equation) == {"where", "statement"}
        assert equation["statement"].endswith(".")


def test_labels_are_found_in_all_their_spellings():
    text = "$$\na = b\n$$ (S-2)\n\n(S-AD)=\n## Heading\n\n```{math}\n:label: S-dl\nx\n```\n$$c$$\nsee {eq}`S-1`\n"
    assert labels(text) == {"S-2", "S-AD", "S-dl"}


# --- the marker itself, tried on a project of two tests ---


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(BOOK / "equations.toml", tmp_path / "book")

    def run(test, *options):
        (tmp_path / "tests" / "test_it.py").write_text("import pytest\n" + test)
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = equation(id, ...): ids\n")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize("options", [[], ["-p", "xdist", "-n", "2"]], ids=["one process", "two workers"])
def test_a_failing_test_names_its_equations_and_the_summary_lists_them(project, options):
    code, output = project(
        "@pytest.mark.equation('S-dl', 'S-2')\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_wrong(n): assert n > 2\n"
        "@pytest.mark.equation('S-1')\ndef test_right(): pass\n",
        *options,
    )
    assert code == 1
    assert f"S-2 (equation (2)): {EQUATIONS['S-2']['statement']}" in output
    assert "Equations that no longer hold: S-2 (tests/test_it.py::test_wrong, 2 cases)" in output
    assert "S-dl (tests/test_it.py::test_wrong, 2 cases)" in output
    assert "S-1 (" not in output.partition("no longer hold")[2]


def test_an_equation_that_does_not_exist_is_an_error_of_the_file(project):
    code, output = project("@pytest.mark.equation('S-99')\ndef test_it(): pass\n")
    assert code == 2
    assert "test_it: book/equations.toml has no equation ['S-99']" in output
    assert "1 error" in output
