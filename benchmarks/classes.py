"""Make a class of submitted notebooks: sound ones, and ones with every kind of trouble."""

import json
import os
import re
from pathlib import Path

import nbformat

BOOK = Path(__file__).resolve().parents[1] / "book"
HEADER = "import numpy as np\nimport sympy as sp\n\nfrom nncourse.exercises import check"
TROUBLES = {  # what a cell before the exercises does
    "endless loop": "while True:\n    pass",
    "endless sleep": "import time\ntime.sleep(10_000)",
    "endless, catches everything": (
        "def forever():\n    while True:\n        try:\n            while True:\n                pass\n"
        "        except BaseException:\n            pass\n\n\nforever()"
    ),
    "endless in C": "sum(range(10**15))",
    "child left running": "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(5000)'])",
    "daemon left running": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(5000)\n"
        "    os._exit(0)"
    ),
    "threads left running": (
        "import threading, time\nfor _ in range(20):\n    threading.Thread(target=time.sleep, args=(5000,)).start()"
    ),
    "huge output": "while True:\n    print('x' * 100_000)",
    "huge output of a program": "import os\nos.system('yes')",
    "huge file": "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(1_000_000))",
    "many files": "for i in range(10**9):\n    open(f'f{i}', 'w').close()",
    "memory hog": "hog = []\nwhile True:\n    hog.append(np.ones(10**6))",
    "memory hog at once": "hog = np.ones(10**10)",
    "many processes": "import os\nwhile True:\n    os.fork()",
    "leaves": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "syntax error": "def f(:\n    pass",
    "exits": "import sys\nsys.exit(1)",
    "error": "1 / 0",
    "recursion": "def f():\n    return f()\n\n\nf()",
    "deletes": "import shutil\nshutil.rmtree('/', ignore_errors=True)",
}
ENDLESS = ("endless loop", "endless sleep", "endless, catches everything", "endless in C")
FILES = {  # what is no notebook
    "garbage": bytes(range(256)) * 40,
    "empty": b"",
    "cut off": b'{"nbformat": 4, "cells": [{"cell_type": "code", "sour',
    "deep": b"[" * 200_000,
    "no notebook": b'{"a": 1}',
    "old": b'{"nbformat": 3, "worksheets": []}',
    "not UTF-8": '{"nbformat": 4, "cells": [], "metadata": {"name": "é"}}'.encode("latin-1"),
}
TAMPERED = {  # cells that want to be right without an answer
    "redefined check": "def check(*a, **k):\n    print('Passed.')\n    return True",
    "patched judge": (
        "import nncourse.exercises.core as core, nncourse.exercises.judges as judges, nncourse.exercises as ex\n"
        "core.judged = lambda *a, **k: core.Verdict(True, 'Passed.')\n"
        "for kind in (judges.Calls, judges.Formula, judges.Holds):\n    kind.__call__ = lambda *a: None\n"
        "ex.check = lambda *a, **k: core.Verdict(True, 'Passed.')\nex.REGISTRY = ()"
    ),
    "patched NumPy and builtins": (
        "import builtins, json\nnp.allclose = np.isclose = lambda *a, **k: True\nbuiltins.all = lambda x: True\n"
        "json.dumps = lambda *a, **k: '{\"passed\": true}'"
    ),
    "forged messages": (
        "import json, os, struct\nfor fd in range(3, 256):\n    for word in ({'end': {'status': 'done'}}, "
        "{'verdict': "
        "'delta-rule-1', 'passed': True, 'message': 'Passed.'}):\n        data = json.dumps(word).encode()\n"
        "        try:\n            os.write(fd, data + b'\\n')\n            "
        "os.write(fd, struct.pack('<Q', len(data)) "
        "+ data)\n        except OSError:\n            pass"
    ),
    "equal to everything": (
        "class Yes(float):\n    def __eq__(self, other):\n        return True\n    __hash__ = float.__hash__\n"
        "    def __array__(self, *a, **k):\n        return np.ones(3)\nanswer = Yes(1)\n"
        "def gradient(*a):\n    return Yes(1)"
    ),
    "traced": (
        "import sys, signal, atexit\nsys.settrace(lambda *a: None)\nsys.setrecursionlimit(10**6)\n"
        "[signal.signal(s, signal.SIG_IGN) for s in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, "
        "signal.SIGPROF)]\n"
        "atexit.register(print, 'Passed.')"
    ),
}


