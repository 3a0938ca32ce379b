"""Cells that run in their page, in a browser: every chapter from first to last, and what can go wrong."""

import ast
import json
import re
import time

import nbformat
import pytest

from tools import ledger

ROOT = ledger.ROOT
CHAPTERS = [*ledger.chapters(), *(ledger.page_of(path) for path in ledger.ERRATA)]
FIRST = "book/before-you-start"
STATES = "window.nncoursePage?.cells.map((cell) => cell.state)"
LONG = 1200  # seconds for a whole chapter: Python is some eleven times slower in a browser
PEER = re.compile(r"\b(torch|sklearn|scipy|gensim|lee|nltk|to_torch|torch_\w+)\b")  # what the page does not have
SHOWN = ("text/latex", "text/markdown", "text/plain")


def merged(outputs):
    """Return what a cell shows as (kind, text) pairs: streams joined, a picture as a picture."""
    found = []
    for output in outputs:
        if output["output_type"] == "stream":
            if found and found[-1][0] == output["name"]:
                found[-1] = (output["name"], found[-1][1] + output["text"])
            else:
                found.append((output["name"], output["text"]))
        elif output["output_type"] == "error":
            found.append(("error", output.get("text", output["ename"])))
        elif "image/png" in output["data"]:
            found.append(("picture", ""))
        else:
            kind = next(kind for kind in SHOWN if kind in output["data"])
            found.append((kind, output["data"][kind]))
    return found


def stored(name):
    """Return the code cells of a chapter."""
    cells = nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def names(source):
    """Return the names that a cell binds, and those that it uses without binding them itself."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (bound if isinstance(node.ctx, ast.Store) else used).add(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return bound, used - bound


def wait(page, condition, timeout=60):
    """Wait until a condition of the page's script holds; the page's policy forbids playwright's own way."""
    end = time.monotonic() + timeout
    while not page.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(f"{condition} after {timeout} s: {page.evaluate(STATES)}")
        page.wait_for_timeout(50)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs_from_first_cell_to_last_and_shows_what_is_stored(name, open_page):
    page, cells = open_page(name), stored(name)
    assert page.evaluate("nncoursePage.cells.map((cell) => cell.original)") == [cell.source for cell in cells]
    page.get_by_role("button", name="Run all cells").click()
    wait(page, "nncoursePage.busy === null && nncoursePage.queue.length === 0", LONG)
    states, shown = page.evaluate(
        f"[{STATES}, nncoursePage.cells.map((cell) => cell.outputs ? cell.outputs.stored : null)]"
    )
    lost = set()  # names that only a cell which was left out would have bound, or that go on from such
    for cell, state in zip(cells, states, strict=True):
        bound, used = names(cell.source)
        if state == "left out":
            alone = PEER.search(cell.source) or "needs-torchrun" in cell.metadata["tags"]  # it has no processes
            assert alone or used & lost, f"left out for no reason:\n{cell.source}"
        lost = lost | bound if state == "left out" or used & lost else lost - bound
    for number, (cell, state, outputs) in enumerate(zip(cells, states, shown, strict=True), start=1):
        tagged = any(tag.startswith("needs-") for tag in cell.metadata.get("tags", ()))
        where = f"cell {number} of {name}: {state}"
        assert state == "ok" or (tagged and state == "left out"), f"{where}\n{json.dumps(outputs)[-1500:]}"
        if state == "ok":
            assert merged(outputs) == merged(cell.outputs), where
    assert page.locator(".cell_output.fresh img").count() > 0 or "errata" in name


def test_one_click_runs_the_cells_before_it_and_shows_a_result(open_page):
    page = open_page(FIRST)
    page.get_by_role("button", name="Run cell 3", exact=True).click()
    wait(page, "nncoursePage.cells[2].state === 'ok'")
    assert page.evaluate(STATES)[:4] == ["ok", "ok", "ok", "not run"]
    page.get_by_role("button", name="Show the stored output of cell 3").click()
    assert page.locator("div.cell").nth(2).locator(".fresh").count() == 0


def write(page, number, text):
    """Write a text into a cell's editor, by keyboard."""
    page.get_by_role("button", name=f"Edit cell {number}", exact=True).click()
    page.locator("div.cell").nth(number - 1).locator(".cm-content").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def shown(page, number):
    """Return the text below a cell."""
    return page.locator("div.cell").nth(number - 1).locator(".cell_output.fresh").inner_text()


