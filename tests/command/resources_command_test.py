"""More than the machine has: threads, memory, kernels. Each is refused or cut with a sentence, never in silence."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from refusal import error_of

Run = Callable[..., subprocess.CompletedProcess[str]]

CORES = len(os.sched_getaffinity(0))
TERABYTE = 1 << 40


def sparse_matrix(path: Path, rows: int, cols: int) -> None:
    """Write a matrix of f64 whose zeros take no room on the disk."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {cols}), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with path.open("wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        file.truncate(10 + len(header) + 8 * rows * cols)


@pytest.mark.parametrize("words", [["polar", "X.npy"], ["norms"], ["schedule"], ["engines"], ["optimizers"]])
def test_unknown_kernels_are_refused_by_every_command(steepest: Run, words: list[str]) -> None:
    refused = error_of(steepest(*words, STEEPEST_KERNELS="avx9"), 2)
    assert "[engines] STEEPEST_KERNELS must be one of f32" in refused
    assert "'avx9' came" in refused


def test_threads_are_cut_at_the_cores_with_a_note(steepest: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", np.random.default_rng(0).standard_normal((60, 50)))
    many = CORES + 62
    note = f"steepest: note: [threads] no more than one for each core: {many} on {CORES} core"
    for words, environment in (
        (["polar", "X.npy", "--json"], {"OMP_NUM_THREADS": str(many)}),
        (["polar", "X.npy", "--json", "--threads", str(many)], {}),
        (["engines", "--json"], {"OMP_NUM_THREADS": str(many)}),
    ):
        result = steepest(*words, **environment)
        assert result.returncode == 0, result.stderr
        assert result.stderr.startswith(note)
        assert result.stderr.count("\n") == 1
        assert json.loads(result.stdout)["threads"] == CORES
    assert steepest("polar", "X.npy", "--threads", CORES).stderr == ""


def test_a_file_larger_than_the_memory_is_refused_before_it_is_read(steepest: Run, tmp_path: Path) -> None:
    sparse_matrix(tmp_path / "X.npy", 1 << 18, 1 << 19)
    refused = error_of(steepest("polar", "X.npy"), 1)
    assert f"X.npy: cannot hold its {TERABYTE + 128} bytes, " in refused
    assert "are available: Cannot allocate memory" in refused


def test_a_matrix_whose_factors_do_not_fit_is_refused(steepest: Run, tmp_path: Path) -> None:
    """H of a row of 2^20 entries has 2^40."""
    np.save(tmp_path / "X.npy", np.ones((1, 1 << 20)))
    refused = error_of(steepest("polar", "X.npy", "--out-h", "h.npy"), 1)
    assert "[memory] X.npy: 1 x 1048576 with its factors must fit: at least 8.8e+03 GB are needed" in refused
    assert not (tmp_path / "h.npy").exists()
    assert steepest("polar", "X.npy", "--out-u", "u.npy").returncode == 0


def test_memory_that_the_system_refuses_is_an_error(program: Path, tmp_path: Path) -> None:
    """A limit on the address space, which the sums of what is needed do not see."""
    np.save(tmp_path / "X.npy", np.random.default_rng(0).standard_normal((3000, 3000)))
    command = f"ulimit -v 400000; exec {program} polar X.npy --threads 1"
    result = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    refused = error_of(result, 1)
    assert "[arena] scratch must fit in memory" in refused or "[memory] all must fit in memory" in refused


def test_a_header_that_promises_more_than_the_file_is_refused(steepest: Run, tmp_path: Path) -> None:
    sparse_matrix(tmp_path / "X.npy", 1 << 18, 1 << 19)
    os.truncate(tmp_path / "X.npy", 256)
    said = f"X.npy: 262144 x 524288 entries need {TERABYTE} bytes; the file has 128 (truncated?)"
    assert said in error_of(steepest("polar", "X.npy"), 2)
