"""Files of word vectors: equal to gensim's bit by bit, whole after a crash, refused when damaged; nearest words."""

# ruff: noqa: E501  (tables: one line a row)

import errno
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncourse.vectors import load_word2vec, nearest, save_word2vec

WORDS = ("der", "Käse", "乳酪", "🧀")
VECTORS = np.array([[0.5, -2.0, 3e-41], [-0.0, 1.0, 1e-7], [0.1, 0.2, 0.3], [3e38, -1e-45, 7.0]], dtype=np.float32)
MISREAD = np.frombuffer(bytes.fromhex("fd43ae15"), "<f4")[0]  # "7.038531e-26", by way of float64, is its neighbour
FORMATS = pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])

WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(lambda w: w.split() == [w])
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def word_vectors(draw, dtype=np.float32, elements=FLOAT32):
    words = draw(st.lists(WORD, min_size=1, max_size=5, unique=True))
    shape = (len(words), draw(st.integers(2, 5)))
    return words, draw(arrays(dtype, shape, elements=elements))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def keyed_vectors():
    return pytest.importorskip("gensim.models", reason="compares with gensim, which is not installed").KeyedVectors


def assert_same(loaded, words, vectors):
    """Compare with the bits of float32, in which -0.0 is another number than 0.0."""
    got_words, got = loaded
    assert tuple(got_words) == tuple(words)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got.view(np.uint32), np.asarray(vectors, np.float32).view(np.uint32), strict=True)


def gensim_loads(keyed_vectors, path, binary):
    loaded = keyed_vectors.load_word2vec_format(str(path), binary=binary)
    return loaded.index_to_key, loaded.vectors


# Round trips


@FORMATS
@given(data=word_vectors())
def test_what_is_saved_is_loaded_bit_by_bit(data, binary, folder):
    path = folder / "round"
    save_word2vec(path, *data, binary=binary)
    words, vectors = load_word2vec(str(path), binary=binary)
    assert_same((words, vectors), *data)
    assert isinstance(words, tuple)
    assert {type(word) for word in words} == {str}
    assert vectors.flags.writeable
    assert vectors.flags.c_contiguous
    assert os.listdir(folder) == ["round"]


@given(data=word_vectors(np.float64, st.floats(-3e38, 3e38)))
def test_the_text_holds_every_digit_of_float64_and_no_more(data, folder):
    words, vectors = data
    save_word2vec(folder / "round", words, vectors)
    lines = (folder / "round").read_bytes().decode().split("\n")
    assert lines[0] == f"{len(words)} {vectors.shape[1]}"
    assert lines[1:] == [f"{w} {' '.join(map(repr, v))}" for w, v in zip(words, vectors.tolist(), strict=True)] + [
        ""
    ]
    assert_same(load_word2vec(folder / "round"), words, vectors.astype(np.float32))


@given(data=word_vectors())
def test_the_text_of_float32_is_the_shortest_that_reads_back(data, folder):
    words, vectors = data
    save_word2vec(folder / "round", words, vectors)
    for line, row in zip((folder / "round").read_bytes().decode().split("\n")[1:], vectors, strict=False):
        for text, number in zip(line.split(" ")[1:], row, strict=True):
            digits = len(text.partition("e")[0].strip("-").replace(".", "").strip("0"))
            assert np.float32(text) == number
            assert digits <= 1 or np.float32(f"{number:.{digits - 2}e}") != number


@FORMATS
@given(data=word_vectors())
def test_gensim_reads_what_is_saved_bit_by_bit(data, binary, folder, keyed_vectors):
    save_word2vec(folder / "ours", *data, binary=binary)
    assert_same(gensim_loads(keyed_vectors, folder / "ours", binary), *data)


@FORMATS
@given(data=word_vectors())
def test_what_gensim_saves_is_loaded_bit_by_bit(data, binary, folder, keyed_vectors):
    words, vectors = data
    theirs = keyed_vectors(vectors.shape[1])
    theirs.add_vectors(words, vectors)
    theirs.save_word2vec_format(str(folder / "theirs"), binary=binary)
    assert_same(load_word2vec(folder / "theirs", binary=binary), words, vectors)


