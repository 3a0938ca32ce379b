"""The process that scores one notebook. Its cells run in a cage, as those of a collected one do.

What is secret, a text's place or a seed, comes over the line once the cage stands. So it was never in the memory
that the process inside is a copy of.
"""

import ast
import contextlib
import json
import os
import select
import socket
from pathlib import Path

import sympy
import sympy.parsing.sympy_parser

from nncourse.collecting import cage, judging, notebook, plan
from nncourse.collecting.channel import Channel, Closed
from nncourse.collecting.house import Tree
from nncourse.collecting.judgement import FOREVER, Judgement
from nncourse.collecting.judging import Ended
from nncourse.collecting.start import start_worker
from nncourse.exercises.core import error_text
from nncourse.projects import language_model, memory

PROJECTS = {"language-model": language_model, "memory": memory}
LONGEST = 50_000  # characters of code: no room for parameters that were found beforehand


def up_to_train(cells):
    """Return the cells of code up to the last one that defines `train`: what is run. Unreadable if there is none.

    Examples
    --------
    >>> cells = [("code", "import numpy"), ("markdown", "# Why"), ("code", "def train(): ..."), ("code", "train()")]
    >>> [cell.source for cell in up_to_train(cells)]
    ['import numpy', 'def train(): ...']
    """
    sources = [source for kind, source in cells if kind == "code"]
    last = max((i for i, source in enumerate(sources, start=1) if _defines_train(source)), default=0)
    if not last:
        raise notebook.Unreadable("no cell of it defines train")
    length = sum(map(len, sources[:last]))
    if length > LONGEST:
        raise notebook.Unreadable(f"its code up to train has {length:,} characters; {LONGEST:,} are the most")
    return [plan.Cell(i, source) for i, source in enumerate(sources[:last], start=1)]


def _defines_train(source):
    """Return whether a cell gives the name `train` to something, not inside a function."""
    try:
        tree = ast.parse(notebook.plain(source)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in tree.body:
        names = [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name for alias in node.names]
        if "train" in names:
            return True
    return False


def processor_seconds():
    """Return the seconds of the processor that everything below this process has used, what has ended included."""
    import psutil

    total = 0.0
    for process in Tree(os.getpid()).members()[1:]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


class Scoring(judging.Session):
    """One notebook: its worker, its budget, and what is sent to whoever scores.

    Parameters
    ----------
    job : dict
        What to do; see `scoring.Steady` and `lanes.Lanes.begin`.
    events : callable
        Takes messages for whoever scores.
    line : socket.socket
        Where the secret comes from.
    """

    def __init__(self, job, events, line):
        super().__init__(job, events)
        self.line, self.used = line, 0.0

    def drain(self):
        """Drop what was printed, and end it all once the budget is used up, or whoever scores is gone."""
        super().drain()
        if select.select([self.line], [], [], 0)[0]:  # nothing comes after the secret but the end
            raise Ended("whoever scores is gone")
        self.used = max(self.used, processor_seconds())
        if self.used > self.job["budget"]:
            raise Ended(f"stopped: the budget of {self.job['budget']:.1f} s of the processor was used up")

    def tell(self, name, value, last=False):
        """Send a measurement; a later one takes its place."""
        self.events({"verdict": name, "passed": last, "message": json.dumps(value)})

    def measure(self, secret):
        """Have the notebook's `train` measured."""
        own, theirs = socket.socketpair() if self.job["fork"] else (self.worker.sock, None)
        order = {"id": "train", "name": "train", "bound": True, "seconds": self.job["seconds"]}
        self.worker.send(order, [theirs] if theirs else ())
        if theirs:
            theirs.close()
        judgement = Judgement(Channel(own) if theirs else self.worker, FOREVER, self.drain)
        answers = judgement.receive()["answers"]
        train = judgement.coder.decode(answers[0]) if answers else None
        if not callable(train):
            raise Ended("train was not defined" if train is None else f"train is no function but {train!r:.60}")
        last = None
        for last in PROJECTS[self.job["project"]].scores(train, secret):
            self.drain()
            self.tell("score", [last.value, last.text, *last.details])
            self.tell("seconds", self.used)
        self.tell("score", [last.value, last.text, *last.details], last=True)

    def run(self):
        """Do everything, and say how it ended."""
        path = Path(os.path.abspath(self.job["path"]))
        folder = next(folder for folder in self.job["folders"] if path.is_relative_to(folder))
        try:
            cells = up_to_train(notebook.cells(notebook.contents(path, folder)))
        except notebook.Unreadable as error:
            return {"status": "unreadable", "note": str(error)}
        self.worker, self.output, self.gone, end = start_worker(self.job)
        sympy.parsing.sympy_parser.parse_expr = judging._refuse  # here alone: the worker has been started
        try:
            secret = json.loads(read_line(self.line))
            self.go_through(plan.Plan(steps=[("run", cell) for cell in cells]))
            self.measure(secret)
        except Ended as error:
            return {"status": "stopped", "note": str(error)}
        except Closed:
            return {"status": "stopped", "note": "Python ended while train or what it returned ran"}
        except Exception as error:
            return {"status": "stopped", "note": error_text(error)}
        finally:
            self.used = max(self.used, processor_seconds())
            end()
            self.tell("seconds", self.used, last=True)
        return {"status": "done"}


def read_line(line):
    """Return what a socket brings up to the end of the line, and not a byte more."""
    data = b""
    while not data.endswith(b"\n"):
        part = line.recv(1)
        if not part:
            raise Closed
        data += part
    return data


def main(line):
    """Score the notebook that the line names, and send what was found, a line of JSON each."""
    job = json.loads(read_line(line))
    cage.keep_private()
    cage.adopt_orphans()

    def events(message):
        line.sendall(json.dumps(message).encode() + b"\n")

    try:
        end = Scoring(job, events, line).run()
    except Exception as error:
        end = {"status": "failed", "note": f"{type(error).__name__}: {error}"[:300]}
    events({"end": end})
    line.close()


if __name__ == "__main__":
    import sys

    port, word = sys.argv[1:]
    control = socket.create_connection(("127.0.0.1", int(port)))
    control.sendall(word.encode() + b"\n")
    main(control)
    os._exit(0)
