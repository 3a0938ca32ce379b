"""Wheels for the browser's Python, made of files that need no compiling."""

import base64
import hashlib
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools.release import write_zip


def pack_wheel(folder, name, version, files, needs=()):
    """Write a wheel; from the same files it is always the same bytes.

    Parameters
    ----------
    folder : Path
        Where it goes.
    name, version : str
        Of the distribution.
    files : dict of str to bytes
        Path to content.
    needs : iterable of str
        The requirements.

    Returns
    -------
    Path
        The wheel.
    """
    info = f"{name}-{version}.dist-info"
    about = "".join(
        [
            "Metadata-Version: 2.1\n",
            f"Name: {name}\nVersion: {version}\n",
            *(f"Requires-Dist: {n}\n" for n in needs),
        ]
    )
    kind = "Wheel-Version: 1.0\nGenerator: nncourse\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {**files, f"{info}/METADATA": about.encode(), f"{info}/WHEEL": kind.encode()}
    record = "".join(f"{path},sha256={digest(content)},{len(content)}\n" for path, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    write_zip(path, files)
    return path


def digest(content):
    """Return the sha256 of a file as the record of a wheel has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def installed_files(name):
    """Return the Python files and the licence of a small package of the environment: path to content."""
    wanted = [
        file for file in distribution(name).files if file.suffix == ".py" or file.name.lower().startswith("licen")
    ]
    return {file.as_posix(): file.read_binary() for file in sorted(wanted)}


def zipped_files(path):
    """Return the files of a zip file: path to content."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