@FORMATS
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gensim_reads_float64_as_the_nearest_float32(dtype, binary, tmp_path, keyed_vectors, rng):
    vectors = rng.normal(size=(50, 20)) * 10.0 ** rng.integers(-44, 38, size=(50, 20))
    words = [f"w{i}" for i in range(50)]
    save_word2vec(tmp_path / "v", words, vectors.astype(dtype), binary=binary)
    assert_same(gensim_loads(keyed_vectors, tmp_path / "v", binary), words, vectors.astype(np.float32))
    assert_same(load_word2vec(tmp_path / "v", binary=binary), words, vectors.astype(np.float32))


def test_a_number_whose_shortest_decimal_is_misread_gets_nine_digits(tmp_path, keyed_vectors):
    vectors = np.array([[MISREAD, 1.0]], dtype=np.float32)
    assert np.float32(str(MISREAD)) != MISREAD
    save_word2vec(tmp_path / "v", ["w"], vectors)
    assert (tmp_path / "v").read_text() == "1 2\nw 7.03853069e-26 1.0\n"
    assert_same(load_word2vec(tmp_path / "v"), ["w"], vectors)
    assert_same(gensim_loads(keyed_vectors, tmp_path / "v", False), ["w"], vectors)


# The layouts of other programs


def c_program(words, vectors, binary):
    """Write as word2vec.c does: "%s ", then fwrite or "%lf ", then a newline."""
    rows = [
        word.encode()
        + b" "
        + (row.astype("<f4").tobytes() if binary else b"".join(b"%f " % x for x in row))
        + b"\n"
        for word, row in zip(words, vectors, strict=True)
    ]
    return b"%d %d\n" % vectors.shape + b"".join(rows)


def test_the_binary_layout_is_that_of_the_c_program(tmp_path):
    save_word2vec(tmp_path / "v", WORDS, VECTORS.astype(">f8"), binary=True)
    assert (tmp_path / "v").read_bytes() == c_program(WORDS, VECTORS, binary=True)


@FORMATS
def test_what_the_c_program_writes_is_loaded(binary, tmp_path):
    vectors = np.array([[0.25, -1.5], [3.0, 0.015625]], dtype=np.float32)
    (tmp_path / "v").write_bytes(c_program(["</s>", "New_York"], vectors, binary))
    assert_same(load_word2vec(tmp_path / "v", binary=binary), ["</s>", "New_York"], vectors)


def test_lines_may_end_as_on_windows(tmp_path):
    (tmp_path / "v").write_bytes(b"2 2\r\na 1 2\r\nb 3 4 \r\n")
    assert_same(load_word2vec(tmp_path / "v"), ["a", "b"], [[1, 2], [3, 4]])


@pytest.mark.parametrize("between", [b"", b"\n"], ids=["gensim", "C program"])
@pytest.mark.parametrize("last", [b"", b"\n"], ids=["bare end", "newline at the end"])
def test_newlines_and_blanks_inside_binary_numbers_are_numbers(between, last, tmp_path, keyed_vectors):
    """A vector that starts with 0x0A, or ends with it, or with a blank, keeps all its bytes."""
    one = b"\x00\x00\x80?"
    rows = [b"\n\n\n\n" + one, b"\n \n " * 2, one + b" \n \n", b" \n\n\n" * 2]
    lines = [word + b" " + row for word, row in zip([b"a", b"b", b"c", b"d"], rows, strict=True)]
    (tmp_path / "v").write_bytes(b"4 2\n" + between.join(lines) + last)
    expected = np.frombuffer(b"".join(rows), "<f4").reshape(4, 2)
    assert_same(load_word2vec(tmp_path / "v", binary=True), "abcd", expected)
    assert_same(gensim_loads(keyed_vectors, tmp_path / "v", True), "abcd", expected)
    save_word2vec(tmp_path / "again", list("abcd"), expected, binary=True)
    assert_same(load_word2vec(tmp_path / "again", binary=True), "abcd", expected)


