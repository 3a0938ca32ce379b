"""What the theme leaves to be desired by keyboard, by ear and on small screens, and what is repaired."""

import re

import pytest
from test_pages import SETTLED
from test_run_cells import FIRST, wait


def test_copy_keeps_the_focus_and_is_said(open_page):
    page = open_page(FIRST)
    button = page.locator("button.copybtn").nth(1)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert button.evaluate("button => button === document.activeElement")
    page.locator("[role=status]", has_text="Copied.").wait_for(state="attached")


def test_the_button_for_the_colours_keeps_the_focus_and_says_which_they_are(open_page):
    page = open_page(FIRST)
    button = page.locator(".theme-switch-button").first
    button.focus()
    names = []
    for _ in range(3):
        page.keyboard.press("Enter")
        page.wait_for_timeout(150)
        assert button.evaluate("button => button === document.activeElement")
        names.append(button.get_attribute("aria-label").removeprefix("Color mode: "))
    assert sorted(names) == ["as the system", "dark", "light"]


@pytest.mark.parametrize(
    ("press", "name"), [(".primary-toggle", "Course menu"), (".secondary-toggle", "On this page")]
)
def test_escape_leads_back_from_a_phones_panel(press, name, open_page):
    page = open_page("book/feedforward/perceptron", width=390)
    page.locator(press).first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name=name).wait_for()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert page.locator(press).first.evaluate("button => button === document.activeElement")


def test_the_choices_of_a_question_are_named_with_their_formulas(open_page):
    page = open_page("book/feedforward/backpropagation")
    page.evaluate(SETTLED)
    wait(page, "document.querySelector('.question-choice input[aria-label]') !== null")
    for box in page.locator(".question:has(.question-choice mjx-container)").all():
        names = box.locator("input[aria-label]").evaluate_all("all => all.map((one) => one.ariaLabel)")
        assert all(re.fullmatch(r"[A-D] .+", name) for name in names), names
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("chapter", "spoken"),
    [
        ("feedforward/delta-rule", "f prime ( W x )"),
        ("recurrent/backpropagation-through-time", "h sub t minus 1, end sub"),
        ("feedforward/perceptron", "w transposed x"),
        ("recurrent/vanishing-and-exploding-gradients", "V with index 1"),
    ],
)
def test_formulas_in_names_say_where_their_parts_end(chapter, spoken, open_page):
    page = open_page(f"book/{chapter}")
    named = "[...document.querySelectorAll('.questions [aria-label]')].map((part) => part.ariaLabel)"
    wait(page, f"{named}.length > 0")
    assert any(spoken in name for name in page.evaluate(named)), page.evaluate(named)


def test_the_tab_key_passes_through_an_editor_after_escape_until_one_writes(open_page):
    page = open_page(FIRST)
    page.get_by_role("button", name="Edit cell 2", exact=True).click()
    page.locator(".cm-content").wait_for()
    focus = "document.activeElement.ariaLabel ?? document.activeElement.className"
    page.keyboard.press("Escape")
    assert page.evaluate(focus) == "Run cell 2"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focus).startswith("Code of cell 2.")
    page.keyboard.press("Shift+Tab")
    before = page.evaluate(focus)
    assert not before.startswith("Code of cell 2.")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.type("#")
    page.keyboard.press("Tab")
    assert page.evaluate(focus).startswith("Code of cell 2.")
    assert page.evaluate("nncoursePage.cells[1].source !== nncoursePage.cells[1].original")


def test_a_link_in_the_phones_list_of_sections_takes_the_keyboard_along(open_page):
    page = open_page("book/feedforward/backpropagation", width=390)
    page.evaluate(SETTLED)
    page.locator(".secondary-toggle").focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("dialog", name="On this page").get_by_role("link").nth(3)
    goal = link.get_attribute("href")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.evaluate("'#' + document.activeElement.id") == goal
    top = page.evaluate("scrollY")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.closest('section').closest('{goal}') !== null")
    assert page.evaluate("scrollY") > top / 2


def test_the_menus_button_says_whether_it_is_open_and_copies_what_they_copy(open_page):
    page = open_page(FIRST)
    menu = page.get_by_role("button", name="Course menu", exact=True)
    for state in ("true", "false", "true"):
        assert menu.get_attribute("aria-expanded") == state
        menu.click()
        page.wait_for_timeout(400)
    names = page.locator("button.copybtn").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert "Copy the code of cell 2" in names
    assert None not in names


def test_the_search_puts_the_chapter_first_and_says_what_it_found(open_page):
    page = open_page("search")
    page.goto(f"{page.url}?q=gradient+clipping", wait_until="load")
    page.locator("#search-results .search li a").first.wait_for()
    assert page.locator("#search-results .search li a").first.inner_text().endswith("Gradient clipping")
    page.locator("[role=status]", has_text="found").wait_for(state="attached")
    excerpts = page.locator("#search-results .search li .context")
    excerpts.nth(9).wait_for()
    found = excerpts.all_inner_texts()
    assert [text for text in found if re.search(r"\\|Contents|import |Run all", text)] == []
    page.goto(f"{page.url.partition('?')[0]}?q=gradient+descent", wait_until="load")
    excerpts.get_by_text("gradient descent Repeated small steps against the gradient").wait_for()


def test_why_a_cell_was_left_out_is_said(open_page):
    page = open_page("book/feedforward/delta-rule")
    number = page.evaluate("nncoursePage.cells.find((cell) => cell.tags.includes('needs-torch')).number")
    page.get_by_role("button", name=f"Run cell {number}", exact=True).click()
    page.locator(".run-status", has_text=f"Cell {number} needs PyTorch").wait_for(timeout=120_000)


def test_a_margin_note_lies_before_the_list_of_sections(open_page):
    page = open_page("book/recurrent/adding-bits")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate(SETTLED)
    top = page.evaluate("document.querySelector('aside.margin').getBoundingClientRect().top + scrollY")
    page.evaluate(f"scrollTo(0, {top} - 640)")
    page.wait_for_timeout(500)
    seen = """note => { const { left, top, width, height } = note.getBoundingClientRect();
        const at = (share) => document.elementFromPoint(left + share * width, top + height / 2);
        return [0.1, 0.5, 0.9].every((share) => note.contains(at(share))); }"""
    assert page.locator("aside.margin").first.evaluate(seen)


def test_a_malformed_address_breaks_nothing(open_page):
    page = open_page("book/feedforward/perceptron")
    page.goto(f"{page.url}#100%", wait_until="load")
    page.reload(wait_until="load")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0


def test_paper_has_whole_formulas(open_page):
    page = open_page("book/recurrent/backpropagation-through-time", width=390)
    page.evaluate(SETTLED)
    wide = page.locator("mjx-container[data-scrolls]").first
    assert wide.evaluate("box => getComputedStyle(box).maskImage") != "none"
    page.emulate_media(media="print")
    assert wide.evaluate("box => [getComputedStyle(box).maskImage, getComputedStyle(box).overflowX]") == [
        "none",
        "visible",
    ]
