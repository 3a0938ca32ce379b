"""The exercises of the chapter *Sequences and recurrent networks*."""

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.recurrent import Jordan, SimpleRNN

c = sp.Symbol("c")
free, fixed = (c**2 + (1 - c) ** 2) / 2, c**2  # what the guess costs at a drawn bit, and at an XOR


# --- 2: Jordan's network, as printed ---


def _jordans(rng):
    """Draw (v, omega, X): T steps of n examples, sizes (N, K, J)."""
    cases = []
    for T, n, N, K, J in ((1, 2, 2, 3, 1), (4, 3, 2, 4, 3), (5, 1, 3, 2, 2), (3, 4, 2, 2, 2)):
        v, omega = rng.normal(size=(1 + N + J, K)), rng.normal(size=(1 + K, J))
        cases.append((2 * v, 2 * omega, rng.normal(size=(T, n, N))))
    return cases


def sigmoid(z):
    """Return 1 / (1 + exp(-z)) entry by entry; the exercise's scores are small."""
    return 1 / (1 + np.exp(-z))


def jordan(v, omega, X, *, f=sigmoid, g=sigmoid, before=0.0, back=lambda F, O, G: G, order=(0, 1, 2)):
    """Equations (9) to (14), step by step. The keywords make the usual mistakes."""
    one, J, outputs = np.ones((X.shape[1], 1)), omega.shape[1], []
    fed = back(0 * one * omega[1:, 0], np.zeros((len(one), J)), np.full((len(one), J), before))
    for X_t in X:
        columns = [one, X_t, fed]
        F = f(np.hstack([columns[i] for i in order]) @ v)
        O = np.hstack([one, F]) @ omega
        fed = back(F, O, g(O))
        outputs.append(g(O))
    return np.array(outputs)


def _other(**changes):
    return lambda v, omega, X: jordan(v, omega, X, **changes)


def _then(change):
    return lambda v, omega, X: change(jordan(v, omega, X))


def by_the_package(v, omega, X):
    """The same, by `nncourse.recurrent`."""
    return Jordan((X.shape[2], v.shape[1], omega.shape[1])).forward({"v": v, "omega": omega}, X)[0]


# --- 3: from Jordan to Stratos ---


def _straight_jordans(rng):
    """Draw (v, omega) of Jordan networks without biases; all sizes differ, then K = J, and all are equal."""
    return [(rng.normal(size=(N + J, K)), rng.normal(size=(K, J))) for N, K, J in ((2, 4, 3), (3, 2, 2), (2, 2, 2))]


def to_simple(v, omega):
    """The simple RNN that does what a Jordan network with g = identity does."""
    N = len(v) - omega.shape[1]
    return {"W1": v[:N].T, "V1": (omega @ v[N:]).T, "W2": omega.T}


def _changed(**parts):
    """Return a wrong answer: `to_simple` with some parts made otherwise, from (v_x, v_g, omega)."""

    def wrong(v, omega):
        N = len(v) - omega.shape[1]
        return to_simple(v, omega) | {name: make(v[:N], v[N:], omega) for name, make in parts.items()}

    return wrong


class _Matrices(Calls):
    """Says which of the matrices is wrong."""

    def cause(self, exercise, cases, got):
        """Return the words of a known mistake, or what is wrong with each matrix."""
        return super().cause(exercise, cases, got) or self._parts(got[0], self.call(exercise.solution, cases[0]))

    def _parts(self, got, wanted):
        if isinstance(got, Exception):
            return None
        if not isinstance(got, dict) or got.keys() != wanted.keys():
            return 'a mapping is expected, with the keys "W1", "V1" and "W2" and no others.'
        shapes = {name: np.shape(W) for name, W in got.items()}
        says = {True: "is right", False: "has the right shape, but wrong numbers"}
        return "; ".join(
            f"{name} {says[self.agree(got[name], W)]}"
            if shapes[name] == W.shape
            else f"{name} has the shape {shapes[name]}, expected {W.shape}"
            for name, W in wanted.items()
        )


# --- 4: XOR of the last two bits ---