@FORMATS
def test_only_a_blank_or_a_newline_ends_a_word(binary, tmp_path, keyed_vectors):
    """Published files hold such words; gensim reads them too. We do not write them: other programs split there."""
    words = ["New\xa0York", "a\u2028b", "\tx\ty\t", "\u3000"]
    vectors = np.ones((4, 3), np.float32)
    (tmp_path / "v").write_bytes(c_program(words, vectors, binary))
    assert_same(load_word2vec(tmp_path / "v", binary=binary), words, vectors)
    assert_same(gensim_loads(keyed_vectors, tmp_path / "v", binary), words, vectors)


@FORMATS
def test_numbers_of_other_types_are_stored_as_float32(binary, tmp_path):
    for vectors in [[[1, 2], [3, 4]], np.array([[0.1, 2], [3, 4]], np.float16), np.array([[True, False]] * 2)]:
        save_word2vec(tmp_path / "v", ["a", "b"], vectors, binary=binary)
        assert_same(load_word2vec(tmp_path / "v", binary=binary), ["a", "b"], np.array(vectors, np.float32))


# Damaged files


def check_refused(path, content, binary, message):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_word2vec(path, binary=binary)
    assert str(caught.value).startswith(f"{path}, ")
    assert len(str(caught.value)) < len(str(path)) + 300
    assert caught.value.__class__ is ValueError


def row(word, *numbers):
    return word + b" " + struct.pack(f"<{len(numbers)}f", *numbers)


