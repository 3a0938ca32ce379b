"""The exercises of the chapter *Backpropagation*."""

from itertools import pairwise

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.feedforward import FeedForward

w1, w2, x, y, d0, d1, d2 = sp.symbols("w1 w2 x y d0 d1 d2")


def zero_gradients(L):
    """Return the layers whose gradient is zero when all weights of a sigmoid network are zero, computed."""
    model = FeedForward((2,) * (L + 1), ("sigmoid",) * L)
    params = {name: np.zeros(shape) for name, shape in model.shapes().items()}
    _, grads = model.loss_and_grad(params, [[1.0, -2.0]], [[0.3, 0.9]])
    return [l for l in range(1, L + 1) if not grads[f"W{l}"].any()]


def _deltas(rng):
    """Draw (z, W_next, delta_next) for one example; one W is square."""
    sizes = [(3, 2), (2, 4), (3, 3)]
    return [tuple(rng.normal(size=s) for s in ((d,), (d_next, d), (d_next,))) for d, d_next in sizes]


def delta(z, W_next, delta_next):
    """The error term of a tanh layer from that of the next layer."""
    return (1 - np.tanh(z) ** 2) * (W_next.T @ delta_next)


def delta_by_loops(z, W_next, delta_next):
    """The same, number by number."""
    result = np.zeros_like(z)
    for i in range(len(z)):
        arrives = sum(W_next[k, i] * delta_next[k] for k in range(len(delta_next)))
        result[i] = arrives / np.cosh(z[i]) ** 2
    return result


def _networks(rng):
    """Draw (W, x, y): one, two and three layers, then three square ones."""
    sizes = [(3, 2), (2, 3, 2), (3, 2, 4, 1), (2, 2, 2, 2)]
    return [
        (
            [rng.normal(size=(b, a)) for a, b in pairwise(s)],
            rng.normal(size=s[0]),
            rng.normal(size=s[-1]),
        )
        for s in sizes
    ]


def backprop(W, x, y, *, sign=1, output_prime=True, prime=lambda a: 1 - a**2, hidden_prime=True, shift=0):
    """Backpropagation for tanh layers and one example. The keywords make the usual mistakes."""
    a = [x]
    for W_l in W:
        a.append(np.tanh(W_l @ a[-1]))
    delta = sign * (a[-1] - y) * (prime(a[-1]) if output_prime else 1)
    grads = []
    for l in range(len(W) - 1, -1, -1):
        grads.insert(0, np.outer(delta, a[l + shift]))
        delta = (prime(a[l]) if hidden_prime else 1) * (W[l].T @ delta)
    return grads


def backprop_by_differences(W, x, y):
    """The same by central differences, entry by entry."""

    def error(weights):
        a = x
        for W_l in weights:
            a = np.tanh(W_l @ a)
        return 0.5 * np.sum((y - a) ** 2)

    grads = [np.zeros_like(W_l) for W_l in W]
    for l, W_l in enumerate(W):
        for index in np.ndindex(W_l.shape):
            up, down = ([m.copy() for m in W] for _ in range(2))
            up[l][index] += 1e-6
            down[l][index] -= 1e-6
            grads[l][index] = (error(up) - error(down)) / 2e-6
    return grads


a1 = sp.tanh(w1 * x)
a2 = sp.tanh(w2 * a1)
XOR = FeedForward((2, 2, 1), ("tanh", "identity"), bias=True)
XOR_X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def _computes_xor(answer, rng):
    if isinstance(answer, tuple):
        return "Expected parameters, got a tuple. `fit` returns two things: params, history = fit(...)."
    try:
        output, _ = XOR.forward(answer, XOR_X)
    except (TypeError, ValueError, FloatingPointError) as error:
        return f'Expected {{"W1": an array of shape (2, 3), "W2": an array of shape (1, 3)}}. {error}'
    wanted, got = XOR_X.sum(axis=1) % 2, output[:, 0]
    wrong = np.flatnonzero(np.abs(got - wanted) > 0.1)
    if not wrong.size:
        return None
    (p, q), i = XOR_X[wrong[0]].astype(int), wrong[0]
    said = f"For the inputs {p}, {q} the network gives {got[i]:.3f}, expected {wanted[i]:.0f} to within 0.1."
    return f"{said} {_xor_advice(answer, got, wanted)}"


