"""The learning rates of `make demo`: half as many steps, one seed, every rate of the grid, for each optimizer.

Run from the root of the repository after `make demo` has built the programs:
    PYTHONPATH=python .venv/bin/python experiments/01_language_model/sweep.py --command build/release/bin/steepest
Writes sweep.json beside this file: bits per byte on 512 windows of the validation text. Rates that it has are not run
again; delete it to start anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from steepest.demo import EXPERIMENT, RECIPES
from steepest.training import train
from steepest.whole_file import write_whole

GRID = {
    "adamw": (0.0005, 0.001, 0.002, 0.004),
    "muon": (0.005, 0.007, 0.01, 0.02),
    "polargrad": (0.03, 0.06, 0.1, 0.15, 0.2),
}
FLAGS = ["--steps", "600", "--evaluate-every", "0", "--final-windows", "512", "--checkpoint-every", "600"]


def main() -> int:
    """Sweeps; every finished run is written at once, so that an interrupted sweep goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    command = parser.parse_args().command
    sweep = EXPERIMENT / "sweep.json"
    results: dict[str, dict[str, float]] = json.loads(sweep.read_text(encoding="utf-8")) if sweep.exists() else {}
    for recipe in RECIPES:
        known = results.setdefault(recipe.name, {})
        for rate in GRID[recipe.name]:
            if f"{rate:g}" in known:
                continue
            with tempfile.TemporaryDirectory() as out:
                run = train(command, EXPERIMENT / "demo.toml", replace(recipe, learning_rate=rate), Path(out), FLAGS)
            known[f"{rate:g}"] = round(run.bits_per_byte, 4)
            print(f"{recipe.name} {rate:g}: {run.bits_per_byte:.4f} bits per byte", flush=True)
            ordered = {
                name: dict(sorted(rates.items(), key=lambda pair: float(pair[0]))) for name, rates in results.items()
            }
            write_whole(sweep, json.dumps(ordered, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
