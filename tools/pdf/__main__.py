"""Print the whole book as one PDF (`make pdf`).

    python -m tools.pdf [--site FOLDER] [--to FILE]

Reads the built website and writes _build/nncourse.pdf. It needs a Chromium, version 131 or newer, and no network.
It is printed twice: the first print says on which page everything stands, the second has these numbers in its
contents. A link that leads nowhere, a picture that is missing, a formula that was not typeset, or something that is
cut off at the right edge is an error, and then the old PDF stays.
"""

import argparse
import os
import sys
from pathlib import Path

import yaml

from tools.pdf import book, browser, check, join

ROOT = Path(__file__).resolve().parents[2]
PRINTS = 4  # at most; page numbers may move the text once more


def print_book(html, folders):
    """Print a document until the page numbers in it are right; return the PDF and its faults.

    Parameters
    ----------
    html : str
        The whole book.
    folders : dict
        As for `browser.opened`.
    """
    with browser.opened(html, folders) as (page, refused):
        page.evaluate("ready()")
        page.evaluate("fit()")
        faults = page.evaluate("faults()") + [f"not found: {address}" for address in refused]
        said, pdf = None, browser.print_pdf(page)
        for _ in range(PRINTS - 1):
            pages = check.destinations(check.read(pdf))
            if pages == said:
                return pdf, faults
            page.evaluate("pages => fill(pages)", pages)
            said, pdf = pages, browser.print_pdf(page)
        if check.destinations(check.read(pdf)) != said:
            faults.append(f"the page numbers still move after {PRINTS} prints")
    return pdf, faults


def make(site, toc, facts, folders):
    """Return the finished PDF, one line for each problem, and the numbers of formulas and of pictures.

    Parameters
    ----------
    site : Path
        The built website.
    toc : dict
        The content of _toc.yml.
    facts : dict
        As `book.about` returns them.
    folders : dict
        Where files besides the site's are, as for `browser.opened`.
    """
    parts = join.parts_of_toc(toc)
    pages = join.read_pages(site, parts)
    joined = join.join(pages)
    html, headings = book.document(joined, parts, facts, next(iter(pages.values())))
    pdf, faults = print_book(html, {**folders, "/": site})
    pdf = check.finish(pdf, facts, joined.pictures, headings)
    broken = [f"broken link: {link}" for link in joined.broken]
    faults = [*broken, *faults, *check.problems(check.read(pdf), joined.pictures, joined.formulas)]
    return pdf, faults, joined.formulas, len(joined.pictures)


def fonts():
    """Return the folder of the book's fonts, which come with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def main(arguments=None):
    """Print the book; return 1 if something is wrong with it, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.pdf", description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="the built website")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "nncourse.pdf", help="the PDF to be written")
    asked = parser.parse_args(arguments)
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    try:
        pdf, faults, formulas, pictures = make(asked.site, toc, book.about(ROOT), {"/_fonts/": fonts()})
    except FileNotFoundError as error:
        print(f"{error.filename} does not exist: build the website first, with make site")
        return 1
    except browser.NoChromium as error:
        print(error)
        return 1
    print(*faults, sep="\n", end="\n" if faults else "")
    reader = check.read(pdf)
    inside = sum(target.startswith("#") for _, target in check.links(reader))
    print(
        f"{len(reader.pages)} pages, {len(pdf) / 1e6:.1f} MB, {formulas} formulas, {pictures} figures, "
        f"{inside} links inside, {len(faults)} problems"
    )
    if faults:
        return 1
    part = asked.to.with_suffix(".part")
    part.write_bytes(pdf)
    os.replace(part, asked.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
