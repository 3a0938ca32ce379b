"""The exercises of the chapter *Word vectors: CBOW and skip-gram*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

p, a, b = sp.symbols("p a b")


def _sentences(rng):
    """Draw (ids, m): with a word twice in a row, with windows longer than the sentence, of one word."""
    twice = rng.permutation(9)[:5]
    twice[2] = twice[1]
    cases = [(twice, 1), (twice, 2), (rng.permutation(9)[:3], 4), (rng.permutation(9)[:1], 2)]
    return [(ids.copy(), m) for ids, m in cases]


def _around(ids, i, m):
    """The places at most m away from place i, itself among them."""
    return range(max(0, i - m), min(len(ids), i + m + 1))


def _of_place(ids, i, m):
    return [(ids[i], ids[j]) for j in _around(ids, i, m) if j != i]


def neighbours(ids, m):
    """All (word, word at most m places away)."""
    return [pair for i in range(len(ids)) for pair in _of_place(ids, i, m)]


def _wrapped(ids, m):
    return [(ids[i], ids[j]) for i in range(len(ids)) for j in range(i - m, i + m + 1) if j != i and j < len(ids)]


def _where(ids, m, keep):
    return [(ids[i], ids[j]) for i in range(len(ids)) for j in _around(ids, i, m) if keep(i, j)]


def _off_the_end(ids, m):
    return [(ids[i], ids[j]) for i in range(len(ids)) for j in range(i - m, i + m + 1) if j != i]


def neighbours_from_both_sides(ids, m):
    """The same: two slices of every distance, each in both directions."""
    right = [(x, y) for k in range(1, m + 1) for x, y in zip(ids[:-k], ids[k:], strict=True)]
    return right + [(y, x) for x, y in right]


def neighbours_as_rows(ids, m):
    """The same as an array of two columns."""
    return np.array(neighbours(ids, m), int).reshape(-1, 2)


def _as_sorted_pairs(found):
    return sorted((int(x), int(y)) for x, y in found)


def _contexts(rng):
    """Draw (W1, W2, context, y): contexts in which one word comes twice or three times."""
    cases = []
    for V, d, context in ((4, 2, [1, 3, 1]), (5, 3, [0, 2, 2, 2]), (6, 3, [5, 5])):
        order = rng.permutation(V)
        cases.append((rng.normal(size=(d, V)), rng.normal(size=(V, d)), order[context], int(rng.integers(V))))
    return cases


def error(W1, W2, context, y, share=1):
    """p - e_y for CBOW, shape (V,)."""
    z = W2 @ W1[:, context].sum(axis=1) * share
    e = np.exp(z - z.max())
    return e / e.sum() - np.eye(len(W2))[y]


def spread(slope, W1, context):
    """Add a slope to the column of every word of the context."""
    grad = np.zeros_like(W1)
    for x in context:
        grad[:, x] += slope
    return grad


def gradient(W1, W2, context, y):
    """The gradient in W1 of -log p(y | context) of CBOW."""
    return spread(W2.T @ error(W1, W2, context, y), W1, context)


def gradient_by_counts(W1, W2, context, y):
    """The same, from how often each word comes."""
    return np.outer(W2.T @ error(W1, W2, context, y), np.bincount(context, minlength=W1.shape[1]))


def _each_word_once(W1, W2, context, y):
    grad = np.zeros_like(W1)
    grad[:, context] += (W2.T @ error(W1, W2, context, y))[:, None]
    return grad


def _mean_forward(W1, W2, context, y):
    return spread(W2.T @ error(W1, W2, context, y, 1 / len(context)), W1, context)


def disguise(W1, W2, stretch=9.0):
    """Other W1, W2 of the same probabilities, in which words 0 and 1 point apart."""
    first, second = (W1[:, x] / np.linalg.norm(W1[:, x]) for x in (0, 1))
    u = (first - second) / np.linalg.norm(first - second)
    A = np.eye(len(W1)) + stretch * np.outer(u, u)
    return A @ W1, W2 @ np.linalg.inv(A)


def disguise_by_choice(W1, W2):
    """The same: A sends the two vectors to opposite sides of one axis, nearly."""
    others = np.linalg.svd(W1[:, :2])[0][:, 2:]
    basis = np.column_stack([W1[:, :2], others])
    target = np.eye(len(W1))
    target[:2, 1] = [-1.0, 0.5]
    A = target @ np.linalg.inv(basis)
    return A @ W1, W2 @ basis @ np.linalg.inv(target)


def _two_vectors(rng, c):
    """Draw W1 and W2 for five words; the cosine of words 0 and 1 is c."""
    W1, W2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 3))
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    W1[:, 0] = rng.uniform(0.5, 2) * axes[0]
    W1[:, 1] = rng.uniform(0.5, 2) * (c * axes[0] + np.sqrt(1 - c**2) * axes[1])
    return W1, W2


def _probabilities(W1, W2):
    e = np.exp(W2 @ W1)
    return e / e.sum(axis=0)


def _cosine(u, v):
    return u @ v / (np.linalg.norm(u) * np.linalg.norm(v))


def _hides(answer, rng):
    if not callable(answer):
        return f"Expected a function of (W1, W2), got {type(answer).__name__}."
    for c in (0.3, 0.5, 0.65, 0.8, 0.9):  # the last one fails whoever stretches too little, every time
        W1, W2 = _two_vectors(rng, c)
        found = answer(W1.copy(), W2.copy())
        if found is None:
            return "Your function returns None: still the stub, or is a `return` missing?"
        if wrong := _not_hidden(W1, W2, found):
            return wrong
    return None


def _not_hidden(W1, W2, found):
    """Return what is wrong with one pair of matrices, or None."""
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return "Expected two arrays, W1 and W2: return them both, in this order."
    new1, new2 = (np.asarray(W, dtype=float) for W in found)
    if new1.shape != W1.shape or new2.shape != W2.shape:
        return f"The shapes differ: expected {W1.shape} and {W2.shape}, got {new1.shape} and {new2.shape}."
    change = np.abs(_probabilities(new1, new2) - _probabilities(W1, W2)).max()
    if not change < 1e-6:
        if np.array_equal(new2, W2):
            return "The probabilities changed, since you changed W1 alone: W2 has to undo what you did to W1."
        return (
            f"The probabilities changed, by up to {change:.2g}. Look for an A that cancels in the product W2 W1: "
            "what is done at the left of W1, its inverse undoes at the right of W2."
        )
    before, after = (_cosine(*W.T[:2]) for W in (W1, new1))
    if abs(after - before) < 1e-9:
        return (
            "The cosine is what it was: turning or scaling all vectors alike keeps angles. Stretch one direction."
        )
    if after > before:
        return (
            f"The probabilities stayed, but the cosine grew, from {before:.2f} to {after:.2f}. "
            "Stretch the direction in which the two, made equally long, differ."
        )
    if not after < 0:
        return f"The probabilities stayed, the cosine went from {before:.2f} to {after:.2f}; get it below 0."
    return None


def _turned(W1, W2):
    Q = np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]
    return Q @ W1, W2 @ Q.T


EXERCISES = (
    Exercise(
        "word-vectors-1",
        "predict",
        "S-4",
        5,
        "Skip-gram gives one of two words the probability p, given x. What does CBOW give it, given x and x?",
        Formula("p"),
        p**2 / (p**2 + (1 - p) ** 2),
        (
            Mistake(p, "that is what the *mean* of x and x gives; equation (4) takes the sum."),
            Mistake(p**2, "p^2 and (1 - p)^2 do not add up to 1: something is missing below the fraction line."),
            Mistake(2 * p / (1 + p), "the *score* is doubled, not the odds; what becomes of e^z if z is doubled?"),
            Mistake(1 - (1 - p) ** 2, "that is the chance of at least one success in two; here scores are added."),
            Mistake((1 - p) ** 2 / (p**2 + (1 - p) ** 2), "that is the probability of the *other* word."),
            Mistake(p**2 / (p**2 + 1 - p), "the other word is shown x twice as well: its 1 - p is squared, too."),
            Mistake(2 * p, "with p = 0.9 that is 1.8: the scores are added, not the probabilities."),
            Mistake(
                sp.exp(2 * p) / (sp.exp(2 * p) + sp.exp(2 - 2 * p)),
                "p is no score: it is e^z over a sum already, and what is doubled is z.",
            ),
            Mistake(p**2 / (1 - p) ** 2, "these are the odds, p to 1 - p; the probability was asked for."),
        ),
        (1 / (1 + ((1 - p) / p) ** 2), p**2 / (1 - 2 * p + 2 * p**2)),
    ),
    Exercise(
        "word-vectors-2",
        "implement",
        "S-5",
        10,
        "Write neighbours(ids, m): the skip-gram examples of one sentence, a list of pairs (x, y) in any order.",
        Calls(("ids", "m"), _sentences, normalise=_as_sorted_pairs),
        neighbours,
        (
            Mistake(
                lambda *c: _where(*c, lambda i, j: True), "a word is paired with itself: leave out its own place."
            ),
            Mistake(lambda *c: _where(*c, lambda i, j: j > i), "only the words to the right are there."),
            Mistake(lambda *c: _where(*c, lambda i, j: j < i), "only the words to the left are there."),
            Mistake(lambda *c: _where(*c, lambda i, j: abs(j - i) == c[1]), "the words nearer than m are missing."),
            Mistake(
                lambda ids, m: [y for x in ids for y in _of_place(ids, list(ids).index(x), m)],
                "`index` finds the first place of a word that comes twice: let the loop run over places.",
            ),
            Mistake(
                lambda ids, m: _where(ids, m, lambda i, j: j != i and m <= i < len(ids) - m),
                "a word at the edge has a window as well, a smaller one.",
            ),
            Mistake(_off_the_end, "i + m runs past the end: stop the second loop at len(ids)."),
            Mistake(lambda *c: list(set(neighbours(*c))), "a pair that comes twice counts twice; a set keeps one."),
            Mistake(lambda ids, m: neighbours(range(len(ids)), m), "these are the places: look up their words."),
            Mistake(lambda ids, m: tuple(neighbours_as_rows(ids, m).T), "two lists came: zip them into pairs."),
            Mistake(
                lambda ids, m: _where(ids, m, lambda i, j: j not in (i, i + m)),
                "range leaves out its end: the word m places to the right is missing.",
            ),
            Mistake(_wrapped, "before the beginning there is nothing, but ids[-1] is the *last* word in Python."),
            Mistake(
                lambda ids, m: _where(ids, m, lambda i, j: ids[i] != ids[j]),
                "a word may stand next to itself, as in 'very very': compare the places, not the words.",
            ),
        ),
        (neighbours_from_both_sides, neighbours_as_rows),
    ),
    Exercise(
        "word-vectors-3",
        "implement",
        "S-4 S-1.3.2 S-softmax",
        12,
        "Write gradient(W1, W2, context, y), the gradient in W1 of -log p(y | context) for CBOW with the sum.",
        Calls(("W1", "W2", "context", "y"), _contexts),
        gradient,
        (
            Mistake(
                _each_word_once,
                "a word that comes twice gets its share once: grad[:, context] += ... adds to each column once.",
            ),
            Mistake(lambda *c: -gradient(*c), "the sign is wrong: the error is p - e_y, not e_y - p."),
            Mistake(
                lambda W1, W2, context, y: spread(
                    W2.T @ (error(W1, W2, context, y) + np.eye(len(W2))[y]), W1, context
                ),
                "the word y itself is missing: its score has the slope p - 1, all others have p.",
            ),
            Mistake(
                lambda W1, W2, context, y: spread(-W2[y], W1, context),
                "only y pulls; the normalisation below the fraction line pushes all words, each by its p.",
            ),
            Mistake(
                lambda W1, W2, context, y: _mean_forward(W1, W2, context, y) / len(context),
                "that is the gradient for the *mean* of the vectors; here they are summed.",
            ),
            Mistake(_mean_forward, "h is the *sum* of the columns, not their mean."),
            Mistake(lambda *c: gradient(*c) / len(c[2]), "do not divide: in a sum each word gets the whole slope."),
            Mistake(
                lambda W1, W2, context, y: gradient(W1, W2, np.unique(context), y),
                "a word that comes twice is twice in h, and gets the slope twice.",
            ),
            Mistake(lambda *c: c[1].T @ error(*c), "that is the gradient in h: which columns of W1 are in h?"),
            Mistake(
                lambda *c: np.outer(error(*c), c[0][:, c[2]].sum(axis=1)),
                "that is the gradient in W2; the one in W1 was asked for.",
            ),
            Mistake(lambda W1, *rest: W1 + gradient(W1, *rest), "begin with zeros, not with a copy of W1."),
            Mistake(
                lambda *c: gradient(*c).T, "the gradient has the shape of W1: a column, not a row, for every word."
            ),
        ),
        (gradient_by_counts,),
    ),
    Exercise(
        "word-vectors-4",
        "derive",
        "S-5",
        8,
        "With p(2 | 1) = a and p(1 | 2) = b, add up p(x_1 | x_2) p(x_2 | x_1) over all texts of two words.",
        Formula("a b"),
        1 + (1 - a - b) ** 2,
        (
            Mistake(sp.Integer(1), "probabilities of texts would give 1; that is the point: these do not."),
            Mistake(
                (1 - a) ** 2 + (1 - b) ** 2, "the texts with two different words are missing: 1 2 as well as 2 1."
            ),
            Mistake(2 * a * b, "the texts 1 1 and 2 2 are missing."),
            Mistake(
                2 - a - b + 2 * a * b, "1 1 has two words, so the factor 1 - a comes twice; so it is with 2 2."
            ),
            Mistake(a + b, "each text is a product of *two* probabilities; then four texts are added."),
            Mistake(
                (1 - a) ** 2 + (1 - b) ** 2 + a * b, "1 2 and 2 1 are two texts, and each of them contributes a b."
            ),
            Mistake(sp.Integer(2), "you added p(x_2 | x_1) alone; each text has a factor for *both* words."),
            Mistake(
                (1 - a) ** 2 + (1 - b) ** 2 + a**2 + b**2,
                "in the text 1 2 one factor is p(2 | 1) = a, the other p(1 | 2) = b; none is squared.",
            ),
        ),
        ((1 - a) ** 2 + (1 - b) ** 2 + 2 * a * b,),
    ),
    Exercise(
        "word-vectors-5",
        "experiment",
        "S-5 S-1.3.2",
        12,
        "Write disguise(W1, W2): other matrices, equal skip-gram probabilities, a negative cosine of words 0, 1.",
        Holds(_hides, "Not one probability changed, and the two words point apart."),
        disguise,
        (
            Mistake(lambda W1, W2: (W1, W2), "The cosine is what it was"),
            Mistake(_turned, "turning or scaling all vectors alike keeps angles"),
            Mistake(lambda W1, W2: (W1 * np.array([-1.0, 1, 1, 1, 1]), W2), "you changed W1 alone"),
            Mistake(
                lambda W1, W2: (disguise(W1, W2)[0], W2 @ (np.eye(3) + 1)), "an A that cancels in the product W2 W1"
            ),
            Mistake(lambda W1, W2: disguise(W1, W2, 0.01), "get it below 0"),
            Mistake(lambda W1, W2: disguise(W1, W2, 1.0), "get it below 0"),
            Mistake(lambda W1, W2: disguise(W1, W2, -0.5), "the cosine grew"),
            Mistake(lambda W1, W2: tuple(W.T for W in disguise(W1, W2)), "The shapes differ"),
            Mistake(lambda W1, W2: disguise(W1, W2)[0], "return them both"),
        ),
        (disguise_by_choice, lambda W1, W2: list(disguise(W1, W2, 1e3))),
    ),
)
