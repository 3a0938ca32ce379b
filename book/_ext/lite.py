"""Every chapter opens in JupyterLite on the same site: the link on its page, and JupyterLite itself."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from html import escape
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from pybtex.database import parse_file
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
import lite_notebooks
import repository
import wheels

from tools import ledger, portable_text

KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (KERNEL, "jupyterlab-myst")
PACKAGES = ("jupyterlite-core", "jupyterlite-pyodide-kernel", "jupyterlab-myst", "comm")
APPS = ("notebooks", "tree")
HEAD = """  <link rel="icon" href="favicon.ico">
    <style>.myst a[href]:not([title]) { color: var(--jp-content-link-color); text-decoration: underline; }</style>
  </head>"""
UNUSED = ("*.map", "*.eot", "fa-*.svg")  # for debuggers, and for browsers that are long gone
MOMENT = 315619200  # 1980-01-02: the time of every file, so that the same input is the same site


def edition(page, source):
    """Return a notebook's name in JupyterLite: a new one for a changed chapter, since the browser keeps copies."""
    return f"{PurePosixPath(page).name}-{hashlib.sha256(source).hexdigest()[:8]}.ipynb"


def notebooks(env):
    """Return the pages that are notebooks: name to content of the file."""
    files = {page: Path(env.doc2path(page)) for page in sorted(env.found_docs)}
    return {page: path.read_bytes() for page, path in files.items() if path.suffix == ".ipynb"}


def links(page, name, config):
    """Return the links of a notebook's page, as HTML.

    Parameters
    ----------
    page : str
        Such as book/feedforward/delta-rule.
    name : str
        Of its notebook in JupyterLite.
    config : sphinx.config.Config
        Has the addresses of Python and of the repository.
    """
    up = "../" * page.count("/")
    found = [f'<a href="{up}_sources/{page}.ipynb" download>Download the notebook</a>']
    if config.nncourse_python:
        found.insert(0, f'<a href="{up}lite/notebooks/index.html?path={name}">Open as a notebook</a>')
    address = config.nncourse_repository.strip().rstrip("/")
    if repository.repository_options(address)["launch_buttons"]["colab_url"]:  # the rocket above leads there
        command = f"%pip install git+{escape(address)}"
        found.append(f"<span>In Colab, first run <code>{command}</code></span>")
    return f'<p class="as-notebook">{" ".join(found)}</p>'


def add_links(app, pagename, templatename, context, doctree):
    """Put the links of a notebook's page below its title."""
    path = Path(app.env.doc2path(pagename)) if doctree is not None else Path()
    if path.suffix == ".ipynb" and "</h1>" in (context.get("body") or ""):
        row = links(pagename, edition(pagename, path.read_bytes()), app.config)
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{row}", 1)


def book_of(app, pages):
    """Return what the notebooks refer to, from Sphinx's environment."""
    env, places = app.env, app.env.domaindata["std"]
    numbers = {page: kinds.get("figure", {}) for page, kinds in env.toc_fignumbers.items()}
    entries = {}
    for file in app.config.bibtex_bibfiles:
        entries.update(parse_file(Path(app.srcdir, file), encoding="utf-8").entries)
    return lite_notebooks.Book(
        editions={page: edition(page, source) for page, source in pages.items()},
        titles={page: title.astext() for page, title in env.titles.items()},
        labels={name: (page, "") for name, (page, _) in places["anonlabels"].items()}
        | {name: (page, title) for name, (page, _, title) in places["labels"].items()},
        figures={
            page: {name: ".".join(map(str, number)) for name, number in found.items()}
            for page, found in numbers.items()
        },
        citations=lite_notebooks.citations(entries),
        renamed=portable_text.clashes(ledger.places()),
    )


def python_script(address):
    """Return where JupyterLite finds Pyodide's script: at an address, or in a folder of the site."""
    return f"{address if '//' in address else './../' + address}pyodide.js"


