"""A training of Bengio's model as one small file says it, so that whoever reads that file trains the same.

A text and a specification are all that a training needs: the vocabulary is counted, the first weights are drawn
from the seed, and the batches come in the order of the text. The text is read line by line, and never whole in
memory.
"""

import json
import os
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from nncourse import text
from nncourse._checks import check_bool, check_positive
from nncourse.contexts import Batches, ngrams
from nncourse.language_models import NeuralLanguageModel
from nncourse.optimizers import GradientDescent
from nncourse.training import fit_batches


@dataclass(frozen=True)
class Specification:
    """All that has to be known, beside the text, to train a neural language model again.

    Parameters
    ----------
    n, d1, d2, direct, bias
        As `NeuralLanguageModel` takes them; V comes from the text.
    learning_rate : float
        The step size of gradient descent.
    epochs : int
        How many times to go over the text.
    batch_size : int
        How many examples an update sees.
    seed : int
        The first weights are drawn from it.
    min_count : int
        Words that occur less often are rare.
    rare : str or None
        The word that stands for all rare ones; with None they are left out.
    dtype : str
        "float64" or "float32".

    Raises
    ------
    TypeError, ValueError
        A field is not as above; the message names it.

    Examples
    --------
    >>> small = Specification(
    ...     n=2, d1=8, d2=16, direct=False, bias=True, learning_rate=0.1, epochs=3, batch_size=32, seed=0,
    ...     min_count=2, rare="<rare>", dtype="float64")
    >>> small.model(100).shapes()
    {'W1': (8, 100), 'W2': (16, 17), 'W3': (100, 17)}
    """

    n: int
    d1: int
    d2: int
    direct: bool
    bias: bool
    learning_rate: float
    epochs: int
    batch_size: int
    seed: int
    min_count: int
    rare: str | None
    dtype: str

    def __post_init__(self):
        check_bool("direct", self.direct)
        if isinstance(self.d2, bool):
            raise TypeError(f"d2: expected a whole number, got {self.d2!r}")
        self.model(1)  # checks all sizes
        check_positive("learning_rate", self.learning_rate)
        for name in ("epochs", "batch_size", "min_count"):
            check_positive(name, getattr(self, name), whole=True)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed: expected a whole number, 0 or above, got {self.seed!r}")
        if self.rare is not None and (not isinstance(self.rare, str) or self.rare.split() != [self.rare]):
            raise ValueError(f"rare: expected a word without blanks, or None, got {self.rare!r}")
        if self.dtype not in ("float64", "float32"):
            raise ValueError(f"dtype: expected 'float64' or 'float32', got {self.dtype!r}")

    def model(self, V):
        """Return the model for a vocabulary of V words."""
        return NeuralLanguageModel(V, self.n, self.d1, self.d2, direct=self.direct, bias=self.bias)


def read(path):
    """Read a specification from a JSON file: one object with the fields of `Specification`, all of them.

    Parameters
    ----------
    path : str or path
        The file.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is no JSON, a field is missing, unknown, there twice or not as it should be: the message names both.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "small.json").write_text('{"n": 3, "words": 8}', encoding="utf-8")
    ...     try:
    ...         read(Path(folder, "small.json"))
    ...     except ValueError as error:
    ...         print(str(error).partition("small.json: ")[2])
    words: unknown; the fields are n, d1, d2, direct, bias, learning_rate, epochs, batch_size, seed, min_count,
    rare, dtype
    """
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file, object_pairs_hook=_once)
        if not isinstance(values, dict):
            raise ValueError(f"expected an object of fields, got {values!r:.60}")
        known = [field.name for field in fields(Specification)]
        if unknown := [name for name in values if name not in known]:
            raise ValueError(f"{unknown[0]}: unknown; the fields are {', '.join(known)}")
        if missing := [name for name in known if name not in values]:
            raise ValueError(f"{', '.join(missing)}: missing")
        return Specification(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from error


def _once(pairs):
    values = dict(pairs)
    for i, (name, _) in enumerate(pairs):
        if name in dict(pairs[:i]):
            raise ValueError(f"{name}: expected once, got it twice")
    return values


class Task(NamedTuple):
    """A training before it begins.

    Parameters
    ----------
    model : NeuralLanguageModel
        With the vocabulary's number of words.
    params : dict of str to ndarray
        The first weights.
    batches : Batches
        Gives the examples, in the order of the text, as often as one likes.

    Examples
    --------
    >>> model, sentences = NeuralLanguageModel(V=3, n=1, d1=2, d2=2), [["the", "cat", "sees", "the"]]
    >>> batches = Batches(sentences, text.vocabulary(sentences), lambda ids: ngrams(ids, 1), batch_size=2)
    >>> task = Task(model, model.init(np.random.default_rng(0)), batches)
    >>> [y.tolist() for _, y in task.batches]
    [[1, 2], [0]]
    """

    model: NeuralLanguageModel
    params: dict
    batches: Batches


def prepare(specification, path):
    """Count the words of a text and draw the first weights: equal files and fields give equal tasks, anywhere.

    Parameters
    ----------
    specification : Specification
        What to train.
    path : str or path
        A text file in UTF-8, a sentence a line. The longest line has to fit into memory, the file has not.

    Returns
    -------
    Task
        Model, first weights and batches; ``task.batches.vocabulary`` has the words.

    Raises
    ------
    FileNotFoundError
        There is no such text.
    ValueError
        The text has no words, or is not in UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> small = Specification(
    ...     n=1, d1=2, d2=2, direct=False, bias=True, learning_rate=0.1, epochs=2, batch_size=4, seed=0,
    ...     min_count=1, rare=None, dtype="float64")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("the cat sees the dog\\n", encoding="utf-8")
    ...     task = prepare(small, Path(folder, "text"))
    ...     [(x, y)] = task.batches
    >>> task.batches.vocabulary.words, x.tolist(), y.tolist()
    (('the', 'cat', 'sees', 'dog'), [[0], [1], [2], [0]], [1, 2, 0, 3])
    """
    lines = text.Lines(path)
    known = text.vocabulary(lines, min_count=specification.min_count, rare=specification.rare)
    model = specification.model(len(known))
    params = model.init(np.random.default_rng(specification.seed), specification.dtype)
    batches = Batches(lines, known, lambda ids: ngrams(ids, specification.n), specification.batch_size)
    return Task(model, params, batches)


def train(specification, path):
    """Train with NumPy, in one process.

    Parameters
    ----------
    specification : Specification
        What to train.
    path : str or path
        As `prepare` takes it.

    Returns
    -------
    params : dict of str to ndarray
        The trained parameters.
    history : History
        The loss of every epoch.

    Raises
    ------
    FileNotFoundError, ValueError
        As `prepare`; or no line has more than n words.
    FloatingPointError
        The training diverged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> small = Specification(
    ...     n=1, d1=2, d2=2, direct=False, bias=True, learning_rate=0.1, epochs=2, batch_size=4, seed=0,
    ...     min_count=1, rare=None, dtype="float64")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "text").write_text("the cat sees the dog\\n", encoding="utf-8")
    ...     params, history = train(small, Path(folder, "text"))
    >>> len(history.loss), params["W1"].shape
    (2, (2, 4))
    """
    model, params, batches = prepare(specification, path)
    return fit_batches(
        model, params, batches, GradientDescent(specification.learning_rate), epochs=specification.epochs
    )
