"""The exercises of the appendix *The same in PyTorch*. None of them needs PyTorch."""

import math

import numpy as np
import sympy as sp

from nncourse.exercises.core import Exercise, Mistake
from nncourse.exercises.judges import Calls, Formula, Holds

V = sp.Symbol("V")


# --- the weights of an nn.RNN ---


def _rnns(rng):
    """Draw (weight_ih, weight_hh, bias_ih, bias_hh) of three sizes, one with W square."""
    return [
        (rng.normal(size=(d1, d0)), rng.normal(size=(d1, d1)), rng.normal(size=d1), rng.normal(size=d1))
        for d0, d1 in ((3, 2), (2, 4), (3, 3))
    ]


def to_notes(weight_ih, weight_hh, bias_ih, bias_hh):
    """Return W(1), the sum of the two biases in column 0, and V(1)."""
    return np.column_stack([bias_ih + bias_hh, weight_ih]), weight_hh


def to_notes_entry_by_entry(weight_ih, weight_hh, bias_ih, bias_hh):
    """The same, filled in place."""
    W1 = np.empty((len(bias_ih), 1 + weight_ih.shape[1]))
    W1[:, 0] = bias_ih
    W1[:, 0] += bias_hh
    W1[:, 1:] = weight_ih
    return [W1, weight_hh.copy()]


# --- shares of a batch ---


def _shares(rng):
    """Draw (grads, rows): two, three and four processes with unequal shares, one of them without a row."""
    cases = []
    for rows in ([4, 3], [5, 5, 4], [2, 6, 1, 0]):
        rows = rng.permutation(rows)
        grads = [rng.normal(size=(2, 3)) * (r > 0) for r in rows]
        cases.append((grads, rows))
    return cases


def merged(grads, rows):
    """Return the gradient of the batch's mean: each process's mean counts as often as it has rows."""
    return sum(r * g for g, r in zip(grads, rows, strict=True)) / np.sum(rows)


def merged_by_torch(grads, rows):
    """The same, as DistributedDataParallel does it: scale each share first, then take the plain mean."""
    P = len(grads)
    return np.mean([g * r * P / np.sum(rows) for g, r in zip(grads, rows, strict=True)], axis=0)


def merged_at_once(grads, rows):
    """The same as one weighted sum."""
    return np.tensordot(rows / rows.sum(), np.array(grads), axes=1)


# --- a step that float32 loses ---


def _is_lost(answer, rng):
    """Ask for a step that leaves the weight 1 where it is in float32, and moves it in float64."""
    try:
        step = float(answer)
    except (TypeError, ValueError):
        return f"Expected one number, got {type(answer).__name__}."
    if not math.isfinite(step):
        return "Expected a finite number."
    if step <= 0:
        return "The step has to be above 0: with none at all nothing is lost."
    if 1.0 - step == 1.0:
        return f"A step of {step:.3g} is lost in float64 too: it keeps about 16 digits. Take a larger one."
    moved = np.float32(1) - np.float32(step)
    if moved != 1:
        return f"In float32 the weight becomes {moved:.9g}, so it moves. Take a smaller step."
    return None


