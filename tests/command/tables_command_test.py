"""The tables in force, the schedule against the definition of its bound, and the ways in which the command refuses."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from refusal import error_of

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_version_and_help(steepest: Run) -> None:
    assert steepest("--version").stdout.startswith("steepest 0.")
    text = steepest("--help").stdout
    commands = ("train", "polar", "schedule", "optimizers", "norms", "engines", "plot")
    assert all(f"\n  {command}" in text for command in commands)
    for command in commands[1:6]:
        result = steepest(command, "--help")
        assert result.returncode == 0
        assert "--json" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what to do: train, polar, problem, schedule"),
        (["polr"], "'polr' is not known; closest: 'polar'"),
        (["--jason"], "'--jason' is not known"),
        (["polar"], "an .npy file must be named"),
        (["optimizers", "mun"], "optimizer 'mun' is not known; closest: 'muon'"),
        (["schedule", "--method", "svd"], "svd has no list of steps"),
        (["schedule", "--safety", "1e300"], "safety must lie in [1, 10]; 1e+300 came"),
        (["schedule", "--degree", "4"], "; 4 came"),
        (["schedule", "--lower", "2"], "--lower-bound must lie in (0, 1); 2 came"),
    ],
)
def test_usage_errors_are_one_line(steepest: Run, words: list[str], said: str) -> None:
    result = steepest(*words)
    assert said in error_of(result, 2)
    assert result.stdout == ""


def test_output_that_cannot_be_written_is_a_failure(program: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([str(program), "norms"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    assert ": No space left on device" in result.stderr


@pytest.mark.parametrize("degree", [3, 5])
def test_schedule_reaches_the_bound_that_it_states(steepest: Run, degree: int) -> None:
    """max |1 - p_T(... p_1(x))| over [lower, 1] is the error bound, and it is attained at the lower end."""
    words = ["--lower", "1e-2", "--steps", "4", "--degree", degree, "--safety", "1", "--cushion", "0", "--json"]
    result = json.loads(steepest("schedule", *words).stdout)
    assert len(result["steps"]) == 4
    x = np.geomspace(1e-2, 1, 20001)
    for step in result["steps"]:
        x = step["a"] * x + step["b"] * x**3 + step["c"] * x**5 + step["d"] * x**7
        assert step["lower"] - 1e-12 <= x.min() <= x.max() <= step["upper"] + 1e-12
        assert x.max() == pytest.approx(step["upper"], rel=1e-6)
    assert np.abs(1 - x).max() == pytest.approx(result["error_bound"], rel=1e-6)
    assert 1 - x[0] == pytest.approx(result["error_bound"], rel=1e-6)


def test_schedule_prints_17_digits(steepest: Run) -> None:
    words = ["schedule", "--lower", "1e-3", "--steps", "8"]
    rows = [line.split() for line in steepest(*words).stdout.splitlines() if line[:1].isdigit()]
    steps = json.loads(steepest(*words, "--json").stdout)["steps"]
    assert [[float(word) for word in row[2:6]] for row in rows] == [[step[k] for k in "abcd"] for step in steps]


def test_schedule_of_qdwh_is_rational(steepest: Run) -> None:
    result = json.loads(steepest("schedule", "--method", "qdwh", "--lower", "1e-8", "--json").stdout)
    x = np.geomspace(1e-8, 1, 20001)
    for step in result["steps"]:
        x = x * (step["a"] + step["b"] * x**2) / (1 + step["c"] * x**2)
    assert len(result["steps"]) <= 6
    assert np.abs(1 - x).max() <= 1e-14
    assert result["steps"][0]["kind"] == "qr"


SCHEDULES = ["qdwh", "zolo_pd", "newton", "gram_halley", "polar_express", "cans", "lewis", "preset", "jordan"]


@pytest.mark.parametrize("method", SCHEDULES)
def test_every_method_with_a_list_shows_it(steepest: Run, method: str) -> None:
    result = steepest("schedule", "--method", method, "--json")
    assert result.returncode == 0, result.stderr
    schedule = json.loads(result.stdout)
    last = schedule["steps"][-1]
    assert schedule["error_bound"] == max(1 - last["lower"], last["upper"] - 1)
    assert steepest("schedule", "--method", method).stdout.splitlines()[-1].startswith("error bound ")


def test_a_ladder_shows_its_rungs_and_the_largest_error_of_them(steepest: Run) -> None:
    words = ["schedule", "--method", "gram_zolotarev", "--delta", "0.14"]
    schedule = json.loads(steepest(*words, "--json").stdout)
    assert [step["step"] for step in schedule["steps"]] == [1, 2, 2, 3, 3, 3]
    assert schedule["error_bound"] == max(step["upper"] - 1 for step in schedule["steps"])
    assert abs(schedule["error_bound"] - 0.14) < 1e-9
    assert "no restarts" in steepest(*words).stdout
    assert "a Halley step" in steepest(*words[:-1], "6e-4", "--dtype", "f32").stdout


def test_the_gram_form_shows_its_restarts(steepest: Run) -> None:
    words = ["schedule", "--method", "polar_express", "--steps", "5", "--form", "gram", "--dtype", "f32"]
    assert json.loads(steepest(*words, "--json").stdout)["restarts"] is not None
    assert "on X X'" in steepest(*words).stdout
    assert "svd has no list of steps" in error_of(steepest("schedule", "--method", "svd"), 2)
    refused = steepest("schedule", "--method", "newton", "--scaling", "higham")
    assert "newton has a list of steps with the scaling byers_xu" in error_of(refused, 2)


def test_optimizers_and_norms_are_listed(steepest: Run) -> None:
    rows = json.loads(steepest("optimizers", "--json").stdout)["optimizers"]
    assert {"sgd", "adamw", "signum", "muon", "polargrad"} <= {row["name"] for row in rows}
    assert all(row["name"] in steepest("optimizers").stdout for row in rows)
    muon = json.loads(steepest("optimizers", "muon", "--json").stdout)
    assert muon["settings"]["momentum"] == "0.95"
    norms = json.loads(steepest("norms", "--json").stdout)
    assert "rms_to_rms" in {row["name"] for row in norms["norms"]}
    assert "embedding" in {row["name"] for row in norms["roles"]}
    assert len(norms["norms"]) == 17
    assert all(row["dual"] and row["map"] and row["source"] for row in norms["norms"])
    assert {row["name"]: row["parameter"] for row in norms["norms"]}["schatten"] == {"name": "p", "usual": 4}
    assert all(len(preset["roles"]) == len(norms["roles"]) for preset in norms["presets"])
    assert "duality map" in steepest("norms").stdout


def test_engines_say_who_serves_each_routine(steepest: Run) -> None:
    result = steepest("engines", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["mixed"] is False
    assert all(Path(library).is_file() for library in found["routines"].values())
    assert {"cblas_dgemm", "dgemm_", "LAPACKE_dgesdd_work", "dgesdd_", "dpotrf_"} <= set(found["routines"])
    assert found["routines"]["dgemm_"] in steepest("engines").stdout


def test_kernels_that_are_not_here_are_refused(steepest: Run) -> None:
    result = steepest("engines", STEEPEST_KERNELS="neon")
    assert result.returncode == 2
    assert "STEEPEST_KERNELS must be one of f32" in result.stderr
    assert "'neon' came" in result.stderr
    assert "OpenBLAS in f32" in steepest("engines", STEEPEST_KERNELS="f32").stdout


def test_two_builds_of_blas_are_refused(steepest: Run, build_folder: Path) -> None:
    second = build_folder / "bin" / "libsteepest_second_blas.so"
    result = steepest("engines", "--json", LD_PRELOAD=str(second))
    assert result.returncode == 1
    found = json.loads(result.stdout)
    assert found["mixed"] is True
    assert found["routines"]["dgemm_"] == str(second.resolve())
    assert str(second.resolve()) in result.stderr
    assert found["routines"]["cblas_dgemm"] in result.stderr


def test_train_becomes_the_program_beside_this_one(program: Path, tmp_path: Path) -> None:
    here = tmp_path / "bin" / "steepest"
    here.parent.mkdir()
    shutil.copy2(program, here)
    other = tmp_path / "libexec" / "steepest-train"

    def train(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": ""}
        return subprocess.run([here, "train", *words], env=environment, capture_output=True, text=True, check=False)

    missing = train()
    assert missing.returncode == 1
    assert "steepest-train" in missing.stderr
    other.parent.mkdir()
    other.write_text('#!/bin/sh\necho "$@"\nexit 42\n')
    other.chmod(0o755)
    found = train("--help", "polar", "--steps=3")
    assert (found.returncode, found.stdout) == (42, "--help polar --steps=3\n")


def test_plot_draws_records(steepest: Run, tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [{"event": "run", "commit": "a" * 40, "threads": 2}]
    lines += [{"event": "step", "step": k, "loss": 5 / k} for k in range(1, 9)]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = steepest("plot", "run.jsonl", "--out", "loss.png")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert steepest("plot", "run.jsonl").returncode == 2
    assert "Figures from run records" in steepest("plot", "--help").stdout


def test_plot_says_what_is_missing(steepest: Run, tmp_path: Path) -> None:
    result = steepest("plot", "run.jsonl", "--out", "loss.png", STEEPEST_PYTHON="/no/such/python")
    assert result.returncode == 1
    assert "no Python interpreter at /no/such/python" in result.stderr
    (tmp_path / "run.jsonl").write_text('{"event": "run"}\n{"event": "step", "step": 1, "loss": 5}\n')
    hidden = tmp_path / "packages" / "matplotlib"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text('raise ModuleNotFoundError("hidden", name="matplotlib")\n')
    interpreter = tmp_path / "python"
    interpreter.write_text(f'#!/bin/sh\nPYTHONPATH="{hidden.parent}:$PYTHONPATH" exec {sys.executable} "$@"\n')
    interpreter.chmod(0o755)
    result = steepest("plot", "run.jsonl", "--out", "loss.png", STEEPEST_PYTHON=str(interpreter))
    assert result.returncode == 1
    assert "figures need the Python package matplotlib" in result.stderr
