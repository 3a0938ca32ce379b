"""The pages that are ours among all HTML files of a built site."""

from pathlib import Path

APART = ("_static", "lite")  # other people's: of the theme's packages, and JupyterLite's


def own_pages(site):
    """Return the paths of a built site's own pages, sorted."""
    return sorted(path for path in Path(site).rglob("*.html") if path.relative_to(site).parts[0] not in APART)
