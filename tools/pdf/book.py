"""Put the book together: cover, contents with page numbers, chapters, and at the end the hints and solutions."""

import json
import re
import tomllib
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from tools.pdf.article import HEADINGS, anchor
from tools.pdf.join import Part, keep_linked_ids, page_of

HERE = Path(__file__).parent
MATHJAX = re.compile(r"<script>(window\.MathJax = .*?)</script>", re.DOTALL)
DEEPEST = 2  # heading level that the contents list
ENDS = {"hints": "Hints", "solutions": "Solutions"}


def about(root):
    """Return what the cover says: title, subtitle, version, authors, sources and licences.

    Parameters
    ----------
    root : Path
        The checkout, with CITATION.cff, pyproject.toml and _config.yml.
    """
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    title, _, subtitle = config["title"].partition(": ")
    footer = BeautifulSoup(config.get("html", {}).get("extra_footer", ""), "html.parser")
    return {
        "title": title,
        "subtitle": subtitle,
        "version": project["version"],
        "authors": people(cited["authors"]),
        "sources": [(people(source["authors"]), source["title"]) for source in cited.get("references", [])],
        "licences": footer.get_text(" ", strip=True),
        "language": config.get("sphinx", {}).get("config", {}).get("language", "en"),
    }


def people(authors):
    """Return the names of a CITATION.cff's list of authors as one string."""
    names = [
        author.get("name") or f"{author.get('given-names', '')} {author.get('family-names', '')}".strip()
        for author in authors
    ]
    return ", ".join(names)


def cover(facts):
    """Return the cover's HTML.

    Parameters
    ----------
    facts : dict
        As `about` returns it.
    """
    notes = "".join(f"<li>{escape(who)}: <i>{escape(title)}</i></li>" for who, title in facts["sources"])
    return f"""<section class="cover">
<p class="cover-title">{escape(facts["title"])}</p>
<p class="cover-subtitle">{escape(facts["subtitle"])}</p>
<p class="cover-authors">{escape(facts["authors"])}</p>
<p class="cover-version">Version {escape(facts["version"])}</p>
<div class="cover-foot"><p>Made from these lecture notes:</p><ul>{notes}</ul>
<p>{escape(facts["licences"])}</p></div>
</section>"""


def collect(articles):
    """Move hints and solutions out of the articles; return them, as (page's name, exercise, box), by kind.

    Where they stood, after the exercise, one line says where they are now.

    Parameters
    ----------
    articles : dict
        From the name of each page to its article, changed in place.
    """
    moved = {kind: [] for kind in ENDS}
    for name, article in articles.items():
        for box in article.select(".admonition.dropdown"):
            title = box.find(class_="admonition-title", recursive=False).get_text()
            kind = "solutions" if "solution" in box["class"] else "hints" if title.startswith("Hint") else None
            exercise = box.find_previous(class_="exercise")
            if kind and exercise is not None:
                moved[kind].append((name, exercise, box.extract()))
    soup = BeautifulSoup("", "html.parser")
    exercises = {id(exercise): exercise for kind in moved.values() for _, exercise, _ in kind}
    for number, exercise in enumerate(exercises.values(), start=1):
        exercise["id"] = exercise.get("id", f"exercise-{number}")
        links = []
        for kind, word in (("hints", "Hints"), ("solutions", "Solution")):
            if any(entry[1] is exercise for entry in moved[kind]):
                target = f"{kind}:{exercise['id']}"
                links.append(f'<a href="#{target}">{word}: page {page_of(target)}</a>')
        line = soup.new_tag("p", attrs={"class": "answers"})
        line.append(BeautifulSoup(". ".join(links) + ".", "html.parser"))
        exercise.append(line)
    return moved


