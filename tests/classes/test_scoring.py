"""Notebooks of the projects are scored: right ones, broken ones, endless ones, and ones that cheat."""

import csv
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT

from benchmarks import classes
from nncourse.collecting import cage
from nncourse.projects import language_model, memory

psutil = pytest.importorskip("psutil", reason="nncourse score needs psutil, which is not installed")
CAGED = pytest.mark.skipif(cage.test() is not None, reason=f"no namespaces here: {cage.test()}")
WORD = "zanzibarelephant"  # stands in the secret text, and nowhere else
CHAPTER = "from nncourse.projects.memory import chapter\n\n\ndef train(x, y, seed):\n    return chapter(x, y, seed)"
MEMORY = {
    "right": [CHAPTER, "1 / 0", "while True:\n    pass"],
    "endless": ["def train(x, y, seed):\n    while True:\n        pass"],
    "endless in its cells": ["while True:\n    pass", CHAPTER],
    "endless in processes": [
        "import os\n\n\ndef train(x, y, seed):\n    for _ in range(3):\n        os.fork()\n"
        "    while True:\n        pass"
    ],
    "slow": [
        "from nncourse.projects.memory import chapter\n\n\ndef train(x, y, seed):\n"
        "    while len(x) > 20:\n        pass\n"
        "    return chapter(x, y, seed)"
    ],
    "asleep": ["import time\n\n\ndef train(x, y, seed):\n    time.sleep(5000)"],
    "error": ["def train(x, y, seed):\n    return 1 / 0"],
    "leaves": ["import os\n\n\ndef train(x, y, seed):\n    os._exit(0)"],
    "no train": ["x = 1"],
    "a number": ["train = 5"],
    "syntax": ["def train(:\n    pass"],
    "memory hog": ["import numpy as np\n\n\ndef train(x, y, seed):\n    return np.ones(10**10)"],
    "no numbers": ["def train(x, y, seed):\n    return {'W1': 'a', 'V1': open, 'W2': train}"],
    "patched": [
        "import numpy as np\nimport nncourse.projects.judging as j\nimport nncourse.projects.memory as m\n"
        "import nncourse.projects.core as c\nm.LEARNED = 9.0\nm.scores = lambda *a: [c.Score(18, 'lag 256', ())]\n"
        "j.Scoring.measure = j.Scoring.run = lambda *a: None\nm.SimpleRNN.evaluate = lambda *a: 0.0\n\n\n"
        "def train(x, y, seed):\n    return m.NETWORK.init(np.random.default_rng(seed))"
    ],
    "forged": [
        classes.TAMPERED["forged messages"].replace("delta-rule-1", "score").replace("Passed.", '[18, "lag 256"]'),
        "def train(x, y, seed):\n    return {}",
    ],
}
SINGLE = (
    "import numpy as np\n\n\ndef train(articles, words, seed):\n    V = len(words)\n"
    "    share = np.bincount(np.concatenate(articles), minlength=V) / sum(map(len, articles))\n"
)
GUESS = "    return lambda histories: np.tile(share, (len(histories), 1))"
WORDS = {
    "right": [SINGLE + GUESS],
    "sum": [SINGLE + "    return lambda histories: np.full((len(histories), V), 0.5)"],
    "later": [
        SINGLE + "    calls = []\n\n    def predict(histories):\n        calls.append(1)\n"
        "        return np.tile(share if len(calls) < 5 else 2 * share, (len(histories), 1))\n    return predict"
    ],
    "nothing": [SINGLE + "    return None"],
    "patched": [
        SINGLE + "    import nncourse.projects.language_model as m\n    m.mean_loss = lambda *a: 0.0\n"
        "    m._probabilities = lambda *a: np.ones(a[1:])\n    np.log = lambda x: np.zeros_like(x)\n" + GUESS
    ],
    "reads": [
        """import gc, glob, os

def train(articles, words, seed):
    found, word = [], b'zanzibar' + b'elephant'
    for root in ('PLACE', os.path.dirname('PLACE'), *glob.glob('/proc/[0-9]*')):
        for path in glob.glob(root + '/*'):
            if '/proc' not in root or path.endswith(('cmdline', 'environ', 'maps')):
                try:
                    found += [path] if word in open(path, 'rb').read() + path.encode() else []
                except OSError:
                    pass
    for thing in gc.get_objects():
        if isinstance(thing, (dict, list)):
            parts = thing.values() if isinstance(thing, dict) else thing
            found += [1 for part in parts if isinstance(part, str) and part.endswith('/' + 'text.txt')]
    raise ValueError(f'found {found}')"""
    ],
}


