"""The contract of the chapters: what every notebook of the book promises, one small rule each.

A rule takes a notebook and gives what breaks it, one line each. Every rule is tried on a notebook that breaks it.
"""

import ast
import copy
import re

import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import ledger, notebooks

CHAPTERS = sorted(p for p in (ROOT / "book").rglob("*.ipynb") if not any(part.startswith(".") for part in p.parts))
LONGEST_CELL = 15  # lines
WIDEST_PRINT = 80
SHORTEST_ALT = 30  # characters
SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox", "BitGenerator"}
PEERS = {
    "torch": "needs-torch",
    "sklearn": "needs-scikit-learn",
    "gensim": "needs-gensim",
    "scipy": "needs-scikit-learn",
    "threadpoolctl": "needs-scikit-learn",
    "nltk": "needs-nltk",
    "numba": "needs-numba",
}

LOADERS = {
    "digits": "needs-scikit-learn",
    "diabetes": "needs-scikit-learn",
    "breast_cancer": "needs-scikit-learn",
    "lee": "needs-gensim",
}  # data sets that come with a peer

HERE = re.escape(str(ROOT.parent))
TOP = "|".join(("home", "Users", "root", "tmp", "var"))  # folders that only one machine has
PATH = re.compile(rf"(?<![\w.:/-])(/({TOP})/|{HERE}/)|\b[A-Z]:\\|0x[0-9a-f]{{6,}}|file://")
TIMING = re.compile(r"\b\d+(\.\d+)? ?(s|ms|µs|us|ns|sec|secs|seconds?|minutes?)\b")
FLOAT = re.compile(r"\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+")
RAW_ARRAY = re.compile(r"\[[^\[\]]*\d\.\d{8,}[^\[\]]*\]")


# --- reading a notebook ---


def code_cells(notebook):
    """Give (number, cell, tree) for the code cells; numbers count all cells, from 1."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:  # a magic, for instance; `plain_python` reports it
                tree = ast.parse("")
            yield number, cell, tree


def at_once(tree):
    """Give the nodes of a cell that run when the cell does: not what is inside a function or class."""
    for node in tree.body if isinstance(tree, ast.Module) else ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from at_once(node)


def calls(tree):
    """Return the dotted names of what a cell calls when it runs."""
    return {ast.unparse(node.func) for node in at_once(tree) if isinstance(node, ast.Call)}


def texts(cell):
    """Give the texts that a cell's outputs show."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for kind, text in output.get("data", {}).items():
            if kind.startswith("text/") or kind.endswith("xml"):
                yield text


def pictures(cell):
    """Return the PNG pictures among a cell's outputs."""
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def markdown(notebook):
    """Return all the prose, with code blocks left out."""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"^```python.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)


# --- the rules ---


def outputs_are_stored(notebook):
    for number, cell, tree in code_cells(notebook):
        called = calls(tree)
        shows = "print" in called or "plt.show" in called
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            shows |= not isinstance(last.value, (ast.Call, ast.Constant))
        if shows and not cell.outputs:
            yield f"cell {number} shows something, and no output is stored: run it"
        if "plt.show" in called and not pictures(cell):
            yield f"cell {number} draws, and no picture is stored: run it"


def execution_counts_run_from_one(notebook):
    counts = [cell.execution_count for _, cell, _ in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}: run the notebook from top to bottom"


def nothing_failed(notebook):
    for number, cell, _ in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number} raised {output.ename}"


def nothing_on_stderr(notebook):
    for number, cell, _ in code_cells(notebook):
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield f"cell {number} wrote a warning or another message to stderr"


def no_machine_in_it(notebook):
    for number, cell, _ in code_cells(notebook):
        for text in [cell.source, *texts(cell)]:
            if found := PATH.search(text):
                yield f"cell {number} shows a path or an address of one machine: {found[0]}"


def no_timings(notebook):
    for number, cell, _ in code_cells(notebook):
        for text in texts(cell):
            if found := TIMING.search(text):
                yield f"cell {number} prints a time: {found[0]}"


def figures_say_what_they_show(notebook):
    names = []
    for number, cell, _ in code_cells(notebook):
        if pictures(cell):
            shown = cell.metadata.get("mystnb", {})
            alt = str(shown.get("image", {}).get("alt", "")).strip()
            if len(alt) < SHORTEST_ALT or re.match(r"(?i)(figure|image|picture|plot)s?\b", alt):
                yield f"cell {number}: mystnb.image.alt has to say in words what the figure shows, not {alt!r}"
            names.append(figure_name := shown.get("figure", {}).get("name"))
            if not shown.get("figure", {}).get("caption") or not figure_name:
                yield f"cell {number}: mystnb.figure needs a caption and a name"
            if len(pictures(cell)) > 1:
                yield f"cell {number} shows {len(pictures(cell))} pictures, but has one alt text"
    if len(set(names)) < len(names):
        yield f"figure names are used twice: {names}"


