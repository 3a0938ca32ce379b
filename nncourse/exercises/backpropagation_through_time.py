"""The exercises of the chapter *Backpropagation through time*."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds
from nncourse.recurrent import SimpleRNN
from nncourse.unrolling import coverage, notes_algorithm

w, v, u, x1, x2, y, n, T = sp.symbols("w v u x1 x2 y n T")
h1 = sp.tanh(w * x1)
h2 = sp.tanh(w * x2 + v * h1)
delta2 = (1 - h2**2) * u * (u * h2 - y)
delta1 = (1 - h1**2) * v * delta2


@dataclass(frozen=True)
class Advised(Calls):
    """Like `Calls`; where no registered mistake fits, `advice(cases, which parts of each result agree)` helps."""

    advice: Callable | None = None

    def cause(self, exercise, cases, got):
        """Return the words of the first mistake that gives the same results, or else the advice."""
        if (because := super().cause(exercise, cases, got)) or any(isinstance(g, Exception) for g in got):
            return because
        wanted = [self.call(exercise.solution, case) for case in cases]
        return self.advice(cases, [self.parts(*pair) for pair in zip(got, wanted, strict=True)])

    def parts(self, got, wanted):
        """Return for each part of one result whether it agrees, or None."""
        try:
            return None if isinstance(got, dict) else [self.agree(*pair) for pair in zip(got, wanted, strict=True)]
        except (TypeError, ValueError):
            return None


@dataclass(frozen=True)
class Count(Formula):
    """Like `Formula`, for whole n and T <= n only: a floor may stand in it."""

    def __call__(self, exercise, answer, rng):
        """Return None, or a pair of n and T where the formula differs and the likely cause."""
        wrong = super().__call__(exercise, answer, rng)
        if not wrong or not wrong.startswith("At "):
            return wrong
        values = zip(_at(sp.sympify(answer), 0), _at(exercise.solution, 0), strict=True)
        (a, b, came), (_, _, right) = min(pair for pair in values if pair[0] != pair[1])
        cause = wrong.partition("\n")[2] or "On paper: which unrollings are there, and how long is each?"
        return f"For n = {a}, T = {b} your formula gives {float(came):.6g}, expected {right}.\n{cause}"

    def same(self, a, b, rng):
        """Return whether two formulas give the same at thirty random pairs."""
        seed = rng.integers(1 << 30)
        return _at(a, seed) == _at(b, seed)


def _at(formula, seed):
    """Return thirty random (n, T, value of the formula) with T <= n."""
    pairs = [(int(T + more), int(T)) for T, more in np.random.default_rng(seed).integers((2, 0), 12, (30, 2))]
    f = formula.subs({s: sp.Symbol(s.name) for s in formula.free_symbols})
    return [(a, b, sp.nsimplify(f.subs({n: a, T: b}).doit())) for a, b in pairs]


def counted(n, T, *, first=2, shift=0):
    """How often each loss counts in the notes' algorithm, as printed. The keywords make the usual mistakes."""
    counts = [0] * (n + 2)
    for t in range(T, n + 1):
        for t_ in range(t - T + first, t + 1 - shift):
            counts[t_] += 1
    return counts[1 : n + 1]


def _lengths(rng):
    """Draw (n, T): every kind of case, T = 1 and T = n among them."""
    cases = [(int(n), int(rng.integers(2, n))) for n in rng.integers(5, 10, 3)]
    return [(5, 3), *cases, (6, 4), (int(rng.integers(3, 7)), 1), (4, 4)]


def _whole(counts):
    """Return counts as a list of int; what is no list of whole numbers stays as it is."""
    counts = counts if isinstance(counts, (dict, str)) else list(counts)
    return [int(c) for c in counts] if all(not isinstance(c, str) and c == int(c) for c in counts) else counts


def _which_loss(cases, right):
    if None in right:
        return "one number for each of the steps 1 .. n is asked, in a list."
    (n, T), parts = next(pair for pair in zip(cases, right, strict=True) if not all(pair[1]))
    s = parts.index(False) + 1
    return f"for n = {n}, T = {T} look at the loss of step {s}: in which windows t does t' come to be {s}?"


