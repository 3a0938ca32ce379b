"""Trees, spans and nested pairs: what a tree is, the builders, how long their paths are."""

import heapq
from fractions import Fraction
from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncourse import plots, trees
from nncourse.spans import Span, from_splits, nested, pi, spans
from nncourse.trees import Tree, balanced, by_splitting, chain, huffman, random_tree

matplotlib.use("agg")


def all_pairs(words):
    """Give every full binary tree over words in this order, as nested pairs."""
    if len(words) == 1:
        yield words[0]
    for k in range(1, len(words)):
        for left in all_pairs(words[:k]):
            for right in all_pairs(words[k:]):
                yield left, right


ALL = [nested(pairs) for V in range(2, 8) for pairs in all_pairs(range(V))]
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def any_tree(draw, largest=60):
    """Draw a tree of random shape whose words and inner nodes have random numbers."""
    V, rng = draw(st.integers(2, largest)), np.random.default_rng(draw(SEEDS))
    return renumbered(random_tree(V, rng), rng)


def renumbered(tree, rng):
    """Return the same shape with other numbers: words permuted, and all internal nodes but the root."""
    words, nodes = rng.permutation(tree.V), np.append(0, 1 + rng.permutation(tree.V - 2))
    left, right = np.empty((2, tree.V - 1), int)
    for side, out in ((tree.left, left), (tree.right, right)):
        out[nodes] = [-1 - words[-1 - c] if c < 0 else nodes[c] for c in side.tolist()]
    return Tree(left, right)


def by_walking(tree):
    """Return {word: (nodes, signs)}, found by walking down from the root: an independent way to the paths."""
    found, todo = {}, [(0, [], [])]
    while todo:
        node, nodes, signs = todo.pop()
        if node < 0:
            found[-1 - node] = nodes, signs
            continue
        todo.append((int(tree.left[node]), [*nodes, node], [*signs, 1]))
        todo.append((int(tree.right[node]), [*nodes, node], [*signs, -1]))
    return found


def as_pairs(tree, node=0):
    """Return a small tree as nested pairs."""
    return -1 - node if node < 0 else (as_pairs(tree, int(tree.left[node])), as_pairs(tree, int(tree.right[node])))


# --- paths ---


@pytest.mark.equation("S-tree", "S-dir")
@given(any_tree())
def test_a_path_is_what_one_meets_on_the_way_down(tree):
    walked = by_walking(tree)
    assert sorted(walked) == list(range(tree.V))
    for y, (nodes, signs) in walked.items():
        got = tree.path(y)
        assert (got[0].tolist(), got[1].tolist()) == (nodes, signs)
        assert tree.lengths[y] == len(nodes)
        assert tree.nodes[tree.starts[y] : tree.starts[y + 1]].tolist() == nodes
    assert tree.starts[-1] == len(tree.nodes) == len(tree.signs) == tree.lengths.sum()


@pytest.mark.equation("S-tree", "S-dir")
def test_the_signs_of_a_tree_worked_by_hand():
    tree = Tree(left=[1, -3, -1], right=[2, -2, -4])  # ((2, 1), (0, 3))
    expected = {0: ([0, 2], [-1, 1]), 1: ([0, 1], [1, -1]), 2: ([0, 1], [1, 1]), 3: ([0, 2], [-1, -1])}
    assert {y: tuple(part.tolist() for part in tree.path(y)) for y in range(4)} == expected


@given(any_tree(), SEEDS)
def test_many_paths_at_once_are_the_paths_one_after_the_other(tree, seed):
    y = np.random.default_rng(seed).integers(tree.V, size=7)
    rows, nodes, signs = tree.paths(y)
    assert nodes.tolist() == [k for word in y for k in tree.path(word)[0].tolist()]
    assert signs.tolist() == [s for word in y for s in tree.path(word)[1].tolist()]
    assert rows.tolist() == [i for i, word in enumerate(y) for _ in range(tree.lengths[word])]


