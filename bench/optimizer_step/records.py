"""The record of a comparison: JSON lines, the first of which describes the run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from steepest.run_records import RecordError, parse_line

from optimizer_step.compare import Outcome
from optimizer_step.errors import Errors
from optimizer_step.workloads import Workload

Json = dict[str, Any]


def outcome_record(workload: Workload, contender: str, outcome: Outcome) -> Json:
    """One contender on one workload."""
    return {
        "event": "outcome",
        "workload": workload.name,
        "matrices": len(workload.shapes),
        "parameters": workload.parameters,
        "clip_norm": workload.clip_norm,
        "seed": workload.seed,
        "contender": contender,
        **asdict(outcome),
    }


def outcome_of(line: Json) -> Outcome:
    """The outcome of a line."""
    fields = ("seconds", "faults", "version", "flops", "foreign", "plans", "scratch_bytes")
    return Outcome(errors=Errors(**line["errors"]), **{name: line[name] for name in fields})


def read(path: Path) -> tuple[Json, dict[str, dict[str, Outcome]], Json]:
    """The description, the outcomes by workload and contender, and the rates of the machine. Raises RecordError."""
    lines = [parse_line(line, k, path) for k, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    if not lines or lines[0].get("event") != "run":
        raise RecordError(f'{path}: the first line must describe the run ("event": "run"); it does not')
    outcomes: dict[str, dict[str, Outcome]] = {}
    rates: Json = {}
    for line in lines:
        if line.get("event") == "outcome":
            outcomes.setdefault(line["workload"], {})[line["contender"]] = outcome_of(line)
        elif line.get("event") == "rates":
            rates = {name: rate for name, rate in line.items() if name != "event"}
    return lines[0], outcomes, rates
