"""The command `nncourse collect FOLDER`, as `nncourse.command` runs it."""

import argparse
import hashlib
import json
import os
import secrets
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import nncourse
from nncourse.collecting import cage, house, lanes, notebook, page, results
from nncourse.collecting.answers import NAMES
from nncourse.collecting.runs import Limits

CHAPTERS = list(dict.fromkeys(id.rpartition("-")[0] for id in NAMES))


def add_to(commands):
    """Add ``collect`` to the commands.

    Parameters
    ----------
    commands : argparse subparsers
        As `ArgumentParser.add_subparsers` returns them.
    """
    one = commands.add_parser(
        "collect", help="check a folder of notebooks, and make a table", description="Check a folder of notebooks."
    )
    one.set_defaults(run=run, afterwards="The same command goes on from here.")
    add, given = one.add_argument, Limits()
    add("folder", type=Path, help="with the notebooks, in subfolders or not")
    add("--out", type=Path, help="where the tables go; FOLDER-collected when left out")
    add("--seconds", type=positive, default=given.seconds, help="of each notebook (%(default)g)")
    add("--memory", type=int, default=given.memory, metavar="MB", help="of each notebook (%(default)s)")
    add("--files", type=int, default=given.files, metavar="MB", help="that it may write (%(default)s)")
    add("--output-limit", type=positive, default=given.output, metavar="MB", help="that it may print (%(default)g)")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="how many run at a time (%(default)s)")
    add("--chapter", action="append", choices=CHAPTERS, metavar="NAME", help="that is expected (can be repeated)")
    add("--seed", type=int, help="of the random cases; drawn once when left out")
    add("--again", action="store_true", help="judge all notebooks again, those that were judged before too")
    add("--no-fork", action="store_true", help=argparse.SUPPRESS)  # what other systems do, for the tests
    add("--no-namespaces", action="store_true", help=argparse.SUPPRESS)


def positive(word):
    """Return a number above 0, as an option of the command line.

    Examples
    --------
    >>> positive("2.5")
    2.5
    """
    value = float(word)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {word}")
    return value


def need_psutil():
    """Raise ValueError where psutil is missing."""
    try:
        import psutil  # noqa: F401
    except ImportError:
        raise ValueError("psutil is missing: pip install 'nncourse[collect]'") from None


def run(options):
    """Collect, say what was written, and return 0."""
    rows, out = collect(options)
    done = sum(row["status"] == "done" for row in rows)
    print(
        f"{len(rows)} notebooks, {done} of them to their end. "
        f"Written: {out / results.PAGE}, {results.TABLE}, {results.ANSWERS}"
    )
    return 0


def collect(options):
    """Judge what is new in a folder, and write the tables.

    Parameters
    ----------
    options : argparse.Namespace
        As the parser reads them.

    Returns
    -------
    tuple
        The rows, a list of dict, and the folder with the tables.
    """
    folder, out = _folders(options)
    need_psutil()
    found, book = notebook.find(folder, [out]), results.Book(out / results.LINES)
    seed = (
        options.seed
        if options.seed is not None
        else next(iter(book.rows.values()), {}).get("seed", secrets.randbelow(2**31))
    )
    limits = Limits(options.seconds, options.memory, options.files, options.output_limit)
    settings = json.dumps([nncourse.__version__, options.chapter, seed, vars(limits)])
    keys = {
        f.name: hashlib.sha256(f"{notebook.digest(f.path, folder)} {settings}".encode()).hexdigest()[:16]
        for f in found
    }
    new = [f for f in found if options.again or not book.known(f.name, keys[f.name])]
    about = remarks(limits, options.no_fork or options.no_namespaces)
    for line in about[1:]:
        print(line)
    if len(new) < len(found):
        print(f"{len(found) - len(new)} of {len(found)} notebooks were judged before.")
    with progress(len(new)) as step:

        def done(one, outcome):
            row = {"file": one.name, "student": one.student, "key": keys[one.name], "seed": seed}
            book.add(row | outcome)
            step()

        _judge(new, folder, out, options, limits, seed, done)
    rows = [book.rows[f.name] for f in found if f.name in book.rows]
    book.close()
    results.write_tables(rows, out)
    (out / results.PAGE).write_text(page.make(rows, about), encoding="utf-8")
    return rows, out


