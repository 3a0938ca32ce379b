"""Join the articles of the built website into one document that can be printed.

Only the articles are taken. An id gets its page's name in front, so that ids stay apart and a link to another
page becomes a link inside the document. What a reader of paper cannot use, such as a link to the source pages,
becomes plain text. Hints and solutions move to the end of the book; a line with their pages stays in their place.
"""

import re
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup

from tools.check_site import pages_of_toc
from tools.pdf.article import anchor, article_of, own_ids

FORMULAS = ".math:not(.math-source)"  # what is named so in the API's "In the notes" is a link
WITH_PAGES = ".sd-card a, .concordance-entry > p:first-child > a"  # links that say their target's page


class Part(NamedTuple):
    """A part of the book: its caption, which may be "", and the names of its pages."""

    caption: str
    names: list


class Book(NamedTuple):
    """The joined articles, the links that lead nowhere, and the numbers of formulas and of pictures."""

    articles: dict
    broken: list
    formulas: int
    pictures: list


def parts_of_toc(toc):
    """Return the `Part` list of a _toc.yml, the root page first.

    Parameters
    ----------
    toc : dict
        The file's content.
    """
    parts = toc.get("parts") or [{"chapters": toc.get("chapters", [])}]
    return [Part("", [toc["root"]]), *(Part(part.get("caption", ""), pages_of_toc(part)) for part in parts)]


def resolve(address, name, ids):
    """Return where a link of a page leads in the book: "#..." inside it, an address elsewhere, or "" for nowhere.

    Parameters
    ----------
    address : str
        The link's href.
    name : str
        The name of the page that it stands on.
    ids : dict
        For each page of the book, its old ids and what they are called now.

    Raises
    ------
    KeyError
        If the page is in the book and has no such id.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    path = urljoin(f"/{name}.html", unquote(parts.path)) if parts.path else f"/{name}.html"
    page, fragment = path.removeprefix("/").removesuffix(".html"), unquote(parts.fragment)
    if not path.endswith(".html") or page not in ids:
        return ""
    return "#" + (ids[page][fragment] if fragment else anchor(page))


def link_up(article, name, ids):
    """Rewrite an article's links and the addresses of its pictures in place; return the links that are broken.

    Parameters
    ----------
    article : bs4.Tag
        Changed in place.
    name : str
        The page's name.
    ids : dict
        As for `resolve`.
    """
    broken = []
    for link in article.find_all("a", href=True):
        try:
            target = resolve(link["href"], name, ids)
        except KeyError:
            broken.append(f"{name}: {link['href']}")
            target = ""
        if target:
            link["href"] = target
        else:
            link.unwrap()
    for picture in article.find_all("img", src=True):
        picture["src"] = urljoin(f"/{name}.html", picture["src"])
    return broken


def page_of(target):
    """Return a tag that will hold the number of the page where an id stands."""
    return f'<span class="page-of" data-id="{escape(target)}">000</span>'


def say_pages(article):
    """Add the page to the links of an article that are there to be followed on paper."""
    for link in article.select(WITH_PAGES):
        if link["href"].startswith("#"):
            words = ", page "
            if "sd-stretched-link" in link.get("class", ()):  # a card, where the title stands already
                words = "Page "
                link.clear()
            link.append(BeautifulSoup(f"{words}{page_of(link['href'][1:])}", "html.parser"))


def join(pages):
    """Join pages into a `Book`.

    Parameters
    ----------
    pages : dict
        From the name of each page to its HTML, in the book's order.
    """
    articles = {name: article_of(html, name) for name, html in pages.items()}
    ids = {name: own_ids(article, name) for name, article in articles.items()}
    broken = [fault for name, article in articles.items() for fault in link_up(article, name, ids)]
    for article in articles.values():
        say_pages(article)
    return Book(
        articles,
        broken,
        sum(len(article.select(FORMULAS)) for article in articles.values()),
        [picture.get("alt", "") for article in articles.values() for picture in article.find_all("img")],
    )


def keep_linked_ids(soup):
    """Remove, in place, the ids that nothing leads to: the PDF names each id that is left.

    Parameters
    ----------
    soup : bs4.Tag
        The whole book.
    """
    wanted = {link["href"][1:] for link in soup.find_all("a", href=re.compile("^#"))}
    for thing in soup.find_all(id=True):
        if thing["id"] not in wanted:
            del thing["id"]


def read_pages(site, parts):
    """Return the HTML of the pages of a built site, by name.

    Parameters
    ----------
    site : Path
        The folder of the built website.
    parts : list of Part
        Whose pages.

    Raises
    ------
    FileNotFoundError
        If a page was not built.
    """
    names = [name for part in parts for name in part.names]
    return {name: (Path(site) / f"{name}.html").read_text(encoding="utf-8") for name in names}
