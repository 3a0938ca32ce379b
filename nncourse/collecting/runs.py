"""One notebook that is being judged, as the one sees it that waits for it: its time, its events, its outcome."""

import contextlib
import json
import time
from dataclasses import dataclass, field

from nncourse.collecting.house import SLOWEST


@dataclass(frozen=True)
class Limits:
    """What a notebook may use.

    Parameters
    ----------
    seconds : float
        How long it may run.
    memory : int
        Megabytes, beyond what Python takes.
    files : int
        Megabytes of files.
    output : float
        Megabytes of printed text.
    """

    seconds: float = 20.0
    memory: int = 1024
    files: int = 64
    output: float = 5.0


@dataclass(eq=False)
class Run:
    """A notebook that is being judged.

    Parameters
    ----------
    found : notebook.Found
        The notebook.
    tree : house.Tree
        Its processes.
    line : socket.socket
        Where its events come from.
    work : str
        Its folder.
    """

    found: object
    tree: object
    line: object
    work: str
    begun: float = field(default_factory=time.monotonic, init=False)
    ran: float = field(default=0.0, init=False)
    since: float | None = field(default=None, init=False)
    turn: float = field(default=0.0, init=False)
    waited: float = field(default=0.0, init=False)
    long: bool = field(default=False, init=False)
    rest: bytes = field(default=b"", init=False)
    events: list = field(default_factory=list, init=False)

    def clock(self):
        """Return the seconds for which it was let run."""
        return self.ran + (time.monotonic() - self.since if self.since is not None else 0.0)

    def own(self):
        """Return the seconds that it has run, without those in which it waited for a processor."""
        return max(self.clock() - self.waited, self.clock() / SLOWEST)

    def pause(self):
        """Let it wait."""
        self.tree.pause()
        self.ran, self.since = self.clock(), None

    def go_on(self, slice):
        """Let it run, for a slice of time at least."""
        self.since, self.turn = time.monotonic(), self.clock() + slice
        self.tree.go_on()

    def read(self):
        """Take the events that came; return whether there may be more."""
        try:
            part = self.line.recv(1 << 16)
        except OSError:
            part = b""
        *lines, self.rest = (self.rest + part).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                self.events.append(json.loads(line))
        return bool(part)


def outcome(events, end, seconds):
    """Return what is written about a notebook.

    Parameters
    ----------
    events : list of dict
        What its judging process sent.
    end : dict
        How it ended.
    seconds : float
        How long it ran.

    Examples
    --------
    >>> outcome([{"verdict": "a-1", "passed": True, "message": "Passed."}], {"status": "done"}, 0.5)["answers"]
    {'a-1': [True, 'Passed.']}
    """
    answers, notes, chapters = {}, [end["note"]] if "note" in end else [], []
    for event in events:
        if "verdict" in event:
            before = answers.get(event["verdict"], [False])
            if not before[0]:
                answers[event["verdict"]] = [event["passed"], event["message"]]
        notes += [event["note"]] if "note" in event else []
        chapters = event.get("chapters", chapters)
    return {
        "status": end["status"],
        "notes": notes,
        "chapters": chapters,
        "answers": answers,
        "seconds": round(seconds, 2),
    }
