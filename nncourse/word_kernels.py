"""Hierarchical softmax over a stretch of text, written twice: as plain loops, for numba to compile, and in NumPy.

All four functions change word vectors (V, d) and node vectors (V - 1, d) in place. The unit of an update is one
centre word with its window: the parameters stand still while its gradient is taken. In a window many paths share
their upper nodes, so a node is asked once. If the paths visit it n times, l of them to the left, its part of the
loss is n log(1 + exp(z)) - l z, and the slope in its score z is n sigma(z) - l.
"""

import numpy as np

from nncourse.contexts import windows
from nncourse.losses import log_one_plus_exp
from nncourse.text import ABSENT

BLOCK = 256  # centre words whose paths are looked up together


def skip_gram_loops(vectors, W2, ids, ends, m, rate, decay, starts, nodes, signs):
    """Do what `skip_gram_arrays` does, number by number.

    Parameters
    ----------
    vectors, W2, ids, ends, m, rate, decay
        As there.
    starts, nodes, signs : ndarray of int, shapes (V + 1,), (k,) and (k,)
        The tree's paths, k nodes in all.

    Source
    ------
    S-6

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> vectors, W2, tree, ids = np.ones((2, 1)), np.zeros((1, 1)), chain(2), np.array([0, 1])
    >>> way = tree.starts, tree.nodes, tree.signs
    >>> loss, pairs = skip_gram_loops(vectors, W2, ids, np.array([2]), 1, 1.0, 0.0, *way)
    >>> round(float(loss), 6), int(pairs), W2.round(6).tolist()
    (1.667224, 2, [[0.122459]])
    """
    d, number = vectors.shape[1], vectors.dtype.type
    visits, lefts = np.zeros(len(W2), np.int32), np.zeros(len(W2), np.int32)
    touched, x_grad = np.zeros(len(W2), np.int32), np.zeros(d, vectors.dtype)
    begin, loss, pairs = 0, 0.0, 0
    for end in ends:
        for t in range(begin, end):
            first, last, count = max(begin, t - m), min(end, t + m + 1), 0
            pairs += last - first - 1
            for c in range(first, last):
                if c != t:
                    for p in range(starts[ids[c]], starts[ids[c] + 1]):
                        node = nodes[p]
                        if visits[node] == 0:
                            touched[count] = node
                            count += 1
                        visits[node] += 1
                        lefts[node] += signs[p] > 0
            x, step = ids[t], number(rate - decay * t)
            x_grad[:] = 0
            for i in range(count):
                node, z = touched[i], number(0)
                for k in range(d):
                    z += W2[node, k] * vectors[x, k]
                n, l = number(visits[node]), number(lefts[node])
                e = np.exp(-abs(z))
                loss += n * (max(z, number(0)) + np.log(number(1) + e)) - l * z
                g = step * (n * (number(1) if z > 0 else e) / (number(1) + e) - l)
                for k in range(d):
                    x_grad[k] += g * W2[node, k]
                    W2[node, k] -= g * vectors[x, k]
                visits[node] = lefts[node] = 0
            for k in range(d):
                vectors[x, k] -= x_grad[k]
        begin = end
    return loss, pairs


def cbow_loops(vectors, W2, ids, ends, m, rate, decay, starts, nodes, signs, mean):
    """Do what `cbow_arrays` does, number by number.

    Parameters
    ----------
    vectors, W2, ids, ends, m, rate, decay
        As there.
    starts, nodes, signs : ndarray of int, shapes (V + 1,), (k,) and (k,)
        The tree's paths, k nodes in all.
    mean : bool
        As there.

    Source
    ------
    S-4, S-6

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> vectors, W2, tree, ids = np.ones((2, 1)), np.zeros((1, 1)), chain(2), np.array([0, 1])
    >>> way = tree.starts, tree.nodes, tree.signs
    >>> loss, words = cbow_loops(vectors, W2, ids, np.array([2]), 1, 1.0, 0.0, *way, False)
    >>> round(float(loss), 6), words, W2.round(6).tolist()
    (1.667224, 2, [[-0.122459]])
    """
    d, number = vectors.shape[1], vectors.dtype.type
    h, h_grad = np.zeros(d, vectors.dtype), np.zeros(d, vectors.dtype)
    begin, loss, words = 0, 0.0, 0
    for end in ends:
        for t in range(begin, end):
            first, last = max(begin, t - m), min(end, t + m + 1)
            if last - first == 1:
                continue
            words += 1
            h[:] = 0
            h_grad[:] = 0
            share = number(1 / (last - first - 1) if mean else 1)
            for c in range(first, last):
                if c != t:
                    x = ids[c]
                    for k in range(d):
                        h[k] += share * vectors[x, k]
            step = number(rate - decay * t)
            for p in range(starts[ids[t]], starts[ids[t] + 1]):
                node, z, l = nodes[p], number(0), number(signs[p] > 0)
                for k in range(d):
                    z += W2[node, k] * h[k]
                e = np.exp(-abs(z))
                loss += max(z, number(0)) + np.log(number(1) + e) - l * z
                g = step * ((number(1) if z > 0 else e) / (number(1) + e) - l)
                for k in range(d):
                    h_grad[k] += g * W2[node, k]
                    W2[node, k] -= g * h[k]
            for c in range(first, last):
                if c != t:
                    x = ids[c]
                    for k in range(d):
                        vectors[x, k] -= share * h_grad[k]
        begin = end
    return loss, words


