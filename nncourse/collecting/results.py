"""What was found, on disk: a line for each notebook as soon as it is judged, and tables at the end."""

import collections
import csv
import json
import os
import re

from nncourse.collecting.answers import NAMES
from nncourse.exercises import REGISTRY

LINES, TABLE, ANSWERS, PAGE = "notebooks.jsonl", "class.csv", "answers.csv", "class.html"
MISTAKES = {exercise.id: [m.because for m in exercise.mistakes] for exercise in REGISTRY}
UNANSWERED = ("Not answered yet", "No answer was found")


class Book:
    """The file with a line for each notebook. A line that was cut off, as by a power failure, is passed over.

    Parameters
    ----------
    path : Path
        The file; what stands in it is kept.
    """

    def __init__(self, path):
        self.path, self.rows = path, {}
        raw = path.read_bytes() if path.exists() else b""
        for line in raw.split(b"\n"):
            try:
                row = json.loads(line)
                self.rows[row["file"]] = row
            except (ValueError, KeyError, TypeError):
                continue
        self.file = path.open("ab")
        _lock(self.file)
        if raw and not raw.endswith(b"\n"):
            self.file.write(b"\n")

    def known(self, name, key):
        """Return the row of a notebook that was judged before, as it is now and with the same settings; else None.

        Parameters
        ----------
        name : str
            The notebook's path in the folder.
        key : str
            A digest of its contents and of the settings.
        """
        row = self.rows.get(name)
        return row if row and row.get("key") == key else None

    def add(self, row):
        """Write a row, at once."""
        self.rows[row["file"]] = row
        self.file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self):
        """Close the file."""
        self.file.close()


def _lock(file):
    """Keep a second run out of the same folder, where the system can."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ValueError(f"{file.name} is in use: another run writes to the same folder") from None


def result(row, id):
    """Return "passed", "failed", "unanswered", "missing" or "not reached", for a notebook and an exercise.

    Parameters
    ----------
    row : dict
        Of a notebook.
    id : str
        The exercise.

    Examples
    --------
    >>> result({"answers": {"delta-rule-1": [True, "Passed."]}, "status": "done"}, "delta-rule-1")
    'passed'
    """
    if id not in row["answers"]:
        return "missing" if row["status"] == "done" else "not reached"
    passed, message = row["answers"][id]
    return "passed" if passed else "unanswered" if message.startswith(UNANSWERED) else "failed"


def exercises(rows):
    """Return the exercises of the chapters that the rows have, in the course's order."""
    chapters = {chapter for row in rows for chapter in row["chapters"]}
    return [id for id in NAMES if id.rpartition("-")[0] in chapters]


def expected(row):
    """Return the exercises of a notebook's chapters."""
    return [id for id in NAMES if id.rpartition("-")[0] in row["chapters"]]


def reason(id, message):
    """Return what a message says, without the numbers of its case: a known mistake's words, or its gist.

    Parameters
    ----------
    id : str
        The exercise.
    message : str
        What the check said.

    Examples
    --------
    >>> reason("delta-rule-1", "Not yet. At c = 0.2 your formula gives 0.6, expected 0.3.")
    'At c = … your formula gives …, expected ….'
    """
    for words in MISTAKES[id]:
        if words in message:
            return words
    text = message.removeprefix("Not yet. ")
    gist = re.sub(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?j?", "…", text)
    if text.startswith("Called with"):
        outcome = re.search(r"^it (stopped with .*|returned)", text, re.MULTILINE)
        gist = outcome[1][:200] if outcome and outcome[1] != "returned" else "Another result than expected."
        gist += " The shapes differ." if "The shapes differ" in text else ""
    return " ".join(gist.split())[:300]


def common(rows):
    """Return for each exercise how many failed with which reason, the most frequent first.

    Parameters
    ----------
    rows : list of dict
        The notebooks.

    Returns
    -------
    dict
        Exercise id to a list of (reason, students), students being a list of names.
    """
    found = {}
    for id in exercises(rows):
        who = collections.defaultdict(list)
        for row in rows:
            if id in row["answers"] and result(row, id) == "failed":
                who[reason(id, row["answers"][id][1])].append(row["student"])
        found[id] = sorted(who.items(), key=lambda pair: -len(pair[1]))
    return found


def safe(text):
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> safe("=1+1"), safe("Ada")
    ("'=1+1", 'Ada')
    """
    text = str(text)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def write_tables(rows, folder):
    """Write a row for each notebook, and a row for each answer.

    Parameters
    ----------
    rows : list of dict
        The notebooks.
    folder : Path
        Where to.
    """
    ids = exercises(rows)
    head = ["student", "file", "status", "passed", "of", "seconds", "notes", *ids]
    lines = []
    for row in rows:
        mine = expected(row)
        about = [row["student"], row["file"], row["status"], passed(row), len(mine), row["seconds"]]
        lines.append([*about, "; ".join(row["notes"]), *(result(row, id) if id in mine else "" for id in ids)])
    _write(folder / TABLE, [head, *lines])
    answers = [
        [row["student"], row["file"], id, result(row, id), row["answers"].get(id, ["", ""])[1]]
        for row in rows
        for id in expected(row)
    ]
    _write(folder / ANSWERS, [["student", "file", "exercise", "result", "message"], *answers])


def passed(row):
    """Return how many exercises of a notebook passed."""
    return sum(result(row, id) == "passed" for id in expected(row))


def _write(path, lines):
    aside = path.with_name(path.name + ".part")
    with aside.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([[safe(entry) for entry in line] for line in lines])
    aside.replace(path)
