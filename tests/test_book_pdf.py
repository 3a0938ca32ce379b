"""The PDF of the book: pages joined, links turned inwards, solutions moved, and one small book printed."""

import io
import shutil
import struct
import tomllib
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup
pypdf = pytest.importorskip("pypdf")

from tools.check_site import pages_of_toc  # noqa: E402
from tools.pdf import __main__ as command  # noqa: E402
from tools.pdf import article, book, browser, check, join, tags  # noqa: E402

FACTS = {
    "title": "Small & whole",
    "subtitle": "a test",
    "version": "1.2.3",
    "authors": "A. Uthor",
    "sources": [("N. Oter", "Notes")],
    "licences": "Free.",
    "language": "en",
}
TOC = {"root": "book/index", "parts": [{"caption": "First part", "chapters": [{"file": "book/one/two"}]}]}
SETTING = '<script>window.MathJax = {"options": {"processHtmlClass": "math"}}</script>'
LONG_LINE = "number = " + " + ".join(str(n) for n in range(100))
INDEX = """<section id="home"><h1>Home<a class="headerlink" href="#home">#</a></h1>
<p>See <a class="there" href="one/two.html#equation-S-1">(S-1)</a>, <a class="page" href="one/two.html">two</a>,
<a class="source" href="../_modules/x.html#f">source</a>, <a class="out" href="https://example.org/a">out</a>.</p>
<div class="sd-card"><a class="sd-stretched-link" href="one/two.html"><span>Two</span></a></div></section>"""
EXERCISE = """<div class="exercise admonition" id="two-1">
<p class="admonition-title"><span class="caption-number">Exercise 1.1 </span> (Add)</p><p>Add.</p></div>
<details class="dropdown admonition"><summary class="admonition-title">Hint 1</summary><p>Count.</p></details>
<details class="dropdown admonition"><summary class="admonition-title">Hint 2</summary><p>Aloud.</p></details>
<details class="solution dropdown admonition" id="two-1-solution">
<summary class="admonition-title">Solution to Exercise 1.1 (Add)</summary><p>Three.</p></details>"""
TWO = f"""<section id="two"><span id="alias"></span><h1>1. Two</h1>
<p>Back <a class="home" href="../index.html#home">home</a>, or to the <a class="alias" href="#alias">top</a>, for
(<span class="math">\\(x^2\\)</span>), and <span class="math-source math"><a href="#two">S-1</a></span>.</p>
<div class="math" id="equation-S-1"><span class="eqno">(S-1)</span>\\[E = \\tfrac12 (y - a)^2\\]</div>
<figure id="fig"><img src="../../_images/dot.png" alt="A dark square"><figcaption>
Fig. 1 A square.</figcaption></figure>
<div class="highlight"><pre><span class="n">{LONG_LINE}</span></pre></div>
<section id="part"><h2>1.1. A part</h2>
<details class="admonition dropdown"><summary class="admonition-title">Decided
by 2 tests</summary><p>Both.</p></details></section>{EXERCISE}</section>"""


def page_of(body):
    """Return a page as the website has it, with more around the article than the book wants."""
    return f"{SETTING}<body><nav>Menu</nav><article class='bd-article'>{body}</article></body>"


def joined(index=INDEX, two=TWO):
    return join.join({"book/index": page_of(index), "book/one/two": page_of(two)})


def whole(**bodies):
    html, _ = book.document(joined(**bodies), join.parts_of_toc(TOC), FACTS, page_of(""))
    return BeautifulSoup(html, "html.parser")


# Joining.


def test_the_pages_are_those_of_the_table_of_contents_in_its_order():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert [name for part in join.parts_of_toc(toc) for name in part.names] == pages_of_toc(toc)


def test_only_the_article_is_taken():
    home = joined().articles["book/index"]
    assert home.h1.get_text() == "Home"
    assert "Menu" not in home.get_text()
    with pytest.raises(ValueError, match="book/x: expected one article on the page, got 2"):
        article.article_of(page_of("") * 2, "book/x")


def test_links_lead_inside_the_book_or_become_text():
    small = joined()
    home, two = small.articles.values()
    assert home.select_one(".there")["href"] == "#book.one.two:equation-S-1"
    assert home.select_one(".page")["href"] == "#book.one.two"
    assert home.select_one(".out")["href"] == "https://example.org/a"
    assert home.select_one(".source") is None
    assert "source" in home.get_text()
    assert two.select_one(".home")["href"] == "#book.index:home"
    assert small.broken == []


