"""Runs in the browser's Python when the site is built: see compile-library.mjs."""

import io
import sys
import zipfile
from contextlib import suppress
from importlib import import_module
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from marshal import dumps
from pathlib import Path
from zipimport import zipimporter

UNCHECKED = b"\1" + bytes(11)  # in a compiled file: run it as it is
CHECKED = b"\3\0\0\0"  # run it if its source is the one that was compiled, which a sum of it tells
SITE = next(path for path in sys.path if path.endswith("site-packages"))
HOME = "/home/pyodide"
sys.pycache_prefix = "/"


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


def compiled(sources):
    """Return a zip file of what is compiled of files of packages, where Python looks for it.

    Parameters
    ----------
    sources : dict of str to str
        The files: their paths, those of the course in the reader's folder, others in that of packages; their texts.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path, text in sorted(sources.items()):
            place = f"{HOME if path.startswith('nncourse/') else SITE}/{path}"
            source = text.encode()
            code = compile(source, place, "exec", dont_inherit=True)
            made = MAGIC_NUMBER + CHECKED + source_hash(source) + dumps(code)
            file.writestr(zipfile.ZipInfo(cache_from_source(place).lstrip("/")), made, zipfile.ZIP_DEFLATED)
    return content.getvalue()
