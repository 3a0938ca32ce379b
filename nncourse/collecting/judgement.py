"""The judging of one exercise: `check`'s judge here, the student's answer in another process."""

import contextlib
import os
import signal
import zlib

import numpy as np

from nncourse.collecting.channel import Closed, Stopwatch
from nncourse.collecting.codec import Coder
from nncourse.collecting.errors import decode_error
from nncourse.collecting.house import SLOWEST, Tree
from nncourse.exercises import REGISTRY
from nncourse.exercises.core import STUB, judged
from nncourse.exercises.limits import TimeIsUp

BY_ID = {exercise.id: exercise for exercise in REGISTRY}
FOREVER = 1e6  # seconds by the clock; a paused notebook loses none, so time is measured otherwise here


class Remote:
    """A student's function, called where it stands.

    Parameters
    ----------
    judgement : Judgement
        Makes the calls.
    n : int
        Its number there.
    name : str
        What it is called.
    shown : str
        What it looks like in a message.
    """

    def __init__(self, judgement, n, name, shown):
        self.judgement, self.n, self.shown = judgement, n, shown
        self.__name__ = name

    def __call__(self, *arguments):
        """Return what the function makes of the arguments."""
        return self.judgement.call(self.n, arguments)

    def __repr__(self):
        return self.shown


class Judgement:
    """The judging of one exercise, over a channel that serves nothing else.

    Parameters
    ----------
    channel : Channel
        Leads to the process that has the answer.
    seconds : float
        How long the answers may run, all calls together.
    drain : callable
        Takes what was printed meanwhile.
    """

    def __init__(self, channel, seconds, drain):
        self.channel, self.seconds, self.drain = channel, seconds, drain
        self.coder, self.watch = Coder(lambda n, name, shown: Remote(self, n, name, shown)), Stopwatch()
        self.tree = Tree(os.getpid())
        self.before = self.tree.waits()

    def late(self):
        """Return whether the answers have had their time; waiting for a processor does not count."""
        clock = self.watch.look()
        if clock < self.seconds:
            return False
        waits = {pid: wait - self.before.get(pid, 0.0) for pid, wait in self.tree.waits().items()}
        own = waits.pop(os.getpid(), 0.0)
        return clock - own - max(waits.values(), default=0.0) > self.seconds or clock > SLOWEST * self.seconds

    def receive(self):
        """Return the next message, or raise TimeIsUp."""
        while not self.channel.ready(0.05):
            self.drain()
            if self.late():
                raise TimeIsUp
        self.watch.look()
        return self.channel.receive()

    def call(self, n, arguments):
        """Return what a function makes of its arguments; its error is raised."""
        try:
            self.channel.send({"call": n, "arguments": self.coder.encode(list(arguments))})
            while True:
                reply = self.receive()
                if "callback" not in reply:
                    break
                self.channel.send(self.callback(reply))
        except Closed:
            raise RuntimeError("Python ended while your answer ran") from None
        if reply.get("late"):
            raise TimeIsUp
        if "error" in reply:
            raise decode_error(reply["error"])
        for i, array in self.coder.decode(reply.get("changed", self.coder.encode([]))):
            if isinstance(arguments[i], np.ndarray) and np.shape(array) == arguments[i].shape:
                arguments[i][...] = array
        return self.coder.decode(reply["value"])

    def callback(self, asked):
        """Call a function that was an argument, and return the message for whoever called it."""
        try:
            value = self.coder.functions[int(asked["callback"])](*self.coder.decode(asked["arguments"]))
            return {"value": self.coder.encode(value)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"[:500]}


@contextlib.contextmanager
def processor_time(seconds):
    """Raise TimeIsUp once this process has worked for so many seconds (not on Windows)."""

    def late(signum, frame):
        raise TimeIsUp

    if not hasattr(signal, "ITIMER_PROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def verdict(id, judgement, seed):
    """Return (passed, message) for the best of the answers to an exercise.

    Parameters
    ----------
    id : str
        The exercise.
    judgement : Judgement
        Leads to the answers.
    seed : int
        Of the cases: the same ones for every notebook of a class.
    """
    exercise, best = BY_ID[id], (False, "No answer was found: its cell is missing or does not run.")
    for value in judgement.receive()["answers"][:2]:
        try:
            with processor_time(judgement.seconds):
                answer = judgement.coder.decode(value)
        except (Exception, TimeIsUp) as error:
            best = (False, f"Not yet. The check could not use your answer: {type(error).__name__}")
            continue
        rng = np.random.default_rng([seed, zlib.crc32(id.encode())])
        with processor_time(judgement.seconds):
            found = judged(exercise, answer, rng, FOREVER)
        message = found.message.replace(f"{FOREVER:g} s:", f"{judgement.seconds:g} s:")
        if found.passed or message != STUB or not best[1].startswith("Not yet"):
            best = (found.passed, message)
        if found.passed:
            break
    return best
