"""Times of several contenders, taken in turn so that what slows the machine for a while slows all of them."""

import math
import statistics
import time
from collections.abc import Callable, Mapping

# Threads of a library that has just worked may spin for some milliseconds; the next one starts after they sleep.
PAUSE_SECONDS = 0.05
SAMPLE_SECONDS = 0.05
MOST_REPETITIONS = 20


def repetitions(seconds: float) -> int:
    """Runs in one sample, so that samples of short runs last about SAMPLE_SECONDS."""
    return min(MOST_REPETITIONS, max(1, math.ceil(SAMPLE_SECONDS / seconds))) if seconds > 0 else MOST_REPETITIONS


def interleaved(
    runs: Mapping[str, Callable[[], float]], rounds: int, pause: float = PAUSE_SECONDS
) -> dict[str, list[float]]:
    """Seconds of each run in each round; every round begins with the next contender.

    A run returns its own seconds. One run of each goes before and is not counted; it also tells how many make a sample,
    which is the mean of them.
    """
    names = list(runs)
    counts = {}
    for name in names:
        runs[name]()
        counts[name] = repetitions(runs[name]())
    samples: dict[str, list[float]] = {name: [] for name in names}
    for first in range(rounds):
        for k in range(len(names)):
            name = names[(first + k) % len(names)]
            time.sleep(pause)
            samples[name].append(statistics.fmean(runs[name]() for _ in range(counts[name])))
    return samples


def ratios(peer: list[float], ours: list[float]) -> list[float]:
    """Time of the peer over ours, round by round."""
    return [theirs / own for theirs, own in zip(peer, ours, strict=True)]
