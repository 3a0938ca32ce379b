"""Wrong answers of students, which no exercise foresaw, fail with words that help; unusual right ones pass."""

import inspect
import linecache

import numpy as np
import pytest
import sympy as sp

from nncourse.exercises import REGISTRY, check
from nncourse.exercises.clues import clue_to_formula, clue_to_results
from nncourse.exercises.core import Exercise
from nncourse.exercises.judges import Calls, Formula, Holds

STUBS = {  # what a chapter's cell gives to the student
    "backpropagation-4": "w1, w2, x, y = sp.symbols('w1 w2 x y')\na1 = sp.tanh(w1 * x)\na2 = sp.tanh(w2 * a1)",
    "before-you-start-3": "x1, x2, t = sp.symbols('x1 x2 t')",
    "derivative-rules-4": "x = sp.Symbol('x')",
    "finding-structure-in-time-1": "p = sp.Symbol('p')",
    "gradient-clipping-4": "v, c, L, eta_ = sp.symbols('v c L eta')",
    "hierarchical-softmax-1": "k = sp.Symbol('k')",
    "hierarchical-softmax-2": "V_ = sp.Symbol('V')",
    "in-pytorch-1": "V = sp.Symbol('V')",
    "linear-and-logistic-regression-5": "r = sp.Symbol('r', positive=True)",
    "resilient-propagation-1": "D, L, u = sp.symbols('D L u', positive=True)",
    "word-vectors-4": "a, b = sp.symbols('a b')",
}
WRONG = {
    "weights for a gradient": (
        "delta-rule-3",
        """
        def answer(W, x, y):
            a = np.tanh(W @ x)
            W -= np.outer((a - y) * (1 - a**2), x)
            return W
        """,
        ("W = [[", "it returned", "expected [["),
    ),
    "an array of texts": (
        "delta-rule-3",
        """
        def answer(W, x, y):
            a = np.tanh(W @ x)
            return np.outer((a - y) * (1 - a**2), x).astype(str)
        """,
        ("Numbers are expected, and text came.",),
    ),
    "yield for return": (
        "delta-rule-3",
        """
        def answer(W, x, y):
            a = np.tanh(W @ x)
            yield np.outer((a - y) * (1 - a**2), x)
        """,
        ("write `return` in place of `yield`",),
    ),
    "divided by all numbers": (
        "delta-rule-4",
        """
        def answer(W, X, Y):
            A = 1 / (1 + np.exp(-X @ W.T))
            return ((A - Y) * A * (1 - A)).T @ X / X.size
        """,
        ("Every number is 0.3333 times what is expected.",),
    ),
    "whole numbers only": (
        "before-you-start-2",
        """
        def answer(W, X):
            out = np.zeros((len(X), len(W)), dtype=int)
            for i, x in enumerate(X):
                out[i] = W @ x
            return out
        """,
        ("Only whole numbers came", "dtype=int"),
    ),
    "a rounded constant": ("in-pytorch-1", "answer = sp.log(1 + (V - 1) / 2.718)", ("nearly right", "sp.E")),
    "in the other order": (
        "hierarchical-softmax-3",
        """
        def answer(nodes, signs, W, h):
            g = -signs / (1 + np.exp(signs * (W[nodes] @ h)))
            return g @ W[nodes], np.outer(g, h)
        """,
        ("the right results in the wrong order",),
    ),
    "a mapping for two results": (
        "in-pytorch-2",
        """
        def answer(weight_ih, weight_hh, bias_ih, bias_hh):
            return {"W1": np.column_stack([bias_ih + bias_hh, weight_ih]), "V1": weight_hh}
        """,
        ("A list or a tuple of 2 is expected; a mapping came.",),
    ),
    "a mapping for two numbers": (
        "hierarchical-softmax-5",
        "answer = {'z0': 0.3, 'z1': 0.1}",
        ("Expected two finite numbers, the scores (z0, z1)",),
    ),
    "numbers as texts": ("adding-bits-4", "answer = ('0.045', '0.00036')", ("no quotation marks",)),
    "a number as a text": ("in-pytorch-4", "answer = '1e-9'", ("no quotation marks",)),
    "scores as texts": ("hierarchical-softmax-5", "answer = ('0.3', '0.1')", ("no quotation marks",)),
    "a formula as a text": (
        "derivative-rules-4",
        "answer = 'x**(x**2)'",
        ("the expression itself, and not a text",),
    ),
    "a function for a formula": ("derivative-rules-4", "answer = lambda x: x**x", ("itself, and not a function",)),
    "a number for a formula": (
        "linear-and-logistic-regression-5",
        "answer = sp.log(3)",
        ("That is one number; a formula is asked, with r in it.",),
    ),
    "decimal logarithms": (
        "linear-and-logistic-regression-5",
        "answer = sp.log(r, 10)",
        ("Everywhere it is 0.4343 times what is expected.",),
    ),
    "twice": ("finding-structure-in-time-1", "answer = 4 * p * (1 - p)", ("Everywhere it is 2 times",)),
    "a quarter": ("word-vectors-4", "answer = ((1-a)**2 + 2*a*b + (1-b)**2) / 4", ("Everywhere it is 0.25 times",)),
    "no step without a slope": (
        "resilient-propagation-2",
        """
        def answer(w, g, delta, before):
            sign = np.where(g >= 0, 1.0, -1.0)
            change = sign * before
            delta = delta * np.select([change > 0, change < 0], [1.2, 0.5], 1.0)
            sign = np.where(change < 0, 0.0, sign)
            return w - sign * delta, delta, sign
        """,
        ("Likely cause: look at your", "where a sign is 0"),
    ),
    "rounded down": ("gradient-clipping-4", "answer = sp.floor((v - L/c) / (eta_*L))", ("do not round",)),
    "symbols made anew": (
        "backpropagation-4",
        """
        A1, A2 = sp.symbols("a1 a2")
        answer = (A2 - y) * (1 - A2**2) * w2 * (1 - A1**2) * x
        """,
        ("a1, a2: the cell has given them values. Do not make symbols of them anew.",),
    ),
    "a memory between calls": (
        "neural-language-model-3",
        """
        G = np.zeros((3, 40))
        def answer(blame, x, V):
            global G
            if G.shape != (blame.shape[1], V):
                G = np.zeros((blame.shape[1], V))
            for g, i in zip(blame, x):
                G[:, i] += g
            return G
        """,
        ("Does it keep what it found before?", "Called with"),
    ),
    "the caller's weights changed": (
        "perceptron-2",
        """
        def answer(w, x, y):
            if y * (w @ x) <= 0:
                w += y * x
            return w
        """,
        ("changed w itself: make a new array.", "Called with"),
    ),
    "not smaller but equal": (
        "vanishing-and-exploding-gradients-1",
        """
        def answer(v_f, share):
            if abs(v_f) >= 1:
                return None
            k = 0
            while abs(v_f) ** k > share:
                k += 1
            return k
        """,
        ("where the two are equal, one more step is needed",),
    ),
    "rounded up": (
        "vanishing-and-exploding-gradients-1",
        "answer = lambda v, s: None if abs(v) >= 1 else int(np.ceil(np.log(s) / np.log(abs(v))))",
        ("where the two are equal, one more step is needed",),
    ),
    "transposed weights": (
        "recurrent-networks-4",
        """
        V1 = np.array([[0.0, 1, 0], [0, 0, 0], [0, -1, 0]])
        answer = {"W1": [[-1.0], [1.0], [1.0]], "V1": V1.T, "W2": [[1.0, 0.0, 1.0]]}
        """,
        ("Your V1 is transposed",),
    ),
    "not transposed": (
        "backpropagation-through-time-4",
        """
        def answer(output, label, v_G, delta_next):
            return output * (1 - output) * (output - label + v_G.T @ delta_next)
        """,
        ("stopped with ValueError", "in the line: return output"),
    ),
    "recursion without end": (
        "backpropagation-3",
        """
        def answer(W, x, y):
            return answer(W, x, y)
        """,
        ("RecursionError",),
    ),
    "a word too early": (
        "word-vectors-2",
        """
        def answer(ids, m):
            return [(x, y) for i, x in enumerate(ids) for y in ids[i - m : i + m + 1] if y != x]
        """,
        ("it returned", "came in the list"),
    ),
}
RIGHT = {
    "an array for a tuple": (
        "before-you-start-1",
        """
        def answer(p, q):
            try:
                return np.array(np.broadcast_shapes(p, q))
            except ValueError:
                return None
        """,
    ),
    "rows in a list": ("before-you-start-2", "answer = lambda W, X: [W @ x for x in X]"),
    "a range": ("backpropagation-1", "answer = lambda L: range(1, L)"),
    "the list emptied": (
        "backpropagation-3",
        """
        def answer(W, x, y):
            a = [x]
            for V in W:
                a.append(np.tanh(V @ a[-1]))
            d, found = (a[-1] - y) * (1 - a[-1] ** 2), []
            while W:
                V, _ = W.pop(), a.pop()
                found = [np.outer(d, a[-1]), *found]
                d = (1 - a[-1] ** 2) * (V.T @ d)
            return found
        """,
    ),
    "differentiated by sympy": ("backpropagation-4", "answer = sp.diff((y - a2) ** 2 / 2, w1)"),
    "number by number": (
        "delta-rule-3",
        """
        def answer(W, x, y):
            a = [np.tanh(sum(W[i, j] * x[j] for j in range(len(x)))) for i in range(len(y))]
            return [[(a[i] - y[i]) * (1 - a[i] ** 2) * x_j for x_j in x] for i in range(len(y))]
        """,
    ),
    "an object that is called": (
        "delta-rule-3",
        """
        class Answer:
            def __call__(self, W, x, y):
                z = W @ x
                return ((np.tanh(z) - y) / np.cosh(z) ** 2)[:, np.newaxis] * x
        answer = Answer()
        """,
    ),
    "by singular values": ("delta-rule-6", "answer = lambda X: np.array(2 * len(X) / np.linalg.norm(X, 2) ** 2)"),
    "a sum of logarithms": (
        "hierarchical-softmax-1",
        "i = sp.Symbol('i')\nanswer = sp.Sum(sp.log(2), (i, 1, k))",
    ),
    "decimals": ("hierarchical-softmax-2", "answer = (V_ + 1) * 0.5 - 1 / V_"),
    "e as a float": ("in-pytorch-1", "answer = sp.log(1 + (V - 1) * np.exp(-1))"),
    "other assumptions": ("linear-and-logistic-regression-5", "answer = -sp.log(1 / sp.Symbol('r'))"),
    "by the complex step": (
        "adding-bits-2",
        """
        def answer(v_x, v_f, x, y):
            def E(a, b):
                f = 0
                for bits in x:
                    f = f * b + bits * a
                return np.sum((f - y) ** 2) / 2
            return E(v_x + 1e-30j, v_f).imag / 1e-30, E(v_x, v_f + 1e-30j).imag / 1e-30
        """,
    ),
    "a fraction": ("in-pytorch-4", "answer = sp.Rational(1, 10**9)"),
    "in place": (
        "in-pytorch-3",
        """
        def answer(grads, rows):
            for g, n in zip(grads, rows):
                g *= n
            return sum(grads) / rows.sum()
        """,
    ),
    "a factor of True": ("perceptron-2", "answer = lambda w, x, y: w + (y * np.dot(w, x) <= 0) * y * x"),
    "pairs one by one": (
        "word-vectors-2",
        """
        def answer(ids, m):
            for i, x in enumerate(ids):
                for j, y in enumerate(ids):
                    if 0 < abs(i - j) <= m:
                        yield [int(x), int(y)]
        """,
    ),
    "the bits used up": (
        "recurrent-networks-5",
        """
        def answer(c, bits):
            while bits:
                c = 1 - c if bits.pop() else c
            return c
        """,
    ),
    "a recursion": (
        "vanishing-and-exploding-gradients-3",
        """
        def answer(V1, h):
            if len(h) == 1:
                return np.identity(len(V1))
            return np.diag(1 - h[-1] ** 2) @ V1 @ answer(V1, h[:-1])
        """,
    ),
    "by the logarithm": (
        "vanishing-and-exploding-gradients-1",
        "answer = lambda v, s: None if abs(v) >= 1 else np.int64(np.log(s) // np.log(abs(v))) + 1",
    ),
    "a logarithm to a base": ("resilient-propagation-1", "answer = sp.log(1 + L * u / D, 1 + u)"),
}


