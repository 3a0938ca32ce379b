"""One network in two notations, by sympy; and the best guesses for a stream of bits in threes, in exact fractions.

In the stream every third bit is the XOR of the two before it, and the others are drawn. A bit's *place* is where it
stands in its group: 0 and 1 for the drawn bits, 2 for their XOR.
"""

from fractions import Fraction

import sympy as sp

HALF = Fraction(1, 2)
PLACES = (0, 1, 2)


# --- two notations, one network ---


def matrix(name, rows, columns):
    """Return a matrix of real symbols name_ij.

    Examples
    --------
    >>> matrix("w", 1, 2)
    Matrix([[w_11, w_12]])
    """
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def elman_score(n, N, K):
    """Return the score of Elman's hidden units, [1 X F] v, and the same in Stratos' letters, by blocks.

    Parameters
    ----------
    n, N, K : int
        The numbers of examples, inputs and hidden units. F holds the hidden units of the step before.

    Returns
    -------
    printed, in_blocks : sympy.Matrix
        Equations (2) and (3) of Jun Kim, and X W(1)^T + F V^T with a bias row b^T, where v = [b W(1) V]^T.

    Source
    ------
    J-2, J-3, S-2.1

    Examples
    --------
    >>> printed, in_blocks = elman_score(n=1, N=1, K=2)
    >>> printed == in_blocks, printed[0]  # bias, input, two hidden units
    (True, f_11*v_31 + f_12*v_41 + v_11 + v_21*x_11)
    """
    X, F, v = matrix("x", n, N), matrix("f", n, K), matrix("v", 1 + N + K, K)
    b, W, V = v[:1, :].T, v[1 : 1 + N, :].T, v[1 + N :, :].T
    ones = sp.ones(n, 1)
    printed = sp.Matrix.hstack(ones, X, F) * v
    rows = [
        (W * X[i, :].T + V * F[i, :].T + b).T for i in range(n)
    ]  # h_t = f(W x_t + V h_{t-1} + b), a column each
    return printed, sp.Matrix.vstack(*rows)


def jordan_score(n, N, K, J):
    """Return the score [X G] v of Jordan's hidden units where G = F omega, and X W(1)^T + F V(1)^T.

    Parameters
    ----------
    n, N, K, J : int
        The numbers of examples, inputs, hidden units and outputs. No biases, and the identity for g.

    Returns
    -------
    printed, as_simple : sympy.Matrix
        The second is the score of a simple RNN with V(1)^T = omega v_back, v_back the last J rows of v.

    Source
    ------
    J-9, J-10, J-13, S-2.1

    Examples
    --------
    >>> printed, as_simple = jordan_score(n=1, N=1, K=2, J=1)
    >>> printed.shape, sp.expand(printed - as_simple)
    ((1, 2), Matrix([[0, 0]]))
    """
    X, F, v, omega = matrix("x", n, N), matrix("f", n, K), matrix("v", N + J, K), matrix("w", K, J)
    printed = sp.Matrix.hstack(X, F * omega) * v
    return printed, X * v[:N, :] + F * (omega * v[N:, :])


def gradients(sizes, T, f, g, *, jordan=False):
    """Return the parameters [W1, V1, W2], x, y, and the loss differentiated in every entry, all as sympy matrices.

    Parameters
    ----------
    sizes : tuple of int
        (d_0, d_1, d_2).
    T : int
        The number of steps. Row t of x (T x d_0) and y (T x d_2) is step t; the state before is zero.
    f, g : callable
        Functions of a matrix.
    jordan : bool
        Whether the output is fed back.

    Source
    ------
    S-2.1, J-9

    Examples
    --------
    >>> identity = lambda z: z
    >>> (W1, V1, W2), x, y, grads = gradients((1, 1, 1), 2, identity, identity)
    >>> h_1 = W1 * x[:1, :]
    >>> error_2 = W2 * (W1 * x[1:, :] + V1 * h_1) - y[1:, :]
    >>> sp.expand(grads[1] - W2 * error_2 * h_1)  # V1 meets zeros, then h_1
    Matrix([[0]])
    """
    d0, d1, d2 = sizes
    parameters = [matrix("W1", d1, d0), matrix("V1", d1, d2 if jordan else d1), matrix("W2", d2, d1)]
    W1, V1, W2 = parameters
    x, y = matrix("x", T, d0), matrix("y", T, d2)
    state, E = sp.zeros(V1.shape[1], 1), 0
    for t in range(T):
        h = f(W1 * x[t, :].T + V1 * state)
        output = g(W2 * h)
        state = output if jordan else h
        E += (y[t, :].T - output).dot(y[t, :].T - output) / 2
    return parameters, x, y, [W.applyfunc(lambda w: sp.diff(E, w)) for W in parameters]


