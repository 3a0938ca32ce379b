"""Parameters as a mapping: one long vector and back, norms, and files that survive crashes and refuse damage."""

import errno
import io
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nncourse import params as mapping

NUMBER = st.floats(-1e6, 1e6)
MAPPINGS = st.dictionaries(
    st.text(min_size=1, max_size=4),
    arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=NUMBER),
    min_size=1,
    max_size=4,
)
PARAMS = {"W1": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "W2": np.array([[7.0]])}


def assert_equal(p, q):
    assert list(p) == list(q)
    for name in p:
        np.testing.assert_array_equal(p[name], q[name], strict=True)


@given(p=MAPPINGS)
def test_flatten_and_unflatten_are_inverse(p):
    vector = mapping.flatten(p)
    assert vector.shape == (sum(array.size for array in p.values()),)
    assert_equal(mapping.unflatten(vector, p), p)
    np.testing.assert_array_equal(mapping.flatten(mapping.unflatten(vector[::-1], p)), vector[::-1])


def test_flatten_lays_rows_one_after_the_other():
    assert mapping.flatten(PARAMS).tolist() == [1, 2, 3, 4, 5, 6, 7]


@given(p=MAPPINGS)
def test_norm_and_inner_product_are_those_of_the_long_vector(p):
    vector = mapping.flatten(p)
    np.testing.assert_allclose(mapping.norm(p), np.linalg.norm(vector), rtol=1e-12, atol=1e-150)
    np.testing.assert_allclose(mapping.inner(p, p), vector @ vector, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e307, 5e-324, 1.0, 0.0])
def test_a_norm_neither_overflows_nor_underflows(scale):
    p = {"W1": np.array([[3.0, 0.0]]) * scale, "W2": np.array([4.0]) * scale}
    np.testing.assert_allclose(mapping.norm(p), 5 * scale, rtol=1e-15)


def test_a_norm_of_complex_numbers_counts_both_parts():
    assert mapping.norm({"W": np.array([3 + 4j])}) == 5


def test_a_norm_lets_nan_and_infinity_through():
    assert np.isnan(mapping.norm({"W1": np.array([1.0]), "W2": np.array([np.nan])}))
    assert np.isinf(mapping.norm({"W": np.array([-np.inf, 1.0])}))


def test_a_copy_shares_no_memory():
    copied = mapping.copy(PARAMS)
    assert_equal(copied, PARAMS)
    assert not any(np.shares_memory(copied[name], PARAMS[name]) for name in PARAMS)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.int64])
def test_what_is_saved_is_loaded_bit_by_bit(tmp_path, dtype):
    p = {name: array.astype(dtype) for name, array in PARAMS.items()}
    mapping.save(tmp_path / "weights.npz", p)
    assert_equal(mapping.load(str(tmp_path / "weights.npz")), p)
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("names")


@given(names=st.lists(st.sampled_from(["W", "W1", "file", "self", "args", "v", "omega"]), unique=True, min_size=1))
def test_parameters_of_any_name_can_be_saved(names, folder):
    path = folder / "p"
    mapping.save(path, {name: np.ones(2) for name in names})
    assert sorted(mapping.load(path)) == sorted(names)


def damaged_files(good):
    """Give files that `save` did not write: cut anywhere, one byte changed anywhere, or of another kind."""
    for length in range(0, len(good), 7):
        yield f"cut after {length} bytes", good[:length]
    for i in range(len(good)):
        yield f"byte {i} changed", good[:i] + bytes([good[i] ^ 0xFF]) + good[i + 1 :]


def test_a_damaged_file_is_refused_or_still_gives_the_numbers(tmp_path):
    path = tmp_path / "p.npz"
    mapping.save(path, PARAMS)
    refused = 0
    for _what, content in damaged_files(path.read_bytes()):
        path.write_bytes(content)
        try:
            loaded = mapping.load(path)
        except ValueError as error:
            assert "p.npz: expected parameters written by nncourse.params.save" in str(error)  # noqa: PT017
            refused += 1
        else:
            assert all(
                array.tolist() in [PARAMS["W1"].tolist(), PARAMS["W2"].tolist()] for array in loaded.values()
            )
    assert refused > 100


