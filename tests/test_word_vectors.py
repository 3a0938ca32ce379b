"""CBOW and skip-gram: equations (4) and (5) taken literally, sympy, gensim, what the vectors are and are not."""

import logging
from itertools import pairwise, permutations, product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncourse import elman
from nncourse.contexts import Batches, pairs, windows
from nncourse.derivations import delta_rule
from nncourse.derivations import word_vectors as derivation
from nncourse.optimizers import GradientDescent
from nncourse.output_layers import FullSoftmax
from nncourse.text import vocabulary
from nncourse.training import fit
from nncourse.trees import balanced
from nncourse.vectors import nearest
from nncourse.word_vectors import CBOW, SkipGram

V, D = 6, 3
MEAN = pytest.mark.parametrize("mean", [False, True], ids=["sum", "mean"])
NUMBERS = st.floats(-3, 3)
VECTORS = st.fixed_dictionaries(
    {"W1": arrays(float, (D, V), elements=NUMBERS), "W2": arrays(float, (V, D), elements=NUMBERS)}
)
WORD = st.integers(0, V - 1)
CONTEXT = st.lists(WORD, min_size=1, max_size=5)


def draw(rng, V=V, d=D):
    return {"W1": rng.normal(size=(d, V)), "W2": rng.normal(size=(V, d))}


def literally(params, h):
    """Return exp(y^T h) / sum over y' of exp(y'^T h) for all y, product by product."""
    scores = [sum(y_i * h_i for y_i, h_i in zip(y, h, strict=True)) for y in params["W2"]]
    e = [np.exp(score) for score in scores]
    return np.array(e) / sum(e)


# --- the equations, taken literally ---


@pytest.mark.equation("S-4", "S-1.3.2")
@MEAN
@given(params=VECTORS, context=CONTEXT)
def test_cbow_is_equation_4_a_word_at_a_time(mean, params, context):
    h = np.zeros(D)
    for x in context:
        h = h + params["W1"][:, x]
    p, got = CBOW(V, D, mean=mean).forward(params, [context])
    h = h / len(context) if mean else h
    np.testing.assert_allclose(got[0], h, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(p[0], literally(params, h), rtol=1e-10)
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-14)


@pytest.mark.equation("S-4", "S-1.3.2")
@given(params=VECTORS, context=CONTEXT)
def test_the_summed_unit_vectors_count_the_words(params, context):
    """S17: each e_x is one-hot, their sum is not: a word that comes twice has a 2 there."""
    unit = np.eye(V)
    total = sum(unit[x] for x in context)
    np.testing.assert_array_equal(total, np.bincount(context, minlength=V))
    _, h = CBOW(V, D).forward(params, [context])
    np.testing.assert_allclose(h[0], params["W1"] @ total, rtol=1e-12, atol=1e-13)


@pytest.mark.equation("S-5", "S-1.3.2")
@given(params=VECTORS, x=WORD)
def test_skip_gram_is_equation_5_and_its_undefined_f_is_the_softmax(params, x):
    """S24: f_y^(2) in (5) is defined nowhere; with softmax_y the two forms that (5) equates are equal."""
    p, h = SkipGram(V, D).forward(params, [x])
    np.testing.assert_array_equal(h[0], params["W1"][:, x])
    np.testing.assert_allclose(p[0], literally(params, params["W1"][:, x]), rtol=1e-10)
    z = params["W2"] @ params["W1"] @ np.eye(V)[x]
    np.testing.assert_allclose(p[0], np.exp(z) / np.exp(z).sum(), rtol=1e-10)


@pytest.mark.equation("S-5", "S-4")
@MEAN
@pytest.mark.parametrize("tree", [None, balanced(V)], ids=["full", "tree"])
def test_equation_5_is_equation_4_with_one_word(mean, tree, rng):
    params = draw(rng)
    params["W2"] = params["W2"][: V - 1] if tree else params["W2"]
    x, y = rng.integers(V, size=8), rng.integers(V, size=8)
    skip_gram, cbow = SkipGram(V, D, tree), CBOW(V, D, tree, mean=mean)
    np.testing.assert_array_equal(skip_gram.forward(params, x)[0], cbow.forward(params, x[:, None])[0])
    (loss, grads), (other_loss, other) = (
        skip_gram.loss_and_grad(params, x, y),
        cbow.loss_and_grad(params, x[:, None], y),
    )
    assert loss == other_loss
    for name in grads:
        np.testing.assert_allclose(grads[name], other[name], rtol=1e-14, atol=1e-16)


