"""What all tests share: the `equation` marker, which names the broken equation when a test fails."""

from pathlib import Path

import pytest
from hypothesis import settings

from tools import ledger

ROOT = Path(__file__).resolve().parents[1]
EQUATIONS = ledger.equations()

settings.register_profile("course", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("course")


def equation_ids(item):
    """Return the ids on an item's `equation` markers, each one once, in order."""
    return list(dict.fromkeys(id for mark in item.iter_markers("equation") for id in mark.args))


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector):
    """Refuse a marker whose id is no key of book/equations.toml: an error of the file that holds the test."""
    found = yield
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, pytest.Item):
            ids = equation_ids(item)
            if unknown := [id for id in ids if id not in EQUATIONS]:
                raise collector.CollectError(f"{item.name}: book/equations.toml has no equation {unknown}")
            item.user_properties += [("equation", id) for id in ids]
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Add to a failing test's report what its equations say, and where they stand in the note."""
    report = yield
    if report.failed:
        lines = [f"{id} ({EQUATIONS[id]['where']}): {EQUATIONS[id]['statement']}" for id in equation_ids(item)]
        if lines:
            report.sections.append(("equations that this test decides", "\n".join(lines)))
    return report


def is_whole(config):
    """Return whether this run has every test: none was chosen by file, keyword or marker, or for a worker."""
    chosen = (
        config.option.keyword or config.option.markexpr or config.option.deselect or config.getoption("lf", False)
    )
    share = hasattr(config, "workerinput")
    return config.args_source is config.ArgsSource.TESTPATHS and not chosen and not share


def results_of(reports):
    """Return what the tests of every equation said: id to test to [cases that passed, cases that failed]."""
    results = {}
    for report in reports:
        test = report.nodeid.partition("[")[0]
        for name, id in getattr(report, "user_properties", ()):
            if name == "equation" and (report.when == "call" or report.failed) and not report.skipped:
                cases = results.setdefault(id, {}).setdefault(test, [0, 0])
                cases[report.failed] += 1
    return results


def report_chapter_times(terminalreporter):
    """Print how long the cells of every notebook took: reported, never asserted."""
    seconds = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        path = report.nodeid.partition("::")[0]
        if path.endswith(".ipynb"):
            seconds[path] = seconds.get(path, 0.0) + report.duration
    for path, total in sorted(seconds.items()):
        terminalreporter.write_line(f"{Path(path).stem:24s}{total:6.1f} s")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """End, after all else, with the equations that failed and their tests. Reports come from all workers."""
    result = yield
    report_chapter_times(terminalreporter)
    reports = [report for kind in ("passed", "failed", "error") for report in terminalreporter.getreports(kind)]
    if is_whole(terminalreporter.config) and not terminalreporter._session.shouldstop:
        ledger.write_verified(results_of(reports))
    broken = {}
    for report in terminalreporter.getreports("failed") + terminalreporter.getreports("error"):
        for name, id in getattr(report, "user_properties", ()):
            if name == "equation":
                test = report.nodeid.partition("[")[0]
                broken.setdefault(id, {}).setdefault(test, []).append(report.nodeid)
    for n, (id, tests) in enumerate(sorted(broken.items())):
        listed = [test if len(runs) == 1 else f"{test}, {len(runs)} cases" for test, runs in tests.items()]
        start = " " * 31 if n else "Equations that no longer hold: "
        terminalreporter.write_line(f"{start}{id} ({'; '.join(sorted(listed))})", red=True)
    return result


@pytest.fixture
def rng():
    """Return a fresh generator; every test draws the same numbers on every run."""
    import numpy as np

    return np.random.default_rng(20240229)
