"""The hierarchical softmax: it sums to one for full trees alone, and a gradient costs as much as a path is long."""

import tracemalloc

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from test_trees import ALL, any_tree, by_walking, renumbered

from nncourse.activations import sigmoid, softmax
from nncourse.datasets import lee
from nncourse.derivations import hierarchical_softmax as derivation
from nncourse.exercises import check
from nncourse.language_models import NeuralLanguageModel
from nncourse.output_layers import FullSoftmax, HierarchicalSoftmax, add_rows
from nncourse.spans import nested, pi, spans
from nncourse.trees import balanced, chain, huffman, random_tree
from nncourse.word_vectors import CBOW, SkipGram

SEEDS = st.integers(0, 2**32 - 1)


def by_definition(tree, z, y):
    """Return p(y | x) by equation (6), turn by turn, in Python; z has a score for every node."""
    p = 1.0
    for node, sign in zip(*by_walking(tree)[y], strict=True):
        p *= 1 / (1 + np.exp(-sign * z[node]))
    return p


def layer(tree, rng, n=3, d=4, scale=1.0):
    """Return (output layer, W, h, y) with random numbers."""
    W, h = scale * rng.normal(size=(tree.V - 1, d)), rng.normal(size=(n, d))
    return HierarchicalSoftmax(tree), W, h, rng.integers(tree.V, size=n)


# --- it is a distribution ---


@pytest.mark.equation("S-6", "S-node", "S-dir")
@given(any_tree(largest=25), SEEDS)
def test_the_distribution_is_equation_6_word_by_word(tree, seed):
    output, W, h, _ = layer(tree, np.random.default_rng(seed))
    p = output.distribution(W, h)
    assert p.shape == (3, tree.V)
    expected = [[by_definition(tree, W @ row, y) for y in range(tree.V)] for row in h]
    np.testing.assert_allclose(p, expected, rtol=1e-12)


@pytest.mark.equation("S-6", "S-span", "S-sig")
@given(st.integers(2, 2000), SEEDS, st.sampled_from([1.0, 30.0, 1000.0]))
def test_it_sums_to_one_in_random_full_trees_however_large_the_scores(V, seed, scale):
    rng = np.random.default_rng(seed)
    tree = renumbered(random_tree(V, rng), rng)
    output, W, h, _ = layer(tree, rng, scale=scale)
    p = output.distribution(W, h)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    totals = pi(tree, W @ h[0])
    assert len(totals) == 2 * V - 1
    np.testing.assert_allclose(list(totals.values()), 1, rtol=1e-12)