def answer_of(id, source):
    """Return what a student's cell defines as `answer`."""
    source = inspect.cleandoc("\n" + source)
    file = f"<cell of {id}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"np": np, "sp": sp}
    exec(STUBS.get(id, ""), names)
    exec(compile(source, file, "exec"), names)
    return names["answer"]


@pytest.mark.parametrize(("id", "source", "words"), WRONG.values(), ids=WRONG)
def test_a_new_wrong_answer_fails_with_words_that_help(id, source, words):
    for _ in range(3):
        verdict = check(id, answer_of(id, source))
        assert not verdict
        for word in words:
            assert word in verdict.message


@pytest.mark.parametrize(("id", "source"), RIGHT.values(), ids=RIGHT)
def test_a_right_answer_in_an_unusual_form_passes(id, source):
    for _ in range(3):
        verdict = check(id, answer_of(id, source))
        assert verdict, verdict.message


def test_every_chapter_has_a_new_wrong_answer():
    assert {id.rpartition("-")[0] for id, *_ in WRONG.values()} == {e.chapter for e in REGISTRY}


def test_a_function_that_remembers_is_shown_what_it_gave_before_and_after(rng):
    seen = []
    judge = Calls(("x",), lambda rng: [(2.0,), (3.0,)])
    exercise = Exercise("x-1", "implement", "S-1", 1, "", judge, lambda x: 2 * x, ())
    words = judge(exercise, lambda x: seen.append(x) or 2 * x + (len(seen) > 2), rng)
    assert "it returned 6, and returned 7 when called once more" in words


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        (np.array([1.0, -2.0]), np.array([-1.0, 2.0]), "wrong sign, and the right size"),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 3.0], [2.0, 4.0]]), "transposed"),
        (np.array([[1.5, 2.5]]), np.array([1.5, 2.5]), "their shape is not"),
        (np.array([np.nan, 2.0]), np.array([1.0, 2.0]), "a division by 0"),
        (np.array([0, 0]), np.array([0.5, 0.2]), "Only whole numbers"),
        (np.array([0.0, 0.0]), np.array([0.5, 0.2]), None),
        (np.array([1.0, 2.0]), np.array([0.5, 0.2]), None),
        (np.array([3.0]), np.array([1.5]), None),  # any two single numbers have a factor
        (ValueError("x"), np.array([1.5]), None),
        ("text", np.array([1.5]), None),
        (
            [np.ones(2), np.arange(3.0)],
            [np.ones(2), np.arange(3.0) * 2],
            "Result 2 is wrong, the others are right.",
        ),
        ([1, 3], [1, 2], None),
        (3, [1, 2], "A list or a tuple of 2 is expected; one value came."),
        (np.ones(2) * (1 + 1e-5), np.ones(2), None),
    ],
)
def test_a_clue_tells_what_a_result_has_to_do_with_the_right_one(got, wanted, words):
    clue = clue_to_results([got], [wanted])
    assert clue is None if words is None else words in clue