# --- the best guesses ---


def shortest_memory(bits, *, cyclic=False):
    """Return the smallest k such that k bits of a fixed string always tell the next one.

    Parameters
    ----------
    bits : str
        The string.
    cyclic : bool
        Whether it is repeated for ever.

    Source
    ------
    J-xor

    Examples
    --------
    >>> shortest_memory("000011101110"), shortest_memory("000011101110", cyclic=True)
    (4, 6)
    """
    return next(k for k in range(len(bits) + 1) if _tells_the_next(bits + bits[:k] if cyclic else bits, k))


def _tells_the_next(bits, k):
    followed_by = {}
    for t in range(k, len(bits)):
        followed_by.setdefault(bits[t - k : t], set()).add(bits[t])
    return all(len(after) == 1 for after in followed_by.values())


def checks(first, k):
    """Return how many of k bits are the XOR of two others among them, if the first one has the place `first`.

    Examples
    --------
    >>> [checks(first, 3) for first in PLACES]  # places 0 1 2, 1 2 0 and 2 0 1
    [1, 0, 0]
    """
    return sum((first + i) % 3 == 2 for i in range(2, k))


def next_by(first, k, xor):
    """Return the chance of a 1 after k bits, if the first has the place `first`; xor is the last two bits' XOR.

    Examples
    --------
    >>> next_by(0, 2, xor=1), next_by(1, 2, xor=1)  # the XOR; a drawn bit
    (Fraction(1, 1), Fraction(1, 2))
    """
    return Fraction(xor) if k >= 2 and (first + k) % 3 == 2 else HALF


def guess(bits):
    """Return the chance that the next bit is a 1, given all bits of the stream so far: no squared error is smaller.

    Where the first bit stands in its group is not known; each of the three places has the same chance.

    Parameters
    ----------
    bits : sequence of int
        0 and 1, as they came.

    Returns
    -------
    Fraction
        Between 0 and 1.

    Raises
    ------
    ValueError
        The bits are no part of such a stream, whatever the first one's place.

    Source
    ------
    J-xor

    Examples
    --------
    >>> guess([0, 1]), guess([0, 0, 1])
    (Fraction(2, 3), Fraction(3, 4))
    """
    k = len(bits)
    alive = [first for first in PLACES if _fits(bits, first)]
    if not alive:
        raise ValueError(f"bits: expected a part of a stream in which every third is the XOR, got {list(bits)}")
    return _guess(alive, k, bits[-2] ^ bits[-1] if k >= 2 else 0)


def _fits(bits, first):
    return all(bits[i] == bits[i - 2] ^ bits[i - 1] for i in range(2, len(bits)) if (first + i) % 3 == 2)


def _guess(alive, k, xor):
    # of the strings that fit, one of two at each check: a string that passed has twice the chance
    weights = [2 ** checks(first, k) for first in alive]
    return sum(w * next_by(first, k, xor) for w, first in zip(weights, alive, strict=True)) / Fraction(sum(weights))


def floor(k):
    """Return the smallest expected squared errors of a guess from k bits, by the place of the bit that is guessed.

    It follows the chances of what matters, which places are still possible and the last two bits, from bit to bit:
    a few dozen cases in place of all 2^k strings.

    Parameters
    ----------
    k : int
        How many bits were seen; the place of the first is not known.

    Returns
    -------
    list of Fraction
        For a first drawn bit, a second, and an XOR. Each is met one time in three.

    Source
    ------
    J-xor

    Examples
    --------
    >>> floor(2)
    [Fraction(5, 18), Fraction(5, 18), Fraction(1, 9)]
    """
    chances = {(first, PLACES, 0, 0): Fraction(1) for first in PLACES}
    for i in range(k):
        chances = _one_bit_more(chances, i)
    error = [Fraction(0)] * 3
    for (first, alive, a, b), chance in chances.items():
        p, said = next_by(first, k, a ^ b), _guess(alive, k, a ^ b)
        error[(first + k) % 3] += chance * (p * (1 - said) ** 2 + (1 - p) * said**2)
    return error


def _one_bit_more(chances, i):
    after = {}
    for (first, alive, a, b), chance in chances.items():
        one = next_by(first, i, a ^ b)
        for bit, share in ((0, 1 - one), (1, one)):
            if share:
                left = tuple(h for h in alive if i < 2 or (h + i) % 3 != 2 or bit == a ^ b)
                case = (first, left, b, bit)
                after[case] = after.get(case, 0) + chance * share
    return after
