"""heavyball.Muon."""

from importlib.metadata import version

import heavyball

from optimizer_step.peer import LEARNING_RATE, MOMENTUM
from optimizer_step.torch_step import TorchStep


def peer() -> TorchStep:
    """Its own defaults, with this comparison's learning rate; torch.compile is off."""
    return TorchStep(
        "heavyball Muon",
        version("heavyball"),
        lambda parameters: heavyball.Muon(parameters, lr=LEARNING_RATE, betas=(MOMENTUM, 0.99), compile_step=False),
    )
