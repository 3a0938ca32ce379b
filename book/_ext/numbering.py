"""Numbers for pages that are no chapters: their figures and exercises are A.1, P1.2 or 0.1, not 4 and 5.

Sphinx would count on from one such page to the next.
"""

import string
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MARKS = {"Projects": "P{number}", "Appendix": "{letter}"}  # of a part; of any other, 0


def marks(toc):
    """Return what stands before the numbers of pages without a chapter's number: page to mark.

    Parameters
    ----------
    toc : dict
        The content of _toc.yml.
    """
    found = {}
    for part in toc["parts"]:
        if not part.get("numbered"):
            form = MARKS.get(part.get("caption"), "0")
            for place, chapter in enumerate(part["chapters"]):
                found[chapter["file"]] = form.format(number=place + 1, letter=string.ascii_uppercase[place])
    return found


def renumber(app, env):
    """Number the figures and exercises of each of these pages from 1, with its mark."""
    for page, mark in marks(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))).items():
        for numbers in env.toc_fignumbers.get(page, {}).values():
            in_order = sorted(numbers, key=numbers.get)
            numbers.update({name: (mark, place) for place, name in enumerate(in_order, start=1)})


def setup(app):
    """Connect, when Sphinx has counted."""
    app.connect("env-check-consistency", renumber)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
