"""The data that the chapters train on, and ways to split them."""

import numpy as np

from nncourse._borrowed import articles_of_gensim, of_sklearn
from nncourse._checks import check_labels, check_positive, check_rng, check_share, shape_text


def digits():
    """Return the handwritten digits of scikit-learn: 1,797 pictures of 8 x 8 pixels by 13 writers.

    Returns
    -------
    x : ndarray of shape (1797, 64)
        One row per picture, grey values scaled to 0 (white) ... 1 (black).
    labels : ndarray of int, shape (1797,)
        The digit, 0 ... 9. The file's order keeps pictures of one writer close together.

    Raises
    ------
    ModuleNotFoundError
        scikit-learn, which carries the pictures, is not installed.

    Examples
    --------
    >>> x, labels = digits()
    >>> x.shape, labels[:5].tolist()
    ((1797, 64), [0, 1, 2, 3, 4])
    """
    data, target, _ = of_sklearn("digits")
    return data / 16.0, target


def diabetes():
    """Return ten measurements of 442 people with diabetes, and how far the disease had gone one year later.

    They are scikit-learn's data of Efron, Hastie, Johnstone and Tibshirani (2004), as they were measured.

    Returns
    -------
    x : ndarray of shape (442, 10)
        One row per person: age, sex, body-mass index, mean blood pressure, and six values of the blood.
    y : ndarray of shape (442,)
        The progression, 25 ... 346.
    names : tuple of str
        What scikit-learn calls the columns.

    Raises
    ------
    ModuleNotFoundError
        scikit-learn, which carries the data, is not installed.

    Examples
    --------
    >>> x, y, names = diabetes()
    >>> x.shape, names[:4]
    ((442, 10), ('age', 'sex', 'bmi', 'bp'))
    """
    data, target, names = of_sklearn("diabetes", scaled=False)
    return data, target, tuple(map(str, names))


def breast_cancer():
    """Return thirty measurements of the cells of 569 lumps in the breast, and which lumps were malignant.

    They are scikit-learn's data of Wolberg, Mangasarian and Street (1995).

    Returns
    -------
    x : ndarray of shape (569, 30)
        One row per lump: sizes, roughness and shape of its cells' nuclei.
    labels : ndarray of int, shape (569,)
        0 for malignant, 1 for benign.

    Raises
    ------
    ModuleNotFoundError
        scikit-learn, which carries the data, is not installed.

    Examples
    --------
    >>> x, labels = breast_cancer()
    >>> x.shape, int((labels == 0).sum())
    ((569, 30), 212)
    """
    data, target, _ = of_sklearn("breast_cancer")
    return data, target


def lee():
    """Return 300 short news articles from Australia: the background corpus of Lee, Pincombe and Welsh (2005).

    They come with gensim, which is not imported: only the file is read. Seven articles occur twice, word for word,
    and four more pairs nearly agree.

    Returns
    -------
    list of str
        One article each, of 45 to 620 words, in the file's order.

    Raises
    ------
    ModuleNotFoundError
        gensim, which carries the articles, is not installed, or not all of it.

    Examples
    --------
    >>> articles = lee()
    >>> len(articles), articles[0][:30]
    (300, 'Hundreds of people have been f')
    """
    return [line.strip() for line in articles_of_gensim().read_text(encoding="utf-8").splitlines()]


