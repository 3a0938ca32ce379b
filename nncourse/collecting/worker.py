"""The process that runs a notebook's cells, and lends its answers to the one that judges them.

Whatever this process says about itself may be a lie: a student's code runs in it. So it never says that an answer
is right. It runs cells, hands over values, and calls functions with the arguments that come.
"""

import contextlib
import io
import linecache
import os
import signal
import socket
import sys
import types

import numpy as np

from nncourse.collecting import notebook
from nncourse.collecting.channel import Channel, Closed
from nncourse.collecting.codec import Coder
from nncourse.collecting.errors import encode_error
from nncourse.exercises.core import Verdict
from nncourse.exercises.limits import TimeIsUp, time_limit


class TooMuchOutput(Exception):
    """Raised in the cell whose output is longer than the limit; what comes later is dropped."""


class Output(io.TextIOBase):
    """Takes the place of standard output: passes on what fits.

    Parameters
    ----------
    most : int
        Characters.
    """

    encoding = "utf-8"

    def __init__(self, most):
        self.left, self.most = most, most

    def writable(self):
        """Return True."""
        return True

    def write(self, text):
        """Take a text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.left is not None:
            self.left -= len(text)
            if self.left < 0:
                self.left = None
                raise TooMuchOutput(f"this cell wrote more than {self.most / 1e6:g} MB")
        return len(text)


class Worker:
    """Runs cells in one namespace.

    Parameters
    ----------
    output : int
        The most characters of output.
    """

    def __init__(self, output):
        self.given, self.module = {}, types.ModuleType("__main__")
        self.names = self.module.__dict__
        self.names["display"] = lambda *things, **options: None
        sys.modules["__main__"] = self.module
        self.out = Output(output)

    def prepare(self):
        """Make what a notebook expects, harmlessly: check, figures, output."""
        import nncourse.exercises

        def check(id, answer, *, seconds=10.0):
            """Note the answer; it is judged later."""
            self.given[str(id)] = answer
            return Verdict(False, "This answer is judged when the cell is done.")

        nncourse.exercises.check = check
        sys.stdin = io.StringIO()
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = self.out
        with contextlib.suppress(ImportError):
            import matplotlib

            matplotlib.use("Agg")
            from matplotlib import pyplot

            pyplot.show = lambda *options, **more: pyplot.close("all")

    def run(self, source, number):
        """Run a cell and return what became of it."""
        text, left_out = notebook.plain(source)
        file = f"cell {number}"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        error = None
        try:
            exec(compile(text, file, "exec", dont_inherit=True), self.names)
        except BaseException as raised:  # SystemExit and KeyboardInterrupt too
            raised.__context__ = None
            error = encode_error(raised)
        finally:
            sys.settrace(None)
        return {"error": error, "left_out": left_out}

    def candidates(self, coder, id, name, bound):
        """Return the answers to an exercise: what its name stands for, and what `check` was given."""
        found = [self.names[name]] if bound and name in self.names else []
        if id in self.given and not any(self.given[id] is one for one in found):
            found.append(self.given[id])
        self.given.pop(id, None)
        return [coder.encode(one) for one in found]

    def answer(self, channel, order, seconds=None):
        """Serve one judgement: hand over the answers, call functions, until the other side has had enough."""
        coder = Coder(lambda n, name, shown: Callback(channel, coder, n, shown))
        channel.send({"answers": self.candidates(coder, order["id"], order["name"], order["bound"])})
        while True:
            asked = channel.receive()
            if "end" in asked:
                return
            channel.send(self.call(coder, asked, seconds))

    def call(self, coder, asked, seconds):
        """Call a function of the student's and return its value and the arrays that it changed, or its error."""
        limit = time_limit(seconds) if seconds else contextlib.nullcontext()
        try:
            with limit, np.errstate(all="ignore"):
                function, given = coder.functions[int(asked["call"])], coder.decode(asked["arguments"])
                before = coder.decode(asked["arguments"])
                value = coder.encode(function(*given))
                return {"value": value, "changed": coder.encode(_changed(given, before))}
        except TimeIsUp:
            return {"late": True}
        except (Exception, SystemExit) as error:
            return {"error": encode_error(error)}
        except BaseException as error:
            return {"error": encode_error(RuntimeError(type(error).__name__))}


def _changed(given, before):
    arrays = ((i, array) for i, array in enumerate(given) if isinstance(array, np.ndarray))
    return [[i, array] for i, array in arrays if not np.array_equal(array, before[i])]


class Callback:
    """A function that came as an argument: calls go back to where it stands.

    Parameters
    ----------
    channel : Channel
        Leads there.
    coder : Coder
        Of the values.
    n : int
        Its number there.
    shown : str
        What it looks like.
    """

    def __init__(self, channel, coder, n, shown):
        self.channel, self.coder, self.n, self.shown = channel, coder, n, shown

    def __call__(self, *arguments):
        """Return what the function makes of the arguments."""
        self.channel.send({"callback": self.n, "arguments": self.coder.encode(list(arguments))})
        reply = self.channel.receive()
        if "error" in reply:
            raise ValueError(reply["error"])
        return self.coder.decode(reply["value"])

    def __repr__(self):
        return self.shown


def serve(channel, output):
    """Do what comes over the channel, until it is closed.

    Parameters
    ----------
    channel : Channel
        Leads to the process that judges.
    output : int
        The most characters of output.
    """
    worker, fork, kill, leave = Worker(output), getattr(os, "fork", None), os.kill, os._exit
    wait, hard = getattr(os, "waitpid", None), getattr(signal, "SIGKILL", None)
    worker.prepare()
    with contextlib.suppress(Closed):
        while True:
            order = channel.receive()
            if "run" in order:
                channel.send(worker.run(order["run"], order["number"]))
            elif not channel.passed:  # no forks here: every call has its own time limit
                worker.answer(channel, order, order["seconds"])
            else:
                own = Channel(channel.passed[0])
                pid = fork()
                if pid == 0:
                    channel.close()
                    with contextlib.suppress(BaseException):
                        worker.answer(own, order)
                    leave(0)
                own.close()
                with contextlib.suppress(Closed):
                    channel.receive()  # the judgement is over
                kill(pid, hard)
                wait(pid, 0)
    leave(0)


def main():
    """Connect to the process that judges, where there is no fork."""
    port, word, output = sys.argv[1:]
    sock = socket.create_connection(("127.0.0.1", int(port)))
    channel = Channel(sock)
    channel.send({"word": word})
    settings = channel.receive()
    os.chdir(settings["work"])
    from nncourse.collecting import cage

    cage.limit(settings["seconds"], settings["memory"], settings["files"], False)
    serve(channel, int(output))


if __name__ == "__main__":
    main()
