"""The check of an answer never hangs: loops, sleeps, code that catches everything, calls that never come back."""

import itertools
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from nncourse.exercises import check, limits

ALARMS = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")


def answered(body, seconds=0.3, **names):
    """Return the verdict on an answer with this body, and how long it took."""
    text = "def answer(W, x, y):\n    " + body.replace("\n", "\n    ")
    found = {"itertools": itertools, "re": re, "sys": sys, "threading": threading, "time": time, **names}
    exec(text, found)
    start = time.monotonic()
    return check("delta-rule-3", found["answer"], seconds=seconds), time.monotonic() - start


class TwoWays:
    """Run each test in the main thread, where alarms remind, and in another one, where a thread does."""

    @staticmethod
    def of(action, other):
        """Return what an action gives, in another thread if asked."""
        if not other:
            return action()
        found = []
        thread = threading.Thread(target=lambda: found.append(action()), daemon=True)
        thread.start()
        thread.join(timeout=60)
        assert found, "the check hangs"
        return found[0]


ENDLESS = {
    "a loop": "while True: pass",
    "a loop that catches everything": "while True:\n    try: x = x + 1\n    except BaseException: pass",
    "a loop around a call that catches everything": "while True:\n    try: sum(range(9))\n    except: pass",
    "a loop without a trace": "sys.settrace(None)\nwhile True: x = x + 1",
    "a generator": "return list(i for i in itertools.repeat(1) if i > 2)",
    "the words of an error": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    "what an answer shows": "class R:\n    def __repr__(self):\n        while True: pass\nreturn R()",
    "an array in the making": "class A:\n    def __array__(self, *a, **k):\n        while True: pass\nreturn A()",
    "numbers as objects": "import numpy as np\na = np.array([1, 2], object)\nwhile True: a = a + 1",
    "a clean-up": "class D:\n    def __del__(self):\n        while True: pass\nD()\nwhile True: pass",
    "sympy": "import sympy as sp\nwhile True: sp.expand((1 + sp.Symbol('x')) ** 3)",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the clean-up is stopped too
@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("other", [False, True], ids=["main", "thread"])
def test_what_never_ends_is_stopped_with_a_message(body, other):
    if not other and not hasattr(signal, "setitimer"):
        pytest.skip("this system has no alarms: the test in a thread tries the other way")
    verdict, seconds = TwoWays.of(lambda: answered(body), other)
    assert not verdict
    assert "Stopped after 0.3 s: is there a loop that never ends?" in verdict.message
    assert seconds < 20


@ALARMS
@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(1e6)",
        "10**10**9",
        "re.match('(a+)+$', 'a' * 60 + 'b')",
        "threading.Event().wait()",
        "t = threading.Thread(target=time.sleep, args=(9,), daemon=True)\nt.start()\nt.join()",
    ],
)
def test_an_alarm_interrupts_a_call_that_waits_or_works(body):
    verdict, seconds = answered(body)
    assert "Stopped after" in verdict.message
    assert seconds < 9


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return answer(W, x, y)", "RecursionError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("class E(BaseException): pass\nraise E('mine')", "E: mine"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "its words break with a ZeroDivisionError"),
        ("import numpy as np\nnp.ones(10**15)", "Unable to allocate"),
    ],
)  # fmt: skip
def test_whatever_an_answer_raises_is_said_and_not_raised(body, words):
    verdict, _ = answered(body, seconds=10)
    assert not verdict
    assert words in verdict.message


def test_a_reader_who_interrupts_is_heard():
    with pytest.raises(KeyboardInterrupt):
        answered("raise KeyboardInterrupt")


