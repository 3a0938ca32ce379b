"""Quick questions in a browser: by the keyboard alone, with words for every answer, without scripts, on paper."""

import sys

import pytest
import test_pages
import yaml
from conftest import ROOT, SITE

from tools import check_site

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import question_files

axe = test_pages.axe
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = {name.rpartition("/")[2]: name for name in check_site.pages_of_toc(TOC)}
FILES = sorted(path.stem for path in question_files.FOLDER.glob("*.toml"))
CHAPTER = "perceptron"  # it asks for a number and for choices
ASKED = question_files.read(CHAPTER)
NUMBER = next(question for question in ASKED if question.within is not None)
CHOICES = next(question for question in ASKED if question.within is None)
# What is said, and the words of the answers in the closed box, as they stand in the page.
SAID = "box => box.querySelector('[role=status]').textContent.trim().replace(/\\s+/g, ' ')"
TOLD = (
    "box => [...box.querySelectorAll('details > div')].map((row) => row.textContent.trim().replace(/\\s+/g, ' '))"
)
FAR = 987654.0  # a number that nobody means
# A browser that keeps nothing of ours; the theme cannot do without.
NOTHING_KEPT = """for (const name of ["getItem", "setItem"]) {
    const own = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...rest) {
        if (key.startsWith("nncourse:")) throw new DOMException("full", "QuotaExceededError");
        return own.call(this, key, ...rest);
    };
}"""


@pytest.fixture
def asked(open_page):
    """A function that opens a chapter; it returns its page, once the formulas are there."""

    def open_chapter(chapter=CHAPTER, **options):
        if not (SITE / f"{PAGES[chapter]}.html").is_file():
            pytest.skip(f"{SITE} has no page {PAGES[chapter]}: make site")
        page = open_page(PAGES[chapter], **options)
        if options.get("java_script_enabled", True):
            page.evaluate(test_pages.SETTLED)
            page.locator(".question-on").first.wait_for()
        return page

    return open_chapter


def box(page, question):
    """Return the box of a question."""
    return page.locator(f"#question-{question.id}")


def answer(page, question, given):
    """Choose the choice of this place, or write this text, and press Check; return what is said."""
    asked = box(page, question)
    if question.within is None:
        asked.locator("input[type=radio]").nth(given).check()
    else:
        asked.locator("input[type=text]").fill(given)
    asked.get_by_role("button", name="Check", exact=True).click()
    return said(asked)


def said(asked):
    """Return what is said once it is said: formulas may come before."""
    asked.page.wait_for_timeout(30)
    return asked.evaluate(SAID)


@pytest.mark.parametrize("chapter", FILES)
def test_every_answer_is_told_its_own_words_and_nothing_is_sent(chapter, asked):
    page = asked(chapter)
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    for question in question_files.read(chapter):
        for place, row in enumerate(box(page, question).evaluate(TOLD)):
            if question.within is None:
                given = name = question.name(place)
                words = answer(page, question, place)
            else:
                number = question.answers[place].number
                given = FAR if number is None else float(f"{number:.6g}")
                words = answer(page, question, repr(given))
                name = f"{given:.6g}".replace("-", "\N{MINUS SIGN}")
            verdict = "right." if question.answers[place].right else "not right."
            assert words == f"{name} is {verdict}{row.partition('right.')[2]}", (question.id, given)
    assert sent == []


def test_a_question_is_answered_by_the_keyboard_alone(asked):
    page = asked()
    choices, number = box(page, CHOICES), box(page, NUMBER)
    choices.locator("legend").evaluate("legend => { legend.tabIndex = -1; legend.focus(); }")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    place = 1  # the arrow leads from the first to the second, and chooses it
    assert choices.locator("input").nth(place).is_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Enter")
    assert said(choices).startswith(CHOICES.verdict(place))
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert said(choices).startswith(CHOICES.verdict(place - 1))
    number.locator("legend").evaluate("legend => { legend.tabIndex = -1; legend.focus(); }")
    page.keyboard.press("Tab")
    page.keyboard.type("12345")
    page.keyboard.press("Enter")
    assert said(number).startswith("12345 is not right.")