def test_files_of_other_kinds_are_refused_and_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "array.npy", PARAMS["W1"])
    np.savez(tmp_path / "pickled.npz", W=np.array([{"an": "object"}], dtype=object))
    (tmp_path / "text.npz").write_text("W1 = 3")
    (tmp_path / "empty.npz").write_bytes(b"")
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(ValueError, match=rf"{path.name}: expected parameters written by nncourse.params.save"):
            mapping.load(path)
    with pytest.raises(FileNotFoundError):
        mapping.load(tmp_path / "missing.npz")


def npy(array):
    """Return what `np.save` writes."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


class Touches:
    """An object that leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


MEMBERS = [  # what is wrong, the file inside the archive, what the message must say
    ("text", b"W = 3", "magic string"),
    ("empty", b"", "EOF"),
    ("cut in the header", npy(PARAMS["W1"])[:40], "EOF"),
    ("cut in the numbers", npy(PARAMS["W1"])[:-1], "EOF|cannot reshape"),
    ("another shape", npy(PARAMS["W1"]).replace(b"(2, 3)", b"(3, 3)"), "EOF|cannot reshape"),
    ("more than any memory holds", npy(np.ones(10**4)).replace(b"(10000,)", b"(%d,)" % 10**14)[:900], ""),
    ("words", npy(np.array(["a", "b"])), "an array of <U1"),
    ("dates", npy(np.array(["2001-01-01"], dtype="M8[D]")), "an array of datetime64"),
    ("records", npy(np.zeros(2, dtype=[("a", float)])), "an array of "),
]


@pytest.mark.parametrize(("content", "message"), [pytest.param(*case[1:], id=case[0]) for case in MEMBERS])
def test_an_archive_with_another_member_is_refused(content, message, tmp_path):
    path = tmp_path / "p.npz"
    for name in ("W2.npy", "readme.txt"):
        mapping.save(path, {"W1": PARAMS["W1"]})
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, content)
        with pytest.raises(
            ValueError, match=f"expected parameters written by nncourse.params.save, got .*({message})"
        ):
            mapping.load(path)


def test_an_object_inside_an_archive_is_not_unpickled(tmp_path):
    trace = tmp_path / "trace"
    objects = np.array([Touches(trace)], dtype=object)
    for write in (lambda file: np.save(file, objects), lambda file: pickle.dump(Touches(trace), file)):
        with zipfile.ZipFile(tmp_path / "p.npz", "w") as archive, archive.open("W.npy", "w") as member:
            write(member)
        with pytest.raises(ValueError, match=r"expected parameters written by nncourse.params.save"):
            mapping.load(tmp_path / "p.npz")
        assert not trace.exists()
    pickle.loads(pickle.dumps(Touches(trace))).close()
    assert trace.exists(), "had it been unpickled, it would have left its trace"


def test_objects_are_not_saved(tmp_path):
    with pytest.raises(TypeError, match=r'params\["W2"\]: expected numbers, got object'):
        mapping.save(tmp_path / "p.npz", {"W1": np.ones(2), "W2": np.array([None])})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("crash", [OSError(errno.ENOSPC, "no space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["numpy.lib.format.write_array", "os.replace"])
def test_a_crash_while_saving_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, crash, where):
    path = tmp_path / "p.npz"
    mapping.save(path, PARAMS)
    before = path.read_bytes()

    def fail(*args, **kwargs):
        if hasattr(args[0], "write"):
            args[0].write(b"half of it")
        raise crash

    monkeypatch.setattr(where, fail)
    with pytest.raises(type(crash)):
        mapping.save(path, {"W1": np.zeros(9)})
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["p.npz"]