EXERCISES = (
    Exercise(
        "in-pytorch-1",
        "predict",
        "S-softmax",
        6,
        "What is the least cross-entropy that a model of V words can reach if softmax is applied twice?",
        Formula("V"),
        sp.log(1 + (V - 1) * sp.exp(-1)),
        (
            Mistake(sp.Integer(0), "0 needs a score that is infinitely higher, and a probability is at most 1."),
            Mistake(sp.log(V), "that is a guess at random, all scores equal; a sure model does a little better."),
            Mistake(sp.log(1 + (V - 1) * sp.E), "the sign of 1: the right word has the higher score."),
            Mistake(sp.log(1 + V * sp.exp(-1)), "there are V - 1 other words, not V."),
            Mistake(
                -sp.log(1 + (V - 1) * sp.exp(-1)), "that is the logarithm of the probability; the loss is minus it."
            ),
            Mistake(1 / (1 + (V - 1) * sp.exp(-1)), "that is the probability; its negative logarithm is asked."),
            Mistake(sp.log(sp.E + V - 1), "the right word's own score, 1, is still to be subtracted."),
            Mistake(sp.log(1 + sp.exp(-1)), "that is the loss for two words; the other V - 2 have a share too."),
        ),
        (sp.log(sp.E + V - 1) - 1, -sp.log(sp.E / (sp.E + V - 1))),
    ),
    Exercise(
        "in-pytorch-2",
        "implement",
        "S-2.1",
        8,
        "Write to_notes(weight_ih, weight_hh, bias_ih, bias_hh) of an nn.RNN: W(1) with its bias, and V(1).",
        Calls(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), _rnns),
        to_notes,
        (
            Mistake(
                lambda w, v, b, c: (np.column_stack([b, w]), v),
                "bias_hh is missing: PyTorch adds both biases to the score of every step.",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([c, w]), v),
                "bias_ih is missing: PyTorch adds both biases to the score of every step.",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([w, b + c]), v),
                "the bias came last; in the notes the constant 1 goes before the inputs: column 0.",
            ),
            Mistake(lambda w, v, b, c: (w, v), "the biases are missing: column 0 of W(1) holds their sum."),
            Mistake(
                lambda w, v, b, c: (np.column_stack([b, w]), np.column_stack([c, v])),
                "V(1) is square and has no bias: both biases belong into W(1).",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([b, c, w]), v),
                "two columns came; there is one constant 1, so the biases are added.",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([b + c, w]), v.T),
                "weight_hh has the notes' layout, (outputs, inputs): nothing is transposed here.",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([b + c, w]).T, v),
                "W(1) has one row per hidden unit; yours is transposed.",
            ),
            Mistake(
                lambda w, v, b, c: (np.column_stack([(b + c) / 2, w]), v),
                "the biases are added, not averaged.",
            ),
            Mistake(lambda w, v, b, c: (v, np.column_stack([b + c, w])), "W(1) comes first, then V(1)."),
        ),
        (to_notes_entry_by_entry,),
    ),
    Exercise(
        "in-pytorch-3",
        "implement",
        "S-LL",
        10,
        "Write merged(grads, rows): the gradient of the whole batch from the means of the processes' shares.",
        Calls(("grads", "rows"), _shares),
        merged,
        (
            Mistake(
                lambda grads, rows: np.mean(grads, axis=0),
                "the mean of means: a row of a small share counts more than one of a large share.",
            ),
            Mistake(
                lambda grads, rows: np.sum(grads, axis=0),
                "that is the sum of the means; the batch's loss is a mean over its rows.",
            ),
            Mistake(
                lambda grads, rows: sum(r * g for g, r in zip(grads, rows, strict=True)),
                "that is the sum over all rows; divide by their number.",
            ),
            Mistake(
                lambda grads, rows: np.sum(grads, axis=0) / np.sum(rows),
                "each process has already divided by its own rows: multiply by them first.",
            ),
            Mistake(
                lambda grads, rows: sum(r * g for g, r in zip(grads, rows, strict=True)) / len(grads),
                "divide by the number of rows, not by the number of processes.",
            ),
            Mistake(
                lambda grads, rows: (
                    sum(r * g for g, r in zip(grads, rows, strict=True)) / np.sum(rows) / len(grads)
                ),
                "the rows' number is enough: dividing by the processes' number too makes the step too short.",
            ),
            Mistake(
                lambda grads, rows: np.mean([g for g, r in zip(grads, rows, strict=True) if r], axis=0),
                "leaving out the process without rows is not enough: the others differ as well.",
            ),
            Mistake(
                lambda grads, rows: grads[int(np.argmax(rows))],
                "that is the gradient of the largest share alone.",
            ),
        ),
        (merged_by_torch, merged_at_once),
    ),
    Exercise(
        "in-pytorch-4",
        "experiment",
        "S-1",
        5,
        "Find a step above 0 that moves the weight 1 in float64, and leaves it where it is in float32.",
        Holds(_is_lost, "float32 loses the step, float64 makes it."),
        1e-9,
        (
            Mistake(1e-3, "it moves. Take a smaller step"),
            Mistake(5e-8, "it moves. Take a smaller step"),
            Mistake(1e-20, "lost in float64 too"),
            Mistake(0.0, "has to be above 0"),
            Mistake(-1e-9, "has to be above 0"),
            Mistake(math.inf, "Expected a finite number"),
            Mistake("1e-9 or so", "Expected one number"),
        ),
        (2e-8, np.float64(1e-15), sp.Rational(1, 10**10)),
    ),
)
