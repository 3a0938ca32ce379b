"""A chapter in JupyterLite, from its page to a value: nothing is asked of any host but the site's and Python's."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
IMPORTS = "plots.use_style()"  # what the first cell has
PATIENCE = 180_000  # milliseconds that Python may take to come up


@pytest.fixture
def context(browser, site):
    """A context of the browser; what it asks of other hosts fails the test."""
    try:
        with urlopen(f"{site.address}/lite/jupyter-lite.json") as answer:
            settings = json.load(answer)["jupyter-config-data"]["litePluginSettings"][KERNEL]
    except HTTPError:
        pytest.skip("the site has no JupyterLite: make site")
    wrong, known = [], (site.address, settings["pyodideUrl"].removesuffix("pyodide.js"), "data:", "blob:")
    made = browser.new_context(viewport={"width": 1100, "height": 1400})
    made.on("request", lambda request: None if request.url.startswith(known) else wrong.append(request.url))
    yield made
    made.close()
    assert wrong == []


def expect(locator):
    """Return playwright's assertions about a part of a page."""
    return import_module("playwright.sync_api").expect(locator)


def open_notebook(context, site, name):
    """Return the page of a chapter's notebook in JupyterLite, opened by the link on the chapter's page."""
    page = context.new_page()
    page.goto(f"{site.address}/book/{name}.html")
    page.get_by_role("link", name="Open as a notebook").click()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    return page


def cell(page, text):
    """Return the code cell that has a text."""
    return page.locator(".jp-Notebook .jp-CodeCell", has=page.locator(".jp-InputArea", has_text=text)).first


def output(page, text):
    """Return what is shown below the code cell that has a text."""
    return cell(page, text).locator(".jp-OutputArea")


def test_a_chapter_is_shown_as_it_is_on_the_site(context, site):
    page = open_notebook(context, site, "before-you-start")
    expect(page.locator("h1", has_text="Before you start")).to_be_visible()
    expect(output(page, "circle = np.stack").locator("img")).to_be_visible(timeout=60_000)
    expect(
        page.locator(".jp-MarkdownCell", has_text=re.compile(r"Fig\. 0\.1\. The plane before and after"))
    ).to_be_visible()
    link = page.locator(".jp-MarkdownCell a[data-commandlinker-command]", has_text="the delta rule").first
    for _ in range(20):  # a click is lost while the cells are rendered anew
        link.click()
        page.wait_for_timeout(1500)
        if len(context.pages) > 1:
            break
    other = context.pages[1]
    other.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
    assert re.search(r"lite/notebooks/index\.html\?path=delta-rule-[0-9a-f]{8}\.ipynb", other.url)


def test_it_is_dark_where_the_system_is(context, site):
    page = open_notebook(context, site, "before-you-start")
    for scheme, light in (("dark", "false"), ("light", "true")):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached", timeout=60_000)


def test_the_notebook_of_a_page_can_be_downloaded(context, site):
    page = context.new_page()
    page.goto(f"{site.address}/book/before-you-start.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    assert download.value.suggested_filename == "before-you-start.ipynb"
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    own = json.loads((ROOT / "book" / "before-you-start.ipynb").read_bytes())
    downloaded = Path(download.value.path()).read_text(encoding="utf-8")
    assert json.loads(downloaded) == import_module("questions").for_download(own)
    assert "{questions}" not in downloaded


def test_the_first_cells_run_and_a_changed_copy_is_kept(context, site):
    page = open_notebook(context, site, "before-you-start")
    first = cell(page, "%pip install")
    for _ in range(20):  # a click is lost while the cells are rendered anew
        first.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(1500)
        if first.locator(".jp-InputPrompt").inner_text() != "[ ]:":
            break
    expect(first.locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=PATIENCE)
    imports = cell(page, IMPORTS)
    imports.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nimport nncourse\nfrom nncourse.datasets import digits")
    page.keyboard.type("\nprint(nncourse.__version__, len(digits()[1]), np.arange(4) @ np.arange(4))")
    page.keyboard.press("Shift+Enter")
    version = re.search(r'__version__ = "(.+)"', (ROOT / "nncourse" / "__init__.py").read_text(encoding="utf-8"))[1]
    expect(output(page, IMPORTS)).to_have_text(f"{version} 1797 14", timeout=PATIENCE)
    page.keyboard.press("Shift+Enter")  # the plot
    expect(cell(page, "circle = np.stack").locator(".jp-InputPrompt")).to_have_text("[3]:", timeout=PATIENCE)
    expect(output(page, "circle = np.stack").locator("img")).to_be_visible()
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.goto(page.url)
    expect(output(page, IMPORTS)).to_have_text(f"{version} 1797 14", timeout=60_000)