def test_a_change_is_kept_over_a_visit_and_can_be_taken_back(open_page):
    page = open_page(FIRST)
    write(page, 1, "print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    wait(page, "nncoursePage.cells[0].state === 'ok'")
    assert shown(page, 1).strip() == "42"
    page.reload()
    assert page.evaluate("nncoursePage.cells[0].source") == "print(6 * 7)"
    assert "print(6 * 7)" in page.locator("div.cell").first.inner_text()
    page.get_by_role("button", name="Put back the text of cell 1").click()
    assert page.evaluate("nncoursePage.cells[0].source === nncoursePage.cells[0].original")
    page.reload()
    assert page.evaluate("nncoursePage.cells[0].source === nncoursePage.cells[0].original")


def test_stop_ends_a_cell_that_never_ends_and_the_next_run_works(open_page):
    page = open_page(FIRST)
    write(page, 1, "print('on')\nwhile True:\n    pass")
    page.keyboard.press("Shift+Enter")
    wait(page, "nncoursePage.cells[0].state === 'running'")
    page.get_by_role("button", name="Stop cell 1").click()
    wait(page, "nncoursePage.cells[0].state === 'stopped'")
    assert "Stopped." in shown(page, 1)
    page.locator("div.cell").first.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("1 + 1")
    page.keyboard.press("Shift+Enter")
    wait(page, "nncoursePage.cells[0].state === 'ok'")
    assert shown(page, 1).strip() == "2"


def test_an_error_is_shown_as_python_shows_it_with_its_line_marked(open_page):
    page = open_page(FIRST)
    write(page, 1, "x = 1\n\nx / 0")
    page.keyboard.press("Shift+Enter")
    wait(page, "nncoursePage.cells[0].state === 'failed'")
    text = shown(page, 1)
    assert "ZeroDivisionError: division by zero" in text
    assert 'File "<cell 1>", line 3' in text
    assert "page_kernel" not in text
    mark, line = (page.locator(where).nth(i).bounding_box() for where, i in ((".run-line", 0), (".cm-line", 2)))
    assert abs(mark["y"] - line["y"]) < 3


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("for i in range(10**6): print(i)", "more characters were printed and are not shown"),
        ("import matplotlib.pyplot as plt\nfor i in range(50): plt.figure()\nplt.show()", "only the first 20"),
        ("[bytearray(2**28) for _ in range(64)]", "MemoryError"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def f(:", "SyntaxError"),
        ("input()", "RuntimeError: input() does not work in the page"),
    ],
)
def test_what_would_break_a_page_does_not(program, expected, open_page):
    page = open_page(FIRST)
    write(page, 1, program)
    page.keyboard.press("Shift+Enter")
    wait(page, "['ok', 'failed'].includes(nncoursePage.cells[0].state)", 120)
    assert expected in shown(page, 1)
    assert page.locator("div.cell").first.locator(".fresh img").count() <= 20


def test_the_second_visit_needs_no_network(open_page, site, python_host, browser):
    if python_host is None:
        pytest.skip("NNCOURSE_PYODIDE is not set: the host of Python cannot be taken down")
    context = browser.new_context()
    page = open_page(FIRST, context=context)
    run = page.get_by_role("button", name="Run cell 2", exact=True)
    run.click()
    wait(page, "nncoursePage.cells[1].state === 'ok'")
    site.server.down = python_host.down = True
    try:
        page.reload(wait_until="load")
        assert page.problems == []  # no file is missing
        run.click()
        wait(page, "nncoursePage.cells[1].state === 'ok'")
        assert page.locator("div.cell").nth(1).locator(".fresh img").count() == 1
    finally:
        site.server.down = python_host.down = False
    page.problems.clear()


def test_a_download_that_fails_is_tried_again_and_then_said(open_page, python_host):
    if python_host is None:
        pytest.skip("NNCOURSE_PYODIDE is not set: the host of Python cannot be taken down")
    python_host.down = True
    try:
        page = open_page(FIRST)
        page.get_by_role("button", name="Run cell 3", exact=True).click()
        wait(page, "nncoursePage.cells[0].state === 'stopped' && nncoursePage.busy === null")
        assert "Python could not go on" in page.locator(".run-status").inner_text()
    finally:
        python_host.down = False
    page.problems.clear()
    page.get_by_role("button", name="Run cell 3", exact=True).click()
    wait(page, "nncoursePage.cells[2].state === 'ok'")
