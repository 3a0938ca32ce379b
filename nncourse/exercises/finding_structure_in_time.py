"""The exercises of the chapter *Finding structure in time*."""

from dataclasses import dataclass

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.recurrent import SimpleRNN

p, r, S, V = sp.symbols("p r S V")
AWAY = S - 1 / V  # |u - p|^2, where u says 1/V for every word
MEET = (1 - r) * S + r / V  # p . q
SQUARE = (1 - r) ** 2 * S + 2 * r * (1 - r) / V + r**2 / V  # |q|^2

# --- probabilities ---


class _Sizes:
    """A generator that draws S, V and r for a message so that they fit together: V words, and S above 1/V."""

    def __init__(self, rng):
        self.integers, self.draw = rng.integers, rng.uniform

    def uniform(self, low, high, n):
        return np.array([self.draw(0.4, high), self.integers(3, 9), self.draw(low, high)])


@dataclass(frozen=True)
class _OfProbabilities(Formula):
    """Judges a formula in S, V and r, and shows where it differs at numbers that p can have."""

    def __call__(self, exercise, answer, rng):
        return super().__call__(exercise, answer, _Sizes(rng))


# --- errors of predictions ---


def _predictions(rng):
    """Draw (q, y): outputs for some words, and the words that came; a single word, and a word that comes twice."""
    cases = []
    for words, units in ((3, 4), (1, 3), (7, 5)):
        y = rng.integers(units, size=words)
        y[-1] = y[0]
        cases.append((rng.dirichlet(np.ones(units), size=words), y))
    return cases


def rms(q, y):
    """The root of the mean over the words of the sum over the units of the squared errors."""
    return float(
        np.sqrt(np.mean([np.sum((np.eye(len(row))[word] - row) ** 2) for row, word in zip(q, y, strict=True)]))
    )


def rms_at_once(q, y):
    """The same for all words at once."""
    return np.sqrt(((np.eye(q.shape[1])[y] - q) ** 2).sum() / len(y))


def rms_without_unit_vectors(q, y):
    """The same by the binomial formula: |e_y - q|^2 = 1 - 2 q_y + |q|^2."""
    return np.sqrt(np.mean(1 - 2 * q[np.arange(len(y)), y] + (q * q).sum(axis=1)))


def _of_errors(measure):
    """Return a function of (q, y) that applies a measure to the errors, one row a word."""
    return lambda q, y: measure(np.eye(q.shape[1])[y] - q)


# --- states, averaged by word ---


