"""Recurrent networks: the simple RNN of Stratos, and the networks of Elman and Jordan in Jun Kim's notation.

The three differ in what they call their parameters and in what they feed back: the hidden state (simple RNN, Elman)
or the output (Jordan). Everything else they share. Sequences are time-major, see `nncourse.sequences`.
"""

from nncourse.recurrent.base import SequenceModel
from nncourse.recurrent.networks import Elman, Jordan, Recurrent, SimpleRNN, as_elman, as_simple

__all__ = ["Elman", "Jordan", "Recurrent", "SequenceModel", "SimpleRNN", "as_elman", "as_simple"]
