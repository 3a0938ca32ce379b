"""A browser, and the built site as a static host would serve it; a local folder plays Python's own host.

NNCOURSE_SITE names the folder of the site (else _build/html), NNCOURSE_PYODIDE that of the browser's Python. With
it, the host that pages fetch Python from is a local server with a certificate of its own, and nothing else can be
reached: what is published is what is tested. Without it the browser asks that host itself.
"""

import gzip
import io
import os
import ssl
import threading
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import yaml

from tools.pdf.browser import NoChromium, find_chromium

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("NNCOURSE_SITE", ROOT / "_build" / "html")).resolve()
PYODIDE = os.environ.get("NNCOURSE_PYODIDE")


TEXT = {".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".xml"}  # what a static host compresses


@cache
def compressed(path, changed):
    """Return a file's bytes as a static host sends them; a file that changed is read again."""
    return gzip.compress(Path(path).read_bytes(), 6)


class Folder(SimpleHTTPRequestHandler):
    """Serve a folder, quietly, below a prefix; anybody may read it. What is asked for is remembered.

    As a static host does, it keeps connections open, compresses text, and has a browser ask whether a file is new.
    """

    prefix, asked = "/", None
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".wasm": "application/wasm"}

    def translate_path(self, path):
        """Take the prefix away."""
        return super().translate_path("/" + path.removeprefix(self.prefix))

    def send_head(self):
        """Remember the address, or play a server that is down."""
        self.asked.append(self.path)
        if self.server.down:
            self.send_error(503)
            return None
        path = Path(self.translate_path(self.path))
        accepted = "gzip" in self.headers.get("Accept-Encoding", "") and "If-Modified-Since" not in self.headers
        return self.send_text(path) if accepted and path.suffix in TEXT and path.is_file() else super().send_head()

    def send_text(self, path):
        """Send the head of a file that is compressed; return its bytes."""
        found = path.stat()
        body = compressed(path, found.st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(found.st_mtime))
        self.end_headers()
        return io.BytesIO(body)

    def end_headers(self):
        """Let pages of other hosts read it, as a CDN does."""
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "max-age=0, must-revalidate")
        super().end_headers()

    def log_message(self, *args):
        """Say nothing."""


def serve(folder, prefix="/", context=None):
    """Start a server for a folder; return it. Its `asked` are the paths that were asked for."""
    handler = type("Handler", (Folder,), {"prefix": prefix, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
    server.asked, server.down = handler.asked, False
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def address_of_python():
    """Return where the site's pages fetch Python from."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return config["sphinx"]["config"]["nncourse_python"]


@pytest.fixture(scope="session")
def site():
    """The built site: `address`, and `server`, which can be taken down."""
    if not (SITE / "index.html").is_file():
        pytest.skip(f"{SITE} is not there: make site")
    server = serve(SITE)
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}", server=server)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def python_host(tmp_path_factory):
    """The server that plays Python's host, or None where the real one is asked."""
    if PYODIDE is None:
        yield None
        return
    import trustme

    parts = urlsplit(address_of_python())
    certificate = trustme.CA().issue_cert(parts.hostname)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    server = serve(PYODIDE, parts.path, context)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser(python_host):
    """Chromium, for which no host exists but the two servers."""
    playwright = pytest.importorskip("playwright.sync_api")
    rules = ["EXCLUDE 127.0.0.1"]
    if python_host:
        host = urlsplit(address_of_python()).hostname
        rules = [f"MAP {host}:443 127.0.0.1:{python_host.server_port}", "MAP * ~NOTFOUND", *rules]
    with playwright.sync_playwright() as started:
        try:
            chromium = find_chromium(started.chromium.executable_path)
        except NoChromium as error:
            pytest.skip(str(error))
        arguments = ["--no-sandbox", "--ignore-certificate-errors"]
        arguments += [f"--host-resolver-rules={', '.join(rules)}"] if python_host else []
        made = started.chromium.launch(executable_path=chromium, args=arguments)
        yield made
        made.close()


@pytest.fixture
def open_page(browser, site):
    """A function that opens a page of the site; at the end, nothing may have gone wrong in any.

    It takes the page's name and options of a browser context, and returns the page. A test that provokes `problems`
    clears them.
    """
    opened = []

    def open_it(name, *, context=None, width=1280, **options):
        context = context or browser.new_context(viewport={"width": width, "height": 900}, **options)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda said: said.type == "error" and page.problems.append(said.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{site.address}/{name}.html", wait_until="load")
        opened.append(page)
        return page

    yield open_it
    problems = [problem for page in opened for problem in page.problems]
    for context in {page.context for page in opened}:
        context.close()
    assert problems == []


TABLES = {
    "page": ("page", "kB", "first words, s", "shift", "requests"),
    "first output": ("first output", "seconds"),
}


def pytest_terminal_summary(terminalreporter):
    """Print what test_weights has measured; with several workers it is the reports that bring it here."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    for table, head in TABLES.items():
        rows = [value for report in reports for name, value in report.user_properties if name == table]
        if rows:
            lines = [head, *sorted(rows)]
            widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
            terminalreporter.section(table)
            for first, *rest in lines:
                columns = [text.rjust(width) for text, width in zip(rest, widths[1:], strict=True)]
                terminalreporter.line("  ".join([first.ljust(widths[0]), *columns]))