@pytest.mark.parametrize("address", ["#lost", "one/two.html#lost"])
def test_a_broken_link_is_found(address):
    small = joined(index=f"<h1>Home</h1><a href='{address}'>x</a>")
    assert small.broken[0] == f"book/index: {address}"


def test_a_link_to_a_section_arrives_at_its_heading_however_it_is_called():
    two = joined().articles["book/one/two"]
    assert two.h1["id"] == "book.one.two:two"
    assert two.select_one(".alias")["href"] == "#book.one.two:two"
    assert two.find("section").get("id") is None


def test_an_id_that_stands_twice_stays_with_the_first():
    soup = BeautifulSoup("<div><p id='a'>1</p><p id='a'>2</p></div>", "html.parser")
    assert article.own_ids(soup.div, "b/c") == {"a": "b.c:a"}
    assert [p.get("id") for p in soup.find_all("p")] == ["b.c:a", None]


def test_formulas_and_pictures_are_counted_and_found_again():
    small = joined()
    assert (small.formulas, small.pictures) == (2, ["A dark square"])
    assert small.articles["book/one/two"].img["src"] == "/_images/dot.png"


def test_a_formula_keeps_the_marks_around_it():
    box = joined().articles["book/one/two"].select_one(".keep")
    assert box.get_text() == r"(\(x^2\)),"


def test_closed_boxes_are_open_in_print():
    two = joined().articles["book/one/two"]
    assert two.find("details") is None
    assert two.select_one("p.admonition-title").get_text().startswith("Decided")


def test_only_a_long_listing_may_be_divided():
    text = page_of(f"<h1>x</h1><pre>{'a' * 9}</pre><pre>{chr(10) * article.LONG}</pre>")
    assert [pre.get("class") for pre in article.article_of(text, "x").select("pre")] == [None, "long"]


# The whole book.


def test_hints_and_solutions_move_to_the_end_with_links_both_ways():
    soup = whole()
    two, hints, solutions = (soup.select_one(f"article:nth-of-type({n})") for n in (2, 3, 4))
    assert "Three." not in two.get_text()
    line = two.select_one(".exercise > .answers")
    assert line.get_text() == "Hints: page 000. Solution: page 000."
    assert [link["href"] for link in line.find_all("a")] == [
        f"#{kind}:book.one.two:two-1" for kind in ("hints", "solutions")
    ]
    for end, words in ((hints, ["Count.", "Aloud."]), (solutions, ["Three."])):
        entry = end.select_one(".answer")
        assert entry.select_one(".answer-title a")["href"] == f"#{two.select_one('.exercise')['id']}"
        assert [box.select_one("p:last-child").get_text() for box in entry.select(".hints, .solutions")] == words
    assert "Decided" in two.get_text()


def test_the_contents_list_parts_chapters_and_sections_with_a_place_for_the_page():
    lines = whole().select(".contents p")
    kinds = [(line["class"][0], line.get_text()) for line in lines]
    assert kinds[:4] == [
        ("toc-h1", "Home000"),
        ("toc-part", "First part"),
        ("toc-h1", "1. Two000"),
        ("toc-h2", "1.1. A part000"),
    ]
    for line in lines[2:4]:
        assert f"#{line.select_one('.page-of')['data-id']}" == line.a["href"]


def test_every_link_has_its_target_and_every_id_is_linked_and_single():
    soup = whole()
    targets = {link["href"][1:] for link in soup.find_all("a", href=True) if link["href"].startswith("#")}
    ids = [thing["id"] for thing in soup.find_all(id=True)]
    assert sorted(ids) == sorted(targets)
    assert {place["data-id"] for place in soup.select(".page-of")} <= targets


def test_a_card_says_the_page_of_its_chapter():
    card = whole().select_one(".sd-card")
    assert card.get_text() == "Page 000"


def test_the_cover_says_whose_work_it_is():
    facts = book.about(ROOT)
    page = BeautifulSoup(book.cover(facts), "html.parser").get_text(" ")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for words in (project["version"], "Feedforward and Rec", "Karl Stratos", "Jae Yun Jun Kim", "CC BY 4.0", "BSD"):
        assert words in page


