"""The first page: its opening, down to the first section, as one screen with the figure beside the text.

The page itself is plain Markdown: title, a sentence, a list of the ways to run it, a live figure, and for each part
of the course a line and a numbered list of its chapters. Here these get their wrappers, and front.css its page.
"""

import re
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup
from lite import edition

NOTEBOOK = "Open as a notebook"  # a link to a chapter with these words leads to the chapter in JupyterLite


def split_title(soup, title):
    """Set a heading's subtitle, what follows ": ", on a line of its own; what is read aloud stays as it was."""
    text = title.find(string=lambda text: ": " in text)
    name, _, subtitle = text.partition(": ")
    colon = soup.new_tag("span", attrs={"class": "front-colon"})
    below = soup.new_tag("span", attrs={"class": "front-subtitle"})
    colon.string, below.string = ": ", subtitle
    text.replace_with(name, colon, below)


def arrange(body):
    """Return the first page's body with its opening in a wrapper, and the wrapper's parts named.

    Parameters
    ----------
    body : str
        The page's HTML.

    Raises
    ------
    ValueError
        The opening lacks its title with a subtitle, its list, its figure, or its numbered lists.
    """
    soup = BeautifulSoup(body, "html.parser")
    page = soup.select_one("section:has(> h1)")
    opening = [part for part in page.find_all(recursive=False) if part.name != "section"] if page else []
    opening = [part for part in opening if not part.find_previous_sibling("section")]
    kinds = [part.name for part in opening]
    paths = [part for part in opening if part.name == "ol"]
    if kinds[:4] != ["h1", "p", "ul", "figure"] or not paths or ": " not in opening[0].get_text():
        raise ValueError(
            "body: expected a title with a subtitle, a paragraph, a list, a figure and numbered lists before the "
            f"first section, got {', '.join(kinds) or 'nothing'}"
        )
    split_title(soup, opening[0])
    opening[1]["class"], opening[2]["class"] = "front-lead", "front-ways"
    front = soup.new_tag("div", attrs={"class": "front"})
    path = soup.new_tag("nav", attrs={"class": "front-path", "aria-label": "Chapters"})
    opening[0].insert_before(front)
    for part in opening:
        inside = part in paths or (part.name == "p" and part.find_next_sibling() in paths)
        (path if inside else front).append(part.extract())
    front.append(path)
    return str(soup)


def open_notebooks(body, root, editions):
    """Return a page's body where links to chapters that say so lead to these in JupyterLite.

    Parameters
    ----------
    body : str
        The page's HTML.
    root : str
        The address of the site's root, seen from the page, such as ../
    editions : callable
        From a link's address to the notebook's name in JupyterLite.
    """
    soup = BeautifulSoup(body, "html.parser")
    for link in soup.find_all("a", href=True):
        if link.get_text() == NOTEBOOK:
            link["href"] = f"{root}lite/notebooks/index.html?path={editions(link['href'])}"
    return str(soup)


def lighter(context, root):
    """Have a page without formulas load no MathJax, a third of its weight, and its figures' scripts at once.

    Parameters
    ----------
    context : dict
        What the page's template gets; changed in place.
    root : str
        As for `open_notebooks`.
    """
    if 'class="math' not in context["body"]:
        context["script_files"] = [
            script for script in context["script_files"] if "mathjax/" not in str(script.filename)
        ]
    for name in re.findall(r'data-figure="([\w-]+)"', context["body"]):
        address = escape(f"{root}_static/run/figures/{name}.js")
        context["metatags"] = f'{context.get("metatags", "")}<link rel="modulepreload" href="{address}" />\n'


def finish_page(app, pagename, templatename, context, doctree):
    """Arrange the first page, without the list of its sections, which takes the figure's room."""
    if pagename != app.config.root_doc or not context.get("body") or app.builder.format != "html":
        return
    context["body"] = arrange(context["body"])
    context["docstitle"] = ""  # the window's title would have the course's name twice
    context["meta"] = {**(context.get("meta") or {}), "html_theme.sidebar_secondary.remove": "true"}
    app.add_css_file("front.css", priority=903)
    root = "../" * pagename.count("/")
    lighter(context, root)
    if app.config.nncourse_python:
        pages = {app.builder.get_relative_uri(pagename, page): page for page in app.env.found_docs}

        def name(address):
            page = pages[address.partition("#")[0]]
            return edition(page, Path(app.env.doc2path(page)).read_bytes())

        context["body"] = open_notebooks(context["body"], root, name)


def setup(app):
    """Connect after what else writes into the page."""
    app.setup_extension("lite")
    app.connect("html-page-context", finish_page, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
