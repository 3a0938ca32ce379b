"""A class of submitted notebooks with every kind of trouble is collected, and no row is lost."""

import csv
import html.parser
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT

from benchmarks import classes
from nncourse import command
from nncourse.collecting import cage, lanes, page, results
from nncourse.collecting.runs import Limits

psutil = pytest.importorskip("psutil", reason="nncourse collect needs psutil, which is not installed")
LINUX = pytest.mark.skipif(not cage.LINUX, reason="the limits of this test are those of Linux")
CAGED = pytest.mark.skipif(cage.test() is not None, reason=f"no namespaces here: {cage.test()}")
RIGHT = classes.solutions("delta-rule")
NOTHING = dict.fromkeys(RIGHT, "answer = ...")


def run(folder, *options, seconds=3, check=True):
    """Run the command, and return its rows by student; its temporary folders come beside the class."""
    temporary = folder.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    line = [
        sys.executable,
        "-m",
        "nncourse",
        "collect",
        str(folder),
        "--seconds",
        str(seconds),
        "--seed",
        "1",
        *options,
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
                          env=os.environ | {"TMPDIR": str(temporary)})  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return table(folder)


def table(folder):
    with Path(f"{folder}-collected", "class.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def messages(folder):
    with Path(f"{folder}-collected", "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["student"], row["exercise"]): row["message"] for row in csv.DictReader(file)}


def ours(word):
    """Return the command lines with a word in them of all processes but this one."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        text = " ".join(process.info["cmdline"] or ())
        if word in text and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append(text)
    return found


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """Collect a notebook of every kind of trouble, beside sound ones; return (folder, rows, messages)."""
    folder = tmp_path_factory.mktemp("class") / "handed-in"
    folder.mkdir()
    for kind, cell in classes.TROUBLES.items():
        cell = cell.replace("5000", "54321")
        (folder / f"{kind}.ipynb").write_text(classes.small(RIGHT, [cell]), encoding="utf-8")
    for kind, content in classes.FILES.items():
        (folder / f"{kind}.ipynb").write_bytes(content)
    for kind, cell in classes.TAMPERED.items():
        (folder / f"{kind}.ipynb").write_text(classes.small(NOTHING, [cell]), encoding="utf-8")
    for i in range(3):
        (folder / f"sound {i}").mkdir()
        (folder / f"sound {i}" / "homework.ipynb").write_text(classes.small(RIGHT), encoding="utf-8")
    (folder / "folder.ipynb").mkdir()
    (folder / "outside.ipynb").symlink_to(ROOT / "book" / "before-you-start.ipynb")
    (folder / "round.ipynb").symlink_to(folder / "round.ipynb")
    (folder / ".hidden.ipynb").write_text("{", encoding="utf-8")
    os.mkfifo(folder / "fifo.ipynb") if hasattr(os, "mkfifo") else (folder / "fifo.ipynb").write_text("")
    return folder, run(folder, seconds=2), messages(folder)


@LINUX
def test_no_row_is_lost_and_sound_notebooks_pass_everything(troubled):
    rows = troubled[1]
    count = len(classes.TROUBLES) + len(classes.FILES) + len(classes.TAMPERED) + 3
    assert len(rows) == count + 4
    assert ".hidden" not in rows
    for i in range(3):
        assert rows[f"sound {i}"]["passed"] == "6", rows[f"sound {i}"]
    for kind in ("child left running", "daemon left running", "threads left running", "huge file", "many files",
                 "memory hog at once", "syntax error", "exits", "error", "recursion", "huge output"):  # fmt: skip
        assert rows[kind]["passed"] == "6", rows[kind]


@LINUX
@pytest.mark.parametrize("kind", classes.ENDLESS)
def test_an_endless_notebook_is_stopped_and_told_so(troubled, kind):
    row = troubled[1][kind]
    assert row["status"] == "stopped"
    assert "is there a loop that never ends?" in row["notes"]
    assert "(it was in cell 2)" in row["notes"]
    assert row["delta-rule-1"] == "not reached"


@LINUX
@pytest.mark.parametrize(
    ("kind", "words"),
    {
        "garbage": "no text in UTF-8",
        "empty": "it is empty",
        "cut off": "not valid JSON",
        "deep": "nested too deeply",
        "no notebook": "no notebook",
        "old": "its format is '3'; only 4 is read",
        "not UTF-8": "no text in UTF-8",
        "folder": "no file but a folder",
        "outside": "a link that leads out of the folder",
        "round": "a link to itself",
        "fifo": "no plain file",
        "leaves": "Python ended in cell 2",
        "crashes": "Python ended in cell 2",
        "syntax error": "cell 2: SyntaxError",
        "exits": "cell 2: SystemExit: 1",
        "huge output": "wrote more than 5 MB",
        "huge output of a program": "wrote more than 20 MB",
        "huge file": "File too large",
        "memory hog at once": "MemoryError",
        "redefined check": "cell 2 changes what check means",
    }.items(),
)
def test_a_broken_notebook_costs_its_own_row_which_says_why(troubled, kind, words):
    assert words in troubled[1][kind]["notes"]


@LINUX
@pytest.mark.parametrize("kind", classes.TAMPERED)
def test_tampering_gains_nothing(troubled, kind):
    assert troubled[1][kind]["passed"] == "0", troubled[1][kind]


@LINUX
def test_nothing_is_left_running_and_no_folder_stays(troubled):
    """The sleepers of this class sleep for 54321 seconds, those of others for other times."""
    assert not ours("54321")
    assert not list(troubled[0].with_name("temporary").iterdir())


@CAGED
def test_there_is_no_network_and_nothing_outside_can_be_written_or_ended(tmp_path):
    folder, target = tmp_path / "a", tmp_path / "written"
    folder.mkdir()
    (folder / "secret.txt").write_text("42", encoding="utf-8")
    probe = f"""
import os, socket, signal
said = []
def attempt(name, f):
    try:
        f()
        said.append(name)
    except Exception as error:
        pass
attempt("network", lambda: socket.create_connection(("192.0.2.1", 80), 1))
attempt("interfaces", lambda: 1 / (len(socket.if_nameindex()) - 1))
attempt("write", lambda: open({str(target)!r}, "w"))
attempt("neighbours", lambda: open({str(folder / "secret.txt")!r}))
attempt("kill", lambda: os.kill({os.getpid()}, 0))
attempt("root", lambda: os.setuid(0))
attempt("mount", lambda: 1 / (1 + __import__("ctypes").CDLL(None).mount(b"x", b"/tmp", b"tmpfs", 0, None)))
open("own.txt", "w").write("this works")
raise RuntimeError("could: " + " ".join(said))
"""
    (folder / "probe.ipynb").write_text(classes.small(RIGHT, [probe]), encoding="utf-8")
    row = run(folder, seconds=10)["probe"]
    assert "RuntimeError: could: " in row["notes"]
    assert row["notes"].rstrip().endswith("could:")
    assert not target.exists()


@LINUX
def test_no_answer_runs_where_it_is_judged(tmp_path):
    """That process stands outside of the cage, and sympy reads texts by running them."""
    folder, target = tmp_path / "class", tmp_path / "written"
    folder.mkdir()
    evil = f"__import__('pathlib').Path({str(target)!r}).touch()"
    answers = [
        f"answer = [{evil!r}]",
        f"answer = {{{evil!r}: 1}}",
        f"class Evil:\n    def __str__(self):\n        return {evil!r}\n    __repr__ = __str__\nanswer = Evil()",
        f"answer = sp.Symbol({evil!r})",
        f"k = sp.Symbol({evil!r})\nanswer = sp.Sum(k, (k, 1, c))",
        f"answer = sp.Function({evil!r})(c)",
    ]
    for i, answer in enumerate(answers):
        again = {"delta-rule-1": answer, "delta-rule-2": answer.replace("(c)", "(a)").replace(", c)", ", a)")}
        (folder / f"s{i}.ipynb").write_text(classes.small(RIGHT | again), encoding="utf-8")
    rows = run(folder, seconds=10)
    assert not target.exists()
    assert {row["delta-rule-1"] for row in rows.values()} == {"failed"}
    assert {row["passed"] for row in rows.values()} == {"4"}, rows


def test_an_argument_that_an_answer_changed_is_seen(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for name, change in (("new", "w = w + y * x"), ("same", "w += y * x")):
        answer = f"def update(w, x, y):\n    if y * (w @ x) <= 0:\n        {change}\n    return w"
        (folder / f"{name}.ipynb").write_text(
            classes.small({"perceptron-2": answer}, chapter="perceptron"), encoding="utf-8"
        )
    rows, said = run(folder, seconds=10), messages(folder)
    assert [rows[name]["perceptron-2"] for name in ("new", "same")] == ["passed", "failed"], rows
    assert "but changed w itself" in said["same", "perceptron-2"]


NEW = {  # wrong answers that the exercises do not list, and a word of the message that helps
    ("delta-rule-1", "answer = c + 1"): "your formula gives",
    ("delta-rule-1", "answer = 'c squared'"): "Expected a sympy expression",
    ("delta-rule-1", "answer = 3 * c**2"): "your formula gives",
    ("delta-rule-1", "answer = lambda c: c**2"): "got the function <lambda>",
    ("delta-rule-1", "answer = [c**2]"): "take its entry [0]",
    ("delta-rule-2", "answer = (a - y_) * a * (1 - a) * x_ + sp.Symbol('w')"): "has w in it",
    ("delta-rule-2", "answer = (a - y_) * (1 - a) * x_"): "your formula gives",
    ("delta-rule-2", "answer = (a - y_)**2 / 2"): "your formula gives",
    ("delta-rule-3", "def gradient(W, x, y):\n    return W.T @ (np.tanh(W @ x) - y)"): "expected",
    ("delta-rule-3", "def gradient(W, x):\n    return W"): "takes 2 positional arguments",
    ("delta-rule-3", "def gradient(W, x, y):\n    return W @ y"): "(in the line: return W @ y)",
    ("delta-rule-3", "def gradient(W, x, y):\n    print(W)"): "is a `return` missing?",
    ("delta-rule-3", "def gradient(W, x, y):\n    while True:\n        pass"): "loop that never ends",
    (
        "delta-rule-3",
        "def gradient(W, x, y):\n    import os\n    os._exit(0)",
    ): "Python ended while your answer ran",
    ("delta-rule-4", "def batch_gradient(W, X, Y):\n    return 'big'"): "expected",
    ("delta-rule-4", "def batch_gradient(W, X, Y):\n    return np.zeros_like(W)"): "expected",
    ("delta-rule-4", "batch_gradient = np.zeros((2, 2))"): "Expected a function of (W, X, Y)",
    ("delta-rule-5", "def softmax_gradient(W, x, y):\n    return [[1.0] * len(x)] * len(y)"): "expected",
    ("delta-rule-6", "def largest_step(X):\n    return 0.01 / len(X)"): "a larger step is stable",
    ("delta-rule-6", "def largest_step(X):\n    return float('nan')"): "Expected one positive number",
    ("delta-rule-6", "largest_step = 0.5"): "Expected a function of X",
    ("delta-rule-6", "def largest_step(X):\n    return sum(range(10**15))"): "Stopped after",
}


@LINUX
def test_new_wrong_answers_fail_with_a_message_that_helps(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for i, (id, answer) in enumerate(NEW):
        (folder / f"s{i}.ipynb").write_text(classes.small(RIGHT | {id: answer}), encoding="utf-8")
    rows, said = run(folder, seconds=8), messages(folder)
    assert len(NEW) >= 20
    for i, ((id, answer), words) in enumerate(NEW.items()):
        assert rows[f"s{i}"][id] == "failed", (answer, rows[f"s{i}"])
        assert rows[f"s{i}"]["passed"] == "5", answer
        assert words in said[f"s{i}", id], (answer, said[f"s{i}", id])


@LINUX
def test_an_interrupted_run_goes_on_where_it_stopped_and_a_changed_notebook_is_judged_again(tmp_path):
    folder, lines = tmp_path / "class", tmp_path / "class-collected" / "notebooks.jsonl"
    temporary = tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    for i in range(4):
        (folder / f"s{i}.ipynb").write_text(classes.small(RIGHT), encoding="utf-8")
    (folder / "z.ipynb").write_text(
        classes.small(RIGHT, ["import time\nfor _ in range(9**9):\n    time.sleep(65432)"]), encoding="utf-8"
    )
    for how in (signal.SIGKILL, signal.SIGINT):
        line = [sys.executable, "-m", "nncourse", "collect", str(folder), "--seconds", "60", "--seed", "1"]
        process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=os.environ | {"TMPDIR": str(temporary)})  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (not lines.exists() or lines.read_bytes().count(b"\n") < 4):
            time.sleep(0.05)
        time.sleep(3 if how == signal.SIGINT else 0)
        process.send_signal(how)
        assert process.wait(30) == (130 if how == signal.SIGINT else -how)
        deadline = time.monotonic() + 10
        while ours("nncourse.collecting") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not ours("nncourse.collecting"), "something is left running"
        assert not list(temporary.iterdir())
    assert lines.read_bytes().count(b"\n") == 4, "nothing is judged twice"
    with lines.open("ab") as file:
        file.write(b'{"file": "s1.ipynb", "sta')  # as a power failure leaves it
    (folder / "s0.ipynb").write_text(classes.small(NOTHING), encoding="utf-8")
    (folder / "z.ipynb").unlink()
    rows = run(folder, seconds=60)
    assert [rows[f"s{i}"]["passed"] for i in range(4)] == ["0", "6", "6", "6"]
    assert lines.read_bytes().count(b"\n") == 4 + 1 + 1  # the broken line was ended


def test_a_whole_chapter_is_judged_by_its_stub_cells_and_not_by_the_solutions_that_it_shows(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    untouched = [
        classes.code(source) if kind == "code" else classes.prose(source)
        for kind, source in classes.chapter_cells("before-you-start")
    ]
    (folder / "untouched.ipynb").write_text(classes.notebook(untouched), encoding="utf-8")
    answers = classes.solutions("before-you-start")
    (folder / "solved.ipynb").write_text(classes.whole("before-you-start", answers), encoding="utf-8")
    rows = run(folder, seconds=30)
    assert (rows["untouched"]["passed"], rows["untouched"]["of"]) == ("0", "4")
    assert rows["solved"]["passed"] == "4"


def test_without_forks_and_namespaces_it_works_too_and_says_what_is_not_limited(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "sound.ipynb").write_text(classes.small(RIGHT), encoding="utf-8")
    endless = RIGHT | {"delta-rule-3": "def gradient(W, x, y):\n    while True:\n        pass"}
    (folder / "loops.ipynb").write_text(classes.small(endless), encoding="utf-8")
    rows = run(folder, "--no-fork", seconds=30)
    assert rows["sound"]["passed"] == "6"
    assert rows["loops"]["passed"] == "5"
    assert "the network is not cut off" in Path(f"{folder}-collected", "class.html").read_text(encoding="utf-8")


@LINUX
def test_without_namespaces_nothing_is_left_running_either(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for kind in ("child left running", "daemon left running", "endless loop", "huge file"):
        cell = classes.TROUBLES[kind].replace("5000", "76543")
        (folder / f"{kind}.ipynb").write_text(classes.small(RIGHT, [cell]), encoding="utf-8")
    rows = run(folder, "--no-namespaces")
    assert [rows[kind]["passed"] for kind in sorted(rows)] == ["6", "6", "0", "6"]
    assert not ours("76543")
    assert not list(folder.with_name("temporary").iterdir())


class Reader(html.parser.HTMLParser):
    """Notes tags, attributes and texts."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def test_the_page_escapes_everything_asks_nobody_and_names_common_mistakes():
    evil = "<script>alert(1)</script>\u202e"
    answers = {"delta-rule-1": [False, f"Not yet. {evil}"], "delta-rule-2": [True, "Passed."]}
    row = {"student": evil, "file": f"{evil}.ipynb", "status": "done", "notes": [evil], "chapters": ["delta-rule"],
           "answers": answers, "seconds": 1.0}  # fmt: skip
    text = page.make([row, row | {"student": "Ada"}], ["Limits."])
    reader = Reader()
    reader.feed(text)
    assert sum(tag == "script" for tag, _ in reader.tags) == 1
    assert "\u202e" not in text
    assert not [a for _, a in reader.tags if {"src", "href"} & set(a) and not a.get("href", "").startswith("#")]
    assert "http" not in text.replace("http-equiv", "")
    heads = [a for tag, a in reader.tags if tag == "th"]
    assert all(a.get("scope") in ("row", "col") for a in heads)
    assert "2 × " in reader.text


def test_a_table_holds_no_formula_of_a_spreadsheet(tmp_path):
    row = {"student": "=cmd()", "file": "+a.ipynb", "status": "done", "notes": ["@x"], "chapters": ["delta-rule"],
           "answers": {}, "seconds": 1.0}  # fmt: skip
    results.write_tables([row], tmp_path)
    with (tmp_path / results.TABLE).open(encoding="utf-8-sig", newline="") as file:
        entries = [entry for line in csv.reader(file) for entry in line]
    assert "'=cmd()" in entries
    assert not [entry for entry in entries if entry.startswith(("=", "+", "@"))]


def test_common_mistakes_are_counted_without_the_numbers_of_a_case():
    def said(gives):
        return {"delta-rule-1": [False, f"Not yet. At c = 0.{gives} your formula gives {gives}.5, expected 1e-07."]}

    rows = [{"student": str(i), "status": "done", "chapters": ["delta-rule"], "answers": said(i)} for i in range(3)]
    ((reason, who),) = results.common(rows)["delta-rule-1"]
    assert who == ["0", "1", "2"]
    assert not re.search(r"\d", reason)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere"], "expected a folder with notebooks"),
        (["tests", "--jobs", "0"], "--jobs"),
        (["tests", "--out", "."], "does not hold the notebooks"),
    ],
)
def test_a_wrong_use_is_told(options, words, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert command.main(["collect", *options]) == 1
    assert words in capsys.readouterr().err


def test_the_table_of_answers_is_the_chapters():
    from tools import answers

    made = answers.table()
    names = {}
    exec(made, names)
    from nncourse.collecting.answers import NAMES, SOLUTIONS

    assert (names["NAMES"], names["SOLUTIONS"]) == (NAMES, SOLUTIONS), "run: python -m tools.answers"


def fake(long, finished, ran, seconds=20.0):
    """Return lanes in which so many notebooks take long and the others have finished."""
    one = lanes.Lanes(None, Limits(seconds=seconds), 2, {}, None)
    one.finished = [ran] * finished
    one.cut = long
    return one


def test_those_that_take_long_share_a_part_of_what_the_others_took():
    assert fake(20, 180, 1.0).share() == pytest.approx(0.4 * 180 / 20)
    assert fake(1, 11, 1.0).share() == 20, "a single one has its whole limit"
    assert fake(20, 180, 6.0).share() == 20, "whole chapters have it too"
    assert fake(20, 180, 0.1).share() == 2.0, "a tenth at least"
    assert fake(20, 30, 1.0).share() == 20, "a slow class has it"


def test_results_that_a_class_shares_are_found_in_json(tmp_path):
    book = results.Book(tmp_path / "x.jsonl")
    book.add({"file": "a", "key": "1", "seed": 5})
    book.close()
    assert json.loads((tmp_path / "x.jsonl").read_text())["seed"] == 5
    again = results.Book(tmp_path / "x.jsonl")
    assert again.known("a", "1")
    assert not again.known("a", "2")
    if importlib.util.find_spec("fcntl"):
        with pytest.raises(ValueError, match="in use"):
            results.Book(tmp_path / "x.jsonl")
    again.close()
