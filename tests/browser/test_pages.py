"""Every page in a browser: the rules of WCAG, a phone's width, the keyboard alone, formulas, pictures in words."""

import re

import pytest
from conftest import SITE
from test_run_cells import FIRST, wait, write

from tools import web
from tools.check_site import Page

APART = ("_static", "lite", "index.html")  # the last one only leads to the first page
PAGES = sorted(path for path in SITE.rglob("*.html") if path.relative_to(SITE).parts[0] not in APART)
# One template shows the source of every module: the longest stands for all.
SOURCES = [path for path in PAGES if path.is_relative_to(SITE / "_modules" / "nncourse")]
LONGEST = max(SOURCES, key=lambda path: path.stat().st_size, default=None)
NAMES = [
    path.relative_to(SITE).with_suffix("").as_posix() for path in PAGES if path not in SOURCES or path == LONGEST
]
CHAPTER = "book/feedforward/delta-rule"  # formulas, solutions, a figure to turn, links, cells
LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
OPEN_ALL = "document.querySelectorAll('details').forEach((box) => { box.open = true; })"
SETTLED = "window.MathJax?.startup?.promise?.then(() => true) ?? true"
PROBLEMS = """async (tags) => (await axe.run({runOnly: tags, resultTypes: ["violations"]})).violations.flatMap(
    (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`))"""
# What is wider than the page, and in no box that scrolls and that the keyboard reaches.
WIDE = """() => {
    const edge = document.documentElement.clientWidth;
    const boxed = (element) => {
        for (let box = element.parentElement; box; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.overflowX === "visible") continue;
            const inside = box.getBoundingClientRect().right <= edge + 1;
            const reached = box.tabIndex >= 0 || box.querySelector("a[href], button, input, select, [tabindex]");
            if (inside && (!/auto|scroll/.test(style.overflowX) || reached)) return true;
        }
        return false;
    };
    const found = [...document.querySelectorAll("main *:not(svg *)")].filter((element) => {
        const { right, width, height } = element.getBoundingClientRect();
        const seen = width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
        return seen && right > edge + 1 && !boxed(element);
    });
    const wide = found.slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
    const { scrollWidth } = document.documentElement;
    return scrollWidth > edge ? [`scrolls to ${scrollWidth}`, ...wide] : wide;
}"""
# Where each sign of each formula stands in it.
PLACES = """[...document.querySelectorAll("mjx-math")].flatMap((formula) => {
    const { left, top } = formula.getBoundingClientRect();
    const signs = [...formula.querySelectorAll("mjx-c")].map((sign) => sign.getBoundingClientRect());
    return signs.flatMap((sign) => [sign.left - left, sign.top - top]);
})"""
# Formulas that scroll, so that a part is not seen.
CUT = """[...document.querySelectorAll("mjx-container[data-scrolls~=x]")].map((one) => one.closest("[id]")?.id)"""
# What the Tab key must reach, in order, and how each looks while it has no focus.
STOPS = """() => {
    const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((element) => element.tabIndex >= 0 && !element.disabled)
        .filter((element) => element.checkVisibility({ visibilityProperty: true }))
        .filter((element) => {
            if (element.type !== "radio") return true;
            const group = [...document.getElementsByName(element.name)];
            return element === (group.find((one) => one.checked) ?? group[0]);
        })
        .filter((element) => !element.closest("[inert]"));
    window.stops = stops;
    const ring = (element) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
        const outline = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && !/, 0\\)$/.test(outlineColor);
        return `${outline} ${boxShadow}`;
    };
    window.look = (element) => [element, ...element.children].map(ring).join();
    window.before = new Map(stops.map((element) => [element, look(element)]));
    return stops.map((element) => element.outerHTML.slice(0, 120));
}"""
FOCUS = """() => {
    const element = document.activeElement;
    const seen = [element, ...element.children].some((part) => {
        const { top, bottom, left, right } = part.getBoundingClientRect();
        return bottom > Math.max(top, 0) && top < innerHeight && right > 0 && left < innerWidth;
    });
    return [stops.indexOf(element), seen && look(element) !== before.get(element), element.outerHTML.slice(0, 120)];
}"""
# Cells that show all that a cell can show; the last one fails.
CELLS = [
    "import sys\nimport matplotlib.pyplot as plt\nprint('wide ' * 60)\nprint('warned', file=sys.stderr)\n"
    "plt.plot([1])\nplt.show()",
    "class T:\n    def _repr_html_(self):\n        return '<table><tr><th>a</th></tr></table>'\nT()",
    "class F:\n    def _repr_latex_(self):\n        return '$' + ' + '.join([r'\\frac{a}{b}'] * 40) + '$'\n\nF()",
    "x = 0\n1 / x",
]


