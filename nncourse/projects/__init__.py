"""Two larger assignments, a part each: a better language model, and a recurrent network with a longer memory.

A student hands in a notebook with a function `train`. ``nncourse score`` measures what it makes, in a process of
its own, on a text or a seed that the notebook has not seen; `score` of each module does the same for its author.
"""

from nncourse.projects import language_model, memory, reference
from nncourse.projects.core import Score, points

__all__ = ["Score", "language_model", "memory", "points", "reference"]
