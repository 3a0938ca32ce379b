"""Parameters, and their gradients, are a mapping from a name of the notes ("W1", "W2") to an array.

These are the few things that one does with such a mapping as a whole: check it, take norms and
inner products, lay it out as one long vector and back, save it and load it.
"""

import os

import numpy as np

from nncourse._checks import check_array, shape_text
from nncourse._files import put_in_place

NUMBERS = "biufc"  # NumPy's kinds of numbers: booleans, integers, real and complex floating-point numbers


def check_params(params, shapes, *, complex_step=False, argument="params"):
    """Return the parameters as arrays, or say which one is missing, unknown or of the wrong shape.

    Parameters
    ----------
    params : mapping of str to array_like
        The parameters to check.
    shapes : mapping of str to tuple of int
        The expected names and shapes.
    complex_step : bool
        Whether complex numbers are allowed.
    argument : str
        What the caller calls `params`, for the messages.

    Returns
    -------
    dict of str to ndarray
        The same arrays, in the order of `shapes`.

    Raises
    ------
    TypeError
        `params` is no mapping, or holds something else than numbers.
    ValueError
        A name is missing or unknown, a shape is another, or a number is not finite.

    Examples
    --------
    >>> check_params({"W": [[1, 2]]}, {"W": (1, 2)})["W"].tolist()
    [[1.0, 2.0]]
    >>> check_params({"W": [[1, 2]]}, {"W": (2, 1)})
    Traceback (most recent call last):
        ...
    ValueError: params["W"]: expected shape (2, 1), got (1, 2)
    """
    if set(names := shapes_of(params, argument)) != set(shapes):
        raise ValueError(f"{argument}: expected the names {sorted(shapes)}, got {sorted(names, key=str)}")
    return {
        name: check_array(f'{argument}["{name}"]', params[name], shape, complex_step=complex_step)
        for name, shape in shapes.items()
    }


def shapes_of(params, argument="params"):
    """Return the names and shapes of a mapping.

    Parameters
    ----------
    params : mapping of str to array_like
        The arrays.
    argument : str
        What the caller calls `params`, for the message.

    Raises
    ------
    TypeError
        `params` is no mapping.

    Examples
    --------
    >>> shapes_of({"W": np.zeros((3, 2)), "v_x": 0.5})
    {'W': (3, 2), 'v_x': ()}
    """
    if not hasattr(params, "items"):
        raise TypeError(f"{argument}: expected a mapping of names to arrays, got {type(params).__name__}")
    return {name: np.shape(array) for name, array in params.items()}


def all_finite(params):
    """Return whether every number of the mapping is finite.

    Examples
    --------
    >>> all_finite({"W": np.array([1.0, 2.0])}), all_finite({"W": np.array([1.0, np.nan])})
    (True, False)
    """
    return all(np.isfinite(array).all() for array in params.values())


def copy(params):
    """Return a mapping with a copy of every array, each of its own shape.

    Examples
    --------
    >>> params = {"W": np.zeros(2)}
    >>> other = copy(params)
    >>> other["W"][0] = 1.0
    >>> params["W"].tolist(), other["W"].tolist()
    ([0.0, 0.0], [1.0, 0.0])
    """
    return {name: np.array(array) for name, array in params.items()}


def inner(p, q):
    """Return the inner product of two mappings with equal names and shapes: the sum of all p * q.

    Parameters
    ----------
    p, q : mapping of str to ndarray
        Equal names and shapes.

    Raises
    ------
    TypeError, ValueError
        The names or the shapes differ, or a number is not finite.

    Examples
    --------
    >>> float(inner({"W": np.ones((2, 3))}, {"W": np.full((2, 3), 0.5)}))
    3.0
    """
    p = check_params(p, shapes_of(p, "p"), complex_step=True, argument="p")
    q = check_params(q, shapes_of(p), complex_step=True, argument="q")
    return sum(np.vdot(p[name], q[name]) for name in p)


