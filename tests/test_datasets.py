"""The data of the chapters: what it is, and that its splits lose and double nothing."""

import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncourse.datasets import digits, lee, one_hot, ordered_split, stratified_split


def test_the_digits_are_what_the_chapters_say():
    pytest.importorskip("sklearn", reason="scikit-learn carries the pictures")
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert x.dtype == np.float64
    assert (x.min(), x.max()) == (0, 1)
    assert labels.shape == (1797,)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_without_scikit_learn_the_digits_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        digits()


needs_gensim = pytest.mark.skipif(find_spec("gensim") is None, reason="gensim carries the articles")


@needs_gensim
def test_the_articles_are_what_the_chapters_say():
    articles = lee()
    assert len(articles) == 300
    assert articles[0].startswith("Hundreds of people have been forced to vacate their homes")
    assert articles[-1].endswith('to beat us as well."')
    assert all(article == article.strip() and article.isascii() for article in articles)
    words = [len(article.split()) for article in articles]
    assert (min(words), max(words), sum(words)) == (45, 620, 59890)
    twice = [(articles.index(article), i) for i, article in enumerate(articles) if article in articles[:i]]
    assert twice == [(104, 112), (115, 119), (117, 120), (150, 156), (230, 236), (263, 271), (281, 288)]
    text = "\n".join(articles).encode()
    assert sha256(text).hexdigest() == "1447726d3d5eeb63a46dbaea3abf4769ed52b9e5ec52d2215e2eec77068efe25"


@needs_gensim
def test_reading_the_articles_does_not_import_gensim():
    code = "import sys; from nncourse.datasets import lee; print(len(lee()), 'gensim' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["300", "False"]


def test_without_gensim_or_its_test_data_the_articles_say_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(ModuleNotFoundError, match=r"not installed\. Install it with: pip install gensim"):
        lee()
    monkeypatch.delitem(sys.modules, "gensim")
    (tmp_path / "gensim").mkdir()
    (tmp_path / "gensim" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"without its test data\. Install it with: pip install gensim"):
        lee()
    (tmp_path / "gensim" / "test" / "test_data").mkdir(parents=True)
    (tmp_path / "gensim" / "test" / "test_data" / "lee_background.cor").write_bytes(b"One. \nTwo.")
    assert lee() == ["One.", "Two."]


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