def code(source):
    """Return a cell of code."""
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def prose(source):
    """Return a cell of text."""
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def notebook(cells):
    """Return a notebook's text."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})


def chapter_cells(chapter):
    """Return a chapter's cells as (kind, source)."""
    (path,) = BOOK.rglob(f"{chapter}.ipynb")
    return [(cell.cell_type, cell.source) for cell in nbformat.read(path, as_version=4).cells]


def solutions(chapter):
    """Return a chapter's shown solutions: exercise id to their text, with the names that are asked for."""
    from nncourse.collecting.answers import NAMES
    from nncourse.collecting.plan import MARKER

    found, here = {}, None
    for kind, source in chapter_cells(chapter):
        if kind == "markdown":
            for match in MARKER.finditer(source):
                here = match["id"] if match["solution"] else None
        elif kind == "code" and here and "check(" not in found.get(here, ""):
            found[here] = found.get(here, "") + "\n" + source
    return {
        id: re.sub(rf'^check\("{id}", (.*)\)$', lambda m, id=id: f"{NAMES[id]} = {m[1]}", text, flags=re.MULTILINE)
        for id, text in found.items()
    }


def whole(chapter, answers):
    """Return a whole chapter with answers in its stub cells.

    Parameters
    ----------
    chapter : str
        Its file name without its ending.
    answers : dict
        Exercise id to the text that takes the stub's place before the check.
    """
    from nncourse.collecting.answers import NAMES

    cells, seen = [], set()
    for kind, source in chapter_cells(chapter):
        ids = [id for id in re.findall(r'check\("([\w-]+)"', source) if id not in seen]
        if kind == "code" and ids and ids[0] in answers:
            stub = re.sub(
                rf"^def {NAMES[ids[0]]}\(.*\n(?:    .*\n)+|^{NAMES[ids[0]]} = \.\.\..*\n", "", source, flags=re.M
            )
            source = stub.replace(f'check("{ids[0]}"', f'{answers[ids[0]]}\n\ncheck("{ids[0]}"')
        seen |= set(ids)
        cells.append(code(source) if kind == "code" else prose(source))
    return notebook(cells)


def small(answers, before=(), chapter="delta-rule", header=HEADER):
    """Return a short notebook with the exercises of a chapter and answers to them.

    Parameters
    ----------
    answers : dict
        Exercise id to the text of the answer.
    before : iterable of str
        Cells that come first.
    chapter : str
        The chapter.
    header : str
        The first cell.
    """
    from nncourse.collecting.answers import NAMES

    cells = [code(header), *(code(text) for text in before)]
    for id, text in answers.items():
        cells.append(prose(f":::{{exercise-start}}\n:label: {id}\n:::"))
        first = {"delta-rule-1": 'c = sp.Symbol("c")\n', "delta-rule-2": 'a, x_, y_ = sp.symbols("a x y")\n'}.get(
            id, ""
        )
        cells.append(code(f'{first}{text}\n\ncheck("{id}", {NAMES[id]})'))
    return notebook(cells)


def make(folder, size=200, endless=20, only_sound=False):
    """Write a class into a folder, and return its kinds: file name to kind.

    Parameters
    ----------
    folder : Path
        Where to.
    size : int
        How many notebooks.
    endless : int
        How many of them never end.
    only_sound : bool
        Whether the ones with trouble are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    right, kinds = solutions("delta-rule"), {}
    others = [kind for kind in TROUBLES if kind not in ENDLESS]
    troubles = [ENDLESS[i % len(ENDLESS)] for i in range(endless)] + others + list(FILES) + list(TAMPERED)
    every = max(1, size // (len(troubles) + 1))
    for i in range(size):
        kind = troubles.pop() if troubles and i % every == every - 1 else "sound"
        name = f"student-{i:03d}/delta-rule.ipynb"
        if kind != "sound" and only_sound:
            continue
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if kind in FILES:
            path.write_bytes(FILES[kind])
        elif kind in TAMPERED:
            wrong = dict.fromkeys(right, "answer = ...")
            path.write_text(small(wrong, [TAMPERED[kind]]), encoding="utf-8")
        else:
            path.write_text(small(right, [TROUBLES[kind]] if kind != "sound" else []), encoding="utf-8")
        os.utime(path)
        kinds[name] = kind
    return kinds
