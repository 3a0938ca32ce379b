"""What a shared link shows, and how the first page is arranged."""

import io
import re
import struct
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT

pytest.importorskip("jupyter_book")
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import front
import social
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

COURSE = "Networks & more: derived, run"
LONG = "A first sentence that has some length. " + "A second one, with many more words in it, goes on and on. " * 4


# --- the picture ---


def test_the_picture_has_the_size_that_the_tags_name_and_the_same_bytes_twice(tmp_path):
    for name in ("a", "b"):
        social.draw_card(tmp_path / "made" / f"{name}.png", COURSE)
    first, second = ((tmp_path / "made" / f"{name}.png").read_bytes() for name in ("a", "b"))
    assert first == second
    assert struct.unpack(">II", first[16:24]) == social.SIZE == (1200, 630)
    assert len(first) < 200_000


def test_the_title_on_the_picture_has_lines_and_loses_no_word():
    assert social.wrapped("Feedforward and Recurrent Neural Networks", 16) == [
        "Feedforward and", "Recurrent Neural", "Networks",
    ]  # fmt: skip
    assert social.wrapped("a incomprehensibilities b", 5) == ["a", "incomprehensibilities", "b"]


# --- the tags ---


def page_of(*paragraphs):
    """Return a doctree with a title and paragraphs; a list of texts becomes a box."""
    document, section = new_document("page"), nodes.section()
    document += section
    section += nodes.title("", "Title")
    for text in paragraphs:
        boxed = isinstance(text, list)
        section += (
            nodes.note("", *(nodes.paragraph("", part) for part in text)) if boxed else nodes.paragraph("", text)
        )
    return document


PLAIN = "And this paragraph is long enough, and anybody can read it."
TEX = r"A formula such as \frac{a}{b} can be read by TeX alone."


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        ([["The question. Who is\nit?", "You will see it."], LONG], "Who is it?"),
        (["Too short.", [LONG], PLAIN, LONG], PLAIN),
        ([TEX, PLAIN], PLAIN),
        (["Too short."], ""),
        ([], ""),
    ],
)
def test_a_page_is_described_by_its_question_or_its_first_paragraph(paragraphs, expected):
    assert social.description(page_of(*paragraphs)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short  and\nsweet.", "Short and sweet."),
        (LONG, LONG[:154].strip()),
        ("word, " * 60, ("word, " * 33)[:-2] + "…"),
    ],
)
def test_a_long_description_ends_with_a_sentence_or_else_a_word(text, expected):
    assert social.shortened(text) == expected
    assert len(social.shortened(text)) <= social.LONGEST


def tags_of(base, about="What it is about"):
    """Return the tags of a page as {name: content}."""
    soup = BeautifulSoup(social.tags('A "title"', COURSE, about, "book/a.html", base), "html.parser")
    return {tag.get("property") or tag["name"]: tag["content"] for tag in soup.find_all("meta")}


def test_without_the_sites_address_no_picture_is_named():
    found = tags_of("")
    assert found == {
        "og:type": "website", "og:site_name": COURSE, "og:title": 'A "title"', "og:description": "What it is about",
        "description": "What it is about", "twitter:card": "summary",
    }  # fmt: skip
    assert "description" not in tags_of("", about="")
    assert "og:description" not in tags_of("", about="")


@pytest.mark.parametrize("base", ["https://example.org/course", "https://example.org/course/"])
def test_with_the_sites_address_the_picture_and_the_page_have_whole_ones(base):
    found = tags_of(base)
    assert found["og:url"] == "https://example.org/course/book/a.html"
    assert found["og:image"] == "https://example.org/course/_static/card.png"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert len(found["og:image:alt"]) > 40
    assert found["twitter:card"] == "summary_large_image"


@pytest.mark.parametrize("base", ["", "https://example.org/"])
def test_a_built_page_has_the_tags_and_the_site_the_picture(tmp_path, base):
    from sphinx.application import Sphinx

    (tmp_path / "index.md").write_text(f"# Course: title\n\n{LONG}\n\n[](page.md)\n", encoding="utf-8")
    (tmp_path / "page.md").write_text("# Page\n\nNothing.\n", encoding="utf-8")
    settings = {"extensions": ["myst_parser", "social"], "html_title": COURSE, "html_baseurl": base}
    out, said = tmp_path / "out", io.StringIO()
    app = Sphinx(tmp_path, None, out, out / "doctrees", "html", settings, status=None, warning=said)
    app.build()
    for name, title in (("index", COURSE), ("page", "Page")):
        head = BeautifulSoup((out / f"{name}.html").read_text(encoding="utf-8"), "html.parser").head
        assert head.select_one('[property="og:title"]')["content"] == title
        assert head.select_one('[name="description"]')["content"] == social.shortened(LONG)  # the first page's
        assert bool(head.select_one('[property="og:image"]')) is bool(base)
    assert (out / "_static" / "card.png").is_file() is bool(base)
    assert 'property="og:' not in (out / "search.html").read_text(encoding="utf-8")


