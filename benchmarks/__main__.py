"""Run the workloads, print their tables, and write the results that pages quote."""

import argparse
from importlib import import_module

from benchmarks import harness

WORKLOADS = (
    "import_time",
    "feedforward",
    "linear_models",
    "language_model",
    "word_vectors",
    "vocabulary_size",
    "output_layers",
    "recurrent",
    "truncated",
    "elman_sentences",
    "rprop",
)
PARSER = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
PARSER.add_argument("--only", choices=WORKLOADS, action="append", help="this workload alone (can be repeated)")
PARSER.add_argument("--repeats", type=int, default=15, help="rounds; slow cases get fewer, three at least")
PARSER.add_argument("--quick", action="store_true", help="three rounds of a few cases; writes no results")


def main(arguments=None):
    """Run what the command line asks for."""
    options = PARSER.parse_args(arguments)
    repeats = min(options.repeats, 3) if options.quick else options.repeats
    for about in (harness.machine(), harness.versions()):
        print(", ".join(f"{name} {value}" for name, value in about.items()))
    if (load := harness.load() or 0) > harness.machine()["cores"] / 2:
        print(f"the machine is busy (load {load}): times will vary; look at the smallest and largest ratios")
    for name in options.only or WORKLOADS:
        workload = import_module(f"benchmarks.{name}")
        print(f"\n{workload.__doc__.strip()}")
        print(f"\n{workload.TITLE}: median of up to {repeats} rounds (smallest ... largest)", flush=True)
        results = []
        for case in workload.cases(quick=options.quick):
            results.append(harness.measure(case, repeats))
            print(harness.row(results[-1]), flush=True)
        met = [c["met"] for result in results for c in result["comparisons"] if c["met"] is not None]
        print(f"{sum(met)} of {len(met)} targets met")
        if not options.quick:
            print(f"written: benchmarks/results/{harness.write(name, workload.TITLE, results).name}")


if __name__ == "__main__":
    main()