def bit_sums(T, n=None, rng=None):
    """Return sequences of T bits and their sums: all 2^T of them, or n random ones.

    Parameters
    ----------
    T : int
        The number of bits; at most 20 where all sequences are wanted.
    n : int, optional
        How many sequences to draw.
    rng : numpy.random.Generator, optional
        Draws them; needed with n.

    Returns
    -------
    x : ndarray of shape (T, n)
        The bits 0.0 and 1.0, one column per sequence. All 2^T stand in the order of the binary numbers.
    y : ndarray of shape (n,)
        Their sums.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above.

    Source
    ------
    J-15

    Examples
    --------
    >>> x, y = bit_sums(2)
    >>> x.T.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 2.0])
    """
    check_positive("T", T, whole=True)
    if n is None:
        if T > 20:
            raise ValueError(
                f"T: expected at most 20 for all 2^T sequences, got {T}; give n and rng for some of them"
            )
        x = np.array(np.unravel_index(np.arange(2**T), (2,) * T), float)
    else:
        x = check_rng(rng).integers(2, size=(T, check_positive("n", n, whole=True))).astype(float)
    return x, x.sum(axis=0)


def xor_sequence(n, rng=None):
    """Return bits in groups of three: two that are drawn, and their XOR.

    Parameters
    ----------
    n : int
        The number of groups.
    rng : numpy.random.Generator, optional
        Draws the two bits of each group. Left out, the groups are the rows of the truth table, over and over.

    Returns
    -------
    ndarray of shape (3 n,)
        The bits 0.0 and 1.0.

    Raises
    ------
    TypeError, ValueError
        n is no whole number above zero, or `rng` is no generator.

    Source
    ------
    J-T1, J-xor

    Examples
    --------
    >>> "".join(str(int(bit)) for bit in xor_sequence(4))
    '000011101110'
    """
    check_positive("n", n, whole=True)
    a, b = np.divmod(np.arange(n) % 4, 2) if rng is None else check_rng(rng).integers(2, size=(2, n))
    return np.stack([a, b, a ^ b], axis=1).ravel().astype(float)


def one_hot(labels, classes):
    """Return the unit vectors e_label, one row per label.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        The classes, 0 ... classes - 1.
    classes : int
        How many there are.

    Returns
    -------
    ndarray of shape (n, classes)
        One row per label.

    Raises
    ------
    TypeError, ValueError
        A label is no integer, or out of range.

    Examples
    --------
    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    return np.eye(classes)[check_labels("labels", labels, "n", check_positive("classes", classes, whole=True))]


def stratified_split(labels, share, rng):
    """Return (train, test) row numbers: a random `share` of every class, rounded, is for testing.

    Parameters
    ----------
    labels : array_like of int, shape (n,)
        The classes.
    share : float
        The test rows' share, between 0 and 1.
    rng : numpy.random.Generator
        Draws the rows.

    Returns
    -------
    train, test : ndarray of int
        Sorted row numbers; together they are 0 ... n - 1.

    Raises
    ------
    TypeError, ValueError
        The share is no number between 0 and 1, there are no labels, or `rng` is no generator.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1])
    >>> train, test = stratified_split(labels, 0.5, np.random.default_rng(0))
    >>> labels[train].tolist(), labels[test].tolist()
    ([0, 0, 1], [0, 0, 1])
    """
    check_share("share", share)
    check_rng(rng)
    labels = np.asarray(labels)
    if labels.ndim != 1 or not labels.size:
        raise ValueError(f"labels: expected shape (n,), got {shape_text(labels.shape)}")
    test = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        test.append(rows[: round(share * len(rows))])
    test = np.sort(np.concatenate(test))
    return np.setdiff1d(np.arange(len(labels)), test), test


def ordered_split(n, share):
    """Return (train, test) row numbers: the last `share` of the rows, in the file's order, is for testing.

    Parameters
    ----------
    n : int
        How many rows there are.
    share : float
        The test rows' share, between 0 and 1.

    Returns
    -------
    train, test : ndarray of int
        Row numbers; together they are 0 ... n - 1.

    Raises
    ------
    TypeError, ValueError
        n is no whole number above zero, or the share no number between 0 and 1.

    Examples
    --------
    >>> [rows.tolist() for rows in ordered_split(4, 0.25)]
    [[0, 1, 2], [3]]
    """
    check_positive("n", n, whole=True)
    first = n - round(check_share("share", share) * n)
    return np.arange(first), np.arange(first, n)
