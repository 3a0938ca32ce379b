"""The order in which cells run, in a browser: what is old, what a second click does, what Stop leaves."""

import pytest
from test_bad_cases import IDLE, beside, run_text
from test_run_cells import FIRST, shown, wait

STATES = "nncoursePage.cells.slice(0, 4).map((cell) => cell.state)"


def give(page, *texts):
    """Give the first cells these texts."""
    for i, text in enumerate(texts):
        page.evaluate("([i, text]) => nncoursePage.cells[i].change(text)", [i, text])


def press_run(page, number, timeout=90):
    """Run a cell, and what has to run before."""
    page.get_by_role("button", name=f"Run cell {number}", exact=True).click()
    wait(page, IDLE, timeout)


def test_a_text_that_changed_above_runs_first_and_what_ran_before_is_called_old(open_page):
    page = open_page(FIRST)
    give(page, "lr = 1", "y = 10 * lr", "print(y)", "print(lr)")
    press_run(page, 4)
    assert shown(page, 3).strip() == "10"
    give(page, "lr = 5")
    assert "ran, changed since" in beside(page, 1)
    press_run(page, 3)  # cells 1 and 2 before it
    assert shown(page, 3).strip() == "50"
    assert "ran, a cell above has changed since" in beside(page, 4)
    press_run(page, 4)
    assert shown(page, 4).strip() == "5"
    assert "ran, changed" in beside(page, 4)
    page.evaluate("window.count = 0; nncoursePage.cells.forEach((cell) => { const begin = cell.begin; "
                  "cell.begin = () => { window.count += 1; begin.call(cell); }; })")  # fmt: skip
    press_run(page, 4)
    assert page.evaluate("window.count") == 1


@pytest.mark.parametrize("way", ["click", "Enter", "all"])
def test_a_second_click_meant_for_run_stops_nothing(way, open_page):
    page = open_page(FIRST)
    assert run_text(page, 1, "import time\nkept = 1")[0] == "ok"
    slow = "time.sleep(1.5)\nprint(kept)"
    give(page, "kept = 1", slow, "1", "1")
    page.evaluate(
        "document.querySelectorAll('div.cell').forEach((box, i) => i > 3 && nncoursePage.cells[i].change('1'))"
    )
    run = page.get_by_role("button", name="Run all cells" if way == "all" else "Run cell 2", exact=True)
    if way == "Enter":
        run.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # Stop has the focus now
    else:
        run.dblclick(delay=20)
    wait(page, IDLE)
    assert shown(page, 2).strip() == "1"
    assert page.evaluate("nncoursePage.cells[1].state") == "ok"


def test_a_cell_that_waits_runs_as_it_was_when_it_was_asked_for(open_page):
    page = open_page(FIRST)
    give(page, "import time\ntime.sleep(2)", "print(2)")
    page.get_by_role("button", name="Run cell 2", exact=True).click()
    wait(page, "nncoursePage.cells[0].state === 'running'")
    give(page, "import time\ntime.sleep(2)", "print(333)")
    page.evaluate("nncoursePage.run(nncoursePage.cells[0])")  # it still runs: nothing is asked for
    wait(page, IDLE)
    assert shown(page, 2).strip() == "2"
    assert "ran, changed since" in beside(page, 2)


def test_a_python_that_was_stopped_does_not_end_the_next_one(open_page):
    page = open_page(FIRST)
    for _ in range(3):
        give(page, "import time\ntime.sleep(100)")
        page.get_by_role("button", name="Run cell 1", exact=True).click()
        wait(page, "nncoursePage.cells[0].state === 'running'")
        page.wait_for_timeout(3000)
        page.get_by_role("button", name="Stop cell 1").click()
        wait(page, IDLE)
        assert run_text(page, 1, "import time\ntime.sleep(3)\n6 * 7") == ["ok", "42"]


def test_what_was_printed_before_a_loop_is_there_while_it_runs(open_page):
    page = open_page(FIRST)
    give(page, "for i in range(500):\n    print(i)\nwhile True:\n    pass")
    page.get_by_role("button", name="Run cell 1", exact=True).click()
    wait(page, "nncoursePage.cells[0].outputs?.box.textContent.endsWith('\\n499\\n')")
    page.evaluate("nncoursePage.stop()")
    wait(page, IDLE)
    assert "498\n499\n" in shown(page, 1)


def test_a_cell_that_will_not_run_after_all_stands_as_it_stood(open_page):
    page = open_page(FIRST)
    give(page, "import time", "print('two')", "print('three')", "print('four')")
    press_run(page, 4)
    give(page, "import time\ntime.sleep(3)")
    page.get_by_role("button", name="Run cell 3", exact=True).click()
    wait(page, "nncoursePage.cells[0].state === 'running'")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Stop cell 3").click()
    assert shown(page, 3).strip() == "three"
    wait(page, IDLE)
    assert page.evaluate(STATES) == ["ok"] * 4
    give(page, "import time", "1 / 0")
    press_run(page, 4)
    assert page.evaluate(STATES) == ["ok", "failed", "ok", "ok"]
    assert [shown(page, number).strip() for number in (3, 4)] == ["three", "four"]


def test_a_cell_of_ones_own_that_needs_what_is_not_there_keeps_what_it_said(open_page):
    page = open_page(FIRST)
    state, text = run_text(page, 1, "print('my own')\nimport scipy")
    assert state == "failed"
    assert text.startswith("my own\n")
    assert "No module named 'scipy'" in text
    assert "This cell needs SciPy, which the page does not have." in beside(page, 1)


def test_a_phone_shows_a_picture_large_as_stored_and_as_drawn_anew(open_page):
    page = open_page(FIRST, width=390)
    number = page.evaluate("nncoursePage.cells.find((cell) => cell.box.querySelector('figure img')).number")
    cell = page.locator("div.cell").nth(number - 1)
    for _ in range(2):
        small, width = (
            cell.locator("figure img").evaluate(f"(image) => image.{size}")
            for size in ("clientWidth", "naturalWidth")
        )
        assert small < 370 < width
        button = cell.get_by_role("button", name="Enlarge the figure: ")
        button.focus()
        page.keyboard.press("Enter")
        large = page.get_by_role("dialog", name="Figure, large")
        assert large.locator("img").evaluate("(image) => image.clientWidth") == width
        page.keyboard.press("Escape")
        assert page.locator("dialog.large").count() == 0
        page.wait_for_timeout(100)
        assert button.evaluate("(button) => button === document.activeElement")
        press_run(page, number)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert not button.is_visible()


def test_a_figure_keeps_its_number_its_words_and_its_place(open_page):
    page = open_page(FIRST)
    figure = page.locator("figure:has(figcaption)[id^=fig-]").first
    name, words = figure.get_attribute("id"), figure.locator("figcaption").inner_text()
    number = page.evaluate(
        "(id) => nncoursePage.cells.find((cell) => cell.box.querySelector('#' + id)).number", name
    )
    press_run(page, number)
    assert page.locator(f"#{name}").locator("figcaption").inner_text() == words
    assert page.locator(f"#{name} img").get_attribute("src").startswith("data:")
    assert page.locator(f"[id={name}]").count() == 1
    page.get_by_role("button", name=f"Show the stored output of cell {number}").click()
    assert page.locator(f"figure#{name} figcaption").inner_text() == words
