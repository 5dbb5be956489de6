"""Runs every contender on a workload: the first step is checked, then steps are timed by turns."""

import os
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from polar_peers.load import ForeignLoad
from polar_peers.placement import Placement
from polar_peers.rounds import Sample, interleaved
from polar_peers.server import Server, ServerError

from optimizer_step.contenders import contenders
from optimizer_step.errors import (
    Errors,
    SingularVectors,
    adamw_error,
    errors_of_direction,
    faults,
    singular_vectors,
)
from optimizer_step.peer import Matrix, Peer
from optimizer_step.steepest_step import SteepestStep
from optimizer_step.workloads import ADAMW, Workload

ONCE_SECONDS = 20  # a step of this length is not repeated: the first one, which is checked, is the sample


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


@dataclass(frozen=True)
class Expected:
    """What the first step is checked against; made once, for all contenders."""

    workload: Workload
    gradients: list[Matrix]

    @cached_property
    def vectors(self) -> dict[int, SingularVectors]:
        """Those of the first gradient of each shape, by its number."""
        first: dict[tuple[int, ...], int] = {}
        for k, G in enumerate(self.gradients):
            first.setdefault(G.shape, k)
        return {k: singular_vectors(self.gradients[k]) for k in first.values()}

    def errors(self, weights: list[Matrix]) -> Errors:
        """Of AdamW by its equation; of Muon the largest over the directions whose singular vectors are known."""
        if self.workload.kind == "adamw":
            return adamw_error(weights, self.gradients, ADAMW, self.workload.clip_norm)
        found = [errors_of_direction(weights[k], vectors) for k, vectors in self.vectors.items()]
        return Errors(max(e.diagonal for e in found), max(e.rotation for e in found))


@dataclass(frozen=True)
class FirstStep:
    """What the first step says of the direction, and its time."""

    errors: Errors
    sample: Sample


def first_step(peer: Peer, expected: Expected, load: ForeignLoad) -> FirstStep:
    """Look at the first step of a contender that is prepared."""
    load.share()
    seconds = 0.0 if isinstance(peer, SteepestStep) else peer.run()  # whose server has taken it
    sample = Sample(seconds, load.share())
    return FirstStep(expected.errors(peer.weights()), sample)


@dataclass(frozen=True)
class Turns:
    """How contenders take their turns."""

    rounds: int
    placement: Placement
    load: ForeignLoad
    server: int  # the number of its process

    def samples(self, peers: list[Peer], first: Mapping[str, FirstStep]) -> dict[str, list[Sample]]:
        """By turns, threads on cores of their own; of a contender that takes very long, its first step alone."""
        once = {p.name: [first[p.name].sample] for p in peers if first[p.name].sample.seconds >= ONCE_SECONDS}
        runs = {peer.name: peer.run for peer in peers if peer.name not in once}
        processes = {peer.name: self.server if isinstance(peer, SteepestStep) else os.getpid() for peer in peers}
        return once | interleaved(
            runs, self.rounds, self.load.share, warm_up=lambda name: self.placement.spread(processes[name], runs[name])
        )


def compare(
    workload: Workload, program: Path, rounds: int, out: Path, placement: Placement
) -> tuple[dict[str, Outcome], list[str]]:
    """The outcomes by contender, and what was missing."""
    expected = Expected(workload, workload.gradients())
    with tempfile.TemporaryDirectory() as folder, Server(program) as server:
        taking_part, missing = contenders(workload, server, Path(folder))
        load = ForeignLoad([server.process.pid])
        first: dict[str, FirstStep] = {}
        for peer in taking_part:
            try:
                with placement.all_cores():
                    peer.prepare(expected.gradients)
                first[peer.name] = first_step(peer, expected, load)
            except ServerError as refusal:  # of the planner: no method is proved to keep the grade
                missing.append(f"SKIPPED {peer.name}: {refusal}")
        taking_part = [peer for peer in taking_part if peer.name in first]
        samples = Turns(rounds, placement, load, server.process.pid).samples(taking_part, first)
        outcomes = {}
        for peer in taking_part:
            if isinstance(peer, SteepestStep):
                peer.profile(out / f"trace {workload.name}, {peer.name.removeprefix('steepest ')}.json")
            outcomes[peer.name] = Outcome(
                [sample.seconds for sample in samples[peer.name]],
                first[peer.name].errors,
                faults(peer.name, workload.kind, first[peer.name].errors),
                peer.version,
                flops_of(peer, workload),
                statistics.fmean(sample.foreign for sample in samples[peer.name]),
                peer.plans if isinstance(peer, SteepestStep) else [],
                peer.scratch_bytes() if isinstance(peer, SteepestStep) else 0,
            )
    return outcomes, missing
