"""What must agree before a release."""

import os
import re
import tomllib
import zipfile
from itertools import chain

import pytest
from conftest import ROOT

import nncourse
from tools import release
from tools.constraints import versions


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert nncourse.__version__ == project["version"] == citation[1]
    assert f"## {project['version']} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_requirement_is_fixed_by_the_constraints():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    fixed = {line.partition("==")[0].lower().replace("_", "-") for line in _constraints()}
    for requirement in wanted:
        assert re.match(r"[\w-]+", requirement)[0].lower() in fixed, requirement


def test_constraints_are_sorted_releases_without_local_suffixes():
    assert versions("b==2\ntorch==2.1+cpu\nnvidia-nccl==2\n-e ./x\nA==1\n") == [
        "A==1",
        "b==2",
        "colorama==0.4.6",
        "torch==2.1",
    ]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in _constraints())


def _constraints():
    return [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]


@pytest.mark.parametrize("page", ["README.md", "book/index.md"])
def test_the_examples_on_the_front_page_run_and_the_first_computes_xor(page, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *others = re.findall(r"```python\n(.+?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(first, names)
    printed = [float(v) for v in re.findall(r"-?\d+\.?\d*", capsys.readouterr().out)]
    assert [round(v) for v in printed] == [0, 1, 1, 0]
    for example in others:
        exec(example, names)
        words, _ = names["vectors"].load_word2vec("words.txt")
        assert set(words) == {"the", "cat", "sees", "dog"}


# --- the files of a release ---


def test_a_release_needs_a_dated_entry_a_clean_tree_and_all_parts():
    dated = "# Changelog\n\n## 1.2.0 (2026-05-01)\n\n- All.\n"
    assert list(release.obstacles("1.2.0", dated, "", {"site": True})) == []
    undated = list(release.obstacles("1.2.0", "## 1.2.0 (unreleased)\n", " M README.md\n", {"site": False}))
    assert [line.partition(":")[0].partition(",")[0] for line in undated] == [
        "CHANGELOG.md",
        "expected every change committed",
        "site is missing",
    ]
    assert list(release.obstacles("1.2", dated, "", {})) != []


def test_the_same_files_are_packed_into_the_same_bytes(tmp_path):
    packed = []
    for n, order in enumerate((("b.html", "a/c.css"), ("a/c.css", "b.html"))):
        folder = tmp_path / str(n)
        (folder / "a").mkdir(parents=True)
        for name in order:
            (folder / name).write_text(name, encoding="utf-8")
        os.utime(folder / "b.html", (n * 1e9 + 4e8,) * 2)
        release.pack(folder, path := tmp_path / f"{n}.zip", "course")
        packed.append(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == ["course/a/c.css", "course/b.html"]
            assert archive.read("course/a/c.css") == b"a/c.css"
    assert packed[0] == packed[1]


def test_the_checksums_are_those_of_the_files(tmp_path):
    (tmp_path / "b.txt").write_bytes(b"abc")
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "SHA256SUMS").write_bytes(b"old")
    empty, abc = release.checksums(tmp_path).splitlines()
    assert empty == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.txt"  # of FIPS 180
    assert abc == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b.txt"


def test_the_wheel_has_every_module_and_nothing_else(tmp_path):
    release.build_package(tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {path.relative_to(ROOT).as_posix() for path in (ROOT / "nncourse").rglob("*.py")}
    assert len(list(tmp_path.glob("*.tar.gz"))) == 1
