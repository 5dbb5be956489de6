"""What the summaries of `steepest problem` say, by problem, seed and run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from steepest.problems.plan import SEEDS

Summary = dict[str, Any]
Outcome = dict[str, Any]


def height(outcome: Outcome) -> float:
    """Return the last gap, or value where no optimum is known; infinite where the run diverged."""
    if outcome["status"] == "diverged":
        return math.inf
    found = outcome["gap"] if outcome["gap"] is not None else outcome["value"]
    return math.inf if found is None else float(found)


def at(outcome: Outcome, step: int) -> float:
    """Return the gap, or value, before this step; infinite where the run had diverged, NaN where it is unknown."""
    for mark in outcome["marks"]:
        if mark["step"] == step:
            found = mark["gap"] if mark["gap"] is not None else mark["value"]
            return math.inf if found is None else float(found)
    return math.inf if outcome["status"] == "diverged" else math.nan


def shown(x: float) -> str:
    """Return a number for a table."""
    if math.isnan(x):
        return "-"
    return "diverged" if math.isinf(x) else f"{x:.2g}" if x < 1e4 else f"{x:.3g}"


def span(values: Iterable[float]) -> str:
    """Return the smallest and the largest."""
    found = list(values)
    low, high = shown(min(found)), shown(max(found))
    return low if low == high else f"{low} .. {high}"


@dataclass(frozen=True)
class Evidence:
    """All summaries by the name of their session."""

    summaries: dict[str, Summary]

    def runs(self, session: str) -> dict[str, Outcome]:
        """Return the runs of a session by label."""
        return {run["label"]: run for run in self.summaries[session]["runs"]}

    def paper(self, problem: str) -> dict[int, dict[str, Outcome]]:
        """Return the paper's runs by seed and label."""
        return {seed: self.runs(f"paper-{problem}-{seed}") for seed in SEEDS}

    def over_seeds(self, problem: str, label: str) -> list[float]:
        """Return the last heights of one label, one for each seed that has it."""
        return [height(runs[label]) for runs in self.paper(problem).values() if label in runs]

    def best_swept(self, problem: str, optimizer: str) -> tuple[float, float]:
        """Return rate and last height of the best run of a sweep."""
        runs = self.summaries[f"sweep-{problem}-{optimizer}"]["runs"]
        best = min(runs, key=height)
        return float(best["learning_rate"]), height(best)
