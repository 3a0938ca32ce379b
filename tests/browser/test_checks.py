"""The check of an answer in a page never hangs: the time limit stops what it can, the page stops the rest."""

import time

from test_bad_cases import run_text
from test_run_cells import FIRST

BEGIN = """import itertools, re, sys, time
import numpy as np
from nncourse.exercises import check
def answer(W, x, y):
    {}
check("delta-rule-3", answer, seconds={})"""

# The body of an answer, which the time limit stops; Python goes on.
ENDLESS = [
    "while True: pass",
    "while True:\n        try: x = x + 1\n        except BaseException: pass",
    "while True:\n        try: np.tanh(x)\n        except: pass",
    "sys.settrace(None)\n    while True: x = x + 1",
    "sys.setprofile(None)\n    for _ in itertools.count(): pass",
    "return list(i for i in itertools.repeat(1) if i > 2)",
    "class E(Exception):\n        def __str__(self):\n            while True: pass\n    raise E",
    "class A:\n        def __array__(self, *a, **k):\n            while True: pass\n    return A()",
    "class R:\n        def __repr__(self):\n            while True: pass\n    return R()",
    "a = np.array([1, 2], object)\n    while True: a = a + 1",
    "import sympy as sp\n    while True: sp.expand((1 + sp.Symbol('x')) ** 3)",
]
# What comes to an end by itself.
ENDING = {
    "return answer(W, x, y)": "RecursionError",
    "input()": "input() does not work in the page",
    "import threading\n    threading.Thread(target=print).start()": "can't start new thread",
    "np.ones(5 * 10**8)": "in the line: np.ones(5 * 10**8)",
    "raise SystemExit": "SystemExit",
}
# One call that never comes back to Python.
STUCK = ["sum(itertools.count())", "time.sleep(1e6)", "re.match('(a+)+$', 'a' * 60 + 'b')", "10**10**9"]


def test_a_loop_that_never_ends_is_stopped_and_python_goes_on(open_page):
    page, wrong = open_page(FIRST), []
    assert run_text(page, 1, "mark = 1\nimport nncourse.exercises") == ["ok", ""]
    for body in ENDLESS:
        start = time.monotonic()
        state, text = run_text(page, 1, BEGIN.format(body, 1))
        if state != "ok" or "Stopped after 1 s: is there a loop that never ends?" not in text:
            wrong.append((body, state, text))
        elif time.monotonic() - start > 5:
            wrong.append((body, "late"))
    for body, words in ENDING.items():
        state, text = run_text(page, 1, BEGIN.format(body, 1))
        if state != "ok" or words not in text or "Not yet." not in text:
            wrong.append((body, state, text))
    assert wrong == []
    assert run_text(page, 1, "mark") == ["ok", "1"], "the same Python"
    right = "return np.outer((np.tanh(W @ x) - y) * (1 - np.tanh(W @ x) ** 2), x)"
    state, text = run_text(page, 1, BEGIN.format(right, 10))
    assert (state, text.startswith("Passed.")) == ("ok", True), text
    page.wait_for_timeout(1000)
    assert run_text(page, 1, "mark") == ["ok", "1"]


def test_a_call_that_never_comes_back_is_ended_by_the_page_which_says_so(open_page):
    page = open_page(FIRST)
    for body in STUCK:
        state, text = run_text(page, 1, BEGIN.format("print('begun')\n    " + body, 1))
        assert state == "stopped", (body, text)
        assert text.startswith("begun\n"), (body, text)
        assert "Stopped after 6 s: the answer made a call that does not come back" in text, (body, text)
        assert "starts anew with the next cell" in page.locator(".run-status").inner_text()
    assert run_text(page, 1, "6 * 7") == ["ok", "42"]


def test_the_page_ends_no_python_whose_check_is_over(open_page):
    page = open_page(FIRST)
    program = (
        BEGIN.format("return x", 0.5) + "\nmark = 1\nend = time.time() + 7\nwhile time.time() < end: pass\nmark"
    )
    assert run_text(page, 1, program) == ["ok", "1"]


def test_stop_ends_a_check_at_once_and_the_pages_clock_with_it(open_page):
    page = open_page(FIRST)
    assert run_text(page, 1, "import nncourse.exercises")[0] == "ok"
    page.evaluate("(text) => nncoursePage.cells[0].change(text)", BEGIN.format("sum(itertools.count())", 1))
    page.get_by_role("button", name="Run cell 1", exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Stop cell 1", exact=True).click()
    assert run_text(page, 1, "mark = 1\nend = __import__('time').time() + 7") == ["ok", ""]
    page.wait_for_timeout(6000)
    assert run_text(page, 1, "mark") == ["ok", "1"], "the clock of the check that was stopped did nothing"
