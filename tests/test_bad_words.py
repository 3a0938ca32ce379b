"""Bad input to the language models: the message names the argument, what was expected and what came."""

# ruff: noqa: E501  (a table: one line a row)

import numpy as np
import pytest

from nncourse.contexts import Batches, ngrams, pairs, windows
from nncourse.language_models import NeuralLanguageModel, perplexity
from nncourse.output_layers import HierarchicalSoftmax
from nncourse.text import Vocabulary, vocabulary
from nncourse.trees import balanced, huffman
from nncourse.word_vectors import CBOW, SkipGram

BENGIO = NeuralLanguageModel(V=5, n=2, d1=3, d2=4)
SKIP, BAG = SkipGram(5, 3), CBOW(5, 3)
P = {model: model.init(np.random.default_rng(0)) for model in (BENGIO, SKIP, BAG)}
KNOWN = vocabulary([["a", "b"]])


def bengio(x=((0, 1),), y=(2,), params=None):
    return BENGIO.loss_and_grad(params or P[BENGIO], x, y)


CALLS = [  # what is wrong, the call, the exception, what its message must say
    # ids
    ("id too large", lambda: bengio([[0, 5]]), ValueError, r"x: expected ids 0 .. 4, got 5 at index \(0, 1\)"),
    ("id negative", lambda: bengio([[0, -1]]), ValueError, r"x: expected ids 0 .. 4, got -1 at index \(0, 1\)"),
    ("ids of the wrong width", lambda: bengio([[0, 1, 2]]), ValueError, r"x: expected shape \(rows, 2\), got \(1, 3\)"),
    ("ids flat", lambda: bengio([0, 1]), ValueError, r"x: expected shape \(rows, 2\), got \(2,\)"),
    ("ids fractions", lambda: bengio([[0.0, 1.0]]), TypeError, r"x: expected integer word ids, got float64 \(list\)"),
    ("ids words", lambda: bengio([["a", "b"]]), TypeError, "x: expected integer word ids, got <U1"),
    ("ids truth values", lambda: bengio([[True, False]]), TypeError, "x: expected integer word ids, got bool"),
    ("ids one-hot", lambda: bengio(np.eye(5, dtype=int)[[0, 1]]), ValueError, r"x: expected shape \(rows, 2\), got \(2, 5\)"),
    ("ids ragged", lambda: bengio([[0, 1], [2]]), ValueError, r"x: .*\(rows, 2\), got rows of unequal lengths"),
    ("no rows", lambda: bengio(np.empty((0, 2), int), np.empty(0, int)), ValueError, r"x: .*got \(0, 2\)"),
    ("next word too large", lambda: bengio(y=[5]), ValueError, r"y: expected ids 0 .. 4, got 5 at index \(0,\)"),
    ("next words too few", lambda: bengio([[0, 1], [1, 2]], [1]), ValueError, r"y: expected shape \(2,\), got \(1,\)"),
    ("next word one-hot", lambda: bengio(y=[[0, 0, 1, 0, 0]]), ValueError, r"y: expected shape \(1,\), got \(1, 5\)"),
    ("skip-gram, x wide", lambda: SKIP.forward(P[SKIP], [[0]]), ValueError, r"x: expected shape \(n,\), got \(1, 1\)"),
    ("skip-gram, x -1", lambda: SKIP.forward(P[SKIP], [-1]), ValueError, r"x: expected ids 0 .. 4, got -1 at index \(0,\)"),
    ("CBOW, x flat", lambda: BAG.forward(P[BAG], [0]), ValueError, r"x: expected shape \(n, c\), got \(1,\)"),
    ("CBOW, x -2", lambda: BAG.forward(P[BAG], [[0, -2]]), ValueError, r"x: expected ids -1 .. 4, got -2 at index \(0, 1\)"),
    ("CBOW, no word", lambda: BAG.forward(P[BAG], [[0, 1], [-1, -1]]), ValueError, "x: expected at least one word in every row, got none at index 1"),
    ("CBOW, y -1", lambda: BAG.loss_and_grad(P[BAG], [[0]], [-1]), ValueError, "y: expected ids 0 .. 4, got -1"),
    # parameters
    ("W1 transposed", lambda: bengio(params=P[BENGIO] | {"W1": P[BENGIO]["W1"].T}), ValueError, r'params\["W1"\]: expected shape \(3, 5\), got \(5, 3\)'),
    ("D left over", lambda: bengio(params=P[BENGIO] | {"D": np.ones((5, 6))}), ValueError, r"params: expected the names \['W1', 'W2', 'W3'\]"),
    ("W2 for a tree", lambda: SkipGram(5, 3, balanced(5)).forward(P[SKIP], [0]), ValueError, r'params\["W2"\]: expected shape \(4, 3\), got \(5, 3\)'),
    ("W1 nan", lambda: bengio(params=P[BENGIO] | {"W1": np.full((3, 5), np.nan)}), ValueError, r'params\["W1"\]: expected finite numbers, got nan'),
    ("overflow", lambda: bengio(params={k: np.full(W.shape, 1e308) for k, W in P[BENGIO].items()}), FloatingPointError, "overflows: .*too large"),
    # sizes and trees
    ("V zero", lambda: NeuralLanguageModel(0, 2, 3, 4), ValueError, "V: expected a finite number above 0, got 0"),
    ("n a fraction", lambda: NeuralLanguageModel(5, 1.5, 3, 4), TypeError, "n: expected a whole number above 0, got 1.5"),
    ("d2 negative", lambda: NeuralLanguageModel(5, 2, 3, -1, direct=True), ValueError, "d2: expected a finite number above 0, got -1"),
    ("nothing to the output", lambda: NeuralLanguageModel(5, 2, 3, 0), ValueError, "d2: expected a finite number above 0, got 0"),
    ("direct a number", lambda: NeuralLanguageModel(5, 2, 3, 4, direct=1), TypeError, "direct: expected True or False, got 1"),
    ("mean a word", lambda: CBOW(5, 3, mean="yes"), TypeError, "mean: expected True or False, got 'yes'"),
    ("d1 zero", lambda: SkipGram(5, 0), ValueError, "d1: expected a finite number above 0, got 0"),
    ("tree of other words", lambda: SkipGram(5, 3, balanced(4)), ValueError, "tree: expected one over V = 5 words, got one over 4"),
    ("tree a list", lambda: CBOW(5, 3, [0, 1]), TypeError, r"tree: expected a Tree, such as trees.huffman\(counts\), got list"),
    ("no tree", lambda: HierarchicalSoftmax(None), TypeError, "tree: expected a Tree"),
    ("counts negative", lambda: huffman([1, -1]), ValueError, "counts: expected at least two, none negative, got 2, the smallest -1"),
    ("perplexity of nan", lambda: perplexity(np.nan), ValueError, "loss: expected finite numbers"),
    # text
    ("sentence a string", lambda: vocabulary(["a b"]), TypeError, r"sentences\[0\]: expected a list of words, got 'a b'"),
    ("sentence a number", lambda: vocabulary([["a"], 3]), TypeError, r"sentences\[1\]: expected a list of words, got 3"),
    ("word a number", lambda: vocabulary([["a", 3]]), TypeError, r"sentences\[0\]: expected words \(str\), got 3 \(int\)"),
    ("no words", lambda: vocabulary([[], []]), ValueError, "sentences: expected some words, got none"),
    ("all rare", lambda: vocabulary([["a", "a"]], min_count=3), ValueError, "min_count: expected a word that occurs 3 times, got 2 at most"),
    ("min_count zero", lambda: vocabulary([["a"]], min_count=0), ValueError, "min_count: expected a finite number above 0, got 0"),
    ("ids of a string", lambda: KNOWN.ids("ab"), TypeError, "sentence: expected a list of words, got 'ab'"),
    ("n-grams of zero", lambda: ngrams([1, 2], 0), ValueError, "n: expected a finite number above 0, got 0"),
    ("n-grams of words", lambda: ngrams(["a"], 1), TypeError, "ids: expected integer word ids"),
    ("n-grams of -1", lambda: ngrams([0, -1], 1), ValueError, r"ids: .*got -1 at index \(1,\)"),
    ("windows of a table", lambda: windows([[1, 2]], 1), ValueError, r"ids: expected shape \(N,\), got \(1, 2\)"),
    ("pairs of a fraction", lambda: pairs([1, 2], 0.5), TypeError, "m: expected a whole number above 0, got 0.5"),
    ("batches of a generator", lambda: Batches((s for s in [["a"]]), KNOWN, pairs, 2), TypeError, "sentences: expected a list, .*gone over again .* got generator"),
    ("batches of nothing", lambda: Batches([["a"]], KNOWN, pairs, 0), ValueError, "batch_size: expected a finite number above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_the_message_names_argument_expectation_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_vocabulary_of_equal_words_is_equal():
    assert Vocabulary(("a",), (1,)) == vocabulary([["a"]])
