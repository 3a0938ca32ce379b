"""Exercises that check themselves: ``check("delta-rule-3", answer)`` says in plain words what is right or wrong."""

import sys

import numpy as np

from nncourse.exercises import (
    adding_bits,
    backpropagation,
    backpropagation_through_time,
    before_you_start,
    delta_rule,
    derivative_rules,
    finding_structure_in_time,
    gradient_clipping,
    hierarchical_softmax,
    in_pytorch,
    linear_and_logistic_regression,
    neural_language_model,
    perceptron,
    recurrent_networks,
    resilient_propagation,
    vanishing_and_exploding_gradients,
    word_vectors,
)
from nncourse.exercises.core import Verdict, find, judged
from nncourse.exercises.limits import note_of_kernel, outside, why_ended

REGISTRY = (
    *before_you_start.EXERCISES,
    *delta_rule.EXERCISES,
    *linear_and_logistic_regression.EXERCISES,
    *perceptron.EXERCISES,
    *backpropagation.EXERCISES,
    *neural_language_model.EXERCISES,
    *word_vectors.EXERCISES,
    *hierarchical_softmax.EXERCISES,
    *recurrent_networks.EXERCISES,
    *backpropagation_through_time.EXERCISES,
    *adding_bits.EXERCISES,
    *vanishing_and_exploding_gradients.EXERCISES,
    *resilient_propagation.EXERCISES,
    *gradient_clipping.EXERCISES,
    *finding_structure_in_time.EXERCISES,
    *derivative_rules.EXERCISES,
    *in_pytorch.EXERCISES,
)


def check(id, answer, *, seconds=10.0):
    """Say whether an answer to an exercise is right, and if not, what came, what was expected and why.

    Every call draws fresh random cases. A student's error is never raised here, an endless loop is stopped, and
    the solution is not shown.

    Parameters
    ----------
    id : str
        The exercise, such as "delta-rule-3".
    answer : object
        What the exercise asks for: a function, a sympy expression, or a mapping of arrays.
    seconds : float
        How long the answer may run.

    Returns
    -------
    Verdict
        Shows its message; true when the answer passed.

    Examples
    --------
    >>> check("delta-rule-1", ...)
    Not answered yet: replace the ... by your answer, then run the cell again.
    """
    exercise, unknown = find(REGISTRY, id)
    if exercise is None:
        return Verdict(False, unknown)
    before = why_ended(note_of_kernel())
    if before:
        print(before, file=sys.stderr, flush=True)
    return judged(exercise, answer, np.random.default_rng(), seconds, outside(f'check("{id}", ...)'))
