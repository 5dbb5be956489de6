"""Who takes part in a workload."""

import importlib
import math
from pathlib import Path

from polar_peers.server import Server

from optimizer_step.peer import Peer
from optimizer_step.steepest_step import SteepestStep
from optimizer_step.workloads import ADAMW, Workload

# optax first: the threads of XLA start before those of torch have cores of their own.
MUON_MODULES = (
    "optax_muon", "torch_muon", "pytorch_optimizer_muon", "heavyball_muon", "keller_muon", "gram_newton_schulz_muon",
)  # fmt: skip


def muon_peers(flops: float) -> tuple[list[Peer], list[str]]:
    """The peers that are installed and can take so many flops, and what is missing, in words."""
    peers: list[Peer] = []
    missing: list[str] = []
    for name in MUON_MODULES:
        try:
            module = importlib.import_module(f"optimizer_step.{name}")
        except ImportError as failure:
            missing.append(f"SKIPPED {name}: {failure}")
            continue
        most: float = getattr(module, "MOST_FLOPS", math.inf)
        if flops > most:
            missing.append(f"SKIPPED {name}: {1e-9 * flops:.0f} Gflop are more than the {1e-9 * most:.0f} it is run at")
        else:
            peers.append(module.peer())
    return peers, missing


def contenders(workload: Workload, server: Server, folder: Path) -> tuple[list[Peer], list[str]]:
    """This library's rules first, then the peers; and what is missing."""
    ours: list[Peer] = [
        SteepestStep(
            server,
            folder,
            name,
            {
                "rule": rule,
                "settings": settings,
                "clip_norm": workload.clip_norm,
                "nonfinite": "propagate" if name in workload.unchecked else "skip",
            },
        )
        for name, (rule, settings) in workload.rules.items()
    ]
    if workload.kind == "adamw":
        from optimizer_step import torch_adamw

        return [*ours, torch_adamw.peer(ADAMW, workload.clip_norm)], []
    peers, missing = muon_peers(workload.newton_schulz_flops)
    return ours + peers, missing
