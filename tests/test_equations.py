"""Every equation of the notes has a place in a chapter, in the package and in a test."""

import ast
import json
import os
import pkgutil
import shutil
import subprocess
import sys

import pytest
from conftest import EQUATIONS, ROOT

from tools import ledger


def markers_of_the_tests():
    """Return the ids that stand in a test file, as strings of their own: on markers, or in a table of them."""
    found = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        if path.name != "test_equations.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return found


@pytest.mark.parametrize("place", [ledger.places, ledger.sources, markers_of_the_tests])
def test_every_equation_has_its_place(place):
    assert sorted(set(EQUATIONS) - set(place())) == []


def test_every_equation_says_where_it_stands_and_what_it_states():
    for id, equation in EQUATIONS.items():
        assert id.startswith(("S-", "J-"))
        assert {"where", "statement"} <= set(equation) <= {"where", "statement", "errata"}
        assert equation["statement"].endswith(".")


def test_labels_are_found_in_all_their_spellings():
    text = "$$\na = b\n$$ (S-2)\n\n(S-AD)=\n## Heading\n\n```{math}\n:label: S-dl\nx\n```\n$$c$$\nsee {eq}`S-1`\n"
    assert ledger.labels(text) == ["S-2", "S-AD", "S-dl"]


def test_every_erratum_belongs_to_an_equation_and_none_is_invented():
    named = {number for equation in EQUATIONS.values() for number in equation.get("errata", ())}
    assert named == set(ledger.errata())
    assert {erratum["class"] for erratum in ledger.errata().values()} <= {
        "error", "typo", "ambiguity", "missing", "sloppy"
    }  # fmt: skip


def test_what_a_function_stands_for_is_found_under_the_name_that_a_reader_imports():
    sources = ledger.sources()
    assert "nncourse.feedforward.FeedForward.backprop" in sources["S-dl"]
    assert "nncourse.recurrent.SimpleRNN" in sources["S-2.1"]  # not nncourse.recurrent.networks.SimpleRNN
    for names in sources.values():
        for name in names:
            pkgutil.resolve_name(name)


# --- what the tests said, and when it is stale ---


def test_a_status_is_of_the_worst_erratum_and_needs_a_test_that_passed():
    known = {"S1": {"class": "sloppy"}, "S2": {"class": "typo"}}
    passed = {"test_it": [2, 0]}
    assert ledger.status({}, passed, known) == "verified"
    assert ledger.status({"errata": ["S1"]}, passed, known) == "clarified"
    assert ledger.status({"errata": ["S1", "S2"]}, passed, known) == "corrected"
    for tests in ({}, {"test_it": [0, 0]}, {"test_it": [5, 1]}):
        with pytest.raises(ValueError, match="tests passed"):
            ledger.status({}, tests, known)


def test_results_of_another_package_or_other_tests_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "verified.json"
    with pytest.raises(ValueError, match=r"verified.json is missing; `make test` writes it"):
        ledger.verified(path)
    ledger.write_verified({"S-1": {"test_b": [1, 0], "test_a": [2, 0]}}, path)
    assert list(ledger.verified(path)["S-1"]) == ["test_a", "test_b"]
    monkeypatch.setattr(ledger, "digest", lambda: "another")
    with pytest.raises(ValueError, match="stale: the package or the tests have changed"):
        ledger.verified(path)


def test_the_digest_notices_a_change_in_the_package_the_tests_and_the_equations(tmp_path, monkeypatch):
    for folder in ("PACKAGE", "TESTS", "BOOK"):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr(ledger, folder, tmp_path / folder)
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    files = [tmp_path / "PACKAGE/a.py", tmp_path / "TESTS/test_a.py", tmp_path / "BOOK/equations.toml"]
    for file in files:
        file.write_text("1\n", encoding="utf-8")
    digests = {ledger.digest()}
    for file in files:
        file.write_bytes(b"1\r\n")  # the same text, as Windows keeps it
        assert ledger.digest() in digests
        file.write_text("2\n", encoding="utf-8")
        assert ledger.digest() not in digests
        digests.add(ledger.digest())


# --- the marker itself, tried on a project of two tests ---


@pytest.fixture
def project(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "book" / "equations.toml", tmp_path / "book")
    shutil.copy(ROOT / "tools" / "ledger.py", tmp_path / "tools")

    def run(test, *options):
        (tmp_path / "tests" / "test_it.py").write_text("import pytest\n" + test)
        (tmp_path / "pytest.ini").write_text(
            "[pytest]\nmarkers = equation(id, ...): ids\ntestpaths = tests\npythonpath = .\n"
        )
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


def test_a_worker_that_ends_first_writes_no_record_of_its_share(project):
    code, output = project(
        "import pathlib, time\n"
        "@pytest.mark.equation('S-1')\ndef test_short(): pass\n"
        "def test_long():\n"
        "    time.sleep(2)\n"
        "    assert not pathlib.Path('book/verified.json').exists()\n",
        *("-p", "xdist", "-n", "2"),
    )
    assert code == 0, output


@pytest.mark.parametrize("options", [[], ["-p", "xdist", "-n", "2"]], ids=["one process", "two workers"])
def test_a_whole_run_writes_what_the_tests_of_each_equation_said_and_a_part_of_it_writes_nothing(
    project, options, tmp_path
):
    tests = (
        "@pytest.mark.equation('S-dl', 'S-2')\n"
        "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_some(n): assert n > 1\n"
        "@pytest.mark.equation('S-1')\ndef test_left_out(): pytest.skip('for a reason')\n"
        "@pytest.mark.equation('S-2')\ndef test_right(): pass\n"
    )
    written = tmp_path / "book" / "verified.json"
    for part in (["-k", "right"], ["tests/test_it.py"], ["--deselect", "tests/test_it.py::test_right"]):
        project(tests, *options, *part)
        assert not written.exists()
    project(tests, *options)
    content = json.loads(written.read_text(encoding="utf-8"))
    assert content["equations"] == {
        "S-2": {"tests/test_it.py::test_right": [1, 0], "tests/test_it.py::test_some": [2, 1]},
        "S-dl": {"tests/test_it.py::test_some": [2, 1]},
    }


def test_an_equation_that_does_not_exist_is_an_error_of_the_file(project):
    code, output = project("@pytest.mark.equation('S-99')\ndef test_it(): pass\n")
    assert code == 2
    assert "test_it: book/equations.toml has no equation ['S-99']" in output
    assert "1 error" in output