@pytest.mark.parametrize("other", [False, True], ids=["main", "thread"])
def test_nothing_is_left_behind(other):
    handler, trace = signal.getsignal(signal.SIGINT), sys.gettrace()
    before = threading.active_count() + other

    def check_and_go_on():
        for _ in range(3):
            assert "Stopped" in answered("while True: pass", 0.1)[0].message
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                pass
        return threading.active_count()

    assert TwoWays.of(check_and_go_on, other) == before
    assert (signal.getsignal(signal.SIGINT), sys.gettrace()) == (handler, trace)
    if hasattr(signal, "setitimer"):
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@ALARMS
def test_a_limit_around_another_one_still_holds():
    def twice():
        sys.settrace(None)  # the alarms alone
        with pytest.raises(limits.TimeIsUp), limits.time_limit(0.2):
            time.sleep(8)
        time.sleep(8)

    start = time.monotonic()
    with pytest.raises(limits.TimeIsUp), limits.time_limit(1.0):
        twice()
    assert 0.9 < time.monotonic() - start < 6


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="this Python has no sys.monitoring; a browser's has")
def test_the_browsers_way_stops_what_catches_everything_and_leaves_nothing(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    for body in ENDLESS.values():
        if "settrace" not in body:
            assert "Stopped after" in answered(body)[0].message
    assert sys.monitoring.get_tool(limits.TOOL) is None


# --- who ends Python as a whole ---


def test_whoever_is_outside_hears_when_a_limit_begins_and_ends(monkeypatch):
    heard = []
    monkeypatch.setitem(sys.modules, "page_kernel", SimpleNamespace(limit=heard.append))
    assert check("delta-rule-3", lambda W, x, y: x, seconds=7.0).message.startswith("Not yet.")
    assert heard == [7.0, None]
    assert check("delta-rule-3", ...).message.startswith("Not answered")
    answered("while True: pass", 0.1)
    assert heard == [7.0, None, 0.1, None]


def test_outside_a_page_and_a_notebook_nobody_ends_python():
    assert limits.note_of_kernel() is None
    assert limits.outside("it") is None


def test_a_note_is_told_once_and_only_where_the_clock_ended_python(tmp_path):
    note = tmp_path / "kernel.nncourse"
    note.write_text(
        'check("delta-rule-3", ...)\nTimeout (0:00:15)!\nThread 0x1 (most recent call first):\n'
        '  File "/lib/threading.py", line 9 in wait\n  File "/tmp/ipykernel_42/17.py", line 3 in gradient\n'
        '  File "/x/judges.py", line 77 in call\n  File "/tmp/ipykernel_42/17.py", line 4 in <module>\n',
        encoding="utf-8",
    )
    text = limits.why_ended(note)
    assert text.startswith('Python was ended before this, and began anew: check("delta-rule-3", ...) did not come')
    assert "in line 3 of its cell (in gradient)" in text
    assert limits.why_ended(note) == ""
    note.write_text('check("delta-rule-3", ...)\n', encoding="utf-8")  # the reader began Python anew by hand
    assert limits.why_ended(note) == ""
    assert not note.exists()


CLOCK = """
import hashlib, itertools, sys, time
from pathlib import Path
from nncourse.exercises import limits
limits.GRACE = 0.5
clock = limits._KernelsClock("it", Path(sys.argv[1]))
clock(0.2)
{}
clock(None)
time.sleep(1.5)
print("alive", Path(sys.argv[1]).exists())
"""


@pytest.mark.parametrize(
    ("body", "survives"),
    [
        ("sum(itertools.count())", False),  # holds Python for ever
        ("time.sleep(2)", True),
        ("hashlib.pbkdf2_hmac('sha256', b'', b'', 4_000_000)", True),  # works long, lets others run
        ("end = time.monotonic() + 2\nwhile time.monotonic() < end: pass", True),
        ("", True),
    ],
)
def test_the_kernels_clock_ends_python_only_where_no_thread_can_run(body, survives, tmp_path):
    note = tmp_path / "note"
    program = [sys.executable, "-c", CLOCK.format(body), str(note)]
    done = subprocess.run(
        program,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=limits.__file__[: -len("nncourse/exercises/limits.py")],
    )
    if survives:
        assert (done.returncode, done.stdout) == (0, "alive False\n"), done.stderr
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert "did not come to its end" in limits.why_ended(note)


NOTEBOOK = """import itertools
from nncourse.exercises import check, limits
limits.GRACE = 0.5
def answer(W, x, y):
    return {}
check("delta-rule-3", answer, seconds=0.3)"""


def test_in_a_notebook_a_loop_is_stopped_and_a_stuck_kernel_is_ended_and_says_why():
    manager = pytest.importorskip("jupyter_client.manager")
    pytest.importorskip("ipykernel")
    kernel = manager.KernelManager(kernel_name="python3")
    kernel.start_kernel()
    try:
        client = _client(kernel)
        assert "Stopped after 0.3 s" in _run(kernel, client, NOTEBOOK.format("[0 for _ in iter(int, 1)]"))
        assert "Not answered yet" in _run(kernel, client, 'check("delta-rule-3", ...)'), "the same Python"
        assert _run(kernel, client, NOTEBOOK.format("sum(itertools.count())")) is None
        client.stop_channels()
        kernel.restart_kernel(now=True)
        client = _client(kernel)
        first, second = (_run(kernel, client, NOTEBOOK.format("W")) for _ in range(2))
        assert "Python was ended before this, and began anew" in first
        assert "in line 5 of its cell (in answer)" in first
        assert "Not yet." in first
        assert "Python was ended" not in second
        client.stop_channels()
    finally:
        kernel.shutdown_kernel(now=True)


def _client(kernel):
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


def _run(kernel, client, source):
    """Return all that a cell shows, or None where the kernel ended."""
    from queue import Empty

    said, asked, end = "", client.execute(source), time.monotonic() + 60
    while time.monotonic() < end:
        if not kernel.is_alive():
            return None
        try:
            message = client.get_iopub_msg(timeout=0.2)
        except Empty:
            continue
        content = message["content"]
        if message["parent_header"].get("msg_id") == asked:
            said += content.get("text", "") + content.get("data", {}).get("text/plain", "")
            if content.get("execution_state") == "idle":
                return said
    raise TimeoutError(source)
