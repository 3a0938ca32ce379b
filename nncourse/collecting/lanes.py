"""Who runs when. A notebook that takes long is paused while others wait, and goes on when they are done.

Every notebook may run for the limit. But where at most a quarter of the class takes long, those that do share,
among them, two fifths of the time that the finished ones have taken, or one notebook's limit if that is more, once
the limit has passed by the clock since they were begun; each has a tenth of the limit at least. So a class with
twenty endless loops takes less than twice as long as without them. A single slow notebook still has its whole
limit, and so has every one in a class that is slow.
"""

import shutil
import tempfile
import time
from selectors import EVENT_READ, DefaultSelector

from nncourse.collecting import house
from nncourse.collecting.runs import Run, outcome

PATIENCE, SHARE, LEAST, MOST_PROCESSES = 1.0, 0.4, 0.1, 100
PAUSED = 24  # notebooks that may wait, begun
LONG = 2.0  # times the usual time: then a notebook takes long
FEW = 3  # finished ones to one that takes long, at least: else each gets its whole limit


class Lanes:
    """Judges notebooks, some at a time.

    Parameters
    ----------
    source : house.Nursery or house.Programs
        Starts the processes.
    limits : Limits
        What each may use.
    jobs : int
        How many run at a time.
    job : dict
        What is the same for every notebook: folder, chapters, seed, and so on.
    done : callable
        Takes each notebook and its outcome, a dict.
    """

    def __init__(self, source, limits, jobs, job, done):
        self.source, self.limits, self.jobs, self.job, self.done = source, limits, jobs, job, done
        self.waiting, self.running, self.paused, self.finished, self.cut = [], [], [], [], 0
        self.selector, self.looked = DefaultSelector(), 0.0

    def work(self, notebooks):
        """Judge all of them; whatever happens, nothing is left running."""
        self.waiting = list(notebooks)[::-1]
        try:
            while self.waiting or self.running or self.paused:
                self.fill()
                for key, _ in self.selector.select(0.1):
                    if not key.data.read():
                        self.close(key.data, None)
                self.watch()
        finally:
            for run in [*self.running, *self.paused]:
                run.tree.end()
                shutil.rmtree(run.work, ignore_errors=True)
            self.selector.close()

    def fill(self):
        """Let notebooks run until every lane is taken."""
        while len(self.running) < self.jobs:
            room = len(self.paused) < PAUSED and (not self.running or house.free_memory() > self.limits.memory)
            if self.waiting and room:
                self.running.append(self.begin(self.waiting.pop()))
            elif self.paused:
                run = min(self.paused, key=Run.own)
                self.paused.remove(run)
                self.running.append(run)
                run.go_on(max(run.own(), PATIENCE))
            else:
                return

    def begin(self, found):
        """Start a notebook."""
        work = tempfile.mkdtemp(prefix="nncourse-")
        job = self.job | {
            "path": str(found.path), "work": work, "fork": self.source.fork, "environment": house.environment(work),
            "seconds": self.limits.seconds, "memory": self.limits.memory, "files": self.limits.files,
            "output": int(self.limits.output * 1e6), "answer": min(10.0, max(1.0, self.limits.seconds / 8)),
        }  # fmt: skip
        pid, line = self.source.start(job)
        run = Run(found, house.Tree(pid), line, work)
        run.since, run.turn = run.begun, self.patience()
        self.selector.register(line, EVENT_READ, run)
        return run

    def usual(self):
        """Return the time that three out of four finished notebooks kept within; None before there are five."""
        return sorted(self.finished)[int(0.75 * len(self.finished))] if len(self.finished) >= 5 else None

    def patience(self):
        """Return how long a notebook may run before it is paused for others."""
        return PATIENCE if self.usual() is None else max(PATIENCE / 2, LONG * self.usual())

    def share(self):
        """Return the running time after which one that takes long is stopped, once its limit has passed."""
        several = self.cut + sum(run.long for run in [*self.running, *self.paused])
        if len(self.finished) < FEW * several:  # the class is slow, not its neighbours
            return self.limits.seconds
        fair = max(SHARE * sum(self.finished), self.limits.seconds) / max(1, several)
        return min(self.limits.seconds, max(LEAST * self.limits.seconds, fair))

    def watch(self):
        """Pause what takes long while others wait, and stop what is over a limit."""
        look = time.monotonic() - self.looked > 0.25
        self.looked = time.monotonic() if look else self.looked
        for run in [*self.running]:
            if look:
                run.waited = max(run.waited, run.tree.waited())
            over = self.over(run) or (look and self.greedy(run))
            if over:
                self.close(run, over)
            elif run.clock() > max(run.turn, self.patience()) and (self.waiting or self.paused):
                run.long = True
                run.pause()
                self.running.remove(run)
                self.paused.append(run)
        if not self.waiting:
            for run in [*self.paused]:
                if over := self.over(run):
                    self.close(run, over)

    def over(self, run):
        """Return why a notebook is stopped for its time, or None."""
        own, clock = run.own(), time.monotonic() - run.begun
        if own >= self.limits.seconds:
            return f"stopped after {self.limits.seconds:g} s: is there a loop that never ends?"
        if run.long and clock >= self.limits.seconds and run.clock() >= self.share():
            return (
                f"stopped after {clock:.0f} s, of which it ran for {run.clock():.1f} s, as many others took long: "
                "is there a loop that never ends? Collect it alone if it may need longer"
            )
        return None

    def greedy(self, run):
        """Return why a notebook is stopped for what it uses, or None."""
        megabytes, processes = run.tree.memory()
        if megabytes > 1.5 * self.limits.memory + 300:
            return f"stopped: it took more than {self.limits.memory} MB of memory"
        return f"stopped: it started {processes} processes" if processes > MOST_PROCESSES else None

    def close(self, run, over):
        """End a notebook, and hand over what is known of it."""
        run.tree.end()
        while run.read():
            pass
        self.selector.unregister(run.line)
        run.line.close()
        for lane in (self.running, self.paused):
            if run in lane:
                lane.remove(run)
        shutil.rmtree(run.work, ignore_errors=True)
        ends = [event for event in run.events if "end" in event]
        if over or not ends:
            self.cut += run.long
            cells = [event["cell"] for event in run.events if "cell" in event]
            where = f" (it was in cell {cells[-1]})" if cells else ""
            end = {"status": "stopped", "note": (over or "its process ended unexpectedly") + where}
        else:
            end = ends[-1]["end"]
            self.finished += [run.clock()] if end["status"] == "done" else []
        self.done(run.found, outcome(run.events, end, run.own()))
