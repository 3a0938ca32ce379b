"""The rows of ``nncourse score``, and the processes that they come from."""

import json
import math

from nncourse.collecting import house, lanes
from nncourse.collecting.runs import Limits
from nncourse.projects.core import POINTS, points

UNLIMITED = 600.0  # seconds: for the chapter's model itself
OURS = {  # what is scored before the notebooks
    "the chapter's": "from nncourse.projects.{module} import chapter as train",
    "the reference": "from nncourse.projects.reference import {module} as train",
}
HEAD = ("student", "file", "status", "score", "points", "seconds", "budget", "notes")


class Judges(house.Programs):
    """Starts each judging process as a program of its own, and tells it the secret last.

    Parameters
    ----------
    environment : dict
        Of the processes.
    fork : bool
        Whether they fork the process that runs the cells.
    secret : str, int or None
        A text's place, or a seed.
    """

    module = "nncourse.projects.judging"

    def __init__(self, environment, fork, secret):
        super().__init__(environment)
        self.fork, self.secret = fork, secret

    def start(self, job):
        """Return (process id, socket) of a new judging process."""
        pid, line = super().start(job)
        line.sendall(json.dumps(self.secret).encode() + b"\n")
        return pid, line


class Steady(lanes.Lanes):
    """Scores notebooks one after the other, none paused: what is measured is the processor's time."""

    def patience(self):
        """Return for ever."""
        return math.inf


class Table:
    """The rows, printed as they come.

    Parameters
    ----------
    options : argparse.Namespace
        As the parser reads them.
    job : dict
        What is the same for every notebook.
    judges : Judges
        Starts the processes.
    """

    def __init__(self, options, job, judges):
        self.options, self.job, self.judges, self.rows = options, job, judges, []
        self.budget, self.values = 1e6, {}

    def fill(self, found, ours):
        """Score our own two, then the notebooks; return the rows."""
        chapter, reference = ours
        print(f"{'':24} {'score':28} {'processor':>17} {'points':>6}")
        self.score([chapter])
        row = self.rows[0]
        if chapter.name not in self.values:
            raise ValueError(f"the chapter's model could not be scored here: {row['notes']}")
        self.budget = self.options.budget * row["seconds"]
        self.score([reference])
        self.score(found)
        print(f"The budget is {self.options.budget:g} times the processor's time of the chapter's model, "
              f"{self.budget:.1f} s here. Points: of {POINTS}, the others are for the report.")  # fmt: skip
        if self.values.get(reference.name, -math.inf) <= self.values[chapter.name]:
            print("The reference is no better than the chapter's model here, so there are no points.")
        return self.rows

    def score(self, found):
        """Score some notebooks."""
        seconds = min(UNLIMITED, 2 * self.budget + 20)  # by the clock, where it is not for the processor
        limits, job = Limits(seconds, self.options.memory), self.job | {"budget": self.budget}
        try:
            Steady(self.judges, limits, 1, job, self.add).work(found)
        finally:
            self.judges.close()

    def add(self, one, outcome):
        """Take what is known of a notebook, and print its row."""
        told = {name: json.loads(message) for name, (_, message) in outcome["answers"].items()}
        seconds, budget = told.get("seconds", outcome["seconds"]), round(self.budget, 2) if self.rows else ""
        row = {"student": one.student, "file": one.name, "status": outcome["status"], "score": "", "points": "",
               "seconds": round(seconds, 2), "budget": budget, "notes": "; ".join(outcome["notes"])}  # fmt: skip
        if "score" in told:
            self.values[one.name], row["score"] = told["score"][:2]
            row["notes"] = "; ".join([*outcome["notes"], *told["score"][2:]])
            values = [self.values.get(name) for name in OURS]
            if None not in values and values[1] > values[0]:
                row["points"] = points(self.values[one.name], *values)
        elif len(self.rows) > 1:
            row["points"] = 0
        self.rows.append(row)
        share = f"{row['seconds'] / self.budget:5.0%}" if self.budget < 1e6 else ""
        print(f"{one.name:24.24} {row['score'] or row['status']:28} {row['seconds']:9.1f} s {share:5} "
              f"{row['points']!s:>6}", flush=True)  # fmt: skip
        for note in outcome["notes"]:
            print(f"    {note}")
