"""The website's own code: equation numbers, dropdowns, repository links, and the check of the built pages."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FIRST_PAGE = "<title>First</title><h1 id='first'>First</h1><p>Five words of text here</p>"


def load(path):
    """Import a module that is no part of the package."""
    spec = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_site = load(ROOT / "tools" / "check_site.py")


@pytest.fixture(scope="module")
def site():
    """The Sphinx extension, where the tools that build the book are installed."""
    pytest.importorskip("jupyter_book")
    return load(ROOT / "book" / "_ext" / "nncourse_site.py")


# The extension.


class Environment:
    """As much of Sphinx's environment as the math domain needs."""

    def __init__(self):
        self.domaindata, self.serial = {}, 0

    def new_serialno(self, category):
        """Count."""
        self.serial += 1
        return self.serial - 1


@pytest.fixture(scope="module")
def repository():
    """What makes the links to the repository."""
    pytest.importorskip("jupyter_book")
    return load(ROOT / "book" / "_ext" / "repository.py")


@pytest.fixture
def domain(site):
    return site.LabelledMathDomain(Environment())


def test_an_equation_shows_its_label(domain):
    domain.note_equation("page", "S-dL")
    assert domain.get_equation_number_for("S-dL") == "S-dL"


def test_an_amsmath_environment_gets_a_running_number(domain):
    random_label = "123e4567-e89b-12d3-a456-426614174000"
    domain.note_equation("page", random_label)
    assert domain.get_equation_number_for(random_label) == 1


def test_ids_that_differ_in_case_stay_apart(site):
    assert site.equation_id("S-dL") != site.equation_id("S-dl")


@pytest.mark.parametrize(("role", "text"), [("eq", "(S-1)"), ("source", "S-1")])
def test_a_role_links_to_the_equation(domain, role, text):
    class Builder:
        def get_relative_uri(self, *args):
            return "page.html"

    domain.note_equation("page", "S-1")
    link = domain.resolve_xref(None, "other", Builder(), role, "S-1", None, None)
    assert (link["refuri"], link.astext()) == ("page.html#equation-S-1", text)


def test_an_unknown_equation_is_reported_but_a_source_may_stand_on_no_page(domain):
    assert domain.resolve_xref(None, "page", None, "eq", "S-9", None, "S-9") is None
    assert domain.resolve_xref(None, "page", None, "source", "S-9", None, "S-9") == "S-9"


def test_the_sources_of_a_docstring_follow_its_summary(site):
    lines = [
        "Do it.",
        "",
        "Returns",
        "-------",
        "float",
        "",
        "Source",
        "------",
        "S-1, S-dl",
        "",
        "Examples",
        "--------",
    ]
    site.link_sources(None, "function", "f", None, None, lines)
    assert lines[:3] == ["Do it.", "", "In the notes: :math:source:`S-1`, :math:source:`S-dl`."]
    assert [line for line in lines if line in ("Returns", "Source", "Examples")] == ["Returns", "Examples"]


def test_a_dropdown_becomes_details(site):
    title = "<p class='admonition-title'><a href='#e'>Solution</a></p>"
    page = site.accessible(f"<div class='admonition dropdown' id='s'>{title}<p>2 &lt; 3</p></div>")
    summary = '<summary class="admonition-title">Solution</summary>'
    assert page == f'<details class="admonition dropdown" id="s">{summary}<p>2 &lt; 3</p></details>'


def table_of_uses(*rows):
    """Return what codeautolink writes into a page of the reference."""
    cells = "".join(f"<tr><td><p><a href='{href}'>{text}</a></p></td></tr>" for href, text in rows)
    summary = "<summary>Expand for references to <a class='reference' href='#f'><code>f</code></a></summary>"
    return f"<dd><p><details>{summary}<div><table>{cells}</table></div></details></p></dd>"


