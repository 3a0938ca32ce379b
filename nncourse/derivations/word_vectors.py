"""Word vectors derived by sympy: -log of (4) and of (5), differentiated in every number of every vector."""

import sympy as sp


def symbols(V, d1):
    """Return W1 (d1 x V), a column for every word, and W2 (V x d1), a row for every word, as sympy matrices.

    Examples
    --------
    >>> W1, W2 = symbols(V=2, d1=1)
    >>> W1, W2.T
    (Matrix([[x0_1, x1_1]]), Matrix([[y0_1, y1_1]]))
    """
    W1 = sp.Matrix(d1, V, lambda i, x: sp.Symbol(f"x{x}_{i + 1}", real=True))
    W2 = sp.Matrix(V, d1, lambda y, i: sp.Symbol(f"y{y}_{i + 1}", real=True))
    return W1, W2


def unit_vector(V, x):
    """Return e_x as a matrix (V x 1), for a word 0 ... V - 1.

    Examples
    --------
    >>> unit_vector(3, 1).T
    Matrix([[0, 1, 0]])
    """
    return sp.Matrix(V, 1, lambda i, _: int(i == x))


def counts(V, context):
    """Return the sum of the context words' unit vectors: how often each word comes.

    Examples
    --------
    >>> counts(3, [0, 2, 2]).T
    Matrix([[1, 0, 2]])
    """
    return sum((unit_vector(V, x) for x in context), sp.zeros(V, 1))


def cbow(W1, W2, context, *, mean=False):
    """Return equation (4) for all words, a matrix (V x 1); with `mean`, the vectors are averaged.

    Source
    ------
    S-4

    Examples
    --------
    >>> W1, W2 = sp.Matrix([[0, sp.log(3)]]), sp.Matrix([0, 1])
    >>> cbow(W1, W2, [1, 1]).T, cbow(W1, W2, [1, 1], mean=True).T
    (Matrix([[1/10, 9/10]]), Matrix([[1/4, 3/4]]))
    """
    h = W1 * counts(W1.cols, context) / (len(context) if mean else 1)
    e = (W2 * h).applyfunc(sp.exp)
    return e / sum(e)


def skip_gram(W1, W2, x):
    """Return equation (5) for all words, a matrix (V x 1), from the products of two vectors.

    Source
    ------
    S-5

    Examples
    --------
    >>> W1, W2 = sp.Matrix([[0, sp.log(3)]]), sp.Matrix([0, 1])
    >>> skip_gram(W1, W2, 0).T, skip_gram(W1, W2, 1).T
    (Matrix([[1/2, 1/2]]), Matrix([[1/4, 3/4]]))
    """
    e = sp.Matrix([sp.exp(W2.row(y).dot(W1.col(x))) for y in range(W2.rows)])
    return e / sum(e)


def by_definition(p, y, W1, W2):
    """Return the gradient of -log p(y) in W1 and in W2, entry by entry. No rule is used but sympy's own.

    Source
    ------
    S-4, S-5

    Examples
    --------
    >>> W1, W2 = symbols(V=2, d1=1)
    >>> into_W1, into_W2 = by_definition(skip_gram(W1, W2, 0), 1, W1, W2)
    >>> into_W1.shape, into_W2.shape, into_W1[1]  # word 1 is not in the context
    ((1, 2), (2, 1), 0)
    """
    E = -sp.log(p[y])
    return tuple(sp.Matrix(*W.shape, lambda i, j, W=W: sp.diff(E, W[i, j])) for W in (W1, W2))


def by_hand(p, y, W1, W2, context, *, mean=False):
    """Return the same as derived on paper: the error p - e_y times h^T, and W2^T times the error for every word.

    Source
    ------
    S-4, S-5

    Examples
    --------
    >>> W1, W2 = symbols(V=2, d1=1)
    >>> p = cbow(W1, W2, [0, 1], mean=True)
    >>> found = by_hand(p, 1, W1, W2, [0, 1], mean=True)
    >>> both = zip(found, by_definition(p, 1, W1, W2))
    >>> [equal(on_paper, truth) for on_paper, truth in both]
    [True, True]
    """
    share = counts(W1.cols, context) / (len(context) if mean else 1)
    delta = p - unit_vector(W2.rows, y)
    return W2.T * delta * share.T, delta * (W1 * share).T


def equal(A, B):
    """Return whether two matrices of fractions of sums of exponentials are identical: all numerators cancel.

    Examples
    --------
    >>> e = sp.exp(sp.Symbol("z"))
    >>> equal(sp.Matrix([e / (1 + e)]), sp.Matrix([1 - 1 / (1 + e)]))
    True
    >>> equal(sp.Matrix([e]), sp.Matrix([1 / e]))
    False
    """
    return all(sp.expand(sp.fraction(sp.together(a - b))[0]) == 0 for a, b in zip(A, B, strict=True))


def two_word_texts(P):
    """Return the sum over all texts of two words a b of p(a | b) p(b | a): the trace of P^2.

    Parameters
    ----------
    P : sympy.Matrix
        Row x holds p(y | x) for all y.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> two_word_texts(sp.Matrix([[half, half], [half, half]]))
    1
    >>> two_word_texts(sp.eye(2))  # each word vouches for itself: no distribution
    2
    """
    words = range(P.rows)
    return sum(P[b, a] * P[a, b] for a in words for b in words)