def ending(kind, entries, articles):
    """Return a closing chapter, the hints or the solutions, as an article.

    Parameters
    ----------
    kind : str
        A key of ENDS.
    entries : list of tuple
        As `collect` returns them.
    articles : dict
        From the name of each page to its article.
    """
    soup = BeautifulSoup(
        f'<article class="chapter ending" id="{kind}"><h1>{ENDS[kind]}</h1></article>', "html.parser"
    )
    article, page, last, box = soup.article, None, None, None
    for name, exercise, answer in entries:
        if name != page:
            head = soup.new_tag("h2", id=f"{kind}:{anchor(name)}")
            head.string = articles[name].h1.get_text()
            article.append(head)
            page = name
        if exercise is not last:
            box = soup.new_tag("div", id=f"{kind}:{exercise['id']}", attrs={"class": "answer"})
            title = exercise.find(class_="admonition-title").get_text().strip()
            where = f'<p class="answer-title"><a href="#{exercise["id"]}">{escape(title)}</a>, page '
            box.append(BeautifulSoup(f"{where}{page_of(exercise['id'])}</p>", "html.parser"))
            article.append(box)
            last = exercise
        title = answer.find(class_="admonition-title", recursive=False)
        if kind == "solutions":
            title.decompose()
        else:
            title["class"] = "hint-title"
        answer["class"] = kind
        box.append(answer)
    return article


def contents(parts, articles):
    """Return the HTML of the table of contents: parts, chapters, their sections, and a place for each page number.

    Parameters
    ----------
    parts : list of Part
        As the chapters are divided.
    articles : dict
        From the name of each page to its article; each heading to be listed gets an id if it has none.
    """
    lines = []
    for part in parts:
        if part.caption:
            lines.append(f'<p class="toc-part">{escape(part.caption)}</p>')
        for name in part.names:
            for number, head in enumerate(articles[name].find_all(HEADINGS[:DEEPEST])):
                target = head["id"] = head.get("id", anchor(name, f"heading-{number}"))
                text = f"<span>{escape(' '.join(head.get_text().split()))}</span>"
                lines.append(f'<p class="toc-{head.name}"><a href="#{target}">{text}{page_of(target)}</a></p>')
    return f'<nav class="contents"><h1>Contents</h1>{"".join(lines)}</nav>'


def running_heads(articles):
    """Return the style that prints each chapter's title at the head of its pages."""
    rules = []
    for number, article in enumerate(articles.values()):
        title = json.dumps(" ".join(article.h1.get_text().split()), ensure_ascii=False)
        rules.append(f"@page chapter-{number} {{ @top-left {{ content: {title} }} }}")
        article["style"] = f"page: chapter-{number}"
    return "\n".join(rules)


def document(book, parts, facts, page):
    """Return the HTML of the whole book, and the words of its headings.

    Parameters
    ----------
    book : Book
        The joined articles, changed in place.
    parts : list of Part
        As the chapters are divided.
    facts : dict
        For the cover.
    page : str
        The HTML of a page of the site, for its setting of MathJax.
    """
    articles = dict(book.articles)
    moved = {kind: entries for kind, entries in collect(articles).items() if entries}
    for kind, entries in moved.items():
        articles[kind] = ending(kind, entries, book.articles)
    if moved:
        parts = [*parts, Part("Hints and solutions", list(moved))]
    heads = running_heads(articles)
    body = "\n".join([cover(facts), contents(parts, articles), *map(str, articles.values())])
    soup = BeautifulSoup(body, "html.parser")
    keep_linked_ids(soup)
    headings = [" ".join(head.get_text().split()) for head in soup.find_all(HEADINGS)]
    setting = "\n".join(MATHJAX.findall(page)[:1])
    html = f"""<!DOCTYPE html>
<html lang="{facts["language"]}" data-theme="light">
<head>
<meta charset="utf-8">
<title>{escape(facts["title"])}: {escape(facts["subtitle"])}</title>
<link rel="stylesheet" href="/_static/pygments.css">
<style>
{(HERE / "print.css").read_text(encoding="utf-8")}
{heads}
</style>
<script>{setting}</script>
<script>{(HERE / "print.js").read_text(encoding="utf-8")}</script>
<script defer src="/_static/mathjax/tex-chtml.js"></script>
</head>
<body>
{soup}
</body>
</html>
"""
    return html, headings