def test_single_numbers_give_a_clue_only_where_all_cases_agree():
    assert clue_to_results([2.0, 6.0], [1.0, 3.0]) == "Every number is 2 times what is expected."
    assert clue_to_results([2.0, 5.0], [1.0, 3.0]) is None
    assert clue_to_results([2.0], [1.0]) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([(-2.0, 2.0), (-3.0, 3.0)], "The sign is wrong, everywhere."),
        ([(0.5, 2.0), (0.25, 4.0)], "It is 1 divided by what is expected."),
        ([(3.0, 2.0), (5.0, 4.0)], "Everywhere it is 1 more than what is expected."),
        ([(3.0, 2.0), (5.0, 3.0)], None),
        ([(0.0, 2.0), (5.0, 3.0)], None),
    ],
)
def test_a_clue_tells_what_a_formula_has_to_do_with_the_right_one(values, words):
    u = sp.Symbol("u")
    assert clue_to_formula(u, u + 1, values) == words


def test_a_formula_that_rounds_is_shown_where_it_is_wrong():
    n = sp.Symbol("n")
    exercise = Exercise("x-1", "derive", "S-1", 1, "", Formula("n", whole=True), n / 2, ())
    for seed in range(20):
        came = exercise.judge(exercise, sp.floor(n / 2), np.random.default_rng(seed))
        given, expected = came.partition("gives ")[2].partition("\n")[0].rstrip(".").split(", expected ")
        assert given != expected


@pytest.mark.parametrize("value", ["1", ["1", 2.0], {"W": [["1"]]}, np.array(["1"])])
def test_text_never_passes_as_a_number(value):
    assert "no quotation marks" in Holds(lambda answer, rng: None)(None, value, None)
