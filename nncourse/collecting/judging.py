"""The process that judges one notebook. No student's code runs in it; the cells run in another one, in a cage.

It reads the notebook, has the cells run one after the other, and judges each answer with fresh cases, as `check`
does. An answer that is a function stays where it is, and is called from here.
"""

import contextlib
import json
import os
import socket
import time

import sympy
import sympy.parsing.sympy_parser

from nncourse.collecting import cage, notebook, plan
from nncourse.collecting.answers import NAMES
from nncourse.collecting.channel import Channel, Closed
from nncourse.collecting.judgement import Judgement, verdict
from nncourse.collecting.start import start_worker
from nncourse.exercises.limits import TimeIsUp

FLOOD = 20_000_000  # bytes written past Python, by programs or in C: then the notebook is stopped


class Ended(Exception):
    """The process that runs the cells is gone."""


class Session:
    """One notebook: its worker, and what is sent to whoever collects.

    Parameters
    ----------
    job : dict
        What to do; see `lanes.Lanes.begin`.
    events : callable
        Takes messages for whoever collects.
    """

    def __init__(self, job, events):
        self.job, self.events, self.flood, self.output = job, events, 0, None

    def drain(self):
        """Read and drop what was written past Python."""
        with contextlib.suppress(BlockingIOError):
            while self.output is not None and (part := os.read(self.output, 1 << 16)):
                self.flood += len(part)
                if self.flood > FLOOD:
                    raise Ended(f"stopped: it wrote more than {FLOOD // 10**6} MB")

    def ask(self, order):
        """Send an order to the worker and return its reply."""
        try:
            self.worker.send(order)
            while not self.worker.ready(0.05):
                self.drain()
                if self.gone():
                    raise Closed
            return self.worker.receive()
        except Closed:
            raise Ended(f"Python ended in cell {order['number']}") from None

    def judge(self, id, bound):
        """Judge an exercise and send the verdict."""
        order = {"id": id, "name": NAMES[id], "bound": bound, "seconds": self.job["answer"]}
        own, theirs = socket.socketpair() if self.job["fork"] else (self.worker.sock, None)
        try:
            self.worker.send(order, [theirs] if theirs else ())
            if theirs:
                theirs.close()
            seconds = self.job["answer"] if theirs else 3 * self.job["answer"] + 2  # there it limits itself
            judgement = Judgement(Channel(own) if theirs else self.worker, seconds, self.drain)
            try:
                passed, message = verdict(id, judgement, self.job["seed"])
            except TimeIsUp:
                passed, message = False, f"Not yet. Stopped after {self.job['answer']:g} s."
            except (Closed, LookupError, TypeError, AttributeError) as error:
                passed, message = False, f"Not yet. The answer could not be fetched ({type(error).__name__})."
            if theirs:
                own.close()
            self.worker.send({"end": True})
        except Closed:
            raise Ended(f"Python ended while {id} was judged") from None
        self.events({"verdict": id, "passed": passed, "message": message[:4000]})

    def go_through(self, todo):
        """Run the cells and judge the exercises."""
        errors, left_out = [], 0
        for step in todo.steps:
            if step[0] == "judge":
                self.judge(*step[1:])
                continue
            self.events({"cell": step[1].number})
            reply = self.ask({"run": step[1].source, "number": step[1].number})
            left_out += bool(reply.get("left_out"))
            if reply.get("error"):
                errors.append(f"cell {step[1].number}: {_short(reply['error'])}")
        more = [f"and {len(errors) - 3} more cells stopped with an error"] if len(errors) > 3 else []
        for note in (*errors[:3], *more):
            self.events({"note": note})
        if left_out:
            self.events({"note": f"magics or shell lines were left out in {left_out} cells"})

    def run(self):
        """Do everything, and say how it ended."""
        try:
            todo = plan.make(
                notebook.cells(notebook.contents(self.job["path"], self.job["folder"])), self.job["chapters"]
            )
        except notebook.Unreadable as error:
            return {"status": "unreadable", "note": str(error)}
        self.events({"chapters": todo.chapters})
        for note in todo.notes:
            self.events({"note": note})
        if not todo.chapters:
            return {"status": "unreadable", "note": "no exercise of the course stands in it"}
        self.worker, self.output, self.gone, end = start_worker(self.job)
        sympy.parsing.sympy_parser.parse_expr = _refuse  # here alone: the worker has been started
        try:
            self.go_through(todo)
        except (Ended, Closed, KeyError, AttributeError, TypeError) as error:
            return {
                "status": "stopped",
                "note": str(error) if isinstance(error, Ended) else "its process broke the rules",
            }
        finally:
            end()
        return {"status": "done"}


def _short(error):
    return f"{error['kind']}: {error['words']}".split("\n")[0][:200]


def _refuse(*arguments, **options):
    """Take the place of sympy's reader of texts, which would run them."""
    raise sympy.SympifyError("a text")


def main(job, sock):
    """Judge one notebook and send what was found, a line of JSON each.

    Parameters
    ----------
    job : dict
        What to do.
    sock : socket.socket
        Leads to whoever collects.
    """
    cage.keep_private()
    cage.adopt_orphans()

    def events(message):
        sock.sendall(json.dumps(message).encode() + b"\n")

    started = time.process_time()
    try:
        end = Session(job, events).run()
    except Exception as error:
        end = {"status": "failed", "note": f"{type(error).__name__}: {error}"[:300]}
    events({"end": end, "judge_seconds": time.process_time() - started})
    sock.close()


if __name__ == "__main__":
    import sys

    port, word = sys.argv[1:]
    line = socket.create_connection(("127.0.0.1", int(port)))
    line.sendall(word.encode() + b"\n")
    main(json.loads(line.makefile("rb").readline()), line)
    os._exit(0)
