"""Arguments are checked before anything is computed: what was expected, and what came."""

import numpy as np


def shape_text(shape):
    """Write a shape, in which a name such as ``"n"`` stands for any length, as text."""
    return "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"


def as_array(name, value, shape):
    """Return the value as an array of whatever it holds; rows of unequal lengths raise ValueError."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected shape {shape_text(shape)}, got rows of unequal lengths") from error


def check_shape(name, array, shape):
    """Raise ValueError unless an array has the shape, in which a string stands for any length of at least one."""
    matches = array.ndim == len(shape) and all(
        got == want if isinstance(want, int) else got >= 1 for got, want in zip(array.shape, shape, strict=True)
    )
    if not matches:
        raise ValueError(f"{name}: expected shape {shape_text(shape)}, got {shape_text(array.shape)}")


def check_array(name, value, shape, *, complex_step=False):
    """Return `value` as a floating-point array of the given shape, or say what is wrong with it.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        Numbers. Integers and booleans become float64; float32 and float64 stay.
    shape : tuple of int or str
        The expected shape. A string stands for any length of at least one.
    complex_step : bool
        Whether complex numbers are allowed, as the complex step needs them.

    Returns
    -------
    ndarray
        The same numbers. No copy is made of a floating-point array.

    Raises
    ------
    TypeError
        The value does not hold real numbers.
    ValueError
        The shape is another, an axis is empty, or a number is nan or infinite.
    """
    array = as_array(name, value, shape)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in ("fc" if complex_step else "f"):
        raise TypeError(f"{name}: expected real numbers, got {array.dtype} ({type(value).__name__})")
    check_shape(name, array, shape)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}: expected finite numbers, got {array[where]} at index {where}")
    return array


def check_labels(name, value, n, classes):
    """Return `value` as class labels: integers of shape (n,), each in 0 .. classes - 1.

    n may be "n", any number of rows, or a tuple: the shape of labels that have several axes.

    Raises
    ------
    TypeError
        The labels are not integers.
    ValueError
        The shape is another, or a label is out of range: the message names the first one.
    """
    shape = n if isinstance(n, tuple) else (n,)
    labels = as_array(name, value, shape)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integer labels 0 .. {classes - 1}, got {labels.dtype}")
    if labels.ndim != len(shape) or not labels.size or (n != "n" and labels.shape != shape):
        row = "step" if len(shape) > 1 else "row"
        raise ValueError(
            f"{name}: expected one label per {row}, shape {shape_text(shape)}, got {shape_text(labels.shape)}"
        )
    outside = np.argwhere((labels < 0) | (labels >= classes))
    if len(outside):
        where = outside[0].tolist()
        label, where = labels[tuple(where)], where[0] if len(where) == 1 else tuple(where)
        raise ValueError(f"{name}: expected labels 0 .. {classes - 1}, got {label} at index {where}")
    return labels


def check_ids(name, value, shape, V, *, absent=False):
    """Return `value` as word ids: integers of the given shape, each in 0 .. V - 1; -1 for no word where allowed.

    A string in the shape stands for any length of at least one.

    Raises
    ------
    TypeError
        The ids are not integers.
    ValueError
        The shape is another, an axis is empty, or an id is out of range: the message names the first one.
    """
    ids = as_array(name, value, shape)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integer word ids, got {ids.dtype} ({type(value).__name__})")
    check_shape(name, ids, shape)
    lowest = -1 if absent else 0
    outside = np.argwhere((ids < lowest) | (ids >= V))
    if len(outside):
        where = tuple(int(i) for i in outside[0])
        raise ValueError(f"{name}: expected ids {lowest} .. {V - 1}, got {ids[where]} at index {where}")
    return ids


def check_positive(name, value, *, whole=False):
    """Return a number (a whole one where asked) that is finite and above zero, or raise.

    Raises
    ------
    TypeError
        The value is no real number, or no integer where a whole number is asked.
    ValueError
        The value is zero, negative, nan or infinite.
    """
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds):
        wanted = "a whole number" if whole else "a number"
        raise TypeError(f"{name}: expected {wanted} above 0, got {value!r} ({type(value).__name__})")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name}: expected a finite number above 0, got {value!r}")
    return value


def check_share(name, value):
    """Return a number between 0 and 1, both excluded, or raise TypeError or ValueError."""
    if not 0 < check_positive(name, value) < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, got {value!r}")
    return value


def check_bool(name, value):
    """Return True or False as they are; anything else raises TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {value!r} ({type(value).__name__})")
    return bool(value)


def check_rng(value):
    """Return a random generator as it is; anything else raises TypeError and says how to make one."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"rng: expected numpy.random.default_rng(seed), got {type(value).__name__}")
    return value


def check_has(name, value, methods, expected):
    """Return a value that has all the methods; anything else raises TypeError and says what was expected."""
    if isinstance(value, type) or not all(callable(getattr(value, method, None)) for method in methods):
        got = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name}: expected {expected}, got {got}")
    return value