@pytest.fixture(scope="session")
def axe():
    """The script of axe-core; the page's policy does not hold for what a test evaluates."""
    web.install()
    return (web.PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def problems(page, axe):
    """Return what axe finds, at two widths, light and dark, with every closed box opened."""
    page.evaluate(SETTLED)
    page.evaluate(OPEN_ALL)
    page.evaluate(axe)
    found = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        wait(page, f"document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_timeout(400)  # colours fade over
        found += [f"{width} {scheme} {problem}" for problem in page.evaluate(PROBLEMS, RULES)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_page_breaks_a_rule_of_wcag_or_asks_another_host(name, open_page, browser, site, axe):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = open_page(name, context=context)
    assert problems(page, axe) == []
    assert [address for address in asked if not address.startswith((site.address, "data:", "blob:"))] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_page_scrolls_sideways_on_a_phone(name, open_page):
    page = open_page(name, width=390)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(SETTLED)
        page.evaluate(OPEN_ALL)
        page.wait_for_timeout(200)
        assert page.evaluate(WIDE) == [], width
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate(CUT) == []


def test_cells_that_have_run_break_no_rule(open_page, axe):
    page = open_page(FIRST)
    for number, text in enumerate(CELLS, start=1):
        write(page, number, text)
    page.get_by_role("button", name="Run cell 4", exact=True).click()
    wait(page, "nncoursePage.busy === null && ['ok', 'failed'].includes(nncoursePage.cells[3].state)")
    for kind in ("stream", "stderr", "image_png", "text_html", "text_latex", "traceback"):
        assert page.locator(f".cell_output.fresh .output.{kind}").count() > 0, kind
    assert page.locator(".cm-editor").count() == 4
    assert problems(page, axe) == []


LOOK = """() => {
    const { color } = getComputedStyle(document.querySelector("main a.internal"));
    return [getComputedStyle(document.body).backgroundColor, color, document.querySelectorAll(
        ".logo__image").values().filter((image) => image.checkVisibility()).toArray().length];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_light_or_dark_before_the_themes_script_has_come(scheme, browser, site):
    looks = {}
    for kind in ("whole", "early", "scripts"):
        context = browser.new_context(color_scheme=scheme, java_script_enabled=kind != "scripts")
        page = context.new_page()
        if kind == "early":
            page.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
        page.goto(f"{site.address}/{CHAPTER}.html")
        looks[kind] = page.evaluate(LOOK)
        context.close()
    assert looks["early"] == looks["whole"]
    assert looks["whole"][2] == looks["scripts"][2] == 1
    assert (looks["scripts"] == looks["whole"]) == (scheme == "light")


def test_the_phones_menu_breaks_no_rule(open_page, axe):
    page = open_page(CHAPTER, width=390)
    page.evaluate(axe)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator(".primary-toggle:visible").first.click()
        page.wait_for_timeout(600)
        assert page.get_by_role("link", name="Notation").is_visible()
        assert page.evaluate(PROBLEMS, RULES) == []
        page.keyboard.press("Escape")
        page.wait_for_timeout(600)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [CHAPTER, FIRST, "book/reference/glossary"])
def test_the_tab_key_reaches_everything_in_order_and_one_sees_where_it_is(name, width, open_page):
    page = open_page(name, width=width, reduced_motion="reduce")
    page.evaluate(SETTLED)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(500)
    stops = page.evaluate(STOPS)
    reached = []
    for _ in range(len(stops)):
        page.keyboard.press("Tab")
        if not page.evaluate(FOCUS)[1]:
            page.wait_for_timeout(100)  # a frame or two later it stands where it goes
        reached.append(page.evaluate(FOCUS))
    assert [place for place, _, _ in reached] == list(range(len(stops))), next(
        (words, stops[i]) for i, (place, _, words) in enumerate(reached) if place != i
    )
    assert [words for _, seen, words in reached if not seen] == []


def test_the_skip_link_leads_to_the_text(open_page):
    page = open_page(CHAPTER)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article.bd-article') !== null")


def test_the_keyboard_enters_an_editor_leaves_it_and_keeps_its_place_when_a_cell_runs(open_page):
    page = open_page(FIRST)
    page.get_by_role("button", name="Edit cell 1", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator(".cm-content").wait_for()
    inside = "document.activeElement.classList.contains('cm-content')"
    assert page.evaluate(inside)
    page.keyboard.press("Tab")
    assert page.evaluate(inside)
    help_text = page.locator("div.cell").first.get_by_text("Escape leaves it")
    assert help_text.is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Run cell 1"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Stop cell 1"
    wait(page, "nncoursePage.cells[0].state !== 'waiting' && nncoursePage.busy === null")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Run cell 1"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("_modules")])
def test_formulas_are_there_for_eyes_and_for_a_screen_reader(name, open_page):
    page = open_page(name)
    page.evaluate(SETTLED)
    page.evaluate(OPEN_ALL)
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.math.notranslate:not(:has(mjx-container))')].map((e) => e.outerHTML)"
        )
        == []
    )
    assert page.evaluate("[...document.querySelectorAll('merror, [data-mjx-error]')].map((e) => e.outerHTML)") == []
    count = page.evaluate("document.querySelectorAll('mjx-container').length")
    whole = "mjx-container:has(> mjx-math[aria-hidden=true]):has(> mjx-assistive-mml > math)"
    assert page.evaluate(f'document.querySelectorAll("{whole}").length') == count
    # What is said to the answers of quick questions is shown one at a time: in test_questions.
    shown = page.evaluate("document.querySelectorAll('mjx-container:not(.question-answers *)').length")
    if shown:
        nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        assert roles.count("MathMLMath") == shown


def test_the_spacing_that_a_reader_sets_moves_no_part_of_a_formula(open_page):
    page = open_page("book/recurrent/recurrent-networks")
    page.evaluate(SETTLED)
    page.evaluate("document.fonts.ready.then(() => true)")
    before = page.evaluate(PLACES)
    assert len(before) > 1000
    page.evaluate("""() => {
        const sheet = new CSSStyleSheet(); // WCAG 1.4.12
        sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; "
            + "word-spacing: 0.16em !important } p { margin-bottom: 2em !important }");
        document.adoptedStyleSheets = [sheet];
    }""")
    assert page.evaluate("getComputedStyle(document.querySelector('main p')).letterSpacing") != "normal"
    assert page.evaluate(PLACES) == pytest.approx(before, abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_says_in_a_sentence_what_it_shows(name):
    for image in Page(SITE / f"{name}.html").images:
        if image.get("class") not in ("logo__image", "toggler") and "logo" not in image.get("class", ""):
            alt = image.get("alt", "")
            assert len(re.findall(r"[a-z]{2,}", alt, re.IGNORECASE)) >= 6, (image["src"], alt)
            assert not re.search(r"\.(png|svg|jpg)$", alt), alt