INF, NAN = float("inf"), float("nan")
DAMAGED = [  # what is wrong, binary, the content, what the message must say
    ("empty", None, b"", r"line 1: expected two whole numbers above zero, V and d, got b''"),
    ("only a newline", None, b"\n", "line 1: expected two whole numbers"),
    ("header cut", None, b"2 2", r"line 1: .* got b'2 2'"),
    ("no header", None, b"a 0.5 0.25\nb 1.0 2.0\n", r"line 1: .* got b'a 0.5 0.25\\n'"),
    ("one number", None, b"2\na 1 2\nb 3 4\n", r"line 1: .* got b'2\\n'"),
    ("three numbers", None, b"2 2 2\na 1 2\nb 3 4\n", "line 1: .* got b'2 2 2"),
    ("negative V", None, b"-2 2\na 1 2\nb 3 4\n", "line 1: .*above zero.* got b'-2 2"),
    ("negative d", None, b"2 -2\na 1 2\nb 3 4\n", "line 1: .*above zero.* got b'2 -2"),
    ("no words", None, b"0 2\n", "line 1: .*above zero.* got b'0 2"),
    ("no numbers", None, b"2 0\na\nb\n", "line 1: .*above zero.* got b'2 0"),
    ("fraction", None, b"2.0 2\na 1 2\nb 3 4\n", "line 1: .*whole numbers.* got b'2.0 2"),
    ("underscore in the header", None, b"2_0 2\na 1 2\nb 3 4\n", "line 1: .*whole numbers.* got b'2_0 2"),
    ("Arabic digits", None, "٢ ٢\na 1 2\nb 3 4\n".encode(), "line 1: .*whole numbers"),
    ("endless header", None, b"1" * 10**6, "line 1: .*whole numbers"),
    ("header of 10^12 rows", None, b"1000000000000 2\na 1 2\n", "line 1: expected at least .* 1000000000000 words of 2 .* got a file of 22"),
    ("header of 10^12 numbers", None, b"1 1000000000000\na 1 2\n", "line 1: expected at least .* 1 words of 1000000000000 numbers"),
    ("header of 10^60 rows", None, b"1" + b"0" * 58 + b" 2\na 1 2\n", "line 1: expected at least"),
    ("pickle", None, b"\x80\x04\x95\x00.", "line 1: expected two whole numbers"),
    ("compressed", None, b"\x1f\x8b\x08\x00\n", "line 1: expected two whole numbers"),
    ("one row too few", False, b"3 2\na 1.00 2.00\nb 3.00 4.00\n", "line 4: expected a whole line, got the end of the file after b''"),
    ("cut in a number", False, b"2 2\na 1.0 2.0\nb 3.0 4.", r"line 3: expected a whole line, got the end of the file after b'b 3.0 4.'"),
    ("cut in a word", False, b"2 2\na 1.000 2.000\nbor", "line 3: expected a whole line, .* after b'bor'"),
    ("cut between numbers", False, b"2 2\na 1.0 2.0\nb 3.00 ", "line 3: expected a whole line"),
    ("row too short", False, b"2 2\na 1.0\nb 3.0 4.0\n", r"line 2: expected a word and 2 numbers, a blank apart, got 1: b'1.0'"),
    ("row too long", False, b"2 2\na 1 2\nb 3 4 5\n", "line 3: .* 2 numbers, a blank apart, got 3: b'3 4 5'"),
    ("only a word", False, b"2 2\na 1.00 2.00\nb\n", "line 3: .* 2 numbers, a blank apart, got 0: b''"),
    ("only a word of a width of one", False, b"2 1\na 1.00\nb\n", "line 3: .* 1 numbers, a blank apart, got 0: b''"),
    ("empty line", False, b"2 2\na 1 2\n\nb 3 4\n", "line 3: .* got 0: b''"),
    ("two blanks", False, b"2 2\na 1  2\nb 3 4\n", r"line 2: .* got 3: b'1  2'"),
    ("tab", False, b"2 2\na 1\t2\nb 3 4\n", r"line 2: .* got 1: b'1\\t2'"),
    ("no word", False, b"2 2\na 1 2\n 3.0 4\n", "line 3: expected a word, got b''"),
    ("too many rows", False, b"1 2\na 1 2\nb 3 4\n", r"after line 2: expected the end of the file, got b'b 3 4\\n'"),
    ("something after blank lines", False, b"1 2\na 1 2\n\n\n!", r"after line 2: expected the end of the file, got b'!'"),
    ("duplicate", False, b"3 1\na 1\nb 2\na 3\n", "line 4: expected another word, got that of line 2, b'a'"),
    ("no number", False, b"2 2\na 1 2\nb 3 x4\n", "line 3: could not convert string to float: b'x4'"),
    ("comma", False, b"2 2\na 1,5 2\nb 3 4\n", "line 2: could not convert string to float: b'1,5'"),
    ("underscore", False, b"2 2\na 1 2\nb_b 3_0 4\n", "line 3: .* got 2: b'3_0 4'"),
    ("nan", False, b"2 2\na 1 2\nb nan 4\n", "line 3: expected finite float32 numbers, got nan or infinity"),
    ("infinity", False, b"2 2\na 1 -inf\nb 3 4\n", "line 2: expected finite float32 numbers"),
    ("beyond float32", False, b"2 2\na 1 2\nb 3 4e38\n", "line 3: expected finite float32 numbers"),
    ("no UTF-8", False, b"2 2\na 1 2\n\xff\xfe 3 4\n", "line 3: 'utf-8' codec can't decode byte 0xff"),
    ("binary read as text", False, b"2 2\n" + row(b"a", 1, 2) + b"\n" + row(b"b", 3, 4) + b"\n", "line 2: .* .read with binary=False"),
    ("one row too few", True, b"3 2\n" + row(b"aaaaaaaaaaa", 1, 2) + row(b"b", 3, 4), "row 3: expected a word, a blank and 8 bytes, got the end"),
    ("cut in a word", True, b"2 2\n" + row(b"aaaaaaaaaaa", 1, 2) + b"b", "row 2: expected a word, a blank and 8 bytes, got the end"),
    ("cut in a number", True, b"2 2\n" + row(b"aaaaaaaaaaa", 1, 2) + row(b"b", 3, 4)[:-1], "row 2: expected a word, a blank and 8 bytes"),
    ("cut, seen from its size", True, b"2 2\n" + row(b"a", 1, 2) + row(b"b", 3, 4)[:-1], "line 1: expected at least 24 bytes .* got a file of 23"),
    ("too many rows", True, b"1 2\n" + row(b"a", 1, 2) + row(b"b", 3, 4), "after row 1: expected the end of the file, got b'b "),
    ("duplicate", True, b"2 2\n" + row(b"a", 1, 2) + b"\n" + row(b"a", 3, 4), "row 2: expected another word, got that of row 1, b'a'"),
    ("no word", True, b"2 2\n" + row(b"ab", 1, 2) + row(b"", 3, 4), "row 2: expected a word, got b''"),
    ("only a newline for a word", True, b"2 2\n" + row(b"a", 1, 2) + row(b"\n", 3, 4), "row 2: expected a word, got b''"),
    ("newline in a word", True, b"2 2\n" + row(b"a", 1, 2) + row(b"b\nb", 3, 4), r"row 2: expected a word, got b'b\\nb'"),
    ("nan", True, b"2 2\n" + row(b"a", 1, 2) + row(b"b", 3, NAN), "row 2: expected finite float32 numbers"),
    ("infinity", True, b"2 2\n" + row(b"a", INF, 2) + row(b"b", 3, 4), "row 1: expected finite float32 numbers"),
    ("no UTF-8", True, b"2 2\n" + row(b"a", 1, 2) + row("ä".encode()[:1], 3, 4), "row 2: 'utf-8' codec can't decode byte 0xc3"),
    ("text read as binary", True, b"2 2\na 0.1 0.2\nb 0.3 0.4\n", "line 1: expected numbers of 4 bytes, got a line of text with 2 numbers"),
    ("longer text read as binary", True, b"2 2\na 0.12345 0.2\nb 0.3 0.4\n", "line 1: expected numbers of 4 bytes, got a line of text"),
    ("the C program's text read as binary", True, b"1 2\na 0.10 0.2 \n", "line 1: expected numbers of 4 bytes, got a line of text"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("binary", "content", "message"),
    [pytest.param(*case[1:], id=f"{case[0]}{['', ', binary'][bool(case[1])]}") for case in DAMAGED],
)
def test_a_damaged_file_is_refused_with_its_name_and_place(binary, content, message, tmp_path):
    for kind in [False, True] if binary is None else [binary]:
        check_refused(tmp_path / "v.w2v", content, kind, message)


@FORMATS
def test_a_file_cut_anywhere_is_refused(binary, tmp_path):
    path = tmp_path / "v"
    save_word2vec(path, WORDS, VECTORS, binary=binary)
    whole = path.read_bytes()
    complete = len(whole) - binary  # without the newline at its end a binary file still holds all numbers
    for length in range(complete):
        check_refused(path, whole[:length], binary, "expected")
    path.write_bytes(whole[:complete])
    assert_same(load_word2vec(path, binary=binary), WORDS, VECTORS)


@FORMATS
def test_a_changed_byte_never_changes_the_shape_or_lets_nan_in(binary, tmp_path):
    path = tmp_path / "v"
    save_word2vec(path, WORDS, VECTORS, binary=binary)
    whole, refused = path.read_bytes(), 0
    for i in range(len(whole)):
        for flip in (0xFF, 0x01, 0x10):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ flip]) + whole[i + 1 :])
            try:
                words, vectors = load_word2vec(path, binary=binary)
            except ValueError as error:
                assert str(error).startswith(f"{path}, ")  # noqa: PT017
                refused += 1
            else:
                assert vectors.shape == VECTORS.shape
                assert len(set(words)) == len(words) == len(vectors)
                assert np.isfinite(vectors).all()
    assert refused > len(whole) / 2


