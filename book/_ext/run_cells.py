"""Every code cell of a chapter runs in its page: the scripts, the course's package, and what they are told."""

import hashlib
import io
import json
import re
import sys
from functools import cache
from html import unescape
from pathlib import Path

import numpy as np
import sklearn.datasets

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
import compiled_library

from tools import web
from tools.release import write_zip

RESULTS = ROOT / "benchmarks" / "results"
SCRIPTS = Path(__file__).with_name("web") / "src"
# Roughly what the browser's Python weighs, unpacked, in MB: for the words "12 of about 26 MB".
WEIGHTS = {"": 20, "matplotlib": 11, "sympy": 13}
DATA = {"digits": {}, "diabetes": {"scaled": False}, "breast_cancer": {}}
BAR = (
    '<div class="run-page" role="group" aria-label="Run this page">'
    '<button type="button" class="run-button" name="all">Run all cells</button>\n'
    '<button type="button" class="run-button" name="stop" hidden>Stop</button>\n'
    '<button type="button" class="run-button" name="restart" hidden>Restart</button>\n'
    '<span class="run-status" role="status">Every cell runs here, in your browser. Nothing to install.</span>\n'
    '<span class="run-progress"></span></div>'
)
PRINTED = re.compile(r'<div class="output (?:stream|text_plain)[^>]*>(?:<div class="highlight">)?<pre>(?P<text>.*?)</pre>', re.S)
TAG = re.compile(r"<[^>]*>")
COLUMNS = re.compile(r"\S {2,}\S")
BRINGS = {
    "matplotlib": ("matplotlib", "import plots"),
    "sympy": ("sympy", "derivations", "exercises"),
}


@cache
def version_of_course():
    """Return a mark of the chapters and the package: what a browser has kept of another version is thrown away."""
    total = hashlib.sha256()
    files = [*(ROOT / "nncourse").rglob("*.py"), *(ROOT / "book").rglob("*.*"), *RESULTS.glob("*.json")]
    for file in sorted(files):
        if file.is_file() and "__pycache__" not in file.parts:
            total.update(file.read_bytes())
    return total.hexdigest()[:12]


def pack_course(path):
    """Write the package, and the data that the chapters read, as a zip file for the browser's Python."""
    files = {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in (ROOT / "nncourse").rglob("*.py")}
    files |= {file.relative_to(ROOT).as_posix(): file.read_bytes() for file in RESULTS.glob("*.json")}
    files |= {f"nncourse/data/{name}.npz": content for name, content in carried_data().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_zip(path, files)


def carried_data():
    """Return the data sets of scikit-learn as small files, name to content: the browser has no scikit-learn."""
    found = {}
    for name, options in DATA.items():
        loaded = getattr(sklearn.datasets, f"load_{name}")(**options)
        file = io.BytesIO()
        np.savez_compressed(
            file,
            data=loaded.data,
            target=loaded.target,
            names=np.array(loaded.feature_names),
        )
        found[name] = file.getvalue()
    return found


def mark_columns(body):
    """Return a page's body where printed columns say so: they scroll on a narrow screen, anything else wraps.

    outputs.js says the same of what is new.
    """

    def marked(found):
        text = unescape(TAG.sub("", found["text"]))
        lines = [line for line in text.split("\n") if COLUMNS.search(line)]
        return found[0].replace("<pre>", '<pre class="columns">', 1) if len(lines) > 1 else found[0]

    return PRINTED.sub(marked, body)


def add_to_page(app, pagename, templatename, context, doctree):
    """Have a page with code cells load the script that runs them."""
    if doctree is None or '<div class="cell ' not in (context.get("body") or ""):
        return
    context["body"] = mark_columns(context["body"])
    if not app.config.nncourse_python:
        return
    text = Path(app.env.doc2path(pagename)).read_text(encoding="utf-8")
    brought = [name for name, words in BRINGS.items() if any(word in text for word in words)]
    root = "../" * pagename.count("/")
    python = app.config.nncourse_python
    told = {
        "page": pagename,
        "root": root,
        "version": version_of_course(),
        "python": python if "//" in python else root + python,
        "runtime": compiled_library.mark_of(python, Path(app.outdir)),
        "compiled": f"{root}_static/run/" if compiled_library.fits(python, Path(app.outdir)) else None,
        "course": f"{root}_static/run/nncourse.zip?v={version_of_course()}",
        "brings": ["numpy", *(name for name in brought if name == "matplotlib")],  # nearly every first cell needs them
        "later": sorted(web.LATER),
        "megabytes": sum(WEIGHTS[name] for name in ("", *brought)),
    }
    data = json.dumps(told).replace("<", "\\u003c")
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{BAR}", 1)  # page.js fills it; nothing moves then
    context["body"] += (
        f'<script type="application/json" id="nncourse-run">{data}</script>\n'
        f'<script type="module" src="{root}_static/run/page.js?v={version_of_course()}"></script>\n'
    )


def finish_site(app, exception):
    """Make the scripts and pack the package."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, "_static", "run")
        for old in folder.glob("part-*.js"):
            old.unlink()
        web.bundle([SCRIPTS / "page.js"], folder)
        web.bundle([SCRIPTS / "service-worker.js"], Path(app.outdir))
        pack_course(folder / "nncourse.zip")
        compiled_library.write(folder)


def setup(app):
    """Connect."""
    app.add_config_value("nncourse_python", "", "html")
    app.add_config_value("nncourse_version", version_of_course(), "env")  # every page has it: all are made anew
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", finish_site)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