LAST_TWO = {
    "W1": np.array([[1.0], [1.0], [-1.0]]),
    "V1": np.array([[0.0, 0, 0], [-1, 0, 0], [1, 0, 0]]),
    "W2": np.array([[0.0, 1, 1]]),
}
IN_ANOTHER_ORDER = {
    "W1": [[-2.0], [2.0], [0.5], [0]],
    "V1": [[0, 0, 4, 0], [0, 0, -4, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    "W2": [[0.5, 0.5, 0, 7]],
}
PARITY = {"W1": [[1.0], [-1.0], [0.0]], "V1": [[-1.0, -1, 0], [1, 1, 0], [0, 0, 0]], "W2": [[1.0, 1, 0]]}


def _answers_xor(answer, rng):
    """Return None if a simple RNN (relu, identity, no biases) says the XOR of the last two bits."""
    if wrong := _wrong_parameters(answer):
        return wrong
    params = {name: np.array(answer[name], float) for name in ("W1", "V1", "W2")}
    bits = np.concatenate([rng.integers(2, size=(500, 8)), np.tile([[0], [0], [1], [1], [0]], (100, 1))], axis=1)
    output, _ = _network(params).forward(params, bits[:, :, None] * 1.0)
    said, before, now = output[1:, :, 0], bits[:-1], bits[1:]
    if np.abs(said - (before ^ now)).max() < 0.1:
        return None
    pairs = [(a, b, said[(before == a) & (now == b)]) for a, b in np.ndindex(2, 2)]
    seen = [f"after {a}, {b} it says {s[np.abs(s - (a ^ b)).argmax()]:.3g}" for a, b, s in pairs]
    return f"Where it is farthest off, {'; '.join(seen)}. {_why(said, bits, params)}"


def _network(params):
    return SimpleRNN((1, len(params["W1"]), 1), ("relu", "identity"))


def _wrong_parameters(answer):
    if isinstance(answer, tuple):
        return "One mapping of three arrays is expected; `fit` returns two things, the parameters come first."
    if not isinstance(answer, dict) or not {"W1", "V1", "W2"} <= answer.keys():
        return 'Expected {"W1": ..., "V1": ..., "W2": ...}, three arrays.'
    try:
        arrays = [np.array(answer[name]) for name in ("W1", "V1", "W2")]
        finite = all(np.isfinite(W.astype(float)).all() for W in arrays if not np.iscomplexobj(W))
    except (TypeError, ValueError):
        return "W1, V1 and W2 have to be arrays of numbers, with rows of one length."
    if any(np.iscomplexobj(W) for W in arrays):
        return "Real numbers are expected."
    shapes = [W.shape for W in arrays]
    K = shapes[0][0] if shapes[0] else 0
    if shapes != [(K, 1), (K, K), (1, K)]:
        wanted = "(K, 1), (K, K) and (1, K), K = 3 units for instance"
        return f"The shapes of W1, V1 and W2 are {', '.join(map(str, shapes))}; expected {wanted}."
    return None if finite else "There is an inf or a nan in your parameters."


def _why(said, bits, params):
    parity = bits.cumsum(axis=0) % 2
    if not params["V1"].any():
        return "With V1 = 0 nothing comes from the step before: the last bit has to be kept in the state."
    if np.abs(said - parity[1:]).max() < 0.1:
        return "That is the parity of all bits so far; only the last two are asked for."
    if np.abs(said - bits[:-1]).max() < 0.1:
        return "That is the bit before, well kept; now compare it with the bit that comes in."
    if np.abs(said - (bits[1:] > bits[:-1])).max() < 0.1 or np.abs(said - (bits[1:] < bits[:-1])).max() < 0.1:
        return "One of two cases is missing: relu(a - b) sees a > b only."
    unequal = bits[1:] != bits[:-1]
    turned, _ = _network(params).forward(params | {"V1": params["V1"].T}, bits[:, :, None] * 1.0)
    if np.abs(turned[1:, :, 0] - unequal).max() < 0.1:
        return "Your V1 is transposed: row i says where unit i gets its value from."
    if np.abs(np.abs(said) - unequal).max() < 0.1:
        return "Right but for a sign: the XOR is never negative. Look at W2."
    if np.abs(said[~unequal]).max() < 0.1 and np.ptp(said[unequal]) < 0.01 * np.abs(said[unequal]).max():
        return f"That is {said[unequal][0]:.3g} times the XOR: look at the sizes of your weights, W2 first."
    return "XOR is |a - b| = relu(a - b) + relu(b - a); keep the last bit in a unit of its own."


# --- 5: parity, from another state ---


def _starts(rng):
    """Draw (c, bits), c in (0, 1) away from its middle. The rows tell parity from the first, last, and any bit."""
    cases = [(0.25 + 0.1 * rng.random(), [0] * 4)]
    rows = ((0, 2, 1, 9, 0.1), (0, 3, 0, 9, 0.1), (1, 3, 0, 9, 0.75), (0, 1, 0, 8, 0.75), (1, 3, 1, 9, 0.35))
    for first, ones, last, length, low in rows:
        middle = rng.permutation(np.arange(length - 2) < ones).astype(int).tolist()
        cases.append((low + 0.2 * rng.random() * (low != 0.35), [first, *middle, last]))
    return cases


class _Lists(Calls):
    """Gives every answer a list of its own, so that it may change it; takes one number in an array for a number."""

    def call(self, function, case):
        """Return what a function makes of (c, bits)."""
        value = super().call(function, (case[0], list(case[1])))
        return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def step_by_step(rule):
    """Return the answer that makes p of c by p = rule(x, p) for each bit x."""

    def answer(c, bits):
        for x in bits:
            c = rule(x, c)
        return c

    return answer


last_output = step_by_step(lambda x, p: abs(x - p))


EXERCISES = (
    Exercise(
        "recurrent-networks-1",
        "derive",
        "J-xor J-T1",
        8,
        "A guess says c where the last two bits are equal, else 1 - c. Its mean squared error on the stream?",
        Formula("c"),
        (2 * free + fixed) / 3,
        (
            Mistake(fixed, "that is the cost at the XOR bits; two bits of three are drawn."),
            Mistake(free, "that is the cost at the drawn bits; one bit of three is an XOR."),
            Mistake((free + 2 * fixed) / 3, "there are two drawn bits in a group and one XOR, not the other way."),
            Mistake((free + fixed) / 2, "the drawn bits are twice as many as the XORs."),
            Mistake(2 * free + fixed, "that is the sum over the three places; the mean is asked."),
            Mistake((2 * free + fixed) / 6, "the squared error is asked, without the half of the loss."),
            Mistake((4 * free + fixed) / 3, "at a drawn bit each of the two errors has the chance 1/2."),
            Mistake((1 + c) / 3, "that is the mean distance; square each error before you take the mean."),
            Mistake(2 * c - sp.Rational(2, 3), "that is the slope of the cost; asked is the cost."),
            Mistake((sp.Rational(1, 2) + fixed) / 3, "1/4 is what the guess 1/2 costs at a drawn bit, not c."),
            Mistake((2 * free + (1 - c) ** 2) / 3, "where the bits are equal, the XOR is 0 and the guess c."),
            Mistake((2 * c * (1 - c) + fixed) / 3, "square c and 1 - c first, then take their mean."),
            Mistake(sp.Rational(2, 9) + 0 * c, "that is the least that it can be; asked is the cost for every c."),
        ),
        (c**2 - 2 * c / 3 + 1 / 3, (c - sp.Rational(1, 3)) ** 2 + sp.Rational(2, 9)),
    ),
    Exercise(
        "recurrent-networks-2",
        "implement",
        "J-9 J-F2 J-8 J-10 J-11 J-12 J-13 J-14",
        12,
        "Write jordan(v, omega, X), which returns the outputs G_t of all steps, from G_0 = 0.",
        Calls(
            ("v", "omega", "X"),
            _jordans,
            normalise=lambda G: np.array(G, float) if isinstance(G, (list, tuple)) else G,
        ),
        jordan,
        (
            Mistake(_other(back=lambda F, O, G: F), "you feed F back: that is Elman. Jordan feeds G back."),
            Mistake(_other(back=lambda F, O, G: 0 * G), "nothing is fed back: the new G has to go in."),
            Mistake(_other(before=0.5), "G begins with zeros here, not with halves."),
            Mistake(_other(back=lambda F, O, G: O), "fed back is the output G itself, after the sigmoid."),
            Mistake(_other(g=lambda z: z), "the output has a sigmoid as well, equation (14)."),
            Mistake(_other(g=np.tanh), "the output's function is the sigmoid, not tanh."),
            Mistake(_other(f=lambda z: z), "the hidden units have a sigmoid as well, equation (11)."),
            Mistake(_other(f=np.tanh), "the hidden units' function is the sigmoid, not tanh."),
            Mistake(lambda v, omega, X: jordan(-v, -omega, X), "the sigmoid has a minus: 1 / (1 + exp(-z))."),
            Mistake(_other(order=(1, 2, 0)), "the ones come first: row 1 of v holds the biases."),
            Mistake(_other(order=(0, 2, 1)), "the order of the columns is 1, X, G: what is fed back comes last."),
            Mistake(_then(lambda G: G[-1]), "that is the last step's output alone; those of all steps are asked."),
            Mistake(_then(lambda G: G[0]), "that is the first step alone: is the `return` inside the loop?"),
            Mistake(_then(lambda G: 0 * G + G[-1]), "your list holds one array many times: make a new G."),
            Mistake(_then(lambda G: np.concatenate([0 * G[:1], G])), "the zeros of G_0 are no output."),
            Mistake(_then(lambda G: np.concatenate([0 * G[:1], G[:-1]])), "one step late: append the new G."),
            Mistake(lambda v, omega, X: jordan(v, omega, X.swapaxes(0, 1)), "time is the first axis: X[t]."),
        ),
        (by_the_package, lambda v, omega, X: list(jordan(v, omega, X))),
    ),
    Exercise(
        "recurrent-networks-3",
        "implement",
        "J-13 J-9 J-10",
        10,
        "Write to_simple(v, omega): the W1, V1 and W2 that do what a Jordan network with g = identity does.",
        _Matrices(("v", "omega"), _straight_jordans, normalise=lambda p: dict(p) if hasattr(p, "keys") else p),
        to_simple,
        (
            Mistake(_changed(V1=lambda x, g, o: o @ g), "V1 is transposed: Stratos' examples are columns."),
            Mistake(_changed(V1=lambda x, g, o: g.T), "v_g does not meet the hidden units, it meets G = F omega."),
            Mistake(_changed(V1=lambda x, g, o: g @ o), "F meets omega first, then v_g; that is J x J."),
            Mistake(_changed(W2=lambda x, g, o: o), "W2 is to be transposed: its shape is J x K."),
            Mistake(_changed(W1=lambda x, g, o: x), "W1 is to be transposed: its shape is K x N."),
            Mistake(_changed(W1=lambda x, g, o: x, W2=lambda x, g, o: o), "W1 and W2 are to be transposed."),
            Mistake(lambda v, omega: {k: W.T for k, W in to_simple(v, omega).items()}, "all three are transposed."),
            Mistake(
                lambda v, omega: to_simple(np.roll(v, -omega.shape[1], 0), omega), "the rows for X come first."
            ),
            Mistake(lambda v, o: to_simple(v, np.eye(len(o))) | {"W2": o.T}, "J rows of v, not K, are for G."),
        ),
        (
            lambda v, omega: {
                "W2": omega.T,
                "V1": v[-omega.shape[1] :].T @ omega.T,
                "W1": v[: -omega.shape[1]].T.tolist(),
            },
        ),
    ),
    Exercise(
        "recurrent-networks-4",
        "experiment",
        "S-2.1 J-T1 S-rnn",
        15,
        "Find W1, V1 and W2 with which a simple RNN (relu, identity) says the XOR of the last two bits.",
        Holds(_answers_xor, "Your network says the XOR of the last two bits at every step."),
        LAST_TWO,
        (
            Mistake(LAST_TWO | {"V1": np.zeros((3, 3))}, "With V1 = 0 nothing comes from the step before"),
            Mistake(PARITY, "parity of all bits so far"),
            Mistake(LAST_TWO | {"W2": np.array([[0.0, 1, 0]])}, "One of two cases is missing"),
            Mistake({"W1": [[1], [0]], "V1": [[0, 0], [1, 0]], "W2": [[0, 1]]}, "the bit before, well kept"),
            Mistake(LAST_TWO | {"V1": LAST_TWO["V1"].T}, "Your V1 is transposed"),
            Mistake({name: np.zeros(W.shape) for name, W in LAST_TWO.items()}, "With V1 = 0"),
            Mistake(LAST_TWO | {"W2": np.array([[0.0, 2, 2]])}, "That is 2 times the XOR"),
            Mistake(LAST_TWO | {"W2": np.array([[0.0, 1, -1]])}, "Right but for a sign"),
            Mistake(LAST_TWO | {"V1": [[0.0, 0, 0], [-1, 0], [1, 0, 0]]}, "rows of one length"),
            Mistake(LAST_TWO | {"W1": np.array([[1.0, 1.0, -1.0]])}, "expected (K, 1), (K, K) and (1, K)"),
            Mistake((LAST_TWO, None), "`fit` returns two things"),
            Mistake({"W1": LAST_TWO["W1"], "W2": LAST_TWO["W2"]}, "three arrays"),
            Mistake({name: W * np.nan for name, W in LAST_TWO.items()}, "nan"),
        ),
        (IN_ANOTHER_ORDER, {name: W.tolist() for name, W in LAST_TWO.items()}),
    ),
    Exercise(
        "recurrent-networks-5",
        "predict",
        "S-2.1 S-rnn J-0",
        6,
        "What is the last output of the parity network if its state begins at (c, 0), 0 < c < 1?",
        _Lists(("c", "bits"), _starts),
        last_output,
        (
            Mistake(lambda c, bits: sum(bits) % 2, "that is the output from the state (0, 0); here p_0 = c."),
            Mistake(lambda c, bits: c, "a 1 turns c into |c - 1|, which is not c; a 0 leaves it as it is."),
            Mistake(lambda c, bits: 1 - c, "after an even number of ones, the output is where it began."),
            Mistake(lambda c, bits: abs(1 - c - sum(bits) % 2), "the other way round: zeros change nothing."),
            Mistake(lambda c, bits: (sum(bits) + c) % 2, "c is not added once: each step takes a difference."),
            Mistake(lambda c, bits: abs(c - len(bits) % 2), "zeros change nothing: count the ones, not the bits."),
            Mistake(lambda c, bits: round(c) ^ (int(sum(bits)) % 2), "the network does not round: c stays in it."),
            Mistake(step_by_step(lambda x, p: x - p), "the sum of the two units is |x - p|, never negative."),
            Mistake(step_by_step(lambda x, p: max(0, x - p)), "that is one unit only; relu(p - x) is missing."),
            Mistake(step_by_step(lambda x, p: max(0, p - x)), "that is one unit only; relu(x - p) is missing."),
            Mistake(lambda c, bits: abs(bits[-1] - c), "that is one step alone: before it, p is no longer c."),
            Mistake(lambda c, bits: abs(bits[0] - c), "that is the first step alone: is the `return` in the loop?"),
            Mistake(lambda c, bits: abs(sum(bits) - c), "take the difference bit by bit, not from the sum."),
            Mistake(lambda c, bits: 1 - c if sum(bits) else c, "two ones bring p back to where it was."),
            Mistake(lambda c, bits: abs(c - bits.count(0) % 2), "you count the zeros; they change nothing."),
            Mistake(lambda c, bits: np.abs(np.cumsum(bits) % 2 - c), "these are all outputs; the last is asked."),
        ),
        (
            lambda c, bits: c if sum(bits) % 2 == 0 else 1 - c,
            lambda c, bits: 0.5 + (c - 0.5) * (-1) ** int(np.sum(bits)),
        ),
    ),
)