@pytest.mark.equation("S-1.3.2")
@pytest.mark.parametrize("make", [SkipGram, CBOW])
def test_there_are_two_vectors_for_every_word(make):
    shapes = make(1000, 30).shapes()
    assert shapes == {"W1": (30, 1000), "W2": (1000, 30)}
    assert sum(np.prod(shape) for shape in shapes.values()) == 2 * 1000 * 30


@pytest.mark.equation("S-softmax")
@pytest.mark.parametrize("make", [SkipGram, CBOW])
def test_training_starts_from_equal_probabilities_and_small_vectors(make, rng):
    model = make(V, D)
    params = model.init(rng)
    assert not params["W2"].any()
    assert np.abs(params["W1"]).max() <= 1 / (2 * D)
    x = [0] if make is SkipGram else [[0, 1]]
    np.testing.assert_allclose(model.evaluate(params, x, [2]), np.log(V), rtol=1e-14)
    _, grads = model.loss_and_grad(params, x, [2])
    assert not grads["W1"].any()  # W2 = 0: at first nothing arrives at the vectors
    assert grads["W2"].any()


# --- order, edges, repeated words, sum and mean ---


@pytest.mark.equation("S-4")
@MEAN
@given(params=VECTORS, context=st.lists(WORD, min_size=2, max_size=4))
def test_the_order_of_the_context_changes_nothing(mean, params, context):
    model = CBOW(V, D, mean=mean)
    p, _ = model.forward(params, [list(order) for order in permutations(context)])
    np.testing.assert_allclose(p, p[[0] * len(p)], rtol=1e-11)


@pytest.mark.equation("S-4")
@MEAN
@given(params=VECTORS, context=CONTEXT, y=WORD, places=st.lists(st.integers(0, 5), max_size=4))
def test_no_word_counts_as_nothing_wherever_it_stands(mean, params, context, y, places):
    model, padded = CBOW(V, D, mean=mean), list(context)
    for place in places:
        padded.insert(place, -1)
    np.testing.assert_allclose(model.forward(params, [padded])[0], model.forward(params, [context])[0], rtol=1e-11)
    (loss, grads), (other_loss, other) = (
        model.loss_and_grad(params, [padded], [y]),
        model.loss_and_grad(params, [context], [y]),
    )
    np.testing.assert_allclose(loss, other_loss, rtol=1e-11, atol=1e-14)
    for name in grads:
        np.testing.assert_allclose(grads[name], other[name], rtol=1e-11, atol=1e-14)


