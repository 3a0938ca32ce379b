"""A Content-Security-Policy in every page, for a host that sends no headers: what a page may load, and from where.

Scripts come from the site; those within a page are named by their hashes. Python comes from one address more. Styles
may be set by scripts, since MathJax and the editor do so. Handlers in attributes are taken out: nncourse.js has them.
JupyterLite's own pages need more, and have no policy.
"""

import base64
import hashlib
import re
from urllib.parse import urlsplit

from own_pages import own_pages

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
HANDLER = re.compile(r'\son[a-z]+="[^"]*"')
META = '<meta http-equiv="Content-Security-Policy"'


def hashes(page):
    """Return the hashes of the scripts that stand in a page, as the policy names them; data are no scripts."""
    found = []
    for match in SCRIPT.finditer(page):
        inside = "src=" not in match["attributes"] and "application/json" not in match["attributes"]
        if inside and match["text"]:
            digest = base64.b64encode(hashlib.sha256(match["text"].encode()).digest()).decode()
            found.append(f"'sha256-{digest}'")
    return sorted(set(found))


def policy(page, python):
    """Return a page's policy.

    Parameters
    ----------
    page : str
        Its HTML.
    python : str
        The address that Python comes from: of another host, or of a folder of the site.
    """
    parts = urlsplit(python)
    host = [f"{python.rstrip('/')}/"] if parts.netloc else []  # with the path: such a host serves everybody's files
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'", *host, *hashes(page)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", *host],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in rules.items())


def guarded(page, python):
    """Return a page with its policy at the top of its head, and without handlers in attributes."""
    page = re.sub(r"<(button|a)\b[^>]*>", lambda tag: HANDLER.sub("", tag[0]), page)
    meta = f'{META} content="{policy(page, python)}">'
    return re.sub(r"<head>", lambda head: f"{head[0]}\n{meta}", page, count=1)


def guard_site(app, exception):
    """Give every page its policy, last of all."""
    if exception is None and app.builder.format == "html":
        for path in own_pages(app.outdir):
            page = path.read_text(encoding="utf-8")
            if META not in page:
                path.write_text(guarded(page, app.config.nncourse_python), encoding="utf-8")


def setup(app):
    """Connect."""
    app.connect("build-finished", guard_site, priority=999)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
