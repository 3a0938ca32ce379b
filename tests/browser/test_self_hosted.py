"""A site in a folder of its host, with the browser's Python in a folder of the site: no other host is asked."""

import os
from types import SimpleNamespace

import pytest
from conftest import PYODIDE, SITE, address_of_python, serve
from test_bad_cases import run_text
from test_run_cells import FIRST, wait

DEEPER = "book/feedforward/delta-rule"
KINDS = ("compiled", "course", "python")
CACHES = "caches.keys().then((names) => names.sort())"


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
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}/course", server=server)
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
    wait(page, "navigator.serviceWorker.controller !== null")
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
