"""pytorch_optimizer.Muon: five quintic steps in bf16."""

from importlib.metadata import version

import pytorch_optimizer

from optimizer_step.peer import LEARNING_RATE, MOMENTUM
from optimizer_step.torch_step import TorchStep


def peer() -> TorchStep:
    """Its own defaults, with this comparison's learning rate."""
    return TorchStep(
        "pytorch_optimizer Muon",
        version("pytorch_optimizer"),
        lambda parameters: pytorch_optimizer.Muon(
            [{"params": parameters, "use_muon": True}], lr=LEARNING_RATE, momentum=MOMENTUM
        ),
    )
