"""`make bench-polar`: polar factors by this library and by others, on the same cores, each checked."""

import argparse
import os
import sys
from pathlib import Path


def share_cores(threads: int) -> None:
    """Keep this process and its children on so many cores, before any library counts them.

    Idle threads sleep, so that those of one library take no time from the next. Raises ValueError where there are fewer
    cores: threads that wait for one another's core measure the scheduler.
    """
    cores = sorted(os.sched_getaffinity(0))
    if threads > len(cores):
        raise ValueError(f"--threads must be at most {len(cores)}, the cores of this machine; {threads} came")
    os.sched_setaffinity(0, cores[:threads])
    os.environ["OMP_WAIT_POLICY"] = "passive"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)


def main() -> int:
    """Compare, print, write the record and the figure; the exit status tells whether the comparison was made."""
    parser = argparse.ArgumentParser(prog="make bench-polar", description=__doc__, allow_abbrev=False)
    parser.add_argument("--server", type=Path, required=True, help="the program polar_server")
    parser.add_argument("--out", type=Path, default=Path("runs/bench-polar"), help="folder of record and figure")
    parser.add_argument("--rounds", type=int, default=7, help="samples of each contender on each matrix [7]")
    parser.add_argument("--threads", type=int, default=2, help="cores for every contender [2]")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="the matrices with this in their name; repeats [all]",
    )
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    try:
        share_cores(options.threads)
    except ValueError as refusal:
        parser.error(str(refusal))

    from polar_peers.server import ServerError
    from polar_peers.session import run

    options.out.mkdir(parents=True, exist_ok=True)
    try:
        return run(options.server, options.out, options.rounds, options.only)
    except ServerError as refusal:
        print(f"bench-polar: {refusal}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