def _networks(rng):
    """Draw (W1, V1, W2, x, y, T): one T in the middle, T = 1, T = n, and one square network."""
    cases = []
    for d0, d1, d2, n, T in ((2, 3, 2, 5, 3), (1, 2, 1, 4, 1), (3, 2, 2, 4, 4), (2, 2, 2, 6, 2)):
        shapes = ((d1, d0), (d1, d1), (d2, d1), (n, d0), (n, d2))
        cases.append((*(rng.normal(size=shape) for shape in shapes), T))
    return cases


def truncated(W1, V1, W2, x, y, T, *, way=0, prime=True, V=lambda V1: V1.T, late=0, sign=1, last=False, own=0):
    """The gradient of a tanh network, each loss once and back through T steps. The keywords make mistakes."""
    h = [np.zeros(len(V1))]
    for x_t in x:
        h.append(np.tanh(W1 @ x_t + V1 @ h[-1]))
    dW1, dV1, dW2 = 0 * W1, 0 * V1, 0 * W2
    for s in range(len(x) if last else 1, len(x) + 1):
        epsilon = sign * (W2 @ h[s] - y[s - 1])
        dW2 += np.outer(epsilon, h[s])
        delta = (1 - h[s] ** 2) * (W2.T @ epsilon)
        for k in range(s, max(0, s - T - way), -1):
            dW1 += np.outer(delta, x[k - 1])
            dV1 += np.outer(delta, h[k - 1 + late])
            delta = (1 - h[k - 1 + own] ** 2 if prime else 1) * (V(V1) @ delta)
    return [dW1, dV1, dW2]


def _which_gradient(cases, right):
    if None in right:
        return "the list [dW1, dV1, dW2] is asked, each an array of its parameter's shape."
    if not any(any(parts) for parts in right):
        return "nothing is right in any case: look at the way forward and at epsilon first."
    if wrong := [name for i, name in enumerate(("dW1", "dV1", "dW2")) if not any(parts[i] for parts in right)]:
        return f"the trouble is in {' and '.join(wrong)}, wrong in every case."
    if all(right[2]):
        return "T = n came out right: look at where each loss stops, and at the state that is found there."
    return "T = 1 came out right: look at the steps further back." if all(right[1]) else None


def by_the_package(W1, V1, W2, x, y, T, *, notes=False):
    """The same by the package; or the notes' algorithm."""
    model = SimpleRNN((x.shape[1], len(V1), len(W2)), ("tanh", "identity"))
    batch = {"W1": W1, "V1": V1, "W2": W2}, x[:, None], y[:, None]
    return list((notes_algorithm(model, *batch, T) if notes else model.loss_and_grad(*batch, T=T)[1]).values())


def _outputs(rng):
    """Draw (output, label, v_G, delta_next) of one step: one v_G square, once no later blame, once no own loss."""
    sizes = ((2, 3), (3, 2), (3, 3), (1, 2), (2, 3), (2, 3))
    sizes = [(rng.uniform(0.1, 0.9, J), rng.uniform(0, 1, J), rng.normal(size=(J, K)), K) for J, K in sizes]
    *cases, no_blame, (output, _, v_G, delta) = [(*case, rng.normal(size=K)) for *case, K in sizes]
    return [*cases, (*no_blame[:3], np.zeros(3)), (output, output, v_G, delta)]


def _which_blame(cases, right):
    if None in right:
        return "one number for each output is asked, shape (J,)."
    if all(right[-2]):
        return "where delta_next is 0 you are right: look at what the next step blames on this output."
    if all(right[-1]):
        return "where the output is the label you are right: look at the output's own loss."
    return "look at the factor in front of both blames, and take the two apart: set delta_next to 0."


def epsilon(output, label, v_G, delta_next):
    """The error term of the output's score in Jordan's network with sigmoid outputs."""
    return output * (1 - output) * (output - label + v_G @ delta_next)


ECHO = SimpleRNN((1, 3, 1), ("identity", "identity"))
LAG = 2
BUCKETS = {"W1": np.eye(3)[:, :1], "V1": np.eye(3, k=-1), "W2": np.eye(3)[2:]}


