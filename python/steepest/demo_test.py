"""The demo's own arithmetic: which bytes are compared, and what a compressor's bits per byte are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from steepest.demo import compressors, table, validation_bytes
from steepest.training import Outcome, Recipe, train


def test_validation_bytes_are_the_documents_of_the_years_in_order(tmp_path: Path) -> None:
    for name, text in (("1999-A-1.txt", "old"), ("2001-B-1.txt", "later"), ("2000-A-1.txt", "first")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert validation_bytes(tmp_path, 2000) == b"first\nlater"


def test_compressors_find_repetition_and_not_noise() -> None:
    repeated = compressors(b"the state of the union " * 1000)
    noise = compressors(bytes((i * i * 2654435761 >> 13) % 256 for i in range(20000)))
    for name in repeated:
        assert repeated[name] < 0.2
        assert noise[name] > 1


def test_table_has_a_line_for_each_run_and_compressor() -> None:
    run = Outcome(2.5, 12345.0, 0.25, 100.0, 1200, "text")
    lines = table({"muon": run}, {"xz -6": 2.24}).splitlines()
    assert lines[1].split() == ["muon", "2.500", "12345", "25", "%", "100"]
    assert lines[2].split() == ["xz", "-6", "2.240"]


def test_a_recipe_becomes_flags() -> None:
    recipe = Recipe("muon", 0.01, {"hidden.weight_decay": "0"})
    assert recipe.flags() == [
        "--optimizer",
        "muon",
        "--learning-rate",
        "0.01",
        "--set",
        "optimizer.hidden.weight_decay=0",
    ]


@pytest.mark.parametrize("last", [2.25, 2.75])
def test_the_outcome_is_that_of_the_last_records(tmp_path: Path, last: float) -> None:
    records = [
        {"event": "evaluation", "step": 5, "bits_per_byte": 3.5},
        {"event": "evaluation", "step": 9, "bits_per_byte": last},
        {"event": "end", "step": 9, "tokens_per_second": 10.0, "optimizer_share": 0.5, "seconds": 2.0},
    ]
    program = tmp_path / "program"
    lines = "\n".join(json.dumps(record) for record in records)
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])\n"
        f"out.mkdir()\n(out / 'records.jsonl').write_text({lines!r})\nprint('a sample')\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    outcome = train(program, tmp_path / "demo.toml", Recipe("muon", 0.01), tmp_path / "out", [])
    assert outcome == Outcome(last, 10.0, 0.5, 2.0, 9, "a sample\n")
