"""Lean pages: a page fetches what it needs, in few and small files, and nothing holds up its first words.

The built pages and files are changed last of all, before the policy is written: one style sheet instead of a dozen,
the icons that are used instead of two thousand, the search's index on the search page alone, scripts that wait for
the page, pictures with their sizes, so that nothing moves when they come, and with at most 256 colours.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

import numpy as np
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from own_pages import own_pages
from PIL import Image

SHEET = re.compile(r'[ \t]*<link\b[^>]*\bhref="(?P<root>[^":]*)_static/(?P<file>[^"?]+\.css)[^"]*"[^>]*>\n?')
IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')]+)["\']?\)?;')
ADDRESS = re.compile(r"url\((?![\"']?(?:data:|#))[\"']?([^\"')]+)[\"']?\)")
FACE = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
ICON = re.compile(r'(?P<names>\.fa-[\w-]+::?before(?:,\.fa-[\w-]+::?before)*)\{content:"\\?(?P<code>[^"]+)"\}')
ICON_FONT = Path("_static", "vendor", "fontawesome", "webfonts", "fa-solid-900.ttf")
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*\bsrc=[^>]*)></script>")
# The theme tells its scripts of things that this site does not have.
SETTING = re.compile(r"[ \t]*<script>DOCUMENTATION_OPTIONS\.[^<]*</script>\n?")
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
UNDECIDED = ' data-theme="auto">'  # neither light nor dark has colours of its own: without scripts a page names none
NEEDLESS = "fontawesome.js"  # nncourse_site has emptied it
PICTURE = re.compile(r'<img\b(?![^>]* (?:width|height)=)[^>]* src="(?P<file>[^"]*_images/[^"]+\.png)"[^>]*?(?=/?>)')
TOLERANCE = 16  # of 255 steps: by how much a colour may differ, unseen


def read_sheet(path, site):
    """Return a style sheet's text with what it imports, and addresses that hold from the folder _static."""
    text = path.read_text(encoding="utf-8")
    text = IMPORT.sub(lambda found: read_sheet(path.parent / found[1], site), text)
    static = (site / "_static").resolve()

    def moved(found):
        target = (path.parent / found[1]).resolve()
        return f"url({target.relative_to(static).as_posix()})" if target.is_relative_to(static) else found[0]

    return re.sub(r"/\*.*?\*/\s*", "", ADDRESS.sub(moved, text), flags=re.DOTALL)


def icon_font(file, codes):
    """Return the icons of these code points as an address that holds the font itself."""
    font = TTFont(file, recalcTimestamp=False)
    options = Options(flavor="woff", hinting=False, notdef_outline=False, name_IDs=[])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return f"data:font/woff;base64,{base64.b64encode(written.getvalue()).decode()}"


def few_icons(text, used, font):
    """Return a style sheet with the rules of the icons that are used, and a font that has no others.

    Parameters
    ----------
    text : str
        The style sheet, with the rules of Font Awesome.
    used : set of str
        The classes, such as fa-sun.
    font : Path
        Font Awesome's solid icons.
    """
    codes = set()

    def kept(found):
        if not used & set(re.findall(r"\.(fa-[\w-]+)", found["names"])):
            return ""
        codes.add(int(found["code"], 16) if len(found["code"]) > 1 else ord(found["code"]))
        return found[0]

    text = FACE.sub("", ICON.sub(kept, text))
    face = f"@font-face{{font-family:'Font Awesome 6 Free';font-weight:900;src:url({icon_font(font, codes)})}}"
    return f"{text}\n{face}\n" if codes else text


def joined(files, site):
    """Return the text of style sheets one after the other; its first line names them, for the next build."""
    return f"/* {' '.join(files)} */\n" + "".join(read_sheet(site / "_static" / file, site) for file in files)


def name_of(files):
    """Return the name of the style sheet that stands for these."""
    return f"site-{hashlib.sha256(repr(files).encode()).hexdigest()[:8]}.css"


def one_sheet(page, site, sheets):
    """Return a page that asks for one style sheet, and note it: `sheets` maps what was asked for to its text."""
    found = [match for match in SHEET.finditer(page) if not match["file"].startswith("site-")]
    if not found:
        return page
    files = tuple(match["file"] for match in found)
    if files not in sheets:
        sheets[files] = joined(files, site)
    version = hashlib.sha256(sheets[files].encode()).hexdigest()[:8]
    link = f'    <link rel="stylesheet" href="{found[0]["root"]}_static/{name_of(files)}?v={version}" />\n'
    for match in reversed(found):
        page = page[: match.start()] + (link if match is found[0] else "") + page[match.end() :]
    return page


def waiting_scripts(page):
    """Return a page whose scripts wait until it is read, and that has no script that it does not need."""
    searches = 'id="search-results"' in page

    def kept(found):
        name = re.search(r'src="([^"?]*)', found[0])[1].rpartition("/")[2]
        if name == NEEDLESS or (name in SEARCH and not searches):
            return ""
        waits = re.search(r"\b(defer|async|module)\b", found["attributes"])
        return found[0] if waits else f"<script defer{found['attributes']}></script>"

    return SCRIPT.sub(kept, SETTING.sub("", page))


def sized_pictures(page, folder):
    """Return a page whose pictures say how large they are."""

    def sized(found):
        with Image.open(folder / found["file"]) as picture:
            return f'{found[0].rstrip()} width="{picture.width}" height="{picture.height}"'

    return PICTURE.sub(sized, page)


def save_colours(path):
    """Write a picture with at most 256 colours, where nobody sees the difference."""
    with Image.open(path) as picture:
        if picture.mode == "P":
            return
        whole = picture.convert("RGBA")
    if whole.getextrema()[3][0] < 255:
        return
    few = whole.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    difference = np.abs(np.int16(few.convert("RGB")) - np.int16(whole.convert("RGB"))).max()
    if difference <= TOLERANCE:
        few.save(path, optimize=True)


def lean(site):
    """Change the pages and the pictures of a built site.

    Parameters
    ----------
    site : Path
        Its folder.
    """
    known = [
        path.read_text(encoding="utf-8") for path in (site / "_static").glob("site-*.css")
    ]  # an earlier build's
    names = [tuple(text.partition("*/")[0].split()[1:]) for text in known]
    sheets, used = {files: joined(files, site) for files in names}, set()
    for path in own_pages(site):
        page = path.read_text(encoding="utf-8")
        page = page.replace(UNDECIDED, ">", 1)
        new = sized_pictures(waiting_scripts(one_sheet(page, site, sheets)), path.parent)
        path.write_text(new, encoding="utf-8")
        used |= set(re.findall(r"\bfa-[a-z0-9-]+", new))
    for script in (site / "_static").glob("scripts/*.js"):
        used |= set(re.findall(r"\bfa-[a-z0-9-]+", script.read_text(encoding="utf-8")))
    for files, text in sheets.items():
        sheet = site / "_static" / name_of(files)
        sheet.write_text(few_icons(text, used, site / ICON_FONT), encoding="utf-8")
    for path in sorted((site / "_images").glob("*.png")):
        save_colours(path)


def finish_site(app, exception):
    """Change what was built."""
    if exception is None and app.builder.format == "html":
        lean(Path(app.outdir))


def setup(app):
    """Connect: after all that writes files, before the policy, which has a mark of every script."""
    app.connect("build-finished", finish_site, priority=990)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