def _xor_advice(params, got, wanted):
    """Return what probably went wrong with a network for XOR, or a way to think about it."""
    bias_last = {name: np.roll(W, 1, axis=1) for name, W in params.items()}
    if np.abs(XOR.forward(bias_last, XOR_X)[0][:, 0] - wanted).max() < 0.1:
        return "Your biases stand in the last column; they belong in the first."
    if np.abs(got / 2 - wanted).max() < 0.1:
        return "All outputs are twice too large: tanh jumps by 2, from -1 to 1."
    if abs(got[0] - got[1] - got[2] + got[3]) < 1e-3:
        return "On these four inputs your network is a straight function: let the hidden units bend apart."
    return "One hidden unit can see 'at least one input', the other 'both'; their difference is XOR."


XOR_BY_HAND = {"W1": np.array([[-5.0, 10, 10], [-15.0, 10, 10]]), "W2": np.array([[0.0, 0.5, -0.5]])}
XOR_UPSIDE_DOWN = {"W1": np.array([[15.0, -10, -10], [-5.0, 10, 10]]), "W2": np.array([[0.0, 0.5, 0.5]])}


EXERCISES = (
    Exercise(
        "backpropagation-1",
        "predict",
        "S-dl S-2",
        5,
        "Write zero_layers(L): the layers whose gradient is zero when every weight of a sigmoid network is zero.",
        Calls(
            ("L",),
            lambda rng: [(int(L),) for L in rng.permutation(np.arange(1, 7))[:4]] + [(3,)],
            normalise=lambda layers: sorted(int(l) for l in layers),
        ),
        zero_gradients,
        (
            Mistake(
                lambda L: list(range(1, L + 1)),
                "not all: sigmoid(0) is 1/2, so the last layer gets inputs 1/2 and an error term. (With tanh all "
                "would be zero, for L of at least 2.)",
            ),
            Mistake(lambda L: [], "delta(l) has the factor W(l+1)^T, which is zero here, below the last layer."),
            Mistake(
                lambda L: list(range(2, L + 1)),
                "the wrong end: the error term starts at the last layer and dies on its way down.",
            ),
            Mistake(
                lambda L: [L], "the other way round: the last layer's gradient is the only one that is not zero."
            ),
            Mistake(lambda L: list(range(1, L - 1)), "one layer more is silent: the one just below the last."),
            Mistake(
                lambda L: list(range(L - 1)),
                "right, but layers are counted from 1, as in the notes.",
            ),
        ),
        (
            lambda L: range(1, L),
            lambda L: np.arange(1, L),
            lambda L: set(range(1, L)),
            lambda L: list(range(1, L))[::-1],
        ),
    ),
    Exercise(
        "backpropagation-2",
        "implement",
        "S-dl",
        8,
        "Write delta(z, W_next, delta_next), the error term of a tanh layer from that of the next layer.",
        Calls(("z", "W_next", "delta_next"), _deltas),
        delta,
        (
            Mistake(
                lambda z, W, d: np.tanh(z) * (W.T @ d),
                "you used f(z) where f'(z) belongs; for tanh, f'(z) = 1 - tanh(z)^2.",
            ),
            Mistake(
                lambda z, W, d: (1 - np.tanh(z) ** 2) * (W @ d), "the transpose is missing: W_next^T delta_next."
            ),
            Mistake(lambda z, W, d: W.T @ d, "the factor f'(z) is missing: 1 - tanh(z)^2, entry by entry."),
            Mistake(
                lambda z, W, d: (1 - z**2) * (W.T @ d),
                "1 - a^2 is right only with a = tanh(z); you used z itself.",
            ),
            Mistake(lambda z, W, d: -delta(z, W, d), "the sign is wrong: no minus comes in on the way down."),
            Mistake(
                lambda z, W, d: (1 - np.tanh(np.tanh(z)) ** 2) * (W.T @ d),
                "f' is taken at a = f(z), but it belongs at z.",
            ),
            Mistake(lambda z, W, d: (1 - np.tanh(z)) * (W.T @ d), "the square is missing: f'(z) = 1 - tanh(z)^2."),
            Mistake(
                lambda z, W, d: (1 - np.tanh(z) ** 2) @ (W.T @ d),
                "@ makes one number of two vectors; the product with f'(z) is entry by entry, *.",
            ),
            Mistake(
                lambda z, W, d: (1 - np.tanh(z) ** 2)[:, None] * (W.T @ d),
                "a shape broadcast by accident: (d, 1) times (d,) is a d x d table; both must be of shape (d,).",
            ),
        ),
        (
            delta_by_loops,
            lambda z, W, d: np.einsum("i,ki,k->i", np.cosh(z) ** -2.0, W, d),
            lambda z, W, d: d @ W / np.cosh(z) ** 2,
        ),
    ),
    Exercise(
        "backpropagation-3",
        "implement",
        "S-Alg1 S-1.2 S-1.2L S-2 S-dL S-dl",
        20,
        "Write backprop(W, x, y) for a list W of tanh layers and one example: the list of all gradients.",
        Calls(("W", "x", "y"), _networks, tolerance=1e-5),
        backprop,
        (
            Mistake(
                lambda W, x, y: backprop(W, x, y, output_prime=False),
                "the last error term lacks its factor f'(z): delta(L) = (a(L) - y) f'(z(L)).",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, hidden_prime=False),
                "the factor f'(z) is missing on the way down: delta(l) = f'(z(l)) times W(l+1)^T delta(l+1).",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, prime=lambda a: a),
                "you used f(z) where f'(z) belongs; for tanh, f'(z) = 1 - a^2.",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, sign=-1), "the sign is wrong: it is a(L) - y, output minus label."
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, shift=1),
                "the gradient in W(l) takes the layer's input a(l-1), not its output a(l).",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, output_prime=False, hidden_prime=False),
                "the factor f'(z) is missing everywhere: at the output and on the way down.",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y, prime=lambda a: 1 - np.tanh(a) ** 2),
                "f' is taken at a = f(z): for tanh, f'(z) = 1 - tanh(z)^2 = 1 - a^2.",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y)[1:],
                "the first layer's gradient is missing: does the loop stop early?",
            ),
            Mistake(
                lambda W, x, y: backprop(W, x, y)[::-1],
                "the list is the wrong way round: the gradient in W(1) comes first.",
            ),
            Mistake(
                lambda W, x, y: [g.T for g in backprop(W, x, y)],
                "the products are transposed: delta(l) a(l-1)^T has the shape of W(l).",
            ),
        ),
        (backprop_by_differences, lambda W, x, y: tuple(backprop(W, x, y))),
    ),
    Exercise(
        "backpropagation-4",
        "derive",
        "S-dl S-1.2 S-1.2L S-dL",
        12,
        "Write dE/dw1 for E = 1/2 (y - tanh(w2 tanh(w1 x)))^2 in the symbols w1, w2, x and y.",
        Formula("w1 w2 x y", given="a1 a2"),
        (a2 - y) * (1 - a2**2) * w2 * (1 - a1**2) * x,
        (
            Mistake(
                (a2 - y) * (1 - a2**2) * (1 - a1**2) * x, "the way down from layer 2 to layer 1 leads through w2."
            ),
            Mistake((a2 - y) * (1 - a2**2) * w2 * x, "the derivative of the inner tanh, 1 - a1^2, is missing."),
            Mistake((a2 - y) * w2 * (1 - a1**2) * x, "the derivative of the outer tanh, 1 - a2^2, is missing."),
            Mistake((y - a2) * (1 - a2**2) * w2 * (1 - a1**2) * x, "the sign is wrong: output minus label."),
            Mistake((a2 - y) * (1 - a2**2) * a1, "this is dE/dw2; asked is dE/dw1."),
            Mistake((a2 - y) * a2 * w2 * a1 * x, "you used f(z) where f'(z) belongs, twice."),
            Mistake((a2 - y) * (1 - a2**2) * w2 * (1 - a1**2), "the input of layer 1 is missing: a factor x."),
            Mistake((a2 - y) * (1 - a2**2) * w2 * (1 - a1**2) * a1, "the input of layer 1 is x, not a1."),
            Mistake(
                (a2 - y) * (1 - a2**2) * w1 * (1 - a1**2) * x, "the way down from layer 2 leads through w2, not w1."
            ),
            Mistake(2 * (a2 - y) * (1 - a2**2) * w2 * (1 - a1**2) * x, "the 1/2 of the loss cancels the 2."),
        ),
        (sp.diff((y - a2) ** 2 / 2, w1), (a2 - y) / sp.cosh(w2 * a1) ** 2 * w2 / sp.cosh(w1 * x) ** 2 * x),
    ),
    Exercise(
        "backpropagation-5",
        "experiment",
        "S-1.2",
        15,
        "Find parameters with which a 2-2-1 network (tanh, then identity, with biases) computes XOR.",
        Holds(_computes_xor, "Your network computes XOR of all four inputs."),
        XOR_BY_HAND,
        (
            Mistake({"W1": np.zeros((2, 3)), "W2": np.zeros((1, 3))}, "straight function"),
            Mistake({"W1": np.full((2, 3), 0.01), "W2": np.array([[0.5, 0.0, 0.0]])}, "straight function"),
            Mistake(
                {"W1": np.array([[-5.0, 10, 10], [-5.0, 10, 10]]), "W2": np.array([[0.5, 0.25, 0.25]])}, "1, 1"
            ),
            Mistake(
                {"W1": np.array([[-15.0, 10, 10], [-15.0, 10, 10]]), "W2": np.array([[0.5, 0.25, 0.25]])}, "0, 1"
            ),
            Mistake({"W1": XOR_BY_HAND["W1"], "W2": 2 * XOR_BY_HAND["W2"]}, "twice too large"),
            Mistake({name: np.roll(W, -1, axis=1) for name, W in XOR_BY_HAND.items()}, "last column"),
            Mistake((XOR_BY_HAND, None), "fit` returns two things"),
            Mistake({"W1": np.ones((3, 2)), "W2": np.ones((1, 3))}, "shape (2, 3)"),
            Mistake({"W1": np.full((2, 3), np.nan), "W2": np.ones((1, 3))}, "nan"),
        ),
        (XOR_UPSIDE_DOWN,),
    ),
    Exercise(
        "backpropagation-6",
        "derive",
        "S-Alg1 S-2 S-dl",
        8,
        "Count the multiplications in the matrix products of the backward phase, sizes d0, d1, d2, one example.",
        Formula("d0 d1 d2", whole=True),
        d0 * d1 + 2 * d1 * d2,
        (
            Mistake(
                2 * (d0 * d1 + d1 * d2), "no error term is carried below layer 1: W(1)^T delta(1) is not needed."
            ),
            Mistake(
                d0 * d1 + d1 * d2,
                "these are the products delta a^T; the way down, W(2)^T delta(2), is missing.",
            ),
            Mistake(
                2 * d0 * d1 + d1 * d2,
                "the layer with two products is layer 2: W(2)^T delta(2) and delta(2) a(1)^T.",
            ),
            Mistake(
                (d0 * d1 + d1 * d2) ** 2,
                "this is about what differences would cost, one forward pass a weight; backpropagation is cheaper.",
            ),
            Mistake(2 * d0 * d1 + 3 * d1 * d2, "you counted the forward phase too; asked is the way back alone."),
            Mistake(d1 * d2, "this is only the way down; the gradients delta a^T are products too."),
        ),
        (d1 * (d0 + 2 * d2),),
    ),
)