@pytest.mark.equation("S-node")
@given(any_tree())
def test_a_full_tree_has_one_internal_node_less_than_words_and_every_one_is_on_a_path(tree):
    assert len(tree.left) == len(tree.right) == tree.V - 1
    assert set(tree.nodes.tolist()) == set(range(tree.V - 1))
    levels = [level.tolist() for level in tree.levels]
    assert levels[0] == [0]
    assert sorted(k for level in levels for k in level) == list(range(tree.V - 1))
    for upper, lower in pairwise(levels):
        children = {int(c) for k in upper for c in (tree.left[k], tree.right[k])}
        assert set(lower) == {c for c in children if c >= 0}


@given(any_tree())
def test_words_below_a_node_share_it_with_one_sign_for_each_side(tree):
    """The paths of two words agree down to the node where they part, and differ in its sign alone."""
    a, b = (tree.path(y) for y in (0, tree.V - 1))
    k = 0
    while a[0][k] == b[0][k] and a[1][k] == b[1][k]:
        k += 1
    assert a[0][k] == b[0][k]
    assert a[1][k] == -b[1][k]
    assert not set(a[0][k + 1 :].tolist()) & set(b[0][k + 1 :].tolist())


def test_a_tree_cannot_be_changed():
    tree = balanced(5)
    for array in (tree.left, tree.right, tree.lengths, tree.starts, tree.nodes, tree.signs):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_children_that_are_changed_later_do_not_change_the_tree():
    left, right = np.array([1, -1], np.int32), np.array([-3, -2], np.int32)
    tree = Tree(left, right)
    left[0] = right[0] = 7
    assert tree.left.tolist() == [1, -1]
    assert tree.right.tolist() == [-3, -2]


@pytest.mark.parametrize(
    ("left", "right", "error", "message"),
    [
        ([1.0, -1.0], [-3, -2], TypeError, "left: expected whole numbers, got float64"),
        ([1, -1], [True, False], TypeError, "right: expected whole numbers, got bool"),
        ([1, -1], ["a", "b"], TypeError, "right: expected whole numbers, got <U1"),
        ([[1], [1, 2]], [-1], ValueError, r"left: expected shape \(V - 1,\), got rows of unequal lengths"),
        ([[1, -1]], [-3, -2], ValueError, r"left: expected shape \(V - 1,\), V at least 2, as left, got \(1, 2\)"),
        ([1, -1], [-2], ValueError, r"right: expected shape \(V - 1,\), V at least 2, as left, got \(1,\)"),
        (np.empty(0, int), np.empty(0, int), ValueError, r"left: expected shape .*got \(0,\)"),
        ([0, -1], [-3, -2], ValueError, r"every word, -1 ... -3, .* but the root, 1 ... 1, once; got \[0\]"),
        ([2, -1], [-3, -2], ValueError, r"got \[2\]"),
        ([1, -1], [-4, -2], ValueError, r"got \[-4\]"),
        ([1, -1], [-1, -2], ValueError, "got one of them twice"),
        ([1, 1], [-1, -2], ValueError, "got one of them twice"),
        ([-1, 2, 1], [-2, -3, -4], ValueError, "expected one tree, got 2 nodes that the root does not reach"),
        ([-1, 1], [-2, -3], ValueError, "expected one tree, got 1 nodes that the root does not reach"),
    ],
)
def test_what_is_no_full_tree_is_refused(left, right, error, message):
    with pytest.raises(error, match=message):
        Tree(left, right)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (3, ValueError, "y: expected ids 0 .. 2, got 3"),
        (-1, ValueError, "y: expected ids 0 .. 2, got -1"),
        (1.0, TypeError, "y: expected integer word ids, got float64"),
        (True, TypeError, "y: expected integer word ids, got bool"),
        ([1], ValueError, r"y: expected shape \(\), got \(1,\)"),
    ],
)
def test_a_path_leads_to_one_of_the_words(y, error, message):
    with pytest.raises(error, match=message):
        chain(3).path(y)


# --- builders ---


def huffman_again(counts):
    """Return the total weighted path length by a heap of weights alone: every join adds its weight."""
    heap, total = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        total += joined
        heapq.heappush(heap, joined)
    return total