def configuration(python):
    """Return the configuration files of a build of JupyterLite: name to content.

    Parameters
    ----------
    python : str
        The address of Pyodide's folder, ending in a slash.
    """
    folder = Path(sys.prefix, "share", "jupyter", "labextensions")
    build = {
        "apps": list(APPS),
        "contents": ["contents"],
        "output_dir": "site",
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(folder / name) for name in EXTENSIONS],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "source_date_epoch": MOMENT,
    }
    settings = {
        "appName": "Notebooks of the course",
        "appUrl": "./tree",
        "faviconUrl": "./tree/favicon.ico",
        "disabledExtensions": ["@jupyter-notebook/notebook-extension:checkpoints"],  # times: ours are all 1980
        "litePluginSettings": {f"{KERNEL}:kernel": {"pyodideUrl": python_script(python)}},
    }
    return {
        "jupyter_lite_config.json": {"LiteBuildConfig": build, "PipliteAddon": {"piplite_urls": ["wheels"]}},
        "jupyter-lite.json": {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings},
        "overrides.json": {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}},  # as the system: dark
    }


def write_inputs(folder, written, course, python):
    """Fill a folder with what JupyterLite is built from.

    Parameters
    ----------
    folder : Path
        An empty one.
    written : dict
        Name of each notebook to its content.
    course : Path
        The zip file of the course's package for the browser.
    python : str
        The address of Pyodide's folder.
    """
    for name, content in configuration(python).items():
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    (folder / "contents").mkdir()
    for name, notebook in written.items():
        (folder / "contents" / name).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    own = wheels.zipped_files(course)
    wheels.pack_wheel(folder / "wheels", "nncourse", repository.version(), own, needs=["numpy>=2.0"])
    # The kernel needs comm, and would look for it elsewhere.
    wheels.pack_wheel(folder / "wheels", "comm", version("comm"), wheels.installed_files("comm"))


def run(folder):
    """Build JupyterLite in a folder, into its folder `site`."""
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlite_core", "build"],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode or not (folder / "site" / "api" / "contents" / "all.json").is_file():
        last = "\n".join(done.stdout.splitlines()[-25:])
        raise ExtensionError(f"JupyterLite could not be built:\n{last}")
    for pattern in UNUSED:
        for file in (folder / "site").rglob(pattern):
            file.unlink()
    for name in APPS:
        page = folder / "site" / name / "index.html"
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("<html>", '<html lang="en">').replace("</head>", HEAD), encoding="utf-8")


def fingerprint(folder):
    """Return what tells whether a build would give anything new: all that it is made from, and the versions."""
    found = hashlib.sha256("".join(f"{name}=={version(name)}\n" for name in PACKAGES).encode())
    ours = [Path(__file__).with_name(f"{name}.py") for name in ("lite", "lite_notebooks", "wheels")]
    for path in [*ours, *sorted(path for path in folder.rglob("*") if path.is_file())]:
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


def build(target, folder, written, course, python):
    """Build JupyterLite into the site, unless what is there was made from the same.

    Parameters
    ----------
    target : Path
        The folder of the site that it goes to.
    folder : Path
        Where the build works; its last fingerprint stays there.
    written, course, python
        As `write_inputs` has them.

    Returns
    -------
    bool
        Whether it was built anew.
    """
    mark, work = folder / "built-from", folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    write_inputs(work, written, course, python)
    now = fingerprint(work)
    if target.is_dir() and mark.is_file() and mark.read_text(encoding="utf-8") == now:
        shutil.rmtree(work)
        return False
    mark.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    run(work)
    shutil.move(work / "site", target)
    shutil.rmtree(work)
    mark.write_text(now, encoding="utf-8")
    return True


def finish_site(app, exception):
    """Build JupyterLite, where there is a Python for it."""
    if exception is None and app.builder.format == "html" and app.config.nncourse_python:
        pages = notebooks(app.env)
        book = book_of(app, pages)
        written = {
            book.editions[page]: lite_notebooks.chapter(json.loads(source), page, book)
            for page, source in pages.items()
        }
        site, course = Path(app.outdir), Path(app.outdir, "_static", "run", "nncourse.zip")
        build(site / "lite", site.parent / "lite", written, course, app.config.nncourse_python)


def setup(app):
    """Connect after run_cells, which has the setting `nncourse_python` and packs the course."""
    app.setup_extension("run_cells")
    app.connect("html-page-context", add_links, priority=600)
    app.connect("build-finished", finish_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
