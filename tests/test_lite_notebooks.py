"""The chapters as notebooks in JupyterLite: what is changed in them, what stays, and what they run with."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from importlib import import_module
from types import SimpleNamespace

import pytest

from tools import ledger

for needed in ("jupyter_book", "jupyterlite_core", "jupyterlite_pyodide_kernel"):
    pytest.importorskip(needed)
sys.path.insert(0, str(ledger.BOOK / "_ext"))
lite, lite_notebooks, run_cells, wheels = map(import_module, ("lite", "lite_notebooks", "run_cells", "wheels"))

CHAPTERS = sorted(path for path in ledger.BOOK.rglob("*.ipynb") if not any(part[0] in "._" for part in path.parts))
PAGES = {path.relative_to(ledger.ROOT).with_suffix("").as_posix(): path.read_bytes() for path in CHAPTERS}
CONFIG = SimpleNamespace(nncourse_python="https://example.org/py/", nncourse_repository="")


@pytest.fixture(scope="module")
def book():
    """What the chapters refer to, without Sphinx."""
    return lite_notebooks.Book({page: lite.edition(page, source) for page, source in PAGES.items()})


def text_of(notebook, kind="markdown"):
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind)


# --- every chapter ---


@pytest.mark.parametrize("page", PAGES)
def test_code_and_outputs_are_the_chapters(book, page):
    source = json.loads(PAGES[page])
    install, *cells = (cell for cell in lite_notebooks.chapter(source, page, book)["cells"] if "outputs" in cell)
    assert "%pip install -q nncourse" in install["source"]
    chapters = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in cells] == ["".join(cell["source"]) for cell in chapters]
    for cell, own in zip(cells, chapters, strict=True):
        assert [lite_notebooks.joined(output) for output in own["outputs"]] == cell["outputs"]
        assert not any(isinstance(output.get("text"), list) for output in cell["outputs"])


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_that_only_the_book_can_resolve(book, page):
    text = text_of(lite_notebooks.chapter(json.loads(PAGES[page]), page, book))
    own = set(re.findall(r"^\(([\w.-]+)\)=$|^:label: ([\w.-]+)$", text, re.MULTILINE))
    labels = {label for pair in own for label in pair}
    for role, target in re.findall(r"\{([a-z:]+)\}`(?:[^`<]*<)?([^`>]+)>?`", text):
        assert role in ("ref", "prf:ref"), (role, target)
        assert target in labels
    assert re.findall(r"^[`:]{3,}\{(?:live|margin|pdf|questions|\w+-start|\w+-end)\}", text, re.MULTILINE) == []
    moving = PAGES[page].decode().count("```{live} ")
    assert text.count("*On the course's website a figure stands here that moves.* ") == moving
    targets = re.findall(r"\]\(([^)#\s]+\.(?:ipynb|md))", text)
    assert set(targets) <= set(book.editions.values())


def test_solutions_stay_closed(book):
    page = "book/before-you-start"
    cells = lite_notebooks.chapter(json.loads(PAGES[page]), page, book)["cells"]
    solutions = [cell for cell in cells if "return X @ W.T" in cell["source"]]
    stubs = [cell for cell in cells if "# your code here" in cell["source"]]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in solutions)
    assert solutions
    assert stubs
    assert not any("jupyter" in cell["metadata"] for cell in stubs)


def test_a_cell_whose_package_is_not_there_does_not_stop_the_ones_below(book):
    page = "book/feedforward/delta-rule"
    cells = [
        cell for cell in lite_notebooks.chapter(json.loads(PAGES[page]), page, book)["cells"] if "outputs" in cell
    ]
    needy = [any(tag.startswith("needs-") for tag in cell["metadata"].get("tags", [])) for cell in cells]
    assert any(needy)
    assert needy == ["raises-exception" in cell["metadata"].get("tags", []) for cell in cells]


# --- the pieces ---


REFERRING = lite_notebooks.Book(
    editions={"book/a/one": "one-1.ipynb", "book/b/two": "two-2.ipynb"},
    titles={"book/b/two": "The second"},
    labels={"there": ("book/b/two", "A section"), "term-page": ("book/c", "A list")},
    figures={"book/a/one": {"fig-x": "1.2"}},
    citations={"key": "Author, 1990"},
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See {cite}`key`.", "See \\[Author, 1990\\]."),
        ("By {eq}`S-1` and {numref}`fig-x`.", "By (S-1) and Fig. 1.2."),
        ("{numref}`fig-y` shows", "the figure shows"),
        ("{ref}`the words <there>`", "[the words](two-2.ipynb)"),
        ("{ref}`there`", "[A section](two-2.ipynb)"),
        ("{ref}`a term <term-page>`", "a term"),
        ("(here)=\n{ref}`here`", "(here)=\n{ref}`here`"),
        ("[on](../b/two.ipynb#x), [](../b/two.ipynb)", "[on](two-2.ipynb), [The second](two-2.ipynb)"),
        ("[a list](../c.md), [out](https://example.org/a.md)", "a list, [out](https://example.org/a.md)"),
        ("```{margin}\nAside.\n```", ":::{note}\nAside.\n:::"),
        ("```{math}\n:label: S-dl\n:enumerator: S-dl\na = b\n```", "$$\na = b\n\\tag{S-dl}\n$$"),
    ],
)
def test_a_text_that_stands_alone(text, shown):
    assert lite_notebooks.markdown(text, "book/a/one", text, REFERRING).startswith(shown)


def test_a_figure_has_its_number_and_caption_below():
    cell = {"id": "c", "metadata": {"mystnb": {"figure": {"name": "fig-x", "caption": "A curve."}}}}
    assert lite_notebooks.caption(cell, "book/a/one", REFERRING)["source"] == "**Fig. 1.2.** A curve."
    assert lite_notebooks.caption({"id": "c", "metadata": {}}, "book/a/one", REFERRING) is None


def test_a_citation_names_its_authors():
    from pybtex.database import parse_string

    entries = parse_string(
        "@book{a, author={Strang, G.}, year={2016}} @book{b, author={A, B and C, D}, year={1990}}"
        "@book{c, author={{Jun Kim}, Jae and B, C and D, E}}",
        "bibtex",
    ).entries
    found = lite_notebooks.citations(entries)
    assert found == {"a": "Strang, 2016", "b": "A and C, 1990", "c": "Jun Kim and others"}


def test_a_changed_chapter_has_a_new_name():
    first, second = (lite.edition("book/x/delta-rule", source) for source in (b"1", b"2"))
    assert first != second
    assert re.fullmatch(r"delta-rule-[0-9a-f]{8}\.ipynb", first)


def test_the_links_of_a_page():
    row = lite.links("book/x/y", "y-1.ipynb", CONFIG)
    assert '<a href="../../lite/notebooks/index.html?path=y-1.ipynb">Open as a notebook</a>' in row
    assert '<a href="../../_sources/book/x/y.ipynb" download>Download the notebook</a>' in row
    assert "Colab" not in row
    without = SimpleNamespace(nncourse_python="", nncourse_repository="https://github.com/a/b/")
    row = lite.links("book/x/y", "y-1.ipynb", without)
    assert "lite/" not in row
    assert "<code>%pip install git+https://github.com/a/b</code>" in row


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("https://example.org/py/", "https://example.org/py/pyodide.js"),
        ("python/", "./../python/pyodide.js"),  # JupyterLite takes it from its own folder, lite/
    ],
)
def test_python_comes_from_the_one_setting(setting, url):
    data = lite.configuration(setting)["jupyter-lite.json"]["jupyter-config-data"]
    assert data["litePluginSettings"][f"{lite.KERNEL}:kernel"]["pyodideUrl"] == url


class Config(dict):
    """As much of Sphinx's configuration as the theme reads."""

    __getattr__ = dict.__getitem__


