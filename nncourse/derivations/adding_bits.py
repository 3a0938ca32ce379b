"""The bit counter derived by sympy: (22) and (26), for given sizes and, by induction, for any length."""

import sympy as sp

v_x, v_f, f_0 = sp.symbols("v_x v_f f_0", real=True)
T, t = sp.symbols("T t", integer=True, positive=True)
x_, f_ = sp.IndexedBase("x", real=True), sp.IndexedBase("f", real=True)


def bits(T, I):
    """Return symbols for the bits, x[t - 1][i], and for the labels, y[i].

    Examples
    --------
    >>> bits(T=2, I=1)
    ([[x1_1], [x2_1]], [y_1])
    """
    x = [[sp.Symbol(f"x{t}_{i}", real=True) for i in range(1, I + 1)] for t in range(1, T + 1)]
    return x, [sp.Symbol(f"y_{i}", real=True) for i in range(1, I + 1)]


def states(x, start=f_0):
    """Return f_0, ..., f_T of one example with the bits x, put together by (16) alone, step by step.

    Source
    ------
    J-16

    Examples
    --------
    >>> states([1, 1], start=0)  # two bits, both 1
    [0, v_x, v_f*v_x + v_x]
    """
    f = [start]
    for bit in x:
        f.append(f[-1] * v_f + bit * v_x)
    return f


def error(x, y):
    """Return E, half the sum over the examples of (f_T - y)^2.

    Source
    ------
    J-17

    Examples
    --------
    >>> E = error([[1], [1]], [2])  # one example: the bits 1 and 1, and their sum
    >>> at = {f_0: 0, v_f: 1}
    >>> [E.subs(at).subs(v_x, loud) for loud in (1, 2)]  # yhat is 2, yhat is 4
    [0, 2]
    """
    return sum((states(column)[-1] - label) ** 2 for column, label in _examples(x, y)) / 2


def by_definition(x, y):
    """Return E differentiated in v_x and in v_f: all of sympy, and nothing of the note.

    Examples
    --------
    >>> x, y = bits(T=1, I=1)
    >>> residual = f_0 * v_f + x[0][0] * v_x - y[0]
    >>> in_v_x, in_v_f = by_definition(x, y)
    >>> sp.expand(in_v_x - residual * x[0][0]), sp.expand(in_v_f - residual * f_0)
    (0, 0)
    """
    E = error(x, y)
    return sp.diff(E, v_x), sp.diff(E, v_f)


def blame(x, y):
    """Return dE/df_t by cutting: f_t becomes a symbol of its own, and the network goes on from it.

    Returns
    -------
    dict of (int, int) to sympy expression
        For (t, i) the blame of step t = 1, ..., T in example i = 0, ..., I - 1.

    Source
    ------
    J-20, J-24

    Examples
    --------
    >>> found = blame(*bits(T=2, I=1))
    >>> sp.expand(found[1, 0] - found[2, 0] * v_f)  # a step back: times v_f
    0
    """
    pushed, found = sp.Symbol("f_t", real=True), []
    for i, (column, label) in enumerate(_examples(x, y)):
        f = states(column)
        for t in range(1, len(x) + 1):
            E = (states(column[t:], start=pushed)[-1] - label) ** 2 / 2
            found.append(((t, i), sp.diff(E, pushed).subs(pushed, f[t])))
    return dict(found)


def by_the_note(x, y):
    """Return (22) and (26), as they are printed.

    Source
    ------
    J-22, J-26

    Examples
    --------
    >>> found = by_the_note([[1], [1]], [2])  # bits 1 and 1, from f_0 = 0:
    >>> in_v_x, in_v_f = [slope.subs(f_0, 0) for slope in found]
    >>> residual = v_x + v_f * v_x - 2
    >>> sp.factor(in_v_x / residual), sp.factor(in_v_f / residual)
    (v_f + 1, v_x)
    """
    return _sums(x, y, lambda residuals, i: residuals[i])


def by_the_printed_blame(x, y):
    """Return what (19) and (23) give with the blame of (20) as printed, which is a sum over all examples.

    Examples
    --------
    >>> x, y = [[1, 0]], [0, 1]  # one step of two examples
    >>> rules = by_the_note, by_the_printed_blame
    >>> [rule(x, y)[0].subs(f_0, 0) for rule in rules]
    [v_x, v_x - 1]
    """
    return _sums(x, y, lambda residuals, i: sum(residuals))


