"""The names of a piece of Python: which it gives a value, and which it needs, read from its syntax."""

import ast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def arguments(function):
    """Return the names of a function's arguments."""
    return {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}


def scope(nodes):
    """Return the names that some nodes give a value, those they need at once, and those their functions need.

    What comprehensions and functions bind inside is their own.

    Parameters
    ----------
    nodes : iterable of ast.AST
        Of one scope.

    Examples
    --------
    >>> tree = ast.parse("def f(x): return x + a\\nb = [i * c for i in d]")
    >>> [sorted(names) for names in scope(tree.body)]
    [['b', 'f'], ['c', 'd'], ['a']]
    """
    stored, loaded, late, todo = set(), set(), set(), [*nodes]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, FUNCTIONS):
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            own, now, inner = scope(body)
            late |= (now | inner) - own - arguments(node)
            outside = [*node.args.defaults, *node.args.kw_defaults, *getattr(node, "decorator_list", ())]
            todo += [part for part in outside if part]
            stored |= {node.name} if hasattr(node, "name") else set()
        elif isinstance(node, (ast.ClassDef, *COMPREHENSIONS)):
            own, now, inner = scope(ast.iter_child_nodes(node))
            loaded, late = loaded | (now - own), late | (inner - own)
            stored |= {node.name} if hasattr(node, "name") else set()
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).partition(".")[0])
        else:
            if isinstance(node, ast.ExceptHandler) and node.name:
                stored.add(node.name)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                loaded.add(node.target.id)
            todo += ast.iter_child_nodes(node)
    return stored, loaded, late
