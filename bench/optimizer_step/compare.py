"""Runs every contender on a workload: the first step is checked, then steps are timed by turns."""

import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from polar_peers.load import ForeignLoad
from polar_peers.rounds import interleaved
from polar_peers.server import Server, ServerError

from optimizer_step.contenders import contenders
from optimizer_step.errors import Errors, adamw_error, errors_of_direction, faults, singular_vectors
from optimizer_step.peer import Matrix, Peer
from optimizer_step.steepest_step import SteepestStep
from optimizer_step.workloads import ADAMW, Workload


@dataclass(frozen=True)
class Outcome:
    """What one contender did with one workload. Its times count only where it has no faults."""

    seconds: list[float]  # by round
    errors: Errors
    faults: list[str] = field(default_factory=list)
    version: str = ""
    flops: float = 0  # of one step, by its own method, symmetric results at half price; 0: memory alone, or unknown
    foreign: float = 0  # the share of the cores that other processes had, the mean of the rounds
    plans: list[str] = field(default_factory=list)
    scratch_bytes: int = 0  # of this library

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.seconds)


def flops_of(peer: Peer, workload: Workload) -> float:
    """Useful flops of a step; gram-newton-schulz has other coefficients and restarts, which are not counted here."""
    if isinstance(peer, SteepestStep):
        return peer.flops
    return 0 if workload.kind == "adamw" or peer.name == "gram-newton-schulz" else workload.newton_schulz_flops


def worst_direction(peer: Peer, gradients: list[Matrix]) -> Errors:
    """The largest errors over the first matrix of each shape."""
    weights, seen, worst = peer.weights(), set(), Errors(0, 0)
    for G, W in zip(gradients, weights, strict=True):
        if G.shape in seen:
            continue
        seen.add(G.shape)
        errors = errors_of_direction(W, singular_vectors(G))
        worst = Errors(max(worst.diagonal, errors.diagonal), max(worst.rotation, errors.rotation))
    return worst


def first_step(peer: Peer, workload: Workload, gradients: list[Matrix]) -> Errors:
    """Prepare a contender and look at its first step."""
    peer.prepare(gradients)
    if not isinstance(peer, SteepestStep):  # whose server has taken it
        peer.run()
    if workload.kind == "adamw":
        return adamw_error(peer.weights(), gradients, ADAMW, workload.clip_norm)
    return worst_direction(peer, gradients)


def compare(workload: Workload, program: Path, rounds: int, out: Path) -> tuple[dict[str, Outcome], list[str]]:
    """The outcomes by contender, and what was missing."""
    gradients = workload.gradients()
    with tempfile.TemporaryDirectory() as folder, Server(program) as server:
        taking_part, missing = contenders(workload, server, Path(folder))
        errors: dict[str, Errors] = {}
        for peer in taking_part:
            try:
                errors[peer.name] = first_step(peer, workload, gradients)
            except ServerError as refusal:  # of the planner: no method is proved to keep the grade
                missing.append(f"SKIPPED {peer.name}: {refusal}")
        taking_part = [peer for peer in taking_part if peer.name in errors]
        load = ForeignLoad([server.process.pid])
        samples = interleaved({peer.name: peer.run for peer in taking_part}, rounds, load.share)
        outcomes = {}
        for peer in taking_part:
            if isinstance(peer, SteepestStep):
                peer.profile(out / f"trace {workload.name}, {peer.name.removeprefix('steepest ')}.json")
            outcomes[peer.name] = Outcome(
                [sample.seconds for sample in samples[peer.name]],
                errors[peer.name],
                faults(peer.name, workload.kind, errors[peer.name]),
                peer.version,
                flops_of(peer, workload),
                statistics.fmean(sample.foreign for sample in samples[peer.name]),
                peer.plans if isinstance(peer, SteepestStep) else [],
                peer.scratch_bytes() if isinstance(peer, SteepestStep) else 0,
            )
    return outcomes, missing