def score(folder, project, notebooks, *options):
    """Write notebooks, run the command on their folder, and return its rows by student, and what it printed."""
    hand_in, table = folder / "handed in", folder / "table.csv"
    hand_in.mkdir()
    for name, cells in notebooks.items():
        (hand_in / f"{name}.ipynb").write_text(classes.notebook([classes.code(cell) for cell in cells]))
    line = [sys.executable, "-m", "nncourse", "score", project, str(hand_in), "--out", str(table), *options]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT, timeout=1200,
                          env=os.environ | {"TMPDIR": str(folder)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    with table.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}, done.stdout


@pytest.fixture(scope="module")
def memories(tmp_path_factory):
    """Score the notebooks of part 2, with a seed of the instructor's."""
    return score(tmp_path_factory.mktemp("memory"), "memory", MEMORY, "--seed", "3", "--budget", "2")


@pytest.fixture(scope="module")
def guesses(tmp_path_factory):
    """Score the notebooks of part 1, on a text of the instructor's."""
    pytest.importorskip("gensim", reason="the articles come with gensim, which is not installed")
    folder = tmp_path_factory.mktemp("words")
    place = folder / "secret"
    place.mkdir()
    lines = ["The police said yesterday that the fire was out ."] * 8 + [f"The man said that {WORD} was there ."]
    (place / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    notebooks = {name: [c.replace("PLACE", str(place)) for c in cells] for name, cells in WORDS.items()}
    return (*score(folder, "language-model", notebooks, "--text", str(place / "text.txt")), place / "text.txt")


def test_every_notebook_has_its_row_and_ours_come_first(memories):
    assert list(memories[0])[:2] == ["the chapter's", "the reference"]
    assert set(memories[0]) == {"the chapter's", "the reference", *MEMORY}


def test_the_same_training_has_the_chapters_score_and_what_stands_below_is_not_run(memories):
    rows, printed = memories
    *_, here = memory.scores(memory.chapter, 3)
    for name in ("right", "the chapter's"):
        assert (rows[name]["status"], rows[name]["score"]) == ("done", here.text)
    assert rows["right"]["points"] == "0"
    assert rows["the reference"]["points"] == "40"
    assert "The budget is 2 times the processor's time of the chapter's model" in printed
    budget = 2 * float(rows["the chapter's"]["seconds"])
    assert float(rows["right"]["budget"]) == pytest.approx(budget, abs=0.02)
    assert float(rows["right"]["seconds"]) < budget


@pytest.mark.parametrize("name", ["endless", "endless in its cells"])
def test_an_endless_one_ends_with_the_budget(memories, name):
    row = memories[0][name]
    assert (row["status"], row["points"]) == ("stopped", "0")
    assert "the budget of" in row["notes"]
    assert float(row["seconds"]) < 1.2 * float(row["budget"]) + 2


@CAGED
def test_processes_share_the_budget(memories):
    row = memories[0]["endless in processes"]
    assert "the budget of" in row["notes"]
    assert float(row["seconds"]) < 1.2 * float(row["budget"]) + 3


def test_what_was_learned_within_the_budget_counts(memories):
    rows = memories[0]
    assert (rows["slow"]["status"], "the budget of" in rows["slow"]["notes"]) == ("stopped", True)
    assert rows["slow"]["score"].endswith(" of 18 runs")
    *_, here = memory.scores(lambda x, y, seed: memory.chapter(x, y, seed) if len(x) <= 20 else {}, 3)
    assert rows["slow"]["score"] == here.text


def test_a_sleeping_one_ends_by_the_clock(memories):
    row = memories[0]["asleep"]
    assert "is there a loop that never ends?" in row["notes"]
    assert float(row["points"]) == 0


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("error", "done", "lag 8: ZeroDivisionError: division by zero"),
        ("leaves", "stopped", "Python ended while"),
        ("no train", "unreadable", "no cell of it defines train"),
        ("a number", "stopped", "train is no function but 5"),
        ("syntax", "unreadable", "no cell of it defines train"),
        ("memory hog", "stopped", "MemoryError"),
        ("no numbers", "done", "lag 8: "),
    ],
)
def test_a_broken_one_costs_its_row_and_says_why(memories, name, status, words):
    row = memories[0][name]
    assert row["status"] == status
    assert words in row["notes"]
    assert row["points"] == "0"
    assert words in memories[1] or status == "done"


