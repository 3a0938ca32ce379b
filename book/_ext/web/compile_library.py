"""Runs in the browser's Python when the site is built: see compile-library.mjs."""

import io
import sys
import zipfile
from contextlib import suppress
from importlib import import_module
from importlib.util import MAGIC_NUMBER
from marshal import dumps
from pathlib import Path
from zipimport import zipimporter

UNCHECKED = b"\1" + bytes(11)  # in a compiled file: run it as it is


def library(names):
    """Return Python's own library, a zip file, with what was compiled of the modules in use.

    Parameters
    ----------
    names : list of str
        More modules to use, as far as they are there.
    """
    for name in names:
        with suppress(Exception):
            import_module(name)
    here = next(path for path in sys.path if path.endswith(".zip"))
    content = io.BytesIO(Path(here).read_bytes())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        there = set(file.namelist())
        for name, module in sorted(sys.modules.items()):
            loader = getattr(module, "__loader__", None)
            if isinstance(loader, zipimporter) and loader.archive == here:
                path = loader.get_filename(name).removeprefix(f"{here}/") + "c"
                if path not in there:
                    code = MAGIC_NUMBER + UNCHECKED + dumps(loader.get_code(name))
                    file.writestr(zipfile.ZipInfo(path), code, zipfile.ZIP_DEFLATED)
                    there.add(path)
    return content.getvalue()
