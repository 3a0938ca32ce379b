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
    equations : str
        The equations of the notes that its answer needs, by their ids: "S-1 S-1.1L". It is about the first one.
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
    >>> exercise.chapter, exercise.kind, exercise.equation, exercise.also
    ('delta-rule', 'implement', 'S-1', ())
    """

    id: str
    kind: str
    equations: str
    minutes: int
    task: str
    judge: Any
    solution: Any
    mistakes: tuple
    others: tuple = ()

    @property
    def equation(self):
        """The id of the equation that it is about."""
        return self.equations.split()[0]

    @property
    def also(self):
        """The ids of the other equations that its answer needs."""
        return tuple(self.equations.split()[1:])

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


def judged(exercise, answer, rng, seconds, outside=None):
    """Return the verdict on an answer. Nothing that the answer does is raised here; `outside` as in `time_limit`.

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
        with time_limit(seconds, outside), np.errstate(all="ignore"):
            wrong = _what_is_wrong(exercise, answer, rng)
    except TimeIsUp:
        wrong = f"Stopped after {seconds:g} s: is there a loop that never ends?"
    return Verdict(False, f"Not yet. {wrong}") if wrong else Verdict(True, f"Passed. {exercise.judge.praise}")


def _what_is_wrong(exercise, answer, rng):
    try:
        return exercise.judge(exercise, answer, rng)
    except (KeyboardInterrupt, TimeIsUp):
        raise
    except BaseException as error:
        return f"The check could not use your answer: {error_text(error)}"


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
    try:
        words = str(error)
    except Exception as second:
        words = f"its words break with a {type(second).__name__}"
    return f"{type(error).__name__}: {words}" + (f"  (in the line: {line})" if line else "")