@FORMATS
@given(data=word_vectors())
def test_one_format_is_never_read_as_the_other(data, binary, folder):
    path = folder / "other"
    save_word2vec(path, *data, binary=binary)
    with pytest.raises(ValueError, match=f"read with binary={not binary}"):
        load_word2vec(path, binary=not binary)


@FORMATS
def test_a_wrong_header_allocates_nothing(binary, tmp_path):
    path = tmp_path / "v"
    save_word2vec(path, WORDS, VECTORS, binary=binary)
    body = path.read_bytes().partition(b"\n")[2]
    tracemalloc.start()
    for header in [b"100000000 3", b"4 100000000", b"1000000000000 1000000000000"]:
        check_refused(path, header + b"\n" + body, binary, "line 1: expected at least")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_word2vec(tmp_path / "missing")
    with pytest.raises((IsADirectoryError, PermissionError)):  # the second on Windows
        load_word2vec(tmp_path)
    with pytest.raises(FileNotFoundError):
        save_word2vec(tmp_path / "no folder" / "v", WORDS, VECTORS)


@FORMATS
def test_neither_way_holds_the_whole_text_in_memory(binary, tmp_path, rng):
    vectors = rng.normal(size=(2000, 100)).astype(np.float32)
    words = [f"w{i}" for i in range(len(vectors))]
    tracemalloc.start()
    save_word2vec(tmp_path / "v", words, vectors, binary=binary)
    saving = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    load_word2vec(tmp_path / "v", binary=binary)
    loading = tracemalloc.get_traced_memory()[1] - held
    tracemalloc.stop()
    assert vectors.nbytes < loading < 1.6 * vectors.nbytes
    assert saving < 1.9 * vectors.nbytes  # a float32 copy, and a byte per number to check that it is finite
    assert binary or (tmp_path / "v").stat().st_size > 2.5 * vectors.nbytes


