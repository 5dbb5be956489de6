"""Training runs as other programs start and read them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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


def read_records(path: Path) -> list[dict[str, Any]]:
    """Every record of a run, in the order of writing."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def train(command: Path, config: Path, recipe: Recipe, out: Path, flags: list[str]) -> Outcome:
    """Trains to the end and returns what was measured. Progress goes to this process's standard error.

    Raises subprocess.CalledProcessError where the run failed; its message is on standard error.
    """
    arguments = [str(command), "train", "--config", str(config), "--out", str(out), *recipe.flags(), *flags]
    finished = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    records = read_records(out / "records.jsonl")
    end = next(record for record in reversed(records) if record["event"] == "end")
    evaluation = next(record for record in reversed(records) if record["event"] == "evaluation")
    return Outcome(
        bits_per_byte=evaluation["bits_per_byte"],
        tokens_per_second=end["tokens_per_second"],
        optimizer_share=end["optimizer_share"],
        seconds=end["seconds"],
        steps=end["step"],
        sample=finished.stdout,
    )
