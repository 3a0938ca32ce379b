"""Word vectors: the files of word2vec, which many programs read and write, and the nearest words.

Both formats open with the line ``V d``. In the text format a line ``word v1 ... vd`` follows for each of the V
words; in the binary format the word, a blank, d little-endian float32 and a newline, which some programs leave out.
"""

import difflib
import io
import os

import numpy as np

from nncourse._checks import check_array, check_bool, check_positive
from nncourse._files import put_in_place


def save_word2vec(path, words, vectors, *, binary=False):
    """Write word vectors in a format of word2vec, to the side first: a crash leaves no half file.

    Numbers are stored as float32; in the text format, float64 stays. A decimal is the shortest that reads back to
    the same number; nine digits where NumPy and gensim, which go by way of float64, would misread the shortest.

    Parameters
    ----------
    path : str or path
        The file, which is replaced if it exists.
    words : sequence of str
        V different words without white space of any kind.
    vectors : array_like of shape (V, d)
        One row per word.
    binary : bool
        Which format.

    Raises
    ------
    TypeError
        A word is no string, or the vectors are no real numbers.
    ValueError
        A word is empty, comes twice, holds white space or what UTF-8 cannot hold; there is not one row per word;
        a number is not finite or beyond the range of float32, as which it is going to be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_word2vec(f"{folder}/v.txt", ["king", "queen"], [[0.1, -2.0], [1e-8, 3.0]])
    ...     print(Path(folder, "v.txt").read_text(encoding="utf-8"))
    2 2
    king 0.1 -2.0
    queen 1e-08 3.0
    """
    binary = check_bool("binary", binary)
    words = _check_words(words)
    for i, word in enumerate(words):
        if word.split() != [word] or word.encode(errors="ignore").decode() != word:
            raise ValueError(f"words: expected one that UTF-8 can hold, no white space, got {word!r} at index {i}")
    vectors = check_array("vectors", vectors, (len(words), "d"))
    with np.errstate(over="ignore"):
        single = vectors.astype("<f4")
    for where in map(tuple, np.argwhere(np.isinf(single)).tolist()):
        raise ValueError(f"vectors: expected numbers in float32's range, got {vectors[where]} at index {where}")
    rows = vectors if vectors.dtype == np.float64 and not binary else single
    with put_in_place(path) as aside, open(aside, "wb") as file:
        file.write(b"%d %d\n" % rows.shape)
        for word, row in zip(words, rows, strict=True):
            file.write(word.encode() + b" " + (row.tobytes() if binary else _decimals(row)) + b"\n")


def _check_words(words):
    """Return the words as a tuple of different strings, or say which one is not."""
    if isinstance(words, (str, bytes)) or not hasattr(words, "__iter__"):
        raise TypeError(f"words: expected a sequence of strings, got {type(words).__name__}")
    first = {}
    for i, word in enumerate(words := tuple(words)):
        if not isinstance(word, str):
            raise TypeError(f"words: expected strings, got {word!r} ({type(word).__name__}) at index {i}")
        if first.setdefault(word, i) != i:
            raise ValueError(f"words: expected each word once, got {word!r} at index {first[word]} and {i}")
    if not words:
        raise ValueError("words: expected at least one word, got none")
    return words


def _decimals(row):
    texts = [str(number) for number in row]
    back = np.array([float(text) for text in texts]).astype(row.dtype)
    for i in np.flatnonzero(back != row):
        texts[i] = f"{row[i]:.9g}"
    return " ".join(texts).encode()


def load_word2vec(path, *, binary=False):
    """Read word vectors that `save_word2vec`, gensim or the C program word2vec wrote. Nothing is unpickled.

    Only a blank or a newline ends a word, as for gensim. Files of others may hold words with other white space,
    which `save_word2vec` refuses. A text file ends in a newline: without it, its last number may be cut off.

    Parameters
    ----------
    path : str or path
        The file.
    binary : bool
        Which format.

    Returns
    -------
    words : tuple of str
        The V words, in the file's order.
    vectors : ndarray of float32, shape (V, d)
        One row per word. A decimal becomes the nearest float64 first, then the nearest float32.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is damaged or of another format: the message names the file and the line or the row.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_word2vec(f"{folder}/v.bin", ["king", "queen"], [[0.5, -2.0], [1.0, 3.0]], binary=True)
    ...     words, vectors = load_word2vec(f"{folder}/v.bin", binary=True)
    >>> words, vectors.tolist()
    (('king', 'queen'), [[0.5, -2.0], [1.0, 3.0]])
    """
    unit, first, read_row = ("row", 1, _binary_row) if check_bool("binary", binary) else ("line", 2, _text_row)
    with open(path, "rb") as file, np.errstate(over="ignore"):
        place = "line 1"
        try:
            V, d = _header(file, 4 if binary else 2)
            words, vectors = {}, np.empty((V, d), dtype=np.float32)
            if binary:
                _refuse_text(file, d)
            for i in range(V):
                place = f"{unit} {i + first}"
                word, vectors[i] = read_row(file, d)
                if not word or b"\n" in word:
                    raise ValueError(f"expected a word, got {word[:40]!r}")
                if (earlier := words.setdefault(word.decode(), i)) != i:
                    raise ValueError(f"expected another word, got that of {unit} {earlier + first}, {word!r}")
                if not np.isfinite(vectors[i]).all():
                    raise ValueError("expected finite float32 numbers, got nan or infinity")
            place = f"after {place}"
            if more := next((line for line in file if line != b"\n"), b""):
                raise ValueError(f"expected the end of the file, got {more[:20]!r}")
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}, {place}: {error} (read with binary={binary})") from error
    return tuple(words), vectors


