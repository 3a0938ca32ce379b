"""The course's networks in PyTorch: the same weights, losses and gradients, and training by several processes.

PyTorch is needed here and for the comparisons of `nncourse.peers`, and nowhere else.
"""

from nncourse.in_pytorch.weights import from_torch, loss_and_grad, to_torch

__all__ = ["from_torch", "loss_and_grad", "to_torch"]