def _echoes(answer, rng):
    if isinstance(answer, tuple):
        return "Expected parameters, got a tuple. `fit` returns two things: params, history = fit(...)."
    x = np.concatenate([rng.choice([-1.0, 1.0], (30, 4, 1)), np.zeros((30, 1, 1))], axis=1)
    x[0, 4] = 1  # what the network says about a single coin tells which coins are the worst for it
    try:
        output, _ = ECHO.forward(answer, x)
        miss = output[:, 4] - (np.arange(30) == LAG)[:, None]
        x[:, 4] = np.where(miss < 0, -1, 1)[::-1]
        output, _ = ECHO.forward(answer, x)
    except (TypeError, ValueError, FloatingPointError) as error:
        return f'Expected {{"W1": shape (3, 1), "V1": shape (3, 3), "W2": shape (1, 3)}}. {error}'
    wrong = np.argwhere(~(np.abs(output[LAG:] - x[:-LAG]) <= 0.1 + 1e-9))
    if not wrong.size:
        return None
    t, i = wrong[0][:2]
    heard = ("... " if t > 5 else "") + ", ".join(f"{v:+.0f}" for v in x[max(0, t - 5) : t + LAG + 1, i, 0])
    said = f"After the inputs {heard} the network says {output[t + LAG, i, 0]:.2f}, expected {x[t, i, 0]:+.0f}."
    return f"{said} {_echo_advice(answer, x, output)}"


def _echo_advice(params, x, output):
    """Return what probably went wrong with a network that should echo, or a way to think about it."""
    if np.abs(output).max() < 0.1:
        turned = ECHO.forward({**params, "V1": np.asarray(params["V1"]).T}, x)[0]
        if np.abs(turned[LAG:] - x[:-LAG]).max() < 0.1:
            return "Your V(1) is transposed: row i says where unit i gets its value from."
        return "It is nearly silent: is there a way from W(1) through V(1), twice, to W(2)?"
    for lag in (0, 1, 3, 4):
        if np.abs(output[lag:] - x[: len(x) - lag]).max() < 0.1:
            return f"It repeats what came {lag} before; asked is what came {LAG} before."
    if np.abs(output[LAG:] + x[:-LAG]).max() < 0.1:
        return "The echo comes with the wrong sign."
    if np.mean(np.sign(output[LAG:]) == x[:-LAG]) > 0.99:
        return "The signs are right, the sizes are not yet: train on, or look at the sizes of the entries."
    if np.abs(output).max() > 10:
        return "The outputs grow: something in V(1) feeds a unit back into itself."
    return "Let each unit hand its value to the next one and keep nothing: then nothing old comes in between."


