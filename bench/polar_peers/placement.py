"""A core for each thread that works: the scheduler of a virtual machine may pack all threads of a library on one."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from polar_peers.load import process_seconds

WATCHED_SECONDS = 0.3  # the clock of threads ticks 100 times a second
MOST_RUNS = 1000


def seconds_by_thread(process: int) -> dict[int, float]:
    """Processor time of each thread so far."""
    folder = Path(f"/proc/{process}/task")
    seconds = {}
    for task in folder.iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            seconds[int(task.name)] = process_seconds((task / "stat").read_text("utf-8"))
    return seconds


def busiest(before: Mapping[int, float], after: Mapping[int, float], count: int) -> list[int]:
    """The threads that worked most in between, at most `count` of them, by number."""
    used = {thread: seconds - before.get(thread, 0.0) for thread, seconds in after.items()}
    ranked = sorted((thread for thread in used if used[thread] > 0), key=lambda thread: (-used[thread], thread))
    return sorted(ranked[:count])


class Placement:
    """The cores that this process may use, and which thread uses which."""

    def __init__(self) -> None:
        """Take the cores as they are allowed now."""
        self.cores = sorted(os.sched_getaffinity(0))

    @contextmanager
    def all_cores(self) -> Iterator[None]:
        """Let the threads that this one starts meanwhile use every core, whichever it has itself."""
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self.cores)
        try:
            yield
        finally:
            os.sched_setaffinity(0, own)

    def spread(self, process: int, run: Callable[[], float]) -> float:
        """Run for a while, then give each of the threads of the process that worked a core of its own.

        A run returns its own seconds, and so does this function, those of the last one.
        """
        before, last, seconds, runs = seconds_by_thread(process), 0.0, 0.0, 0
        while seconds < WATCHED_SECONDS and runs < MOST_RUNS:
            last = run()
            seconds += last
            runs += 1
        for core, thread in zip(self.cores, busiest(before, seconds_by_thread(process), len(self.cores)), strict=False):
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, {core})
        return last
