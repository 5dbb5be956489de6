"""torch.optim.Muon: five quintic steps in bf16."""

import torch

from optimizer_step.peer import LEARNING_RATE, MOMENTUM
from optimizer_step.torch_step import TorchStep


def peer() -> TorchStep:
    """Its own defaults, with this comparison's learning rate."""
    return TorchStep(
        "torch Muon",
        str(torch.__version__),
        lambda parameters: torch.optim.Muon(parameters, lr=LEARNING_RATE, momentum=MOMENTUM),
    )
