"""What both projects share: a score, and the points that it is worth."""

from dataclasses import dataclass

POINTS = 40  # of 100: the others are given by whoever reads the notebook


@dataclass(frozen=True)
class Score:
    """What a training was measured to reach.

    Parameters
    ----------
    value : float
        The larger, the better.
    text : str
        The same in words.
    details : tuple of str
        More lines.

    Examples
    --------
    >>> print(Score(-4.29, "perplexity 73.1", ("on 10,089 words",)))
    perplexity 73.1
    on 10,089 words
    """

    value: float
    text: str
    details: tuple = ()

    def __str__(self):
        return "\n".join([self.text, *self.details])


def points(value, chapter, reference):
    """Return the points of a score: 0 for the chapter's or less, 40 for the reference's or more, a line between.

    Parameters
    ----------
    value, chapter, reference : float
        The values of three scores, measured on the same text or seed.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        The reference is no better than the chapter, so that there is nothing to measure by.

    Examples
    --------
    >>> points(12, chapter=9, reference=18), points(8, 9, 18), points(18, 9, 18)
    (13, 0, 40)
    """
    if not reference > chapter:
        raise ValueError(f"reference: expected a better score than the chapter's {chapter:g}, got {reference:g}")
    return round(POINTS * min(1.0, max(0.0, (value - chapter) / (reference - chapter))))
