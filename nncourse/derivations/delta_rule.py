"""The delta rule, equation (1), derived by sympy: the loss is differentiated entry by entry, with f left open."""

import sympy as sp


def symbols(d1, d0):
    """Return symbols W (d1 x d0), x (d0 x 1) and y (d1 x 1) as sympy matrices.

    Examples
    --------
    >>> W, x, y = symbols(1, 2)
    >>> W, x.T, y
    (Matrix([[W11, W12]]), Matrix([[x1, x2]]), Matrix([[y1]]))
    """
    W = sp.Matrix(d1, d0, lambda i, j: sp.Symbol(f"W{i + 1}{j + 1}", real=True))
    x = sp.Matrix(d0, 1, lambda j, _: sp.Symbol(f"x{j + 1}", real=True))
    y = sp.Matrix(d1, 1, lambda i, _: sp.Symbol(f"y{i + 1}", real=True))
    return W, x, y


def entrywise(d1):
    """Return an unknown entry-wise f as a function of a matrix z (d1 x 1): component i is f_i(z_i).

    Examples
    --------
    >>> entrywise(2)(sp.Matrix(sp.symbols("z1 z2"))).T
    Matrix([[f1(z1), f2(z2)]])
    """
    return lambda z: sp.Matrix([sp.Function(f"f{i + 1}")(z[i]) for i in range(d1)])


def coupled(d1):
    """Return an unknown f that is not entry-wise: component i is f_i(z_1, ..., z_d1).

    Examples
    --------
    >>> coupled(2)(sp.Matrix(sp.symbols("z1 z2"))).T
    Matrix([[f1(z1, z2), f2(z1, z2)]])
    """
    return lambda z: sp.Matrix([sp.Function(f"f{i + 1}")(*z) for i in range(d1)])


def softmax(z):
    """Return the softmax of a matrix z (d x 1).

    Examples
    --------
    >>> softmax(sp.Matrix([0, sp.log(3)])).T  # 1 and 3, of 4
    Matrix([[1/4, 3/4]])
    """
    e = z.applyfunc(sp.exp)
    return e / sum(e)


def squared_loss(W, x, y, f):
    """Return 1/2 ||y - f(W x)||^2.

    Examples
    --------
    >>> W, x, y = sp.Matrix([[2]]), sp.Matrix([3]), sp.Matrix([2])
    >>> squared_loss(W, x, y, lambda z: z)  # (2 - 6)^2 / 2
    8
    """
    residual = y - f(W * x)
    return (residual.T * residual)[0] / 2


def by_definition(W, x, y, f):
    """Return the gradient entry by entry, dE/dW_ij, a matrix of W's shape. No rule is used but sympy's own.

    Source
    ------
    S-1

    Examples
    --------
    >>> W, x, y = symbols(1, 1)
    >>> gradient = by_definition(W, x, y, lambda z: z)  # linear regression
    >>> sp.expand(gradient - (W * x - y) * x.T)
    Matrix([[0]])
    """
    E = squared_loss(W, x, y, f)
    return sp.Matrix(*W.shape, lambda i, j: sp.diff(E, W[i, j]))


def jacobian(f, z):
    """Return the matrix of df_i/dz_k at z: differentiated at free symbols, then z put in.

    Examples
    --------
    >>> f = lambda z: sp.Matrix([z[0] + z[1], z[0] * z[1]])
    >>> jacobian(f, sp.Matrix([3, 2]))
    Matrix([
    [1, 1],
    [2, 3]])
    """
    free = sp.Matrix(len(z), 1, lambda i, _: sp.Dummy(f"z{i + 1}", real=True))
    return f(free).jacobian(free).subs(dict(zip(free, z, strict=True)), simultaneous=True)


def by_delta_rule(W, x, y, f):
    """Return equation (1), ((f(Wx) - y) * f'(Wx)) x^T, where f'(z) is the diagonal of the Jacobian.

    Source
    ------
    S-1

    Examples
    --------
    >>> W, x, y = symbols(2, 1)
    >>> f = entrywise(2)
    >>> equal(by_delta_rule(W, x, y, f), by_definition(W, x, y, f))
    True
    """
    f_prime = jacobian(f, W * x).diagonal().T
    return sp.matrix_multiply_elementwise(f(W * x) - y, f_prime) * x.T


def by_jacobian_rule(W, x, y, f):
    """Return J^T (f(Wx) - y) x^T, which holds for every differentiable f.

    Source
    ------
    S-1

    Examples
    --------
    >>> W, x, y = sp.zeros(2, 1), sp.Matrix([1]), sp.Matrix([0, 1])
    >>> by_jacobian_rule(W, x, y, softmax).T
    Matrix([[1/4, -1/4]])
    >>> by_delta_rule(W, x, y, softmax).T  # half of it is lost
    Matrix([[1/8, -1/8]])
    """
    return jacobian(f, W * x).T * (f(W * x) - y) * x.T


def equal(A, B):
    """Return whether two matrices of expressions are identical: multiplied out, or failing that, simplified.

    Examples
    --------
    >>> u = sp.Symbol("u")
    >>> equal(sp.Matrix([sp.sin(u) ** 2]), sp.Matrix([1 - sp.cos(u) ** 2]))
    True
    >>> equal(sp.Matrix([u]), sp.Matrix([u + 1]))
    False
    """
    differences = [sp.expand(a - b) for a, b in zip(A, B, strict=True)]
    return all(d == 0 or sp.simplify(d) == 0 for d in differences)


def as_function(matrix, *arguments):
    """Return a NumPy function that evaluates a matrix of expressions.

    It takes a flat sequence of numbers, row by row, in place of each of the arguments (sympy matrices of symbols).

    Examples
    --------
    >>> W, x, _ = symbols(1, 2)
    >>> as_function(W * x, W, x)([2, 3], [1, 10])  # 2 times 1, and 3 times 10
    array([[32]])
    """
    return sp.lambdify([tuple(argument) for argument in arguments], matrix, "numpy", cse=True)


def sigmoid(z):
    """Return 1 / (1 + exp(-z)) of every entry of a matrix.

    Examples
    --------
    >>> sigmoid(sp.Matrix([[0, sp.log(3)]]))
    Matrix([[1/2, 3/4]])
    """
    return z.applyfunc(lambda u: 1 / (1 + sp.exp(-u)))
