"""Read the printed PDF: where things stand in it, whether all is there; and give it its last touches."""

import io
import logging
import os
from collections import Counter
from datetime import UTC, datetime

from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from tools.pdf import tags
from tools.pdf.browser import HOST

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of counts in the browser's PDFs
FONTS = ("STIX", "DejaVu", "MJX", "MathJax")  # all others came from the system, for want of a sign


def numbers_of_pages(reader):
    """Return the number, counted from 1, of each page by its id in the file."""
    return {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, start=1)}


def destinations(reader):
    """Return the page, counted from 1, on which each linked id stands."""
    numbers = numbers_of_pages(reader)
    return {
        name.removeprefix("/"): numbers[place.raw_get("/Page").idnum]
        for name, place in reader.named_destinations.items()
    }


def links(reader):
    """Give (page, target) of all links: a target starts with # inside the PDF, and else is an address."""
    for number, page in enumerate(reader.pages, start=1):
        for note in page.get("/Annots", ()):
            note = note.get_object()
            if note.get("/Subtype") == "/Link":
                inside = note.get("/Dest")
                address = note.get("/A", {}).get("/URI", "")
                yield number, address if inside is None else "#" + str(inside).removeprefix("/")


def fonts_of(reader):
    """Return the names of the PDF's fonts, without the prefix of a subset."""
    names = set()
    for page in reader.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            font = font.get_object()
            name = font.get("/BaseFont") or font.get("/FontDescriptor", {}).get(
                "/FontName", "/a font without a name"
            )
            names.add(str(name).removeprefix("/").rpartition("+")[2])
    return names


def problems(reader, pictures, formulas):
    """Return one line for each thing that is wrong with the printed book.

    Parameters
    ----------
    reader : pypdf.PdfReader
        The PDF.
    pictures : list of str
        The texts of the pictures that the website's pages show.
    formulas : int
        How many formulas there are on them.
    """
    found, places = [], destinations(reader)
    for page, target in links(reader):
        if target.startswith(HOST) or (target.startswith("#") and target[1:] not in places):
            found.append(f"page {page}: the link to {target} leads nowhere")
    nodes = list(tags.described(reader.root_object["/StructTreeRoot"]))
    texts = [str(node["/Alt"]) for node in nodes]
    for text, missing in (Counter(pictures) - Counter(texts)).items():
        found.append(f"{missing} picture(s) are missing: {text[:70]}")
    if (count := sum(node["/S"] == "/Formula" for node in nodes)) < formulas:
        found.append(f"expected {formulas} formulas, got {count}")
    for number, page in enumerate(reader.pages, start=1):
        if not page.get("/Resources", {}).get("/Font"):
            found.append(f"page {number} is empty")
    found += [f"{font} is no font of the book" for font in sorted(fonts_of(reader)) if not font.startswith(FONTS)]
    return found


def bookmarks(reader):
    """Give the entries of the PDF's outline, in the order of the book."""
    waiting = [reader.root_object["/Outlines"]]
    while waiting:
        entry = waiting.pop().get_object()
        if "/Title" in entry:
            yield entry
        waiting.extend(entry[key] for key in ("/Next", "/First") if key in entry)


def name_bookmarks(reader, titles):
    """Give the outline's entries, in place, the headings' words: the browser writes them twice and without spaces.

    Parameters
    ----------
    reader : pypdf.PdfWriter
        The PDF.
    titles : list of str
        The words of all headings.

    Raises
    ------
    ValueError
        If the outline has not one entry for each heading.
    """
    entries = list(bookmarks(reader))
    if len(entries) != len(titles):
        raise ValueError(f"outline: expected {len(titles)} entries, one for each heading, got {len(entries)}")
    for entry, title in zip(entries, titles, strict=True):
        entry[NameObject("/Title")] = TextStringObject(title)


def finish(pdf, facts, pictures, titles):
    """Return the PDF with formulas tagged, with title, authors and language, and without the time of printing.

    The creation date is that of SOURCE_DATE_EPOCH, and absent without it.

    Parameters
    ----------
    pdf : bytes
        As the browser printed it.
    facts : dict
        Of the book, as for its cover.
    pictures : list of str
        The texts of the pictures.
    titles : list of str
        The words of all headings.
    """
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.pdf_header = "%PDF-1.7"
    name_bookmarks(writer, titles)
    structure = writer.root_object["/StructTreeRoot"]
    tags.mark_formulas(structure, pictures)
    tags.flatten(structure)
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    writer.metadata = {
        "/Title": f"{facts['title']}: {facts['subtitle']}",
        "/Author": facts["authors"],
        "/Subject": f"Version {facts['version']}. {facts['licences']}",
    } | date()
    writer.root_object[NameObject("/Lang")] = TextStringObject(facts["language"])
    writer.root_object[NameObject("/PageMode")] = NameObject("/UseOutlines")
    writer.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def date():
    """Return the creation date that SOURCE_DATE_EPOCH asks for, or nothing."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not seconds.isdigit():
        return {}
    return {"/CreationDate": datetime.fromtimestamp(int(seconds), UTC).strftime("D:%Y%m%d%H%M%SZ")}


def read(pdf):
    """Return a reader of a PDF given as bytes."""
    return PdfReader(io.BytesIO(pdf))