@pytest.mark.equation("S-4")
@MEAN
def test_a_repeated_word_counts_twice_and_its_gradient_too(mean, rng):
    """The same as two different words, 1 and V, with equal vectors, whose gradients are added."""
    params, model = draw(rng), CBOW(V, D, mean=mean)
    twins = {"W1": np.column_stack([params["W1"], params["W1"][:, 1]]), "W2": params["W2"]}
    p, h = model.forward(params, [[1, 3, 1]])
    x1, x3 = params["W1"][:, 1], params["W1"][:, 3]
    np.testing.assert_allclose(h[0], (x1 + x3 + x1) / (3 if mean else 1), rtol=1e-14)
    assert np.abs(p - model.forward(params, [[1, 3]])[0]).max() > 0.01
    _, grads = model.loss_and_grad(params, [[1, 3, 1]], [2])

    def loss(vectors):
        h = vectors[:, [1, 3, V]].sum(axis=1) / (3 if mean else 1)
        return -np.log(literally({"W2": params["W2"]}, h)[2])

    slope = np.zeros((D, V + 1))
    for at in np.ndindex(D, V + 1):
        nudge = np.zeros((D, V + 1))
        nudge[at] = 1e-6
        slope[at] = (loss(twins["W1"] + nudge) - loss(twins["W1"] - nudge)) / 2e-6
    expected = slope[:, :V]
    expected[:, 1] += slope[:, V]
    np.testing.assert_allclose(grads["W1"], expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(grads["W1"][:, 1], 2 * grads["W1"][:, 3], rtol=1e-13)


@pytest.mark.equation("S-4", "S-5")
@given(params=VECTORS, context=CONTEXT)
def test_the_sum_multiplies_what_skip_gram_says_of_each_word(params, context):
    p, _ = CBOW(V, D).forward(params, [context])
    each, _ = SkipGram(V, D).forward(params, context)
    multiplied = np.prod(each, axis=0)
    np.testing.assert_allclose(p[0], multiplied / multiplied.sum(), rtol=1e-9)


@pytest.mark.equation("S-4")
@pytest.mark.parametrize("c", [2, 4, 6])
def test_sum_and_mean_are_one_model_for_a_fixed_number_of_words(c, rng):
    """S22: vectors c times as long, and the mean gives what the sum gave, with gradients c times as small."""
    params, x, y = draw(rng), rng.integers(V, size=(7, c)), rng.integers(V, size=7)
    longer = {"W1": c * params["W1"], "W2": params["W2"]}
    summed, averaged = CBOW(V, D), CBOW(V, D, mean=True)
    np.testing.assert_allclose(averaged.forward(longer, x)[0], summed.forward(params, x)[0], rtol=1e-11)
    (loss, grads), (other_loss, other) = summed.loss_and_grad(params, x, y), averaged.loss_and_grad(longer, x, y)
    np.testing.assert_allclose(loss, other_loss, rtol=1e-13)
    np.testing.assert_allclose(other["W1"] * c, grads["W1"], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(other["W2"], grads["W2"], rtol=1e-11, atol=1e-15)


@pytest.mark.equation("S-4")
def test_at_the_texts_edges_sum_and_mean_part_ways(rng):
    """S22: the edges have fewer words than the middle, so no one factor fits both."""
    params, (x, _) = draw(rng), windows([0, 1, 2, 3], 1)
    assert (x >= 0).sum(axis=1).tolist() == [1, 2, 2, 1]
    summed = CBOW(V, D).forward(params, x)[0]
    for c in (1, 2):
        longer = {"W1": c * params["W1"], "W2": params["W2"]}
        same = np.isclose(CBOW(V, D, mean=True).forward(longer, x)[0], summed).all(axis=1)
        assert same.tolist() == ([True, False, False, True] if c == 1 else [False, True, True, False])


# --- gradients by sympy, and the cost of the normalisation ---

CONTEXTS = pytest.mark.parametrize("context", [[0, 1], [2, 0, 2], [1, 1], [0]], ids=str)


@pytest.mark.equation("S-4")
@CONTEXTS
@MEAN
def test_sympy_and_paper_derive_one_gradient_and_the_package_computes_it(context, mean, rng):
    W1, W2 = derivation.symbols(3, 2)
    p = derivation.cbow(W1, W2, context, mean=mean)
    truth = derivation.by_definition(p, 2, W1, W2)
    paper = derivation.by_hand(p, 2, W1, W2, context, mean=mean)
    assert all(derivation.equal(a, b) for a, b in zip(truth, paper, strict=True))
    assert not derivation.equal(truth[0], -paper[0])
    params = draw(rng, 3, 2)
    _, grads = CBOW(3, 2, mean=mean).loss_and_grad(params, [context], [2])
    for name, matrix in zip(("W1", "W2"), truth, strict=True):
        expected = delta_rule.as_function(matrix, W1, W2)(params["W1"].ravel(), params["W2"].ravel())
        np.testing.assert_allclose(grads[name], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.equation("S-5")
def test_sympy_derives_the_skip_gram_gradient_that_the_package_computes(rng):
    W1, W2 = derivation.symbols(4, 2)
    p = derivation.skip_gram(W1, W2, 1)
    assert p == derivation.cbow(W1, W2, [1])  # (5) is (4) with one word
    params = draw(rng, 4, 2)
    for y in range(4):
        truth = derivation.by_definition(p, y, W1, W2)
        _, grads = SkipGram(4, 2).loss_and_grad(params, [1], [y])
        for name, matrix in zip(("W1", "W2"), truth, strict=True):
            expected = delta_rule.as_function(matrix, W1, W2)(params["W1"].ravel(), params["W2"].ravel())
            np.testing.assert_allclose(grads[name], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.equation("S-1.3.3a")
def test_one_example_moves_every_row_of_w2_and_only_the_contexts_columns_of_w1(rng):
    V = 50
    params = draw(rng, V)
    _, grads = CBOW(V, D).loss_and_grad(params, [[7, 11, 7, -1]], [3])
    assert (grads["W2"] != 0).all()
    assert np.flatnonzero((grads["W1"] != 0).any(axis=0)).tolist() == [7, 11]


@pytest.mark.equation("S-1.3.3a")
@pytest.mark.parametrize("V", [2, 5, 21])
def test_a_gradient_takes_three_multiplications_for_each_number_of_w2(V, rng):
    class Counted(np.ndarray):
        multiplications = 0

        def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
            if ufunc is np.matmul:
                (n, k), (_, m) = (np.shape(operand) for operand in inputs)
                Counted.multiplications += n * k * m
            plain = [np.asarray(operand) for operand in inputs]
            out = None if out is None else tuple(np.asarray(o) for o in out)
            return np.asarray(getattr(ufunc, method)(*plain, out=out, **options)).view(Counted)

    W, h, y = rng.normal(size=(V, D)), rng.normal(size=(4, D)), rng.integers(V, size=4)
    FullSoftmax(V).backprop(W.view(Counted), h.view(Counted), y)
    assert Counted.multiplications == 4 * 3 * V * D


# --- what is maximised, which the notes leave out (S24) ---

TEXT = [["a", "b", "a", "c"], ["c"], ["b", "b", "a"], ["c", "a", "b", "c", "a", "a"]]


def at_once(cut, sentences=TEXT):
    """Return all examples of a text in one batch, and the vocabulary."""
    known = vocabulary(sentences)
    return *next(iter(Batches(sentences, known, cut, 10**6))), known


@pytest.mark.equation("S-5", "S-1.3.2")
@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_skip_gram_objective_is_a_sum_over_all_words_and_all_places_in_the_window(m, rng):
    x, y, known = at_once(lambda ids: pairs(ids, m))
    model = SkipGram(len(known), 2)
    params = draw(rng, len(known), 2)
    total, n = 0.0, 0
    for sentence in TEXT:
        ids = known.ids(sentence)
        for i in range(len(ids)):
            for k in range(-m, m + 1):
                if k and 0 <= i + k < len(ids):
                    total += np.log(literally(params, params["W1"][:, ids[i]])[ids[i + k]])
                    n += 1
    assert n == len(y)
    np.testing.assert_allclose(model.evaluate(params, x, y), -total / n, rtol=1e-12)


@pytest.mark.equation("S-4", "S-1.3.2")
@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_cbow_objective_is_a_sum_over_all_words_that_have_a_neighbour(m, rng):
    x, y, known = at_once(lambda ids: windows(ids, m))
    model = CBOW(len(known), 2)
    params = draw(rng, len(known), 2)
    logs = []
    for sentence in TEXT:
        ids = known.ids(sentence)
        for i in range(len(ids)):
            around = [ids[j] for j in range(max(0, i - m), min(len(ids), i + m + 1)) if j != i]
            if around:
                h = params["W1"][:, around].sum(axis=1)
                logs.append(np.log(literally(params, h)[ids[i]]))
    assert len(logs) == len(y) == sum(map(len, TEXT)) - 1  # the sentence of one word has no neighbour
    np.testing.assert_allclose(model.evaluate(params, x, y), -np.mean(logs), rtol=1e-12)


@pytest.mark.equation("S-5")
def test_the_best_likelihood_is_not_reached_by_any_weights():
    """S21: words that never come together need scores of minus infinity; twice the weights always do better."""
    x, y, known = at_once(lambda ids: pairs(ids, 1), [["1", "2"] * 4])
    params = {"W1": np.array([[1.0, -1.0]]), "W2": np.array([[-1.0], [1.0]])}
    losses = [SkipGram(len(known), 1).evaluate({k: s * W for k, W in params.items()}, x, y) for s in range(1, 5)]
    assert all(later < loss for loss, later in pairwise(losses))
    assert losses[-1] > 0


# --- gensim's probabilities ---


@pytest.fixture(scope="module")
def word2vec():
    return pytest.importorskip("gensim.models", reason="compares with gensim, which is not installed").Word2Vec


def with_our_weights(word2vec, params, mean, **options):
    """Return gensim's model of these weights; its words are "0", "1", ... in our order."""
    V = params["W2"].shape[0]
    text = [[str(x)] * (V - x) for x in range(V)]
    options = {"sg": 0, "negative": 5, "cbow_mean": int(mean), **options}
    model = word2vec(vector_size=params["W2"].shape[1], min_count=1, workers=1, seed=1, **options)
    model.build_vocab(text)
    assert model.wv.index_to_key == [str(x) for x in range(V)]
    model.wv.vectors[:] = params["W1"].T
    model.syn1neg[:] = params["W2"]
    return model


def gensims(model, context):
    found = dict(model.predict_output_word(context, topn=None))
    return np.array([found[word] for word in model.wv.index_to_key])


@pytest.mark.equation("S-4")
@MEAN
@pytest.mark.parametrize("context", [[0], [3, 1], [1, 3], [2, 2], [4, 0, 4, 4], [0, 1, 2, 3, 4, 5, 6, 7]], ids=str)
def test_gensim_gives_the_same_probabilities_to_float32_rounding(word2vec, mean, context, rng):
    params = {name: W.astype(np.float32) for name, W in draw(rng, 8, 5).items()}
    theirs = gensims(with_our_weights(word2vec, params, mean), [str(x) for x in context])
    model = CBOW(8, 5, mean=mean)
    double = {name: W.astype(float) for name, W in params.items()}
    exact = model.forward(double, [context])[0][0]
    bound = (
        4
        * np.finfo(np.float32).eps
        * (1 + np.abs(double["W2"]) @ np.abs(model.forward(double, [context])[1][0])).max()
    )
    np.testing.assert_allclose(theirs, exact, rtol=bound)
    ours = model.forward(params, [context])[0][0]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, exact, rtol=bound)
    assert np.abs(CBOW(8, 5, mean=not mean).forward(double, [context])[0] - exact).max() > 1e-3 or len(context) == 1


@pytest.mark.equation("S-4")
@MEAN
def test_gensim_leaves_out_unknown_words_before_it_averages(word2vec, mean, rng, caplog):
    params = draw(rng, 8, 5)
    model = with_our_weights(word2vec, params, mean)
    np.testing.assert_array_equal(gensims(model, ["3", "nobody", "1"]), gensims(model, ["3", "1"]))
    np.testing.assert_array_equal(gensims(model, [3, 1]), gensims(model, ["3", "1"]))  # places work too
    with caplog.at_level(logging.ERROR):
        assert model.predict_output_word(["nobody"]) is None


@pytest.mark.equation("S-4")
def test_gensim_averages_unless_told_otherwise_and_sums_a_skip_gram_models_context_too(word2vec, rng):
    params = draw(rng, 8, 5)
    assert word2vec().cbow_mean == 1
    skip_gram = with_our_weights(word2vec, params, mean=False, sg=1)
    expected = CBOW(8, 5).forward(params, [[2, 5]])[0][0]
    np.testing.assert_allclose(gensims(skip_gram, ["2", "5"]), expected, rtol=1e-5)


@pytest.mark.equation("S-softmax")
def test_large_scores_overflow_gensim_and_not_us(word2vec, rng):
    params = {"W1": np.full((1, 3), 100.0), "W2": np.array([[1.0], [0.5], [0.4]])}
    with np.errstate(all="ignore"):
        assert np.isnan(gensims(with_our_weights(word2vec, params, mean=True), ["0"])[0])
    p, _ = CBOW(3, 1, mean=True).forward({name: W.astype(np.float32) for name, W in params.items()}, [[0]])
    np.testing.assert_allclose(p[0], [1, np.exp(-50), np.exp(-60)], rtol=1e-5)


# --- no distribution over texts (S23) ---


@pytest.mark.equation("S-5")
def test_the_products_of_skip_gram_probabilities_do_not_add_up_to_one_over_all_texts(rng):
    params = draw(rng)
    params["W2"] = params["W1"].T  # every word expects itself
    P, _ = SkipGram(V, D).forward(params, np.arange(V))
    both_ways = sum(P[b, a] * P[a, b] for a, b in product(range(V), repeat=2))
    np.testing.assert_allclose(both_ways, np.trace(P @ P), rtol=1e-13)
    assert abs(both_ways - 1) > 0.1
    first = rng.dirichlet(np.ones(V))
    left_to_right = sum(first[a] * P[a, b] * P[b, c] for a, b, c in product(range(V), repeat=3))
    np.testing.assert_allclose(left_to_right, 1, rtol=1e-12)  # a language model: only words before


@pytest.mark.equation("S-4")
@MEAN
def test_the_products_of_cbow_probabilities_do_not_add_up_to_one_over_all_texts(mean, rng):
    params, model = draw(rng), CBOW(V, D, mean=mean)
    params["W2"] = params["W1"].T  # every word expects itself
    edge, _ = model.forward(params, np.arange(V)[:, None])
    middle, _ = model.forward(params, list(product(range(V), repeat=2)))
    middle = middle.reshape(V, V, V)  # [a, c, b]
    total = sum(edge[b, a] * middle[a, c, b] * edge[b, c] for a, b, c in product(range(V), repeat=3))
    np.testing.assert_allclose(total, np.einsum("ba,acb,bc->", edge, middle, edge), rtol=1e-12)
    assert abs(total - 1) > 0.1
    even = {"W1": params["W1"], "W2": np.zeros((V, D))}  # only a model that ignores the context adds up to 1
    p, _ = model.forward(even, np.arange(V)[:, None])
    np.testing.assert_allclose(np.trace(p @ p), 1, rtol=1e-14)


@pytest.mark.equation("S-5")
def test_sympy_finds_the_sum_over_texts_of_two_words_one_only_if_the_context_tells_nothing():
    a, b = sp.symbols("a b")
    total = derivation.two_word_texts(sp.Matrix([[1 - a, a], [b, 1 - b]]))
    assert sp.expand(total - 1 - (1 - a - b) ** 2) == 0
    assert sp.solve(total - 1, a) == [1 - b]  # then both rows of P are (b, 1 - b)


# --- what the vectors are not ---


@pytest.mark.equation("S-5", "S-4")
def test_any_invertible_a_gives_other_vectors_of_the_same_probabilities(rng):
    params, A = draw(rng), rng.normal(size=(D, D))
    other = {"W1": A @ params["W1"], "W2": params["W2"] @ np.linalg.inv(A)}
    x = rng.integers(V, size=(9, 4))
    for model, inputs in ((SkipGram(V, D), x[:, 0]), (CBOW(V, D), x), (CBOW(V, D, mean=True), x)):
        np.testing.assert_allclose(model.forward(other, inputs)[0], model.forward(params, inputs)[0], rtol=1e-9)
    words = [str(i) for i in range(V)]
    before, after = (dict(nearest(words, W.T, "0", V - 1)) for W in (params["W1"], other["W1"]))
    assert max(abs(before[word] - after[word]) for word in before) > 0.3


# --- Elman's sentences ---


def kind(word):
    """Return verb, animate (people, animals, monsters) or thing."""
    first = elman.classes_of(word)[0]
    if first.startswith("VERB"):
        return "verb"
    return "animate" if first in ("NOUN-HUM", "NOUN-ANIM", "NOUN-AGRESS") else "thing"


def scores(vectors, words):
    """Return the adjusted Rand index for noun or verb, for `kind`, and for the sets of classes."""
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy", reason="clusters with scipy")
    distance = pytest.importorskip("scipy.spatial.distance", reason="clusters with scipy")
    rand = pytest.importorskip("sklearn.metrics", reason="scores with scikit-learn").adjusted_rand_score
    tree = hierarchy.linkage(distance.pdist(vectors, "cosine"), "average")
    truths = [
        [kind(w) == "verb" for w in words],
        [kind(w) for w in words],
        [str(elman.classes_of(w)) for w in words],
    ]
    return [rand(truth, hierarchy.fcluster(tree, len(set(truth)), "maxclust")) for truth in truths]


def trained(model_of, cut, seed):
    rng = np.random.default_rng(seed)
    x, y, known = at_once(cut, elman.sentences(2000, rng))
    model = model_of(len(known), 5)
    params, history = fit(model, model.init(rng), x, y, GradientDescent(0.5), epochs=20, batch_size=50, rng=rng)
    return params["W1"].T, known, history, (x, y)


@pytest.mark.parametrize(
    ("model_of", "cut"),
    [(SkipGram, pairs), (CBOW, windows), (lambda V, d: CBOW(V, d, mean=True), windows)],
    ids=["skip-gram", "CBOW sum", "CBOW mean"],
)
def test_vectors_of_elmans_words_cluster_into_his_classes(model_of, cut):
    near, far, guessed = [], [], []
    for seed in range(3):
        vectors, known, *_ = trained(model_of, lambda ids: cut(ids, 1), seed)
        near.append(scores(vectors, known.words))
        far.append(scores(trained(model_of, lambda ids: cut(ids, 2), seed)[0], known.words))
        guessed.append(scores(np.random.default_rng(seed).normal(size=vectors.shape), known.words))
    near, far, guessed = (np.mean(s, axis=0) for s in (near, far, guessed))
    assert near[0] > 0.7
    assert near[1] > 0.4
    assert near[2] > 0.9
    assert np.all(guessed < 0.25)
    assert far[0] < near[0]  # a window over the whole sentence mixes subject, verb and object
    assert far[2] > 0.8


def test_exact_shares_of_neighbours_know_all_sets_of_classes_but_not_eaters_from_food():
    place = {word: i for i, word in enumerate(elman.WORDS)}
    shares = np.zeros((len(place), len(place)))
    for sentence, p in elman.distinct_sentences().items():
        np.add.at(shares, pairs([place[word] for word in sentence], 1), float(p))
    noun_or_verb, kinds, sets = scores(shares, elman.WORDS)
    assert noun_or_verb == sets == 1
    assert kinds < 0.8
    assert nearest(elman.WORDS, shares, "cookie", 3)[0][0] == "bread"
    assert {word for word, _ in nearest(elman.WORDS, shares, "cookie", 3)[1:]} == {"dragon", "monster"}


def test_the_loss_ends_just_above_the_entropy_of_the_pairs():
    _, known, history, (x, y) = trained(SkipGram, lambda ids: pairs(ids, 1), 0)
    counts = np.zeros((len(known), len(known)))
    np.add.at(counts, (x, y), 1)
    p = counts / counts.sum(axis=1, keepdims=True)
    floor = -np.sum(counts[counts > 0] * np.log(p[counts > 0])) / counts.sum()
    assert floor < history.loss[-1] < floor + 0.05
    np.testing.assert_array_equal(counts, counts.T)  # whoever has a neighbour is its neighbour


def test_without_order_who_eats_and_what_is_eaten_fill_the_same_gap():
    bags = {}
    for sentence, p in elman.distinct_sentences().items():
        for i, word in enumerate(sentence):
            around = tuple(sorted(sentence[:i] + sentence[i + 1 :]))
            bags.setdefault(around, {}).setdefault(word, 0)
            bags[around][word] += p
    assert len(set(bags["eat", "man"].values())) == 1
    assert set(bags["eat", "man"]) == {"cookie", "bread", "dragon", "monster"}
