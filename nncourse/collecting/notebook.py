"""Reading what students hand in: strictly, and with a clear word about what is wrong."""

import errno
import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST = 50_000_000  # bytes of a notebook
MOST_CELLS = 5000
RUNS_ON = ("time", "timeit", "capture", "prun")  # cell magics whose cell is Python


class Unreadable(Exception):
    """Says what is wrong with a notebook."""


@dataclass(frozen=True)
class Found:
    """A file that was handed in.

    Parameters
    ----------
    path : Path
        Where it stands.
    name : str
        Its path inside the folder, with forward slashes.
    student : str
        The subfolder that it stands in, or its own name.
    """

    path: Path
    name: str
    student: str


def find(folder, leave_out=()):
    """Return what a folder holds whose name ends in .ipynb, sorted, hidden folders left out.

    Parameters
    ----------
    folder : Path
        Where to look, in all folders below too.
    leave_out : iterable of Path
        Folders that are not looked into.

    Returns
    -------
    list of Found
    """
    found, closed = [], {Path(path).resolve() for path in leave_out}
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and Path(where, f).resolve() not in closed)
        for name in [*files, *folders]:
            if name.endswith(".ipynb") and not name.startswith("."):
                path = Path(where, name)
                parts = path.relative_to(folder).parts
                inside = "/".join(parts).encode("utf-8", "replace").decode("utf-8")
                student = (parts[0] if len(parts) > 1 else path.stem).encode("utf-8", "replace").decode("utf-8")
                found.append(Found(path, inside, student))
    return sorted(found, key=lambda one: one.name)


def contents(path, folder):
    """Return a file's bytes; Unreadable says why there are none.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        What it may not lead out of.
    """
    try:
        real = Path(path).resolve(strict=True)
        if not real.is_relative_to(Path(folder).resolve()):
            raise Unreadable("it is a link that leads out of the folder")
        about = real.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("it is no file but a folder" if stat.S_ISDIR(about.st_mode) else "it is no plain file")
        if about.st_size > LARGEST:
            raise Unreadable(f"it has {about.st_size / 1e6:.0f} MB; {LARGEST / 1e6:.0f} MB are the most")
        return real.read_bytes()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unreadable("it is a link to itself") from None
        raise Unreadable(f"it cannot be opened: {error.strerror}") from None
    except RuntimeError:
        raise Unreadable("it is a link to itself") from None


def digest(path, folder):
    """Return a digest of a file's bytes, or of what makes it unreadable, for any file.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        What it may not lead out of.
    """
    try:
        return hashlib.sha256(contents(path, folder)).hexdigest()
    except Unreadable as error:
        return f"unreadable: {error}"


def cells(raw):
    """Return a notebook's cells as (kind, source), from its bytes; Unreadable says what is wrong.

    Examples
    --------
    >>> cells(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = 1"]}]}')
    [('code', 'x = 1')]
    """
    if not raw.strip():
        raise Unreadable("it is empty")
    try:
        book = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("it is no text in UTF-8") from None
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"it is not valid JSON: {str(error)[:100]}") from None
    if not isinstance(book, dict) or "nbformat" not in book:
        raise Unreadable("it is JSON, but no notebook")
    if book["nbformat"] != 4:
        raise Unreadable(f"its format is {str(book['nbformat'])[:20]!r}; only 4 is read")
    found = book.get("cells")
    if not isinstance(found, list):
        raise Unreadable("it has no list of cells")
    if len(found) > MOST_CELLS:
        raise Unreadable(f"it has {len(found)} cells; {MOST_CELLS} are the most")
    return [_cell(i, cell) for i, cell in enumerate(found, start=1)]


def _cell(i, cell):
    """Return (kind, source) of cell number i."""
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        raise Unreadable(f"its cell {i} has no type")
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(f"the source of its cell {i} is no text")
    return cell["cell_type"], source.encode("utf-8", "replace").decode("utf-8")


def plain(source):
    """Return a cell without magics and shell lines, and whether something was left out.

    Examples
    --------
    >>> plain("%pip install x\\ny = 1")
    ('pass\\ny = 1', True)
    >>> plain("x = 7 % 3")
    ('x = 7 % 3', False)
    """
    magic = re.match(r"\s*%%(\w+)", source)
    if magic:
        rest = source.lstrip().partition("\n")[2]
        return ("pass\n" + plain(rest)[0], True) if magic[1] in RUNS_ON else ("", True)
    try:
        compile(source, "cell", "exec", dont_inherit=True, flags=0x0400)  # 0x0400: read it only
        return source, False
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = re.sub(r"^(\s*)(?:[\w, ]+=\s*)?(?:[%!].*|\?.*|[\w.]+\?+\s*)$", r"\1pass", source, flags=re.MULTILINE)
        return text, text != source
