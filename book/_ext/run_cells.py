"""Every code cell of a chapter runs in its page: the scripts, the course's package, and what they are told."""

import hashlib
import io
import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from nncourse import datasets
from tools import web
from tools.release import write_zip

SCRIPTS = Path(__file__).with_name("web") / "src"
# Roughly what the browser's Python weighs, unpacked, in MB: for the words "12 of about 26 MB".
WEIGHTS = {"": 16, "matplotlib": 10, "sympy": 7}
BRINGS = {"matplotlib": ("matplotlib", "import plots"), "sympy": ("sympy", "derivations", "exercises")}


@cache
def version_of_course():
    """Return a mark of the chapters and the package: what a browser has kept of another version is thrown away."""
    total = hashlib.sha256()
    for file in sorted([*(ROOT / "nncourse").rglob("*.py"), *(ROOT / "book").rglob("*.*")]):
        if file.is_file():
            total.update(file.read_bytes())
    return total.hexdigest()[:12]


def pack_course(path):
    """Write the package, and the data that other packages carry, as a zip file for the browser's Python."""
    files = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in (ROOT / "nncourse").rglob("*.py")}
    files |= {f"nncourse/data/{name}.npz": content for name, content in carried_data().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_zip(path, files)


def carried_data():
    """Return the data sets of scikit-learn as small files, name to content: the browser has no scikit-learn."""
    x, labels = datasets.digits()
    file = io.BytesIO()
    np.savez_compressed(file, x=np.uint8(16 * x), labels=np.uint8(labels))
    return {"digits": file.getvalue()}


def add_to_page(app, pagename, templatename, context, doctree):
    """Have a page with code cells load the script that runs them."""
    if doctree is None or '<div class="cell ' not in (context.get("body") or ""):
        return
    text = BeautifulSoup(context["body"], "html.parser").get_text()
    brought = [name for name, words in BRINGS.items() if any(word in text for word in words)]
    root = "../" * pagename.count("/")
    python = app.config.nncourse_python
    told = {
        "page": pagename,
        "root": root,
        "version": version_of_course(),
        "python": python if "//" in python else root + python,
        "course": f"{root}_static/run/nncourse.zip",
        "megabytes": sum(WEIGHTS[name] for name in ("", *brought)),
    }
    data = json.dumps(told).replace("<", "\\u003c")
    context["body"] += (
        f'<script type="application/json" id="nncourse-run">{data}</script>\n'
        f'<script type="module" src="{root}_static/run/page.js"></script>\n'
    )


def finish_site(app, exception):
    """Make the scripts and pack the package."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, "_static", "run")
        web.bundle([SCRIPTS / "page.js"], folder)
        web.bundle([SCRIPTS / "service-worker.js"], Path(app.outdir))
        pack_course(folder / "nncourse.zip")


def setup(app):
    """Connect."""
    app.add_config_value("nncourse_python", "", "html")
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", finish_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
