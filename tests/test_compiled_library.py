import json
import sys
import zipfile

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import compiled_library

ADDRESS = "https://host.example/pyodide/v{}/full/"


@pytest.fixture(scope="module")
def version():
    return json.loads((compiled_library.package() / "package.json").read_text(encoding="utf-8"))["version"]


def test_the_version_of_the_setting_is_the_one_that_is_compiled(version):
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert f"/v{version}/" in text


def test_another_version_keeps_its_own_library(version, tmp_path):
    assert compiled_library.fits(ADDRESS.format(version), tmp_path)
    assert not compiled_library.fits(ADDRESS.format("0.1.0"), tmp_path)
    assert not compiled_library.fits("python/", tmp_path)
    for there, known in ((version, True), ("0.1.0", False)):
        lock = tmp_path / "python" / "pyodide-lock.json"
        lock.parent.mkdir(exist_ok=True)
        lock.write_text(json.dumps({"info": {"version": there}}), encoding="utf-8")
        assert compiled_library.fits("python/", tmp_path) is known


def test_the_library_is_pythons_own_with_compiled_modules_beside(tmp_path):
    compiled_library.write(tmp_path / "run" / "library.zip")
    with (
        zipfile.ZipFile(compiled_library.package() / "python_stdlib.zip") as own,
        zipfile.ZipFile(tmp_path / "run" / "library.zip") as made,
    ):
        before, after = ({info.filename: info.CRC for info in file.infolist()} for file in (own, made))
        added = after.keys() - before.keys()
        assert {name: after[name] for name in before} == before
        assert {"asyncio/__init__.pyc", "inspect.pyc", "decimal.pyc"} <= added
        assert all(name.endswith(".pyc") and name[:-1] in before for name in added)
        assert {made.read(name)[4:16] for name in added} == {b"\1" + bytes(11)}
        assert {made.getinfo(name).date_time for name in added} == {(1980, 1, 1, 0, 0, 0)}  # the same each time