# Saving: what is refused, and crashes

SPACES = [c for c in map(chr, range(0x110000)) if c.isspace()]

REFUSED = [  # what is wrong, words, vectors, the exception, what its message must say
    ("empty word", ["a", ""], np.ones((2, 2)), ValueError, "words: .* got '' at index 1"),
    ("twice", ["a", "b", "a"], np.ones((3, 2)), ValueError, "words: expected each word once, got 'a' at index 0 and 2"),
    ("surrogate", ["a", "b\ud800"], np.ones((2, 2)), ValueError, r"words: .*UTF-8.* got 'b\\ud800' at index 1"),
    ("no words", [], np.ones((0, 2)), ValueError, "words: expected at least one word, got none"),
    ("one string", "ab", np.ones((2, 2)), TypeError, "words: expected a sequence of strings, got str"),
    ("a number", 3, np.ones((3, 2)), TypeError, "words: expected a sequence of strings, got int"),
    ("numbers", ["a", 7], np.ones((2, 2)), TypeError, r"words: expected strings, got 7 \(int\) at index 1"),
    ("bytes", [b"a"], np.ones((1, 2)), TypeError, r"words: expected strings, got b'a' \(bytes\) at index 0"),
    ("too few rows", ["a", "b", "c"], np.ones((2, 2)), ValueError, r"vectors: expected shape \(3, d\), got \(2, 2\)"),
    ("flat", ["a", "b"], np.ones(2), ValueError, r"vectors: expected shape \(2, d\), got \(2,\)"),
    ("no columns", ["a", "b"], np.ones((2, 0)), ValueError, r"vectors: expected shape \(2, d\), got \(2, 0\)"),
    ("nan", ["a", "b"], [[1, 2], [3, NAN]], ValueError, r"vectors: expected finite numbers, got nan at index \(1, 1\)"),
    ("infinity", ["a"], [[INF, 2]], ValueError, r"vectors: expected finite numbers, got inf at index \(0, 0\)"),
    ("too large", ["a"], [[1, -1e39]], ValueError, r"vectors: .*float32's range, got -1e\+39 at index \(0, 1\)"),
    ("text", ["a"], [["1", "2"]], TypeError, "vectors: expected real numbers, got <U1"),
    ("complex", ["a"], [[1j, 2]], TypeError, "vectors: expected real numbers, got complex128"),
]  # fmt: skip


