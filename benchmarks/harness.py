"""Side-by-side timing: all contestants in one process, in turn, round after round, and ratios within a round.

A shared machine is never equally fast twice. So nobody is timed alone: a round times every contestant once, a
comparison divides times of the same round, and the table shows the median over the rounds with the smallest and the
largest one.
"""

import json
import math
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"
OURS = "nncourse"
AT_LEAST = 0.02  # seconds that one contestant works in one round: short work is repeated
BUDGET = 12  # seconds after which a case that has had three rounds gets no further one


@dataclass(frozen=True)
class Comparison:
    """Our time against a peer's: a number of every round, and what it is meant to be.

    Parameters
    ----------
    peer : str
        What the table calls the other side.
    contestants : tuple of str
        The other side's contestants. The one of the smallest median time counts.
    kind : str
        "speed-up" is theirs / ours, "cost" is ours / theirs, "extra" is ours - theirs in milliseconds.
    target : float, optional
        A speed-up is to be at least that; a cost or an extra at most that.
    """

    peer: str
    contestants: tuple
    kind: str = "speed-up"
    target: float | None = None

    def of(self, ours, theirs):
        """Return the compared number of one round, from two times in seconds."""
        if self.kind == "extra":
            return 1000 * (ours - theirs)
        return theirs / ours if self.kind == "speed-up" else ours / theirs

    def meets(self, value):
        """Return whether the value meets the target, None where there is no target."""
        if self.target is None:
            return None
        return value >= self.target if self.kind == "speed-up" else value <= self.target


@dataclass(frozen=True)
class Case:
    """One row of the table: contestants that do the same work.

    Parameters
    ----------
    labels : dict of str to str or int
        What is special about this case, by column.
    contestants : dict of str to callable
        ``prepare()``, which is not timed, returns the ``run()`` that is timed. Our own names start with `OURS`.
    comparisons : tuple of Comparison
        A comparison of which no contestant takes part is left out.
    """

    labels: dict
    contestants: dict[str, Callable]
    comparisons: tuple = field(default=())


def interleave(contestants, repeats, *, at_least=AT_LEAST, budget=BUDGET, clock=time.perf_counter):
    """Return the seconds that one run of every contestant took, one number a round: A B C A B C ...

    A contestant whose warm-up is shorter than `at_least` seconds runs several times a round; its mean counts.
    After `budget` seconds there are no further rounds, but there are at least three.
    """

    def seconds(prepare):
        run = prepare()
        start = clock()
        run()
        return clock() - start

    runs, begin = {}, clock()
    for name, prepare in contestants.items():
        seconds(prepare)  # the first run fills caches
        runs[name] = max(1, math.ceil(at_least / max(seconds(prepare), 1e-6)))
    times = {name: [] for name in contestants}
    for i in range(repeats):
        if i >= 3 and clock() - begin > budget:
            break
        for name, prepare in contestants.items():
            times[name].append(sum(seconds(prepare) for _ in range(runs[name])) / runs[name])
    return times


def spread(values):
    """Return the median, the smallest and the largest of some numbers."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def ours_of(names):
    """Return the names of our own contestants."""
    return [name for name in names if name.startswith(OURS)]


def fastest(times, names):
    """Return the one of the names whose median time is smallest."""
    return min(names, key=lambda name: median(times[name]))


def compare(times, comparisons):
    """Return, for every comparison that has a contestant, its numbers' spread, the target, and if it is met."""
    results = []
    for comparison in comparisons:
        present = [name for name in comparison.contestants if name in times]
        if not present:
            continue
        ours, theirs = fastest(times, ours_of(times)), fastest(times, present)
        values = spread([comparison.of(*pair) for pair in zip(times[ours], times[theirs], strict=True)])
        results.append(
            {"peer": comparison.peer, "ours": ours, "theirs": theirs, "kind": comparison.kind}
            | values
            | {"target": comparison.target, "met": comparison.meets(values["median"])}
        )
    return results


def measure(case, repeats, **options):
    """Time one case; return its labels, the seconds of every contestant, and the comparisons."""
    times = interleave(case.contestants, repeats, **options)
    return {
        "case": case.labels,
        "rounds": len(next(iter(times.values()))),
        "seconds": {name: spread(values) for name, values in times.items()},
        "comparisons": compare(times, case.comparisons),
    }


def row(result):
    """Return the lines of the table for one measured case."""
    name = ", ".join(f"{key} {value}" for key, value in result["case"].items())
    seconds = {name: values["median"] for name, values in result["seconds"].items()}
    best = min(ours_of(seconds), key=seconds.get)
    lines = [f"{name:<44} {1000 * seconds[best]:9.2f} ms  {best}"]
    for c in result["comparisons"]:
        signs = {"speed-up": (">=", "x"), "cost": ("<=", "x"), "extra": ("<=", " ms")}
        sign, unit = signs[c["kind"]]
        what = {"speed-up": "faster than", "cost": "the time of", "extra": "more than"}[c["kind"]]
        target = "" if c["target"] is None else f"  {sign} {c['target']:g}{unit}: {'met' if c['met'] else 'MISSED'}"
        number = f"{c['median']:7.2f}{unit} ({c['min']:.2f} ... {c['max']:.2f})"
        lines.append(f"    {number:<30} {what} {c['theirs']}{target}")
    return "\n".join(lines)


def write(name, title, results, folder=RESULTS):
    """Write a workload's results, with the machine and the versions, to ``<name>.json``; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    content = {
        "workload": title,
        "measured": date.today().isoformat(),
        "machine": machine(),
        "load": load(),
        "versions": versions(),
        "results": _rounded(results),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def installed(*modules):
    """Return whether all these modules can be imported, and say so on the screen if not."""
    for module in modules:
        try:
            __import__(module)
        except ImportError:
            print(f"{module} is not installed: left out")
            return False
    return True


def machine():
    """Return the processor's model, the number of cores and the operating system; no name of the computer."""
    return {"cpu": _cpu_model(), "cores": os.cpu_count(), "os": _operating_system()}


def load():
    """Return how many programs wanted a core in the last minute (None where the system does not say)."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _cpu_model():
    if platform.system() == "Linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def _operating_system():
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
    except OSError:
        return f"{platform.system()} {platform.release()}, {platform.machine()}"


def versions():
    """Return the versions of Python, NumPy with its BLAS, and the peers that are installed."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas.get('version', '')}".strip(),
    }
    for name in ("torch", "scikit-learn", "gensim", "numba"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
