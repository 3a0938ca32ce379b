"""A time limit for other people's code, on every system and in every thread.

Three things stop code that runs too long. Every line of Python looks at the clock. From outside the code comes a
reminder, again and again: it interrupts a sleep, and code that catches everything. Both are powerless while a
single call, such as ``sum(itertools.count())``, never comes back to Python: then whoever is `outside` ends Python.
"""

import ctypes
import faulthandler
import re
import signal
import sys
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

LIBRARIES = ("sympy", "mpmath", "numpy")
NOT_STOPPED = ("contextlib", __name__)  # what cleans up comes to its end
EVERY = 0.02  # seconds between two reminders
GRACE = 10.0  # seconds for which no thread can run Python, once the time is over, before a kernel is ended
TOOL = 4  # our number among those that may watch Python; debuggers and profilers have others


class TimeIsUp(BaseException):
    """Raised inside code that ran too long. It is no Exception, so that `except Exception` lets it through."""


@contextmanager
def time_limit(seconds, outside=None):
    """Raise TimeIsUp inside the block once it has run for so many seconds.

    Every line of Python looks at the clock (inside the libraries only every call, which costs less). Where the
    system has alarms, one also interrupts a sleep; elsewhere a thread does as much as it can. The exception is
    raised again and again, so code that catches everything is stopped too.

    Parameters
    ----------
    seconds : float
        How long the block may run.
    outside : callable, optional
        Who can end Python as a whole, see `outside`. It hears the seconds when the block begins, and None at the
        end.

    Examples
    --------
    >>> with time_limit(5.0):
    ...     sum(range(10))
    45
    """
    tell = outside or (lambda seconds: None)
    look = _watched if sys.platform == "emscripten" else _traced
    tell(seconds)
    try:
        with _reminded(seconds), look(time.monotonic() + seconds):
            yield
    finally:
        tell(None)


@contextmanager
def _traced(deadline):
    def look_at_the_clock(frame, event, arg):
        module = frame.f_globals.get("__name__", "")
        if module in NOT_STOPPED:
            return None
        if time.monotonic() > deadline:
            raise TimeIsUp
        return None if module.partition(".")[0] in LIBRARIES else look_at_the_clock

    before = sys.gettrace()
    try:
        sys.settrace(look_at_the_clock)
        yield
    finally:
        sys.settrace(before)


@contextmanager
def _watched(deadline):
    # A trace ends with the first exception that it raises, and a browser's Python has no reminders: this goes on.
    monitoring = sys.monitoring
    events = monitoring.events

    def look_at_the_clock(code, *_):
        if time.monotonic() > deadline and not code.co_filename.endswith(("contextlib.py", "limits.py")):
            raise TimeIsUp

    def look_outside_libraries(code, *_):
        if any(f"/{name}/" in code.co_filename for name in LIBRARIES):
            return monitoring.DISABLE
        return look_at_the_clock(code)

    if monitoring.get_tool(TOOL) is not None:  # a check within a check: its limit is the outer one
        yield
        return
    monitoring.use_tool_id(TOOL, __name__)
    try:
        monitoring.register_callback(TOOL, events.PY_START, look_at_the_clock)
        monitoring.register_callback(TOOL, events.LINE, look_outside_libraries)
        monitoring.register_callback(TOOL, events.JUMP, look_outside_libraries)
        monitoring.set_events(TOOL, events.PY_START | events.LINE | events.JUMP)
        yield
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)


# --- reminders ---


def _reminded(seconds):
    if sys.platform == "emscripten":  # neither alarms nor threads
        return nullcontext()
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        return _by_alarms(seconds)
    return _by_a_thread(seconds)


@contextmanager
def _by_alarms(seconds):
    def alarm(signum, frame):
        raise TimeIsUp

    handled_before, begin = signal.signal(signal.SIGALRM, alarm), time.monotonic()
    left, every = signal.setitimer(signal.ITIMER_REAL, seconds, EVERY)

    def put_back():
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handled_before)
        if left:  # a limit around this one
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begin), EVERY), every)

    try:
        yield
    finally:
        _surely(put_back)