def best_of_all_trees(counts):
    """Return the smallest total weighted path length of any tree: over all ways to part a set of words, again."""
    best = {1 << y: 0 for y in range(len(counts))}
    weight = [sum(c for y, c in enumerate(counts) if parts >> y & 1) for parts in range(1 << len(counts))]
    for parts in range(1, 1 << len(counts)):
        if parts not in best:
            half, options = (parts - 1) & parts, []
            while half:
                options.append(best[half] + best[parts ^ half])
                half = (half - 1) & parts
            best[parts] = weight[parts] + min(options)
    return best[(1 << len(counts)) - 1]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8))
def test_no_tree_at_all_has_shorter_paths_than_huffmans(counts):
    assert int(huffman(counts).lengths @ np.array(counts)) == best_of_all_trees(counts)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=300))
def test_huffmans_total_length_is_the_sum_of_the_joined_weights_and_the_rare_lie_deeper(counts):
    lengths = huffman(counts).lengths
    assert int(lengths @ np.array(counts)) == huffman_again(counts)
    order = np.argsort(counts, kind="stable")
    for rare, common in pairwise(order):
        assert counts[rare] == counts[common] or lengths[rare] >= lengths[common]


def test_the_heavier_part_becomes_the_left_child():
    assert as_pairs(huffman([5, 1, 2])) == (0, (2, 1))
    assert as_pairs(huffman([1, 2, 4, 8])) == (3, (2, (1, 0)))
    assert as_pairs(huffman([4, 3, 5, 6])) == ((3, 2), (0, 1))


def entropy(f):
    f = f[f > 0]
    return -f @ np.log2(f)


@pytest.mark.equation("S-1.3.3b")
@given(st.lists(st.integers(1, 10**4), min_size=2, max_size=200))
def test_huffmans_mean_length_lies_between_the_entropy_and_one_more(counts):
    f = np.array(counts) / sum(counts)
    mean, H = f @ huffman(counts).lengths, entropy(f)
    assert H - 1e-9 <= mean < H + 1
    for other in (balanced(len(counts)), chain(len(counts))):  # Gibbs: no tree goes below the entropy
        assert mean - 1e-9 <= f @ other.lengths


@given(any_tree(largest=40))
def test_where_all_shares_are_powers_of_one_half_the_mean_is_the_entropy(tree):
    f = 0.5**tree.lengths
    assert f @ huffman(f).lengths == pytest.approx(entropy(f), abs=1e-12)
    np.testing.assert_array_equal(huffman(f).lengths, tree.lengths)


@given(any_tree())
def test_krafts_sum_is_exactly_one(tree):
    assert sum(Fraction(1, 2 ** int(length)) for length in tree.lengths) == 1


@pytest.mark.equation("S-1.3.3b")
@pytest.mark.parametrize("V", [2, 3, 4, 7, 8, 9, 100, 1024, 5000])
def test_a_balanced_tree_is_as_shallow_as_can_be(V):
    lengths = balanced(V).lengths
    assert lengths.max() == int(np.ceil(np.log2(V)))
    assert lengths.max() - lengths.min() <= 1


@pytest.mark.equation("S-1.3.3b")
@pytest.mark.parametrize("V", [2, 3, 8, 500])
def test_a_chain_has_paths_of_every_length_so_log_V_does_not_hold_for_every_tree(V):
    lengths = chain(V).lengths
    assert lengths.tolist() == [*range(1, V), V - 1]
    assert lengths.mean() == (V - 1) * (V + 2) / (2 * V)


def test_the_chain_of_eight_words_against_the_balanced_tree():
    assert (chain(8).lengths.mean(), chain(8).lengths.max()) == (4.375, 7)
    assert set(balanced(8).lengths.tolist()) == {3}


@pytest.mark.parametrize("build", [balanced, chain, lambda V: random_tree(V, np.random.default_rng(3))])
def test_builders_keep_the_words_in_order(build):
    for V in (2, 5, 33):
        assert spans(build(V))[0] == list(range(V))


