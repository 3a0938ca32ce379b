"""Links both ways between the chapters' code and the package reference, made by sphinx-codeautolink.

A name in a code cell leads to its entry in the reference; an entry lists the sections that use it.
"""

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_codeautolink.extension.block import CodeBlockAnalyser

BEGINS = "Expand for references to"  # how codeautolink names its boxes


def adapt(analyser):
    """Repair codeautolink's visitor of code: it took the titles of boxes for sections, and every page for a notebook.

    The examples of a docstring stand alone; only the cells of a notebook go on where the one before ended.
    """
    begin, visit_section, visit_title = analyser.__init__, analyser.visit_section, analyser.visit_title

    def start(self, document, *args, **kwargs):
        begin(self, document, *args, **kwargs)
        self.concat_global = document["source"].endswith(".ipynb")

    def enter_section(self, node):
        visit_section(self, node)
        titled = node.children and isinstance(node[0], nodes.title)
        self.title_stack.append(node[0].astext() if titled else "")

    def pass_title(self, node):
        visit_title(self, node)
        self.title_stack.pop()

    analyser.__init__, analyser.visit_section, analyser.visit_title = start, enter_section, pass_title


def list_uses(body, order):
    """Return a page's body where codeautolink's tables of references are closed boxes with a list of sections.

    Parameters
    ----------
    body : str
        The page's HTML.
    order : callable
        From the address of a link to what the links are sorted by.
    """
    soup = BeautifulSoup(body, "html.parser")
    for box in soup.select("p > details"):
        if not box.summary.get_text().startswith(BEGINS):
            continue
        links = sorted(box.select("table a"), key=lambda link: order(link["href"]))
        uses = soup.new_tag("ul")
        for link in links:
            chapter, *sections = (part for part in link.string.split(" / ") if part)
            link.string = f"{chapter}: {sections[-1]}" if sections else chapter
            uses.append(item := soup.new_tag("li"))
            item.append(link.extract())
        box.summary.string = f"Used in {len(links)} section{'s' * (len(links) > 1)}"
        box["class"] = "uses"
        box.summary.find_next_sibling().replace_with(uses)
        box.parent.unwrap()
    return str(soup)


def finish_page(app, pagename, templatename, context, doctree):
    """Rewrite the tables of a page that has some; the chapters come in the order of the book."""
    if BEGINS in (context.get("body") or ""):
        addresses = [app.builder.get_relative_uri(pagename, page) for page in app.builder.relations]
        places = {address: place for place, address in enumerate(addresses)}
        context["body"] = list_uses(context["body"], lambda address: places.get(address.partition("#")[0], -1))


def setup(app):
    """Connect to codeautolink, which is set up first."""
    app.setup_extension("sphinx_codeautolink")
    adapt(CodeBlockAnalyser)
    app.connect("html-page-context", finish_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
