"""Figures that a reader can turn: their numbers are those of the package, and their scripts are small."""

import io
import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ROOT

pytest.importorskip("jupyter_book")
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import live_figures
from bs4 import BeautifulSoup

from nncourse import adding_bits, autodiff
from nncourse.datasets import bit_sums
from nncourse.optimizers import Rprop
from nncourse.perceptron import mistake_bound
from nncourse.single_layer import SingleLayer, delta_rule
from tools import ledger, notebooks, web

FIGURES = sorted(path.stem for path in live_figures.SCRIPTS.glob("*.js") if path.stem not in ("figure", "load"))
LARGEST = 5000  # bytes, for the reader
EVERY_FIGURE = pytest.mark.parametrize("name", FIGURES)
FRONT = ledger.BOOK / "index.md"
DIRECTIVE = re.compile(r"^```\{live\} (\S+)\n:alt: '([^\n]+)'\n([^`]+)\n```$", re.MULTILINE)
STYLE = (ROOT / "book" / "_ext" / "static" / "live.css").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The folder of the scripts that pages load."""
    if not web.MARK.is_file():
        pytest.skip("the site's scripts need packages of npm: python -m tools.web")
    folder = tmp_path_factory.mktemp("scripts")
    live_figures.bundle(folder)
    return folder


@pytest.fixture(scope="module")
def directives():
    """Every {live} of the chapters and the first page: name to (alternative text, caption)."""
    text = "\n".join(
        cell.source for path in ledger.BOOK.rglob("*.ipynb") if "_ext" not in path.parts
        for cell in notebooks.read(path).cells if "{live}" in cell.source
    )  # fmt: skip
    text += "\n" + FRONT.read_text(encoding="utf-8")
    found = DIRECTIVE.findall(text)
    assert len(found) == text.count("{live}")
    return {name: (alt, caption) for name, alt, caption in found}


def data(name):
    """Return a figure's numbers as its script reads them."""
    text = live_figures.script(name)
    assert text.count("<") == 2  # nothing in the numbers ends the element
    return json.loads(text[text.index(">") + 1 : text.rindex("<")])


# --- what holds for every figure ---


@EVERY_FIGURE
def test_a_figures_script_is_small_and_evaluates_no_text(scripts, name):
    text = (scripts / f"{name}.js").read_text(encoding="utf-8")
    assert len(text.encode()) <= LARGEST
    assert not re.search(r"\beval\(|new Function|innerHTML|setAttribute\(\"style|https?:", text)


def test_what_the_figures_share_is_one_part(scripts):
    (part,) = scripts.glob("part-*.js")
    assert part.stat().st_size <= LARGEST + 1000
    assert all(part.name in path.read_text(encoding="utf-8") for path in scripts.glob("*.js") if path != part)


@EVERY_FIGURE
def test_a_figure_stands_in_a_chapter_with_a_text_for_its_picture(directives, name):
    alt, caption = directives[name]
    assert len(alt) >= 80
    assert len(caption) >= 40


def test_every_figure_in_a_chapter_is_there(directives):
    assert sorted(directives) == FIGURES


