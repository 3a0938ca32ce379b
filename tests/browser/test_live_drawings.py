"""Figures that a reader can turn, in a browser: driven by the keyboard alone, and compared with the package."""

import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book")
sys.path.insert(0, str(ROOT / "book" / "_ext"))
live_figures = import_module("live_figures")
unrolling = import_module("nncourse.unrolling")

# The page of every figure.
PAGES = {
    "backpropagation": "book/feedforward/backpropagation",
    "backpropagation-through-time": "book/recurrent/backpropagation-through-time",
    "delta-rule": "book/feedforward/delta-rule",
    "gradient-along-time": "book/recurrent/vanishing-and-exploding-gradients",
    "hierarchical-softmax": "book/feedforward/hierarchical-softmax",
    "learn-xor": "book/index",
    "perceptron": "book/feedforward/perceptron",
    "pick-a-start": "book/recurrent/gradient-clipping",
}
EVERY_FIGURE = pytest.mark.parametrize("name", sorted(PAGES))


@pytest.fixture
def figure(browser, site):
    """A function that opens a figure's page: name, more for the page, to the figure's locator."""
    opened, problems = [], []

    def open_figure(name, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and problems.append(said.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request", lambda asked: asked.url.startswith((site.address, "data:")) or problems.append(asked.url)
        )
        page.goto(f"{site.address}/{PAGES[name]}.html", wait_until="domcontentloaded")
        found = page.locator(f"#live-{name}")
        if options.get("java_script_enabled", True):
            found.locator(".live-box").wait_for()
        return found

    yield open_figure
    for context in opened:
        context.close()
    assert problems == []


def said(figure):
    """Return what the figure says in words, with plain minus signs."""
    return figure.locator("output").inner_text().replace("\N{MINUS SIGN}", "-")


def numbers(text):
    """Return the numbers in a text."""
    return [float(found) for found in re.findall(r"[-+]?\d+(?:\.\d+)?", text.replace("\N{MINUS SIGN}", "-"))]


def tab_to(figure, role, name):
    """Press Tab, at most forty times, from the figure's first control until the wanted one has the focus."""
    wanted = figure.get_by_role(role, name=name, exact=True)
    page = figure.page
    figure.locator(":is(button, input, select)").first.focus()
    for _ in range(40):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {role} {name}")


def press(figure, name, times=1):
    """Reach a button by the keyboard and press it."""
    tab_to(figure, "button", name)
    for _ in range(times):
        figure.page.keyboard.press("Enter")


def walk(figure, last):
    """Give what the figure says at every state of its stepper, by the button Next alone."""
    press(figure, "Start again")
    yield said(figure)
    tab_to(figure, "button", "Next")
    for _ in range(last):
        figure.page.keyboard.press("Enter")
        yield said(figure)


# --- what holds for every figure ---


@EVERY_FIGURE
def test_without_scripts_the_picture_is_there(figure, name):
    found = figure(name, java_script_enabled=False)
    found.locator("img").wait_for()
    assert len(found.locator("img").get_attribute("alt")) >= 80
    assert found.locator(".live-box").count() == 0


@EVERY_FIGURE
def test_with_scripts_the_drawing_stands_for_the_picture_which_is_printed(figure, name):
    found = figure(name)
    assert not found.locator("img").is_visible()
    assert found.locator("svg").first.is_visible()
    found.page.emulate_media(media="print")
    found.locator("img").wait_for()
    assert not found.locator(".live-box").is_visible()


@EVERY_FIGURE
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_fits_a_phone(figure, name, scheme):
    found = figure(name, color_scheme=scheme)
    found.page.set_viewport_size({"width": 390, "height": 800})
    assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for picture in found.locator("svg").all():
        assert picture.evaluate("svg => svg.getScreenCTM().a") >= 0.9  # its letters are as large as they were drawn
    for control in found.locator("button, label").all():
        assert control.bounding_box()["height"] >= 24


@EVERY_FIGURE
def test_every_control_is_reached_by_tab_shows_it_and_has_a_name(figure, name):
    found = figure(name)
    for control in found.locator("button, select, input[type=range], input:checked").all():
        control.focus()
        found.page.keyboard.press("Shift+Tab")
        found.page.keyboard.press("Tab")
        assert control.evaluate("element => element === document.activeElement")
        assert control.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
    for picture in found.locator("svg").all():
        assert len(picture.get_attribute("aria-label")) > 10


@EVERY_FIGURE
def test_the_words_are_a_status(figure, name):
    found = figure(name)
    assert found.get_by_role("status").inner_text() == found.locator("output").inner_text() != ""


@EVERY_FIGURE
def test_no_letters_leave_their_panel(figure, name):
    found = figure(name)
    outside = found.locator("svg").evaluate_all(
        """svgs => svgs.flatMap((svg) => [...svg.querySelectorAll("text")].filter((text) => {
          const [box, view] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
          const across = box.left < view.left - 2 || box.right > view.right + 2;
          return across || box.top < view.top - 2 || box.bottom > view.bottom + 2;
        }).map((text) => text.textContent))"""
    )
    assert outside == []


# --- the delta rule ---


@pytest.mark.parametrize("eta", [8, 2, 80])
def test_the_delta_rules_walk(figure, eta):
    found, module = figure("delta-rule"), live_figures.module("delta-rule")
    if eta != 8:
        tab_to(found, "radio", "8")
        found.page.keyboard.press("ArrowLeft" if eta == 2 else "ArrowRight")
    path, losses, slopes = module.walk(eta)
    for step, text in enumerate(walk(found, module.STEPS)):
        after, *shown = numbers(text.replace("below ", "").replace("w₁", "").replace("w₂", ""))
        move = -eta * slopes[step]
        assert after == step
        expected = [*path[step], max(losses[step], 1e-4), *slopes[step], eta, *move]
        accuracy = [0.0051, 0.0051, 6e-5, 6e-5, 6e-5, 0, 0.0051, 0.0051]
        assert all(abs(a - b) <= c for a, b, c in zip(shown, expected, accuracy, strict=True)), text
    tab_to(found, "slider", "Step")
    assert found.get_by_role("slider").get_attribute("aria-valuetext") == "60 of 60"
    found.page.keyboard.press("Home")
    assert said(found).startswith("After 0 steps: weights (-3.00, 2.50), loss 0.2556.")
    found.page.keyboard.press("End")
    assert said(found) == text


def test_a_finger_and_a_mouse_do_what_keys_do(figure):
    found = figure("delta-rule", has_touch=True)
    found.get_by_role("button", name="Next").tap()
    assert said(found).startswith("After 1 step: ")
    found.get_by_role("radio", name="80").tap()
    assert said(found).startswith("After 0 steps: ")
    found.get_by_role("button", name="Next").click()
    assert "minus 80 times that" in said(found)
    found.get_by_role("button", name="Back").click()
    press(found, "Back")  # has nothing to do, does nothing, and keeps the focus
    assert found.get_by_role("button", name="Back").evaluate("button => button === document.activeElement")
    assert said(found).startswith("After 0 steps: ")


# --- forward and backward through a small network ---


def test_the_two_passes_say_what_the_network_computes(figure):
    found, module = figure("backpropagation"), live_figures.module("backpropagation")
    texts, passes = list(walk(found, 12)), module.passes()
    (z1, z2), (x, a1, a2), (prime1, prime2) = passes["z"], passes["a"], passes["prime"]
    (delta1, delta2), (y,) = passes["delta"], module.Y
    W1, W2 = module.PARAMS.values()
    _, grads = module.NET.loss_and_grad(module.PARAMS, module.X, module.Y)
    after = {name: W - module.ETA * grads[name] for name, W in module.PARAMS.items()}
    blame = delta2 @ W2
    expected = [
        [*x, *W1.ravel(), *W2.ravel()],
        *[[*np.abs(W1[i] * x), z1[i], a1[i]] for i in (0, 1)],
        *[[*np.abs(W2[i] * a1), z2[i], a2[i]] for i in (0, 1)],
        [*y, *(a2 - y), passes["loss"]],
        *[[a2[i] - y[i], prime2[i], delta2[i]] for i in (0, 1)],
        *[[*np.abs(W2[:, j] * delta2), blame[j], prime1[j], delta1[j]] for j in (0, 1)],
        [delta2[0], a1[0], grads["W2"][0, 0], *grads["W2"].ravel()],
        [delta1[0], x[0], grads["W1"][0, 0], *grads["W1"].ravel()],
        [
            module.ETA,
            *after["W1"].ravel(),
            *after["W2"].ravel(),
            *module.NET.forward(after, module.X)[0][0],
            passes["loss"],
            module.NET.evaluate(after, module.X, module.Y),
        ],
    ]
    for text, numbers_expected in zip(texts, expected, strict=True):
        shown = numbers(re.sub(r"(Hidden node|Output) \d", "", text))
        if "adds up" in text:  # a minus may stand before a sum's numbers
            shown[:2] = map(abs, shown[:2])
        np.testing.assert_allclose(shown, numbers_expected, atol=6e-4, err_msg=text)
    assert [
        f"it should say {word}" in text for text, word in zip(texts[6:10], ["more", "less"] * 2, strict=True)
    ] == [True] * 4


def test_the_edges_carry_weights_then_messages_then_slopes(figure):
    found, module = figure("backpropagation"), live_figures.module("backpropagation")
    on_edges = found.locator("svg text.tag")
    states = {
        0: module.PARAMS["W2"],
        3: module.data()["up"][1],
        8: module.data()["down"],
        10: module.data()["grads"][1],
    }
    at = 0
    for state, values in states.items():
        press(found, "Next", state - at)
        at = state
        active = on_edges.evaluate_all(
            "texts => texts.map((text) => [text.textContent, text.classList.contains('bold')])"
        )
        for (text, bold), value, (i, j) in zip(active[4:], np.ravel(values), np.ndindex(2, 2), strict=True):
            on = {0: False, 3: i == 0, 8: j == 0, 10: True}[state]
            assert bold is on
            assert abs(numbers(text)[0] - (value if on else module.PARAMS["W2"][i, j])) <= 0.0051


# --- the perceptron's line ---


@pytest.mark.parametrize("number", range(3))
def test_the_perceptrons_mistakes(figure, number):
    found, module = figure("perceptron"), live_figures.module("perceptron")
    if number:
        tab_to(found, "radio", "as above")
        for _ in range(number):
            found.page.keyboard.press("ArrowRight")
    X, y = module.points()
    path, rows, rounds = module.walk(list(module.orders().values())[number])
    counts = module.wrong(path).sum(axis=1)
    states = list(walk(found, len(rows)))
    assert numbers(states[0]) == [len(rows), 0, 0, 33, 33]
    for k, text in enumerate(states[1:], start=1):
        row, w = rows[k - 1], path[k]
        expected = [k, rounds[k - 1], *X[row], path[k - 1] @ X[row], *w]
        expected += [counts[k], len(X), counts[k - 1]] if counts[k] else []
        np.testing.assert_allclose(numbers(text), expected, atol=0.0051, err_msg=text)
        assert f"a {'missed' if y[row] > 0 else 'false'} yes" in text
    assert states[-1].endswith("it stops.")
    assert found.locator("svg rect.ring").count() == 0
    press(found, "Back")
    assert found.locator("svg rect.ring").count() == counts[-2]


def test_the_line_that_is_drawn_leaves_the_wrong_points_on_the_wrong_side(figure):
    found, module = figure("perceptron"), live_figures.module("perceptron")
    path, *_ = module.walk(np.arange(33))
    press(found, "Next", 3)
    line = found.locator("svg").first.locator("path.strong").first.get_attribute("d")
    left, top, right, bottom = numbers(line)
    across, up = right - left, top - bottom  # a panel's units go down
    assert abs(across * path[3][0] + up * path[3][1]) < 0.01 * np.hypot(across, up) * np.hypot(*path[3])


# --- the tree of the hierarchical softmax ---


def check_path(text, word, tree, scores, shares, today):
    """Compare what the figure says of a path with the package: the turns, the scores, the factors, the product."""
    module = live_figures.module("hierarchical-softmax")
    y = module.known().index[word]
    nodes, signs = tree.path(y)
    assert f"to “{word}”: {', '.join('left' if sign > 0 else 'right' for sign in signs)}. " in text
    product = re.search(rf"p\({word}{f' . {today}' if today else ''}\) = (.*?)\. Of ", text)[1].split(" = ")
    turns = 1 / (1 + np.exp(-signs * scores[nodes]))
    expected = [signs * scores[nodes], turns, [np.prod(turns)]][: None if len(nodes) > 1 else 1]
    expected = expected if len(nodes) > 1 else [*expected, turns]
    for part, values in zip(product, expected, strict=True):
        np.testing.assert_allclose(numbers(part), values, atol=6e-4, err_msg=text)
    rest = numbers(text.partition("Of ")[2])
    np.testing.assert_allclose(rest[:2], [shares[y], 1], atol=6e-4)
    np.testing.assert_allclose(rest[2], module.shares()[0] @ tree.lengths, atol=0.0051)


@pytest.mark.parametrize("name", ["Huffman", "balanced"])
def test_every_path_of_the_tree(figure, name):
    found, module = figure("hierarchical-softmax"), live_figures.module("hierarchical-softmax")
    press_key, tree = found.page.keyboard.press, module.trees()[name]
    if name == "balanced":
        tab_to(found, "radio", "Huffman")
        press_key("ArrowRight")
    for state, today in enumerate([None, *module.TODAY]):
        if state:
            tab_to(found, "radio", ["before training", "trained, after sun"][state - 1])
            press_key("ArrowRight")
        tab_to(found, "combobox", "Word")
        press_key("Home")
        for word in module.known().words:
            check_path(said(found), word, tree, module.scores(name)[state], module.shares()[state], today)
            press_key("ArrowDown")


def test_the_path_is_drawn_with_its_signs_and_the_bars_are_the_probabilities(figure):
    found, module = figure("hierarchical-softmax"), live_figures.module("hierarchical-softmax")
    tab_to(found, "radio", "before training")
    found.page.keyboard.press("ArrowRight")
    tree, y = module.trees()["Huffman"], module.known().index[module.FIRST]
    nodes, signs = tree.path(y)
    model, params = module.trained("Huffman")
    drawing, bars = found.locator("svg").all()
    tags = [numbers(text) for text in drawing.locator("text.red.bold.small", has_text=":").all_text_contents()]
    turns = 1 / (1 + np.exp(-signs * module.scores("Huffman")[1][nodes]))
    np.testing.assert_allclose(tags, np.transpose([signs, turns]), atol=0.0051)
    assert drawing.locator("circle.red").count() == len(nodes)
    p = model.forward(params, [module.known().index["sun"]])[0][0]
    shown = bars.locator("text").all_text_contents()[1:16:2]
    np.testing.assert_allclose([float(text) for text in shown], p, atol=6e-4)
    widths = [float(bar.get_attribute("width")) for bar in bars.locator("rect:not(.hit)").all()[:8]]
    np.testing.assert_allclose(np.array(widths) / widths[0], p / p[0], atol=0.002)


def test_a_word_is_chosen_by_mouse_and_by_finger(figure):
    found = figure("hierarchical-softmax", has_touch=True)
    drawing, bars = found.locator("svg").all()
    bars.locator(".hit").nth(6).click()
    assert "to “storm”: " in said(found)
    drawing.locator(".hit").nth(0).tap()
    assert "to “sun”: right. " in said(found)
    assert found.get_by_role("combobox").input_value() == "0"


# --- backpropagation through time ---


@pytest.mark.parametrize("form", ["printed", "corrected", "once"])
def test_every_row_of_every_table(figure, form):
    found, n = figure("backpropagation-through-time"), live_figures.module("backpropagation-through-time").N
    press_key = found.page.keyboard.press
    if form != "corrected":
        tab_to(found, "radio", "corrected")
        press_key("ArrowLeft" if form == "printed" else "ArrowRight")
    sliders = found.get_by_role("slider").all()
    network, table = found.locator("svg").all()
    tab_to(found, "slider", "How far back, T")
    press_key("Home")
    for T in range(1, n + 1):
        tab_to(found, "slider", "Loss of step s")
        press_key("Home")
        for s in range(1, n + 1):
            row = unrolling.coverage(n, T, form)[s - 1]
            starts = [start for start, end in unrolling.unrollings(n, T, form) if end == s]
            text = said(found)
            assert [slider.get_attribute("aria-valuetext") for slider in sliders] == [str(T), str(s)]
            assert numbers(text.partition(" it counts ")[2]) == [*row[:s], unrolling.coverage(n, T, form).sum()]
            assert f"of step {s} stands in {len(starts) or 'no'} unrolling" in text
            assert [ord(digit) - ord("₀") for digit in re.findall("h([₀-₉])", text)] == starts
            assert network.locator("rect:not(.hit)").count() == len(starts)
            states = [red for red in network.locator("circle.red + text").all_text_contents() if red[0] != "E"]
            assert states == [str(count) for count in row if count]
            assert network.locator("g.red > g").count() == 2 * len(states)  # arrows of blame
            press_key("ArrowRight")
        drawn = [int(count) for count in table.locator("rect.blue + text").all_text_contents()]
        assert drawn == unrolling.coverage(n, T, form)[np.tril_indices(n)].tolist()
        tab_to(found, "slider", "How far back, T")
        press_key("ArrowRight")


def test_a_bar_reaches_from_its_first_step_to_its_loss(figure):
    found = figure("backpropagation-through-time")
    network = found.locator("svg").first
    losses = [float(text.get_attribute("x")) for text in network.locator("text", has_text="E").all()]
    bars = network.locator("rect:not(.hit)").evaluate_all(
        "bars => bars.map((bar) => [bar.x.baseVal.value, bar.x.baseVal.value + bar.width.baseVal.value])"
    )
    for (left, right), (start, end) in zip(bars, [(2, 5), (3, 5), (4, 5)], strict=True):
        assert [i + 1 for i, x in enumerate(losses) if left < x < right] == list(range(start + 1, end + 1))


def test_a_loss_is_chosen_by_mouse_and_by_finger(figure):
    found = figure("backpropagation-through-time", has_touch=True)
    network, table = found.locator("svg").all()
    table.locator(".hit").nth(1).click()
    assert "The loss of step 2 stands in" in said(found)
    network.locator(".hit").nth(6).tap()
    assert "The loss of step 7 stands in" in said(found)
    assert found.get_by_role("slider", name="Loss of step s").input_value() == "7"


# --- the bit counter's gradient along time ---


def with_powers(text):
    """Return the numbers in a text, of which some are written as 1.2e-5, and how far each may be off."""
    found = re.findall(r"[-+]?\d+(?:\.\d+)?(?:e-?\d+)?", text)
    digits = [re.fullmatch(r"[-+]?\d+(?:\.(\d+))?(?:e(-?\d+))?", number).groups() for number in found]
    off = [0.51 * 10.0 ** (int(power or 0) - len(decimals or "")) for decimals, power in digits]
    return np.array(found, float), np.array(off)


@pytest.mark.parametrize("v_x", [0.5, 1.0])
def test_every_gradient_along_time(figure, v_x):
    found, module = figure("gradient-along-time"), live_figures.module("gradient-along-time")
    if v_x == 1:
        tab_to(found, "radio", "0.5")
        found.page.keyboard.press("ArrowRight")
    tab_to(found, "slider", "vf")
    assert said(found).startswith("Each step back multiplies the blame by 0.50:")
    found.page.keyboard.press("Home")
    for v_f in module.V_F:
        blame = module.blames(v_x, v_f)
        old, new = blame[: -module.RECENT].sum(), blame[-module.RECENT :].sum()
        shown, off = with_powers(said(found))
        expected = [v_f, blame[-1], blame[0], blame.sum(), module.RECENT, new, module.T - module.RECENT, old]
        assert (np.abs(shown - expected) <= off + 6e-4 * np.abs(expected)).all(), said(found)
        value = found.get_by_role("slider").get_attribute("aria-valuetext").replace("\N{MINUS SIGN}", "-")
        assert float(value) == v_f
        found.page.keyboard.press("ArrowRight")


def test_the_marks_along_time_stand_at_the_logarithm_and_tell_the_sign(figure):
    found, module = figure("gradient-along-time"), live_figures.module("gradient-along-time")
    sizes, parts = found.locator("svg").all()
    tab_to(found, "slider", "vf")
    found.page.keyboard.press("Home")
    blame = module.blames(0.5, -1.2)
    assert sizes.locator("circle.blue").count() == parts.locator("rect.blue").count() == (blame < 0).sum() == 25
    assert sizes.locator("path.red").count() == parts.locator("rect.red").count() == 25
    places = [float(dot.get_attribute("cy")) for dot in sizes.locator("circle.blue").all()]
    slope, start = np.polyfit(np.log10(-blame[blame < 0]), places, 1)
    assert slope * module.LOWEST + start == pytest.approx(230, abs=1.5)
    assert slope * module.HIGHEST + start == pytest.approx(8, abs=1.5)
    heights = [float(bar.get_attribute("height")) for bar in parts.locator("rect.blue").all()]
    np.testing.assert_allclose(heights, heights[0] * blame[1::2] / blame[1], rtol=0.006, atol=0.11)
    for _ in range(24):
        found.page.keyboard.press("ArrowRight")
    assert said(found).startswith(
        "Each step back multiplies the blame by 0.00: it is -49.5 for the last state, 0 for"
    )
    assert sizes.locator("circle.blue").count() == 1


def test_nothing_is_drawn_where_the_gradient_is_gone(figure):
    found = figure("gradient-along-time")
    tab_to(found, "radio", "0.5")
    found.page.keyboard.press("ArrowRight")
    tab_to(found, "slider", "vf")
    found.page.keyboard.press("End")
    for _ in range(4):
        found.page.keyboard.press("ArrowLeft")
    assert said(found).startswith("Each step back multiplies the blame by 1.00: it is 0 for the last state, 0 for")
    assert found.locator("svg circle").count() == found.locator("svg :is(path, rect).red").count() == 0
    assert found.locator("svg rect.blue").count() == 0


# --- a start of the reader's choice ---

STARTS = [
    (1.0, 1.3), (1.0, 1.2), (0.9, 0.8), (0.5, -1.5), (-1.0, -1.5), (0.0, -1.0), (2.5, -1.0), (-2.0, 2.0),
    (3.0, 2.0), (-1.0, -0.5), (-1.5, 0.5), (0.15, 1.75), (1.0, 1.0), (0.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
def test_the_scripts_walks_are_the_packages(figure, start):
    # the first start, and more of them, need sums in NumPy's order: differences of one bit grow there
    found, module = figure("pick-a-start"), live_figures.module("pick-a-start")
    walks = found.evaluate(
        """async (figure, [start, names, address]) => {
          const { walk } = await import(address);
          const data = JSON.parse(figure.querySelector("script").textContent);
          return names.map((name) => walk(data, name, start));
        }""",
        [start, list(module.rules()), "/_static/run/figures/pick-a-start.js"],
    )
    for name, walk in zip(module.rules(), walks, strict=True):
        path = module.walk(start, name)
        points = np.column_stack([path.points["v_x"], path.points["v_f"]])
        assert walk["diverged"] == path.diverged
        np.testing.assert_allclose(np.array(walk["points"], float), points, rtol=1e-9, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(np.array(walk["losses"], float), path.losses, rtol=1e-9, atol=1e-9, err_msg=name)


def move(figure, name, value, low, step=0.05):
    """Move a slider to a value by the keyboard."""
    tab_to(figure, "slider", name)
    figure.page.keyboard.press("Home")
    for _ in range(round((value - low) / step)):
        figure.page.keyboard.press("ArrowRight")


def check_walks(text, start, step, variant):
    """Compare what is said about three walks with the package's."""
    module = live_figures.module("pick-a-start")
    head, rest = text.split(": ")
    np.testing.assert_allclose(numbers(head), [step, *start], atol=1e-9)
    for name, words in zip(["descent", "clipped", variant], rest.split("; "), strict=True):
        path = module.walk(start, name)
        assert words.startswith(name)
        if path.diverged and step >= len(path.losses):
            assert words.rstrip(".") == f"{name} overflowed at step {len(path.losses)}"
            continue
        end = [path.points["v_x"][step], path.points["v_f"][step]]
        shown, off = with_powers(words.removeprefix(name))
        assert (np.abs(shown - [*end, path.losses[step]]) <= off).all(), words
        assert ("arrived" in words) is bool(np.abs(np.subtract(end, 1)).max() < 0.05)


def test_three_walks_from_a_start_that_is_picked_by_keyboard(figure):
    found, module = figure("pick-a-start"), live_figures.module("pick-a-start")
    check_walks(said(found), module.START, 300, "iRprop-")
    move(found, "Start, vx", 0.5, -2)
    move(found, "Start, vf", -1.5, -2)
    check_walks(said(found), (0.5, -1.5), 300, "iRprop-")
    tab_to(found, "radio", "iRprop-")
    for variant in ("iRprop+", "Rprop-", "Rprop+"):
        found.page.keyboard.press("ArrowRight")
        check_walks(said(found), (0.5, -1.5), 300, variant)
    for step, text in enumerate(walk(found, 12)):
        check_walks(text, (0.5, -1.5), step, "Rprop+")
    move(found, "Start, vx", -1.0, -2)
    check_walks(said(found), (-1.0, -1.5), 12, "Rprop+")
    tab_to(found, "slider", "Steps")
    found.page.keyboard.press("End")
    check_walks(said(found), (-1.0, -1.5), 300, "Rprop+")


@pytest.mark.parametrize("touch", [False, True])
def test_a_start_is_picked_on_the_map(figure, touch):
    found = figure("pick-a-start", has_touch=touch)
    plane = found.locator("svg").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    unit = box["width"] / 360

    def place(v_x, v_f):
        return {"x": unit * (46 + (v_x + 2) / 5 * 306), "y": unit * (8 + (2 - v_f) / 4 * 282)}

    (plane.tap if touch else plane.click)(position=place(2.01, -0.495))
    check_walks(said(found), (2.0, -0.5), 300, "iRprop-")
    values = [slider.get_attribute("aria-valuetext") for slider in found.get_by_role("slider").all()[:2]]
    assert values == ["2.00", "\N{MINUS SIGN}0.50"]
    ring = plane.locator("circle.ring")
    assert float(ring.get_attribute("cx")) == pytest.approx(46 + 4 / 5 * 306, abs=0.1)
    assert float(ring.get_attribute("cy")) == pytest.approx(8 + 2.5 / 4 * 282, abs=0.1)
    (plane.tap if touch else plane.click)(position={"x": unit * 5, "y": unit * 4})  # beyond the axes: the corner
    check_walks(said(found), (-2.0, 2.0), 300, "iRprop-")
    if not touch:
        mouse, (x, y) = found.page.mouse, place(0.0, 0.0).values()
        mouse.move(box["x"] + x, box["y"] + y)
        assert "from (-2.00, 2.00)" in said(found)
        mouse.down()
        mouse.move(box["x"] + x + unit * 61.2, box["y"] + y)  # one unit of v_x
        mouse.up()
        check_walks(said(found), (1.0, 0.0), 300, "iRprop-")


def test_nothing_of_a_wild_walk_is_drawn_far_outside(figure):
    found = figure("pick-a-start")
    for name in ("Start, vx", "Start, vf"):
        tab_to(found, "slider", name)
        found.page.keyboard.press("End")
    check_walks(said(found), (3.0, 2.0), 300, "iRprop-")
    assert "descent overflowed at step 2;" in said(found)
    for path in found.locator("svg path").all():
        assert max(map(abs, numbers(path.get_attribute("d")))) < 5000
    assert "NaN" not in found.locator("svg").first.inner_html() + found.locator("svg").last.inner_html()


# --- the first page's network ---


def answers_said(figure):
    """Return the epoch and the four answers that the figure says."""
    epoch, *rest = numbers(said(figure))
    return int(epoch), rest[:4]


def drawn_level(figure, x, y):
    """Return how many of the map's regions of blue, less those of orange, hold a point of the plane."""
    return figure.locator("svg").first.evaluate(
        """(svg, [x, y]) => {
          const place = (mark, name) => Number(mark.getAttribute(name));
          const circles = [...svg.querySelectorAll("circle")].map((mark) => [place(mark, "cx"), place(mark, "cy")]);
          const [[a, b], [c, d]] = [circles[0], circles[3]]; // of (0, 0) and of (1, 1)
          const point = new DOMPoint(a + x * (c - a), b + y * (d - b));
          const all = (colour) => [...svg.querySelectorAll(`path.area.${colour}`)];
          const hold = (colour) => all(colour).filter((part) => part.isPointInFill(point)).length;
          return hold("blue") - hold("red");
        }""",
        [x, y],
    )


@pytest.mark.parametrize("key", ["Home", "End", "PageUp"])
def test_the_first_pages_figure_answers_as_the_network_does(figure, key):
    found, module = figure("learn-xor"), live_figures.module("learn-xor")
    tab_to(found, "slider", "Epoch")
    for _ in range(2):
        found.page.keyboard.press("Home" if key == "PageUp" else key)
    if key == "PageUp":
        for _ in range(7):
            found.page.keyboard.press(key)
    epoch, shown = answers_said(found)
    assert {"Home": epoch == 0, "End": epoch == module.EPOCHS, "PageUp": 0 < epoch < module.EPOCHS}[key]
    state = module.course()[0][epoch]
    np.testing.assert_allclose(shown, module.NET.forward(state, module.X)[0].ravel(), atol=0.0056)
    assert found.get_by_role("slider").get_attribute("aria-valuetext") == str(epoch)
    loss = module.course()[1][epoch]
    assert found.locator("svg").nth(1).get_by_text("loss").text_content() == f"loss {loss:.4f}"
    assert said(found).endswith(f"The loss is {loss:.4f}.")
    places = np.random.default_rng(0).uniform(*module.RANGE, size=(60, 2))
    for place, answer in zip(places, module.NET.forward(state, places)[0].ravel(), strict=True):
        levels = [sum(answer > level for level in module_levels(sign)) for sign in (1, -1)]
        near = min(abs(answer - level) for sign in (1, -1) for level in module_levels(sign))
        if near > 0.02:
            below = sum(answer < 1 - level for level in module_levels(1))
            assert drawn_level(found, *place) == levels[0] - below, place


def module_levels(sign):
    """Return the levels of the map: of blue, or of orange."""
    return [0.5, 0.6, 0.7, 0.8, 0.9] if sign > 0 else [0.5, 0.4, 0.3, 0.2, 0.1]


def test_the_edges_are_as_thick_as_the_weights_are_large(figure):
    found, module = figure("learn-xor"), live_figures.module("learn-xor")
    tab_to(found, "slider", "Epoch")
    found.page.keyboard.press("End")
    network = found.locator("svg").nth(1)
    edges = network.evaluate(
        """svg => [...svg.querySelectorAll("path")].filter((edge) => edge.style.strokeWidth).map((edge) =>
             [edge.getAttribute("class"), parseFloat(edge.style.strokeWidth)])"""
    )
    weights = np.concatenate([W.ravel() for W in module.course()[0][-1].values()])
    assert [look for look, _ in edges] == ["blue" if w > 0 else "red dashed" for w in weights]
    np.testing.assert_allclose([width for _, width in edges], 0.5 + 3 * np.abs(weights), atol=0.01)


def test_the_gap_is_on_the_first_page(figure):
    digit, power = live_figures.module("learn-xor").largest_gap()
    words = figure("learn-xor").locator(".live-key").inner_text()
    raised = str(-power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    assert words.endswith(f"agree to {digit}\u00a0·\u00a010⁻{raised}.")


def test_the_first_pages_figure_plays_when_told_and_stops_when_told(figure):
    found = figure("learn-xor")
    status = found.locator("output")
    at_first = said(found)
    found.page.wait_for_timeout(400)
    assert said(found) == at_first  # nothing moves by itself
    press(found, "Play")
    found.locator("output", has_text=re.compile(r"After ([1-9]\d|[1-5]\d\d) ")).wait_for()
    assert status.get_attribute("aria-live") == "off"
    press(found, "Pause")
    stopped = said(found)
    found.page.wait_for_timeout(300)
    assert said(found) == stopped
    assert status.get_attribute("aria-live") == "polite"
    press(found, "Play")
    found.locator("output", has_text="After 600 ").wait_for()
    found.get_by_role("button", name="Play").wait_for()
    assert status.get_attribute("aria-live") == "polite"
    assert said(found) == at_first


def test_where_nothing_shall_move_the_button_leads_to_the_end(figure):
    found = figure("learn-xor", reduced_motion="reduce")
    tab_to(found, "slider", "Epoch")
    found.page.keyboard.press("Home")
    assert answers_said(found)[0] == 0
    press(found, "To the end")
    assert answers_said(found)[0] == live_figures.module("learn-xor").EPOCHS
    press(found, "From the start")
    assert answers_said(found)[0] == 0


# --- the first page's opening ---

HEIGHTS = {1280: 800, 390: 844}


@pytest.mark.parametrize("width", HEIGHTS)
def test_the_first_page_opens_with_title_ways_and_figure_on_one_screen(figure, width):
    found = figure("learn-xor")
    found.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    wanted = [".front h1", ".front-lead", ".front-ways", ".front figure .live-panels svg >> nth=0"]
    wanted += [".front-path", ".front .live-controls", ".front figcaption"] if width == 1280 else []
    for selector in wanted:
        box = found.page.locator(selector).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= HEIGHTS[width], selector
    assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [*HEIGHTS, 820])
def test_nothing_on_the_first_page_moves_while_it_loads(browser, site, width):
    context = browser.new_context(viewport={"width": width, "height": HEIGHTS.get(width, 1180)})
    page = context.new_page()
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {"
        "window.moved += entry.value; })).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{site.address}/book/index.html", wait_until="load")
    page.locator("#live-learn-xor .live-box").wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("window.moved") < 0.05
    context.close()


def test_the_path_leads_to_all_chapters_in_their_order(figure):
    page = figure("learn-xor").page
    links = page.locator(".front-path a")
    read = "all => all.map((link) => link.getAttribute('href'))"
    menu = "#pst-primary-sidebar a:is([href*='feedforward/'], [href*='recurrent/'])"
    assert links.evaluate_all(read) == page.locator(menu).evaluate_all(read)
    assert links.count() == 14
    assert page.locator(".front-path ol").evaluate_all("all => all.map((list) => list.start)") == [1, 8]
