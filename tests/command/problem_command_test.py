"""`steepest problem`: what it computes against NumPy, its records and summary, and the ways in which it refuses."""

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
SMALL = ("--rows", "40", "--cols", "20", "--rank", "3", "--observed", "0.6")


def summary(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_list_names_problems_optimizers_and_oracles(steepest: Run) -> None:
    text = steepest("problem", "--list").stdout
    assert all(
        f"\n  {name}:" in text for name in ("quadratic", "logistic", "completion", "polargrad", "altgd", "qdwhK")
    )
    lists = json.loads(steepest("problem", "--list", "--json").stdout)
    assert {problem["name"] for problem in lists["problems"]} >= {"quadratic", "logistic", "completion", "robust_pca"}


def test_every_step_is_recorded_and_the_summary_agrees(steepest: Run, tmp_path: Path) -> None:
    told = summary(steepest("problem", "completion", *SMALL, "--optimizer", "polargrad,adam", "--lr", "5,0.05",
                            "--steps", "20", "--out", "kept", "--json"))  # fmt: skip
    for run in told["runs"]:
        lines = records(tmp_path / "kept" / f"{run['label']}.jsonl")
        assert [line["event"] for line in lines] == ["run", "configuration", *["step"] * 21, "end"]
        assert lines[0]["command"][:3] == ["steepest", "problem", "completion"]
        assert lines[1]["settings"]["learning_rate"] == run["learning_rate"]
        assert lines[-2]["value"] == run["value"] == run["marks"][-1]["value"]
        assert lines[-1]["status"] == run["status"] == "done"


# Both are the polar factor to rounding, so that the runs agree as far as f32 carries them.
def test_the_planners_oracle_follows_the_exact_one(steepest: Run) -> None:
    told = summary(steepest("problem", "completion", *SMALL, "--optimizer", "polargrad,polargrad,polargrad",
                            "--oracle", "exact,auto,ns5", "--lr", "5", "--steps", "20", "--json"))  # fmt: skip
    exact, planned, rough = (run["value"] for run in told["runs"])
    assert planned == pytest.approx(exact, rel=1e-4)
    assert rough != pytest.approx(exact, rel=1e-3)


# Smoothing: s <- w s + (1 - w) x with w = 0.9^n for completion, n steps between spectra, from the first x; kappa >= 1.
@pytest.mark.parametrize("every", [1, 3])
def test_spectra_are_told_raw_and_smoothed(steepest: Run, tmp_path: Path, every: int) -> None:
    steepest("problem", "completion", *SMALL, "--lr", "5", "--steps", "12", "--out", "kept", "--spectrum-every", every)
    weight = 0.9**every
    lines = records(tmp_path / "kept" / "polargrad-qdwh2.jsonl")
    steps = [line for line in lines if "gradient_X_condition" in line]
    assert [line["step"] for line in steps] == list(range(0, 13, every))
    smoothed = steps[0]["gradient_X_condition"]
    for line in steps:
        smoothed = weight * smoothed + (1 - weight) * line["gradient_X_condition"]
        assert line["gradient_X_condition_smoothed"] == pytest.approx(smoothed, rel=1e-12)
        assert line["gradient_X_condition"] >= 1
        assert line["gradient_X_nuclear"] > 0


# Alternating descent on f = sum mask o (X Y' - M)^2 / N, with the data of a file, against NumPy in f64.
def test_a_file_gives_the_data(steepest: Run, tmp_path: Path) -> None:
    matrix = np.random.default_rng(3).standard_normal((30, 20)) * 4 + 7
    np.save(tmp_path / "data.npy", matrix)
    told = summary(steepest("problem", "completion_of_file", "--data", "data.npy", "--rank", "4", "--observed", "1",
                            "--optimizer", "polargrad_armijo", "--steps", "300", "--json"))  # fmt: skip
    standard = (matrix - matrix.mean()) / matrix.std()
    best = float((np.linalg.svd(standard, compute_uv=False)[4:] ** 2).sum() / standard.size)  # Eckart and Young 1936
    assert told["runs"][0]["value"] == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("schedule", ["constant", "step", "linear", "cosine"])
def test_a_schedule_multiplies_the_rate(steepest: Run, tmp_path: Path, schedule: str) -> None:
    steepest("problem", "completion", *SMALL, "--lr", "2", "--schedule", schedule, "--step-size", "4", "--step-factor",
             "0.5", "--steps", "10", "--out", "kept")  # fmt: skip
    path = next((tmp_path / "kept").glob("*.jsonl"))
    rates = [line["learning_rate"] for line in records(path) if "learning_rate" in line]
    expected = {
        "constant": [2.0] * 10,
        "step": [2 * 0.5 ** (k // 4) for k in range(10)],
        "linear": [2 * min(1.0, (10 - k) / 4) for k in range(10)],
        "cosine": [1 + math.cos(math.pi * k / 10) for k in range(10)],
    }[schedule]
    assert rates == pytest.approx(expected)


def test_divergence_ends_a_run_and_keeps_its_record(steepest: Run, tmp_path: Path) -> None:
    result = steepest("problem", "completion", *SMALL, "--optimizer", "gd,adam", "--lr", "1e4,0.05", "--steps", "30",
                      "--out", "kept", "--json")  # fmt: skip
    assert result.returncode == 1
    gone, kept = json.loads(result.stdout)["runs"]
    assert (gone["status"], kept["status"]) == ("diverged", "done")
    assert f"gd diverged at step {gone['diverged_at']}" in result.stderr
    assert records(tmp_path / "kept" / "gd.jsonl")[-1]["diverged_at"] == gone["diverged_at"]
    assert kept["steps_taken"] == 30


def test_equal_seeds_give_equal_runs(steepest: Run) -> None:
    words = ("problem", "softmax", "--optimizer", "polargrad", "--lr", "1", "--samples", "300", "--batch", "50",
             "--steps", "9", "--no-record", "--json")  # fmt: skip
    first, again, other = (summary(steepest(*words, "--seed", seed))["runs"][0] for seed in (5, 5, 6))
    assert first["value"] == again["value"]
    assert first["value"] != other["value"]
    threads = summary(steepest(*words, "--seed", 5, "--threads", 2))["runs"][0]
    assert first["value"] == threads["value"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say which problem"),
        (["complete"], "problem 'complete' is not known; closest: 'completion'"),
        (["completion", "--optimizer", "mun"], "optimizer 'mun' is not known; closest: 'muon'"),
        (["completion", "--oracle", "qdhw2"], "oracle 'qdhw2' is not known; closest: 'qdwh', 'qdwh2'"),
        (["completion", "--oracle", "qdwh9"], "oracle 'qdwh9' is not known"),
        (["completion", "--schedule", "decay"], "decay"),
        (["completion", "--rank", "251"], "rank must lie in 1 .. 250, the smaller side; 251 came"),
        (["completion", "--rank", "0"], "rank must lie in 1 .. 1000000; 0 came"),
        (["completion", "--rank", "2.5"], "rank must be a whole number; '2.5' came"),
        (["completion", "--observed", "0"], "observed must lie in (0, 1]; 0 came"),
        (["quadratic", "--left-rows", "100"], "left_rows must be at least rows; 100 and 500 came"),
        (["quadratic", "--rank", "3"], "quadratic has no setting 'rank'"),
        (["logistic", "--labels", "ones"], "labels 'ones' is not known"),
        (["completion", "--lr", "0"], "must be finite and above 0; 0 came"),
        (["completion", "--lr", "1,2"], "--lr takes one value, or one for each of 1 optimizers; 2 came"),
        (["completion", "--optimizer", "signum"], "say --lr"),
        (
            ["completion", "--optimizer", "newton", "--lr", "1"],
            "newton needs a problem that gives its Newton direction",
        ),
        (["robust_pca", "--optimizer", "polargrad_polyak"], "polyak needs a problem whose optimum is known"),
        (["completion", "--optimizer", "polargrad_armijo", "--lr", "1"], "chooses its own step size"),
        (["completion", "--weight-decay", "-1"], "weight decay must be finite and at least 0; -1 came"),
        (["completion", "--optimizer", "muon", "--weight-decay", "nan"], "weight decay must be finite"),
        (["completion", "--weight-decay", "inf"], "weight decay must be finite"),
        (["completion", "--optimizer", "gd", "--lr", "1", "--weight-decay", "1"], "gd takes no --weight-decay"),
        (["completion", "--optimizer", "polargrad_armijo", "--weight-decay", "1"], "takes no --weight-decay"),
        (["completion", "--optimizer", "polargrad_armijo", "--schedule", "step"], "takes no --schedule"),
        (["completion", "--oracle", "exact", "--schedule", "step"], "with this schedule and oracle: say --lr"),
        (["completion", "--rows", "3", "--cols", "40", "--rank", "3"], "rows x rank must be at least 16"),
        (["completion", "--steps", "0"], "--steps must be at least 1"),
        (["completion_of_file"], "completion_of_file needs --data"),
        (["completion", "--lrate", "1"], "'--lrate' is not known"),
    ],
)
def test_refusals(steepest: Run, tmp_path: Path, words: list[str], said: str) -> None:
    result = steepest("problem", *words)
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stderr.startswith("steepest: error: [")
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_fails(steepest: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.ones((30, 20)))
    for name, said in (("none.npy", "none.npy"), ("flat.npy", "entries must be finite and not all equal")):
        result = steepest("problem", "completion_of_file", "--data", name, "--lr", "1")
        assert result.returncode == 1
        assert said in result.stderr