WRONG_1 = {
    "that is the corrected range; as printed, t' begins at t - T + 2.": lambda n, T: counted(n, T, first=1),
    "that is each loss once; the windows of the algorithm overlap.": lambda n, T: [1] * n,
    "your t' stops one too early: range(a, b + 1) runs from a to b.": lambda n, T: counted(n, T, shift=1),
    "there is one number too many in front: the list begins with step 1.": lambda n, T: [0, *counted(n, T)],
    "near the end a loss lies in fewer windows: t stops at n.": lambda n, T: [min(T - 1, s) for s in range(n)],
    "your t goes on to n + 1; the last window ends at n.": lambda n, T: [max(0, c) for c in counted(n + 1, T)][:n],
    "your t stops at n - 1: range(T, n + 1).": lambda n, T: [*counted(n - 1, T), 0] if n > T else [0] * n,
    "you count one place too late: step 1 is number 0 in the list.": lambda n, T: [0, *counted(n, T)][:n],
}
WRONG_2 = {
    "that is the instance of step 2 alone, as with T = 1; w stands in step 1 as well.": delta2 * x2,
    "that is the instance of step 1 alone; w stands in step 2 as well.": delta1 * x1,
    "the slope of the first tanh, 1 - h1^2, is missing.": delta2 * (x2 + v * x1),
    "the way from step 2 to step 1 leads through v.": delta2 * x2 + delta1 / v * x1,
    "the way from the output to the state leads through u.": (delta2 * x2 + delta1 * x1) / u,
    "the slope of the second tanh, 1 - h2^2, is missing.": (delta2 * x2 + delta1 * x1) / (1 - h2**2),
    "the sign is wrong: output minus label.": -delta2 * x2 - delta1 * x1,
    "that is dE/dv; asked is dE/dw.": delta2 * h1,
    "the 1/2 of the loss cancels the 2.": 2 * (delta2 * x2 + delta1 * x1),
    "the output is u h2, not h2.": (h2 - y) * (1 - h2**2) * u * (x2 + v * (1 - h1**2) * x1),
    "the error, output minus label, is missing.": (delta2 * x2 + delta1 * x1) / (u * h2 - y),
    "each error term still has to be multiplied by its input.": delta2 + delta1,
    "the two instances are added: no minus between them.": delta2 * x2 - delta1 * x1,
    "the inputs are exchanged: x1 belongs to step 1, x2 to step 2.": delta2 * x1 + delta1 * x2,
    "from step 2 back to step 1 leads v, not w.": delta2 * x2 + delta1 / v * w * x1,
    "you used the state h1 where its slope, 1 - h1^2, belongs.": delta2 * (x2 + v * h1 * x1),
}
WRONG_3 = {
    "you go one step too far back: T counts the loss's own step too.": lambda *case: truncated(*case, way=1),
    "you stop one step too early: T counts the loss's own step too.": lambda *case: truncated(*case, way=-1),
    "that is the full gradient: nothing stops after T steps.": lambda *case: truncated(*case[:-1], len(case[3])),
    "that is the gradient for T = 1: no blame goes on to step k - 1.": lambda *case: truncated(*case[:-1], 1),
    "the factor 1 - h^2 is missing on the way back.": lambda *case: truncated(*case, prime=False),
    "on the way back to step k - 1 the slope is that of h_{k-1}.": lambda *case: truncated(*case, own=1),
    "blame goes back through the transpose, V(1)^T.": lambda *case: truncated(*case, V=lambda V1: V1),
    "V(1) is multiplied by the state before, h_{k-1}; you took h_k.": lambda *case: truncated(*case, late=1),
    "the sign is wrong: output minus label.": lambda *case: truncated(*case, sign=-1),
    "every step has a loss; you took the last one only.": lambda *case: truncated(*case, last=True),
    "the loss is a sum over the steps, not a mean.": lambda *case: [g / len(case[3]) for g in truncated(*case)],
    "each gradient has the shape of its parameter.": lambda *case: [g.T for g in truncated(*case)],
    "that is the notes' algorithm; asked is each loss once.": lambda *case: by_the_package(*case, notes=True),
}
WRONG_4 = {
    "the blame that comes from the next step is missing.": lambda o, y, v, d: o * (1 - o) * (o - y),
    "the next step's blame needs the factor g' as well.": lambda o, y, v, d: o * (1 - o) * (o - y) + v @ d,
    "the factor g'(o) = yhat (1 - yhat) is missing.": lambda o, y, v, d: o - y + v @ d,
    "the sign is wrong: output minus label.": lambda o, y, v, d: o * (1 - o) * (y - o + v @ d),
    "the two blames are added: no minus between them.": lambda o, y, v, d: o * (1 - o) * (o - y - v @ d),
    "v_G has a row for each output: v_G @ delta_next.": lambda o, y, v, d: o * (1 - o) * (o - y + d @ v),
    "that is the next step's blame alone; output minus label is missing.": lambda o, y, v, d: o * (1 - o) * (v @ d),
    "the two blames are added, not multiplied.": lambda o, y, v, d: o * (1 - o) * (o - y) * (v @ d),
    "the factor g'(o) belongs to both blames.": lambda o, y, v, d: o - y + o * (1 - o) * (v @ d),
    "the sign of the whole is wrong.": lambda o, y, v, d: o * (1 - o) * (y - o - v @ d),
    "delta_next is an error term: f' is in it.": lambda o, y, v, d: o * (1 - o) * (o - y + v @ (d - d**2)),
    "1 - a^2 is the slope of tanh; the outputs are sigmoids.": lambda o, y, v, d: (1 - o**2) * (o - y + v @ d),
}
WRONG_5 = {
    "that is the printed range; ours has one unrolling more a window.": (n - T + 1) * (T * (T + 1) / 2 - 1),
    "that is one walk back a window for all its losses; asked is one for each loss.": (n - T + 1) * T,
    "t runs from T to n: that is one window more.": (n - T) * T * (T + 1) / 2,
    "there are fewer than n windows: the first one ends at T.": n * T * (T + 1) / 2,
    "not all unrollings of a window have T steps: the first one has a single step.": (n - T + 1) * T**2,
    "1 + 2 + ... + T is T (T + 1) / 2.": (n - T + 1) * T * (T - 1) / 2,
    "that would be the full gradient, loss by loss; T does not stand in it.": n * (n + 1) / 2,
    "that is each loss once; the windows of the algorithm overlap.": n * T - T * (T - 1) / 2,
    "that is one window; there are several.": T * (T + 1) / 2,
    "the windows overlap: the next one begins one step later, not T.": n * (T + 1) / 2,
    "the sum 1 + 2 + ... + T has a half in it.": (n - T + 1) * T * (T + 1),
}
WRONG_6 = {
    "transposed": {**BUCKETS, "V1": BUCKETS["V1"].T},
    "came 1 before": {**BUCKETS, "W2": np.array([[0.0, 1, 0]])},
    "wrong sign": {**BUCKETS, "W2": np.array([[0.0, 0, -1]])},
    "signs are right": {**BUCKETS, "W2": np.array([[0.0, 0, 0.5]])},
    "keep nothing": {**BUCKETS, "W2": np.array([[1.0, 1, 1]])},
    "nearly silent": {**BUCKETS, "V1": np.zeros((3, 3))},
    "outputs grow": {**BUCKETS, "V1": BUCKETS["V1"] + 2 * np.eye(3)},
    "fit` returns two things": (BUCKETS, None),
}


