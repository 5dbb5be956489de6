"""muon-optimizer, by the author of Muon: five quintic steps in bf16."""

from importlib.metadata import version

import muon

from optimizer_step.peer import LEARNING_RATE, MOMENTUM
from optimizer_step.torch_step import TorchStep


def peer() -> TorchStep:
    """Its own defaults, with this comparison's learning rate."""
    return TorchStep(
        "muon-optimizer",
        version("muon-optimizer"),
        lambda parameters: muon.SingleDeviceMuon(parameters, lr=LEARNING_RATE, momentum=MOMENTUM),
    )