def test_a_random_tree_parts_at_every_place_and_is_given_by_its_seed():
    trees_of_four = {str(as_pairs(random_tree(4, np.random.default_rng(seed)))) for seed in range(60)}
    assert len(trees_of_four) == 5
    once, again = (random_tree(50, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(once.left, again.left)


def test_the_paths_of_a_long_chain_are_not_made_until_they_are_asked_for():
    tree = chain(3_000)
    assert tree.lengths[-1] == 2_999
    assert "_steps" not in vars(tree)
    assert tree.path(3)[0].tolist() == [0, 1, 2, 3]
    assert "_steps" in vars(tree)


def test_a_million_words():
    tree = balanced(10**6)
    assert tree.lengths.max() == 20
    nodes, signs = tree.path(999_999)
    assert len(nodes) == len(signs) == tree.lengths[-1]
    assert (signs == -1).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: huffman([3]), ValueError, "counts: expected at least two, none negative, got 1, the smallest 3"),
        (lambda: huffman([3, -1]), ValueError, "counts: .* got 2, the smallest -1"),
        (lambda: huffman([3, np.nan]), ValueError, "counts: expected finite numbers, got nan"),
        (lambda: huffman([[3, 1]]), ValueError, "counts: expected shape"),
        (lambda: huffman(["a"]), TypeError, "counts: expected real numbers"),
        (lambda: balanced(1), ValueError, "V: expected at least 2 words, got 1"),
        (lambda: chain(0), ValueError, "V: expected a finite number above 0"),
        (lambda: chain(2.5), TypeError, "V: expected a whole number"),
        (lambda: random_tree(4, 7), TypeError, "rng: expected numpy.random.default_rng"),
        (lambda: by_splitting(3, lambda i, j: j), ValueError, "split: expected i <= k < j for every part"),
        (lambda: by_splitting(3, lambda i, j: i - 1), ValueError, "split: expected i <= k < j for every part"),
        (lambda: by_splitting(3, lambda i, j: 0), ValueError, "split: expected i <= k < j for every part"),
    ],
)
def test_builders_check_their_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- spans and pairs ---


@pytest.mark.equation("S-span")
@given(any_tree())
def test_a_span_is_the_words_below_its_node_and_is_closed_under_splitting(tree):
    order, found = spans(tree)
    assert sorted(order) == list(range(tree.V))
    assert found[0][:2] == (1, tree.V)
    assert found[0].node == 0
    below = {node: {y for y in range(tree.V) if node in tree.path(y)[0]} for node in range(tree.V - 1)}
    known = {(i, j) for i, j, _, _ in found} | {(k, k) for k in range(1, tree.V + 1)}
    for i, j, k, node in found:
        assert i <= k < j
        assert {order[place - 1] for place in range(i, j + 1)} == below[node]
        left = {y for y in below[node] if tree.path(y)[1][tree.path(y)[0].tolist().index(node)] == 1}
        assert {order[place - 1] for place in range(i, k + 1)} == left
        assert {(i, k), (k + 1, j)} <= known
    assert len(found) == len({(i, j) for i, j, _, _ in found}) == tree.V - 1


@pytest.mark.equation("S-span")
def test_without_numbering_from_left_to_right_the_words_below_a_node_are_no_interval():
    order, found = spans(nested(((0, 2), 1)))
    assert order == [0, 2, 1]
    assert found == [Span(1, 3, 2, 0), Span(1, 2, 1, 1)]


@pytest.mark.equation("S-span")
@given(any_tree())
def test_splits_and_spans_are_each_others_inverse(tree):
    order, found = spans(tree)
    again = from_splits({(i, j): k for i, j, k, _ in found})
    assert again.lengths.tolist() == tree.lengths[order].tolist()
    assert spans(again)[0] == list(range(tree.V))
    assert [span[:3] for span in spans(again)[1]] == [span[:3] for span in found]
    for place, word in enumerate(order):
        assert again.path(place)[1].tolist() == tree.path(word)[1].tolist()


def test_there_are_196_trees_of_two_to_seven_words_all_different():
    assert [sum(tree.V == V for tree in ALL) for V in range(2, 8)] == [1, 2, 5, 14, 42, 132]
    assert len({tuple((i, j, k) for i, j, k, _ in spans(tree)[1]) for tree in ALL}) == 196


@given(any_tree(largest=30))
def test_pairs_spell_the_tree(tree):
    assert as_pairs(nested(as_pairs(tree))) == as_pairs(tree)
    np.testing.assert_array_equal(nested(as_pairs(tree)).lengths, tree.lengths)