@EVERY_FIGURE
def test_a_figure_has_a_picture_for_paper(tmp_path, name):
    live_figures.draw(name, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000


@EVERY_FIGURE
def test_a_figures_numbers_are_computed_in_one_way(name):
    assert live_figures.module(name).data.__wrapped__() == live_figures.module(name).data()


def test_the_numbers_cannot_end_their_element(monkeypatch):
    fake = SimpleNamespace(data=lambda: {"words": ["</script><b>"]})
    monkeypatch.setattr(live_figures, "module", lambda name: fake)
    assert data("any") == {"words": ["</script><b>"]}


def test_only_a_page_with_a_figure_loads_the_script():
    plain, drawn = {"body": "<p>no figure</p>"}, {"body": live_figures.script("delta-rule")}
    for context in (plain, drawn):
        live_figures.add_to_page(None, "book/feedforward/page", "page.html", context, None)
    assert plain["body"] == "<p>no figure</p>"
    assert drawn["body"].endswith('<script type="module" src="../../_static/run/figures/load.js"></script>\n')


def test_a_page_gets_the_figure_its_numbers_and_one_script(tmp_path, scripts):
    from sphinx.application import Sphinx

    figure = "```{live} delta-rule\n:alt: A map and a walk\nThe caption, with $w$.\n```"
    (tmp_path / "index.md").write_text(f"# Title\n\n{figure}\n\n[](page.md)\n", encoding="utf-8")
    (tmp_path / "page.md").write_text(
        f"# Wrong\n\n{figure.replace(':alt: A map and a walk', '')}", encoding="utf-8"
    )
    said = io.StringIO()
    settings = {"extensions": ["myst_parser", "live_figures"], "myst_enable_extensions": ["dollarmath"]}
    out, doctrees = tmp_path / "out", tmp_path / "out" / "doctrees"
    app = Sphinx(tmp_path, None, out, doctrees, "html", settings, status=None, warning=said)
    app.build()
    page = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    drawn = page.select_one("figure.live#live-delta-rule")
    assert drawn.img["alt"] == "A map and a walk"
    assert (out / drawn.img["src"]).is_file()
    assert "The caption, with" in drawn.figcaption.get_text()
    assert json.loads(drawn.select_one('script[data-figure="delta-rule"]').string) == data("delta-rule")
    (loader,) = page.select('script[type="module"]')
    assert (out / loader["src"]).read_bytes() == (scripts / "load.js").read_bytes()
    assert "expected :alt:, and a caption as the content" in said.getvalue()
    assert "load.js" not in (out / "page.html").read_text(encoding="utf-8")


def test_nothing_moves_by_itself_where_the_reader_wants_it_still(scripts):
    for file in [*live_figures.SCRIPTS.glob("*.js"), ROOT / "book" / "_ext" / "static" / "live.css"]:
        text = file.read_text(encoding="utf-8")
        moves = re.search(r"transition:|animation:|<animate|requestAnimationFrame|setInterval|setTimeout", text)
        assert not moves or "prefers-reduced-motion" in text


def brightness(color):
    """Return the relative luminance of a colour #rrggbb, as WCAG defines it."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(color, other):
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted(map(brightness, (color, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("start", "ground"), [(".live-box {", "#ffffff"), ('html[data-theme="dark"] .live-box {', "#121212")]
)
def test_a_figures_colours_can_be_read_on_the_page(start, ground):
    rule = STYLE[STYLE.index(f"\n{start}") :].partition("}")[0]
    colors = re.findall(r"--live-\w+: (#[0-9a-f]{6})", rule)
    assert len(colors) == 5
    assert min(contrast(color, ground) for color in colors) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# --- the delta rule ---


@pytest.mark.equation("S-1")
@pytest.mark.parametrize("number", range(3))
def test_the_walk_on_the_surface_is_the_delta_rules(number):
    walk, module = data("delta-rule")["walks"][number], live_figures.module("delta-rule")
    X, Y = module.examples()
    w = np.array(module.START)
    for place, loss, slope in zip(walk["path"], walk["loss"], walk["slope"], strict=True):
        gradient = np.mean([delta_rule([w], x, y, "sigmoid")[0] for x, y in zip(X, Y, strict=True)], axis=0)
        np.testing.assert_allclose(place, w, atol=6e-5)
        np.testing.assert_allclose(slope, gradient, atol=6e-7)
        np.testing.assert_allclose(loss, np.mean((Y[:, 0] - 1 / (1 + np.exp(-X @ w))) ** 2) / 2, atol=6e-8)
        w = w - walk["eta"] * gradient


def test_the_walks_are_as_the_page_says():
    tiny, slow, wild = (
        next(walk for walk in data("delta-rule")["walks"] if walk["eta"] == eta) for eta in (2, 8, 80)
    )
    lengths = np.linalg.norm(np.diff(wild["path"], axis=0), axis=1)
    assert lengths.argmax() == 2  # the third step
    assert wild["path"][3][0] > 2 + 2 > 4 * wild["path"][2][0] - 1  # beyond the minimum, from the near side
    assert lengths[3] < lengths[2] / 10
    below = [np.argmax(np.array(walk["loss"]) < 0.001) for walk in (slow, wild)]
    assert below == [27, 11]  # not a tenth
    assert min(tiny["loss"]) > 0.03


def test_the_basins_hold_what_is_lower():
    figure = data("delta-rule")["surface"]
    model = SingleLayer((2, 1), "sigmoid")
    X, Y = live_figures.module("delta-rule").examples()
    for level, rings in zip(live_figures.module("delta-rule").LEVELS, figure["levels"], strict=True):
        assert rings
        for ring in rings:
            for u, v in np.reshape(ring, (-1, 2))[:: max(1, len(ring) // 24)]:
                inside = figure["x"][0] < u < figure["x"][1] and figure["y"][0] < v < figure["y"][1]
                loss = model.evaluate({"W": [[u, v]]}, X, Y)
                assert loss < level + 0.004
                assert not inside or abs(loss - level) < 0.004


# --- forward and backward through a small network ---


def shown(value):
    """Return a number as the words of a figure show it."""
    return np.round(value, 3)


@pytest.mark.equation("S-1.2", "S-dL", "S-dl", "S-2", "S-Alg1")
def test_the_passes_are_automatic_differentiations():
    figure, module = data("backpropagation"), live_figures.module("backpropagation")
    W = [autodiff.node(w) for w in module.PARAMS.values()]
    z1 = autodiff.node(module.X) @ W[0].T
    a1 = autodiff.tanh(z1)
    z2 = a1 @ W[1].T
    a2 = autodiff.tanh(z2)
    residual = autodiff.node(module.Y) - a2
    E = (residual * residual).sum() * 0.5
    slopes = autodiff.gradient(E, [z1, z2, *W])
    np.testing.assert_allclose(figure["delta"], [slope[0] for slope in slopes[:2]], atol=6e-7)
    np.testing.assert_allclose(figure["grads"], slopes[2:], atol=6e-7)
    np.testing.assert_allclose(figure["z"], [z1.value[0], z2.value[0]], atol=6e-7)
    np.testing.assert_allclose(figure["a"], [module.X[0], a1.value[0], a2.value[0]], atol=6e-7)
    np.testing.assert_allclose(figure["loss"][0], E.value, atol=6e-7)


def test_what_goes_along_the_edges_adds_up_also_as_it_is_shown():
    figure = {name: np.array(value) for name, value in data("backpropagation").items() if name != "after"}
    np.testing.assert_allclose(figure["up"].sum(axis=2), figure["z"], atol=2e-6)
    np.testing.assert_allclose(shown(figure["up"]).sum(axis=2), shown(figure["z"]), atol=1e-9)
    blame = figure["down"].sum(axis=0)
    np.testing.assert_allclose(blame * figure["prime"][0], figure["delta"][0], atol=2e-6)
    np.testing.assert_allclose(shown(figure["down"]).sum(axis=0), shown(blame), atol=1e-9)
    np.testing.assert_allclose(shown(shown(blame) * shown(figure["prime"][0])), shown(figure["delta"][0]))
    off = figure["a"][2] - figure["label"]
    np.testing.assert_allclose(shown(shown(off) * shown(figure["prime"][1])), shown(figure["delta"][1]))
    np.testing.assert_allclose(shown(np.sum(shown(off) ** 2) / 2), shown(figure["loss"][0]))
    top = figure["delta"][:, 0] * figure["a"][:2, 0]
    np.testing.assert_allclose(shown(shown(figure["delta"][:, 0]) * shown(figure["a"][:2, 0])), shown(top))


def test_the_step_through_the_network_is_gradient_descents():
    figure, module = data("backpropagation"), live_figures.module("backpropagation")
    weights, grads = np.array(figure["weights"]), np.array(figure["grads"])
    np.testing.assert_allclose(figure["after"], weights - module.ETA * grads, atol=1e-6)
    hidden = np.tanh(figure["after"][0] @ module.X[0])
    output = np.tanh(figure["after"][1] @ hidden)
    np.testing.assert_allclose([*figure["hidden"], *figure["output"]], [*hidden, *output], atol=1e-5)
    np.testing.assert_allclose(figure["loss"][1], np.sum((output - module.Y[0]) ** 2) / 2, atol=1e-5)


def test_the_second_hidden_node_is_told_to_say_less_by_one_output_and_more_by_the_other(directives):
    figure = data("backpropagation")
    first, second = np.array(figure["down"])[:, 1]
    assert first < 0 < second
    assert figure["delta"][0][1] > 0
    assert min(row[1] for row in figure["weights"][1]) > 0
    for number in (*figure["a"][2], *figure["delta"][1], *figure["delta"][0]):
        assert f"{number:.2f}" in directives["backpropagation"][0]


# --- the perceptron's line ---


@pytest.mark.equation("S-fn1a")
@pytest.mark.parametrize("number", range(3))
def test_the_line_moves_as_the_perceptrons_rule_says(number):
    figure, (X, y) = data("perceptron"), live_figures.module("perceptron").points()
    order = figure["orders"][number]
    rows = list(live_figures.module("perceptron").orders().values())[number]
    assert sorted(rows) == list(range(len(X)))
    w, mistakes, epoch = np.zeros(2), [], 0
    while not mistakes or epoch == mistakes[-1][1]:  # until a round has no mistake
        epoch += 1
        for row in rows:
            if y[row] * (w @ X[row]) <= 0:
                mistakes.append((row, epoch, w @ X[row]))
                w = w + y[row] * X[row]
                np.testing.assert_allclose(order["path"][len(mistakes)], w, atol=6e-5)
    assert [row for row, _, _ in mistakes] == order["rows"]
    assert [epoch for _, epoch, _ in mistakes] == order["rounds"]
    np.testing.assert_allclose([score for _, _, score in mistakes], order["scores"], atol=6e-4)
    for (u, v), wrong in zip(order["path"], order["wrong"], strict=True):
        assert [i for i in range(len(X)) if y[i] * (u * X[i, 0] + v * X[i, 1]) <= 0] == wrong
    np.testing.assert_allclose(figure["points"], X, atol=6e-4)


def test_the_points_are_the_chapters_and_the_counts_those_of_the_picture(directives):
    orders = [[len(wrong) for wrong in order["wrong"]] for order in data("perceptron")["orders"]]
    (chapter,) = [path for path in ledger.BOOK.rglob("perceptron.ipynb") if "." not in path.parent.name]
    assert f"{orders[0]}" in "".join(
        output.text for cell in notebooks.read(chapter).cells if cell.cell_type == "code"
        for output in cell.outputs if output.output_type == "stream"
    )  # fmt: skip
    assert orders[1] == [33, 0]
    assert (len(orders[0]) - 1, len(orders[2]) - 1) == (6, 16)
    assert orders[0][2:4] == [2, 7]
    assert "after 6 mistakes" in directives["perceptron"][0]
    assert "0 after 16" in directives["perceptron"][0]


@pytest.mark.equation("S-fn1b")
def test_every_order_keeps_to_the_bound():
    bound = mistake_bound(*live_figures.module("perceptron").points())
    assert max(len(order["rows"]) for order in data("perceptron")["orders"]) <= bound


# --- the tree of the hierarchical softmax ---


def tree_of(name):
    """Return the numbers of one of the trees, and the tree."""
    (drawn,) = [drawn for drawn in data("hierarchical-softmax")["trees"] if drawn["name"] == name]
    return drawn, live_figures.module("hierarchical-softmax").trees()[name]


def tree_probabilities(name):
    """Return p of every word in the three states of the network, multiplied out along the paths that are drawn."""
    drawn, _ = tree_of(name)
    return np.array([
        [np.prod([1 / (1 + np.exp(-sign * scores[node])) for node, sign in zip(nodes, signs, strict=True)])
         for nodes, signs in zip(drawn["nodes"], drawn["signs"], strict=True)]
        for scores in drawn["scores"]
    ])  # fmt: skip


EVERY_TREE = pytest.mark.parametrize("name", ["Huffman", "balanced"])


@EVERY_TREE
@pytest.mark.equation("S-6", "S-dir", "S-sig")
def test_the_products_along_the_paths_are_the_models_probabilities(name):
    module = live_figures.module("hierarchical-softmax")
    model, params = module.trained(name)
    found = tree_probabilities(name)
    for word, p in zip(module.TODAY, found[1:], strict=True):
        np.testing.assert_allclose(p, model.forward(params, [module.known().index[word]])[0][0], atol=6e-5)
    np.testing.assert_allclose(found[0], 0.5 ** tree_of(name)[1].lengths, rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


@EVERY_TREE
def test_the_tree_is_drawn_as_it_is(name):
    drawn, tree = tree_of(name)
    place = {node: drawn["forks"][node] for node in range(7)} | {-1 - y: drawn["leaves"][y] for y in range(8)}
    assert place[0][1] == 0
    for node in range(7):
        (x, depth), children = place[node], [place[int(side[node])] for side in (tree.left, tree.right)]
        assert children[0][0] < x < children[1][0]
        assert [child[1] for child in children] == [depth + 1] * 2
    assert sorted(x for x, _ in drawn["leaves"]) == list(range(8))
    assert [len(nodes) for nodes in drawn["nodes"]] == [depth for _, depth in drawn["leaves"]]


def test_the_marks_are_the_shares_of_the_diary():
    figure, days = data("hierarchical-softmax"), live_figures.module("hierarchical-softmax").diary()
    assert len(days) == 365
    for y, word in enumerate(figure["words"]):
        np.testing.assert_allclose(figure["shares"][0][y], days.count(word) / 365, atol=6e-5)
        for today, shares in zip(figure["today"], figure["shares"][1:], strict=True):
            after = [days[i + 1] for i in range(364) if days[i] == today]
            np.testing.assert_allclose(shares[y], after.count(word) / len(after), atol=6e-5)


def test_the_trees_are_as_the_page_says(directives):
    figure = data("hierarchical-softmax")
    huffman, balanced = (tree_of(name)[0] for name in ("Huffman", "balanced"))
    short, same = ([len(nodes) for nodes in drawn["nodes"]] for drawn in (huffman, balanced))
    assert [figure["words"][y] for y in range(8) if same[y] > short[y]] == ["sun"]
    assert short[0] == 1
    assert [figure["words"][y] for y in range(8) if short[y] == 5] == ["storm", "hail"]
    assert same == [3] * 8
    shares = np.array(figure["shares"])
    off = {name: np.abs(tree_probabilities(name) - shares).max(axis=1) for name in ("Huffman", "balanced")}
    assert off["Huffman"][0] < 0.06
    assert off["balanced"][0] > 0.3
    assert max(off[name][1:].max() for name in off) < 0.02  # after training it matters little
    np.testing.assert_allclose(huffman["mean"], shares[0] @ short, atol=5e-4)
    alt, fog = directives["hierarchical-softmax"][0], figure["first"]
    assert figure["words"][fog] == "fog"
    assert huffman["signs"][fog] == [1, 1, -1, -1]
    assert "four forks with the signs +1, +1, -1 and -1" in alt
    assert balanced["signs"][fog] == [-1, 1, 1]
    assert "-1, +1 and +1" in alt
    assert f"{huffman['mean']:.2f} forks on average" in alt


# --- backpropagation through time ---


def counts_of(name):
    """Return a form's tables of counts, an array (T - 1, loss - 1, step - 1)."""
    (form,) = [form for form in data("backpropagation-through-time")["forms"] if form["name"] == name]
    return np.array(form["counts"])


@pytest.mark.equation("S-Alg2")
def test_the_tables_are_the_chapters_formulas():
    n = data("backpropagation-through-time")["n"]
    first = [form["name"] for form in data("backpropagation-through-time")["forms"]]
    assert first == ["as printed", "corrected", "each loss once"]
    for T, s, k in np.ndindex(n, n, n):
        where, (T, s, k) = (T, s, k), (T + 1, s + 1, k + 1)
        low, high = max(s, T), min(k + T - 1, n)
        windows = [max(0, min(high, s + T - 2) - low + 1), max(0, high - low + 1), int(s - T < k)]
        assert [counts_of(name)[where] for name in first] == [count * (k <= s) for count in windows]


def test_the_bars_add_up_to_the_tables():
    figure = data("backpropagation-through-time")
    for form in figure["forms"]:
        for pairs, counts in zip(form["unrollings"], form["counts"], strict=True):
            for s, k in np.ndindex(figure["n"], figure["n"]):
                assert counts[s][k] == sum(start <= k <= s for start, end in pairs if end == s + 1)


def test_the_tables_are_as_the_page_says(directives):
    printed, corrected, once = map(counts_of, ("as printed", "corrected", "each loss once"))
    sums = corrected.sum(axis=(1, 2)).tolist()
    assert sums == [7, 18, 30, 40, 45, 42, 28]  # it does not grow all the way
    assert not printed[0].any()
    assert not printed[:, 0].any()
    assert printed[1:, 1:].any(axis=2).all()
    assert [T for T in range(1, 8) if (corrected[T - 1] == once[T - 1]).all()] == [1, 7]
    alt = directives["backpropagation-through-time"][0]
    for T in (1, 3, 5, 7):
        (said,) = re.findall(rf"For T = {T} [^.]*? sum is (\d+)", alt)
        assert int(said) == sums[T - 1]
    assert corrected[2].max() == corrected[4].max() == 3
    assert (corrected[4] == 3).sum() > (corrected[2] == 3).sum()


# --- the bit counter's gradient along time ---


@pytest.mark.equation("J-20", "J-27", "J-28")
@pytest.mark.parametrize("number", range(2))
def test_the_blames_along_time_are_the_residual_times_the_power(number):
    figure = data("gradient-along-time")
    case = figure["cases"][number]
    T = len(case["blame"][0])
    assert figure["v_f"] == [round(-1.2 + 0.05 * i, 2) for i in range(49)]
    for i, v_f in enumerate(figure["v_f"]):
        power = v_f ** np.arange(T - 1, -1, -1.0)
        blame = (case["v_x"] * power.sum() - T) * power
        np.testing.assert_allclose(case["blame"][i], blame, rtol=0.0051, atol=1e-9)
        np.testing.assert_allclose(case["ends"][i], blame[[0, -1]], rtol=6e-4, atol=1e-9)
        old, new = blame[: -figure["recent"]].sum(), blame[-figure["recent"] :].sum()
        np.testing.assert_allclose([case["old"][i], case["new"][i]], [old, new], rtol=6e-4, atol=1e-9)
        _, slopes = adding_bits.error_and_gradient({"v_x": case["v_x"], "v_f": v_f}, np.ones((T, 1)), [T])
        np.testing.assert_allclose(case["slope"][i], slopes["v_x"], rtol=6e-4, atol=1e-9)


def test_the_gradient_along_time_answers_as_the_page_asks(directives):
    figure = data("gradient-along-time")
    half, one = figure["cases"]
    at = {v_f: i for i, v_f in enumerate(figure["v_f"])}
    more = [v_f for v_f in figure["v_f"] if 0 < v_f <= 1 and abs(half["old"][at[v_f]]) > abs(half["new"][at[v_f]])]
    assert more == [0.95, 1.0]
    sizes = {v_f: np.abs(half["blame"][at[v_f]]) for v_f in (0.5, 1.05, 1.1, -0.5)}
    assert [int(size.argmax()) for size in sizes.values()] == [49, 0, 0, 49]
    signs = np.sign(half["blame"][at[-0.5]])
    assert (signs[1:] == -signs[:-1]).all()
    assert one["v_x"] == 1
    assert set(one["blame"][at[1.0]]) == {0}
    assert [half["ends"][at[v_f]] for v_f in (1.1, 1.0)] == [[56770, 532], [-25, -25]]
    for part in ("57,000", "about 500", "it is 25 everywhere", "from 0.3 to 45", "10 to the minus 13 to 49"):
        assert part in directives["gradient-along-time"][0]


def test_a_blame_that_is_not_there_is_written_as_0():
    figure = data("gradient-along-time")
    assert figure["cases"][0]["blame"][figure["v_f"].index(0)] == [0] * 49 + [-49.5]
    significant = live_figures.module("gradient-along-time").significant
    assert significant([0.0123456, -98765.0, 0.0], 2) == [0.012, -99000, 0]


# --- a start of the reader's choice ---


def test_the_numbers_for_the_walks_are_the_chapters():
    figure, (x, y) = data("pick-a-start"), bit_sums(8)
    np.testing.assert_array_equal([[int(bit) for bit in row] for row in figure["bits"]], x)
    np.testing.assert_array_equal(figure["sums"], y)
    H = adding_bits.hessian({"v_x": 1.0, "v_f": 1.0}, x, y)
    assert figure["eta"] == 0.9 * 2 / np.linalg.eigvalsh(H)[-1]
    (chapter,) = [path for path in ledger.BOOK.rglob("gradient-clipping.ipynb") if "." not in path.parent.name]
    code = "\n".join(cell.source for cell in notebooks.read(chapter).cells if cell.cell_type == "code")
    assert "eta = 0.9 * adding_bits.largest_stable_step(H)" in code
    assert f"ClipNorm({figure['limit']})" in code
    assert f'Rprop("iRprop-", first_step={figure["rprop"]["first"]})' in code
    rule = Rprop()
    assert {name: figure["rprop"][name] for name in ("plus", "minus", "smallest", "largest")} == {
        "plus": rule.eta_plus, "minus": rule.eta_minus, "smallest": rule.smallest, "largest": rule.largest,
    }  # fmt: skip


def outcome(path):
    """Return how a walk ended: "overflowed", "arrived" or "elsewhere"."""
    end = np.array([points[-1] for points in path.points.values()])
    return "overflowed" if path.diverged else "arrived" if (np.abs(end - 1) < 0.05).all() else "elsewhere"


def test_the_walks_end_as_the_page_says():
    module = live_figures.module("pick-a-start")
    cliff = [outcome(module.walk((1.0, v_f), "descent")) for v_f in (1.2, 1.25, 1.3)]
    assert cliff == ["arrived", "elsewhere", "overflowed"]
    below = [outcome(module.walk((0.5, -1.5), name)) for name in module.rules()]
    assert below == ["arrived"] + 5 * ["elsewhere"]
    paths = {name: module.walk(module.START, name) for name in ("descent", "clipped", "iRprop-")}
    assert paths["descent"].points["v_f"][1] == pytest.approx(-1.8, abs=0.05)
    assert (paths["descent"].losses[1:180] > 1000).all()
    assert len(paths["descent"].losses) == 191
    assert np.argmax(paths["clipped"].losses < 1) == 14
    assert paths["clipped"].losses[-1] == pytest.approx(0.02, abs=0.005)
    assert paths["iRprop-"].losses[-1] == pytest.approx(1e-5, rel=0.2)


def test_the_basins_of_the_bit_counter_end_where_the_error_has_their_level():
    figure, module = data("pick-a-start")["surface"], live_figures.module("pick-a-start")
    for level, rings in zip(module.LEVELS, figure["levels"], strict=True):
        assert rings
        off = []
        for u, v in np.concatenate([np.reshape(ring, (-1, 2)) for ring in rings])[::5]:
            if abs(u - 0.5) < 2.49 and abs(v) < 1.99:
                E, slopes = adding_bits.error_and_gradient({"v_x": u, "v_f": v}, module.BITS, module.SUMS)
                off.append(abs(E - level) / np.hypot(*slopes.values()))
        assert np.quantile(off, 0.95) < 0.03  # of 5 and 4 units


# --- the first page's network ---


def test_the_first_pages_network_is_trained_as_its_example_trains_it(capsys):
    figure, module = data("learn-xor"), live_figures.module("learn-xor")
    (example,) = re.findall(r"```python\n(.+?)```", FRONT.read_text(encoding="utf-8"), re.DOTALL)
    exec(example, names := {})
    last = np.concatenate([names["params"][name].ravel() for name in ("W1", "W2")])
    np.testing.assert_allclose(figure["weights"][-1], last, atol=6e-5)
    np.testing.assert_allclose(figure["loss"][:-1], names["history"].loss[:: figure["every"]], atol=6e-6)
    assert figure["every"] * (len(figure["loss"]) - 1) == len(names["history"].loss) == module.EPOCHS
    assert figure["wanted"] == names["Y"].ravel().tolist() == [int(u != v) for u, v in names["X"]]
    assert capsys.readouterr().out


@pytest.mark.equation("S-2", "S-dl")
def test_the_first_pages_weights_go_down_the_slope_and_their_losses_are_theirs():
    module = live_figures.module("learn-xor")
    states, losses = module.course()
    for before, loss, after in list(zip(states, losses, states[1:], strict=False))[::60]:
        W1, w, b = (autodiff.node(W) for W in (before["W1"], before["W2"][:, 1:], before["W2"][:, :1]))
        h = autodiff.tanh(autodiff.node(np.hstack([np.ones((4, 1)), module.X])) @ W1.T)
        off = h @ w.T + autodiff.node(np.ones((4, 1))) @ b.T - autodiff.node(module.Y)
        E = (off * off).sum() * (0.5 / 4)
        np.testing.assert_allclose(loss, E.value, rtol=1e-12)
        slope_W1, slope_w, slope_b = autodiff.gradient(E, [W1, w, b])
        np.testing.assert_allclose(after["W1"], before["W1"] - 0.3 * slope_W1, atol=1e-12)
        np.testing.assert_allclose(after["W2"], before["W2"] - 0.3 * np.hstack([slope_b, slope_w]), atol=1e-12)


def test_the_gap_on_the_first_page_is_the_largest_and_a_wrong_gradient_would_show(monkeypatch):
    figure, module = data("learn-xor"), live_figures.module("learn-xor")
    gaps = [module.gap(state) for state in module.course()[0][:: figure["every"]]]
    digit, power = figure["gap"]
    assert (digit - 1) * 10.0**power < max(gaps) <= digit * 10.0**power * (1 + 1e-9)
    assert max(gaps) < 1e-9
    assert len(gaps) == len(figure["weights"])
    assert len(list(module.directions())) == len(figure["weights"][0]) == 9
    params = module.course()[0][0]
    right = module.NET.loss_and_grad(params, module.X, module.Y)[1]
    for name, place, _ in module.directions():
        wrong = {key: value.copy() for key, value in right.items()}
        wrong[name][place] += 1e-3
        monkeypatch.setattr(type(module.NET), "loss_and_grad", lambda *args, wrong=wrong: (0.0, wrong))
        assert module.gap(params) > 9e-4


def test_the_first_page_says_what_the_network_learned(directives):
    module = live_figures.module("learn-xor")
    states, losses = module.course()
    answers = module.NET.forward(states[-1], module.X)[0].ravel()
    alt = directives["learn-xor"][0]
    assert ", ".join(f"{answer:.2f}" for answer in answers[:3]) + f" and {answers[3]:.2f}" in alt
    assert f"over {module.EPOCHS} epochs" in alt
    assert all(abs(loss - 0.12) < 0.011 for loss in losses[5:201])
    assert losses[-1] < 0.0005
    band = module.NET.forward(states[-1], [[t, 1 - t] for t in np.linspace(0, 1, 21)])[0]
    assert band.min() > 0.5 > answers[[0, 3]].max()
