"""Every link to the repository, made from one setting, its address, and the course's version."""

import tomllib
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
ERRORS = "book/reference/errata"


def version():
    """Return the course's version."""
    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]


def repository_options(url):
    """Return the theme's options for a repository's address; without one, every such link is off."""
    url = url.strip().rstrip("/")
    host = urlsplit(url).hostname or ""
    provider = next((name for name in ("gitlab", "bitbucket") if name in host), "github")
    on_github = host == "github.com"
    return {
        "repository_url": url,
        "repository_branch": "main",
        "repository_provider": provider if url else "",
        "use_repository_button": bool(url),
        "use_source_button": bool(url),
        "use_edit_page_button": bool(url),
        "use_issues_button": bool(url) and provider != "bitbucket",
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org" if on_github else "",
            "colab_url": "https://colab.research.google.com" if on_github else "",
        },
    }


def show_repository(app, config):
    """Hand the repository's address to the theme, and the version to the pages."""
    config.html_context.setdefault("default_mode", "auto")
    config.html_theme_options.update(repository_options(config.nncourse_repository))
    config.myst_substitutions = {**config.myst_substitutions, "version": version()}


def report_address(repository, page, version, errors):
    """Return where a reader reports an error in a page: the repository's form, filled in, or the page of errata."""
    if not repository:
        return errors
    title, body = f"Error in {page}", f"Page: {page}\nVersion: {version}\nWhat is wrong, and what holds: "
    if repository_options(repository)["repository_provider"] == "gitlab":
        return f"{repository}/-/issues/new?" + urlencode({"issue[title]": title, "issue[description]": body})
    return f"{repository}/issues/new?" + urlencode({"title": title, "body": body})


def add_report_link(app, pagename, templatename, context, doctree):
    """End a page that has a source with a link to report an error in it."""
    if context.get("body") and doctree is not None:
        errors = app.builder.get_relative_uri(pagename, ERRORS) + "#report-an-error"
        repository = app.config.nncourse_repository.strip().rstrip("/")
        address = escape(report_address(repository, pagename, version(), errors))
        context["body"] += f'<p class="report"><a href="{address}">Report an error in this page</a></p>\n'


def setup(app):
    """Add the setting, and connect what reads it."""
    app.add_config_value("nncourse_repository", "", "html")
    app.connect("config-inited", show_repository)
    app.connect("html-page-context", add_report_link)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