def _states(rng):
    """Draw (h, x, V): states of one stream, the words read; every word comes, some of them once.

    Word 1 is the first and the most frequent one of the last case: rows in the order of the text are wrong.
    """
    cases = []
    for steps, words in ((6, 3), (9, 4)):
        x = rng.permutation(np.concatenate([np.arange(words), rng.integers(words - 1, size=steps - words)]))
        cases.append((rng.normal(size=(steps, 5 - words // 2)), x, words))
    x = np.concatenate([[1], rng.permutation([0, 1, 1, 1])])
    return [*cases, (rng.normal(size=(5, 4)), x, 2)]


def mean_states(h, x, V):
    """Row i is the mean of the states at which word i was read."""
    return np.array([h[x == word].mean(axis=0) for word in range(V)])


def mean_states_by_product(h, x, V):
    """The same as a product with the words' unit vectors."""
    E = np.eye(V)[x]
    return E.T @ h / E.sum(axis=0)[:, None]


def _by_word(measure):
    """Return a function of (h, x, V) that applies a measure to the states of every word."""
    return lambda h, x, V: np.array([measure(h[x == word]) for word in range(V)])


def _sums(h, x, V):
    return np.array([h[x == word].sum(axis=0) for word in range(V)])


def _last_ones(h, x, V):
    found = np.zeros((V, h.shape[1]))
    found[x] = h
    return found


def _over_all_steps(h, x, V):
    return _sums(h, x, V) / len(x)


def _next_step(h, x, V):
    return mean_states(np.concatenate([h[1:], h[:1]]), x, V)


def _step_before(h, x, V):
    return mean_states(np.concatenate([0 * h[:1], h[:-1]]), x, V)


def _added_at_once(h, x, V):
    """`sums[x] += h` writes once to a row that stands twice in x: the last state of each word."""
    sums = np.zeros((V, h.shape[1]))
    sums[x] += h
    return sums / np.bincount(x, minlength=V)[:, None]


# --- a network that counts to two ---

COUNTER = SimpleRNN((2, 2, 2), ("tanh", "softmax"), "cross-entropy")
STREAM = np.array([0, 1, 1] * 60)  # diidiidii ...; d is 0, i is 1
BY_HAND = {
    "W1": np.array([[5.0, -5.0], [-6.0, 0.0]]),
    "V1": np.array([[0.0, 0.0], [-3.0, 0.0]]),
    "W2": np.array([[0.0, 3.0], [0.0, -3.0]]),
}
STEADIER = {
    "W1": np.array([[6.0, -6.0], [-9.0, 0.0]]),
    "V1": np.array([[0.0, 0.0], [-4.0, 0.0]]),
    "W2": np.array([[0.0, 5.0], [0.0, -5.0]]),
}
ONE_ROUND = {  # what training on dii alone gives
    "W1": np.array([[-1.0, 1.0], [2.0, -1.0]]),
    "V1": np.array([[0.0, 1.0], [-2.0, 1.0]]),
    "W2": np.array([[0.0, -3.0], [0.0, 4.0]]),
}
TURNED = {"W1": -BY_HAND["W1"], "V1": BY_HAND["V1"], "W2": -BY_HAND["W2"]}


def _counts(answer, rng):
    """Return None if every next letter of dii dii ... gets at least 0.9, else what is wrong."""
    if not hasattr(answer, "items"):
        pair = isinstance(answer, tuple) and len(answer) == 2 and hasattr(answer[0], "items")
        hint = " fit_stream returns two things; the parameters are the first." if pair else ""
        return f"Expected a mapping with W1, V1 and W2, got {type(answer).__name__}.{hint}"
    try:
        answer = {name: np.array(W) for name, W in answer.items()}
    except ValueError:
        return "Expected arrays of shape (2, 2); in one of yours the rows have different lengths."
    shapes = {name: W.shape for name, W in answer.items()}
    if shapes != COUNTER.shapes():
        hint = " The network has no biases." if (2, 3) in shapes.values() else ""
        return f"Expected the shapes {COUNTER.shapes()}, got {shapes}.{hint}"
    for name, W in answer.items():
        if W.dtype.kind not in "fiu" or not np.isfinite(W).all():
            return f"Expected finite real numbers in {name}, got {W.tolist()}."
    u, came, right = _run(answer)
    if right.min() >= 0.9:
        return None
    worst = int(right.argmin())
    seen = "".join("di"[letter] for letter in STREAM[: worst + 1])
    seen = seen if worst < 9 else f"{worst + 1} letters, the last of them {seen[-3:]},"
    text = f"After {seen} yours gives {'di'[came[worst]]} only {right[worst]:.2f}."
    return f"{text}\n{_advice(answer, u, came, right)}"


def _run(params):
    """Return the outputs (steps, 2), the letters that come, and the probability of each of them."""
    u = COUNTER.forward(params, STREAM[:-1, None])[0][:, 0]
    came = STREAM[1:]
    return u, came, u[np.arange(len(came)), came]


def _advice(answer, u, came, right):
    """Return what probably went wrong with a network that should count the vowels."""
    if np.ptp(u, axis=0).max() < 1e-6:
        return "It says the same after every letter: what it reads does not get from W1 through W2 to the output."
    if not np.any(answer["V1"]):
        return "V1 is zero, so it has no memory: the first i and the second look the same to it."
    if _run(answer | {"W1": answer["W1"][:, ::-1], "W2": answer["W2"][::-1]})[2].min() >= 0.9:
        return "It has the letters the other way round: d is 0, so it has the first column of W1 and row of W2."
    if (1 - right).min() >= 0.9:
        return "It is sure of the wrong letter every time: turn the sign of W2."
    if u[np.arange(len(came)), STREAM[:-1]].min() >= 0.9:
        return "It repeats the letter that it has just read. The label is the next one."
    if (u.argmax(axis=1) == came).all():
        return "The right letter is always ahead, but not by enough: larger numbers in W2 make it surer."
    if right[:3].min() >= 0.9:
        return "It begins well, then loses count. If you trained it: on a text of many dii, the state carried on."
    return "Let one hidden unit say whether this letter is d, the other whether this one and the one before are i."


EXERCISES = (
    Exercise(
        "finding-structure-in-time-1",
        "derive",
        "S-2.1",
        8,
        "d and g come with probability p each, b with 1 - 2p. What is the floor of the error at a consonant?",
        Formula("p"),
        2 * p * (1 - p),
        (
            Mistake(p * (1 - p), "that is one bit; High and Back are both uncertain."),
            Mistake(2 * p * (1 - p) + 2 * p * (1 - 2 * p), "b has no bit of its own: only High and Back count."),
            Mistake(2 * p, "that is the error of one who always guesses b. The best guess for a bit is p."),
            Mistake(2 * p**2 * (1 - p), "a bit costs p(1 - p) on average. Do not weigh that by p again."),
            Mistake(2 * p**2, "that is the cost when b comes. Take the mean over all three consonants."),
            Mistake(sp.Rational(4, 9), "that is the value for p = 1/3; the answer has p in it."),
            Mistake((2 + 6 * p) / 9, "that is what the old guesses, 1/3, cost now. The best guess is another now."),
            Mistake(2 * p * ((1 - p) ** 2 + p**2), "b comes too, with 1 - 2p, and costs something."),
            Mistake(2 * p * (1 - 2 * p), "that is one bit, 1 with probability 2p. High and Back count one by one."),
            Mistake(sp.sqrt(2 * p * (1 - p)), "that is the root. The mean of the squared error is asked for."),
        ),
        ((1 - 2 * p) * 2 * p**2 + 2 * p * ((1 - p) ** 2 + p**2),),
    ),
    Exercise(
        "finding-structure-in-time-2",
        "implement",
        "S-2.1",
        6,
        "Write rms(q, y): the RMS error of outputs q, one row a word, when the words y came.",
        Calls(("q", "y"), _predictions),
        rms,
        (
            Mistake(
                _of_errors(lambda e: np.sqrt(np.mean(e**2))),
                "add up over the units; the mean is over the words alone.",
            ),
            Mistake(
                _of_errors(lambda e: np.mean(np.sqrt(np.sum(e**2, axis=1)))), "take the mean first, then the root."
            ),
            Mistake(_of_errors(lambda e: np.mean(np.sum(e**2, axis=1))), "the root is missing."),
            Mistake(_of_errors(lambda e: np.sqrt(np.sum(e**2))), "that sum grows with the length of the text."),
            Mistake(
                lambda q, y: np.sqrt(np.mean((1 - q[np.arange(len(y)), y]) ** 2)),
                "the other units count too: each should say 0.",
            ),
            Mistake(_of_errors(lambda e: np.abs(e).sum(axis=1).mean()), "these are absolute errors. Square them."),
            Mistake(
                _of_errors(lambda e: np.sqrt(np.sum(e**2, axis=1))),
                "one number for all words: their mean, then the root.",
            ),
            Mistake(
                _of_errors(lambda e: np.sqrt(np.mean(np.sum(e**2, axis=0)))),
                "you sum over the words and take the mean over the units. It is the other way round.",
            ),
        ),
        (rms_at_once, rms_without_unit_vectors),
    ),
    Exercise(
        "finding-structure-in-time-3",
        "predict",
        "S-2.1",
        8,
        "Instead of p a network says (1 - r) p + r/V for each of V words. What is the mean of its squared error?",
        _OfProbabilities("S V r"),
        1 - S + r**2 * AWAY,
        (
            Mistake(1 - S, "that is the floor, for r = 0. The distance between q and p comes on top."),
            Mistake(
                1 - S + r * AWAY, "q - p is r times (1/V - p). Its length is squared, so r is squared as well."
            ),
            Mistake(
                1 - S + r**2 * (S + 1 / V),
                "the cross term is missing in the square: the sum of p times 1/V is 1/V, and comes off twice.",
            ),
            Mistake(r**2 * AWAY, "that is the network's own part. What nobody can avoid comes on top."),
            Mistake(
                1 - S + (1 - r) ** 2 * AWAY, "for r = 0 the network says p, and is at the floor; yours is not."
            ),
            Mistake(sp.sqrt(1 - S + r**2 * AWAY), "that is the root. The mean of the squared error is asked for."),
            Mistake(1 - SQUARE, "that is 1 minus the square of q, the mean error only if q is p."),
            Mistake(1 - S + r**2 * S, "q - p has two parts: r times 1/V, and minus r p. The first counts too."),
            Mistake(1 - S - r**2 * AWAY, "the sign: a squared distance is not negative, and S is above 1/V."),
            Mistake(1 - S + r**2 * (S - 1 / V**2), "over all V words the squares of 1/V add up to V/V^2 = 1/V."),
            Mistake((1 - S + r**2 * AWAY) / V, "that is the mean over the outputs. The error is their sum."),
            Mistake(
                1 - MEET + SQUARE, "in the square of e - q the output at the word that came is taken off twice."
            ),
        ),
        (1 - 2 * MEET + SQUARE,),
    ),
    Exercise(
        "finding-structure-in-time-4",
        "implement",
        "S-2.1",
        8,
        "Write mean_states(h, x, V): the mean of the states at which each of V words was read.",
        Calls(("h", "x", "V"), _states),
        mean_states,
        (
            Mistake(_sums, "these are sums: a frequent word would be far from a rare one just for that."),
            Mistake(_last_ones, "assigning keeps only the last state of a word. All its states are averaged."),
            Mistake(_over_all_steps, "divide by how often the word came, not by the number of all words."),
            Mistake(_next_step, "that is one step later: h[t] is the state when x[t] has just been read."),
            Mistake(_step_before, "that is one step earlier: h[t] is the state when x[t] has just been read."),
            Mistake(
                lambda h, x, V: mean_states(h, x, V).T, "one row a word, please: the shape is (V, hidden units)."
            ),
            Mistake(
                lambda h, x, V: np.tile(h.mean(axis=0), (V, 1)),
                "that is the mean of all states, whatever the word. Pick the steps of one word first.",
            ),
            Mistake(
                _added_at_once, "`+=` adds only once to the row of a word that comes twice. Pick a word's steps."
            ),
            Mistake(_by_word(np.mean), "that is a mean over the hidden units too. Take it over the steps, axis 0."),
            Mistake(
                lambda h, x, V: mean_states(h, x, V)[list(dict.fromkeys(x))],
                "your rows are in the order in which the words come. Row i belongs to word i.",
            ),
            Mistake(
                lambda h, x, V: mean_states(h, x, V)[x],
                "that is one row a step. One row for each of the V words is asked for.",
            ),
        ),
        (mean_states_by_product,),
    ),
    Exercise(
        "finding-structure-in-time-5",
        "experiment",
        "S-2.1",
        20,
        "Find parameters with which a network of two hidden units reads dii dii ... and is never surprised.",
        Holds(_counts, "Your network counts to two, and nothing surprises it."),
        BY_HAND,
        (
            Mistake(BY_HAND | {"V1": np.zeros((2, 2))}, "it has no memory"),
            Mistake({name: np.zeros(shape) for name, shape in COUNTER.shapes().items()}, "after every letter"),
            Mistake(BY_HAND | {"W2": -BY_HAND["W2"]}, "turn the sign of W2"),
            Mistake(BY_HAND | {"W2": BY_HAND["W2"] / 10}, "not by enough"),
            Mistake(BY_HAND | {"W2": np.array([[3.0, 0.0], [-3.0, 0.0]])}, "repeats the letter"),
            Mistake(BY_HAND | {"V1": np.array([[0.0, 0.0], [3.0, 0.0]])}, "Let one hidden unit say"),
            Mistake(BY_HAND | {"V1": np.zeros((2, 3))}, "Expected the shapes"),
            Mistake((BY_HAND, None), "the parameters are the first"),
            Mistake(BY_HAND | {"W1": BY_HAND["W1"][:, ::-1], "W2": BY_HAND["W2"][::-1]}, "the other way round"),
            Mistake(BY_HAND | {"W1": np.zeros((2, 3)), "W2": np.zeros((2, 3))}, "no biases"),
            Mistake(BY_HAND | {"V1": [[0.0], [1.0, 2.0]]}, "different lengths"),
            Mistake(BY_HAND | {"V1": np.full((2, 2), np.nan)}, "finite real numbers in V1"),
            Mistake(ONE_ROUND, "loses count"),
        ),
        (STEADIER, TURNED, {name: W.tolist() for name, W in STEADIER.items()}),
    ),
)
