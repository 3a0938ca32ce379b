"""Collect a class of 200 synthetic notebooks, and its sound ones alone before and after, and compare.

python -m benchmarks.collecting [--size 200] [--endless 20] [--seconds 20] [--keep FOLDER]

No row may be lost, the class may take at most twice as long as its sound notebooks, and nothing may be left.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks import classes, harness


def collect(folder, seconds):
    """Run the command on a folder and return the seconds that it took."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "nncourse", "collect", str(folder), "--seconds", str(seconds), "--seed", "1"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def rows(folder):
    """Return the rows of a class's table."""
    with Path(f"{folder}-collected", "class.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def processes():
    """Return (id, time of start) of every process there is."""
    return {(p.pid, p.info["create_time"]) for p in psutil.process_iter(["create_time"])}


def left(before):
    """Return the command lines of what runs in a folder of ours or sleeps for us, and did not run before."""
    found = []
    for pid, created in processes() - before:
        try:
            process = psutil.Process(pid)
            if process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE:
                text = " ".join(process.cmdline())
                found += (
                    [text]
                    if "nncourse.collecting" in text or "sleep(5000)" in text or text in ("yes", "sh -c yes")
                    else []
                )
        except psutil.Error:
            continue
    return found


def main(arguments=None):
    """Print what was measured; return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collecting", description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--endless", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument(
        "--keep", type=Path, help="a folder that does not exist yet, for the classes and the tables"
    )
    options = parser.parse_args(arguments)
    print(", ".join(f"{name} {value}" for name, value in harness.machine().items()))
    if (load := harness.load() or 0) > harness.machine()["cores"] / 2:
        print(f"the machine is busy (load {load})")
    before = processes()
    with tempfile.TemporaryDirectory() as temporary:
        base = options.keep or Path(temporary)
        kinds = classes.make(base / "all", options.size, options.endless)
        sound = classes.make(base / "sound", options.size, options.endless, only_sound=True)
        classes.make(base / "sound-again", options.size, options.endless, only_sound=True)
        times = {name: collect(base / name, options.seconds) for name in ("sound", "all", "sound-again")}
        table = {row["file"]: row for row in rows(base / "all")}
        alone = rows(base / "sound")
    remaining, usual = left(before), (times["sound"] + times["sound-again"]) / 2
    wrong = [name for name in sound if table.get(name, {}).get("passed") != "6"]
    undeserved = [
        n for n, kind in kinds.items() if kind in classes.TAMPERED and table.get(n, {}).get("passed") != "0"
    ]
    print(
        f"{len(sound)} sound notebooks alone: {times['sound']:.1f} s before, {times['sound-again']:.1f} s after "
        f"({sum(r['passed'] == '6' for r in alone)} pass all)"
    )
    print(f"the class of {len(kinds)}: {times['all']:.1f} s, {times['all'] / usual:.2f} times as long")
    print(f"rows lost: {len(kinds) - len(table)}; sound ones that do not pass all: {len(wrong)} {wrong[:3]}")
    print(f"tampered ones that pass something: {len(undeserved)} {undeserved[:3]}; left running: {remaining}")
    kept = times["all"] <= 2 * usual and len(table) == len(kinds) and not (wrong or undeserved or remaining)
    print("all promises kept" if kept else "A PROMISE IS BROKEN")
    return int(not kept)


if __name__ == "__main__":
    raise SystemExit(main())
