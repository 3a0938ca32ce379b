"""Renew constraints.txt: install everything into a fresh environment, without constraints, and note the versions.

python -m tools.constraints
"""

import subprocess
import tempfile
import venv
from pathlib import Path

HEADER = "# The whole tool chain, fixed. Renew with: make constraints\n"
CUDA = ("cuda-", "nvidia-", "triton")  # what PyTorch brings on Linux for graphics cards: not needed, not fixed
ELSEWHERE = ("colorama==0.4.6",)  # needed on other systems than the one that writes the file


def versions(freeze):
    """Return the lines of `pip freeze` that name a release, without CUDA and suffixes such as +cpu, sorted."""
    lines = [line.partition("+")[0] for line in freeze.splitlines() if "==" in line and not line.startswith(CUDA)]
    return sorted({*lines, *ELSEWHERE}, key=str.lower)


def main():
    """Write constraints.txt to the side, then rename it."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = next(
            path for path in (Path(folder, "bin/python"), Path(folder, "Scripts/python.exe")) if path.exists()
        )
        what = f"{root}[book,test,peers,fast,nbgrader]"
        subprocess.run([python, "-m", "pip", "install", "--quiet", what], check=True)
        freeze = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
    pinned = [line for line in versions(freeze) if not line.startswith("nncourse")]
    aside = root / "constraints.txt.part"
    aside.write_text(HEADER + "\n".join(pinned) + "\n", encoding="utf-8")
    aside.replace(root / "constraints.txt")


if __name__ == "__main__":
    main()