def randomness_is_seeded(notebook):
    for number, _cell, tree in code_cells(notebook):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "random" for alias in node.names):
                yield f"cell {number} imports `random`: draw from numpy.random.default_rng(seed)"
            if isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random"):
                legacy = {alias.name for alias in node.names} - (SEEDED if node.module == "numpy.random" else set())
                if legacy:
                    yield f"cell {number} imports {sorted(legacy)}: draw from numpy.random.default_rng(seed)"
            owner = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
            if owner in ("np.random", "numpy.random") and node.attr not in SEEDED:
                yield f"cell {number} uses np.random.{node.attr}: draw from numpy.random.default_rng(seed)"
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "default_rng":
                seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
                if not seeds or (isinstance(seeds[0], ast.Constant) and seeds[0].value is None):
                    yield f"cell {number} has default_rng() without a seed"


def numbers_are_rounded(notebook):
    for number, cell, _ in code_cells(notebook):
        for text in texts(cell):
            for found in FLOAT.findall(text):
                digits = re.split("[eE]", found)[0].replace(".", "").lstrip("0")
                if len(digits) > 10:
                    yield f"cell {number} prints {found}: round it"
            if found := RAW_ARRAY.search(text):
                yield f"cell {number} prints a raw array: {found[0][:40]}"


def prints_are_narrow(notebook):
    for number, cell, _ in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            text = output.get("text", "") or ("" if "text/latex" in data else data.get("text/plain", ""))
            if (width := max(map(len, text.splitlines()), default=0)) > WIDEST_PRINT:
                yield f"cell {number} prints a line of {width} characters: at most {WIDEST_PRINT} fit on the page"


def cells_are_short(notebook):
    for number, cell, _ in code_cells(notebook):
        if (lines := len(cell.source.splitlines())) > LONGEST_CELL:
            yield f"cell {number} has {lines} lines: at most {LONGEST_CELL}, longer code belongs in the package"


def no_cell_ends_in_a_semicolon(notebook):
    for number, cell, _ in code_cells(notebook):
        if cell.source.rstrip().endswith(";"):
            yield f"cell {number} ends in a semicolon, which hides its output from nbval only"


def plots_end_in_show(notebook):
    for number, cell, tree in code_cells(notebook):
        draws = pictures(cell) or calls(tree) & {"plt.show", "plt.subplots", "plt.figure"}
        if draws and cell.source.rstrip().splitlines()[-1] != "plt.show()":
            yield f"cell {number} draws and does not end in plt.show()"


def plain_python(notebook):
    for number, cell, tree in code_cells(notebook):
        if cell.source.strip() and not tree.body and not all(s.startswith("#") for s in cell.source.splitlines()):
            yield f"cell {number} is not plain Python"


def tags_needed(tree):
    """Return the tags that a cell has to carry for the packages that it needs."""
    needed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, (ast.Attribute, ast.Name)):
            names = [ast.unparse(node)] if isinstance(node.ctx, ast.Load) else []
            for loader, tag in LOADERS.items():
                if any(name.split(".")[-1] == loader for name in names) and is_called(tree, node):
                    needed.add(tag)
            continue
        else:
            continue
        needed |= {PEERS[top] for name in names if (top := name.split(".")[0]) in PEERS}
        if any(name.startswith("nncourse.peers") for name in names):
            needed.add("needs-torch")
    return needed


def is_called(tree, function):
    return any(isinstance(node, ast.Call) and node.func is function for node in ast.walk(tree))


def peers_are_tagged(notebook):
    for number, cell, tree in code_cells(notebook):
        if missing := tags_needed(tree) - set(cell.metadata.get("tags", [])):
            yield f"cell {number} lacks the tag {sorted(missing)}"


def tagged_cells_stand_alone(notebook):
    """What only a tagged cell defines is used in tagged cells only: the others run where the peer is missing."""
    cells = list(code_cells(notebook))
    tagged = {
        number: any(t.startswith("needs-") for t in cell.metadata.get("tags", [])) for number, cell, _ in cells
    }
    defined = {True: set(), False: set()}
    for number, _, tree in cells:
        defined[tagged[number]] |= {name for name, load in names_of(tree) if not load}
    only_tagged = defined[True] - defined[False]
    for number, _, tree in cells:
        if not tagged[number] and (used := {name for name, load in names_of(tree) if load} & only_tagged):
            yield f"cell {number} uses {sorted(used)}, which only a cell with a needs-... tag defines"


