"""Sequences in batches: time first, shorter ones filled up, and a mask that says which steps are real.

A batch of n sequences has the shape (T, n, d): step, sequence, number. Word ids need no last axis: (T, n).
Sequences of several lengths are filled up to the longest. The mask, of shape (T, n), is true at the real steps.
"""

import numpy as np

from nncourse._checks import as_array, check_positive, shape_text


def pad(sequences):
    """Put sequences of several lengths into one array, and say which steps are real.

    Parameters
    ----------
    sequences : sequence of array_like
        Each of shape (T_i, ...), T_i >= 1, alike from the second axis on.

    Returns
    -------
    x : ndarray of shape (T, n, ...)
        T is the longest length; what is filled up is 0.
    mask : ndarray of bool, shape (T, n)
        True at the real steps.

    Raises
    ------
    TypeError, ValueError
        There are no sequences, one is empty or no array of numbers, or the shapes of their steps differ.

    Examples
    --------
    >>> x, mask = pad([[1, 2, 3], [4]])
    >>> x.T.tolist(), mask.T.tolist()
    ([[1, 2, 3], [4, 0, 0]], [[True, True, True], [True, False, False]])
    """
    if not np.iterable(sequences) or isinstance(sequences, str):
        raise TypeError(f"sequences: expected a list of arrays, got {type(sequences).__name__}")
    arrays = [as_array(f"sequences[{i}]", sequence, ("T",)) for i, sequence in enumerate(sequences)]
    if not arrays:
        raise ValueError("sequences: expected at least one, got none")
    for i, array in enumerate(arrays):
        if array.dtype.kind not in "biuf":
            raise TypeError(f"sequences[{i}]: expected real numbers, got {array.dtype}")
        if array.ndim == 0 or not array.size or array.shape[1:] != arrays[0].shape[1:]:
            wanted = shape_text(("T", *arrays[0].shape[1:]))
            raise ValueError(f"sequences[{i}]: expected shape {wanted}, T >= 1, got {shape_text(array.shape)}")
    lengths = np.array([len(array) for array in arrays])
    x = np.zeros((lengths.max(), len(arrays), *arrays[0].shape[1:]), np.result_type(*arrays))
    for i, array in enumerate(arrays):
        x[: len(array), i] = array
    return x, np.arange(lengths.max())[:, None] < lengths


def check_mask(mask, T, n):
    """Return a mask as an array of shape (T, n) of which every sequence has a step and ends once; None stays None.

    Parameters
    ----------
    mask : array_like of bool, or None
        True at the real steps. None: all are real.
    T, n : int
        The number of steps and of sequences.

    Raises
    ------
    TypeError
        The mask does not hold True and False.
    ValueError
        The shape is another, a sequence has no first step, or goes on after its end.

    Examples
    --------
    >>> check_mask([[True, True], [True, False]], T=2, n=2).sum(axis=0).tolist()  # two steps, and one
    [2, 1]
    >>> check_mask([[True], [False], [True]], T=3, n=1)
    Traceback (most recent call last):
        ...
    ValueError: mask: expected one end a sequence; sequence 0 has ended and goes on at step 2
    """
    if mask is None:
        return None
    mask = as_array("mask", mask, (T, n))
    if mask.dtype != bool:
        raise TypeError(f"mask: expected True and False, got {mask.dtype}")
    if mask.shape != (T, n):
        raise ValueError(f"mask: expected shape {shape_text((T, n))}, got {shape_text(mask.shape)}")
    if not mask[0].all():
        raise ValueError(f"mask: expected a first step in every sequence, got none in sequence {mask[0].argmin()}")
    resumes = np.argwhere(mask[1:] & ~mask[:-1])
    if len(resumes):
        t, i = (int(index) for index in resumes[0])
        raise ValueError(f"mask: expected one end a sequence; sequence {i} has ended and goes on at step {t + 1}")
    return mask


def without_padding(x, mask):
    """Return x with each sequence's first step in place of what was filled up, so that nothing there matters.

    Parameters
    ----------
    x : ndarray of shape (T, n, ...)
        The sequences.
    mask : ndarray of bool, shape (T, n), or None
        True at the real steps.

    Examples
    --------
    >>> x, mask = pad([[1, 2, 3], [4]])
    >>> without_padding(x, mask).T.tolist()
    [[1, 2, 3], [4, 4, 4]]
    """
    if mask is None:
        return x
    return np.where(mask.reshape(mask.shape + (1,) * (x.ndim - 2)), x, x[:1])


def check_steps(T, n):
    """Return T as a whole number from 1 to n, the length of the sequences; None stays None.

    Parameters
    ----------
    T : int or None
        Through how many steps a loss goes back.
    n : int
        The number of steps that there are.

    Raises
    ------
    TypeError, ValueError
        T is no whole number, below 1 or above n.

    Examples
    --------
    >>> check_steps(2, n=5)
    2
    >>> check_steps(6, n=5)
    Traceback (most recent call last):
        ...
    ValueError: T: expected 1 .. 5, the number of steps, got 6
    """
    if T is None:
        return None
    if check_positive("T", T, whole=True) > n:
        raise ValueError(f"T: expected 1 .. {n}, the number of steps, got {T}")
    return int(T)
