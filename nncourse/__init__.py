"""Feedforward and recurrent neural networks: derived, checked, run.

The companion package of the course. Each module is imported when it is first used, so that
``import nncourse`` costs no more than NumPy.
"""

from importlib import import_module

__version__ = "0.1.0"

MODULES = (
    "activations",
    "adding_bits",
    "autodiff",
    "baselines",
    "collecting",
    "command",
    "contexts",
    "datasets",
    "derivations",
    "elman",
    "elman_letters",
    "exercises",
    "feedforward",
    "gradient_check",
    "in_pytorch",
    "language_models",
    "losses",
    "memory",
    "model",
    "optimizers",
    "output_layers",
    "params",
    "peers",
    "perceptron",
    "plots",
    "projects",
    "recurrent",
    "sequences",
    "single_layer",
    "source",
    "spans",
    "specification",
    "streaming",
    "text",
    "training",
    "trees",
    "unrolling",
    "vectors",
    "word_kernels",
    "word_training",
    "word_vectors",
)


def __getattr__(name):
    """Import a module of the package when it is first named."""
    if name in MODULES:
        return import_module(f"nncourse.{name}")
    raise AttributeError(f"module 'nncourse' has no attribute {name!r}")


def __dir__():
    """List the package's modules."""
    return sorted([*globals(), *MODULES])
