"""A small engine for reverse-mode automatic differentiation of array expressions.

Every operation is one visual unit: the value, and one rule for each parent that carries the derivative of the final
number from the result back to that parent. `gradient` walks the graph once, from the result to the inputs, and
adds up what arrives at each node. Backpropagation is this walk on the graph of a feedforward network.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np


@dataclass(frozen=True, eq=False)
class Node:
    """A value in a computation, and the nodes that it was computed from. Those exist already: there are no cycles.

    Parameters
    ----------
    value : ndarray
        What was computed.
    parents : tuple of (Node, callable)
        Each parent with its rule: from dE/d(this value) to this node's share of dE/d(parent's value).

    Source
    ------
    S-AD, S-ff

    Examples
    --------
    >>> w, x = Node(np.array([[2.0, 1.0]])), Node(np.array([[3.0], [4.0]]))
    >>> E = w @ x + w.sum()  # 2 * 3 + 1 * 4 + (2 + 1)
    >>> E.value.tolist(), gradient(E, [w])[0].tolist()
    ([[13.0]], [[4.0, 5.0]])
    >>> gradient((x.T @ x) / 2, [x])[0].tolist()
    [[3.0], [4.0]]
    """

    value: np.ndarray
    parents: tuple = field(default=(), repr=False)
    __array_ufunc__ = None  # an array on the left leaves the operation to the node

    def __add__(self, other):
        u, v = self, node(other)
        return Node(u.value + v.value, (u.receives(lambda g: g), v.receives(lambda g: g)))

    def __mul__(self, other):
        u, v = self, node(other)
        return Node(u.value * v.value, (u.receives(lambda g: g * v.value), v.receives(lambda g: g * u.value)))

    def __matmul__(self, other):
        u, v = self, node(other)
        if u.value.ndim != 2 or v.value.ndim != 2:
            raise ValueError(f"@: expected two matrices, got shapes {u.value.shape} and {v.value.shape}")
        return Node(u.value @ v.value, ((u, lambda g: g @ v.value.T), (v, lambda g: u.value.T @ g)))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -node(other)

    def __truediv__(self, other):
        return self * node(other).apply(lambda u: 1 / u, lambda u, r: -r * r)

    @property
    def T(self):
        """The transposed matrix."""
        return Node(self.value.T, ((self, lambda g: g.T),))

    def sum(self, axis=None):
        """Return the sum over an axis, kept as length 1, or over all numbers: each summand gets the same share."""
        total = self.value.sum(axis=axis, keepdims=axis is not None)
        return Node(total, ((self, lambda g: np.broadcast_to(g, self.value.shape)),))

    def apply(self, f, prime):
        """Return f(self) for an entry-wise f, with prime(u, f(u)) its derivative: the chain rule.

        Examples
        --------
        >>> u = node(2.0)
        >>> cube = u.apply(lambda u: u**3, lambda u, cube: 3 * u**2)
        >>> float(cube.value), float(gradient(cube, [u])[0])
        (8.0, 12.0)
        """
        value = f(self.value)
        return Node(value, ((self, lambda g: g * prime(self.value, value)),))

    def receives(self, rule):
        """Return (self, rule), the rule followed by a sum over whatever broadcasting had repeated.

        Examples
        --------
        >>> bias, rule = node([[1.0, 2.0]]).receives(lambda g: g)
        >>> rule(np.ones((3, 2))).tolist()  # it was added to three rows
        [[3.0, 3.0]]
        """

        def carry(g):
            g = rule(g)
            g = g.sum(axis=tuple(range(g.ndim - self.value.ndim)))
            ones = tuple(i for i, length in enumerate(self.value.shape) if length == 1)
            return g.sum(axis=ones, keepdims=True)

        return self, carry


def node(value):
    """Return a node as it is, and a number or an array as a node without parents.

    Examples
    --------
    >>> u = node([1, 2])
    >>> u.value.tolist(), node(u) is u
    ([1.0, 2.0], True)
    """
    return value if isinstance(value, Node) else Node(np.asarray(value, dtype=np.float64))


for _name in ("add", "sub", "mul", "truediv", "matmul"):  # a number or an array on the left: 1 - u, W @ u
    setattr(Node, f"__r{_name}__", lambda u, left, _op=f"__{_name}__": getattr(node(left), _op)(u))

exp = partial(Node.apply, f=np.exp, prime=lambda u, e: e)  #: e to the u, entry by entry
log = partial(Node.apply, f=np.log, prime=lambda u, _: 1 / u)  #: the natural logarithm, entry by entry
tanh = partial(Node.apply, f=np.tanh, prime=lambda _, a: 1 - a * a)  #: the hyperbolic tangent, entry by entry


def topological_order(result):
    """Return every node that the result depends on, each one after its parents; the result is last (S-ff).

    Examples
    --------
    >>> u = node(2.0)
    >>> v = u * u
    >>> [float(n.value) for n in topological_order(v + u)]
    [2.0, 4.0, 6.0]
    """
    order, seen, stack = [], set(), [(result, False)]
    while stack:
        n, parents_done = stack.pop()
        if parents_done:
            order.append(n)
        elif id(n) not in seen:
            seen.add(id(n))
            stack.append((n, True))
            stack.extend((parent, False) for parent, _ in n.parents)
    return order


def gradient(result, inputs):
    """Return the derivative of a number in every input: the multivariate chain rule, applied backwards.

    Parameters
    ----------
    result : Node
        One number.
    inputs : list of Node
        The nodes to differentiate in.

    Returns
    -------
    list of ndarray
        One an input, of its shape; zeros where the result does not depend on it.

    Raises
    ------
    ValueError
        The result is not one number.

    Source
    ------
    S-AD

    Examples
    --------
    >>> x = node([[1.0, 2.0]])
    >>> gradient((x * x).sum(), [x])[0].tolist()
    [[2.0, 4.0]]
    """
    if (shape := result.value.shape) not in ((), (1,), (1, 1)):
        raise ValueError(f"result: expected one number, got shape {shape}")
    arrived = {id(result): np.ones_like(result.value)}
    for n in reversed(topological_order(result)):
        for parent, rule in n.parents:
            share = rule(arrived[id(n)])
            arrived[id(parent)] = arrived.get(id(parent), 0) + share
    return [arrived.get(id(n), np.zeros_like(n.value)) for n in inputs]
