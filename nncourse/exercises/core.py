"""What an exercise is, and how an answer is judged: by fresh random cases, never by one stored answer.

A *judge* (see `judges`) looks at an answer and returns None when it is right, else a text in plain words. Every
exercise carries its solution and the mistakes that one can make. A wrong answer that behaves like one of them is
told so.
"""

import difflib
import os
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncourse.exercises.limits import TimeIsUp, time_limit

STUB = "Not answered yet: replace the ... by your answer, then run the cell again."
NOT_THEIRS = ("nncourse", "site-packages", "<__array_function__", os.path.dirname(os.__file__))  # whose code it is
KINDS = ("predict", "derive", "implement", "experiment")


@dataclass(frozen=True)
class Mistake:
    """A wrong answer and the words that help whoever gives it.

    Examples
    --------
    >>> mistake = Mistake(lambda w, x: w + x, "The weight is a factor.")
    >>> mistake.because
    'The weight is a factor.'
    """

    answer: Any
    because: str


@dataclass(frozen=True)
class Exercise:
    """An exercise of a chapter.

    Parameters
    ----------
    id : str
        The chapter's name and a number, such as "delta-rule-3".
    kind : str
        "predict", "derive", "implement" or "experiment".
    equation : str
        The equation of the notes that it exercises, by its id.
    minutes : int
        How long it takes.
    task : str
        What is asked, in one sentence.
    judge : Calls, Formula or Holds
        Tells right from wrong.
    solution : object
        A right answer.
    mistakes : tuple of Mistake
        Wrong answers, at least four.
    others : tuple
        Other right answers, written in other ways.

    Examples
    --------
    >>> from nncourse.exercises import REGISTRY
    >>> exercise, _ = find(REGISTRY, "delta-rule-3")
    >>> exercise.chapter, exercise.kind in KINDS, len(exercise.mistakes) >= 4
    ('delta-rule', True, True)
    """

    id: str
    kind: str
    equation: str
    minutes: int
    task: str
    judge: Any
    solution: Any
    mistakes: tuple
    others: tuple = ()

    @property
    def chapter(self):
        """The chapter's file name without its ending."""
        return self.id.rpartition("-")[0]


@dataclass(frozen=True)
class Verdict:
    """What `check` says about an answer: whether it passed, and why not.

    Examples
    --------
    >>> Verdict(False, "Not yet.") or "try again"
    'try again'
    >>> Verdict(True, "Passed.")
    Passed.
    """

    passed: bool
    message: str

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return self.message


def judged(exercise, answer, rng, seconds):
    """Return the verdict on an answer. Nothing that the answer does is raised here.

    Examples
    --------
    >>> from nncourse.exercises import REGISTRY
    >>> exercise, _ = find(REGISTRY, "delta-rule-3")
    >>> bool(judged(exercise, exercise.solution, np.random.default_rng(0), 10.0))
    True
    >>> judged(exercise, ..., np.random.default_rng(0), seconds=10.0)
    Not answered yet: replace the ... by your answer, then run the cell again.
    """
    if answer is ...:
        return Verdict(False, STUB)
    try:
        with time_limit(seconds), np.errstate(all="ignore"):
            wrong = exercise.judge(exercise, answer, rng)
    except TimeIsUp:
        wrong = f"Stopped after {seconds:g} s: is there a loop that never ends?"
    except (Exception, SystemExit) as error:
        wrong = f"The check could not use your answer: {error_text(error)}"
    return Verdict(False, f"Not yet. {wrong}") if wrong else Verdict(True, f"Passed. {exercise.judge.praise}")


def find(exercises, id):
    """Return (exercise, None), or (None, a text that names the nearest ids).

    Examples
    --------
    >>> from nncourse.exercises import REGISTRY
    >>> find(REGISTRY, "delta-rule-1")[0].id
    'delta-rule-1'
    >>> exercise, text = find(REGISTRY, "delta-rul-1")
    >>> exercise is None, "Did you mean delta-rule-1" in text
    (True, True)
    """
    for exercise in exercises:
        if exercise.id == id:
            return exercise, None
    near = difflib.get_close_matches(str(id), [e.id for e in exercises], n=3, cutoff=0.3)
    return None, f"There is no exercise {id!r}." + (f" Did you mean {' or '.join(near)}?" if near else "")


def error_text(error):
    """Return an error as a student reads it: its kind, its words, and the line of their own code.

    Examples
    --------
    >>> error_text(ValueError("x: expected 2 columns, got 3"))
    'ValueError: x: expected 2 columns, got 3'
    """
    frames = reversed(traceback.extract_tb(error.__traceback__))
    line = next((f.line for f in frames if f.line and not any(part in f.filename for part in NOT_THEIRS)), "")
    return f"{type(error).__name__}: {error}" + (f"  (in the line: {line})" if line else "")
