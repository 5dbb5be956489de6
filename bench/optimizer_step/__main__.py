"""`make bench`: one step by this library and by others, on the same cores, each checked."""

import argparse
import os
import sys
from pathlib import Path

from polar_peers.__main__ import share_cores


def main() -> int:
    """Compare, print, write the record and the figure; the exit status tells whether the comparison was made."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("--server", type=Path, required=True, help="the program optimizer_server")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="folder of record, figure and traces")
    parser.add_argument("--rounds", type=int, default=3, help="samples of each contender on each workload [3]")
    parser.add_argument("--threads", type=int, default=2, help="cores for every contender [2]")
    parser.add_argument("--quick", action="store_true", help="without the workloads of many seconds a step")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="the workloads with this in their name; repeats"
    )
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    try:
        share_cores(options.threads)
    except ValueError as refusal:
        parser.error(str(refusal))
    os.environ["TORCHDYNAMO_DISABLE"] = "1"  # compilation of a minute each, for sums that products dwarf

    from polar_peers.server import ServerError

    from optimizer_step.session import chosen, run

    options.out.mkdir(parents=True, exist_ok=True)
    try:
        return run(options.server, options.out, options.rounds, chosen(options.only, options.quick))
    except ServerError as refusal:
        print(f"bench: {refusal}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