def _folders(options):
    folder = options.folder.resolve()
    if not folder.is_dir():
        raise ValueError(f"expected a folder with notebooks, got {options.folder}")
    out = (options.out or folder.with_name(folder.name + "-collected")).resolve()
    if folder.is_relative_to(out):
        raise ValueError(f"--out: expected a folder that does not hold the notebooks, got {out}")
    if options.jobs < 1 or options.memory < 1 or options.files < 1:
        raise ValueError("--jobs, --memory and --files: expected whole numbers above 0")
    out.mkdir(parents=True, exist_ok=True)
    return folder, out


def _judge(new, folder, out, options, limits, seed, done):
    """Judge notebooks, those with loops that may not end first."""
    if not new:
        return
    fork, caged = how(options)
    source = (house.Nursery if fork else house.Programs)(house.environment(os.path.expanduser("~")))
    hidden = hideable([folder, out])
    job = {"folder": str(folder), "chapters": options.chapter or [], "seed": seed, "caged": caged, "hidden": hidden}
    try:
        lanes.Lanes(source, limits, options.jobs, job, done).work(sorted(new, key=lambda f: not _loops(f, folder)))
    finally:
        source.close()


def how(options):
    """Return (fork, caged): how the processes are started here, and whether they get namespaces."""
    fork = cage.LINUX and not options.no_fork
    return fork, fork and not options.no_namespaces and cage.test() is None


def hideable(folders):
    """Return those folders, as texts, that can be hidden from a notebook: Python and the package lie elsewhere."""
    needed = [Path(sys.prefix), Path(sys.base_prefix), Path(nncourse.__file__).parent, Path(tempfile.gettempdir())]
    return [str(f) for f in folders if not any(path.resolve().is_relative_to(f) for path in needed)]


def _loops(found, folder):
    """Return whether a notebook looks as if it could run long: such ones are begun first."""
    try:
        raw = notebook.contents(found.path, folder)
    except notebook.Unreadable:
        return False
    return b"while True" in raw or b"while 1" in raw or b"sleep(" in raw or b"itertools" in raw


def remarks(limits, without):
    """Return sentences about a run: its limits, and what the system does not limit.

    Parameters
    ----------
    limits : Limits
        What each notebook may use.
    without : bool
        Whether it was asked for without namespaces.
    """
    said = [
        f"Limits of each notebook: {limits.seconds:g} s, {limits.memory} MB of memory, {limits.files} MB of files, "
        f"{limits.output:g} MB of output."
    ]
    why = cage.test() if not without else "it was asked for without"
    if why:
        said.append(
            f"Without namespaces ({why}): the network is not cut off, a notebook can read and write what you can, "
            "and it could disturb the process that judges it. Collect what you do not trust on Linux."
        )
    if not cage.LINUX:
        said.append("On this system memory is watched, not limited beforehand.")
    return said


def progress(total):
    """Return a context whose value is called after each notebook: a bar, or lines where there is no terminal."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    if tqdm is not None and sys.stderr.isatty():
        tqdm.monitor_interval = 0
        bar = tqdm(total=total, unit="notebook", smoothing=0.1)
        return _closing(bar)
    return nullcontext(Lines(total))


class _closing:
    """A bar that is closed at the end."""

    def __init__(self, bar):
        self.bar = bar

    def __enter__(self):
        return self.bar.update

    def __exit__(self, *error):
        self.bar.close()


class Lines:
    """Prints a line after every tenth of the notebooks.

    Parameters
    ----------
    total : int
        How many there are.
    """

    def __init__(self, total):
        self.total, self.count, self.begun = total, 0, time.monotonic()

    def __call__(self):
        """Count one more."""
        self.count += 1
        if self.count == self.total or self.count * 10 // self.total > (self.count - 1) * 10 // self.total:
            print(f"{self.count} of {self.total} notebooks, {time.monotonic() - self.begun:.0f} s", flush=True)
