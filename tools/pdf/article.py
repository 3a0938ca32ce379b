"""Take a page's article as it is printed: only what is read on paper, with ids that are the article's own."""

import re

from bs4 import BeautifulSoup, NavigableString, Tag

BEFORE, AFTER = re.compile(r"[(\[“‘]+$"), re.compile(r"[.,;:!?)\]”’%]+")
HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
NOT_PRINTED = (
    ".headerlink, .viewcode-link, .toctree-wrapper, .copybtn, .pdf-link, p.report, p.as-notebook, .run-page, "
    "script, style, "
    ".question :is(input, button, [role=status], .question-field)"
)
ON_PAPER = {"fieldset": "div", "legend": "p", "label": "p"}  # what a quick question is made of
PLAIN = ".highlight :is(.n, .p, .w, .nn, a), code .pre"  # words of code that look like the text around, and links
LONG = 22  # lines from which a listing may be split over two pages


def anchor(name, fragment=""):
    """Return the id that an id of a page has in the book; without one, that of the page itself."""
    return name.replace("/", ".") + (f":{fragment}" if fragment else "")


def article_of(html, name):
    """Return the article of a built page, without what is for the screen only.

    Parameters
    ----------
    html : str
        The page.
    name : str
        The page's name, such as book/index.

    Raises
    ------
    ValueError
        If the page has not exactly one article.
    """
    found = BeautifulSoup(html, "html.parser").select("article.bd-article")
    if len(found) != 1:
        raise ValueError(f"{name}: expected one article on the page, got {len(found)}")
    article = found[0]
    for thing in article.select(NOT_PRINTED):
        thing.decompose()
    article["id"] = anchor(name)
    article["class"] = "chapter"
    for word in article.select(PLAIN):
        word.unwrap()
    for box in article.select("details"):
        box.name = "div"
        if summary := box.find("summary", recursive=False):
            summary.name = "p"
    for part in article.select(f".question :is({', '.join(ON_PAPER)})"):
        part.name = ON_PAPER[part.name]
    keep_together(article)
    for pre in article.select("pre"):
        if pre.get_text().count("\n") >= LONG:
            pre["class"] = "long"
        code = Tag(name="code")  # a tag that the PDF has a name for
        code.extend(list(pre.contents))
        pre.append(code)
    return article


def keep_together(article):
    """Tie, in place, the formulas in an article's text to the marks before and after them, lest a full stop wander.

    Parameters
    ----------
    article : bs4.Tag
        Changed in place.
    """
    for formula in article.select("span.math"):
        before, after = formula.previous_sibling, formula.next_sibling
        left = BEFORE.search(before) if isinstance(before, NavigableString) else None
        right = AFTER.match(after) if isinstance(after, NavigableString) else None
        if left or right:
            box = formula.wrap(Tag(name="span", attrs={"class": "keep"}))
            if left:
                before.replace_with(before[: left.start()])
                box.insert(0, left[0])
            if right:
                after.replace_with(after[right.end() :])
                box.append(right[0])


def own_ids(article, name):
    """Give the ids of an article its page's name; return what each of the page's old ids is called now.

    A section's id, and those of the empty anchors before its heading, move to the heading, which is where a link
    shall arrive also when a page ends between the two. An id that stands twice stays with the first.

    Parameters
    ----------
    article : bs4.Tag
        Changed in place.
    name : str
        The page's name.
    """
    new = {}
    for thing in article.find_all(id=True):
        old, new_id = thing["id"], anchor(name, thing["id"])
        del thing["id"]
        if old in new:
            continue
        heading = thing.find(HEADINGS, recursive=False) if thing.name == "section" else thing.find_next_sibling()
        heads = thing.name == "section" or not (thing.contents or thing.name != "span")
        if heads and heading is not None and heading.name in HEADINGS:
            heading["id"] = new[old] = heading.get("id", new_id)
        else:
            thing["id"] = new[old] = new_id
    return new
