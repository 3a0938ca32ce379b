"""What must agree before a release."""

import re
import tomllib
from itertools import chain

import pytest
from conftest import ROOT

import nncourse
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
