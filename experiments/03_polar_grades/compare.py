"""Muon on the demonstration's model by factors of each grade, three seeds: does the grade show in what a model learns?

Run from the root of the repository after `make demo` has built the programs:
    PYTHONPATH=python .venv/bin/python experiments/03_polar_grades/compare.py --command build/release/bin/steepest
Writes results.json beside this file: bits per byte on all validation text by factor and seed. Runs that it has are not
run again; delete it to start anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from steepest.demo import EXPERIMENT, RECIPES
from steepest.training import Recipe, train
from steepest.whole_file import write_whole

FACTORS = {
    "five steps": {},
    # Method auto proves nothing in bf16 for sides of 128 and says so; from about 640 on it could take these.
    "two Halley steps in bf16": {"hidden.method": "gram_halley", "hidden.steps": "2", "hidden.precision": "bf16"},
    "tight": {"hidden.method": "auto", "hidden.grade": "tight"},
    "exact": {"hidden.method": "auto", "hidden.grade": "exact"},
}
SEEDS = (1, 2, 3)


def recipe_of(settings: dict[str, str]) -> Recipe:
    """The demonstration's Muon with these settings of the factor."""
    muon = next(recipe for recipe in RECIPES if recipe.name == "muon")
    return Recipe(muon.name, muon.learning_rate, {**muon.settings, **settings})


def main() -> int:
    """Trains; every finished run is written at once, so that an interrupted comparison goes on where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    command = parser.parse_args().command
    path = Path(__file__).with_name("results.json")
    results: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for seed in SEEDS:
        for name, settings in FACTORS.items():
            known = results.setdefault(name, {})
            if str(seed) in known:
                continue
            with tempfile.TemporaryDirectory() as out:
                flags = ["--set", f"run.seed={seed}", "--evaluate-every", "0"]
                run = train(command, EXPERIMENT / "demo.toml", recipe_of(settings), Path(out), flags)
            known[str(seed)] = round(run.bits_per_byte, 4)
            print(f"{name}, seed {seed}: {run.bits_per_byte:.4f} bits per byte", flush=True)
            write_whole(path, json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
