"""Build a copy of the book with Jupyter Book 2, and count its warnings: what a move would still cost.

    python -m tools.portable             count, and compare with the count in tools/portable.json
    python -m tools.portable --list      say where each warning comes from, too
    python -m tools.portable --strict    exit with 1 if there are more than recorded
    python -m tools.portable --record    write the count into the record
    python -m tools.portable --plain     any of these, for what Jupyter Book's own upgrade changes, and no more

The book needs Jupyter Book 1. Version 2 lives in `.venv-portable`, which is made when it is missing; it needs
Node.js, and installs that if it finds none. The copy lies in a temporary folder; the book is only read.

The copy is changed only where no text suits both versions. The plain conversion is the configuration, the table
of contents and the glossary. The full one writes out what our extensions and autodoc make, ends exercises and
solutions with their cell, gives pictures their captions, equations their numbers and cells ids of their own, and
drops options that only Sphinx has. What can be said in one way that both versions read belongs in the chapters, so
it stays in the count.

The count is made without a theme, which would have to be fetched; so what a theme says of its options is not in it.
`--html FOLDER` also writes the website with its theme into a new folder.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path

import yaml

from tools import ledger
from tools.portable_text import chapter, clashes, markdown, page, plain_page

ROOT = Path(__file__).resolve().parents[1]
RELEASE = "jupyter-book==2.1.7"  # fixed, since each release counts differently; after a change, --record
ENVIRONMENT, RECORD = ROOT / ".venv-portable", ROOT / "tools" / "portable.json"
MESSAGE = re.compile(r"(?P<sign>⚠|⛔)\ufe0f?\s+(?:(?P<where>\S+\.(?:md|ipynb|yml|bib)\S*)\s+)?(?P<text>.+)")
BUILT = re.compile(r"Built (\d+) pages? for project")
NO_THEME = (
    "myst: v1\ntitle: none\nversion: 1.0.0\nbuild: {install: 'true', start: 'true'}\noptions: []\nparts: []\n"
)


class BuildFailed(Exception):
    """Jupyter Book 2 did not come to its end, or left pages out; the message shows its last lines."""


# --- the copy ---


def myst_config(config, toc, template):
    """Return the content of `myst.yml`.

    Parameters
    ----------
    config : dict
        Of `_config.yml`.
    toc : dict
        Of `_toc.yml`.
    template : str
        The theme, or a folder with one.
    """
    return {
        "version": 1,
        "project": {
            "title": config["title"],
            "authors": [{"name": config["author"]}],
            "copyright": config["copyright"],
            "exclude": config["exclude_patterns"],
            "bibliography": config["bibtex_bibfiles"],
            "toc": [{"file": page(toc["root"])}, *children(toc)],
        },
        "site": {
            "template": template,
            "options": {"logo": config["logo"], "favicon": config["html"]["favicon"], "folders": True},
        },
    }


def children(entry):
    """Return what stands below an entry of `_toc.yml`, in the form of version 2."""
    found = []
    for inner in (inner for key in ("parts", "chapters", "sections") for inner in entry.get(key, ())):
        below = children(inner)
        named = {"file": page(inner["file"])} if "file" in inner else {"title": inner["caption"]}
        found.append(named | ({"children": below} if below else {}))
    return found


def copy(folder, *, plain=False, template="./theme"):
    """Write the book into a folder, as Jupyter Book 2 reads it.

    Parameters
    ----------
    folder : Path
        Is made; must not exist, or be empty.
    plain : bool
        Change no more than Jupyter Book's own upgrade does.
    template : str
        The theme; the default is the empty one that is written into the folder.
    """
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.py")
    shutil.copytree(ROOT / "book", folder / "book", ignore=ignored, dirs_exist_ok=True)
    shutil.copy(ROOT / "CITATION.cff", folder)
    config, toc = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in ("_config.yml", "_toc.yml")
    )
    content = yaml.safe_dump(myst_config(config, toc, template), allow_unicode=True, sort_keys=False)
    (folder / "myst.yml").write_text(content, encoding="utf-8")
    (folder / "theme").mkdir()
    (folder / "theme" / "template.yml").write_text(NO_THEME, encoding="utf-8")
    renamed = clashes(ledger.places())
    for path in sorted((folder / "book").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            text = plain_page(text) if plain else markdown(text, name.rpartition("/")[0], renamed)
            path.write_text(text, encoding="utf-8")
        elif path.suffix == ".ipynb" and not plain:
            notebook = chapter(json.loads(path.read_text(encoding="utf-8")), name, renamed)
            path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


# --- the build ---


def jupyter_book():
    """Return the command of Jupyter Book 2, in an environment of its own that is made when it is missing."""
    stamp, scripts = ENVIRONMENT / ".installed", "Scripts" if os.name == "nt" else "bin"
    python = ENVIRONMENT / scripts / "python"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != RELEASE:
        print(f"Installing {RELEASE} in {ENVIRONMENT.name}: a minute, once.", flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", RELEASE], check=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n", encoding="utf-8")
        stamp.write_text(RELEASE, encoding="utf-8")
    return [str(python), "-m", "jupyter_book"]


def build(command, folder, how="--site"):
    """Build the copy in a folder and return all that Jupyter Book 2 says, or raise BuildFailed."""
    done = subprocess.run(
        [*command, "build", how],
        cwd=folder,
        env={**os.environ, "JB_ALLOW_NODEENV": "yes"},  # install Node.js if there is none
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    built, wanted = BUILT.search(output), (folder / "myst.yml").read_text(encoding="utf-8").count("file: ")
    if done.returncode or not built or int(built[1]) != wanted:
        last = "\n".join(output.splitlines()[-25:])
        raise BuildFailed(f"{last}\n\nexit code {done.returncode}, {built[1] if built else 0} of {wanted} pages")
    return output


# --- the count ---


def messages(output):
    """Return the warnings and errors in the output of a build: a list of (kind, where, text)."""
    found = []
    for line in output.splitlines():
        if match := MESSAGE.match(line):
            text = re.sub(r'"[^"]*"', "...", match["text"]).strip()
            sort = "error" if match["sign"] == "⛔" else "warning"
            found.append((f"{sort}: {text.partition(': ')[0]}", match["where"] or "", match["text"].strip()))
    return found


def table(counts, recorded):
    """Return the lines of a table of both counts by kind, the most frequent first, and their totals.

    Parameters
    ----------
    counts, recorded : dict
        Kind to how many.
    """
    kinds = sorted({*counts, *recorded}, key=lambda kind: (-counts.get(kind, 0), kind))
    rows = [(kind, recorded.get(kind, 0), counts.get(kind, 0)) for kind in kinds]
    rows.append(("total", sum(recorded.values()), sum(counts.values())))
    width = max(len(kind) for kind, *_ in rows)
    lines = [f"| {'kind':{width}} | recorded | now |", f"|{'-' * (width + 2)}|---------:|----:|"]
    return lines + [f"| {kind:{width}} | {before:8} | {now:3} |" for kind, before, now in rows]


def read_record():
    """Return the record: the release, and for the conversions `plain` and `full` the counts by kind."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def main(arguments=None):
    """Do what the command line says; return the exit code: 0, 1 for a rise with --strict, 2 for no count."""
    parser = argparse.ArgumentParser(prog="python -m tools.portable", description=__doc__.partition("\n")[0])
    parser.add_argument("--plain", action="store_true", help="change no more than Jupyter Book's own upgrade does")
    parser.add_argument("--list", action="store_true", help="print every warning and its place")
    parser.add_argument("--record", action="store_true", help="write the count into the record")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if there are more than recorded")
    parser.add_argument("--html", type=Path, metavar="FOLDER", help="write the website into a new folder, too")
    options = parser.parse_args(arguments)
    conversion = "plain" if options.plain else "full"
    try:
        command = jupyter_book()
        with tempfile.TemporaryDirectory() as folder:
            copy(Path(folder), plain=options.plain)
            found = messages(build(command, Path(folder)))
        if options.html:
            copy(options.html, plain=options.plain, template="book-theme")
            build(command, options.html, "--html")
    except (BuildFailed, ValueError, subprocess.CalledProcessError) as failure:
        print(failure, file=sys.stderr)
        return 2
    counts, record = Counter(kind for kind, *_ in found), read_record()
    recorded = record[conversion]
    if options.list:
        print(*(f"{where} {text}" for _, where, text in found), "", sep="\n")
    lines = table(counts, recorded)
    print(f"{RELEASE}, {conversion} conversion; recorded with {record['release']}", "", *lines, sep="\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            print("### The book with Jupyter Book 2", "", *lines, sep="\n", file=file)
    if options.record:
        record |= {"release": RELEASE, conversion: dict(sorted(counts.items()))}
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if options.strict and counts.total() > sum(recorded.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
