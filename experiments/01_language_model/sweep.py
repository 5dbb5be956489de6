"""The learning rates of `make demo`: half as many steps, one seed, every rate of the grid, for each optimizer.

Run from the root of the repository after `make demo` has built the programs:
    PYTHONPATH=python .venv/bin/python experiments/01_language_model/sweep.py --command build/release/bin/steepest
Writes sweep.json beside this file: bits per byte on 512 windows of the validation text.
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

GRID = {
    "adamw": (0.001, 0.002, 0.004),
    "muon": (0.005, 0.007, 0.01, 0.02),
    "polargrad": (0.03, 0.06, 0.1, 0.15, 0.2),
}
FLAGS = ["--steps", "600", "--evaluate-every", "0", "--final-windows", "512", "--checkpoint-every", "600"]


def main() -> int:
    """Sweeps; every finished run is written at once, so that an interrupted sweep keeps what it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    command = parser.parse_args().command
    results: dict[str, dict[str, float]] = {}
    for recipe in RECIPES:
        results[recipe.name] = {}
        for rate in GRID[recipe.name]:
            with tempfile.TemporaryDirectory() as out:
                run = train(
                    command, EXPERIMENT / "demo.toml", replace(recipe, learning_rate=rate), Path(out), FLAGS
                )
            results[recipe.name][f"{rate:g}"] = round(run.bits_per_byte, 4)
            print(f"{recipe.name} {rate:g}: {run.bits_per_byte:.4f} bits per byte", flush=True)
            (EXPERIMENT / "sweep.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
