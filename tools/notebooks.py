"""Run the chapters in place, and keep their files clean.

    python -m tools.notebooks FILE...               run each notebook, store its outputs, normalise the file
    python -m tools.notebooks --normalise FILE...   only normalise: enough when no code was changed
    python -m tools.notebooks --check FILE...       only say which files are not normalised (for pre-commit)

A notebook runs in a fresh kernel, in its own folder. If a cell raises, the cell and its error are printed and the
old file stays. A file is written to the side first, so a crash leaves no half of it.

Normalised means: the same notebook is always the same bytes. No metadata but the kernel's name and the cells'
`tags` and `mystnb`; cell ids by position; execution counts 1, 2, ...; one stream output where several follow each
other; pictures without the name of the program that drew them; no empty cells.

A notebook is comfortable to write as text. Turn it into MyST Markdown, edit it, turn it back (`--update` keeps the
outputs), run it, and remove the text, since only the notebook is committed:

    jupytext --to md:myst book/feedforward/delta-rule.ipynb
    jupytext --to ipynb --update book/feedforward/delta-rule.md
    python -m tools.notebooks book/feedforward/delta-rule.ipynb
    rm book/feedforward/delta-rule.md
"""

import argparse
import base64
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT = ("mystnb", "tags")  # of a cell's metadata
PNG_START = b"\x89PNG\r\n\x1a\n"
TIMEOUT = 600  # seconds that one cell may take


def normalise(notebook):
    """Return a normalised copy of a notebook, as the module's docstring describes it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Of format 4, run or not.
    """
    written = [cell for cell in notebook.cells if cell.source.strip()]
    cells, count = [], 0
    for position, cell in enumerate(written, start=1):
        clean = NotebookNode(
            id=f"cell-{position}",
            cell_type=cell.cell_type,
            metadata={key: cell.metadata[key] for key in KEPT if cell.metadata.get(key)},
            source=cell.source.strip("\n").rstrip(),
        )
        if cell.cell_type == "code":
            count += 1
            clean.execution_count = count
            clean.outputs = [_clean_output(output, count) for output in _merged(cell.outputs)]
        elif cell.get("attachments"):
            clean.attachments = cell.attachments
        cells.append(clean)
    return nbformat.from_dict({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})


def _merged(outputs):
    """Give the outputs, one stream output in place of several of one name that follow each other."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.output_type == "stream" == last.get("output_type") and output.name == last.name:
            last.text += output.text
        else:
            merged.append(NotebookNode(output))
    return merged


def _clean_output(output, count):
    if output.output_type in ("display_data", "execute_result"):
        output.metadata = {}
        output.data = NotebookNode(output.data)
        if "image/png" in output.data:
            output.data["image/png"] = _clean_png(output.data["image/png"])
    if output.output_type == "execute_result":
        output.execution_count = count
    return output


def _clean_png(text):
    """Return a picture without its text chunks, which name the version of the program that drew it."""
    data = base64.b64decode(text)
    if not data.startswith(PNG_START):
        return text
    kept, at = [PNG_START], len(PNG_START)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")  # length, type, content, checksum
        if data[at + 4 : at + 8] not in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
            kept.append(data[at:end])
        at = end
    return base64.b64encode(b"".join(kept)).decode("ascii")


def as_text(notebook):
    """Return what stands in the file of a notebook."""
    return nbformat.writes(notebook, version=4) + "\n"


def read(path):
    """Return the notebook that a file holds."""
    return nbformat.read(path, as_version=4)


def is_normalised(path):
    """Return whether a notebook's file is exactly what `normalise` would write."""
    return Path(path).read_text(encoding="utf-8") == as_text(normalise(read(path)))


def write(path, notebook):
    """Write a normalised notebook to the side, then put it in the place of the old one, unless they are equal."""
    path, text = Path(path), as_text(normalise(notebook))
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(aside, path.stat().st_mode if path.exists() else 0o644)
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


class CellFailed(Exception):
    """A cell raised, took too long, or ended the kernel; the message shows the cell and what happened."""


def run(path):
    """Return a notebook with the outputs of a fresh run in its own folder.

    Parameters
    ----------
    path : str or path
        The notebook's file, which is only read.

    Raises
    ------
    CellFailed
        A cell did not come to its end.
    """
    path, at = Path(path), [0]
    notebook = normalise(read(path))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=40"],  # errors only
        resources={"metadata": {"path": str(path.resolve().parent)}},
        on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),
    )
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment.pop("MPLBACKEND", None)  # the kernel then draws into the notebook
    try:
        client.execute(env=environment)
    except (CellExecutionError, CellControlSignal, DeadKernelError, TimeoutError) as error:
        tracebacks = [o for o in notebook.cells[at[0]].get("outputs", []) if o.output_type == "error"]
        happened = f"{tracebacks[0].ename}: {tracebacks[0].evalue}" if tracebacks else f"{error}"
        happened = re.sub(r"\x1b\[[0-9;]*m", "", happened).strip()
        raise CellFailed(f"{path}, cell {at[0] + 1}:\n\n{notebook.cells[at[0]].source}\n\n{happened}") from error
    return notebook


def main(arguments=None):
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="only say which files are not normalised")
    how.add_argument("--normalise", action="store_true", help="do not run, only normalise")
    options = parser.parse_args(arguments)
    if missing := [str(path) for path in options.files if not path.is_file()]:
        parser.error(f"no such file: {', '.join(missing)}")
    bad, width = 0, max((len(path.stem) for path in options.files), default=0)
    for path in options.files:
        if options.check:
            if not is_normalised(path):
                bad += 1
                print(f"{path}: not normalised; run: python -m tools.notebooks {path.as_posix()}")
            continue
        start = time.perf_counter()
        try:
            notebook = read(path) if options.normalise else run(path)
        except CellFailed as failure:
            bad += 1
            print(f"\n{failure}\n\n{path} was left as it is.\n", file=sys.stderr)
            continue
        write(path, notebook)
        print(f"{path.stem:{width}}  {len(notebook.cells)} cells  {time.perf_counter() - start:.1f} s", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
