"""What the chapter's model and the reference reach in each project: their scores, and the time that they take.

python -m benchmarks.projects [--quick]

The project's pages take their numbers from `results/projects.json`; `tests/test_projects.py` computes some again.
"""

import argparse
import time

import numpy as np

from benchmarks import harness
from nncourse.projects import language_model, memory, reference

TITLE = "The projects: what the chapter's model and the reference reach"
SEEDS = range(5)
MODELS = {
    "language-model": {"chapter": language_model.chapter, "reference": reference.language_model},
    "memory": {"chapter": memory.chapter, "reference": reference.memory},
}


def perplexities(train):
    """Return the perplexities on the development articles and on the chapter's test articles, and the seconds."""
    begun = time.process_time()
    articles, words = language_model.lesson()
    predict, found = train(articles, words, language_model.SEED), {}
    for name, held_out in (("development", language_model.development()), ("test", test_articles())):
        found[name] = float(np.exp(language_model.mean_loss(predict, held_out, len(words))))
    return found | {"seconds": time.process_time() - begun}


def test_articles():
    """Return the articles that the chapter is tested on."""
    return [article.copy() for article in language_model._corpus()[1][250:]]


def learned(train, seeds):
    """Return how many runs of each lag have learned, over several seeds, and the seconds for one seed."""
    begun, counts = time.process_time(), dict.fromkeys(map(str, memory.LAGS), 0)
    for seed in seeds:
        for lag, loss, _ in memory.runs(train, seed):
            counts[str(lag)] += bool(loss < memory.LEARNED)
    seconds = (time.process_time() - begun) / len(seeds)
    return {"learned": counts, "runs": memory.RUNS * len(seeds), "seconds": seconds}


def main(arguments=None):
    """Measure, print and write. `times` is the time in units of the chapter's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.projects", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one seed; writes no results")
    options = parser.parse_args(arguments)
    results = []
    for project, models in MODELS.items():
        first = None
        for name, train in models.items():
            seeds = SEEDS[:1] if options.quick else SEEDS
            found = perplexities(train) if project == "language-model" else learned(train, seeds)
            seconds = found.pop("seconds")
            first = first or seconds
            results.append({"project": project, "model": name} | found | {"times": seconds / first})
            print(results[-1], flush=True)
    if not options.quick:
        print(f"written: benchmarks/results/{harness.write('projects', TITLE, results).name}")


if __name__ == "__main__":
    main()
