"""torch.optim.AdamW, fused: one pass over memory."""

import torch

from optimizer_step.torch_step import TorchStep


def peer(settings: dict[str, float], clip_norm: float) -> TorchStep:
    """With the settings of the workload, by the names of this library."""
    return TorchStep(
        "torch AdamW fused",
        str(torch.__version__),
        lambda parameters: torch.optim.AdamW(
            parameters,
            lr=settings["learning_rate"],
            eps=settings["epsilon"],
            weight_decay=settings["weight_decay"],
            fused=True,
        ),
        clip_norm,
    )
