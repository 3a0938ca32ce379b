"""Backpropagation through time derived by sympy: the recursion for delta_t against the derivatives entry by entry.

Vectors are columns here, as in the first note: h_t = f(W x_t + V s_{t-1}), yhat_t = g(U h_t). What is fed back as
s_t is the state (simple RNN, Elman) or the output (Jordan). W, V and U are W(1), V(1) and W(2), or the blocks of v
and omega, transposed.
"""

import sympy as sp

from nncourse.derivations.delta_rule import jacobian

NAMES = ("W", "V", "U")


def symbols(sizes, n, *, jordan=False):
    """Return parameters [W, V, U], inputs [x_1, ..., x_n] and labels [y_1, ..., y_n], as sympy matrices.

    Parameters
    ----------
    sizes : tuple of int
        The numbers of inputs, hidden units and outputs.
    n : int
        The number of steps.
    jordan : bool
        Whether V takes the output; otherwise it takes the state.

    Examples
    --------
    >>> W, x, y = symbols((1, 2, 3), n=4)
    >>> [M.shape for M in W], len(x), x[3], y[0].T
    ([(2, 1), (2, 2), (3, 2)], 4, Matrix([[x4_1]]), Matrix([[y1_1, y1_2, y1_3]]))
    >>> symbols((1, 2, 3), n=4, jordan=True)[0][1].shape  # V takes the outputs
    (2, 3)
    """
    d0, d1, d2 = sizes
    shapes = ((d1, d0), (d1, d2 if jordan else d1), (d2, d1))
    W = [
        sp.Matrix(*shape, lambda i, j, k=k: sp.Symbol(f"{k}{i + 1}{j + 1}", real=True))
        for k, shape in zip(NAMES, shapes, strict=True)
    ]
    x, y = (
        [sp.Matrix(d, 1, lambda i, _, t=t, k=k: sp.Symbol(f"{k}{t}_{i + 1}", real=True)) for t in range(1, n + 1)]
        for k, d in (("x", d0), ("y", d2))
    )
    return W, x, y


def unknown():
    """Return two unknown entry-wise activation functions, f(1) and f(2).

    Examples
    --------
    >>> f, g = unknown()
    >>> g(f(sp.Matrix([sp.Symbol("z")])))
    Matrix([[g(f(z))]])
    """
    return [lambda z, f=f: z.applyfunc(f) for f in (sp.Function("f"), sp.Function("g"))]


def unroll(parameters, x, f, *, jordan=False):
    """Return the lists of scores z_t, states h_t, scores o_t and outputs yhat_t, from a state of zeros.

    Parameters
    ----------
    parameters : list of [W, V, U], one a step
        The same three matrices n times; or n instances, each with symbols of its own.
    x : list of sympy.Matrix
        The inputs.
    f : pair of callable
        f(1) and f(2).
    jordan : bool
        Whether the output is fed back.

    Source
    ------
    S-2.1, S-2.1.1a

    Examples
    --------
    >>> (W, V, U), x, _ = symbols((1, 1, 1), n=2)
    >>> f = [lambda z: z] * 2
    >>> h = unroll([(W, V, U)] * 2, x, f)[1]
    >>> h[1] == V * W * x[0] + W * x[1]
    True
    >>> h = unroll([(W, V, U)] * 2, x, f, jordan=True)[1]
    >>> h[1] == V * U * W * x[0] + W * x[1]
    True
    """
    z, h, o, yhat = [], [], [], []
    fed_back = sp.zeros(parameters[0][1].cols, 1)
    for (W, V, U), x_t in zip(parameters, x, strict=True):
        z.append(W * x_t + V * fed_back)
        h.append(f[0](z[-1]))
        o.append(U * h[-1])
        yhat.append(f[1](o[-1]))
        fed_back = yhat[-1] if jordan else h[-1]
    return z, h, o, yhat


def loss(yhat, y):
    """Return 1/2 ||yhat_t - y_t||^2, summed over the steps.

    Examples
    --------
    >>> one, three = sp.Matrix([1]), sp.Matrix([3])
    >>> loss([three, one], [one, one])  # (2^2 + 0^2) / 2
    2
    """
    return sum(((a - b).T * (a - b))[0] for a, b in zip(yhat, y, strict=True)) / 2