def skip_gram_arrays(vectors, W2, ids, ends, m, rate, decay, tree):
    """Update for every centre word x, which is to predict every word at most m places away.

    Parameters
    ----------
    vectors, W2 : ndarray of shape (V, d) and (V - 1, d)
        The words' and the nodes' vectors; both are changed.
    ids : ndarray of int, shape (N,)
        The words of some sentences, one sentence after the other.
    ends : ndarray of int, shape (number of sentences,)
        Where each sentence ends; windows do not reach beyond.
    m : int
        How far the window reaches to each side.
    rate, decay : float
        The step size is rate - decay * t for the word at t.
    tree : Tree
        The tree over the words.

    Returns
    -------
    loss : float
        The sum of -log p(y | x) over all pairs, each before its update.
    pairs : int
        How many there were.

    Source
    ------
    S-6

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> vectors, W2, ids, ends = np.ones((2, 1)), np.zeros((1, 1)), np.array([0, 1]), np.array([2])
    >>> loss, pairs = skip_gram_arrays(vectors, W2, ids, ends, 1, 1.0, 0.0, chain(2))
    >>> round(float(loss), 6), int(pairs)  # log 2, then log(1 + exp(0.5)): after an update 0 is unlikely
    (1.667224, 2)
    >>> W2.round(6).tolist()  # -1/2 + sigma(1/2)
    [[0.122459]]
    """
    loss, pairs = 0.0, 0
    for first, around, _ in _blocks(ids, ends, m):
        there = around != ABSENT
        owners, nodes, signs = tree.paths(around[there])
        centre = np.repeat(np.arange(len(around)), there.sum(axis=1))[owners]
        key = np.sort((centre * len(W2) + nodes) * 2 + (signs > 0))  # equal nodes of one centre word side by side
        start = np.flatnonzero(np.diff(key >> 1, prepend=-1))
        n = np.diff(start, append=len(key)).astype(vectors.dtype)
        l = np.add.reduceat(key & 1, start).astype(vectors.dtype)
        centre, nodes = np.divmod(key[start] >> 1, len(W2))
        z, begin = np.empty(len(nodes), vectors.dtype), 0
        for i, end in enumerate(np.searchsorted(centre, np.arange(len(around)), side="right").tolist()):
            part, x = slice(begin, end), vectors[ids[first + i]]  # x is a view: it changes in its place
            k = nodes[part]
            w = W2[k]
            g = n[part] / (1 + np.exp(-np.dot(w, x, out=z[part])))
            g -= l[part]
            g *= rate - decay * (first + i)
            x_grad = g @ w
            w -= g[:, None] * x
            W2[k] = w
            x -= x_grad
            begin = end
        loss += float(np.sum(n * log_one_plus_exp(z) - l * z, dtype=float))
        pairs += np.count_nonzero(there)
    return loss, pairs


def cbow_arrays(vectors, W2, ids, ends, m, rate, decay, tree, mean):
    """Update for every centre word y, predicted from the words at most m places away: from their sum or their mean.

    Parameters
    ----------
    vectors, W2, ids, ends, m, rate, decay, tree
        As for `skip_gram_arrays`.
    mean : bool
        Whether the vectors are averaged.

    Returns
    -------
    loss : float
        The sum of -log p(y | context) over all words, each before its update.
    words : int
        How many there were.

    Source
    ------
    S-4, S-6

    Examples
    --------
    >>> from nncourse.trees import chain
    >>> vectors, W2, ids, ends = np.ones((2, 1)), np.zeros((1, 1)), np.array([0, 1]), np.array([2])
    >>> loss, words = cbow_arrays(vectors, W2, ids, ends, 1, 1.0, 0.0, chain(2), False)
    >>> round(float(loss), 6), words  # log 2, then log(1 + exp(0.5)): after an update 1 is unlikely
    (1.667224, 2)
    >>> W2.round(6).tolist()  # 1/2 - sigma(1/2)
    [[-0.122459]]
    """
    loss, words = 0.0, 0
    for first, around, y in _blocks(ids, ends, m):
        there = around != ABSENT
        _, nodes, signs = tree.paths(y)
        l = (signs > 0).astype(vectors.dtype)
        times = (around[:, :, None] == around[:, None, :]).sum(axis=2).astype(vectors.dtype)
        share = 1 / there.sum(axis=1, dtype=vectors.dtype) if mean else np.ones(len(y), vectors.dtype)
        z, begin = np.empty(len(nodes), vectors.dtype), 0
        for i, end in enumerate(np.cumsum(tree.lengths[y]).tolist()):
            part, c = slice(begin, end), around[i][there[i]]
            k, v = nodes[part], vectors[c]
            w, h = W2[k], share[i] * v.sum(axis=0)
            g = 1 / (1 + np.exp(-np.dot(w, h, out=z[part])))
            g -= l[part]
            g *= rate - decay * (first + i)
            v -= (share[i] * times[i][there[i]])[:, None] * (g @ w)  # a repeated word: the same sum in each place
            vectors[c] = v
            w -= g[:, None] * h
            W2[k] = w
            begin = end
        loss += float(np.sum(log_one_plus_exp(z) - l * z, dtype=float))
        words += len(y)
    return loss, words


def _blocks(ids, ends, m):
    """Give (first, around, y): stretches of at most BLOCK centre words of one sentence, with their windows."""
    begin = 0
    for end in ends:
        around, y = windows(ids[begin:end], m) if end - begin > 1 else (ids[:0], ids[:0])
        for b in range(0, len(y), BLOCK):
            yield begin + b, around[b : b + BLOCK], y[b : b + BLOCK]
        begin = end