@pytest.mark.parametrize("name", ["patched", "forged"])
def test_what_is_changed_in_the_students_process_changes_no_score(memories, name):
    row = memories[0][name]
    assert row["points"] == "0"
    assert "256" not in row["score"]


def test_a_guess_has_the_perplexity_that_it_has_here(guesses):
    rows, _, text = guesses
    names = {}
    exec(WORDS["right"][0], names)
    (here,) = language_model.scores(names["train"], text)
    assert (rows["right"]["status"], rows["right"]["score"]) == ("done", here.text)
    assert here.text == rows["patched"]["score"] == f"perplexity {np.exp(-here.value):.1f}"


@pytest.mark.parametrize("name", ["sum", "later"])
def test_what_is_no_probability_has_no_score(guesses, name):
    row = guesses[0][name]
    assert (row["score"], row["points"]) == ("", "0")
    assert "expected probabilities that sum to 1 in each row" in row["notes"]


def test_a_training_that_returns_no_function_is_told_so(guesses):
    assert "train: expected it to return a function" in guesses[0]["nothing"]["notes"]


@CAGED
def test_the_text_is_nowhere_to_be_found(guesses):
    assert guesses[0]["reads"]["notes"].startswith("ValueError: found []")


@CAGED
def test_a_text_that_cannot_be_hidden_is_refused(tmp_path):
    pytest.importorskip("gensim", reason="the articles come with gensim, which is not installed")
    (tmp_path / "a.ipynb").write_text(classes.notebook([classes.code("x = 1")]))
    (tmp_path / "text.txt").write_text("The police said that the fire was out .")
    done = subprocess.run(
        [sys.executable, "-m", "nncourse", "score", "language-model", "a.ipynb", "--text", "text.txt"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "--text: expected a file in a folder of its own" in done.stderr


def test_without_forks_the_scores_are_the_same(memories, tmp_path):
    """As on Windows and macOS."""
    some = {name: MEMORY[name] for name in ("right", "endless", "error", "leaves")}
    rows, printed = score(tmp_path, "memory", some, "--seed", "3", "--budget", "2", "--no-fork")
    assert "Without namespaces (it was asked for without)" in printed
    for name in ("the chapter's", "the reference", "right", "error"):
        assert rows[name]["score"] == memories[0][name]["score"]
    assert "the budget of" in rows["endless"]["notes"]
    assert "Python ended" in rows["leaves"]["notes"]


def test_with_the_command_everything_ends(tmp_path):
    (tmp_path / "a.ipynb").write_text(classes.notebook([classes.code(MEMORY["endless"][0])]))
    line = [sys.executable, "-m", "nncourse", "score", "memory", str(tmp_path / "a.ipynb")]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, cwd=ROOT) as command:
        deadline, below = time.monotonic() + 60, []
        while len(below) < 2 and time.monotonic() < deadline:
            below = psutil.Process(command.pid).children(recursive=True)
            time.sleep(0.1)
        command.kill()
    assert len(below) >= 2
    _, living = psutil.wait_procs(below, timeout=20)
    assert [process for process in living if process.status() != psutil.STATUS_ZOMBIE] == []


def test_nothing_is_left_running(memories, guesses):
    left = [
        " ".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    assert not [line for line in left if "nncourse.projects.judging" in line]
    assert json.dumps(left).count("handed in") == 0
