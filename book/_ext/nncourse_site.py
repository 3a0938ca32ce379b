"""What the website adds to Jupyter Book: equation numbers, MathJax from a package, dropdowns, the PDF."""

import json
import re
import shutil
from html import escape
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from docutils.statemachine import StringList
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from numpydoc.docscrape import NumpyDocString
from sphinx.domains.math import MathDomain
from sphinx.roles import XRefRole
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

STATIC = Path(__file__).with_name("static")
ROOT = Path(__file__).resolve().parents[2]
PDF = ROOT / "_build" / "nncourse.pdf"
RANDOM_LABEL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SOURCE_SECTION = re.compile(r"^Source\n-+\n(?P<ids>(?:.+\n?)+)", re.MULTILINE)
MATHJAX_FILES = (
    "ui/menu.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "input/tex/extensions/[!a]*.js",
    "input/tex/extensions/am*.js",
    # The reader may turn on speech and exploration in a formula's menu; nothing of it loads before.
    "a11y/*.js",
    "input/mml.js",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)
# What tex-chtml.js has, without the menu, which weighs as much as a third of it: nncourse.js brings it when asked.
MATHJAX_PARTS = (
    "startup",
    "core",
    "input/tex",
    "output/chtml",
    "output/chtml/fonts/tex",
    "a11y/assistive-mml",
)
# Light or dark is decided before anything is drawn: the theme's own script comes late, and knows neither until then.
SCHEME = """{
  const root = document.documentElement.dataset, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.mode ||= "auto";
  root.theme = root.mode === "auto" ? (dark ? "dark" : "light") : root.mode;
}"""


# Equations: the label is the number.


def equation_id(label):
    """Return the HTML id of an equation; it keeps the label's case, since S-dL is not S-dl."""
    return "equation-" + re.sub(r"\s+", "-", label)


class LabelledMathDomain(MathDomain):
    """Sphinx's equations, where the label, such as S-1, is the number that readers see."""

    def note_equation(self, docname, labelid, location=None):
        """Number an equation by its label; amsmath environments have none and get a running number."""
        super().note_equation(docname, labelid, location)
        if not RANDOM_LABEL.fullmatch(labelid):
            self.equations[labelid] = (docname, labelid)

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        """Make the link of an eq role, (S-1), or of a docstring's source, S-1, which may stand on no page."""
        if target not in self.equations:
            return contnode if typ == "source" else None
        docname, number = self.equations[target]
        text = nodes.Text(number if typ == "source" else f"({number})")
        return make_refnode(builder, fromdocname, docname, equation_id(target), text)


def add_math_target(renderer, node):
    """Note an equation as MyST does, with our id instead of docutils' lower-case one."""
    env = renderer.sphinx_env
    env.get_domain("math").note_equation(env.docname, node["label"], location=node)
    node["number"] = env.get_domain("math").get_equation_number_for(node["label"])
    node["docname"] = env.docname
    target = nodes.target("", "", ids=[equation_id(node["label"])])
    renderer.document.note_explicit_target(target)
    return target


def skip_fields(app, what, name, obj, skip, options):
    """Leave out what Python itself says of a named tuple's fields, "Alias for field number 0"; ours are Parameters."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def link_sources(app, what, name, obj, options, lines):
    """Turn a docstring's Source section, which numpydoc does not print, into a line with links to the equations."""
    text = "\n".join(lines)
    found = SOURCE_SECTION.search(text)
    if found:
        links = ", ".join(f":math:source:`{key.strip()}`" for key in found["ids"].split(","))
        rest = text[: found.start()] + text[found.end() :]
        summary, _, body = rest.partition("\n\n")
        lines[:] = f"{summary.rstrip()}\n\nIn the notes: {links}.\n\n{body}".splitlines()


# The book as one file, where it was built.


def pdf_is_there(app, config):
    """Note whether there is a PDF."""
    config.nncourse_pdf = PDF.is_file()


class PdfOnly(SphinxDirective):
    """``{pdf}``: text that shows only where the PDF of the book was built; in it, [..](pdf) is the link."""

    has_content = True

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        if not self.config.nncourse_pdf:
            return []
        address = "../" * self.env.docname.count("/") + PDF.name
        link = rf'<a class="reference external" href="{address}">\1</a>'
        content = StringList([re.sub(r"\[(.+?)\]\(pdf\)", link, line) for line in self.content])
        container = nodes.container(classes=["pdf-link"])
        self.state.nested_parse(content, 0, container)
        return [container]


# Pages: what every reader can use.