@FORMATS
@pytest.mark.parametrize(
    ("words", "vectors", "error", "message"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_what_cannot_be_read_back_is_not_saved(words, vectors, error, message, binary, tmp_path):
    with pytest.raises(error, match=message):
        save_word2vec(tmp_path / "v", words, vectors, binary=binary)
    assert os.listdir(tmp_path) == []


@FORMATS
@pytest.mark.parametrize("space", SPACES, ids=[f"U+{ord(c):04X}" for c in SPACES])
def test_a_word_holds_no_white_space_of_any_kind(space, binary, tmp_path):
    for word in [f"a{space}b", f"{space}a", f"a{space}", space]:
        with pytest.raises(ValueError, match=r"words: .*no white space, got .* at index 1"):
            save_word2vec(tmp_path / "v", ["good", word], np.ones((2, 2)), binary=binary)


def test_the_largest_float32_and_what_rounds_to_it_are_saved(tmp_path):
    largest = np.finfo(np.float32).max
    for binary in (False, True):
        save_word2vec(tmp_path / "v", ["a"], [[float(largest) * (1 + 1e-9), 1e-60]], binary=binary)
        assert_same(load_word2vec(tmp_path / "v", binary=binary), ["a"], [[largest, 0]])


def test_binary_is_true_or_false(tmp_path):
    with pytest.raises(TypeError, match="binary: expected True or False, got 'no'"):
        save_word2vec(tmp_path / "v", ["a"], [[1.0]], binary="no")
    with pytest.raises(TypeError, match="binary: expected True or False, got 2"):
        load_word2vec(tmp_path / "v", binary=2)


def test_arguments_are_not_changed(tmp_path):
    words, vectors = list(WORDS), VECTORS.copy()
    save_word2vec(tmp_path / "v", words, vectors)
    nearest(words, vectors, words[0], k=2)
    assert words == list(WORDS)
    np.testing.assert_array_equal(vectors.view(np.uint32), VECTORS.view(np.uint32))


@FORMATS
@pytest.mark.parametrize("crash", [OSError(errno.ENOSPC, "no space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["in a row", "os.replace"])
def test_a_crash_while_saving_leaves_the_old_file_and_nothing_else(where, crash, binary, tmp_path, monkeypatch):
    path = tmp_path / "v"
    save_word2vec(path, WORDS, VECTORS, binary=binary)
    before, seen = path.read_bytes(), []

    class Word(str):
        def encode(self, *args, **kwargs):
            if not kwargs:
                seen.extend(os.listdir(tmp_path))
                raise crash
            return str(self).encode(*args, **kwargs)

    def fail(*args):
        seen.extend(os.listdir(tmp_path))
        raise crash

    words = ["x", Word("y") if where == "in a row" else "y"]
    if where == "os.replace":
        monkeypatch.setattr(where, fail)
    with pytest.raises(type(crash)):
        save_word2vec(path, words, np.ones((2, 9)), binary=binary)
    monkeypatch.undo()
    assert len(seen) == 2, "the crash came while the new file stood beside the old one"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["v"]


# Nearest words


NAMES = ("king", "queen", "bread", "nothing", "butter")
POINTS = np.array([[2.0, 0.0], [3.0, 4.0], [0.0, 1.0], [0.0, 0.0], [-5.0, 0.0]])


def test_the_nearest_words_by_hand():
    assert nearest(NAMES, POINTS, "king", k=4) == [
        ("queen", 0.6),
        ("bread", 0.0),
        ("nothing", 0.0),
        ("butter", -1.0),
    ]
    assert nearest(list(NAMES), POINTS.tolist(), "bread", k=1) == [("queen", 0.8)]
    assert len(nearest([*NAMES, "tea"], np.ones((6, 1)), "king")) == 5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_nearest_words_are_those_of_gensim(dtype, keyed_vectors, rng):
    words, vectors = [f"w{i}" for i in range(200)], rng.normal(size=(200, 20)).astype(dtype)
    theirs = keyed_vectors(20)
    theirs.add_vectors(words, vectors)
    for word in words[:20]:
        ours, expected = nearest(words, vectors, word, 7), theirs.most_similar(word, topn=7)
        assert [w for w, _ in ours] == [w for w, _ in expected]
        np.testing.assert_allclose([c for _, c in ours], [c for _, c in expected], atol=1e-6)
        assert {type(c) for _, c in ours} == {float}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equally_near_words_keep_their_order_wherever_they_stand(dtype, rng):
    """Two directions by turns, in lengths that are powers of two: the cosines of each are equal to the last bit."""
    vectors = np.tile(rng.normal(size=(2, 37)), (51, 1))[:101] * 2.0 ** rng.integers(-9, 9, size=(101, 1))
    words = [f"w{i}" for i in range(101)]
    found = nearest(words, vectors.astype(dtype), "w50", k=100)
    assert [word for word, _ in found] == words[:50:2] + words[52::2] + words[1::2]
    assert len({cosine for _, cosine in found}) == 2


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_cosine_is_beyond_one(dtype, rng):
    for vector in rng.normal(size=(100, 5)):
        vectors = np.array([vector, 3 * vector, -3 * vector], dtype)
        (_, cosine), (_, opposite) = nearest(["a", "b", "c"], vectors, "a", 2)
        assert -1 <= opposite <= cosine <= 1
        np.testing.assert_allclose([cosine, opposite], [1, -1], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("scale", [1e-200, 1e200, 1e307, 1e-322])
def test_a_cosine_neither_overflows_nor_underflows(scale):
    vectors = [[3 * scale, 0], [scale, 0], [0, 1e-300], [-2 * scale, 2 * scale]]
    found = nearest(["a", "b", "c", "d"], vectors, "a", 3)
    assert found[:2] == [("b", 1.0), ("c", 0.0)]
    np.testing.assert_allclose(found[2][1], -np.sqrt(0.5), rtol=1e-15)


def test_a_word_without_a_direction_has_the_cosine_zero():
    assert repr(nearest(["a", "zero", "b"], [[-1.0, -2.0], [0.0, 0.0], [3.0, 4.0]], "a", 2)[0]) == "('zero', 0.0)"


NEAREST_REFUSED = [  # what is wrong, words, vectors, word, k, the exception, what its message must say
    ("unknown", NAMES, POINTS, "quen", 1, ValueError, "word: expected one of the 5 words, got 'quen'; close to it: 'queen'"),
    ("strange", NAMES, POINTS, "xyz", 1, ValueError, "word: .* got 'xyz'; close to it: none"),
    ("no word", NAMES, POINTS, 3, 1, ValueError, "word: .* got 3; close to it: none"),
    ("several close", ["cat", "car", "cart"], np.ones((3, 1)), "ca", 1, ValueError, "close to it: 'c[^,]*', 'c[^,]*', 'c"),
    ("zero", NAMES, POINTS, "nothing", 1, ValueError, "word: expected one with a direction, got 'nothing', whose vector is zero"),
    ("k too large", NAMES, POINTS, "king", 5, ValueError, "k: expected at most 4, the number of other words, got 5"),
    ("k zero", NAMES, POINTS, "king", 0, ValueError, "k: expected a finite number above 0, got 0"),
    ("k a fraction", NAMES, POINTS, "king", 1.0, TypeError, "k: expected a whole number above 0, got 1.0"),
    ("alone", ["king"], POINTS[:1], "king", 1, ValueError, "k: expected at most 0"),
    ("twice", ["a", "a"], POINTS[:2], "a", 1, ValueError, "words: expected each word once, got 'a' at index 0 and 1"),
    ("one string", "ab", POINTS[:2], "a", 1, TypeError, "words: expected a sequence of strings, got str"),
    ("too few rows", NAMES, POINTS[:4], "king", 1, ValueError, r"vectors: expected shape \(5, d\), got \(4, 2\)"),
    ("nan", NAMES, POINTS * NAN, "king", 1, ValueError, r"vectors: expected finite numbers, got nan at index \(0, 0\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "vectors", "word", "k", "error", "message"),
    [pytest.param(*case[1:], id=case[0]) for case in NEAREST_REFUSED],
)
def test_the_nearest_of_something_else_is_refused(words, vectors, word, k, error, message):
    with pytest.raises(error, match=message):
        nearest(words, vectors, word, k)
