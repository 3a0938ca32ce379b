"""What an exercise's code needs of the chapter before it: imports, functions and data, statement by statement."""

import ast
import builtins
import io
import re
import tokenize
from dataclasses import dataclass

from tools.assignments import names

DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
SURE = (ast.Assign, *DEFINITIONS, *IMPORTS)  # nothing that stands before these says what their names mean
BLOCKS = (ast.For, ast.While, ast.With, ast.If, ast.Try)  # most of what these bind is their own
ALWAYS = frozenset(dir(builtins)) | {"__name__", "__file__", "get_ipython", "display"}


@dataclass(frozen=True)
class Statement:
    """A statement of a chapter.

    Parameters
    ----------
    node : ast.stmt
        It.
    source : str
        Its text.
    binds : frozenset of str
        The names that it gives a value.
    changes : frozenset of str
        The names whose values it changes in place.
    now : frozenset of str
        The names that it needs where it stands.
    late : frozenset of str
        The names that its functions need when they are called.
    """

    node: ast.stmt
    source: str
    binds: frozenset
    changes: frozenset
    now: frozenset
    late: frozenset

    @property
    def own(self):
        """The names of a function's arguments."""
        if not isinstance(self.node, ast.FunctionDef):
            return frozenset()
        return frozenset(names.arguments(self.node))


def statements(code):
    """Return the statements of a cell.

    Parameters
    ----------
    code : str
        Python.

    Examples
    --------
    >>> (statement,) = statements("def f(x): return x + a")
    >>> sorted(statement.binds), sorted(statement.late)
    (['f'], ['a'])
    """
    lines, found = code.split("\n"), []
    for node in ast.parse(code).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        source = "\n".join(lines[first - 1 : node.end_lineno])
        binds, now, late = names.scope([node])
        if not isinstance(node, DEFINITIONS):  # a function that a statement makes may be called where it stands
            now |= late
        if isinstance(node, BLOCKS):
            now -= binds - {part.target.id for part in ast.walk(node) if _adds_to_a_name(part)}
        found.append(Statement(node, source, *map(frozenset, (binds, _changed(node), now, late))))
    return found


def _adds_to_a_name(node):
    return isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)


def _changed(node):
    """Give the names whose values a statement changes: x[0] = 1, x.a = 1, x += 1, x.append(1)."""
    if isinstance(node, DEFINITIONS):
        return
    for part in ast.walk(node):
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            yield from _base(part)
        elif isinstance(part, ast.AugAssign):
            yield from _base(part.target)
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            yield from _base(part.value.func) if isinstance(part.value.func, ast.Attribute) else ()


def _base(node):
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return [node.id] if isinstance(node, ast.Name) else []


def free(code):
    """Return the names that a cell needs from before it.

    Examples
    --------
    >>> sorted(free("b = a\\nc = b + len(d)"))
    ['a', 'd']
    """
    bound, wanted = set(ALWAYS), set()
    for statement in statements(code):
        wanted |= (statement.now | statement.late) - bound - (statement.binds & statement.late)
        bound |= statement.binds
    return wanted


def setup(before, wanted):
    """Return the code that gives names their values, and the names that nothing before gives one.

    Parameters
    ----------
    before : list of Statement
        The chapter up to its first exercise.
    wanted : set of str
        The names.

    Returns
    -------
    code : str
        Imports first, the rest in the chapter's order.
    unmet : set of str
        Without Python's own names.

    Examples
    --------
    >>> chapter = statements("import numpy as np\\nunused = 3\\nx = np.ones(2)\\nx[0] = 5")
    >>> print(setup(chapter, {"x", "y"})[0])
    import numpy as np
    <BLANKLINE>
    x = np.ones(2)
    x[0] = 5
    >>> setup(chapter, {"x", "y"})[1]
    {'y'}
    """
    late, more = set(), True
    imported = {name for s in before if isinstance(s.node, IMPORTS) for name in s.binds}
    while more:
        kept, unmet = [], set(wanted) | late
        for statement in reversed(before):
            if unmet & (statement.binds | (statement.changes - imported)):  # np.show(x) changes no np
                kept.append((statement, unmet & statement.binds))
                unmet = (unmet - statement.binds if isinstance(statement.node, SURE) else unmet) | statement.now
        found = {name for statement, _ in kept for name in statement.late}
        more, late = not found <= late, late | found
    kept.reverse()
    imports = dict.fromkeys(_trimmed(s.node, needed) for s, needed in kept if isinstance(s.node, IMPORTS))
    rest, code = [s for s, _ in kept if not isinstance(s.node, IMPORTS)], "\n".join(imports)
    for number, statement in enumerate(rest):
        apart = isinstance(statement.node, DEFINITIONS) or (
            number and isinstance(rest[number - 1].node, DEFINITIONS)
        )
        code += ("\n\n\n" if apart else "\n" if number else "\n\n") + statement.source
    return code.strip(), unmet - ALWAYS


def _trimmed(node, needed):
    """Return an import with the names alone that are needed."""
    kept = [alias for alias in node.names if (alias.asname or alias.name).partition(".")[0] in needed]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(kept))
    return ast.unparse(ast.ImportFrom(node.module, kept, node.level))


def named(text, before):
    """Return the imported things, functions and classes of a chapter that a text names as code, such as `fit(...)`.

    Parameters
    ----------
    text : str
        Whatever stands between backquotes or in comments.
    before : list of Statement
        The chapter up to its first exercise.
    """
    known = {name for s in before if isinstance(s.node, (*IMPORTS, *DEFINITIONS)) for name in s.binds}
    return known & set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))


def comments(code):
    """Return the comments of a cell as one text.

    Examples
    --------
    >>> comments("x = 1  # a\\n# b")
    '# a # b'
    """
    words = tokenize.generate_tokens(io.StringIO(code).readline)
    return " ".join(word.string for word in words if word.type == tokenize.COMMENT)