def accessible(body):
    """Return a page's body with dropdowns that need no script and with names and roles that hold."""
    soup = BeautifulSoup(body, "html.parser")
    for summary in soup.select("summary[aria-label]"):  # a hidden cell's own words are its name
        del summary["aria-label"]
    for entry in soup.select(".citation-list, .citation"):  # docutils' roles are deprecated or incomplete
        del entry["role"]
    for inner in soup.select("ul > ul"):  # as in Sphinx's list of modules
        if before := inner.find_previous_sibling("li"):
            before.append(inner.extract())
    for table in soup.select("table:has(> colgroup)"):  # on a phone each row is a block, and a cell names its column
        heads = [head.get_text(" ", strip=True) for head in table.select("thead th")]
        for row in table.select("tbody tr"):
            for cell, head in zip(row.find_all("td"), heads, strict=True):
                cell["data-head"] = head
    for name in soup.select("td code .pre"):  # a long one breaks after a dot
        first, *rest = name.get_text().split(".")
        name.clear()
        name.append(first)
        for part in rest:
            name.extend([".", soup.new_tag("wbr"), part])
    for box in soup.select(".admonition.dropdown"):
        title = box.find(class_="admonition-title", recursive=False)
        box.name, title.name = "details", "summary"
        for link in title.find_all("a"):  # a click on the title opens the box and leads nowhere else
            link.unwrap()
    return str(soup)


def finish_page(app, pagename, templatename, context, doctree):
    """Repair what the templates are about to show."""
    if context.get("body") and not pagename.startswith("_modules/nncourse"):  # those show code alone
        context["body"] = accessible(context["body"])


# Files.


def add_assets(app):
    """Register the course's style and script."""
    if app.builder.format == "html":
        app.config.html_static_path.append(str(STATIC))
        app.add_css_file("nncourse.css", priority=900)
        app.add_css_file("run.css", priority=901)
        app.add_js_file("keyboard.js", defer="defer")
        app.add_js_file("nncourse.js", defer="defer")
        app.add_js_file(None, body=SCHEME)


def copy_mathjax(outdir):
    """Copy what the pages need of MathJax out of its package."""
    source = Path(find_spec("mathjax").origin).parent / "static" / "mathjax" / "es5"
    for pattern in MATHJAX_FILES:
        for file in source.glob(pattern):
            target = Path(outdir) / "_static" / "mathjax" / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    there = ", ".join(json.dumps(name) for name in ("loader", *MATHJAX_PARTS))
    parts = [(source / f"{part}.js").read_text(encoding="utf-8") for part in MATHJAX_PARTS]
    script = "\n".join([*parts, f"MathJax.loader.preLoad({there});\n"])
    Path(outdir, "_static", "mathjax", "tex-chtml.js").write_text(script, encoding="utf-8")


def drop_icon_script(outdir):
    """Empty the theme's script for custom icons, half of a page's weight: our icons come from its font."""
    Path(outdir, "_static", "scripts", "fontawesome.js").write_text("", encoding="utf-8")


def drop_old_modules(app):
    """Delete the modules' pages of an earlier build: Sphinx leaves those that are gone, and those that look old."""
    shutil.rmtree(Path(app.outdir, "_modules", "nncourse"), ignore_errors=True)


def redirect_page(title, target, icon):
    """Return a page that leads to the book's first page, with a link for those whose browser stays."""
    title, target, icon = escape(title), escape(target), escape(icon)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={target}">
<link rel="canonical" href="{target}">
<link rel="icon" href="{icon}">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the course</a></p></main></body>
</html>
"""


def finish_site(app, exception):
    """Finish the built files: MathJax, the icons, the page at the root."""
    if exception is None and app.builder.format == "html":
        copy_mathjax(app.outdir)
        drop_icon_script(app.outdir)
        if app.config.nncourse_pdf:
            shutil.copyfile(PDF, Path(app.outdir, PDF.name))
        icon = f"_static/{Path(app.config.html_favicon).name}"
        start = redirect_page(app.config.html_title, f"{app.config.root_doc}.html", icon)
        Path(app.outdir, "index.html").write_text(start, encoding="utf-8")


def setup(app):
    """Connect everything to Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    NumpyDocString.sections["Source"] = ""
    SphinxRenderer.add_math_target = add_math_target
    app.add_domain(LabelledMathDomain, override=True)
    app.add_role_to_domain("math", "source", XRefRole(innernodeclass=nodes.inline))
    app.connect("autodoc-process-docstring", link_sources, priority=400)
    app.connect("autodoc-skip-member", skip_fields)
    app.add_config_value("nncourse_pdf", False, "")
    app.add_directive("pdf", PdfOnly)
    app.connect("config-inited", pdf_is_there)
    app.connect("builder-inited", add_assets)
    app.connect("builder-inited", drop_old_modules)
    app.connect("html-page-context", finish_page)
    app.connect("build-finished", finish_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