def _header(file, least):
    """Return V and d, if so many numbers of `least` bytes fit into the file: a wrong header allocates nothing."""
    line = file.readline(64)
    sizes = line.split() if line.endswith(b"\n") else []
    if len(sizes) != 2 or not all(size.isdigit() and int(size) for size in sizes):
        raise ValueError(f"expected two whole numbers above zero, V and d, got {line!r}")
    V, d = map(int, sizes)
    got, expected = os.fstat(file.fileno()).st_size, file.tell() + V * (2 + least * d)
    if got < expected:
        raise ValueError(f"expected at least {expected} bytes for {V} words of {d} numbers, got a file of {got}")
    return V, d


def _text_row(file, d):
    line = file.readline()
    if not line.endswith(b"\n"):
        raise ValueError(f"expected a whole line, got the end of the file after {line[-20:]!r}")
    word, _, rest = line.rstrip().partition(b" ")
    numbers = rest.split(b" ") if rest else []
    if len(numbers) != d or b"_" in rest:  # Python's float takes an underscore
        raise ValueError(f"expected a word and {d} numbers, a blank apart, got {len(numbers)}: {rest[:40]!r}")
    return word, [float(number) for number in numbers]


def _binary_row(file, d):
    word = bytearray()
    while (byte := file.read(1)) not in (b" ", b""):
        word += byte
    if len(numbers := file.read(4 * d)) < 4 * d:
        raise ValueError(f"expected a word, a blank and {4 * d} bytes, got the end of the file before that")
    return bytes(word.lstrip(b"\n")), np.frombuffer(numbers, "<f4")  # the newline ends the row before


def _refuse_text(file, d):
    """Refuse a text file, whose numbers may well make a binary file too: "a 0.1 0.2" has eight bytes after "a "."""
    start = file.tell()
    try:
        _text_row(io.BytesIO(file.readline(1 << 20)), d)
    except ValueError:
        file.seek(start)
    else:
        raise ValueError(f"expected numbers of 4 bytes, got a line of text with {d} numbers")


def nearest(words, vectors, word, k=5):
    """Return the k words whose vectors have the largest cosine with a word's vector, and these cosines.

    Parameters
    ----------
    words : sequence of str
        V different words.
    vectors : array_like of shape (V, d)
        One row per word. A row of zeros has no direction; as a neighbour it gets the cosine 0.
    word : str
        One of the words, with a vector that is not zero.
    k : int
        How many of the other words, 1 ... V - 1.

    Returns
    -------
    list of (str, float)
        The words, the nearest first; of equally near ones the earlier first.

    Raises
    ------
    TypeError
        One of the words is no string, k is no whole number, or the vectors are no real numbers.
    ValueError
        The word is not among the words, or its vector is zero; k is out of range; one of the words comes twice;
        there is not one row per word, or a number is not finite.

    Examples
    --------
    >>> nearest(["king", "queen", "bread"], [[2.0, 0.0], [3.0, 4.0], [0.0, 1.0]], "king", k=2)
    [('queen', 0.6), ('bread', 0.0)]
    """
    words = _check_words(words)
    vectors = check_array("vectors", vectors, (len(words), "d"))
    if word not in words:
        close = ", ".join(map(repr, difflib.get_close_matches(str(word), words))) or "none"
        raise ValueError(f"word: expected one of the {len(words)} words, got {word!r}; close to it: {close}")
    if check_positive("k", k, whole=True) >= len(words):
        raise ValueError(f"k: expected at most {len(words) - 1}, the number of other words, got {k}")
    if not vectors[asked := words.index(word)].any():
        raise ValueError(f"word: expected one with a direction, got {word!r}, whose vector is zero")
    cosines = _cosines(vectors, asked)
    order = [i for i in np.argsort(-cosines, kind="stable") if i != asked]
    return [(words[i], float(cosines[i])) for i in order[:k]]


def _cosines(vectors, i):
    """Return the cosines with row i. Equal rows get equal ones, which a product of matrices does not promise."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    units = vectors / np.where(largest == 0, 1, largest)  # no square of them over- or underflows
    norms = np.sqrt((units**2).sum(axis=1, keepdims=True))
    units /= np.where(norms == 0, 1, norms)
    return np.clip((units * units[i]).sum(axis=1), -1, 1)
