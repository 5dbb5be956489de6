"""Times of several contenders, taken in turn so that what slows the machine for a while slows all of them."""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Threads of a library that has just worked may spin for some milliseconds; the next one starts after they sleep.
PAUSE_SECONDS = 0.05
SAMPLE_SECONDS = 0.2
MOST_REPETITIONS = 50
# A sample is taken again while other processes have more than this share of the cores, and so often at the most.
QUIET = 0.1
MOST_TRIES = 3
# A first run of this length has warmed up what there is, and says how long the others take.
LONG_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """The mean of some runs, and the share of the cores that other processes had meanwhile."""

    seconds: float
    foreign: float


def repetitions(seconds: float) -> int:
    """Runs in one sample, so that samples of short runs last about SAMPLE_SECONDS."""
    return min(MOST_REPETITIONS, max(1, math.ceil(SAMPLE_SECONDS / seconds))) if seconds > 0 else MOST_REPETITIONS


def quiet_sample(run: Callable[[], float], count: int, foreign: Callable[[], float], pause: float) -> Sample:
    """The mean of `count` runs while nobody else works, or in the quietest of MOST_TRIES.

    One run goes before: the others have taken the caches meanwhile and, on a virtual machine, pages of memory that lay
    idle, which a program that does nothing else keeps. The choice looks at the load alone, so that it favours nobody.
    """
    tries: list[Sample] = []
    while len(tries) < MOST_TRIES and not any(sample.foreign <= QUIET for sample in tries):
        time.sleep(pause)
        run()
        foreign()
        seconds = statistics.fmean(run() for _ in range(count))
        tries.append(Sample(seconds, foreign()))
    return min(tries, key=lambda sample: sample.foreign)


def interleaved(
    runs: Mapping[str, Callable[[], float]],
    rounds: int,
    foreign: Callable[[], float],
    pause: float = PAUSE_SECONDS,
    warm_up: Callable[[str], float] | None = None,
) -> dict[str, list[Sample]]:
    """Samples of each contender, one a round; every round begins with the next contender.

    A run returns its own seconds; `foreign` the share of others since it was last asked. One run of each, or what
    `warm_up` makes of its name, goes before and is not counted; another, unless that was long, tells how many make a
    sample. A run that is not counted goes before each sample too.
    """
    names = list(runs)
    counts = {}
    for name in names:
        seconds = warm_up(name) if warm_up else runs[name]()
        counts[name] = repetitions(seconds if seconds >= LONG_SECONDS else runs[name]())
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for first in range(rounds):
        for k in range(len(names)):
            name = names[(first + k) % len(names)]
            samples[name].append(quiet_sample(runs[name], counts[name], foreign, pause))
    return samples


def ratios(peer: list[float], ours: list[float]) -> list[float]:
    """Time of the peer over ours, round by round; the only time of one that is measured once stands for every round."""
    rounds = max(len(peer), len(ours))
    each = (times * rounds if len(times) == 1 else times for times in (peer, ours))
    return [theirs / own for theirs, own in zip(*each, strict=True)]