def by_definition(W, x, y, f, *, jordan=False):
    """Return [dE/dW, dE/dV, dE/dU], each entry differentiated by sympy.

    Parameters
    ----------
    W, x, y
        As `symbols` returns them.
    f : pair of callable
        f(1) and f(2).
    jordan : bool
        Whether the output is fed back.

    Examples
    --------
    >>> W, x, y = symbols((1, 1, 1), n=1)
    >>> f = [lambda z: z] * 2  # so E = (U W x - y)^2 / 2, and V meets zeros
    >>> into_W, into_V, into_U = by_definition(W, x, y, f)
    >>> h = W[0] * x[0]
    >>> into_V, sp.expand(into_U - (W[2] * h - y[0]) * h)
    (Matrix([[0]]), Matrix([[0]]))
    """
    E = loss(unroll([W] * len(x), x, f, jordan=jordan)[3], y)
    return [sp.Matrix(*M.shape, lambda i, j, M=M: sp.diff(E, M[i, j])) for M in W]


def by_instances(W, x, y, f, *, jordan=False):
    """Return, for W, V and U, the list of the gradients in each instance: every step gets symbols of its own.

    The instances' symbols are replaced by the shared ones after differentiating.

    Parameters
    ----------
    W, x, y, f, jordan
        As `by_definition` takes them.

    Source
    ------
    S-2.1.1a, S-2.1.1b

    Examples
    --------
    >>> W, x, y = symbols((1, 1, 1), n=2)
    >>> f = [lambda z: z] * 2
    >>> first, second = by_instances(W, x, y, f)[0]  # W at step 1, and at step 2
    >>> sp.expand(first + second - by_definition(W, x, y, f)[0])
    Matrix([[0]])
    """
    own = [[M.applyfunc(lambda s, t=t: sp.Symbol(f"{s}_{t}", real=True)) for M in W] for t in range(len(x))]
    E = loss(unroll(own, x, f, jordan=jordan)[3], y)
    shared = {s: r for step in own for M, R in zip(step, W, strict=True) for s, r in zip(M, R, strict=True)}
    return [
        [sp.Matrix(*step[k].shape, lambda i, j, M=step[k]: sp.diff(E, M[i, j])).doit().subs(shared) for step in own]
        for k in range(len(W))
    ]


def by_blame(W, x, y, f, *, jordan=False):
    """Return [dE/dW, dE/dV, dE/dU] by the recursion that carries the blame from step t + 1 to step t.

    Parameters
    ----------
    W, x, y, f, jordan
        As `by_definition` takes them.

    Source
    ------
    S-2.1.1b, J-bp

    Examples
    --------
    >>> W, x, y = symbols((1, 1, 1), n=2)
    >>> f = unknown()
    >>> both = zip(by_blame(W, x, y, f), by_definition(W, x, y, f))
    >>> [sp.expand((by_rule - truth).doit()) for by_rule, truth in both]
    [Matrix([[0]]), Matrix([[0]]), Matrix([[0]])]
    """
    z, h, o, yhat = unroll([W] * len(x), x, f, jordan=jordan)
    _, V, U = W
    grads, back = [sp.zeros(*M.shape) for M in W], None  # back: the blame V^T delta of the next step
    for t in range(len(x) - 1, -1, -1):
        error, from_later = yhat[t] - y[t], back or sp.zeros(V.cols, 1)
        epsilon = jacobian(f[1], o[t]).T * (error + from_later if jordan else error)
        arrives = U.T * epsilon if jordan else U.T * epsilon + from_later
        delta = jacobian(f[0], z[t]).T * arrives
        before = (yhat if jordan else h)[t - 1] if t else sp.zeros(V.cols, 1)
        shares = (delta * x[t].T, delta * before.T, epsilon * h[t].T)
        grads = [grad + share for grad, share in zip(grads, shares, strict=True)]
        back = V.T * delta
    return grads
