"""Print an HTML document with Chromium, from files of this machine alone."""

import mimetypes
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

VARIABLE = "NNCOURSE_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        "${PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
        "${PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
        "${LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
        "${PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
    ),
}
OLDEST = 131  # the first version that prints page numbers and running heads from a style sheet
HOST = "http://book.invalid"
PAPER = {"width": 567, "height": 934}  # what A4's margins leave, in pixels of 1/96 inch: 150 mm by 247 mm
HOW_TO_GET = f"""No Chromium was found, and the PDF is printed with it. Any of these helps:
  Debian, Ubuntu:  apt-get install chromium
  macOS, Windows:  install Chrome, Chromium or Edge
  anywhere else:   python -m playwright install chromium
or let the environment variable {VARIABLE} name the program."""


class NoChromium(Exception):
    """There is no browser to print with; the message says how to get one."""


def find_chromium(own=None):
    """Return the path of a Chromium: of the environment, on the path, at a usual place, or playwright's own.

    Parameters
    ----------
    own : str or None
        Where playwright would keep its own.

    Raises
    ------
    NoChromium
        If there is none, or if the environment names one that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if found := shutil.which(named) or (named if Path(named).is_file() else None):
            return found
        raise NoChromium(f"{VARIABLE}: expected the path of a Chromium, got {named!r}")
    places = [os.path.expandvars(place) for place in PLACES.get(sys.platform, ())]
    for place in (*map(shutil.which, NAMES), *places, own):
        if place and Path(place).is_file():
            return place
    raise NoChromium(HOW_TO_GET)


def file_of(address, folders):
    """Return the file that an address of the document means, or None.

    Parameters
    ----------
    address : str
        Of this document's made-up host, or any other.
    folders : dict
        From the start of a path, such as "/_fonts/", to a folder.
    """
    if not address.startswith(f"{HOST}/"):
        return None
    path = unquote(urlsplit(address).path)
    for start, folder in folders.items():
        file = (Path(folder) / path.removeprefix(start)).resolve()
        if path.startswith(start) and file.is_file() and file.is_relative_to(Path(folder).resolve()):
            return file
    return None


@contextmanager
def opened(html, folders):
    """Open a document in Chromium; give the page, and the addresses that it asked for and did not get.

    Nothing leaves the machine: every request is answered from the folders, or refused.

    Parameters
    ----------
    html : str
        The document.
    folders : dict
        As for `file_of`.

    Raises
    ------
    NoChromium
        If none is found, or if it is too old.
    """
    from playwright.sync_api import sync_playwright

    refused = []

    def answer(route):
        file = file_of(route.request.url, folders)
        if route.request.url == f"{HOST}/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif file:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        else:
            refused.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path)
        if int(browser.version.partition(".")[0]) < OLDEST:
            raise NoChromium(f"{path}: expected Chromium {OLDEST} or newer, got {browser.version}")
        page = browser.new_page(viewport=PAPER, locale="en", color_scheme="light")
        page.set_default_timeout(180_000)
        page.emulate_media(media="print")
        page.route("**/*", answer)
        page.goto(f"{HOST}/", wait_until="load")
        yield page, refused
        browser.close()


def print_pdf(page):
    """Return the page as a PDF with bookmarks and tags; the style sheet gives the paper."""
    page.evaluate("afresh()")
    return page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
