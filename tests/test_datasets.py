"""The data of the chapters: what it is, and that its splits lose and double nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncourse.datasets import digits, one_hot, ordered_split, stratified_split


def test_the_digits_are_what_the_chapters_say():
    pytest.importorskip("sklearn", reason="scikit-learn carries the pictures")
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert x.dtype == np.float64
    assert (x.min(), x.max()) == (0, 1)
    assert labels.shape == (1797,)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_without_scikit_learn_the_digits_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        digits()


def test_one_hot_rows_are_unit_vectors():
    y = one_hot([2, 0, 2], 3)
    assert y.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert y.dtype == np.float64


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.floats(0.05, 0.95), st.integers(0, 9))
def test_a_stratified_split_takes_its_share_of_every_class(labels, share, seed):
    train, test = stratified_split(labels, share, np.random.default_rng(seed))
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(test) > 0)
    for label in set(labels):
        assert sum(labels[i] == label for i in test) == round(share * labels.count(label))


def test_a_stratified_split_is_random_and_seeded():
    labels = np.arange(100) % 2
    first, again, other = (stratified_split(labels, 0.3, np.random.default_rng(s))[1].tolist() for s in (1, 1, 2))
    assert first == again
    assert first != other


@given(st.integers(2, 60), st.floats(0.05, 0.95))
def test_an_ordered_split_tests_on_the_last_rows(n, share):
    train, test = ordered_split(n, share)
    assert [*train, *test] == list(range(n))
    assert len(test) == round(share * n)
