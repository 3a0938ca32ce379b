"""Examples and cells that need a package which nncourse does not need are skipped where it is missing."""

import sys
from importlib.util import find_spec

import pytest

NEEDS = {  # how the names of examples begin, and what they import
    "nncourse.baselines.count_ngrams": "nltk",
    "nncourse.baselines.import_nltk": "nltk",
    "nncourse.baselines.ngram_probabilities": "nltk",
    "nncourse.datasets.digits": "sklearn",
    "nncourse.datasets.lee": "gensim",
    "nncourse.in_pytorch.": "torch",
    "nncourse.peers.": "torch",
    "nncourse.projects.language_model.development": "gensim",
    "nncourse.projects.language_model.lesson": "gensim",
    "nncourse.projects.language_model.read": "gensim",
    "nncourse.projects.language_model.score": "gensim",
    "nncourse.word_training.compile_kernel": "numba",
}
TAGS = {  # the tags of cells that need a package
    "needs-gensim": "gensim",
    "needs-nltk": "nltk",
    "needs-numba": "numba",
    "needs-scikit-learn": "sklearn",
    "needs-torch": "torch",
}


def packages_of(item):
    """Return what an example or a cell of a notebook imports, beyond NumPy."""
    if isinstance(item, pytest.DoctestItem):
        return {package for start, package in NEEDS.items() if item.name.startswith(start)}
    return {TAGS[tag] for tag in tags_of(item) if tag in TAGS}


def tags_of(item):
    """Return the tags of a notebook's cell; none of anything else."""
    return getattr(item, "cell", {}).get("metadata", {}).get("tags", [])


def pytest_collection_modifyitems(items):
    """Skip the examples and cells whose package is missing, and say which one it is."""
    for item in items:
        for package in sorted(packages_of(item)):
            if not find_spec(package):
                item.add_marker(pytest.mark.skip(reason=f"this needs {package}, which is not installed"))
        if "needs-torchrun" in tags_of(item) and sys.platform == "win32":
            item.add_marker(pytest.mark.skip(reason="this needs torchrun, which may fail on Windows"))