def _sums(x, y, blame):
    f = [states(column) for column, _ in _examples(x, y)]
    residuals, length = [f[i][-1] - y[i] for i in range(len(y))], len(x)
    terms = [(blame(residuals, i) * v_f ** (length - t), t, i) for t in range(1, length + 1) for i in range(len(y))]
    return sum(delta * x[t - 1][i] for delta, t, i in terms), sum(delta * f[i][t - 1] for delta, t, i in terms)


def _examples(x, y):
    return [([row[i] for row in x], label) for i, label in enumerate(y)]


def claim(last, immediate):
    """Return a summand of the claim df_last/dv = sum over t = 1, ..., last of immediate(t) v_f^(last - t).

    Parameters
    ----------
    last : sympy expression
        The last time step.
    immediate : callable
        Maps t to the immediate derivative of f_t: x_t in v_x, and f_{t-1} in v_f.

    Source
    ------
    J-19, J-21, J-23, J-25

    Examples
    --------
    >>> in_v_x = claim(2, lambda t: x_[t])  # f_2 = ... + v_f v_x x_1 + v_x x_2
    >>> in_v_x.subs(t, 1) == v_f * x_[1], in_v_x.subs(t, 2) == x_[2]
    (True, True)
    """
    return immediate(t) * v_f ** (last - t)


def induction_step(name, claim=claim):
    """Return what separates the claim for T + 1 from what (16) makes of the claim for T: zeros prove the step.

    sympy differentiates f_{T+1} = f_T v_f + x_{T+1} v_x, where f_T is an unknown function of the parameter, to
    c df_T/dv + rest. With the claim for df_T/dv that is a sum of T terms, each times c, and the rest. The claim for
    T + 1 is a sum of T terms and a last one.

    Parameters
    ----------
    name : str
        The parameter, "v_x" or "v_f".
    claim : callable
        The claim to prove.

    Returns
    -------
    each, last : sympy expression
        The difference of the terms t = 1, ..., T, and that of the rest and the last term.

    Examples
    --------
    >>> induction_step("v_x"), induction_step("v_f")
    ((0, 0), (0, 0))
    >>> wrong = lambda last, immediate: immediate(t)  # the powers are forgotten
    >>> induction_step("v_x", claim=wrong)[0] == 0
    False
    """
    v, immediate = {"v_x": (v_x, lambda t: x_[t]), "v_f": (v_f, lambda t: f_[t - 1])}[name]
    state = sp.Function("F")(v)
    following = sp.expand(sp.diff(state * v_f + x_[T + 1] * v_x, v))
    factor = following.coeff(state.diff(v))
    rest = (following - factor * state.diff(v)).subs(state, f_[T])
    each = sp.powsimp(sp.expand(factor * claim(T, immediate) - claim(T + 1, immediate)))
    return sp.simplify(each), sp.simplify(rest - claim(T + 1, immediate).subs(t, T + 1))


def over_all_rows(a, b):
    """Return the sum over all 2^T sequences of T bits of (sum_t a_t x_t) (sum_t b_t x_t), as a formula in T.

    A product x_t x_s of two bits is 1 in a quarter of the sequences, or in half of them where t = s.

    Parameters
    ----------
    a, b : sympy expression
        What bit t weighs in each factor, as formulas in t and T.

    Examples
    --------
    >>> one = sp.Integer(1)
    >>> [over_all_rows(one, one).subs(T, k) for k in (1, 2, 3)]  # 6 = 1 + 1 + 4
    [1, 6, 24]
    """
    total_a, total_b, total_ab = (sp.summation(weights, (t, 1, T)) for weights in (a, b, a * b))
    return sp.factor(total_a * total_b + total_ab) * 2**T / 4


def hessian_over_all_rows():
    """Return the Hessian at v_x = v_f = 1 of the sum over all 2^T sequences, as formulas in T.

    All residuals are zero there. What is left are products of the slopes of yhat: every bit weighs 1 in the slope
    in v_x, and T - t in the slope in v_f.

    Examples
    --------
    >>> hessian_over_all_rows().subs(T, 1)  # of (v_x - 1)^2 / 2: no v_f yet
    Matrix([
    [1, 0],
    [0, 0]])
    """
    one, later = sp.Integer(1), T - t
    mixed = over_all_rows(one, later)
    return sp.Matrix([[over_all_rows(one, one), mixed], [mixed, over_all_rows(later, later)]])