def test_an_entry_of_the_reference_lists_the_sections_that_use_it_in_the_books_order():
    links = load(ROOT / "book" / "_ext" / "cross_links.py")
    body = table_of_uses(("a.html#x", "A /  / The code"), ("b.html", "B"), ("b.html#y", "B / Two / Deep"))
    page = links.list_uses(body, lambda address: "ba".index(address[0]))
    items = "".join(
        f'<li><a href="{href}">{text}</a></li>'
        for href, text in (("b.html", "B"), ("b.html#y", "B: Deep"), ("a.html#x", "A: The code"))
    )
    assert page == (
        f'<dd><details class="uses"><summary>Used in 3 sections</summary><ul>{items}</ul></details></dd>'
    )
    other = "<p><details><summary>A hint</summary></details></p>"
    assert links.list_uses(other, len) == other


def test_the_root_page_leads_to_the_first_page(site, tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.html").write_text(FIRST_PAGE, encoding="utf-8")
    (tmp_path / "icon.svg").touch()
    page = site.redirect_page("A & B", "book/index.html", "icon.svg")
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert 'content="0; url=book/index.html"' in page
    assert check_site.check_site(tmp_path, ["index"])[2] == []


def test_the_reference_lists_every_module():
    nncourse = pytest.importorskip("nncourse")
    page = (ROOT / "book" / "reference" / "api.md").read_text(encoding="utf-8")
    assert [name for name in nncourse.MODULES if f".. automodule:: nncourse.{name}" not in page] == []


def test_without_an_address_there_is_no_repository_link(repository):
    options = repository.repository_options("")
    assert not any(options[key] for key in options if key.startswith("use_"))
    assert not options["repository_url"]
    assert not options["launch_buttons"]["binderhub_url"] + options["launch_buttons"]["colab_url"]


@pytest.mark.parametrize(
    ("url", "provider", "launches"),
    [
        ("https://example.org/x/y", "github", False),
        ("https://gitlab.example.org/x/y/", "gitlab", False),
        ("https://github.com/x/y", "github", True),
    ],
)
def test_an_address_turns_the_links_on(repository, url, provider, launches):
    options = repository.repository_options(url)
    assert all(options[key] for key in options if key.startswith("use_"))
    assert options["repository_url"] == url.rstrip("/")
    assert options["repository_provider"] == provider
    assert bool(options["launch_buttons"]["binderhub_url"]) is launches
    assert bool(options["launch_buttons"]["colab_url"]) is launches


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("", "../reference/errata.html"),
        ("https://github.com/x/y", "https://github.com/x/y/issues/new?title=Error+in+book%2Fa"),
        (
            "https://gitlab.example.org/x/y",
            "https://gitlab.example.org/x/y/-/issues/new?issue%5Btitle%5D=Error+in+b",
        ),
    ],
)
def test_every_page_ends_with_a_link_to_report_an_error(repository, url, start):
    address = repository.report_address(url, "book/a", "1.2.3", "../reference/errata.html")
    assert address.startswith(start)
    assert ("Version%3A+1.2.3" in address) is bool(url)


def test_the_version_on_the_pages_is_the_packages(repository):
    assert repository.version() == pytest.importorskip("nncourse").__version__


def test_the_pdf_is_offered_where_it_was_built(site, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "PDF", tmp_path / "nncourse.pdf")
    config = SimpleNamespace()
    site.pdf_is_there(None, config)
    assert config.nncourse_pdf is False
    assert site.PdfOnly.run(SimpleNamespace(config=config, env=SimpleNamespace(note_reread=list))) == []
    site.PDF.touch()
    site.pdf_is_there(None, config)
    assert config.nncourse_pdf is True


def test_the_configuration_names_no_host_but_by_the_one_setting():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert "nncourse_repository" in config["sphinx"]["config"]
    assert "repository" not in config
    assert "sphinx_thebe" not in config["sphinx"]["config"]["extensions"]


