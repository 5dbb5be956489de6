"""gram-newton-schulz: Polar Express on the Gram side in f16, by its PyTorch path."""

from importlib.metadata import version

import gram_newton_schulz

from optimizer_step.peer import LEARNING_RATE, MOMENTUM
from optimizer_step.torch_step import TorchStep

# Its f16 has no instructions on most processors: torch multiplies at 2 to 5 Gflop/s, six minutes for GPT-2 small
# (evidence/gram_newton_schulz.jsonl).
MOST_FLOPS = 5e11


def peer() -> TorchStep:
    """Its own defaults, with this comparison's learning rate; torch.compile is off, and its kernels need a GPU."""
    return TorchStep(
        "gram-newton-schulz",
        version("gram-newton-schulz"),
        lambda parameters: gram_newton_schulz.Muon(
            parameters, lr=LEARNING_RATE, momentum=MOMENTUM, ns_use_kernels=False
        ),
    )