def test_the_page_at_the_sites_root_has_the_tags_of_the_first_page(tmp_path):
    from sphinx.application import Sphinx

    def redirect(app, exception):
        (tmp_path / "out" / "index.html").write_text("<head><title>To</title></head>", encoding="utf-8")

    (tmp_path / "start.md").write_text(f"# Course: title\n\n{LONG}\n", encoding="utf-8")
    settings = {"extensions": ["myst_parser", "social"], "html_title": COURSE, "root_doc": "start"}
    out = tmp_path / "out"
    app = Sphinx(tmp_path, None, out, out / "doctrees", "html", settings, status=None, warning=io.StringIO())
    app.connect("build-finished", redirect)
    app.build()
    pages = [
        BeautifulSoup((out / name).read_text(encoding="utf-8"), "html.parser")
        for name in ("start.html", "index.html")
    ]
    first, root = ([str(tag) for tag in page.select('[property^="og:"], [name="description"]')] for page in pages)
    assert first == root
    assert len(root) == 5
    assert pages[1].title.get_text() == "To"


# --- the first page ---

OPENING = (
    "<section id='s'><h1>Course: what it does<a href='#s'>#</a></h1><p>A sentence.</p><ul><li>One</li></ul>"
    "<figure>F</figure><p>First part</p><ol><li>1</li></ol><p>Second part</p><ol start='8'><li>8</li></ol>"
    "<section id='t'><h2>Below</h2><ol><li>no chapter</li></ol></section><p>The end</p></section>"
)


def test_the_first_pages_opening_gets_its_wrappers_and_the_rest_stays():
    soup = BeautifulSoup(front.arrange(OPENING), "html.parser")
    (opening,) = soup.select("section#s > div.front")
    assert [part.name for part in opening.find_all(recursive=False)] == ["h1", "p", "ul", "figure", "nav"]
    assert opening.h1.get_text() == "Course: what it does#"
    assert opening.select_one(".front-subtitle").get_text() == "what it does"
    assert opening.p["class"] == ["front-lead"]
    assert opening.ul["class"] == ["front-ways"]
    assert opening.nav.get_text("|") == "First part|1|Second part|8"
    assert opening.nav["aria-label"]
    assert [part.name for part in opening.find_next_siblings()] == ["section", "p"]
    assert soup.select_one("#t ol").get_text() == "no chapter"


@pytest.mark.parametrize(
    "lost",
    ["<ul><li>One</li></ul>", "<figure>F</figure>", ": what it does", "<p>A sentence.</p>", "<ol.*?</ol>", "whole"],
)
def test_a_first_page_without_a_part_is_refused(lost):
    page = "" if lost == "whole" else re.sub(lost, "", OPENING)
    with pytest.raises(ValueError, match=r"body: expected a title with a subtitle, a paragraph, .* got "):
        front.arrange(page)


def test_a_link_that_opens_a_notebook_leads_there_and_no_other_one_does():
    link = "<a href='a.html'><span>{}</span></a>"
    body = link.format(front.NOTEBOOK) + link.format("The chapter")
    first, second = BeautifulSoup(
        front.open_notebooks(body, "../", {"a.html": "a-1.ipynb"}.get), "html.parser"
    ).select("a")
    assert first["href"] == "../lite/notebooks/index.html?path=a-1.ipynb"
    assert second["href"] == "a.html"


def test_a_first_page_without_formulas_loads_no_mathjax_and_its_figure_early():
    scripts = [SimpleNamespace(filename=name) for name in (None, "_static/mathjax/tex-chtml.js", "_static/a.js")]
    context = {
        "script_files": scripts,
        "body": '<script data-figure="a-b" type="application/json">',
        "metatags": "m",
    }
    front.lighter(context, "../")
    assert [script.filename for script in context["script_files"]] == [None, "_static/a.js"]
    assert context["metatags"] == 'm<link rel="modulepreload" href="../_static/run/figures/a-b.js" />\n'
    context = {"script_files": scripts, "body": '<span class="math notranslate nohighlight">x</span>'}
    front.lighter(context, "../")
    assert context == {"script_files": scripts, "body": context["body"]}


def test_the_first_page_has_what_is_arranged_and_every_chapter_in_order():
    text = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    opening = text[: text.index("\n## ")]
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    parts = ("book/feedforward/", "book/recurrent/")
    chapters = [line.split()[-1] for line in toc.splitlines() if any(part in line for part in parts)]
    linked = [line for line in opening.splitlines() if line[:1].isdigit()]
    assert [f"book/{line[line.index('](') + 2 : -len('.ipynb)')]}" for line in linked] == chapters
    assert [int(line.partition(".")[0]) for line in linked] == list(range(1, 15))
    assert opening.count(f"[{front.NOTEBOOK}](") == 1


def test_the_first_pages_style_touches_no_other_page():
    style = (ROOT / "book" / "_ext" / "static" / "front.css").read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"/\*.*?\*/|@media[^{]*\{", "", style, flags=re.DOTALL))
    whole = [re.sub(r"\([^()]*\)", lambda inner: inner[0].replace(",", " "), rule) for rule in rules]
    selectors = [one.strip() for rule in whole for one in rule.split(",")]
    assert len(selectors) > 30
    assert {one for one in selectors if ".front" not in one} == {"from"}  # of a key frame
