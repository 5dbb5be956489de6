"""`make bench-check`: the ratios of a run against those of the last release."""

import statistics
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from polar_peers.rounds import ratios

from optimizer_step.compare import Outcome
from optimizer_step.records import read

LARGEST_LOSS = 0.1
Measured = Mapping[str, Mapping[str, Outcome]]


def medians(measured: Measured) -> dict[tuple[str, str, str], float]:
    """The time of each peer over that of each rule of this library, by workload, rule and peer."""
    return {
        (workload, ours, peer): statistics.median(ratios(outcomes[peer].seconds, outcomes[ours].seconds))
        for workload, outcomes in measured.items()
        for ours in outcomes
        for peer in outcomes
        if ours.startswith("steepest") and not peer.startswith("steepest")
    }


def losses(released: Measured, measured: Measured) -> Iterator[str]:
    """The ratios that both have and that fell by more than LARGEST_LOSS, in words."""
    now = medians(measured)
    for (workload, ours, peer), before in medians(released).items():
        ratio = now.get((workload, ours, peer))
        if ratio is not None and ratio < (1 - LARGEST_LOSS) * before:
            yield f"{workload}: {peer} / {ours} fell from {before:.2f} to {ratio:.2f}"


def main(released: Path, record: Path) -> int:
    """Print the losses; the exit status is 1 where there are any, or nothing to compare."""
    before, now = read(released)[1], read(record)[1]
    common = medians(before).keys() & medians(now).keys()
    found = list(losses(before, now))
    print("\n".join([*found, f"bench-check: {len(common)} ratios compared, {len(found)} fell by more than a tenth"]))
    return 1 if found or not common else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
