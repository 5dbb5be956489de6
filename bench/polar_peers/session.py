"""One whole comparison: all matrices, the targets, the record, the figure."""

import sys
from pathlib import Path

from polar_peers.cases import CASES, targets
from polar_peers.compare import compare, peaks
from polar_peers.figure import write_figure
from polar_peers.placement import Placement
from polar_peers.records import Json, outcome_record, verdict_record, write
from polar_peers.server import Server
from polar_peers.tables import case_table, verdict_table
from polar_peers.verdicts import Outcome, verdict


def description(program: Path, rounds: int, only: list[str]) -> Json:
    """The run, as every record begins; its command is the one that repeats it on any machine."""
    command = ["scripts/bench_polar", "--rounds", str(rounds), *(word for text in only for word in ("--only", text))]
    with Server(program) as server:
        return {**server.ask(describe=True), "command": command, "rounds": rounds}


def opening(run: Json) -> str:
    """Where the times come from."""
    changed = "" if run["clean"] else ", with changes"
    return (
        f"commit {str(run['commit'])[:10]}{changed}; {run['machine']['cpu']}; {run['threads']} threads; "
        f"{', '.join(sorted(set(run['kernels'].values())))}"
    )


def higher(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """The higher of two rates each: what slows the machine for a while is no property of it."""
    return {name: max(rate, other.get(name, 0)) for name, rate in one.items()}


def run(program: Path, out: Path, rounds: int, only: list[str]) -> int:
    """Run the matrices that `only` names, or all; return the exit status. What was measured is written as it comes."""
    cases = [case for case in CASES if not only or any(text in case.name for text in only)]
    if not cases:
        print(f"bench-polar: no matrix has one of {only} in its name", file=sys.stderr)
        return 2
    lines = [description(program, rounds, only)]
    placement = Placement()
    rates = peaks(program)
    print(opening(lines[0]), flush=True)
    measured: dict[str, dict[str, Outcome]] = {}
    for case in cases:
        outcomes = measured[case.name] = compare(case, program, rounds, placement)
        lines += [outcome_record(case, contender, outcome) for contender, outcome in outcomes.items()]
        write(out / "results.jsonl", lines)
        print(f"\n{case_table(case.name, outcomes)}", flush=True)
    asked = [target for target in targets(lines[0]["machine"]["isa"]) if target.case in measured]
    verdicts = [verdict(target, measured[target.case]) for target in asked]
    rates = higher(rates, peaks(program))
    lines += [verdict_record(entry) for entry in verdicts] + [{"event": "peak", "gflops": rates}]
    write(out / "results.jsonl", lines)
    print(f"\n{verdict_table(verdicts)}\n")
    print(", ".join(f"{name} {rate:.0f}" for name, rate in rates.items()), "Gflop/s")
    for suffix in ("svg", "png"):
        print(write_figure(out / "results.jsonl", out / f"pareto.{suffix}"))
    return 0
