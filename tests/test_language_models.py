"""The neural language model: equation (3) word by word, what is maximised, and what the notes leave out."""

from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

from nncourse import datasets, elman
from nncourse.contexts import ngrams
from nncourse.derivations import language_model as derivation
from nncourse.feedforward import FeedForward
from nncourse.language_models import NeuralLanguageModel, perplexity
from nncourse.optimizers import GradientDescent
from nncourse.text import tokens
from nncourse.training import fit

VARIANTS = pytest.mark.parametrize(
    ("d2", "direct", "bias"),
    [(4, False, False), (4, False, True), (4, True, False), (4, True, True), (0, True, False), (0, True, True)],
)


def drawn(model, rng):
    return {name: rng.normal(size=shape) for name, shape in model.shapes().items()}


def literal_softmax(z):
    return np.array([np.exp(z_i) / sum(np.exp(z_j) for z_j in z) for z_i in z])


# --- from words to probabilities ---


@pytest.mark.equation("S-3", "S-1.3.1", "S-L1", "S-L2", "S-L3", "S-softmax", "S-fn2")
@VARIANTS
def test_a_history_gives_what_the_formula_gives_for_unit_vectors(d2, direct, bias, rng):
    model = NeuralLanguageModel(V=6, n=3, d1=2, d2=d2, direct=direct, bias=bias)
    params = drawn(model, rng)
    for x in ([0, 5, 2], [3, 3, 1], [4, 4, 4]):
        a1 = np.concatenate([params["W1"] @ np.eye(6)[word] for word in x])
        z = np.zeros(6)
        if d2:
            d, W2 = (params["W2"][:, 0], params["W2"][:, 1:]) if bias else (0, params["W2"])
            z = z + params["W3"][:, int(bias) :] @ np.tanh(d + W2 @ a1)
        if bias:
            z = z + params["W3"][:, 0]
        if direct:
            z = z + params["D"] @ a1
        u, _ = model.forward(params, [x])
        np.testing.assert_allclose(u[0], literal_softmax(z), rtol=1e-12)


