"""Figures that a reader can turn: ``{live} NAME`` writes the picture for paper, and the numbers for the drawing.

The numbers and the picture are computed by live/NAME.py, the drawing by web/src/figures/NAME.js, on the screen.
"""

import json
import os
import shutil
import sys
from html import escape
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
from nncourse import plots
from tools import web

SCRIPTS = Path(__file__).with_name("web") / "src" / "figures"
SHARED = "figure.js"
FOLDER = "_static/run/figures"
MARK = "<script data-figure="


def module(name):
    """Return the module of a figure, live.delta_rule for delta-rule."""
    return import_module(f"live.{name.replace('-', '_')}")


def script(name):
    """Return the numbers of a figure as the element that stands in the page; nothing in it ends the element."""
    text = json.dumps(module(name).data(), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'{MARK}"{escape(name)}" type="application/json">{text}</script>'


def draw(name, path):
    """Write the picture of a figure for paper and for readers without scripts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context():
        plots.use_style()
        figure = module(name).picture()
        figure.savefig(path, dpi=160, metadata={"Software": None})
        plt.close(figure)


class Live(SphinxDirective):
    """``{live} NAME``: a figure with the caption as its content; ``:alt:`` says what the picture shows."""

    required_arguments = 1
    has_content = True
    option_spec = MappingProxyType({"alt": directives.unchanged_required})

    def run(self):
        """Return the figure."""
        (name,) = self.arguments
        if not self.options.get("alt") or not self.content:
            raise self.error(f"live {name}: expected :alt:, and a caption as the content")
        path = Path(self.env.app.doctreedir, "live", f"{name}.png")
        draw(name, path)
        for file in (
            Path(module(name).__file__),
            Path(sys.modules["live"].__file__),
            *(ROOT / "nncourse").rglob("*.py"),
        ):
            self.env.note_dependency(str(file))
        page = Path(self.env.doc2path(self.env.docname)).parent
        address = Path(os.path.relpath(path, page)).as_posix()
        image = nodes.image("", uri=address, alt=self.options["alt"])
        caption = nodes.caption(
            "",
            "",
            *self.parse_inline("\n".join(self.content), lineno=self.lineno)[0],
        )
        figure = nodes.figure(
            "",
            image,
            caption,
            nodes.raw("", script(name), format="html"),
            classes=["live"],
        )
        self.set_source_info(figure)
        figure["names"].append(f"live-{name}")
        self.state.document.note_explicit_target(figure, figure)
        return [figure]


def add_to_page(app, pagename, templatename, context, doctree):
    """Have a page with such a figure load the script that draws it."""
    if MARK in (context.get("body") or ""):
        address = escape("../" * pagename.count("/") + FOLDER)
        context["body"] += f'<script type="module" src="{address}/load.js"></script>\n'


def bundle(folder):
    """Make the scripts for the browser: one a figure, the one that loads them, and a part that they share."""
    web.bundle(
        [file for file in sorted(SCRIPTS.glob("*.js")) if file.name != SHARED],
        folder,
    )


def add_style(app):
    """Register the style sheet; nncourse_site names its folder."""
    if app.builder.format == "html":
        app.add_css_file("live.css", priority=902)


def finish_site(app, exception):
    """Make the scripts."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir, FOLDER)
        shutil.rmtree(folder, ignore_errors=True)  # an older part has another name and would stay
        bundle(folder)


def setup(app):
    """Connect."""
    app.add_directive("live", Live)
    app.connect("builder-inited", add_style)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", finish_site)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