def test_a_screen_reader_hears_the_question_the_choices_and_the_answer(asked):
    page = asked()
    choices, number = box(page, CHOICES), box(page, NUMBER)
    for asking in (choices, number):
        words = asking.get_by_role("group")
        assert words.count() == 1
        assert "Question" in words.locator("legend").inner_text()
        assert asking.get_by_role("status").count() == 1
    names = [choices.get_by_role("radio").nth(i).evaluate("radio => radio.labels[0].innerText") for i in range(2)]
    assert [name.split()[0] for name in names] == ["A", "B"]
    field = number.get_by_role("textbox", name="Your number")
    assert "0,25 or 1/4" in page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Write a number first."),
        ("many", "This is no number that can be read."),
        ("1.234,5", "This is no number that can be read."),
        ("/2", "This is no number that can be read."),
        ("0x10", "This is no number that can be read."),
        ("1/0", "This is no number that can be read."),
        ("1/2/3", "This is no number that can be read."),
        ("Infinity", "This is no number that can be read."),
        ("12,5", "12.5 is not right."),
        (" 100 / 8 ", "12.5 is not right."),
        ("-1/3", "\N{MINUS SIGN}0.333333 is not right."),
        ("\N{MINUS SIGN}.25", "\N{MINUS SIGN}0.25 is not right."),
        ("1e2", "100 is not right."),
    ],
)
def test_a_number_may_be_written_as_people_do(written, words, asked):
    assert answer(asked(), NUMBER, written).startswith(words)


def test_a_number_is_right_as_far_as_it_says_and_no_farther(asked):
    page, right = asked(), NUMBER.answers[0].number
    for off, verdict in ((0, ""), (NUMBER.within, ""), (-NUMBER.within, ""), (1.02 * NUMBER.within, "not ")):
        words = answer(page, NUMBER, repr(right + off).replace(".", ","))
        assert f" is {verdict}right." in words, off


def test_one_who_chose_nothing_is_told_so(asked):
    page = asked()
    box(page, CHOICES).get_by_role("button", name="Check", exact=True).click()
    assert said(box(page, CHOICES)) == "Choose an answer first."


def test_no_rule_of_wcag_is_broken_before_and_after_an_answer(asked, axe):
    page = asked()
    assert test_pages.problems(page, axe) == []
    answer(page, NUMBER, "12,5")
    for place, question in enumerate(question for question in ASKED if question.within is None):
        right = next(i for i, choice in enumerate(question.answers) if choice.right)
        answer(page, question, right if place == 0 else (right + 1) % len(question.answers))
    assert test_pages.problems(page, axe) == []


def test_a_right_answer_is_known_at_the_next_visit(asked, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = asked(context=context)
    wrong, right = sorted(range(len(CHOICES.answers)), key=lambda place: CHOICES.answers[place].right)[
        :: len(CHOICES.answers) - 1
    ]
    answer(page, CHOICES, wrong)
    assert box(page, CHOICES).locator(".question-done").count() == 0
    answer(page, CHOICES, right)
    assert box(page, CHOICES).locator("legend .question-done").inner_text() == "Answered."
    page.reload()
    page.locator(".question-on").first.wait_for()
    assert page.locator(".question-done").count() == 1
    assert box(page, CHOICES).locator(".question-done").is_visible()
    assert box(page, CHOICES).evaluate(SAID) == ""


def test_a_browser_that_keeps_nothing_answers_all_the_same(asked, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(NOTHING_KEPT)
    page = asked(context=context)
    right = next(i for i, choice in enumerate(CHOICES.answers) if choice.right)
    assert answer(page, CHOICES, right).startswith(CHOICES.verdict(right))
    assert box(page, CHOICES).locator(".question-done").count() == 1


def test_without_scripts_there_are_questions_choices_and_answers(asked):
    page = asked(java_script_enabled=False)
    choices, number = box(page, CHOICES), box(page, NUMBER)
    assert choices.locator("label").count() == len(CHOICES.answers)
    assert page.locator(".question :is(button, input):visible").count() == 0
    for asking, question in ((choices, CHOICES), (number, NUMBER)):
        asking.locator("summary").click()
        rows = asking.locator("details > div")
        assert rows.count() == len(question.answers)
        assert rows.last.is_visible()
        assert rows.first.inner_text().startswith(question.verdict(0))


def test_paper_has_the_answers_and_no_controls(asked):
    page = asked()
    answer(page, NUMBER, "12,5")
    assert page.locator(".question details:visible").count() == 0
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".question details:visible").count() == len(ASKED)
    assert box(page, CHOICES).locator("details > div").last.is_visible()
    assert page.locator(".question :is(button, input, [role=status]):visible").count() == 0


def test_on_a_phone_all_of_it_fits(asked):
    page = asked(width=320)
    answer(page, NUMBER, "12,5")
    for place in range(len(CHOICES.answers)):
        answer(page, CHOICES, place)
        assert page.evaluate(test_pages.WIDE) == []
    heights = page.locator(".question :is(.question-choice, button)").evaluate_all(
        "parts => parts.map((part) => part.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24