def test_pairs_may_be_lists_and_nested_deeply():
    assert nested([[0, 1], 2]).lengths.tolist() == [2, 2, 1]
    deep = 0
    for y in range(1, 3000):
        deep = (deep, y)
    assert nested(deep).lengths.max() == 2999
    assert len(spans(nested(deep))[1]) == 2999


@pytest.mark.equation("S-tree", "S-span")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nested(5), TypeError, r"pairs: expected \(left, right\), got 5"),
        (lambda: nested(((0, 1), (2,))), ValueError, r"two children for every node \(a full tree\), got \(2,\)"),
        (lambda: nested((0, 1, 2)), ValueError, r"two children for every node \(a full tree\), got \(0, 1, 2\)"),
        (lambda: nested(((0, 1), 1)), ValueError, r"pairs: expected the words 0 .. 2, each once, got 1 twice"),
        (lambda: nested(((0, 1), 3)), ValueError, r"pairs: expected the words 0 .. 2, each once, got 3$"),
        (lambda: nested((0, -1)), ValueError, "pairs: expected ids 0 .."),
        (lambda: nested((0, 1.0)), TypeError, "pairs: expected integer word ids"),
        (lambda: from_splits({}), ValueError, r"splits: expected at least the span \(1, 2\), got none"),
        (lambda: from_splits({(1, 3): 3}), ValueError, r"expected i <= k < j, got k = 3 for the span \(1, 3\)"),
        (lambda: from_splits({(1, 3): 0}), ValueError, r"expected i <= k < j, got k = 0 for the span \(1, 3\)"),
        (lambda: from_splits({(1, 3): 2}), ValueError, r"expected a split for the span \(1, 2\), got none"),
        (lambda: from_splits({(2, 3): 2}), ValueError, r"expected a split for the span \(1, 3\), got none"),
        (
            lambda: from_splits({(1, 3): 1, (2, 3): 2, (1, 2): 1}),
            ValueError,
            r"expected spans that come from parting \(1, 3\), got \(1, 2\)",
        ),
        (lambda: pi(chain(3), [1.0]), ValueError, r"z: expected shape \(2,\), got \(1,\)"),
        (lambda: pi(chain(3), [1.0, np.inf]), ValueError, "z: expected finite numbers"),
    ],
)
def test_what_is_no_tree_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.equation("S-span")
def test_with_k_equal_to_j_the_recursion_of_the_notes_never_ends():
    def pi_of_the_notes(i, j, k):
        return 1 if i == j else 0.5 * pi_of_the_notes(i, k, k) + 0.5 * pi_of_the_notes(k + 1, j, k)

    assert pi_of_the_notes(1, 2, 1) == 1
    with pytest.raises(RecursionError):
        pi_of_the_notes(1, 2, 2)


# --- the drawing ---


def test_the_drawing_shows_every_step_and_the_path():
    figure, ax = plt.subplots()
    tree, words = nested(((0, 1), ((2, 3), 4))), ["the", "of", "cat", "dog", "sat"]
    plots.tree(ax, tree, words, path=3)
    texts = [t.get_text() for t in ax.texts]
    assert len(ax.lines) == 2 * (tree.V - 1)
    assert set(words) <= set(texts)
    assert [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"] == ["dog"]
    thick = [line for line in ax.lines if line.get_color() == plots.RED]
    assert len(thick) == tree.lengths[3] == 3
    assert texts.count("+1") + texts.count("\N{MINUS SIGN}1") == 3
    assert texts.count("+1") == np.sum(tree.path(3)[1] > 0) == 1
    across = {t.get_text(): t.get_position()[0] for t in ax.texts if t.get_text() in words}
    assert sorted(words, key=across.get) == words
    plt.close(figure)


def test_without_a_path_nothing_is_thick():
    figure, ax = plt.subplots()
    plots.tree(ax, trees.balanced(4), "abcd", names=False)
    assert plots.RED not in {line.get_color() for line in ax.lines}
    assert {t.get_text() for t in ax.texts} == set("abcd")
    plt.close(figure)
