"""A profile: calls in the form of Chrome traces, and a table of phases whose seconds are those of the run.

On one thread the verbs follow one another, so that their seconds sum to at most those of the call, and to most of them.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from refusal import error_of

Run = Callable[..., subprocess.CompletedProcess[str]]

PHASES = {"gram", "polynomial", "factorization", "conversion", "memory"}


@pytest.fixture
def x(tmp_path: Path) -> Path:
    np.save(tmp_path / "X.npy", np.random.default_rng(1).standard_normal((400, 300)))
    return tmp_path / "X.npy"


SOME = {"polar_express": {"gram", "polynomial", "memory"}, "qdwh": {"factorization", "polynomial"}, "auto": {"gram"}}


@pytest.mark.parametrize("method", SOME)
def test_phases_sum_to_the_time_of_the_call(steepest: Run, x: Path, tmp_path: Path, method: str) -> None:
    words = ["polar", x, "--method", method, "--certificate", "none", "--threads", 1, "--repeat", 2]
    result = steepest(*words, "--profile", "trace.json", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    rows = {row["phase"]: row for row in report["profile"]}
    assert SOME[method] <= set(rows) <= PHASES
    assert all(row["calls"] > 0 and row["seconds"] >= 0 for row in rows.values())
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert len(events) == sum(row["calls"] for row in rows.values())  # of one run, not of two
    spent = sum(event["dur"] for event in events) * 1e-6
    assert spent == pytest.approx(sum(row["seconds"] for row in rows.values()), abs=1e-6 * len(events))
    whole = max(event["ts"] + event["dur"] for event in events) * 1e-6
    assert 0.5 * whole <= spent <= 1.001 * whole
    assert {event["cat"] for event in events} == set(rows)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_the_table_is_printed_and_the_factor_is_the_same(steepest: Run, x: Path, tmp_path: Path) -> None:
    plain = steepest("polar", x, "--out-u", "u.npy")
    watched = steepest("polar", x, "--out-u", "v.npy", "--profile", "trace.json")
    assert (plain.returncode, watched.returncode) == (0, 0)
    assert "Gflop/s" not in plain.stdout
    assert any(line.split()[:1] == ["phase"] for line in watched.stdout.splitlines())
    assert any(line.split()[:1] == ["memory"] for line in watched.stdout.splitlines())
    assert (tmp_path / "u.npy").read_bytes() == (tmp_path / "v.npy").read_bytes()


def test_what_is_not_accepted_leaves_no_profile(steepest: Run, x: Path, tmp_path: Path) -> None:
    words = ["polar", x, "--method", "jordan", "--tolerance", "1e-9", "--profile", "trace.json"]
    assert "must be at most" in error_of(steepest(*words), 1)
    assert not (tmp_path / "trace.json").exists()