# The browser and the files that it may have.


def test_a_browser_is_the_one_that_the_environment_names(monkeypatch, tmp_path):
    program = tmp_path / "chromium"
    program.touch(mode=0o755)
    monkeypatch.setenv(browser.VARIABLE, str(program))
    assert browser.find_chromium() == str(program)
    monkeypatch.setenv(browser.VARIABLE, str(tmp_path / "lost"))
    with pytest.raises(browser.NoChromium, match=r"expected the path of a Chromium, got .*lost"):
        browser.find_chromium()


def test_a_browser_is_looked_for_on_the_path_then_where_playwright_keeps_its_own(monkeypatch, tmp_path):
    own = tmp_path / "own"
    own.touch()
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser, "PLACES", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find_chromium(str(own)) == str(own)
    with pytest.raises(browser.NoChromium, match="apt-get install chromium"):
        browser.find_chromium(str(tmp_path / "lost"))


def test_no_file_outside_the_folders_is_shown(tmp_path):
    inside = tmp_path / "site" / "a b.png"
    inside.parent.mkdir()
    inside.touch()
    (tmp_path / "secret").touch()
    folders = {"/": inside.parent}
    assert browser.file_of(f"{browser.HOST}/a%20b.png?v=1", folders) == inside.resolve()
    for address in ("/lost.png", "/../secret", "/%2e%2e/secret"):
        assert browser.file_of(browser.HOST + address, folders) is None
    assert browser.file_of("https://example.org/a%20b.png", folders) is None


# The structure of the PDF.


def test_idle_elements_go_and_their_marks_stay_with_their_pages():
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

    writer = pypdf.PdfWriter()
    pages = [writer.add_blank_page(9, 9).indirect_reference for _ in range(2)]

    def element(kind, kids, page=None):
        made = {"/Type": NameObject("/StructElem"), "/S": NameObject(kind), "/K": ArrayObject(kids)}
        made |= {} if page is None else {"/Pg": page}
        return writer._add_object(DictionaryObject({NameObject(key): value for key, value in made.items()}))

    inner = element("/NonStruct", [NumberObject(4)], pages[1])
    outer = element("/NonStruct", [NumberObject(7), inner], pages[0])
    text = element("/P", [outer])
    parents = ArrayObject([NumberObject(0), ArrayObject([outer, inner])])
    root = DictionaryObject(
        {
            NameObject("/K"): text,
            NameObject("/ParentTree"): DictionaryObject({NameObject("/Nums"): parents}),
        }
    )
    writer._add_object(root)
    tags.flatten(root)
    (kept,) = tags.elements(root)
    assert kept is text.get_object()
    assert kept.raw_get("/Pg") == pages[0]
    first, second = kept["/K"]
    assert first == 7
    assert (second["/MCID"], second.raw_get("/Pg")) == (4, pages[1])
    assert parents[1] == [text, text]