@pytest.mark.equation("S-6", "S-span", "S-sig")
@pytest.mark.parametrize("build", [balanced, chain, lambda V: huffman(1 / np.arange(1, V + 1))])
@pytest.mark.parametrize("V", [2, 3, 64, 1000])
def test_it_sums_to_one_in_the_trees_that_one_builds(build, V, rng):
    output, W, h, _ = layer(build(V), rng, scale=3.0)
    np.testing.assert_allclose(output.distribution(W, h).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.equation("S-span", "S-sig", "S-6")
def test_it_sums_to_one_in_all_196_trees_of_up_to_seven_words(rng):
    for tree in ALL:
        z = 4 * rng.normal(size=tree.V - 1)
        assert abs(sum(by_definition(tree, z, y) for y in range(tree.V)) - 1) < 1e-14
        assert all(abs(total - 1) < 1e-14 for total in pi(tree, z).values())


@pytest.mark.equation("S-span")
@given(any_tree(largest=20), SEEDS)
def test_pi_weighs_the_two_parts_as_the_notes_say(tree, seed):
    """With other values at the single places the recursion gives their mean, weighted by p."""
    z, values = (np.random.default_rng(seed).normal(size=n) for n in (tree.V - 1, tree.V))
    order, found = spans(tree)
    total = {(place, place): values[word] for place, word in enumerate(order, start=1)}
    for i, j, k, node in reversed(found):
        total[i, j] = sigmoid(z[node]) * total[i, k] + sigmoid(-z[node]) * total[k + 1, j]
    expected = sum(by_definition(tree, z, y) * values[y] for y in range(tree.V))
    assert total[1, tree.V] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.equation("S-sig")
def test_pi_of_a_single_place_is_one_and_the_whole_tree_has_its_entry(rng):
    totals = pi(nested(((0, 2), 1)), rng.normal(size=2))
    assert sorted(totals) == [(1, 1), (1, 2), (1, 3), (2, 2), (3, 3)]
    assert totals[1, 1] == totals[2, 2] == 1.0


# --- the readings that the notes leave open ---

FOUR = nested(((0, 1), (2, 3)))


@pytest.mark.equation("S-tree")
def test_a_node_with_one_child_loses_what_it_sends_to_the_other_side():
    p = HierarchicalSoftmax(FOUR).distribution(np.array([[0.1], [0.7], [-2.0]]), np.ones((1, 1)))
    assert sigmoid(0.3) * p.sum() == pytest.approx(0.574443, abs=5e-7)
    with pytest.raises(ValueError, match="two children for every node"):
        nested((((0, 1), (2, 3)),))


@pytest.mark.equation("S-node")
def test_vectors_that_are_not_shared_give_another_sum_than_one():
    assert 2 * sigmoid(1.0) == pytest.approx(1.462117, abs=5e-7)  # V = 2: the words score their node 1 and -1
    own = np.random.default_rng(4).normal(size=(4, 3))
    total = sum(by_definition(FOUR, own[y], y) for y in range(4))
    assert total == pytest.approx(0.892497, abs=5e-7)
    assert HierarchicalSoftmax(FOUR).rows == 3


@pytest.mark.equation("S-tree", "S-6")
def test_a_length_counted_in_edges_drops_a_factor_and_the_sum_is_two(rng):
    z = rng.normal(size=3)
    total = 0.0
    for y in range(4):
        nodes, signs = FOUR.path(y)
        edges = len(nodes)  # L(y), were it counted in edges
        total += np.prod(sigmoid(signs * z[nodes])[: edges - 1])
    assert total == pytest.approx(2, rel=1e-14)


@pytest.mark.equation("S-6")
@given(any_tree(), SEEDS)
def test_before_training_a_word_has_one_half_for_every_node_on_its_path(tree, seed):
    output, W, h, y = layer(tree, np.random.default_rng(seed))
    np.testing.assert_array_equal(output.distribution(0 * W, h)[0], 0.5**tree.lengths)
    assert output.loss(0 * W, h, y) == pytest.approx(tree.lengths[y].mean() * np.log(2), rel=1e-13)


# --- the loss and its gradient ---


@pytest.mark.equation("S-6")
@given(any_tree(), SEEDS)
def test_the_loss_is_minus_log_p_of_the_distribution(tree, seed):
    output, W, h, y = layer(tree, np.random.default_rng(seed), n=5)
    expected = -np.log(output.distribution(W, h)[np.arange(5), y])
    np.testing.assert_allclose(output.path_gradient(W, h, y).loss, expected, rtol=1e-10, atol=1e-13)
    assert output.loss(W, h, y) == pytest.approx(expected.mean(), rel=1e-10, abs=1e-13)
    assert output.backprop(W, h, y)[0] == pytest.approx(expected.mean(), rel=1e-10, abs=1e-13)


@pytest.mark.equation("S-6", "S-1.3.3b")
@given(any_tree(), SEEDS)
def test_the_path_gradient_is_the_dense_one_where_the_path_is_and_zero_elsewhere(tree, seed):
    output, W, h, y = layer(tree, np.random.default_rng(seed), n=5)
    path = output.path_gradient(W, h, y)
    value, h_grad, W_grad = output.backprop(W, h, y)
    dense, expected_h = np.zeros_like(W), np.zeros_like(h)
    for i, word in enumerate(y):  # row by row, turn by turn
        for node, sign in zip(*by_walking(tree)[int(word)], strict=True):
            g = -sign / (1 + np.exp(sign * (W[node] @ h[i])))
            dense[node] += g * h[i] / 5
            expected_h[i] += g * W[node]
    np.testing.assert_allclose(W_grad, dense, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(path.h, expected_h, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(h_grad, expected_h / 5, rtol=1e-10, atol=1e-14)
    again = np.zeros_like(W)
    np.add.at(again, path.nodes, path.g[:, None] * h[path.rows])
    np.testing.assert_allclose(again / 5, W_grad, rtol=1e-10, atol=1e-14)
    assert value == pytest.approx(path.loss.mean(), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_a_thousand_cost_a_thousand_and_nothing_overflows(dtype):
    output = HierarchicalSoftmax(FOUR)
    W, h = np.array([[1000.0], [-1000.0], [3.0]], dtype), np.ones((2, 1), dtype)
    path = output.path_gradient(W, h, np.array([0, 1]))
    np.testing.assert_allclose(path.loss, [1000, 0], atol=1e-30)
    np.testing.assert_allclose(path.g, [0, -1, 0, 0], atol=1e-30)
    assert path.loss.dtype == path.h.dtype == path.g.dtype == output.distribution(W, h).dtype == np.dtype(dtype)
    assert output.loss(W, h, np.array([0, 0])) == 1000


class NoVocabulary:
    """A stand-in for a matrix of a huge vocabulary: gives the rows that are asked for, counts them, and no more."""

    def __init__(self, d):
        self.d, self.asked = d, 0

    def __getitem__(self, rows):
        self.asked += len(rows)
        return np.sin(np.add.outer(rows, np.arange(self.d)))


@pytest.mark.equation("S-1.3.3b")
def test_in_a_vocabulary_of_a_million_words_a_pair_asks_twenty_nodes_and_nothing_grows_with_V(rng):
    tree = balanced(10**6)
    tree.path(0)  # the paths are made once
    W, n, d = NoVocabulary(4), 3, 4
    h, y = rng.normal(size=(n, d)), rng.integers(10**6, size=n)
    tracemalloc.start()
    path = HierarchicalSoftmax(tree).path_gradient(W, h, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert W.asked == len(path.nodes) == tree.lengths[y].sum()
    assert 19 * n <= W.asked <= 20 * n
    assert peak < 100_000  # bytes; an array of a million bytes would be ten times that


@pytest.mark.equation("S-1.3.3a")
def test_the_full_softmax_gives_every_row_a_gradient(rng):
    W, h, y = rng.normal(size=(300, 4)), rng.normal(size=(1, 4)), np.array([17])
    value, h_grad, W_grad = FullSoftmax(300).backprop(W, h, y)
    p = softmax(h @ W.T)
    p_minus_e = p - np.eye(300)[y]
    assert (W_grad != 0).all()
    np.testing.assert_allclose(W_grad, p_minus_e.T @ h, rtol=1e-12)
    np.testing.assert_allclose(h_grad, p_minus_e @ W, rtol=1e-12)
    assert value == pytest.approx(-np.log(p[0, 17]), rel=1e-12)


@pytest.mark.equation("S-1.3.3a", "S-1.3.3b")
def test_rows_for_a_pair_grow_like_V_like_log_V_and_like_V_again(rng):
    sizes = 2 ** np.arange(4, 11)
    rows = {"full": [], "balanced": [], "chain": []}
    for V in sizes:
        h = rng.normal(size=(V, 3))
        for name, build in (("balanced", balanced), ("chain", chain)):
            path = HierarchicalSoftmax(build(int(V))).path_gradient(rng.normal(size=(V - 1, 3)), h, np.arange(V))
            rows[name].append(len(path.nodes) / V)
        _, _, dense = FullSoftmax(int(V)).backprop(rng.normal(size=(V, 3)), h[:1], np.array([0]))
        rows["full"].append(np.count_nonzero(dense.any(axis=1)))
    power = {name: np.polyfit(np.log(sizes), np.log(r), 1)[0] for name, r in rows.items()}
    assert power["full"] == pytest.approx(1, abs=1e-12)
    assert 0.95 < power["chain"] < 1
    assert np.diff(rows["balanced"]) == pytest.approx(np.ones(6), abs=1e-12)


@pytest.mark.equation("S-1.3.3b")
@given(any_tree())
def test_the_whole_distribution_asks_every_internal_node_once(tree):
    asked = np.concatenate(tree.levels)
    assert sorted(asked.tolist()) == list(range(tree.V - 1))


def test_rows_that_come_twice_are_added_twice():
    table = np.zeros((4, 2))
    add_rows(table, np.array([1, 3, 1]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert table.tolist() == [[0, 0], [6, 8], [0, 0], [3, 4]]


# --- where it may stand ---


@pytest.mark.equation("S-1.3.3b", "S-3")
def test_it_works_for_equation_3_too(rng):
    """Node vectors of length d2 on the hidden vectors of the neural language model."""
    bengio = NeuralLanguageModel(V=11, n=3, d1=4, d2=5)
    params = bengio.init(rng)
    _, cache = bengio.scores(params, rng.integers(11, size=(6, 3)))
    hidden = cache[2]
    assert hidden.shape == (6, 5)
    output = HierarchicalSoftmax(huffman(rng.integers(1, 99, 11)))
    W = rng.normal(size=(10, 5))
    np.testing.assert_allclose(output.distribution(W, hidden).sum(axis=1), 1, rtol=1e-14)
    y, v, epsilon = rng.integers(11, size=6), rng.normal(size=hidden.shape), 1e-30
    _, h_grad, _ = output.backprop(W, hidden, y)  # what backpropagation takes further down
    slope = np.imag(output.loss(W, hidden + 1j * epsilon * v, y)) / epsilon
    assert np.sum(h_grad * v) == pytest.approx(slope, rel=1e-12)


@pytest.mark.equation("S-6", "S-4", "S-5")
@pytest.mark.parametrize("kind", [SkipGram, CBOW])
def test_both_models_of_word_vectors_sum_to_one_with_a_tree(kind, rng):
    model = kind(V=9, d1=4, tree=random_tree(9, rng))
    params = {"W1": rng.normal(size=(4, 9)), "W2": rng.normal(size=(8, 4))}
    x = rng.integers(9, size=5) if kind is SkipGram else rng.integers(9, size=(5, 3))
    p, _ = model.forward(params, x)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: HierarchicalSoftmax([1, 2]), TypeError, r"tree: expected a Tree, such as .*, got list"),
        (
            lambda: SkipGram(V=5, d1=2, tree=balanced(4)),
            ValueError,
            "tree: expected one over V = 5 words, got one over 4",
        ),
        (lambda: FullSoftmax(0), ValueError, "V: expected a finite number above 0"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- sympy ---


@pytest.mark.equation("S-sig")
def test_sympy_knows_that_both_ways_together_are_one():
    assert derivation.both_ways() == 1


@pytest.mark.equation("S-span", "S-sig", "S-6")
@pytest.mark.parametrize("tree", [t for t in ALL if t.V <= 5], ids=lambda t: f"V{t.V}")
def test_the_sum_telescopes_to_one_in_V_minus_1_steps(tree):
    steps = derivation.telescope(tree)
    assert [len(sp.Add.make_args(step)) for step in steps] == list(range(tree.V, 0, -1))
    assert steps[-1] == 1
    f = sp.Lambda(derivation.z, derivation.logistic(derivation.z))
    point = dict(zip(derivation.scores(tree), (sp.Rational(k, 3) for k in (2, -5, 1, 4)), strict=False))
    for step in steps:
        assert sp.N(step.replace(derivation.sigma, f).subs(point), 30) == pytest.approx(1, abs=1e-20)


def test_the_sum_of_a_tree_with_a_wrong_sign_does_not_telescope(monkeypatch):
    right = derivation.probability

    def wrong(tree, y, f=derivation.sigma):
        return f(derivation.scores(tree)[0]) if y == 0 else right(tree, y, f)

    monkeypatch.setattr(derivation, "probability", wrong)
    assert derivation.telescope(FOUR)[-1] != 1


@pytest.mark.equation("S-6")
@pytest.mark.parametrize("sign", [1, -1])
def test_the_slope_at_a_node_is_minus_dir_times_the_probability_of_the_wrong_turn(sign):
    z = derivation.z
    assert sp.simplify(derivation.slope(sign) + sign * derivation.logistic(-sign * z)) == 0
    for z_i in (-3.0, 0.2, 5.0):
        path = HierarchicalSoftmax(nested((0, 1))).path_gradient(
            np.array([[z_i]]), np.ones((1, 1)), np.array([0 if sign > 0 else 1])
        )
        assert path.g[0] == pytest.approx(float(derivation.slope(sign).subs(z, z_i)), rel=1e-13)


@pytest.mark.equation("S-6", "S-dir")
def test_sympys_slopes_are_the_packages(rng):
    for tree in [t for t in ALL if t.V == 4]:
        W, h = rng.normal(size=(3, 2)), rng.normal(size=(1, 2))
        for y in range(4):
            path = HierarchicalSoftmax(tree).path_gradient(W, h, np.array([y]))
            dense = np.zeros(3)
            dense[path.nodes] = path.g
            formulas = sp.lambdify([derivation.scores(tree)], derivation.slopes(tree, y))
            np.testing.assert_allclose(formulas((W @ h[0]).tolist()), dense, rtol=1e-12)


# --- the chapter ---


def test_going_down_to_the_likelier_side_can_miss_the_most_probable_word():
    tree = nested(((0, 1), 2))
    p = HierarchicalSoftmax(tree).distribution(np.array([[0.3], [0.1]]), np.ones((1, 1)))[0]
    assert p.argmax() == 2
    assert sigmoid(0.3) > 0.5
    np.testing.assert_allclose(p, [0.302, 0.273, 0.426], atol=5e-4)
    assert check("hierarchical-softmax-5", (0.3, 0.1))


def test_no_article_stands_on_both_sides_of_the_chapters_cut():
    pytest.importorskip("gensim", reason="gensim's package carries the text")
    articles = lee()
    parts = [set(articles[a:b]) for a, b in ((0, 200), (200, 250), (250, 300))]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert sum(len(part) for part in parts) == 293
