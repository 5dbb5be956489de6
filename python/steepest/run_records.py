"""Run records: one JSON object per line, the first of which describes the run."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]

# What must agree between runs before their figures may stand side by side.
CONDITIONS = ("commit", "clean", "version", "compiler", "build_type", "machine", "threads", "kernels")

# The events that belong to a step. Others, the end of a run among them, sum up.
MEASUREMENTS = ("step", "evaluation")


class RecordError(Exception):
    """A file that is missing, or that holds no run records."""


@dataclass
class Run:
    """One file of records: `descriptions` are of the first start and of each resumption."""

    path: Path
    label: str
    descriptions: list[Record]
    settings: Record = field(default_factory=dict)
    rows: list[Record] = field(default_factory=list)
    diagnostics: dict[float, list[Record]] = field(default_factory=dict)  # step -> tensors
    torn: bool = False

    def tokens_per_step(self) -> int | None:
        """Tokens of one optimizer step, where the settings of the run tell."""
        numbers = [self.settings.get(key) for key in ("run.batch", "run.accumulate", "model.context")]
        try:
            return math.prod(int(str(number)) for number in numbers)
        except ValueError:
            return None

    def looks(self) -> list[tuple[float, list[Record]]]:
        """Steps with diagnostics, in order, and what was recorded of their tensors."""
        return sorted(self.diagnostics.items())

    def metrics(self) -> list[str]:
        """Names of the numbers that were recorded against the step."""
        names = {key: None for row in self.rows for key, value in row.items() if is_number(value)}
        return [name for name in names if name != "step"]

    def series(self, metric: str) -> tuple[list[float], list[float]]:
        """Steps and values of a metric, by step; where a step was recorded twice the later record holds."""
        values = {float(row["step"]): float(row[metric]) for row in self.rows if is_number(row.get(metric))}
        steps = sorted(values)
        return steps, [values[step] for step in steps]


def is_number(value: object) -> bool:
    """Tell whether a value of a record is a number; records write null for what is not finite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_run(path: Path) -> Run:
    """Read one file; a torn last line, as a kill leaves it, is left out. Raises RecordError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    *lines, rest = text.split("\n")
    objects = [parse_line(line, number, path) for number, line in enumerate(lines, 1)]
    run = Run(path, label_of(path), [entry for entry in objects if entry.get("event") == "run"], torn=bool(rest))
    if not objects or objects[0].get("event") != "run":
        raise RecordError(f'{path}: the first line must describe the run ("event": "run"); it does not')
    for entry in objects:
        if entry.get("event") == "configuration":
            run.settings = dict(entry.get("settings") or {})
        elif entry.get("event") in MEASUREMENTS and is_number(entry.get("step")):
            run.rows.append(entry)
        elif entry.get("event") == "diagnostics" and is_number(entry.get("step")):
            run.diagnostics[float(entry["step"])] = list(entry.get("tensors") or [])
    return run


def parse_line(line: str, number: int, path: Path) -> Record:
    """Return one line as an object. Raises RecordError naming the line."""
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise RecordError(f"{path}:{number}: a line must be one JSON object; {line[:60]!r} came") from error
    if not isinstance(entry, dict):
        raise RecordError(f"{path}:{number}: a line must be one JSON object; {line[:60]!r} came")
    return entry


def label_of(path: Path) -> str:
    """Name a run: by its folder where the file has the trainer's own name, by the file otherwise."""
    return path.resolve().parent.name if path.stem == "records" else path.stem


def differing_conditions(runs: Iterable[Run]) -> list[str]:
    """Return the conditions that are not the same in all runs and all their resumptions."""
    descriptions = [description for run in runs for description in run.descriptions]
    seen = {key: {json.dumps(entry.get(key), sort_keys=True) for entry in descriptions} for key in CONDITIONS}
    return [key for key, values in seen.items() if len(values) > 1]
