"""Why the hierarchical softmax sums to one, and the slopes of its loss, by sympy, for any given tree."""

import sympy as sp

from nncourse.spans import spans

sigma = sp.Function("sigma")
z = sp.Symbol("z", real=True)


def scores(tree):
    """Return a symbol for the score of every internal node: z0 for the root, z1, ...

    Parameters
    ----------
    tree : Tree
        Any full binary tree.

    Examples
    --------
    >>> from nncourse.trees import Tree
    >>> scores(Tree(left=[1, -1], right=[-3, -2]))  # ((0, 1), 2): two nodes
    (z0, z1)
    """
    return sp.symbols(f"z:{tree.V - 1}", real=True)


def probability(tree, y, f=sigma):
    """Return p(y | x), the product of f(dir z) along the path to word y.

    Parameters
    ----------
    tree : Tree
        Any full binary tree.
    y : int
        The word.
    f : callable
        `sigma`, which sympy knows nothing about, or `logistic`.

    Source
    ------
    S-6

    Examples
    --------
    >>> from nncourse.trees import Tree
    >>> tree = Tree(left=[1, -1], right=[-3, -2])  # ((0, 1), 2)
    >>> z0, z1 = scores(tree)
    >>> probability(tree, 1) == sigma(z0) * sigma(-z1)  # left, then right
    True
    """
    symbols = scores(tree)
    return sp.prod(f(int(sign) * symbols[node]) for node, sign in zip(*tree.path(y), strict=True))


def logistic(u):
    """Return 1 / (1 + exp(-u)).

    Examples
    --------
    >>> logistic(0), logistic(sp.log(3))
    (1/2, 3/4)
    """
    return 1 / (1 + sp.exp(-u))


def both_ways():
    """Return sigma(z) + sigma(-z), simplified: 1.

    Source
    ------
    S-sig

    Examples
    --------
    >>> both_ways()
    1
    """
    return sp.simplify(logistic(z) + logistic(-z))


def telescope(tree):
    """Return the sum of all p(y | x) as it shrinks, node by node from the leaves up, to 1.

    Every step puts 1 - sigma(z) for one node's sigma(-z), and multiplies out. That is all it uses.

    Parameters
    ----------
    tree : Tree
        Any full binary tree.

    Returns
    -------
    list of sympy expressions
        V of them: V products at first, one less after each of the V - 1 steps.

    Source
    ------
    S-span, S-sig

    Examples
    --------
    >>> from nncourse.trees import Tree
    >>> steps = telescope(Tree(left=[1, -1], right=[-3, -2]))  # ((0, 1), 2)
    >>> [len(step.args) for step in steps[:2]], steps[2]
    ([3, 2], 1)
    """
    symbols = scores(tree)
    steps = [sp.Add(*(probability(tree, y) for y in range(tree.V)))]
    for span in reversed(spans(tree)[1]):  # children before their parents
        u = symbols[span.node]
        steps.append(sp.expand(steps[-1].subs(sigma(-u), 1 - sigma(u))))
    return steps


def slopes(tree, y):
    """Return the slopes of -log p(y | x) in the scores of all internal nodes; those off the path are 0.

    Parameters
    ----------
    tree : Tree
        Any full binary tree.
    y : int
        The word.

    Source
    ------
    S-6

    Examples
    --------
    >>> from nncourse.trees import Tree
    >>> tree = Tree(left=[1, -1], right=[-3, -2])  # ((0, 1), 2)
    >>> z0, z1 = scores(tree)
    >>> in_z0, in_z1 = slopes(tree, 2)  # -log sigma(-z0): without z1
    >>> sp.simplify(in_z0 - logistic(z0)), in_z1
    (0, 0)
    """
    loss = -sp.log(probability(tree, y, logistic))
    return [sp.simplify(sp.diff(loss, symbol)) for symbol in scores(tree)]


def slope(sign):
    """Return the slope in z of -log sigma(sign z), simplified.

    Parameters
    ----------
    sign : int
        dir: +1 to the left, -1 to the right.

    Source
    ------
    S-6

    Examples
    --------
    >>> left, right = slope(1), slope(-1)
    >>> sp.simplify(left - (logistic(z) - 1)), sp.simplify(right - logistic(z))
    (0, 0)
    """
    return sp.simplify(sp.diff(-sp.log(logistic(sign * z)), z))
