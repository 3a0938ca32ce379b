import _imp
import json
import sys
import zipfile
from pathlib import PurePosixPath

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import compiled_library

from tools import web

ADDRESS = "https://host.example/pyodide/v{}/full/"


@pytest.fixture(scope="module", autouse=True)
def installed():
    web.install()


@pytest.fixture(scope="module")
def version():
    return json.loads((web.PYODIDE / "package.json").read_text(encoding="utf-8"))["version"]


def test_the_version_of_the_setting_is_the_one_that_is_compiled(version):
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert f"/v{version}/" in text


def test_another_version_keeps_its_own_library(version, tmp_path):
    assert compiled_library.fits(ADDRESS.format(version), tmp_path)
    assert not compiled_library.fits(ADDRESS.format("0.1.0"), tmp_path)
    assert not compiled_library.fits("python/", tmp_path)
    marks = {compiled_library.mark_of(address, tmp_path) for address in ("python/", ADDRESS.format(version))}
    for there, known in ((version, True), ("0.1.0", False)):
        lock = tmp_path / "python" / "pyodide-lock.json"
        lock.parent.mkdir(exist_ok=True)
        lock.write_text(json.dumps({"info": {"version": there}}), encoding="utf-8")
        assert compiled_library.fits("python/", tmp_path) is known
        marks.add(compiled_library.mark_of("python/", tmp_path))
    assert len(marks) == 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "run"
    compiled_library.write(folder)
    return folder


def test_the_library_is_pythons_own_with_compiled_modules_beside(folder):
    with (
        zipfile.ZipFile(web.PYODIDE / "python_stdlib.zip") as own,
        zipfile.ZipFile(folder / "python_stdlib.zip") as made,
    ):
        before, after = ({info.filename: info.CRC for info in file.infolist()} for file in (own, made))
        added = after.keys() - before.keys()
        assert {name: after[name] for name in before} == before
        assert {"asyncio/__init__.pyc", "inspect.pyc", "decimal.pyc", "tarfile.pyc"} <= added
        assert all(name.endswith(".pyc") and name[:-1] in before for name in added)
        assert {made.read(name)[4:16] for name in added} == {b"\1" + bytes(11)}
        assert {made.getinfo(name).date_time for name in added} == {(1980, 1, 1, 0, 0, 0)}  # the same each time


def source_of(name):
    path = PurePosixPath(name)
    return f"{path.parent}/{path.name.partition('.')[0]}.py"


@pytest.mark.parametrize(
    ("package", "has"),
    [
        ("nncourse", "nncourse/plots.py"),
        ("numpy", "numpy/__init__.py"),
        ("matplotlib", "matplotlib/backends/backend_agg.py"),
        ("matplotlib", "dateutil/parser/_parser.py"),
        ("sympy", "mpmath/__init__.py"),
    ],
)
def test_what_is_compiled_of_a_package_bears_the_mark_of_its_source(folder, package, has):
    place = "home/pyodide/" if package == "nncourse" else "lib/python3.12/site-packages/"
    sources = compiled_library.sources(compiled_library.modules())[package]
    with zipfile.ZipFile(folder / "compiled" / f"{package}.zip") as made:
        assert {source_of(name) for name in made.namelist()} == {place + path for path in sources}
        assert has in sources
        for name in made.namelist():
            source, mark = sources[source_of(name).removeprefix(place)].encode(), made.read(name)[:16]
            assert mark[4:] == b"\3\0\0\0" + _imp.source_hash(int.from_bytes(mark[:4], "little"), source)


def test_the_packages_are_what_the_browsers_python_would_fetch():
    lock = json.loads((web.PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    for name in web.WHEELS:
        waiting, needed = {name}, set()
        while waiting:
            needed |= waiting
            waiting = {other for one in waiting for other in lock[one]["depends"]} - needed - web.LATER
        there = {path.name.split("-")[0] for path in web.PACKAGES.glob("wheels/*/*.whl")}
        assert {one.replace("-", "_") for one in needed} <= there
