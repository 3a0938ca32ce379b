"""Check the built website: every page came out, every link leads somewhere, nothing is fetched from elsewhere."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[1]
MINIMUM_WORDS = 5
# What the browser fetches by itself; an <a> waits for the reader's click.
FETCHED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
CSS_FETCH = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")
APART = {"_static", "lite"}  # other people's pages: of the theme's packages, and JupyterLite
NOT_FETCHED = {"canonical", "next", "prev", "search", "index", "author", "license"}


class Page(HTMLParser):
    """The ids, links, fetched files, images and words of one HTML page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.fetched, self.images = set(), [], [], []
        self.title, self.h1, self.words = "", "", 0
        self._inside = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Note what a tag names."""
        values = dict(attributes)
        self.ids.update(values[key] for key in ("id", "name") if values.get(key) and tag != "meta")
        if tag in ("title", "h1", "script", "style", "svg"):
            self._inside.append(tag)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)
        self.fetched += CSS_FETCH.findall(values.get("style") or "")
        address = values.get(FETCHED.get(tag, ""))
        if address and not (tag == "link" and NOT_FETCHED & set(values.get("rel", "").split())):
            self.fetched.append(address)

    def handle_endtag(self, tag):
        """Leave a title, a heading or a script."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data):
        """Count the words; keep the title and the first heading."""
        inside = self._inside[-1] if self._inside else ""
        if inside == "title":
            self.title += data
        elif inside == "style":
            self.fetched += CSS_FETCH.findall(data)
        elif inside in ("", "h1"):
            self.h1 += data if inside else ""
            self.words += len(data.split())


def pages_of_toc(toc):
    """Return the names of all pages of a table of contents, in its order."""
    names = [toc[key] for key in ("root", "file") if key in toc]
    for key in ("parts", "chapters", "sections"):
        for entry in toc.get(key, ()):
            names += pages_of_toc(entry)
    return names


def is_foreign(address):
    """Tell whether an address leads to another host; data: and mailto: do not."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ftp")


def broken(site, pages, source, address):
    """Return why an internal address of a page leads nowhere, or None."""
    parts = urlsplit(address)
    if parts.scheme in ("data", "mailto", "javascript"):
        return None
    path, anchor = unquote(parts.path), unquote(parts.fragment)
    base = site if path.startswith("/") else source.parent
    target = (base / path.lstrip("/")).resolve() if path else source
    if target.is_dir():
        target /= "index.html"
    if not target.is_file() or not target.is_relative_to(site):
        return f"{address} does not exist"
    notebook = parse_qs(parts.query).get("path") if target.parents[1] == site / "lite" else None
    if notebook and not (site / "lite" / "files" / notebook[0]).is_file():
        return f"{address} opens no notebook"
    if anchor and target in pages and anchor not in pages[target].ids:
        return f"{address} has no such anchor"
    return None


def bad_alt(image):
    """Return what is wrong with an image's alternative text, or None."""
    alt = (image.get("alt") or "").strip()
    name = Path(urlsplit(image.get("src", "")).path).name
    if "logo__image" in image.get("class", ""):  # decoration: the site's name stands beside it
        return None
    if not alt:
        return f"image {name} has no alt text"
    looks_like_path = alt.endswith(name) or ("/" in alt and " " not in alt)
    return f"image {name} has a file path as alt text" if looks_like_path else None


def check_page(site, pages, path):
    """Return the problems of one page."""
    page = pages[path]
    problems = [
        reason
        for address in page.links
        if not is_foreign(address)
        if (reason := broken(site, pages, path, address))
    ]
    for address in page.fetched:
        reason = f"{address} is on another host" if is_foreign(address) else broken(site, pages, path, address)
        problems += [reason] if reason else []
    return problems + [reason for image in page.images if (reason := bad_alt(image))]


def check_content(page):
    """Return what a page of the table of contents lacks."""
    found = {"title": page.title.strip(), "h1": page.h1.strip(), "text": page.words >= MINIMUM_WORDS}
    return [f"has no {name}" for name, value in found.items() if not value]


def check_site(site, names):
    """Return the pages, the number of links, and one line for each problem of a built site."""
    site = Path(site).resolve()
    pages = {
        path: Page(path) for path in sorted(site.rglob("*.html")) if path.relative_to(site).parts[0] not in APART
    }
    problems = []
    for name in names:
        path = site / f"{name}.html"
        lacks = check_content(pages[path]) if path in pages else ["was not built"]
        problems += [f"{name}.html {lack}" for lack in lacks]
    for path in pages:
        name = path.relative_to(site).as_posix()
        problems += [f"{name}: {problem}" for problem in check_page(site, pages, path)]
    for sheet in sorted(path for path in site.rglob("*.css") if path.relative_to(site).parts[0] != "lite"):
        addresses = CSS_FETCH.findall(sheet.read_text(encoding="utf-8"))
        problems += [f"{sheet.relative_to(site).as_posix()}: {address} is on another host" for address in addresses]
    return len(names), sum(len(page.links) + len(page.fetched) for page in pages.values()), problems


def main():
    """Check _build/html against _toc.yml and print a summary."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    count, links, problems = check_site(ROOT / "_build" / "html", pages_of_toc(toc))
    print(*problems, f"{count} pages, {links} links, {len(problems)} problems", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
