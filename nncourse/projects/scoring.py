"""The command `nncourse score PROJECT NOTEBOOK...`: what each notebook's `train` reaches, and its points."""

import argparse
import csv
import json
import os
import tempfile
from pathlib import Path

from nncourse._files import put_in_place
from nncourse.collecting import command, house, notebook, results
from nncourse.collecting.runs import Limits
from nncourse.projects import language_model
from nncourse.projects.table import HEAD, OURS, Judges, Table

BUDGET = 3.0  # times what the chapter's model takes


def add_to(commands):
    """Add ``score`` to the commands.

    Parameters
    ----------
    commands : argparse subparsers
        As `ArgumentParser.add_subparsers` returns them.
    """
    about = "score the notebooks of a project, and make a table"
    projects = commands.add_parser("score", help=about, description=f"{about.capitalize()}.").add_subparsers(
        dest="project", required=True
    )
    for name, option, kind, metavar, what in (
        (
            "language-model",
            "--text",
            Path,
            "FILE",
            "articles to guess, one a line; public ones when left out",
        ),
        ("memory", "--seed", _seed, "N", "of the sequences; a public one when left out"),
    ):
        one = projects.add_parser(name, help=f"the project {name}", description=f"Score the project {name}.")
        one.set_defaults(run=run, secret=None)
        add = one.add_argument
        add("notebooks", nargs="+", type=Path, metavar="NOTEBOOK", help="a notebook, or a folder of them")
        add(option, dest="secret", type=kind, metavar=metavar, help=what)
        add("--budget", type=command.positive, default=BUDGET, metavar="TIMES",
            help="how many times the processor's seconds of the chapter's model (%(default)g)")  # fmt: skip
        add("--memory", type=int, default=1024, metavar="MB", help="of each notebook (%(default)s)")
        add("--out", type=Path, metavar="FILE", help="write the table as CSV, too")
        add("--no-fork", action="store_true", help=argparse.SUPPRESS)
        add("--no-namespaces", action="store_true", help=argparse.SUPPRESS)


def _seed(word):
    value = int(word)
    if value < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, got {word}")
    return value


def run(options):
    """Do what the command line asks for; return 0.

    Parameters
    ----------
    options : argparse.Namespace
        As the parser reads them.
    """
    command.need_psutil()
    found, folders = _notebooks(options.notebooks)
    if options.memory < 1:
        raise ValueError("--memory: expected a whole number above 0")
    fork, caged = command.how(options)
    hidden = [*folders, *_text(options, caged)]
    for remark in command.remarks(Limits(), options.no_fork or options.no_namespaces)[1:]:
        print(remark)
    with tempfile.TemporaryDirectory(prefix="nncourse-") as own:
        ours = _write_ours(Path(own), options.project)
        job = {"folders": [*map(str, folders), own], "project": options.project,
               "chapters": [], "caged": caged, "hidden": command.hideable(hidden)}  # fmt: skip
        secret = str(options.secret.resolve()) if isinstance(options.secret, Path) else options.secret
        rows = Table(options, job, Judges(house.environment(own), fork, secret)).fill(found, ours)
    if options.out:
        _write(options.out, rows)
    return 0


def _notebooks(paths):
    """Return (list of notebook.Found, list of the folders that they come from)."""
    found, folders = [], []
    for path in paths:
        if path.is_dir():
            found += notebook.find(path)
        elif path.is_file():
            found.append(notebook.Found(path, path.name, path.stem))
        else:
            raise ValueError(f"expected a notebook or a folder, got {path}")
        folders.append(Path(os.path.abspath(path if path.is_dir() else path.parent)))
    if not found:
        raise ValueError(f"expected notebooks (.ipynb), found none in {', '.join(map(str, paths))}")
    return found, folders


def _text(options, caged):
    """Return the folder of the secret text, if there is one; it must be such that it can be hidden."""
    if not isinstance(options.secret, Path):
        return []
    language_model.read(options.secret)
    folder = options.secret.resolve().parent
    if caged and not command.hideable([folder]):
        raise ValueError(
            f"--text: expected a file in a folder of its own, which can be hidden from the notebooks, got {folder}"
        )
    return [folder]


def _write_ours(folder, project):
    """Write notebooks with the chapter's model and with the reference; return them."""
    found = []
    for name, text in OURS.items():
        source = text.format(module=project.replace("-", "_"))
        path = folder / f"{name.split()[1]}.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}))
        found.append(notebook.Found(path, name, name))
    return found


def _write(path, rows):
    with put_in_place(path) as aside, aside.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([HEAD, *([results.safe(row[name]) for name in HEAD] for row in rows)])
