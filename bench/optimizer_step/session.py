"""One whole comparison: all workloads, the rates of the machine, the targets, the record, the figure."""

import os
import sys
from pathlib import Path

import torch
from polar_peers.placement import Placement
from polar_peers.product_rate import product_rate
from polar_peers.records import verdict_record, write
from polar_peers.server import Server
from polar_peers.session import higher, opening
from polar_peers.tables import verdict_table
from polar_peers.verdicts import verdict
from steepest.whole_file import write_whole

from optimizer_step.compare import Outcome, compare
from optimizer_step.figure import write_figure
from optimizer_step.records import Json, outcome_record
from optimizer_step.tables import ratio_table, workload_table
from optimizer_step.workloads import WORKLOADS, Workload, targets


def torch_rate(dtype: torch.dtype, size: int = 2048) -> float:
    """Gflop/s of torch's product, the best of five."""
    A = torch.ones(size, size, dtype=dtype)
    return product_rate(lambda: A @ A, size)


def machine_rates(program: Path, placement: Placement) -> dict[str, float]:
    """What the machine can do at best, by this library's BLAS or by torch, whichever is faster; GB/s of a triad."""
    with Server(program) as server:
        placement.spread(server.process.pid, lambda: float(server.ask(rates=True)["seconds"]))
        own = server.ask(rates=True)
    placement.spread(os.getpid(), lambda: 1 / torch_rate(torch.float32))
    return {
        "f32 product": max(float(own["sgemm"]), torch_rate(torch.float32)),
        "bf16 product": torch_rate(torch.bfloat16),
        "triad": float(own["triad"]),
        "AdamW's streams": float(own["adamw streams"]),
    }


def chosen(only: list[str], quick: bool) -> list[Workload]:
    """The workloads that `only` names, or all; a quick run leaves out the long ones."""
    named = [workload for workload in WORKLOADS if not only or any(text in workload.name for text in only)]
    return [workload for workload in named if not (quick and workload.long)]


def run(program: Path, out: Path, rounds: int, workloads: list[Workload]) -> int:
    """Run them; return the exit status. What was measured is written as it comes."""
    if not workloads:
        print("bench: no workload has such a name", file=sys.stderr)
        return 2
    with Server(program) as server:
        lines: list[Json] = [{**server.ask(describe=True), "command": ["scripts/bench"], "rounds": rounds}]
    print(opening(lines[0]), flush=True)
    placement = Placement()
    rates = machine_rates(program, placement)
    measured: dict[str, dict[str, Outcome]] = {}
    for workload in workloads:
        outcomes, missing = compare(workload, program, rounds, out, placement)
        measured[workload.name] = outcomes
        lines += [outcome_record(workload, contender, outcome) for contender, outcome in outcomes.items()]
        write(out / "results.jsonl", lines)
        print("\n".join(["", workload_table(workload, outcomes), *missing]), flush=True)
    rates = higher(rates, machine_rates(program, placement))
    asked = [target for target in targets(lines[0]["machine"]["isa"]) if target.case in measured]
    verdicts = [verdict(target, measured[target.case]) for target in asked]
    lines += [verdict_record(entry) for entry in verdicts] + [{"event": "rates", **rates}]
    write(out / "results.jsonl", lines)
    write_whole(out / "ratios.md", ratio_table(measured))
    print(f"\n{verdict_table(verdicts)}\n")
    print(", ".join(f"{name} {rate:.1f}" for name, rate in rates.items()), "(products Gflop/s, memory GB/s)")
    for suffix in ("svg", "png"):
        print(write_figure(out / "results.jsonl", out / f"steps.{suffix}"))
    return 0
