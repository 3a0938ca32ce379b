"""The exercises of the chapter *A neural language model*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.language_models import NeuralLanguageModel

V, n, d1, d2, r = sp.symbols("V n d1 d2 r")

# --- the probabilities of (3), and the gradient in the word vectors ---


def _histories(rng):
    """Draw (W1, W2, W3, x): few words and many, a word twice, and a score of 2000."""
    cases = []
    for words, d_1, d_2, places in ((5, 3, 4, [0, 1]), (4, 4, 2, [0, 1, 0]), (6, 2, 3, [0, 1])):
        shapes = ((d_1, words), (d_2, len(places) * d_1), (words, d_2))
        W1, W2, W3 = (rng.normal(size=shape) for shape in shapes)
        cases.append([W1, W2, W3, rng.permutation(words)[places]])
    W1, W2, W3, x = cases[-1]
    z = W3 @ np.tanh(W2 @ W1[:, x].T.ravel())
    cases[-1][2] = W3 * 2000 / z[np.abs(z).argmax()]
    return [tuple(case) for case in cases]


def softmax(z):
    """The softmax of one vector; the largest score is taken off first."""
    e = np.exp(z - z.max())
    return e / e.sum()


def probabilities(W1, W2, W3, x):
    """Equation (3): the probability of every word after the words x."""
    return softmax(W3 @ np.tanh(W2 @ np.concatenate([W1[:, word] for word in x])))


def probabilities_from_unit_vectors(W1, W2, W3, x):
    """The same, with the unit vectors of the notes."""
    a1 = np.concatenate([W1 @ np.eye(W1.shape[1])[word] for word in x])
    z = W3 @ np.tanh(W2 @ a1)
    return np.exp(z - np.logaddexp.reduce(z))


def _blames(rng):
    """Draw (blame, x, V): a word that comes twice, one that comes three times, and none that does."""
    xs = ([2, 0, 2], [1, 1, 1], [3, 0])
    return [(rng.normal(size=(len(x), d)), rng.permutation(5)[x], 5) for x, d in zip(xs, (2, 4, 3), strict=True)]


def column_gradient(blame, x, V):
    """The gradient in W1: the column of a word gets the blame of every place where the word stands."""
    gradient = np.zeros((blame.shape[1], V))
    for row, word in zip(blame, x, strict=True):
        gradient[:, word] += row
    return gradient


def column_gradient_from_unit_vectors(blame, x, V):
    """The same as a sum of products with unit vectors."""
    return sum(np.outer(row, np.eye(V)[word]) for row, word in zip(blame, x, strict=True))


def _one_place_counts(blame, x, V):
    gradient = np.zeros((blame.shape[1], V))
    gradient[:, x] += blame.T
    return gradient


def _mean_over_places(blame, x, V):
    return column_gradient(blame, x, V) / np.maximum(np.bincount(x, minlength=V), 1)


def _as_rows(blame, x, V):
    return column_gradient(blame, x, V).T


# --- a network that repeats what it saw two words ago ---

ECHO = NeuralLanguageModel(V=3, n=2, d1=3, d2=3)
PAIRS = np.array([(i, j) for i in range(3) for j in range(3)])
BY_HAND = {"W1": np.eye(3), "W2": np.hstack([5 * np.eye(3), np.zeros((3, 3))]), "W3": 6 * np.eye(3)}


def _echoes(answer, rng):
    """Return None if the network says the older of two words with at least 0.9, else what is wrong."""
    if not hasattr(answer, "items"):
        return f"Expected a mapping with W1, W2 and W3, got {type(answer).__name__}."
    shapes = {name: np.shape(W) for name, W in answer.items()}
    if shapes != ECHO.shapes():
        return f"Expected the shapes {ECHO.shapes()}, got {shapes}."
    u, _ = ECHO.forward(answer, PAIRS)
    older, newer = (u[np.arange(9), PAIRS[:, place]] for place in (0, 1))
    if older.min() >= 0.9:
        return None
    worst = int(older.argmin())
    text = f"After the words {PAIRS[worst].tolist()} yours gives word {PAIRS[worst][0]} only {older[worst]:.2f}."
    return f"{text}\n{_echo_advice(u, older, newer)}"


def _echo_advice(u, older, newer):
    """Return what probably went wrong with a network that should repeat the older word."""
    if newer.min() >= 0.9:
        return "It repeats the newer word. The oldest comes first: its vector meets the first columns of W2."
    if np.ptp(u, axis=0).max() < 1e-6:
        return "It answers every history alike: something between W1 and W3 is zero."
    if (u.argmax(axis=1) == PAIRS[:, 0]).all():
        return "The right word is always ahead, but not by enough: larger numbers in W3 make it surer."
    return "Let each word have one hidden unit of its own, which only the older word's vector turns on."


EXERCISES = (
    Exercise(
        "neural-language-model-1",
        "derive",
        "S-fn2",
        6,
        "How many parameters has the model with direct connections and biases, in V, n, d1 and d2?",
        Formula("V n d1 d2", whole=True),
        V * (1 + (n + 1) * d1 + d2) + d2 * (1 + n * d1),
        (
            Mistake(d1 * V + d2 * n * d1 + V * d2, "that is (3) alone: no biases, and no direct connections."),
            Mistake(
                d1 * V + d2 * (1 + n * d1) + V * (1 + d2),
                "the direct connections are missing: V numbers for each of the n d1 inputs.",
            ),
            Mistake(
                d1 * V + d2 * n * d1 + V * d2 + V * n * d1,
                "the biases are missing: one for each hidden unit, one for each word.",
            ),
            Mistake(
                n * d1 * V + d2 * (1 + n * d1) + V * (1 + d2 + n * d1),
                "W1 is shared: all n places look into the same d1 V numbers.",
            ),
            Mistake(
                V * (1 + n * d1 + d2) + d2 * (1 + (n - 1) * d1),
                "that is the paper's formula with the paper's n, which counts the next word too: theirs is n + 1.",
            ),
            Mistake(
                d1 * V + d2 * (1 + n * d1) + V * (2 + d2 + n * d1),
                "the scores have one bias for each word, and the direct connections bring no second one.",
            ),
        ),
        (d1 * V + d2 * (1 + n * d1) + V * (1 + d2) + V * n * d1,),
    ),
    Exercise(
        "neural-language-model-2",
        "implement",
        "S-3 S-1.3 S-1.3.1 S-L1 S-L2 S-L3 S-softmax",
        10,
        "Write probabilities(W1, W2, W3, x), equation (3) for one history x, so that large scores do no harm.",
        Calls(("W1", "W2", "W3", "x"), _histories),
        probabilities,
        (
            Mistake(
                lambda W1, W2, W3, x: (lambda e: e / e.sum())(np.exp(W3 @ np.tanh(W2 @ W1[:, x].T.ravel()))),
                "exp overflows for large scores. Take the largest score off all of them first: p stays the same.",
            ),
            Mistake(
                lambda W1, W2, W3, x: softmax(W3 @ np.tanh(W2 @ W1[:, x].ravel())),
                "W1[:, x] has the words side by side; laid out row by row, their numbers are interleaved. "
                "Each word's vector has to stay in one piece.",
            ),
            Mistake(
                lambda W1, W2, W3, x: probabilities(W1, W2, W3, x[::-1]),
                "the order is turned round: the oldest word's vector comes first, as x_1 in (3).",
            ),
            Mistake(
                lambda W1, W2, W3, x: softmax(W3 @ (W2 @ W1[:, x].T.ravel())),
                "the tanh of layer 2 is missing.",
            ),
            Mistake(
                lambda W1, W2, W3, x: W3 @ np.tanh(W2 @ W1[:, x].T.ravel()),
                "these are the scores; the softmax makes probabilities of them.",
            ),
            Mistake(
                lambda W1, W2, W3, x: np.log(probabilities(W1, W2, W3, x)),
                "that is the logarithm of the probabilities.",
            ),
        ),
        (probabilities_from_unit_vectors,),
    ),
    Exercise(
        "neural-language-model-3",
        "implement",
        "S-3 S-1.3.1 S-L1",
        10,
        "Write column_gradient(blame, x, V): the gradient in W1, from the blame that arrives at every place.",
        Calls(("blame", "x", "V"), _blames),
        column_gradient,
        (
            Mistake(
                _one_place_counts,
                "a word that stands twice has to get both shares. NumPy's W[:, x] += ... keeps only the last one.",
            ),
            Mistake(_mean_over_places, "the shares of one word's places are added up, not averaged."),
            Mistake(_as_rows, "a word's vector is a column of W1, so the gradient has the shape (d1, V)."),
            Mistake(
                lambda blame, x, V: -column_gradient(blame, x, V), "the sign is wrong: blame is passed on as it is."
            ),
            Mistake(
                lambda blame, x, V: column_gradient(blame[::-1], x, V),
                "row i of blame belongs to the word x[i]; yours are in opposite order.",
            ),
            Mistake(
                lambda blame, x, V: np.repeat(blame.sum(axis=0)[:, None], V, axis=1),
                "only the columns of words that stand in x get anything, and each only from its own places.",
            ),
        ),
        (column_gradient_from_unit_vectors,),
    ),
    Exercise(
        "neural-language-model-4",
        "predict",
        "S-LL S-1.3",
        6,
        "A model gives 1/2 to a share r of the words that come, and 1/8 to all the others. What is its perplexity?",
        Formula("r"),
        2 ** (3 - 2 * r),
        (
            Mistake(2 * r + 8 * (1 - r), "that is the mean of 1/p. Take the mean of -log p first, then exp."),
            Mistake(
                1 / (r / 2 + (1 - r) / 8),
                "that is 1 over the mean of p. The mean of -log p comes first; this is the log of a sum again.",
            ),
            Mistake(3 - 2 * r, "these are the bits of a word; the perplexity is 2 to the power of that."),
            Mistake(sp.exp(3 - 2 * r), "3 - 2r are bits, so the base is 2; exp wants nats."),
            Mistake(
                2 ** (2 * r - 3), "the sign is wrong: this is the typical probability, and perplexity is 1 over it."
            ),
            Mistake(2 ** (1 + 2 * r), "the shares are swapped: r is the share of the words that got 1/2."),
        ),
        (2**r * 8 ** (1 - r), sp.exp((3 - 2 * r) * sp.log(2))),
    ),
    Exercise(
        "neural-language-model-5",
        "experiment",
        "S-3 S-L1 S-L2 S-L3",
        15,
        "Find parameters with which a network of three words, n = 2, d1 = d2 = 3, repeats the older of two words.",
        Holds(_echoes, "Your network repeats the older word after all nine histories."),
        BY_HAND,
        (
            Mistake(BY_HAND | {"W2": np.roll(BY_HAND["W2"], 3, axis=1)}, "repeats the newer word"),
            Mistake(
                {name: np.zeros(shape) for name, shape in ECHO.shapes().items()}, "answers every history alike"
            ),
            Mistake(BY_HAND | {"W3": np.eye(3)}, "not by enough"),
            Mistake(
                BY_HAND | {"W2": np.hstack([np.eye(3), np.eye(3)])}, "which only the older word's vector turns on"
            ),
            Mistake(BY_HAND | {"W2": BY_HAND["W2"].T}, "Expected the shapes"),
            Mistake((BY_HAND, None), "Expected a mapping"),
        ),
        (BY_HAND | {"W2": -BY_HAND["W2"], "W3": -BY_HAND["W3"]},),
    ),
)