EXERCISES = (
    Exercise(
        "backpropagation-through-time-1",
        "predict",
        "S-Alg2",
        8,
        "Write counted(n, T): how often the loss of each step counts in the notes' algorithm as printed.",
        Advised(("n", "T"), _lengths, normalise=_whole, advice=_which_loss),
        counted,
        tuple(map(Mistake, WRONG_1.values(), WRONG_1)),
        (lambda n, T: coverage(n, T, "printed").diagonal(),),
    ),
    Exercise(
        "backpropagation-through-time-2",
        "derive",
        "S-2.1.1b S-2.1.1a",
        10,
        "Write dE/dw for h1 = tanh(w x1), h2 = tanh(w x2 + v h1), E = 1/2 (u h2 - y)^2.",
        Formula("w v u x1 x2 y", given="h1 h2"),
        delta2 * (x2 + v * (1 - h1**2) * x1),
        tuple(map(Mistake, WRONG_2.values(), WRONG_2)),
        (sp.diff((u * h2 - y) ** 2 / 2, w), delta2 * x2 + delta2 * v * x1 / sp.cosh(w * x1) ** 2),
    ),
    Exercise(
        "backpropagation-through-time-3",
        "implement",
        "S-T1 S-Alg2 S-2.1.1b",
        25,
        "Write truncated(W1, V1, W2, x, y, T): each loss once, back through T steps; return [dW1, dV1, dW2].",
        Advised(("W1", "V1", "W2", "x", "y", "T"), _networks, advice=_which_gradient),
        truncated,
        tuple(map(Mistake, WRONG_3.values(), WRONG_3)),
        (by_the_package, lambda *case: tuple(truncated(*case))),
    ),
    Exercise(
        "backpropagation-through-time-4",
        "implement",
        "J-bp",
        8,
        "Write epsilon(output, label, v_G, delta_next): the error term of a sigmoid output in Jordan's network.",
        Advised(("output", "label", "v_G", "delta_next"), _outputs, advice=_which_blame),
        epsilon,
        tuple(map(Mistake, WRONG_4.values(), WRONG_4)),
        (lambda o, y, v, d: (o - o**2) * (d @ v.T + o - y),),
    ),
    Exercise(
        "backpropagation-through-time-5",
        "derive",
        "S-Alg2",
        8,
        "How many steps back do the unrollings of the algorithm take one by one, in terms of n and T?",
        Count("n T", whole=True),
        (n - T + 1) * T * (T + 1) / 2,
        tuple(map(Mistake, WRONG_5.values(), WRONG_5)),
        (sp.expand((n - T + 1) * (T**2 + T) / 2),),
    ),
    Exercise(
        "backpropagation-through-time-6",
        "experiment",
        "S-2.1.1a",
        15,
        "Find parameters with which a linear network of three hidden units repeats the input of two steps ago.",
        Holds(_echoes, "Your network is an echo."),
        BUCKETS,
        tuple(map(Mistake, WRONG_6.values(), WRONG_6)),
        ({"W1": 2 * BUCKETS["W1"], "V1": BUCKETS["V1"], "W2": BUCKETS["W2"] / 2},),
    ),
)
