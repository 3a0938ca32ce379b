"""What a link to a page looks like where it is shared: a title, a description, and one picture for the course.

Those who show a link ask for the picture's whole address. It is known only where `html_baseurl` says where the site
stands; without it a page names no picture, since a relative address would be asked of nobody.
"""

import re
import sys
from html import escape
from pathlib import Path
from urllib.parse import urljoin

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from docutils import nodes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]
from live import learn_xor

from nncourse import plots

CARD, SIZE = "_static/card.png", (1200, 630)
ALT = "A map of what a network answers that has learned XOR: 1 between two lines, 0 beyond them."
CAPTION = "Two hidden units have learned XOR.\nEvery number here was computed."
GROUND, INK, SOFT, ACCENT = "#0b3644", "#ffffff", "#b9d3dc", "#ffb454"
QUESTION = "The question. "  # how the box at the top of a chapter begins
SHORTEST, LONGEST = 40, 200  # of a description


# --- the picture ---


def draw_card(path, title):
    """Write the picture: title and subtitle at the left, the map at the right.

    Parameters
    ----------
    path : Path
        Where to; its folder is made.
    title : str
        The course's, with the subtitle after ": ".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name, _, subtitle = title.partition(": ")
    lines = wrapped(name, 16)
    with plt.rc_context():
        plots.use_style()
        figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), facecolor=GROUND, layout="none")
        ax = figure.add_axes([0.553, 0.132, 0.386, 0.736])
        learn_xor.draw_answers(ax, learn_xor.course()[0][-1], 18)
        ax.axis("off")
        look = {"weight": "bold", "color": INK, "va": "top", "linespacing": 1.25}
        head = figure.text(0.06, 0.868, "\n".join(lines), size=36, **look)
        below = head.get_window_extent(FigureCanvasAgg(figure).get_renderer()).y0 / SIZE[1]
        figure.text(0.06, below - 0.05, subtitle, size=26, color=ACCENT, va="top")
        figure.text(0.06, 0.132, CAPTION, size=17, color=SOFT, va="bottom", linespacing=1.4)
        figure.savefig(path, dpi=100, facecolor=GROUND, metadata={"Software": None})


def wrapped(text, width):
    """Return a text in lines of at most so many characters, longer words alone."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


# --- what stands in a page's head ---


def shortened(text):
    """Return a text as a line of at most `LONGEST` characters: whole sentences, or words and an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    ends = [match.end() for match in re.finditer(r"[.?!](?= )", text[:LONGEST])]
    if ends and ends[-1] >= SHORTEST:
        return text[: ends[-1]]
    return text[: text.rindex(" ", 0, LONGEST)].rstrip(",;:") + "…"


def description(doctree):
    """Return what a page is about: a chapter's question, or the first paragraph that is long enough; else "".

    Parameters
    ----------
    doctree : docutils document
        The page's. Paragraphs with formulas that only TeX can read are passed over.
    """
    texts = []
    for paragraph in doctree.findall(nodes.paragraph):
        text = paragraph.astext()
        if text.startswith(QUESTION):
            return shortened(text.removeprefix(QUESTION))
        if isinstance(paragraph.parent, nodes.section) and "\\" not in text and len(text) >= SHORTEST:
            texts.append(text)
    return shortened(texts[0]) if texts else ""


def tags(title, course, about, page, base):
    """Return the tags of a page's head, as HTML.

    Parameters
    ----------
    title, course : str
        The page's title and the course's.
    about : str
        The page's description.
    page : str
        Its address within the site.
    base : str
        The site's address, or "" where it is not known.
    """
    values = {"og:type": "website", "og:site_name": course, "og:title": title, "og:description": about}
    if base:
        base = base.rstrip("/") + "/"
        values |= {"og:url": urljoin(base, page), "og:image": urljoin(base, CARD), "og:image:alt": ALT}
        values |= dict(zip(("og:image:width", "og:image:height"), map(str, SIZE), strict=True))
    lines = [f'<meta property="{name}" content="{escape(value)}" />' for name, value in values.items() if value]
    lines.append(f'<meta name="twitter:card" content="{"summary_large_image" if base else "summary"}" />')
    if about:
        lines.append(f'<meta name="description" content="{escape(about)}" />')
    return "\n".join(lines) + "\n"


def head_of(app, page, doctree):
    """Return the tags of a page that has a source."""
    course, root = app.config.html_title, app.config.root_doc
    title = course if page == root else doctree.next_node(nodes.title).astext()
    about = description(doctree) or description(app.env.get_doctree(root))
    return tags(title, course, about, app.builder.get_target_uri(page), app.config.html_baseurl)


def add_tags(app, pagename, templatename, context, doctree):
    """Put the tags into the head of a page that has a source."""
    if doctree is not None and app.builder.format == "html":
        context["metatags"] = f"{context.get('metatags', '')}\n{head_of(app, pagename, doctree)}"


def finish_site(app, exception):
    """Give the page at the root, which leads to the first one, the tags; draw the picture, if one is named."""
    if exception is not None or app.builder.format != "html":
        return
    root, first = Path(app.outdir, "index.html"), app.config.root_doc
    if first != "index" and root.is_file():
        head = head_of(app, first, app.env.get_doctree(first))
        page = root.read_text(encoding="utf-8")
        root.write_text(page.replace("</head>", f"{head}</head>", 1), encoding="utf-8")
    if app.config.html_baseurl:
        draw_card(Path(app.outdir, CARD), app.config.html_title)


def setup(app):
    """Connect."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", finish_site, priority=600)  # after nncourse_site has written the root's page
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
