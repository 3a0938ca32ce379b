"""The data of the chapters: what it is, and that its splits lose and double nothing."""

import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncourse import _borrowed
from nncourse.datasets import breast_cancer, diabetes, digits, lee, one_hot, ordered_split, stratified_split


def test_the_digits_are_what_the_chapters_say():
    pytest.importorskip("sklearn", reason="scikit-learn carries the pictures")
    x, labels = digits()
    assert x.shape == (1797, 64)
    assert x.dtype == np.float64
    assert (x.min(), x.max()) == (0, 1)
    assert labels.shape == (1797,)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_two_tables_are_what_the_chapters_say():
    pytest.importorskip("sklearn", reason="scikit-learn carries the tables")
    x, y, names = diabetes()
    assert x.shape == (442, 10)
    assert y.shape == (442,)
    assert names == ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    assert (x[:, 0].min(), x[:, 0].max()) == (19, 79)  # years
    assert (y.min(), y.max()) == (25, 346)
    x, labels = breast_cancer()
    assert x.shape == (569, 30)
    assert np.bincount(labels).tolist() == [212, 357]
    assert x[labels == 0, 0].mean() > 1.4 * x[labels == 1, 0].mean()  # 0 is malignant: larger nuclei


@pytest.mark.parametrize("load", [digits, diabetes, breast_cancer])
def test_without_scikit_learn_its_data_say_how_to_get_it(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=rf"{load.__name__}.*pip install scikit-learn"):
        load()


@pytest.mark.parametrize("load", [digits, diabetes, breast_cancer])
def test_the_data_that_the_page_carries_are_the_same(load, monkeypatch, tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn carries the data")
    data, target, names = _borrowed.of_sklearn(load.__name__, **({"scaled": False} if load is diabetes else {}))
    np.savez_compressed(tmp_path / f"{load.__name__}.npz", data=data, target=target, names=np.array(names))
    original = load()
    monkeypatch.setattr(_borrowed, "CARRIED", tmp_path)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for ours, theirs in zip(load(), original, strict=True):
        np.testing.assert_array_equal(ours, theirs)


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
