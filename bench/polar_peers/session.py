"""One whole comparison: all matrices, the targets, the record, the figure."""

import sys
from pathlib import Path

from polar_peers.cases import CASES, targets
from polar_peers.compare import compare, peaks
from polar_peers.figure import write_figure
from polar_peers.records import Json, outcome_record, verdict_record, write
from polar_peers.server import Server
from polar_peers.tables import case_table, verdict_table
from polar_peers.verdicts import Outcome, verdict


def description(program: Path, rounds: int) -> Json:
    """The run, as every record begins, with the machine's rates."""
    with Server(program) as server:
        return {**server.ask(describe=True), "command": sys.argv, "rounds": rounds, "gemm_gflops": peaks(server)}


def opening(run: Json) -> str:
    """Where the times come from, in two lines."""
    changed = "" if run["clean"] else ", with changes"
    rates = "; ".join(
        f"{precision} gemm {rate['steepest']:.0f} Gflop/s (numpy's {rate['numpy']:.0f})"
        for precision, rate in run["gemm_gflops"].items()
    )
    return (
        f"commit {str(run['commit'])[:10]}{changed}; {run['machine']['cpu']}; {run['threads']} threads; "
        f"{', '.join(sorted(set(run['kernels'].values())))}\n{rates}"
    )


def run(program: Path, out: Path, rounds: int, only: str) -> int:
    """Run all matrices with `only` in their name; return the exit status. What was measured is written as it comes."""
    cases = [case for case in CASES if only in case.name]
    if not cases:
        print(f"bench-polar: no matrix has '{only}' in its name", file=sys.stderr)
        return 2
    lines = [description(program, rounds)]
    print(opening(lines[0]), flush=True)
    measured: dict[str, dict[str, Outcome]] = {}
    for case in cases:
        outcomes = measured[case.name] = compare(case, program, rounds)
        lines += [outcome_record(case, contender, outcome) for contender, outcome in outcomes.items()]
        write(out / "results.jsonl", lines)
        print(f"\n{case_table(case.name, outcomes)}", flush=True)
    asked = [target for target in targets(lines[0]["machine"]["isa"]) if target.case in measured]
    verdicts = [verdict(target, measured[target.case]) for target in asked]
    write(out / "results.jsonl", lines + [verdict_record(entry) for entry in verdicts])
    print(f"\n{verdict_table(verdicts)}")
    for suffix in ("svg", "png"):
        print(write_figure(out / "results.jsonl", out / f"pareto.{suffix}"))
    return 0
