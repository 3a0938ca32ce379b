"""Make what a release consists of, in dist/ (`make release`), with a checksum for each file.

    python -m tools.release

The package as a wheel and a source archive, the whole course as it stands in the commit, the website and the PDF as
`make pdf` built them, and SHA256SUMS. The same commit gives the same course, site and checksums of both; run
`sha256sum --check SHA256SUMS` where the files arrive.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST, SITE, PDF = ROOT / "dist", ROOT / "_build" / "html", ROOT / "_build" / "nncourse.pdf"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name


def obstacles(version, changelog, changed, built):
    """Return what stands in the way of a release, one line each.

    Parameters
    ----------
    version : str
        The version to release.
    changelog : str
        The text of CHANGELOG.md.
    changed : str
        What `git status --porcelain` prints: files that no commit has.
    built : mapping of str to bool
        Which parts have been built.
    """
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md: expected a dated entry, ## {version} (YYYY-MM-DD)"
    if changed.strip():
        yield f"expected every change committed, got\n{changed.rstrip()}"
    for name, there in built.items():
        if not there:
            yield f"{name} is missing: make pdf builds it"


def pack(folder, path, top):
    """Write a folder into a zip file: the same files give the same bytes, whenever and wherever they were made.

    Parameters
    ----------
    folder, path : Path
        What to pack, and where to; the file must not lie in the folder.
    top : str
        The folder that the files lie in when they are unpacked.
    """
    files = {f"{top}/{file.relative_to(folder).as_posix()}": file for file in folder.rglob("*") if file.is_file()}
    write_zip(path, {name: file.read_bytes() for name, file in files.items()})


def write_zip(path, files):
    """Write a zip file of names and contents, sorted and without times: the same files give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])


def checksums(folder):
    """Return the SHA-256 sums of a folder's files, in the form that `sha256sum --check` reads."""
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


def run(*command):
    """Run a command in the project and return what it prints; CalledProcessError where it fails."""
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def build_package(folder):
    """Build the wheel and the source archive of the package, and see that the wheel imports."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    program = f"import sys; sys.path.insert(0, {str(wheel)!r}); import nncourse; print(nncourse.__file__)"
    if wheel.name not in run(sys.executable, "-I", "-c", program):
        raise RuntimeError(f"{wheel.name} does not import")


def main():
    """Fill dist/ anew and print the checksums, or print what stands in the way and return 1."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    built = {"_build/html/index.html": (SITE / "index.html").is_file(), "_build/nncourse.pdf": PDF.is_file()}
    if lines := list(obstacles(version, changelog, run("git", "status", "--porcelain"), built)):
        print(*lines, sep="\n")
        return 1
    name = f"nncourse-{version}"
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    build_package(DIST)
    course = DIST / f"{name}-course.zip"
    run("git", "archive", "--format=zip", f"--prefix={name}-course/", f"--output={course}", "HEAD")
    pack(SITE, DIST / f"{name}-site.zip", f"{name}-site")
    shutil.copyfile(PDF, DIST / f"{name}.pdf")
    (DIST / "SHA256SUMS").write_text(checksums(DIST), encoding="utf-8")
    print((DIST / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
