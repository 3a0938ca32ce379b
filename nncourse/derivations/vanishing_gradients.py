"""Blame that goes back through many steps, by sympy: the bit counter's first state, and products of Jacobians."""

import sympy as sp

v_x, v_f, y = sp.symbols("v_x v_f y", real=True)
T = sp.Symbol("T", positive=True, integer=True)


def outputs(T, f_1):
    """Return yhat, the state of the bit counter after steps 2 .. T with the inputs x_2 .. x_T, from a state f_1.

    Parameters
    ----------
    T : int
        The number of steps.
    f_1 : sympy expression
        The state after the first step.

    Examples
    --------
    >>> outputs(2, 1)  # 1 v_f, and x_2 v_x
    v_f + v_x*x2
    """
    f = f_1
    for t in range(2, T + 1):
        f = f * v_f + sp.Symbol(f"x{t}", real=True) * v_x
    return f


def first_blame_by_definition(T):
    """Return dE/df_1 of one sequence of T steps, differentiated in a state f_1 that is left open.

    Source
    ------
    J-27

    Examples
    --------
    >>> first_blame_by_definition(1)  # one step: yhat is f_1
    f_1 - y
    """
    f_1 = sp.Symbol("f_1", real=True)
    return sp.diff((outputs(T, f_1) - y) ** 2 / 2, f_1)


def first_blame(T):
    """Return (yhat - y) v_f^(T-1) of one sequence of T steps, f_1 left open.

    Source
    ------
    J-27

    Examples
    --------
    >>> sp.expand(first_blame(3) - first_blame_by_definition(3))
    0
    """
    return (outputs(T, sp.Symbol("f_1", real=True)) - y) * v_f ** (T - 1)


def sum_of_powers():
    """Return (v_f^T - 1) / (v_f - 1) = 1 + v_f + ... + v_f^(T-1), for any T and every v_f but 1.

    Examples
    --------
    >>> sp.cancel(sum_of_powers().subs(T, 3))
    v_f**2 + v_f + 1
    """
    return (v_f**T - 1) / (v_f - 1)


def first_blame_of_ones():
    """Return dE/df_1 of the sequence of T ones, whose sum is T, for any T and every v_f but 1.

    Source
    ------
    J-27, J-28

    Examples
    --------
    >>> first_blame_of_ones().subs({T: 2, v_x: 1, v_f: 2})  # (1 + 2 - 2) times 2
    2
    """
    return (v_x * sum_of_powers() - T) * v_f ** (T - 1)


def first_blame_of_ones_at_one():
    """Return dE/df_1 of the sequence of T ones where v_f = 1: the limit of the other formula.

    Source
    ------
    J-28

    Examples
    --------
    >>> first_blame_of_ones_at_one()  # yhat is T v_x
    T*(v_x - 1)
    """
    return sp.factor(sp.limit(v_x * sum_of_powers() - T, v_f, 1))


def limit_of_ones(at_x, at_f):
    """Return the limit of dE/df_1 of the sequence of T ones as T grows.

    Parameters
    ----------
    at_x, at_f : sympy number
        v_x and v_f. Below zero, v_f^T keeps changing its sign; then the limit is taken over the even T.

    Source
    ------
    J-28

    Examples
    --------
    >>> [limit_of_ones(1, at_f) for at_f in (sp.Rational(1, 2), 1, 2, -2)]
    [0, 0, oo, oo]
    """
    if at_f == 0:  # v_f^(T-1) = 0 from T = 2 on
        return sp.Integer(0)
    blame = first_blame_of_ones_at_one() if at_f == 1 else first_blame_of_ones()
    if at_f < 0:  # v_f^T = |v_f|^T and v_f^(T-1) = -|v_f|^(T-1)
        r = sp.Symbol("r", positive=True)
        blame = -(v_x * (r**T - 1) / (-r - 1) - T) * r ** (T - 1)
        return sp.limit(blame.subs({v_x: at_x, r: -at_f}), T, sp.oo)
    return sp.limit(blame.subs({v_x: at_x, v_f: at_f}), T, sp.oo)


def growth_of_ones():
    """Return v_x v_f^(2T-1) / (v_f - 1): for v_f above 1 the part of dE/df_1 of T ones that outgrows the rest.

    Source
    ------
    J-28

    Examples
    --------
    >>> growth_of_ones().subs({T: 2, v_x: 1, v_f: 3})  # 3^3 / 2
    27/2
    """
    return v_x * v_f ** (2 * T - 1) / (v_f - 1)


def ratio_to_growth(at_x, at_f):
    """Return the limit of dE/df_1 of the sequence of T ones, divided by `growth_of_ones`: 1 where v_f is above 1.

    Parameters
    ----------
    at_x, at_f : sympy number
        v_x, not zero, and v_f, above 1.

    Source
    ------
    J-28

    Examples
    --------
    >>> ratio_to_growth(sp.Integer(1), sp.Integer(2))
    1
    """
    ratio = sp.expand(first_blame_of_ones() / growth_of_ones())
    return sp.limit(ratio.subs({v_x: at_x, v_f: at_f}), T, sp.oo)


def state_after(V, f, steps, h):
    """Return the states h_1 .. h_steps of h_t = f(V h_{t-1} + u_t), the inputs' part u_t left open.

    Parameters
    ----------
    V : sympy.Matrix
        The recurrent parameter.
    f : sympy.Function
        The activation function, entry by entry.
    steps : int
        How many steps.
    h : sympy.Matrix
        The state before the first of them, a column.

    Examples
    --------
    >>> h = state_after(sp.Matrix([[2]]), sp.Function("f"), 1, sp.Matrix([3]))
    >>> h  # f(2 times 3, and the input's part)
    [Matrix([[f(u1_1 + 6)]])]
    """
    states = []
    for t in range(1, steps + 1):
        u = sp.Matrix(V.rows, 1, lambda i, _, t=t: sp.Symbol(f"u{t}_{i + 1}", real=True))
        h = (V * h + u).applyfunc(f)
        states.append(h)
    return states


def jacobian_by_definition(V, f, steps):
    """Return dh_steps/dh_0, every entry differentiated by sympy.

    Parameters
    ----------
    V, f, steps
        As `state_after` takes them.

    Source
    ------
    J-28

    Examples
    --------
    >>> jacobian_by_definition(sp.Matrix([[2]]), sp.exp, 1)  # f' times V
    Matrix([[2*exp(2*h_1 + u1_1)]])
    """
    h = sp.Matrix(V.rows, 1, lambda i, _: sp.Symbol(f"h_{i + 1}", real=True))
    return state_after(V, f, steps, h)[-1].jacobian(h).doit()


def jacobian_by_product(V, f, steps):
    """Return diag(f'(z_steps)) V ... diag(f'(z_1)) V, the product of the step Jacobians, the last step first.

    Parameters
    ----------
    V, f, steps
        As `state_after` takes them.

    Source
    ------
    J-28

    Examples
    --------
    >>> V = sp.Matrix([[2]])
    >>> truth = jacobian_by_definition(V, sp.exp, 2)
    >>> sp.simplify(jacobian_by_product(V, sp.exp, 2) - truth)
    Matrix([[0]])
    """
    h = sp.Matrix(V.rows, 1, lambda i, _: sp.Symbol(f"h_{i + 1}", real=True))
    product, s = sp.eye(V.rows), sp.Symbol("s")
    for h_t in state_after(V, f, steps, h):
        slopes = [sp.diff(f(s), s).subs(s, h_i.args[0]).doit() for h_i in h_t]
        product = sp.diag(*slopes) * V * product
    return product
