"""The record of a comparison: JSON lines, the first of which describes the run."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from steepest.run_records import RecordError, parse_line
from steepest.whole_file import write_whole

from polar_peers.cases import Case
from polar_peers.errors import Errors
from polar_peers.verdicts import Outcome, Verdict

Json = dict[str, Any]


def outcome_record(case: Case, contender: str, outcome: Outcome) -> Json:
    """One contender on one matrix."""
    return {
        "event": "outcome",
        "case": case.name,
        "rows": case.rows,
        "cols": case.cols,
        "precision": case.precision,
        "kappa": case.kappa,
        "seed": case.seed,
        "contender": contender,
        **asdict(outcome),
    }


def verdict_record(verdict: Verdict) -> Json:
    """One target."""
    return {"event": "verdict", **asdict(verdict.target), "word": verdict.word, "ratio": verdict.ratio}


def write(path: Path, lines: list[Json]) -> None:
    """Write the file whole or not at all."""
    write_whole(path, "".join(json.dumps(line) + "\n" for line in lines))


def read(path: Path) -> tuple[Json, dict[str, dict[str, Outcome]]]:
    """The description, and outcomes by case and contender, in the order of the file. Raises RecordError."""
    lines = [parse_line(line, k, path) for k, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
    if not lines or lines[0].get("event") != "run":
        raise RecordError(f'{path}: the first line must describe the run ("event": "run"); it does not')
    outcomes: dict[str, dict[str, Outcome]] = {}
    for line in lines:
        if line.get("event") == "outcome":
            outcomes.setdefault(line["case"], {})[line["contender"]] = outcome_of(line)
    return lines[0], outcomes


def outcome_of(line: Mapping[str, Any]) -> Outcome:
    """The outcome of a line."""
    errors = Errors(**line["errors"])
    return Outcome(line["seconds"], errors, line["faults"], line["version"], line["gives_h"], line["foreign"])