def test_the_date_is_that_of_the_environment_or_there_is_none(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert check.date() == {"/CreationDate": "D:19700102000000Z"}
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert check.date() == {}


# One small book, printed.


def picture():
    """Return a PNG of 40 x 30 dark points."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40, 30, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x20" * 40) * 30)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def chromium():
    """Skip, and say why, where nothing can print."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("matplotlib", reason="the book's fonts come with matplotlib")
    if find_spec("mathjax") is None:
        pytest.skip("MathJax's package is not installed")
    with playwright.sync_playwright() as runner:
        try:
            return browser.find_chromium(runner.chromium.executable_path)
        except browser.NoChromium as error:
            pytest.skip(str(error).partition("\n")[0])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Give a function that writes a site of two pages and returns its folder."""

    def write(two=TWO):
        folder = tmp_path_factory.mktemp("site")
        source = Path(find_spec("mathjax").origin).parent / "static" / "mathjax" / "es5"
        static = folder / "_static" / "mathjax"
        shutil.copytree(source / "output" / "chtml" / "fonts", static / "output" / "chtml" / "fonts")
        shutil.copyfile(source / "tex-chtml.js", static / "tex-chtml.js")
        (folder / "_static" / "pygments.css").touch()
        (folder / "_images").mkdir()
        (folder / "_images" / "dot.png").write_bytes(picture())
        (folder / "book" / "one").mkdir(parents=True)
        (folder / "book" / "index.html").write_text(page_of(INDEX), encoding="utf-8")
        (folder / "book" / "one" / "two.html").write_text(page_of(two), encoding="utf-8")
        return folder

    return write


def print_small(site):
    return command.make(site, TOC, FACTS, {"/_fonts/": command.fonts()})


def test_a_small_book_is_printed_whole(chromium, site, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    pdf, faults, formulas, pictures = print_small(site())
    assert faults == []
    assert (formulas, pictures) == (2, 1)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    texts = [page.extract_text() for page in reader.pages]
    cover, contents, home, two, hints, solutions = texts
    assert "Version 1.2.3" in cover
    lines = [line.split() for line in contents.splitlines()]
    assert [line[-1] for line in lines if line[0] in ("Home", "1.", "1.1.")] == ["3", "4", "4", "5", "6"]
    assert "Page 4" in home
    assert "Hints: page 5. Solution: page 6." in two
    assert "".join(LONG_LINE.split()) in "".join(two.split()), "the long line is wrapped, and whole"
    assert "Count." in hints
    assert "Three." in solutions
    for number, text in enumerate(texts[1:], start=2):
        assert str(number) in text.splitlines()
    titles = [entry["/Title"] for entry in check.bookmarks(reader)]
    assert titles == ["Contents", "Home", "1. Two", "1.1. A part", "Hints", "1. Two", "Solutions", "1. Two"]
    assert reader.pdf_header == "%PDF-1.7", "tags need 1.4 at least"
    assert reader.metadata.title == "Small & whole: a test"
    assert reader.metadata.author == "A. Uthor"
    assert reader.metadata["/CreationDate"] == "D:19700101000000Z"
    assert reader.root_object["/Lang"] == "en"
    assert reader.root_object["/MarkInfo"]["/Marked"]
    places = check.destinations(reader)
    assert {target: places[target[1:]] for _, target in check.links(reader) if target.startswith("#book.one")} == {
        "#book.one.two:equation-S-1": 4,
        "#book.one.two": 4,
        "#book.one.two:two": 4,
        "#book.one.two:part": 4,
        "#book.one.two:two-1": 4,
    }
    elements = list(tags.elements(reader.root_object["/StructTreeRoot"]))
    assert [node["/Alt"] for node in elements if node["/S"] == "/Formula"] == ["x^2", r"E = \tfrac12 (y - a)^2"]
    assert "A dark square" in [node.get("/Alt") for node in elements if node["/S"] == "/Figure"]
    assert not any(tags.is_idle(node) for node in elements)
    assert print_small(site())[0] == pdf, "the same site gives the same bytes"


def test_what_goes_wrong_is_said(chromium, site):
    broken = r"""<h1>Two</h1><p><span class="math">\(\lost\)</span> <span class="math">no formula</span>
<img src="../../_images/lost.png" alt="Lost"><img src="https://example.org/a.png" alt="Elsewhere"></p>
<p id="equation-S-1" style="width: 800px">Too wide</p>"""
    _, faults, _, _ = print_small(site(broken))
    for words in (
        "not typeset: span in book.one.two: no formula",
        "not understood:",
        "picture not loaded: /_images/lost.png",
        "not found: https://example.org/a.png",
        "px too wide: p in book.one.two: Too wide",
        "picture(s) are missing: Elsewhere",
        "expected 2 formulas, got 1",
    ):
        assert any(words in fault for fault in faults), words


def test_quick_questions_have_their_answers_and_no_controls_on_paper():
    html = (
        '<article class="bd-article"><div class="question"><fieldset><legend>Ask</legend>'
        '<label><input type="radio"><b>A</b></label><p class="question-field" hidden>Your number</p></fieldset>'
        '<button>Check</button><div role="status"></div>'
        "<details><summary>Answers</summary><div>Told</div></details></div></article>"
    )
    asked = article.article_of(html, "book/x").select(".question *")
    assert [part.name for part in asked] == ["div", "p", "p", "b", "div", "p", "div"]
    assert asked[0].find_parent("article").get_text() == "AskAAnswersTold"
