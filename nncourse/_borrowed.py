"""Data that come with other packages, which are not imported for more than that."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

CARRIED = Path(__file__).with_name("data")  # in the browser, which has no scikit-learn


def of_sklearn(name, **options):
    """Return the arrays of one of scikit-learn's data sets: carried along where there is a file, else loaded."""
    file = CARRIED / f"{name}.npz"
    if file.is_file():
        with np.load(file, allow_pickle=False) as arrays:
            return arrays["data"], arrays["target"], arrays["names"]
    try:
        from sklearn import datasets
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"The data ({name}) come with scikit-learn, which is not installed. "
            "Install it with: pip install scikit-learn",
            name="sklearn",
        ) from error
    found = getattr(datasets, f"load_{name}")(**options)
    return found.data, found.target, found.feature_names


def articles_of_gensim():
    """Return the file of articles that gensim is tested with; gensim itself is not imported."""
    spec = find_spec("gensim")
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = [Path(folder, "test", "test_data", "lee_background.cor") for folder in folders]
    found = [file for file in files if file.is_file()]
    if not found:
        what = "is not installed" if spec is None else "is installed without its test data"
        raise ModuleNotFoundError(
            f"The articles come with gensim, which {what}. Install it with: pip install gensim", name="gensim"
        )
    return found[0]