def names_of(tree):
    """Give (name, whether it is used rather than defined) for the names of a cell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, isinstance(node.ctx, ast.Load)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, False
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (((alias.asname or alias.name).split(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.arg):
            yield node.arg, False


def it_opens_with_title_and_aims(notebook):
    first = notebook.cells[:2]
    opening = "\n".join(cell.source for cell in first if cell.cell_type == "markdown")
    if not first or not re.match(r"(\([\w.-]+\)=\n)?# \S", opening):
        yield "the first cell opens with the title, `# ...`"
    if not re.search(r"^(:{3,}|`{3,})\{admonition\} In this (chapter|project)$", opening, re.M):
        yield "the first two cells hold an admonition titled `In this chapter`"
    if len(re.findall(r"^# ", markdown(notebook), re.M)) > 1:
        yield "there is one title, `# ...`; sections have `##`"


def it_closes_with_own_work_and_reading(notebook):
    headings = re.findall(r"^## (.+?)\s*$", markdown(notebook), re.M)
    if headings[-2:] != ["On your own", "Further reading"]:
        yield f"the last sections are `On your own` and `Further reading`, not {headings[-2:]}"


def the_file_is_normalised(notebook):
    if notebooks.as_text(notebook) != notebooks.as_text(notebooks.normalise(notebook)):
        yield "the file is not normalised: python -m tools.notebooks FILE"


RULES = [
    outputs_are_stored,
    execution_counts_run_from_one,
    nothing_failed,
    nothing_on_stderr,
    no_machine_in_it,
    no_timings,
    figures_say_what_they_show,
    randomness_is_seeded,
    numbers_are_rounded,
    prints_are_narrow,
    cells_are_short,
    no_cell_ends_in_a_semicolon,
    plots_end_in_show,
    plain_python,
    peers_are_tagged,
    tagged_cells_stand_alone,
    it_opens_with_title_and_aims,
    it_closes_with_own_work_and_reading,
    the_file_is_normalised,
]


OF_CHAPTERS = (it_opens_with_title_and_aims, it_closes_with_own_work_and_reading)  # not of the reference's lists
PROMISES = [
    (path, rule) for path in CHAPTERS for rule in RULES if path not in ledger.ERRATA or rule not in OF_CHAPTERS
]


@pytest.mark.parametrize(
    ("path", "rule"), PROMISES, ids=[f"{path.relative_to(ROOT)}-{rule.__name__}" for path, rule in PROMISES]
)
def test_a_chapter_keeps_the_contract(path, rule):
    assert list(rule(nbformat.read(path, as_version=4))) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=[str(path.relative_to(ROOT)) for path in CHAPTERS])
def test_a_chapter_is_stored_byte_by_byte_as_the_normaliser_writes_it(path):
    assert notebooks.is_normalised(path)


# --- the rules themselves ---

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FIGURE = {
    "image": {"alt": "The error falls from 2 to 0.1 within 50 steps."},
    "figure": {"caption": "Training.", "name": "fig-training"},
}


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(**data):
    return new_output("display_data", data={kind.replace("_", "/"): value for kind, value in data.items()})


def cell(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def drawn(source="fig, ax = plt.subplots()\nplt.show()", pictures=1, tags=(), **mystnb):
    return cell(source, *[shown(image_png=PNG)] * pictures, mystnb={**FIGURE, **mystnb}, tags=list(tags))


def good(*cells):
    """Return a notebook that breaks no rule, with more cells in it."""
    return notebooks.normalise(
        new_notebook(
            cells=[
                new_markdown_cell("# A chapter\n\n```{admonition} In this chapter\nWhat you will do.\n```"),
                cell("import numpy as np\nimport matplotlib.pyplot as plt\n\nrng = np.random.default_rng(0)"),
                cell("print(f'{2 / 3:.4g}')", printed("0.6667\n")),
                drawn(),
                cell("from nncourse.peers import torch_scores\nt = 1", tags=["needs-torch"]),
                *cells,
                new_markdown_cell("## On your own\n\nTry it."),
                new_markdown_cell("## Further reading\n\nA book."),
            ]
        )
    )


def changed(change):
    """Return a good notebook to which something was done."""
    notebook = good()
    change(notebook)
    return notebook


BREAKS = [  # the rule, and a notebook that breaks it: one more cell, or a change
    (outputs_are_stored, cell("print(1)")),
    (outputs_are_stored, cell("for i in range(3):\n    print(i)")),
    (outputs_are_stored, cell("x = 1\nx")),
    (outputs_are_stored, drawn(pictures=0)),
    (execution_counts_run_from_one, lambda nb: nb.cells[1].update(execution_count=None)),
    (execution_counts_run_from_one, lambda nb: nb.cells[2].update(execution_count=7)),
    (nothing_failed, cell("1 / 0", new_output("error", ename="ZeroDivisionError", evalue="", traceback=[]))),
    (nothing_on_stderr, cell("warn()", printed("careful", "stderr"))),
    (no_machine_in_it, cell("x", printed("saved in /home/ada/notes"))),
    (no_machine_in_it, cell("x", printed(f"saved in {ROOT}/notes"))),
    (no_machine_in_it, cell("x", shown(text_plain="'C:\\Users'"))),
    (no_machine_in_it, cell("open('/tmp/file')")),
    (no_machine_in_it, cell("f", shown(text_plain="<function f at 0x7f3a12345678>"))),
    (no_timings, cell("x", printed("trained in 3.2 s\n"))),
    (no_timings, cell("x", printed("12ms per step"))),
    (figures_say_what_they_show, drawn(image={"alt": "A plot."})),
    (figures_say_what_they_show, drawn(image={"alt": "Figure of the loss and what happens to it"})),
    (figures_say_what_they_show, drawn(figure={"caption": "A caption"})),
    (figures_say_what_they_show, drawn(figure={"name": "fig-other"})),
    (figures_say_what_they_show, drawn(pictures=2, figure={"caption": "Two", "name": "fig-two"})),
    (figures_say_what_they_show, drawn()),  # the same name again
    (figures_say_what_they_show, cell("plt.show()", shown(image_png=PNG))),
    (randomness_is_seeded, cell("np.random.seed(0)")),
    (randomness_is_seeded, cell("def f():\n    return np.random.rand(3)")),
    (randomness_is_seeded, cell("rng = np.random.default_rng()")),
    (randomness_is_seeded, cell("rng = np.random.default_rng(None)")),
    (randomness_is_seeded, cell("import random")),
    (randomness_is_seeded, cell("from random import choice")),
    (randomness_is_seeded, cell("from numpy.random import rand")),
    (numbers_are_rounded, cell("x", printed("0.30000000000000004"))),
    (numbers_are_rounded, cell("x", shown(text_plain="1.2345678901234e-05"))),
    (numbers_are_rounded, cell("x", shown(text_plain="array([ 0.12573022, -0.13210486])"))),
    (prints_are_narrow, cell("x", printed("word " * 17))),
    (prints_are_narrow, cell("x", shown(text_plain="w" * 81))),
    (cells_are_short, cell("\n".join(f"x{i} = {i}" for i in range(16)))),
    (no_cell_ends_in_a_semicolon, cell("ax.plot(x);")),
    (plots_end_in_show, cell("fig, ax = plt.subplots()")),
    (plots_end_in_show, drawn("fig, ax = plt.subplots()\nplt.show()\nx = 1")),
    (plain_python, cell("%matplotlib inline")),
    (plain_python, cell("!pip install torch")),
    (peers_are_tagged, cell("import torch")),
    (peers_are_tagged, cell("from sklearn.linear_model import LinearRegression", tags=["needs-torch"])),
    (peers_are_tagged, cell("from gensim.models import Word2Vec")),
    (peers_are_tagged, cell("from nncourse import peers")),
    (peers_are_tagged, cell("x, labels = digits()")),
    (peers_are_tagged, cell("x, labels = datasets.digits()")),
    (peers_are_tagged, cell("articles = lee()")),
    (peers_are_tagged, cell("from scipy.cluster import hierarchy", tags=["needs-gensim"])),
    (peers_are_tagged, cell("import nltk")),
    (tagged_cells_stand_alone, cell("u = t + 1")),
    (it_opens_with_title_and_aims, lambda nb: nb.cells[0].update(source="# A chapter\n\nIt begins.")),
    (it_opens_with_title_and_aims, lambda nb: nb.cells[0].update(source=nb.cells[0].source.replace("# ", "## "))),
    (it_opens_with_title_and_aims, new_markdown_cell("# A second title")),
    (it_closes_with_own_work_and_reading, lambda nb: nb.cells.pop()),
    (it_closes_with_own_work_and_reading, lambda nb: nb.cells.append(new_markdown_cell("## An afterthought"))),
    (the_file_is_normalised, lambda nb: nb.metadata.update(widgets={})),
    (the_file_is_normalised, lambda nb: nb.cells[1].metadata.update({"jp-MarkdownHeadingCollapsed": True})),
    (the_file_is_normalised, lambda nb: nb.cells[1].update(id="3f2a")),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule):
    also = [
        cell("x = 12.5\nf'{x:.3f}'", shown(text_plain="'12.500'")),
        cell("rng = np.random.default_rng(seed=3)\nx, y = rng.normal(size=2)"),
        cell("def draw():\n    fig, ax = plt.subplots()\n    print(1)"),
        cell("# nothing but a remark"),
        cell("n", shown(text_plain="123456789012")),
        cell("n", shown(text_plain="W11*x1 + W12*x2 + " * 9, text_latex="$z$")),
        cell("n", shown(text_html="<b>3 states, 5 steps</b> [0.1234567]")),
        cell("check('delta-rule-1', 'your answer')", printed("agrees to 1e-10\n")),
        cell("from torch import nn\nx = t", tags=["needs-torch"]),
    ]
    assert list(rule(good(*also))) == []


@pytest.mark.parametrize(("rule", "broken"), BREAKS, ids=[rule.__name__ for rule, _ in BREAKS])
def test_every_rule_sees_what_breaks_it(rule, broken):
    notebook = changed(broken) if callable(broken) else good(copy.deepcopy(broken))
    assert list(rule(notebook))


def test_every_rule_is_tried():
    assert {rule for rule, _ in BREAKS} == set(RULES)


# --- the tool that runs and normalises ---


def test_normalising_twice_changes_nothing_and_keeps_what_counts():
    messy = new_notebook(
        metadata={"widgets": {}, "kernelspec": {"name": "my-env", "display_name": "My environment"}},
        cells=[
            new_markdown_cell("# T\n\n", metadata={"jp-MarkdownHeadingCollapsed": True}),
            cell("print(1)\n", printed("1\n"), printed("2\n"), printed("!", "stderr"), tags=["t"], collapsed=True),
            new_code_cell("  \n"),
            cell("x", new_output("execute_result", data={"text/plain": "3"}, execution_count=9), mystnb=FIGURE),
        ],
    )
    before = nbformat.writes(messy)
    clean = notebooks.normalise(messy)
    assert nbformat.writes(messy) == before
    nbformat.validate(clean)
    assert notebooks.as_text(notebooks.normalise(clean)) == notebooks.as_text(clean)
    assert notebooks.as_text(clean).endswith("}\n")
    assert [c.id for c in clean.cells] == ["cell-1", "cell-2", "cell-3"]
    assert clean.metadata == notebooks.METADATA
    assert clean.cells[0].metadata == {}
    assert clean.cells[1].metadata == {"tags": ["t"]}
    assert clean.cells[2].metadata == {"mystnb": FIGURE}
    assert [o.text for o in clean.cells[1].outputs] == ["1\n2\n", "!"]
    assert (clean.cells[2].execution_count, clean.cells[2].outputs[0].execution_count) == (2, 2)


def test_a_picture_loses_the_name_of_its_program_and_nothing_else():
    import base64
    import io

    import matplotlib.image
    import numpy as np

    bare, signed = io.BytesIO(), io.BytesIO()
    matplotlib.image.imsave(bare, np.eye(3), metadata={"Software": None})
    matplotlib.image.imsave(signed, np.eye(3), metadata={"Software": "Some program 1.2.3"})
    assert bare.getvalue() != signed.getvalue()
    clean = notebooks._clean_png(base64.encodebytes(signed.getvalue()).decode())
    assert base64.b64decode(clean) == bare.getvalue()


def test_the_tool_runs_a_notebook_in_its_folder_and_keeps_the_old_file_when_a_cell_fails(tmp_path, capsys):
    path = tmp_path / "small-chapter.ipynb"
    (tmp_path / "data.txt").write_text("42")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# T"), cell("print(open('data.txt').read())")]), path)
    assert notebooks.main(["--check", str(path)]) == 1
    assert "not normalised" in capsys.readouterr().out
    assert notebooks.main([str(path)]) == 0
    assert re.fullmatch(r"small-chapter  2 cells  \d+\.\d s\n", capsys.readouterr().out)
    assert nbformat.read(path, as_version=4).cells[1].outputs[0].text == "42\n"
    assert notebooks.main(["--check", str(path)]) == 0
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "y = 3\nprint(y / 0)"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "small-chapter.ipynb, cell 2:\n\ny = 3\nprint(y / 0)\n\nZeroDivisionError: division by zero" in message
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.txt", "small-chapter.ipynb"]
