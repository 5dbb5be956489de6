"""Who takes part in a workload."""

import importlib
from pathlib import Path

from polar_peers.server import Server

from optimizer_step.peer import Peer
from optimizer_step.steepest_step import SteepestStep
from optimizer_step.workloads import ADAMW, Workload

MUON_MODULES = (
    "torch_muon", "optax_muon", "pytorch_optimizer_muon", "heavyball_muon", "keller_muon", "gram_newton_schulz_muon",
)  # fmt: skip


def muon_peers() -> tuple[list[Peer], list[str]]:
    """The peers that are installed, and what is missing, in words."""
    peers: list[Peer] = []
    missing: list[str] = []
    for module in MUON_MODULES:
        try:
            peers.append(importlib.import_module(f"optimizer_step.{module}").peer())
        except ImportError as failure:
            missing.append(f"SKIPPED {module}: {failure}")
    return peers, missing


def contenders(workload: Workload, server: Server, folder: Path) -> tuple[list[Peer], list[str]]:
    """This library's rules first, then the peers; and what is missing."""
    ours: list[Peer] = [
        SteepestStep(server, folder, name, rule, settings, workload.clip_norm)
        for name, (rule, settings) in workload.rules.items()
    ]
    if workload.kind == "adamw":
        from optimizer_step import torch_adamw

        return [*ours, torch_adamw.peer(ADAMW, workload.clip_norm)], []
    peers, missing = muon_peers()
    return ours + peers, missing
