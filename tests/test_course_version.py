import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import run_cells


def version(monkeypatch, folder):
    monkeypatch.setattr(run_cells, "ROOT", folder)
    monkeypatch.setattr(run_cells, "RESULTS", folder / "results")
    return run_cells.version_of_course.__wrapped__()


def test_the_version_follows_what_readers_get_and_nothing_else(tmp_path, monkeypatch):
    for name in ("book/page.md", "book/_ext/made.py", "nncourse/net.py", "results/all.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    first = version(monkeypatch, tmp_path)
    compiled = tmp_path / "book" / "_ext" / "__pycache__" / "made.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"another time")
    assert version(monkeypatch, tmp_path) == first
    for name in ("book/page.md", "nncourse/net.py", "results/all.json"):
        (tmp_path / name).write_text("2", encoding="utf-8")
        assert version(monkeypatch, tmp_path) != first
        (tmp_path / name).write_text("1", encoding="utf-8")


def test_printed_columns_are_told_from_words():
    page = '<div class="output stream x"><div class="highlight"><pre>{}</pre></div></div>'
    table, words = page.format("a   b\n1   2"), page.format("one sentence.\nAnother  one.")
    assert run_cells.mark_columns(table) == table.replace("<pre>", '<pre class="columns">')
    assert run_cells.mark_columns(words) == words
    coloured = page.format("<span>a </span> <b>b</b>\n1  2")
    assert "columns" in run_cells.mark_columns(coloured)
