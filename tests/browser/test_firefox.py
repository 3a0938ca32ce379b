"""A chapter in Firefox: its cells, its editor, Stop, a live figure. Firefox is driven in its own BiDi.

Any Firefox in the path will do, or the one that FIREFOX names. No driver is needed.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import pytest
from conftest import PYODIDE, SITE, address_of_python, serve
from test_run_cells import merged, stored

CHAPTER = "book/feedforward/delta-rule"
KEYS = {"Shift": "\ue008", "Control": "\ue009", "Enter": "\ue007", "ArrowRight": "\ue014", "Tab": "\ue004"}


class Firefox:
    """A page in Firefox. `problems` are the errors that its console has heard of."""

    def __init__(self, command, profile):
        import websocket

        options = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", profile, "about:blank"]
        self.process = subprocess.Popen([command, *options], stderr=subprocess.PIPE, text=True)
        address = next(found[0] for line in self.process.stderr if (found := re.search(r"ws://\S+", line)))
        self.socket = websocket.create_connection(f"{address}/session", timeout=120, suppress_origin=True)
        self.numbers, self.problems = itertools.count(1), []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        self.page = self.ask("browsingContext.create", type="tab")["context"]  # the first tab has no focus

    def ask(self, method, **parameters):
        """Send a command; return its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.problems.append(answer["params"]["text"])
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, address):
        """Open a page, and wait until it is there."""
        self.ask("browsingContext.navigate", context=self.page, url=address, wait="complete")
        self.wait("document.readyState === 'complete'")  # the tab's own empty page may have been meant

    def evaluate(self, expression):
        """Return the value of a JavaScript expression."""
        text = f"JSON.stringify({expression}) ?? 'null'"
        target = {"context": self.page}
        answer = self.ask("script.evaluate", expression=text, target=target, awaitPromise=True)
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait(self, condition, timeout=180):
        """Wait until a condition of the page's script holds."""
        end = time.monotonic() + timeout
        while not self.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, f"{condition} after {timeout} s: {self.problems}"
            time.sleep(0.1)

    def press(self, *keys):
        """Hold the keys down one after the other, and let them go."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.ask("input.performActions", context=self.page, actions=[keyboard])

    def write(self, text):
        """Replace an editor's text by typing."""
        self.press("Control", "a")
        for key in text:
            self.press("Enter" if key == "\n" else key)

    def click(self, label):
        """Click the button of this name."""
        self.evaluate(f"document.querySelector('button[aria-label=\"{label}\"]').click()")

    def close(self):
        """End it."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()


@pytest.fixture(scope="module")
def site_of_its_own(tmp_path_factory):
    """The site, with Python in its own folder: Firefox has no way to give another host's name to our server."""
    if PYODIDE is None or not (SITE / "index.html").is_file():
        pytest.skip("NNCOURSE_PYODIDE is not set, or the site is not there: make site")
    folder = tmp_path_factory.mktemp("site") / "html"
    shutil.copytree(SITE, folder, ignore=shutil.ignore_patterns("lite", "*.pdf"))
    (folder / "python").symlink_to(PYODIDE)
    page = folder / f"{CHAPTER}.html"
    root = "../" * CHAPTER.count("/")
    page.write_text(
        page.read_text(encoding="utf-8").replace(address_of_python(), f"{root}python/"), encoding="utf-8"
    )
    server = serve(folder)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def firefox(site_of_its_own):
    """Firefox with the chapter open."""
    pytest.importorskip("websocket")
    command = os.environ.get("FIREFOX") or shutil.which("firefox") or shutil.which("firefox-esr")
    if command is None:
        pytest.skip("there is no Firefox: FIREFOX names none, and none is in the path")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        made = Firefox(command, profile)
        try:
            made.open(f"{site_of_its_own}/{CHAPTER}.html")
            yield made
        finally:
            made.close()


def test_the_first_cells_show_what_is_stored(firefox):
    cells = stored(CHAPTER)[:4]
    firefox.click(f"Run cell {len(cells)}")
    firefox.wait(f"['ok', 'failed', 'stopped'].includes(nncoursePage.cells[{len(cells) - 1}].state)")
    outputs = firefox.evaluate(f"nncoursePage.cells.slice(0, {len(cells)}).map((cell) => cell.outputs.stored)")
    assert [merged(found) for found in outputs] == [merged(cell.outputs) for cell in cells]
    assert firefox.problems == []


def test_a_cell_is_edited_run_by_keyboard_and_stopped(firefox):
    firefox.click("Edit cell 1")
    firefox.wait("document.activeElement.classList.contains('cm-content')")
    firefox.write("print(6 * 7)\nwhile True: pass")
    firefox.press("Shift", "Enter")
    firefox.wait("nncoursePage.cells[0].outputs?.box.innerText.includes('42')")
    firefox.wait("performance.now() - nncoursePage.cells[0].began > 400")  # as soon as a person can
    firefox.click("Stop cell 1")
    firefox.wait("nncoursePage.cells[0].state === 'stopped'")
    firefox.click("Reset: put back the text of cell 1")
    firefox.click("Run cell 1")
    firefox.wait("nncoursePage.cells[0].state === 'ok'")
    assert firefox.problems == []


def test_a_live_figure_answers_to_the_keyboard(firefox):
    figure = "document.querySelector('#live-delta-rule')"
    firefox.evaluate(f"{figure}.scrollIntoView()")
    firefox.wait(f"{figure}.querySelector('.live-box button')")
    said = f"{figure}.querySelector('output').textContent"
    assert "After 0 steps" in firefox.evaluate(said)
    button = f"[...{figure}.querySelectorAll('button')].find((button) => button.textContent === 'Next')"
    firefox.evaluate(f"{button}.focus()")
    firefox.press("Enter")
    firefox.wait(f"{said}.includes('After 1 step:')", 10)
    assert firefox.problems == []
