"""Training runs as other programs start and read them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from steepest.run_records import Record, parse_line


@dataclass(frozen=True)
class Recipe:
    """One way to train the hidden matrices; everything else is in the configuration file."""

    name: str
    learning_rate: float
    settings: dict[str, str] = field(default_factory=dict)

    def flags(self) -> list[str]:
        """Flags of `steepest train` that select this recipe."""
        flags = ["--optimizer", self.name, "--learning-rate", repr(self.learning_rate)]
        for key, value in self.settings.items():
            flags += ["--set", f"optimizer.{key}={value}"]
        return flags


@dataclass(frozen=True)
class Outcome:
    """What a finished run says of itself."""

    bits_per_byte: float
    tokens_per_second: float
    optimizer_share: float
    seconds: float
    steps: int
    sample: str


def train(command: Path, config: Path, recipe: Recipe, out: Path, flags: list[str]) -> Outcome:
    """Trains to the end and returns what was measured. Progress goes to this process's standard error.

    Raises subprocess.CalledProcessError where the run failed; its message is on standard error.
    """
    arguments = [str(command), "train", "--config", str(config), "--out", str(out), *recipe.flags(), *flags]
    finished = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    records = out / "records.jsonl"
    last: dict[str, Record] = {}
    for number, line in enumerate(records.read_text(encoding="utf-8").splitlines(), start=1):
        record = parse_line(line, number, records)
        last[str(record.get("event"))] = record
    end, evaluation = last["end"], last["evaluation"]
    return Outcome(
        bits_per_byte=evaluation["bits_per_byte"],
        tokens_per_second=end["tokens_per_second"],
        optimizer_share=end["optimizer_share"],
        seconds=end["seconds"],
        steps=end["step"],
        sample=finished.stdout,
    )