def test_binder_and_colab_open_the_chapter_of_the_page():
    theme = pytest.importorskip("sphinx_book_theme.header_buttons")
    launch = import_module("sphinx_book_theme.header_buttons.launch")
    options = lite.repository.repository_options("https://github.com/owner/name/")
    env = SimpleNamespace(doc2path=lambda page: f"{page}.ipynb", metadata={"book/x/y": {"kernelspec": {}}})
    app = SimpleNamespace(env=env, config=Config(html_theme_options=options, html_context={}), builder=None)
    theme.update_context_with_repository_info(app)
    context = app.config.html_context | {
        "pagename": "book/x/y",
        "sourcename": "book/x/y.ipynb",
        "header_buttons": [],
    }
    launch.add_launch_buttons(app, "book/x/y", "page.html", context, None)
    (group,) = context["header_buttons"]
    assert [button["url"] for button in group["buttons"]] == [
        "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/book/x/y.ipynb",
        "https://colab.research.google.com/github/owner/name/blob/main/book/x/y.ipynb",
    ]


# --- what they run with ---


def test_the_wheel_of_the_course_imports_and_has_the_data(tmp_path):
    run_cells.pack_course(tmp_path / "course.zip")
    files = wheels.zipped_files(tmp_path / "course.zip")
    wheel = wheels.pack_wheel(tmp_path, "nncourse", lite.repository.version(), files, ["numpy>=2.0"])
    assert wheel.name == f"nncourse-{lite.repository.version()}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
        rows = [line.split(",") for line in archive.read(record).decode().splitlines()]
        assert {row[0] for row in rows} == set(archive.namelist())
        for name, digest, size in rows[:-1]:
            content = archive.read(name)
            assert int(size) == len(content)
            found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert digest == f"sha256={found}"
        archive.extractall(tmp_path / "installed")
    program = (
        "import importlib.metadata as m, sys; sys.path.insert(0, sys.argv[1]); import nncourse, nncourse.datasets;"
        "print(nncourse.__file__.startswith(sys.argv[1]), m.version('nncourse') == nncourse.__version__,"
        "len(nncourse.datasets.digits()[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "installed")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "1797"]


def test_the_same_files_make_the_same_wheel(tmp_path):
    files = wheels.installed_files("comm")
    assert "comm/__init__.py" in files
    first, second = (wheels.pack_wheel(tmp_path / name, "comm", "1.0", files).read_bytes() for name in "ab")
    assert first == second


def test_jupyterlite_is_built_once(book, tmp_path):
    page = "book/before-you-start"
    written = {book.editions[page]: lite_notebooks.chapter(json.loads(PAGES[page]), page, book)}
    run_cells.pack_course(tmp_path / "course.zip")
    where = (tmp_path / "html" / "lite", tmp_path / "lite", written, tmp_path / "course.zip")
    assert lite.build(*where, "python/")
    assert not lite.build(*where, "python/")
    site = where[0]
    assert (site / "files" / book.editions[page]).is_file()
    assert {path.name.partition("-")[0] for path in (site / "pypi").glob("*.whl")} == {"comm", "nncourse"}
    assert list(site.rglob("*.map")) == []
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 25e6
    (site / "files" / "old.ipynb").touch()
    assert lite.build(*where, "elsewhere/")
    assert not (site / "files" / "old.ipynb").exists()