def norm(params):
    """Return the Euclidean norm of all numbers together. No square on the way over- or underflows.

    Examples
    --------
    >>> float(norm({"W1": np.array([[3.0]]), "W2": np.array([[4.0]])}))
    5.0
    """
    largest = max(np.max(np.abs(array)) for array in params.values())
    if largest == 0 or not np.isfinite(largest):
        return float(largest)
    return float(largest) * float(np.sqrt(sum(np.sum(np.abs(array / largest) ** 2) for array in params.values())))


def flatten(params):
    """Lay all arrays out, one after the other, as one vector of shape (number of parameters,).

    Examples
    --------
    >>> flatten({"W1": np.array([[1.0, 2.0], [3.0, 4.0]]), "W2": np.array([[5.0, 6.0]])}).tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    """
    return np.concatenate([np.ravel(array) for array in params.values()])


def unflatten(vector, like):
    """Cut a vector into arrays with the names and shapes of `like`: the inverse of `flatten`.

    Parameters
    ----------
    vector : ndarray of shape (number of parameters,)
        The numbers.
    like : mapping of str to ndarray
        Gives the names, the shapes and the order.

    Raises
    ------
    ValueError
        The vector is too long or too short.

    Examples
    --------
    >>> params = unflatten([1, 2, 3, 4, 5, 6], {"W1": np.zeros((2, 2)), "W2": np.zeros((1, 2))})
    >>> {name: W.tolist() for name, W in params.items()}
    {'W1': [[1, 2], [3, 4]], 'W2': [[5, 6]]}
    """
    sizes = [np.size(array) for array in like.values()]
    if np.shape(vector) != (sum(sizes),):
        raise ValueError(f"vector: expected shape ({sum(sizes)},), got {shape_text(np.shape(vector))}")
    pieces = np.split(np.asarray(vector), np.cumsum(sizes)[:-1])
    return {name: piece.reshape(np.shape(like[name])) for name, piece in zip(like, pieces, strict=True)}


def save(path, params):
    """Write the parameters to an ``.npz`` file, to the side first: a crash leaves no half file.

    Parameters
    ----------
    path : str or path
        The file, which is replaced if it exists.
    params : mapping of str to ndarray
        Arrays of numbers.

    Raises
    ------
    TypeError
        An array holds objects: nothing is pickled.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/weights.npz", {"W": np.array([[1.0, 2.0]])})
    ...     load(f"{folder}/weights.npz")["W"].tolist()
    [[1.0, 2.0]]
    """
    for name, array in params.items():
        if np.asarray(array).dtype.kind not in NUMBERS:
            raise TypeError(f'params["{name}"]: expected numbers, got {np.asarray(array).dtype}')
    with put_in_place(path) as aside:
        _write(aside, params)


def _write(path, params):
    import zipfile  # here and not above: it would double the time that the package takes to import

    with zipfile.ZipFile(path, "w") as archive:
        for name, array in params.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def load(path):
    """Read parameters that `save` wrote. Nothing is unpickled.

    Returns
    -------
    dict of str to ndarray
        The arrays, by name.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is damaged or was not written by `save`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/weights.npz", {"W1": np.zeros((3, 2), "float32"), "W2": np.zeros((1, 3))})
    ...     {name: (W.shape, W.dtype.name) for name, W in load(f"{folder}/weights.npz").items()}
    {'W1': ((3, 2), 'float32'), 'W2': ((1, 3), 'float64')}
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy"): _read(archive, name) for name in archive.namelist()}
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # a damaged file can fail in any way
        raise ValueError(
            f"{os.fspath(path)}: expected parameters written by nncourse.params.save, got {error}"
        ) from error


def _read(archive, name):
    with archive.open(name) as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
    if array.dtype.kind not in NUMBERS:
        raise TypeError(f"an array of {array.dtype}")
    return array