@pytest.mark.equation("S-1.3", "S-softmax")
@VARIANTS
def test_the_probabilities_of_all_words_add_up_to_one_for_scores_of_any_size(d2, direct, bias, rng):
    model = NeuralLanguageModel(V=9, n=2, d1=3, d2=d2, direct=direct, bias=bias)
    params = drawn(model, rng)
    x = rng.integers(9, size=(40, 2))
    for scale in (1.0, 1e5):
        top = {name: W * (scale if name in ("W3", "D") else 1) for name, W in params.items()}
        u, _ = model.forward(top, x)
        assert (u >= 0).all()
        np.testing.assert_allclose(u.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.equation("S-L2")
def test_each_hidden_number_is_the_tanh_of_its_own_score_alone(rng):
    model = NeuralLanguageModel(V=5, n=2, d1=3, d2=4)
    params, x = drawn(model, rng), [[1, 4]]
    _, (_, _, a2, _) = model.scores(params, np.array(x))
    moved = params | {"W2": params["W2"].copy()}
    moved["W2"][2] += 1
    _, (_, _, other, _) = model.scores(moved, np.array(x))
    assert (a2 != other).tolist() == [[False, False, True, False]]
    np.testing.assert_allclose(a2[0], [np.tanh(row @ params["W1"].T[x[0]].ravel()) for row in params["W2"]])


@pytest.mark.equation("S-1.3.1")
def test_the_oldest_word_meets_the_first_columns_of_w2(rng):
    model = NeuralLanguageModel(V=5, n=3, d1=2, d2=4)
    params = drawn(model, rng)
    params["W2"][:, 2:] = 0
    x, _ = ngrams([0, 1, 2, 3, 0, 4, 4, 1], 3)
    assert x[0].tolist() == [0, 1, 2]
    u, _ = model.forward(params, x)
    np.testing.assert_array_equal(u[0], u[4])  # [0, 1, 2] and [0, 4, 4]
    assert np.abs(u[0] - u[1]).max() > 1e-3


# --- S16: a layer with one matrix many times ---


def as_a_network_of_section_1_2(model, params):
    """Return the three-layer network of 1.2 with the same function: W(1) in n blocks down the diagonal."""
    network = FeedForward(
        (model.n * model.V, model.n * model.d1, model.d2, model.V),
        ("identity", "tanh", "softmax"),
        loss="cross-entropy",
    )
    return network, params | {"W1": np.kron(np.eye(model.n), params["W1"])}


@pytest.mark.equation("S-L1", "S-3")
def test_layer_one_is_one_matrix_with_the_same_block_n_times(rng):
    model = NeuralLanguageModel(V=5, n=3, d1=2, d2=4)
    params = drawn(model, rng)
    network, wide = as_a_network_of_section_1_2(model, params)
    assert wide["W1"].shape == (3 * 2, 3 * 5) == network.shapes()["W1"]
    assert params["W2"].shape == (4, 3 * 2)
    x = rng.integers(5, size=(20, 3))
    u, _ = network.forward(wide, datasets.one_hot(x.ravel(), 5).reshape(20, 15))
    np.testing.assert_allclose(model.forward(params, x)[0], u, rtol=1e-12)


@pytest.mark.equation("S-L1", "S-3")
def test_the_gradient_of_w1_is_the_sum_of_the_gradients_of_its_n_copies(rng):
    model = NeuralLanguageModel(V=5, n=3, d1=2, d2=4)
    params = drawn(model, rng)
    network, wide = as_a_network_of_section_1_2(model, params)
    x, y = rng.integers(5, size=(20, 3)), rng.integers(5, size=20)
    x[:7, 2] = x[:7, 0]
    _, grads = model.loss_and_grad(params, x, y)
    _, wide_grads = network.loss_and_grad(wide, datasets.one_hot(x.ravel(), 5).reshape(20, 15), y)
    copies = [wide_grads["W1"][2 * i : 2 * i + 2, 5 * i : 5 * i + 5] for i in range(3)]
    np.testing.assert_allclose(grads["W1"], sum(copies), rtol=1e-12)
    for name in ("W2", "W3"):
        np.testing.assert_allclose(grads[name], wide_grads[name], rtol=1e-12)


@pytest.mark.equation("S-L1", "S-1.3.1")
def test_only_the_columns_of_the_words_that_are_seen_get_a_gradient(rng):
    model = NeuralLanguageModel(V=8, n=2, d1=3, d2=4, direct=True, bias=True)
    _, grads = model.loss_and_grad(drawn(model, rng), [[2, 5], [5, 5]], [0, 7])
    assert np.flatnonzero(grads["W1"].any(axis=0)).tolist() == [2, 5]
    assert (grads["W3"] != 0).all()  # but all rows of W(3) do: O(V)


# --- sympy ---


@pytest.mark.equation("S-3", "S-L1", "S-L2", "S-L3")
@pytest.mark.parametrize(
    ("sizes", "x", "y"),
    [((2, 1, 1, 1), (0,), 1), ((2, 2, 1, 2), (0, 1), 0), ((3, 2, 2, 1), (1, 1), 2), ((3, 3, 1, 2), (2, 0, 2), 2)],
)
def test_sympy_finds_the_gradients_of_equation_3(sizes, x, y):
    W, f = derivation.symbols(*sizes), sp.Function("f")
    truth, formulas = derivation.by_definition(W, x, y, f), derivation.by_backpropagation(W, x, y, f)
    assert [a.shape for a in formulas] == [W_l.shape for W_l in W]
    assert all(derivation.identical(a, b) for a, b in zip(truth, formulas, strict=True))
    assert not any(derivation.identical(a, 2 * b) for a, b in zip(truth, formulas, strict=True))


@pytest.mark.equation("S-3")
def test_sympy_refutes_a_gradient_of_one_place_only():
    W = derivation.symbols(3, 2, 1, 1)
    into_W1 = derivation.by_definition(W, (1, 1), 0)[0]
    _, z2, _, z3 = derivation.layers(W, (1, 1))
    delta3 = derivation.softmax(z3) - derivation.unit_vector(0, 3)
    delta2 = (1 - sp.tanh(z2[0]) ** 2) * (W[2].T * delta3)[0]
    one_place = sp.Matrix([[0, W[1][1] * delta2, 0]])
    assert not derivation.identical(into_W1, one_place)
    assert derivation.identical(into_W1, sp.Matrix([[0, (W[1][0] + W[1][1]) * delta2, 0]]))


@pytest.mark.equation("S-3", "S-LL")
@pytest.mark.parametrize(("x", "y"), [((0, 2), 1), ((1, 1), 0)])
def test_the_package_computes_sympys_loss_and_gradients(x, y, rng):
    model = NeuralLanguageModel(V=3, n=2, d1=2, d2=2)
    params, W = drawn(model, rng), derivation.symbols(3, 2, 2, 2)
    loss, grads = model.loss_and_grad(params, [x], [y])
    expected = derivation.evaluate([sp.Matrix([derivation.loss(W, x, y)])], W, params)[0]
    np.testing.assert_allclose(loss, expected[0, 0], rtol=1e-12)
    for formulas in (derivation.by_definition, derivation.by_backpropagation):
        for got, name in zip(derivation.evaluate(formulas(W, x, y), W, params), grads, strict=True):
            np.testing.assert_allclose(grads[name], got, rtol=1e-11, atol=1e-14)


# --- S18: the original ---


@pytest.mark.equation("S-fn2")
def test_the_number_of_parameters_is_the_papers_which_counts_the_next_word_too(rng):
    for V, n, m, h in rng.integers(1, 40, size=(50, 4)).tolist():
        params = NeuralLanguageModel(V, n, m, h, direct=True, bias=True).init(rng)
        paper_n = n + 1
        assert sum(W.size for W in params.values()) == V * (1 + paper_n * m + h) + h * (1 + (paper_n - 1) * m)


@pytest.mark.equation("S-fn2")
def test_the_model_is_equation_1_of_the_paper_up_to_names_and_order(rng):
    V, n, m, h = 7, 4, 3, 5  # the paper's n: four words, the one to be guessed among them
    C, b, W = rng.normal(size=(V, m)), rng.normal(size=V), rng.normal(size=(V, (n - 1) * m))
    U, d, H = rng.normal(size=(V, h)), rng.normal(size=h), rng.normal(size=(h, (n - 1) * m))
    text = rng.integers(V, size=12)
    t = 8
    x = np.concatenate([C[text[t - k]] for k in range(1, n)])  # the most recent word first
    y = b + W @ x + U @ np.tanh(d + H @ x)

    def oldest_first(matrix):
        return np.hstack(np.split(matrix, n - 1, axis=1)[::-1])

    params = {"W1": C.T, "W2": np.column_stack([d, oldest_first(H)])}
    params |= {"W3": np.column_stack([b, U]), "D": oldest_first(W)}
    ours = NeuralLanguageModel(V, n - 1, m, h, direct=True, bias=True)
    u, _ = ours.forward(params, [text[t - n + 1 : t]])
    np.testing.assert_allclose(u[0], literal_softmax(y), rtol=1e-12)


@pytest.mark.equation("S-fn2")
def test_without_its_additions_the_original_is_equation_3(rng):
    full = NeuralLanguageModel(V=6, n=2, d1=3, d2=4, direct=True, bias=True)
    params = drawn(full, rng)
    params["D"][:] = params["W2"][:, 0] = params["W3"][:, 0] = 0
    plain = {"W1": params["W1"], "W2": params["W2"][:, 1:], "W3": params["W3"][:, 1:]}
    x = rng.integers(6, size=(9, 2))
    np.testing.assert_allclose(
        full.forward(params, x)[0], NeuralLanguageModel(6, 2, 3, 4).forward(plain, x)[0], rtol=1e-14
    )


# --- what is maximised: S19, S20, S21 ---


@pytest.mark.equation("S-LL")
@pytest.mark.parametrize(("N", "n"), [(12, 1), (12, 3), (4, 3)])
def test_the_log_likelihood_is_the_log_of_a_product_with_a_factor_for_each_word_after_the_first_n(N, n, rng):
    model = NeuralLanguageModel(V=5, n=n, d1=2, d2=3)
    params, text = drawn(model, rng), rng.integers(5, size=N).tolist()
    x, y = ngrams(text, n)
    assert len(y) == N - n
    factors = []
    for i in range(n, N):
        history = text[i - n : i]
        assert len(history) == n  # x_{i-n} ... x_{i-1}: n words, for every i
        factors.append(model.forward(params, [history])[0][0, text[i]])
    np.testing.assert_allclose(-len(y) * model.evaluate(params, x, y), np.log(np.prod(factors)), rtol=1e-12)


@pytest.mark.equation("S-LL")
@pytest.mark.parametrize("N", [0, 1, 3])
def test_a_text_of_no_more_than_n_words_has_no_terms(N):
    x, y = ngrams(list(range(N)), 3)
    assert x.shape == (0, 3)
    assert y.shape == (0,)


@pytest.mark.equation("S-LL")
def test_the_sum_of_logs_finds_the_share_of_a_word_and_the_printed_log_of_a_sum_does_not():
    q = derivation.q
    right, printed = derivation.log_likelihood("aab"), derivation.as_printed("aab")
    assert sp.solve(sp.diff(right, q), q) == [sp.Rational(2, 3)]
    assert sp.diff(right, q, 2).subs(q, sp.Rational(2, 3)) < 0
    assert sp.simplify(printed - sp.log(1 + q)) == 0
    assert sp.diff(printed, q).is_positive  # so q = 1 is best: b is impossible, and stands in the text
    assert derivation.as_printed("ab") == 0  # the same for every q


@pytest.mark.equation("S-LL")
def test_the_printed_objective_is_no_log_probability(rng):
    model = NeuralLanguageModel(V=3, n=2, d1=2, d2=3)
    x, y = ngrams(rng.integers(3, size=10), 2)
    p = model.forward(model.init(rng), x)[0][np.arange(len(y)), y]
    assert np.log(p).sum() < 0 < np.log(p.sum())


@pytest.mark.equation("S-LL")
def test_the_log_likelihood_of_a_text_without_surprises_rises_for_ever_and_stays_below_zero():
    model = NeuralLanguageModel(V=2, n=1, d1=1, d2=1)
    x, y = ngrams([0, 1] * 6, 1)
    right = {"W1": np.array([[1.0, -1.0]]), "W2": np.array([[1.0]]), "W3": np.array([[-1.0], [1.0]])}
    likelihoods = [-model.evaluate(right | {"W3": c * right["W3"]}, x, y) for c in (1, 2, 4, 8, 16)]
    assert all(less < more < 0 for less, more in pairwise(likelihoods))
    assert likelihoods[-1] > -1e-9
    params, sizes, losses = model.init(np.random.default_rng(0)), [], []
    for _ in range(4):
        params, history = fit(model, params, x, y, GradientDescent(1.0), epochs=200)
        sizes.append(np.abs(params["W3"]).max())
        losses.append(history.loss[-1])
    assert all(less < more for less, more in pairwise(sizes))
    assert all(more > less > 0 for more, less in pairwise(losses))


# --- perplexity ---


@pytest.mark.equation("S-LL")
def test_perplexity_is_the_number_of_equally_likely_words_and_knows_no_base():
    model = NeuralLanguageModel(V=20, n=1, d1=2, d2=2)
    params = {name: np.zeros(shape) for name, shape in model.shapes().items()}
    loss = model.evaluate(params, [[3], [4]], [5, 6])
    np.testing.assert_allclose([perplexity(loss), 2 ** (loss / np.log(2))], 20, rtol=1e-12)
    p = np.array([0.5, 0.5, 0.125])
    np.testing.assert_allclose(perplexity(-np.log(p).mean()), np.prod(1 / p) ** (1 / 3), rtol=1e-12)


# --- what the chapter says about its data ---


@pytest.mark.equation("S-3", "S-LL")
@pytest.mark.parametrize("n", [1, 2])
def test_a_small_network_comes_close_to_the_exact_floor_and_not_below_it(n):
    rng = np.random.default_rng(0)
    number = {word: i for i, word in enumerate(elman.WORDS)}

    def stream(k):
        return np.array([number[word] for sentence in elman.sentences(k, rng) for word in sentence])

    model = NeuralLanguageModel(V=21, n=n, d1=3, d2=16, bias=True)
    params = model.init(rng)
    for step in (1, 1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05):
        x, y = ngrams(stream(4000), n)
        params, _ = fit(model, params, x, y, GradientDescent(step), epochs=1, batch_size=32, rng=rng)
    x, y = ngrams(stream(20_000), n)
    bits = -np.log2(model.forward(params, x)[0][np.arange(len(y)), y])
    error = bits.std() / np.sqrt(len(bits))
    assert -4 * error < bits.mean() - elman.bits_given_last(n) < 0.05


def test_no_article_stands_on_both_sides_of_the_chapters_split_and_a_random_one_leaks():
    pytest.importorskip("gensim", reason="gensim carries the articles")
    articles = [tuple(tokens(text)) for text in datasets.lee()]
    parts = [set(articles[:200]), set(articles[200:250]), set(articles[250:])]
    assert sum(map(len, parts)) == len(set(articles)) == 293
    near = [set(article) for article in articles]
    for i, words in enumerate(near[:200]):
        alike = [len(words & other) / len(words | other) for other in near[200:]]
        assert max(alike) < 0.8, f"article {i} nearly stands in another part"
    order = np.random.default_rng(0).permutation(300)
    shuffled = [articles[i] for i in order]
    assert set(shuffled[:200]) & set(shuffled[200:])
