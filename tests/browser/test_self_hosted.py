"""A site in a folder of its host, with the browser's Python in a folder of the site: no other host is asked."""

import os
import re
from types import SimpleNamespace

import pytest
from conftest import PYODIDE, SITE, address_of_python, serve
from test_bad_cases import run_text
from test_run_cells import FIRST, wait

DEEPER = "book/feedforward/delta-rule"
KINDS = ("compiled", "course", "python")
CONTROLLED = "navigator.serviceWorker.controller !== null"
CACHES = "caches.keys().then((names) => names.sort())"
KEPT = """Promise.all(
    [location, ...performance.getEntriesByType('resource')]
        .map(({ href, name }) => href ?? name)
        .filter((address) => address.startsWith(location.origin) && !address.includes('/python/'))
        .map((address) => caches.match(address))
).then((found) => found.every(Boolean))"""


@pytest.fixture
def hosted(tmp_path, python_host):
    """The site as it is built with `nncourse_python: python/`, served from /course/."""
    if PYODIDE is None:
        pytest.skip("NNCOURSE_PYODIDE is not set: there is no Python to put into the site")
    for name in os.listdir(SITE):
        (tmp_path / name).symlink_to(SITE / name)
    (tmp_path / "python").symlink_to(PYODIDE)
    (tmp_path / "book").unlink()
    for page in (FIRST, DEEPER):
        made = tmp_path / f"{page}.html"
        made.parent.mkdir(parents=True, exist_ok=True)
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        told = f'"python": "{address_of_python()}"'
        assert text.count(told) == 1
        made.write_text(text.replace(told, f'"python": "{"../" * page.count("/")}python/"'), encoding="utf-8")
    python_host.asked.clear()
    server = serve(tmp_path, "/course/")
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}/course", server=server, folder=tmp_path)
    server.shutdown()
    server.server_close()
    assert python_host.asked == []


@pytest.fixture
def site(hosted):
    """Let `open_page` open this site's pages."""
    return hosted


def test_it_runs_keeps_one_python_for_all_pages_and_leaves_other_sites_alone(open_page, site, browser):
    context = browser.new_context()
    page = open_page(FIRST, context=context)
    page.evaluate("caches.open('python-of-another-site')")
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]
    worker = "navigator.serviceWorker.controller.scriptURL"
    wait(page, CONTROLLED)
    first, home = page.evaluate(worker), f"{site.address}/"
    page = open_page(DEEPER, context=context)
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]
    assert page.evaluate(worker) == first
    wait(page, f"{CACHES}.then((names) => names.length > 3)")
    *ours, other = page.evaluate(CACHES)
    assert [name.removeprefix(f"nncourse {home} ").partition("-")[0] for name in ours] == [*KINDS]
    assert other == "python-of-another-site"
    site.server.down = True
    page.reload(wait_until="load")
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]
    page.problems.clear()


def rewrite(site, pattern, new):
    """Change what the first page is told."""
    path = site.folder / f"{FIRST}.html"
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"))
    assert count == 1
    later = path.stat().st_mtime + 10  # a server's dates have seconds, and the file is younger than one
    path.write_text(text, encoding="utf-8")
    os.utime(path, (later, later))


def test_the_page_that_brings_a_new_version_of_the_course_works_offline(open_page, site, browser):
    context = browser.new_context()
    page = open_page(FIRST, context=context)
    wait(page, CONTROLLED)
    rewrite(site, r'"version": "\w+"', '"version": "next"')
    page.reload(wait_until="load")
    wait(page, "navigator.serviceWorker.controller.scriptURL.includes('version=next')")
    wait(page, "window.nncoursePage?.cells.length > 3 && document.fonts.status === 'loaded'")
    wait(page, f"{CACHES}.then((names) => names.filter((name) => name.includes(' course-')).length === 1)")
    wait(page, KEPT)
    page.problems.clear()
    site.server.down = True
    page.reload(wait_until="load")
    wait(page, "window.nncoursePage?.cells.length > 3")
    assert page.locator("mjx-container").count() > 0
    assert [problem for problem in page.problems if "503" not in problem] == []
    page.problems.clear()


def test_what_was_kept_of_another_python_in_the_same_folder_is_thrown_away(open_page, site, browser):
    context = browser.new_context()
    page = open_page(FIRST, context=context)
    wait(page, CONTROLLED)
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]
    wait(page, f"{CACHES}.then((names) => names.length === 3)")
    before = page.evaluate(CACHES)
    rewrite(site, r'"runtime": "\w+"', '"runtime": "other"')
    page.reload(wait_until="load")
    wait(page, "navigator.serviceWorker.controller.scriptURL.includes('runtime=other')")
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]
    wait(page, f"{CACHES}.then((names) => names.length === 3)")
    same = {
        name.removeprefix(f"nncourse {site.address}/ ").partition("-")[0]
        for name in set(before) & set(page.evaluate(CACHES))
    }
    assert same == {"course"}
