"""What other processes do with the cores meanwhile."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds(stat: str) -> float:
    """All cores together, time that a hypervisor took away included, from the text of /proc/stat."""
    user, nice, system, _idle, _waiting, irq, softirq, steal = map(int, stat.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def process_seconds(stat: str) -> float:
    """Of one process, from the text of /proc/PID/stat; its name may hold spaces and parentheses."""
    fields = stat.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS  # utime, stime


class ForeignLoad:
    """The share of the cores that is not used by this process and the ones it started."""

    def __init__(self, processes: list[int]) -> None:
        """Take the processes that belong to the comparison, besides this one."""
        self.own = [Path(f"/proc/{process}/stat") for process in (os.getpid(), *processes)]
        self.cores = os.cpu_count() or 1
        self.now, self.foreign = self.reading()

    def share(self) -> float:
        """Return the share since the last call, 0 .. 1; the clock of the system ticks 100 times a second."""
        before, used = self.now, self.foreign
        self.now, self.foreign = self.reading()
        elapsed = self.now - before
        return max(0.0, (self.foreign - used) / (elapsed * self.cores)) if elapsed > 0 else 0.0

    def reading(self) -> tuple[float, float]:
        """The time, and the seconds that others have used so far."""
        own = sum(process_seconds(path.read_text("utf-8")) for path in self.own)
        return time.monotonic(), busy_seconds(Path("/proc/stat").read_text("utf-8")) - own
