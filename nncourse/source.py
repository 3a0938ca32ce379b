"""Show the package's own source in a chapter, so that the text never has a copy of it that can grow old."""

import ast
import inspect
import textwrap


class Source:
    """The source of a function or class as a notebook shows it: highlighted, without its docstrings.

    Parameters
    ----------
    thing : function, method or class
        Something of the package.

    Examples
    --------
    >>> from nncourse.language_models import perplexity
    >>> Source(perplexity)
    def perplexity(loss):
        return float(np.exp(check_array("loss", loss, ())))
    """

    def __init__(self, thing):
        self.code = without_docstrings(textwrap.dedent(inspect.getsource(thing)))

    def __repr__(self):
        return self.code

    def _repr_markdown_(self):
        return f"```python\n{self.code}\n```"


def without_docstrings(code):
    """Return Python source without its docstrings and the blank lines that they leave.

    Parameters
    ----------
    code : str
        The source of whole statements.

    Examples
    --------
    >>> print(without_docstrings('def f(z):' + chr(10) + '    "Say it."' + chr(10) + '    return z'))
    def f(z):
        return z
    """
    lines = code.splitlines()
    for part in ast.walk(ast.parse(code)):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(part, clean=False) is not None:
            text = part.body[0]
            for i in range(text.lineno - 1, text.end_lineno):
                lines[i] = None
    kept = [line for line in lines if line is not None]
    return "\n".join(line for i, line in enumerate(kept) if line.strip() or (i and kept[i - 1].strip()))
