"""What a model of sequences takes and gives: time first, masks, states that go on, and truncated gradients."""

from dataclasses import dataclass

import numpy as np

from nncourse._checks import as_array, check_array, check_bool, check_ids, shape_text
from nncourse.activations import Entrywise, activation
from nncourse.losses import loss_function
from nncourse.model import Model, check_sizes, finite
from nncourse.params import check_params
from nncourse.sequences import check_mask, check_steps, without_padding


@dataclass(frozen=True)
class SequenceModel(Model):
    """The arguments of a recurrent network, checked; its formulas are in `Recurrent`.

    Parameters
    ----------
    sizes : tuple of int
        (d_0, d_1, d_2): the numbers of inputs, hidden units and outputs.
    activations : sequence of str, Entrywise or Softmax
        f(1), which must be entry-wise, and f(2).
    loss : str, SquaredLoss or CrossEntropy
        "squared", or "cross-entropy" when f(2) is softmax.
    bias : bool
        Whether a constant 1 goes before the inputs and before the hidden units.
    at : str
        Which outputs have a label: those of "all" steps, or that of the "last" step of each sequence.

    Raises
    ------
    TypeError, ValueError
        An argument is not as above; the message names it.

    Examples
    --------
    >>> from nncourse.recurrent import SimpleRNN
    >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"))  # a SequenceModel
    >>> params = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
    >>> output, trace = model.forward(params, np.ones((3, 1, 1)))  # three steps of one sequence
    >>> output.ravel().tolist(), trace.state.tolist()
    ([1.0, 1.5, 1.75], [[1.75]])
    """

    sizes: tuple
    activations: tuple
    loss: object = "squared"
    bias: bool = False
    at: str = "all"

    jordan = False

    def __post_init__(self):
        object.__setattr__(self, "sizes", check_sizes(self.sizes, 3))
        if isinstance(self.activations, str) or not np.iterable(self.activations) or len(self.activations) != 2:
            raise ValueError(f"activations: expected 2, f(1) and f(2), got {self.activations!r}")
        f, g = (activation(name) for name in self.activations)
        if not isinstance(f, Entrywise):
            raise ValueError(f"activations: expected an entry-wise f(1), got {f.name}")
        object.__setattr__(self, "activations", (f, g))
        object.__setattr__(self, "loss", loss_function(self.loss))
        object.__setattr__(self, "bias", check_bool("bias", self.bias))
        self.loss.check_activation(g)
        if self.at not in ("all", "last"):
            raise ValueError(f"at: expected 'all' or 'last', got {self.at!r}")

    @property
    def state_size(self):
        """The length of what is fed back: d_1, or d_2 in Jordan's network.

        Examples
        --------
        >>> from nncourse.recurrent import Elman, Jordan
        >>> Elman((1, 2, 3)).state_size, Jordan((1, 2, 3)).state_size
        (2, 3)
        """
        return self.sizes[2 if self.jordan else 1]

    def check_input(self, x):
        """Return x as an array (T, n, d_0), or ids (T, n) below d_0, or raise ValueError or TypeError.

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> model = SimpleRNN((10, 3, 1), ("tanh", "identity"))
        >>> model.check_input([[7], [2], [9]]).shape, model.check_input(np.zeros((3, 1, 10))).shape  # ids; vectors
        ((3, 1), (3, 1, 10))
        """
        x = as_array("x", x, ("T", "n", self.sizes[0]))
        if x.ndim == 2 and x.dtype.kind in "iu" and self.sizes[0] > 1:
            return check_ids("x", x, ("T", "n"), self.sizes[0])
        return check_array("x", x, ("T", "n", self.sizes[0]))

    def check_sequences(self, x, mask):
        """Return (x, mask) as arrays that fit, x without its padding, or raise ValueError or TypeError."""
        x = as_array("x", x, ("T", "n", self.sizes[0]))
        if mask is not None and x.ndim >= 2:
            mask = check_mask(mask, *x.shape[:2])
            x = without_padding(x, mask)
        return self.check_input(x), mask

    def check_batch(self, x, y, mask=None):
        """Return (x, y, mask) as arrays that fit the sizes and the loss, x and y without padding, or raise.

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> SimpleRNN((1, 1, 1), ("tanh", "identity")).check_batch(np.zeros((3, 1, 1)), np.zeros((2, 1, 1)))
        Traceback (most recent call last):
            ...
        ValueError: y: expected a label for every step of x, (3, 1), got (2, 1, 1)
        """
        x, mask = self.check_sequences(x, mask)
        lead = x.shape[:2] if self.at == "all" else x.shape[1:2]
        y = as_array("y", y, (*lead, self.sizes[2]))
        if y.shape[: len(lead)] != lead:
            each = "step of x" if self.at == "all" else "sequence of x"
            raise ValueError(f"y: expected a label for every {each}, {shape_text(lead)}, got {shape_text(y.shape)}")
        return x, self.loss.check(without_padding(y, mask) if self.at == "all" else y, lead, self.sizes[2]), mask

    def check_state(self, state, n):
        """Return a state as an array (n, state_size), None as None, or raise ValueError or TypeError."""
        return None if state is None else check_array("state", state, (n, self.state_size))

    def count(self, batch):
        """Return the number of sequences of a batch (x, y, mask)."""
        return batch[0].shape[1]

    def select(self, batch, rows):
        """Return the sequences `rows` of a batch (x, y, mask).

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> batch = np.zeros((3, 5, 1)), np.zeros((5, 1)), None  # three steps of five sequences
        >>> x, y, mask = SimpleRNN((1, 1, 1), ("tanh", "identity"), at="last").select(batch, slice(2))
        >>> x.shape, y.shape
        ((3, 2, 1), (2, 1))
        """
        x, y, mask = batch
        return x[:, rows], y[:, rows] if self.at == "all" else y[rows], mask if mask is None else mask[:, rows]

    def forward(self, params, x, mask=None, *, state=None):
        """Run the network over a batch of sequences.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says; float64, float32, or complex128 for the complex step.
        x : array_like of shape (T, n, d_0), or ids of shape (T, n)
            The inputs, time first. An id stands for its unit vector.
        mask : array_like of bool, shape (T, n), optional
            Which steps are real; what stands elsewhere does not matter. A sequence that has ended keeps its output.
        state : array_like of shape (n, state_size), optional
            What is fed back at the first step; zeros when left out.

        Returns
        -------
        output : ndarray of shape (T, n, d_2)
            y_t of every step.
        trace : Trace
            Scores, states and outputs of every step, and the state to go on from.

        Raises
        ------
        TypeError, ValueError
            An argument is not as above; the message names it.
        FloatingPointError
            The numbers are finite but so large that the output overflows.

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"))
        >>> params, mask = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}, [[True], [True], [False]]
        >>> model.forward(params, np.ones((3, 1, 1)), mask)[0].ravel().tolist()  # it ends after two steps
        [1.0, 1.5, 1.5]
        """
        params = check_params(params, self.shapes(), complex_step=True)
        x, mask = self.check_sequences(x, mask)
        return finite("the output", self.feed_forward, params, x, mask, self.check_state(state, x.shape[1]))

    def step(self, params, x_t, state=None):
        """Take one step: return the output and the new state, for sequences that arrive bit by bit.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says.
        x_t : array_like of shape (n, d_0), or ids of shape (n,)
            The inputs of this step.
        state : array_like of shape (n, state_size), optional
            What the last step returned; zeros when left out.

        Returns
        -------
        output : ndarray of shape (n, d_2)
            y_t.
        state : ndarray of shape (n, state_size)
            For the next step.

        Raises
        ------
        TypeError, ValueError, FloatingPointError
            As `forward`.

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> model = SimpleRNN((1, 1, 1), ("identity", "identity"))
        >>> params, state = {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}, None
        >>> for _ in range(3):
        ...     output, state = model.step(params, [[1.0]], state)
        >>> output.tolist(), state.tolist()
        ([[1.75]], [[1.75]])
        """
        output, trace = self.forward(params, as_array("x_t", x_t, ("n", self.sizes[0]))[None], state=state)
        return output[0], trace.state

    def evaluate(self, params, x, y, mask=None, *, state=None):
        """Return the loss: the sum over the labelled steps, the mean over the sequences.

        Parameters
        ----------
        params, x, y, mask, state
            As `loss_and_grad` takes them; complex parameters give a complex loss.

        Raises
        ------
        TypeError, ValueError, FloatingPointError
            As `loss_and_grad`.
        """
        params = check_params(params, self.shapes(), complex_step=True)
        x, y, mask = self.check_batch(x, y, mask)
        return finite("the loss", self.loss_value, params, x, y, mask, self.check_state(state, x.shape[1]))

    def loss_and_grad(self, params, x, y, mask=None, *, state=None, T=None):
        """Return the loss and its gradient in every parameter, by backpropagation through time.

        Parameters
        ----------
        params : mapping of str to ndarray
            Shapes as `shapes` says.
        x : array_like of shape (T, n, d_0), or ids of shape (T, n)
            The inputs, time first.
        y : array_like
            The labels. With ``at="all"`` of shape (T, n, d_2), or integers (T, n) for cross-entropy; with
            ``at="last"`` of shape (n, d_2) or (n,), one for the last real step of each sequence.
        mask, state
            As `forward` takes them. The gradient takes the state for a constant.
        T : int, optional
            How many steps each loss goes back, its own included: 1 .. the number of steps. 1 takes the state before
            for a constant. All of them when left out: the full gradient.

        Returns
        -------
        loss : float
            The sum over the labelled steps, the mean over the sequences. T does not change it.
        grads : dict of str to ndarray
            Names and shapes are those of `params`.

        Raises
        ------
        TypeError, ValueError
            An argument is not as above; the message names it.
        FloatingPointError
            The numbers are finite but so large that the loss or a gradient overflows.

        Source
        ------
        S-Alg2, S-T1

        Examples
        --------
        >>> from nncourse.recurrent import SimpleRNN
        >>> model, params = SimpleRNN((1, 1, 1), ("identity",) * 2), {"W1": [[1.0]], "V1": [[0.5]], "W2": [[1.0]]}
        >>> x, y = [[[1.0]], [[1.0]]], [[[1.0]], [[2.0]]]  # y_t is 1, then 1.5
        >>> loss, grads = model.loss_and_grad(params, x, y)
        >>> loss, grads["W1"].item(), model.loss_and_grad(params, x, y, T=1)[1]["W1"].item()
        (0.125, -0.75, -0.5)
        """
        params = check_params(params, self.shapes())
        x, y, mask = self.check_batch(x, y, mask)
        T = check_steps(T, len(x))
        state = self.check_state(state, x.shape[1])
        loss, grads = finite("the loss or its gradient", self.backprop, params, x, y, mask, state, T)
        return float(loss), grads
