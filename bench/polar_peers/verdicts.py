"""Targets against what was measured."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from polar_peers.cases import Target
from polar_peers.errors import Errors
from polar_peers.rounds import ratios


class Timed(Protocol):
    """What a verdict looks at: times by round, and what keeps them from counting."""

    @property
    def seconds(self) -> list[float]:
        """Seconds by round."""

    @property
    def faults(self) -> list[str]:
        """None for a result."""


@dataclass(frozen=True)
class Outcome:
    """What one contender did with one matrix. Its times count only where it has no faults."""

    seconds: list[float]  # by round
    errors: Errors
    faults: list[str] = field(default_factory=list)
    version: str = ""
    gives_h: bool = False
    foreign: float = 0  # the share of the cores that other processes had, the mean of the rounds

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Verdict:
    """A target and its answer: met, missed, or void where one of the two has no result or was not run."""

    target: Target
    word: str
    ratio: float | None = None
    lowest: float | None = None
    highest: float | None = None


def verdict(target: Target, outcomes: Mapping[str, Timed]) -> Verdict:
    """Judge by the median over the rounds of the ratio within a round."""
    ours, peer = outcomes.get(target.plan), outcomes.get(target.peer)
    if ours is None or peer is None or ours.faults or peer.faults:
        return Verdict(target, "void")
    each = ratios(peer.seconds, ours.seconds)
    middle = statistics.median(each)
    return Verdict(target, "met" if middle >= target.at_least else "missed", middle, min(each), max(each))