@contextmanager
def _by_a_thread(seconds):
    limited, over = ctypes.c_ulong(threading.get_ident()), threading.Event()

    def remind():
        late = over.wait(min(seconds, threading.TIMEOUT_MAX))
        while not late:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(limited, ctypes.py_object(TimeIsUp))
            late = over.wait(EVERY)

    def put_back():
        over.set()
        reminder.join()
        for _ in range(100):  # a reminder that is still on its way arrives at a jump
            pass

    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    finally:
        _surely(put_back)


def _surely(action):
    """Act, and begin anew where a reminder comes in between."""
    while True:
        try:
            return action()
        except TimeIsUp:
            pass


# --- who can end Python as a whole ---


def outside(what):
    """Return who can end Python where nothing inside it can, as a function; None where nobody does.

    The function hears for how many seconds the code may still run, and None when it is over. In the course's pages
    it is the page. In a notebook it is a clock inside Python's kernel that needs no Python.

    Parameters
    ----------
    what : str
        What runs, for the words that say why Python was ended.

    Examples
    --------
    >>> outside('check("delta-rule-3", ...)') is None
    True
    """
    page = sys.modules.get("page_kernel")
    if page is not None:
        return page.limit
    note = note_of_kernel()
    return None if note is None else _KernelsClock(what, note)


def note_of_kernel():
    """Return the file in which a notebook's kernel leaves a note for the one that comes after it; else None.

    Examples
    --------
    >>> note_of_kernel() is None
    True
    """
    with suppress(Exception):
        kernel = sys.modules["ipykernel.kernelapp"].IPKernelApp
        if kernel.initialized():  # the next kernel has a file of the same name
            return Path(kernel.instance().abs_connection_file).with_suffix(".nncourse")
    return None


class _KernelsClock:
    """Ends Python, with a note, once the time is over and for `GRACE` seconds no thread could run Python."""

    def __init__(self, what, note):
        self.what, self.note, self.file, self.over = what, note, None, threading.Event()

    def __call__(self, seconds):
        with suppress(OSError, RuntimeError):  # no room for a note, or for a thread
            if seconds is not None:
                self.file = self.note.open("w", encoding="utf-8")
                print(self.what, file=self.file, flush=True)
                self.wind(seconds)
                self.alive = threading.Thread(target=self.stay_alive, args=(seconds,), daemon=True)
                self.alive.start()
            elif self.file:
                self.over.set()
                self.alive.join()
                faulthandler.cancel_dump_traceback_later()
                self.file.close()
                self.note.unlink(missing_ok=True)

    def wind(self, seconds):
        """Set the clock, which ends Python in so many seconds and the grace."""
        faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=self.file)

    def stay_alive(self, seconds):
        """Set the clock back from time to time: a thread that can do so shows that Python is not stuck."""
        late = self.over.wait(min(seconds, threading.TIMEOUT_MAX))
        while not late:
            self.wind(0)
            late = self.over.wait(GRACE / 5)


def why_ended(note):
    """Return what a kernel that was ended tells the next one, once; "" where there is nothing to tell.

    Examples
    --------
    >>> why_ended(None)
    ''
    """
    text = note.read_text(encoding="utf-8") if note is not None and note.is_file() else ""
    if text:
        note.unlink()
    if "Timeout" not in text:
        return ""
    what = text.partition("\n")[0]
    line = re.search(r'ipykernel_\d+[/\\]\d+\.py", line (\d+) in (\w+)', text)
    where = f", in line {line[1]} of its cell (in {line[2]})" if line else ""
    return (
        f"Python was ended before this, and began anew: {what} did not come to its end{where}. A call there never "
        "comes back, and nothing inside Python can stop such a call. Mend it before you check it again."
    )