def test_mathjax_comes_out_of_its_package(site, tmp_path):
    site.copy_mathjax(tmp_path)
    mathjax = tmp_path / "_static" / "mathjax"
    assert (mathjax / "tex-chtml.js").is_file()
    assert list(mathjax.glob("output/chtml/fonts/woff-v2/*.woff"))
    assert sum(file.stat().st_size for file in mathjax.rglob("*.*") if file.is_file()) < 4e6


# The check of the built pages.


def problems(folder, body, names=("first",)):
    """Return what check_site finds in a site of one page."""
    (folder / "picture.png").touch()
    (folder / "first.html").write_text(FIRST_PAGE + body, encoding="utf-8")
    return check_site.check_site(folder, names)[2]


@pytest.mark.parametrize(
    "body",
    [
        "<a href='#first'>up</a><a href='first.html#first'>up</a><a href='https://example.org/'>out</a>",
        "<img src='picture.png' alt='A curve rises'>",
        "<img src='data:image/png;base64,AA' alt='A curve rises'>",
        "<link rel='canonical' href='https://example.org/'>",
    ],
)
def test_a_good_page_passes(tmp_path, body):
    assert problems(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<a href='second.html'>on</a>", "second.html does not exist"),
        ("<a href='#second'>on</a>", "#second has no such anchor"),
        ("<a href='first.html#second'>on</a>", "first.html#second has no such anchor"),
        ("<a href='../outside.html'>on</a>", "../outside.html does not exist"),
        ("<script src='lost.js'></script>", "lost.js does not exist"),
        ("<img src='picture.png'>", "picture.png has no alt text"),
        ("<img src='picture.png' alt='../../picture.png'>", "picture.png has a file path as alt text"),
        ("<script src='https://example.org/a.js'></script>", "a.js is on another host"),
        ("<link rel='stylesheet' href='//example.org/a.css'>", "a.css is on another host"),
        ("<img src='https://example.org/a.png' alt='A curve'>", "a.png is on another host"),
        ("<style>@import url('https://example.org/a.css');</style>", "a.css is on another host"),
        ("<p style='background: url(https://example.org/a.png)'>x</p>", "a.png is on another host"),
    ],
)
def test_a_fault_is_found(tmp_path, body, problem):
    (found,) = problems(tmp_path, body)
    assert found.startswith("first.html: ")
    assert problem in found


def test_a_stylesheet_that_fetches_from_elsewhere_is_found(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.org/f.woff) }", encoding="utf-8")
    (found,) = problems(tmp_path, "")
    assert found == "a.css: https://example.org/f.woff is on another host"


def test_a_link_into_jupyterlite_names_a_notebook_that_is_there(tmp_path):
    for file in ("lite/notebooks/index.html", "lite/files/a-1.ipynb"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("<script src='https://example.org/a.js'></script>", encoding="utf-8")
    assert problems(tmp_path, "<a href='lite/notebooks/index.html?path=a-1.ipynb'>Open</a>") == []
    (found,) = problems(tmp_path, "<a href='lite/notebooks/index.html?path=a-2.ipynb'>Open</a>")
    assert found.endswith("opens no notebook")


def test_a_page_that_was_not_built_is_found(tmp_path):
    assert problems(tmp_path, "", ("first", "second")) == ["second.html was not built"]


def test_an_empty_page_is_found(tmp_path):
    (tmp_path / "empty.html").write_text("<p>one</p>", encoding="utf-8")
    lacks = ["empty.html has no title", "empty.html has no h1", "empty.html has no text"]
    assert problems(tmp_path, "", ("empty",)) == lacks


def test_every_page_of_the_book_stands_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = (
        path.relative_to(ROOT) for path in (ROOT / "book").rglob("*") if path.suffix in (".md", ".ipynb", ".rst")
    )
    pages = {path.with_suffix("").as_posix() for path in files if not any(part[0] in "._" for part in path.parts)}
    assert pages == set(check_site.pages_of_toc(toc))
