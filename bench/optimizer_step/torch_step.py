"""What the optimizers of torch's kind have in common: parameters, gradients, a timed call of step()."""

import time
from collections.abc import Callable

import numpy as np
import torch

from optimizer_step.peer import Matrix

Make = Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]


class TorchStep:
    """An optimizer over parameters that start at zero; gradients are put back before each step, outside of the time."""

    def __init__(self, name: str, version: str, make: Make, clip_norm: float = 0) -> None:
        """Take the function that makes the optimizer; clip_norm is that of torch's own function, 0 for none."""
        self.name = name
        self.version = version
        self.make = make
        self.clip_norm = clip_norm

    def prepare(self, gradients: list[Matrix]) -> None:
        """Make parameters and the optimizer."""
        self.gradients = [torch.from_numpy(np.ascontiguousarray(gradient)) for gradient in gradients]
        self.parameters = [torch.nn.Parameter(torch.zeros_like(gradient)) for gradient in self.gradients]
        self.buffers = [gradient.clone() for gradient in self.gradients]
        self.optimizer = self.make(self.parameters)

    def run(self) -> float:
        """One step, clipping included."""
        for parameter, buffer, gradient in zip(self.parameters, self.buffers, self.gradients, strict=True):
            parameter.grad = buffer.copy_(gradient)  # some optimizers write to it, or take it away
        start = time.perf_counter()
        if self.clip_norm > 0:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.clip_norm, foreach=True)
        self.optimizer.step()
        return time.perf_counter() - start

    def weights(self) -> list[Matrix]:
        """Views of the parameters."""
        return [parameter.detach().numpy() for parameter in self.parameters]
