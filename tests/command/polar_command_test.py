"""X = U H by the command against NumPy's SVD: U = P Q', H = Q S Q' (right) or P S P' (left), to a few eps.

Bounds: ||U - P Q'|| <= c eps sigma_1 / sigma_s for full rank (Higham 2008, Functions of Matrices, theorem 8.9), and
c eps ||X|| for H, whatever the condition; c = 100 here.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusal import error_of

Run = Callable[..., subprocess.CompletedProcess[str]]
Matrix = NDArray[np.floating[Any]]

SHAPES = [(7, 7), (40, 12), (12, 40), (1, 9), (9, 1), (1, 1)]


def conditioned(rows: int, cols: int, condition: float, seed: int = 0) -> Matrix:
    """Return a matrix with singular values from 1 down to 1 / condition."""
    rng = np.random.default_rng(seed)
    p, _, qt = np.linalg.svd(rng.standard_normal((rows, cols)), full_matrices=False)
    return np.asarray(p * np.geomspace(1, 1 / condition, min(rows, cols)) @ qt)


def factors(x: Matrix, side: str) -> tuple[Matrix, Matrix]:
    """Return U and H of X in double precision."""
    p, s, qt = np.linalg.svd(x.astype(np.float64), full_matrices=False)
    return p @ qt, (qt.T * s @ qt if side == "right" else p * s @ p.T)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Any], Path]:
    """Return a function that saves an array as X.npy."""

    def save(x: Any) -> Path:
        np.save(tmp_path / "X.npy", x)
        return tmp_path / "X.npy"

    return save


@pytest.mark.parametrize("method", ["qdwh", "svd"])
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("shape", SHAPES)
def test_factors_are_those_of_the_svd(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, method: str, side: str, shape: tuple[int, int]
) -> None:
    x = conditioned(*shape, condition=10)
    result = steepest(
        "polar", saved(x), "--method", method, "--side", side, "--out-u", "u.npy", "--out-h", "h.npy", "--json"
    )
    assert (result.returncode, result.stderr) == (0, "")
    u, h = np.load(tmp_path / "u.npy"), np.load(tmp_path / "h.npy")
    wanted_u, wanted_h = factors(x, side)
    eps = np.finfo(float).eps
    assert u.dtype == h.dtype == np.float64
    assert np.linalg.norm(u - wanted_u) <= 100 * eps * 10
    assert np.linalg.norm(h - wanted_h) <= 100 * eps
    assert np.array_equal(h, h.T)
    # The control: the factor of another matrix is as orthogonal, and is caught.
    assert np.linalg.norm(-u - wanted_u) > 1


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_storage_order_and_dtype_are_kept(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, order: str, dtype: str
) -> None:
    x = conditioned(8, 5, 4).astype(dtype)
    path = saved(np.asfortranarray(x) if order == "F" else x)
    assert steepest("polar", path, "--out-u", "u.npy").returncode == 0
    u = np.load(tmp_path / "u.npy")
    assert u.dtype == x.dtype
    assert u.flags.f_contiguous == (order == "F")
    assert np.linalg.norm(u - factors(x, "right")[0]) <= 400 * np.finfo(dtype).eps


def test_dtype_of_the_computation_can_be_chosen(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    path = saved(conditioned(8, 5, 4))
    assert steepest("polar", path, "--dtype", "f32", "--out-u", "u.npy").returncode == 0
    assert np.load(tmp_path / "u.npy").dtype == np.float32
    out = steepest("polar", saved(np.eye(2) * 1e300), "--dtype", "f32")
    assert "entry (0, 0) = 1e+300 leaves the range of f32" in error_of(out, 2)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_empty_matrices_have_empty_factors(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, shape: tuple[int, int]
) -> None:
    result = steepest("polar", saved(np.zeros(shape)), "--out-u", "u.npy", "--out-h", "h.npy", "--certify", "--json")
    assert result.returncode == 0, result.stderr
    assert np.load(tmp_path / "u.npy").shape == shape
    assert np.array_equal(np.load(tmp_path / "h.npy"), np.zeros((shape[1], shape[1])))


def test_report_is_one_json_object(steepest: Run, saved: Callable[[Any], Path]) -> None:
    x = conditioned(30, 20, 1e6)
    result = steepest("polar", saved(x), "--certify", "--json", "--threads", 1)
    report = json.loads(result.stdout)
    assert (report["rows"], report["cols"], report["dtype"], report["threads"]) == (30, 20, "f64", 1)
    assert report["iterations"] <= 9
    assert 0 < report["excess"] <= 1
    assert report["rank"] == 20
    assert report["accepted"] is True
    eps = np.finfo(float).eps
    for residual in ("orthogonality", "backward_error", "asymmetry", "negative_part", "dual_gap", "exact_dual_gap"):
        assert abs(report[residual]) <= 50 * eps, residual


def test_rank_is_partial_or_completed(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    x = np.outer(np.arange(1.0, 7), np.arange(1.0, 5))
    path = saved(x)
    partial = json.loads(steepest("polar", path, "--rank", "partial", "--out-u", "u.npy", "--json").stdout)
    assert partial["rank"] == 1
    assert np.linalg.norm(np.load(tmp_path / "u.npy") - x / np.linalg.norm(x)) <= 1e-13
    complete = json.loads(steepest("polar", path, "--method", "qdwh", "--out-u", "u.npy", "--json").stdout)
    assert complete["completed"] is True
    u = np.load(tmp_path / "u.npy")
    assert np.linalg.norm(u.T @ u - np.eye(4)) <= 1e-13


def test_result_does_not_depend_on_threads(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    path = saved(conditioned(200, 150, 1e3))
    for threads in (1, 2):
        assert steepest("polar", path, "--threads", threads, "--out-u", f"u{threads}.npy").returncode == 0
    assert (tmp_path / "u1.npy").read_bytes() == (tmp_path / "u2.npy").read_bytes()


def test_broken_tolerance_is_an_error_and_writes_nothing(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path
) -> None:
    words = ["polar", saved(conditioned(9, 9, 100)), "--method", "jordan", "--out-u", "u.npy", "--json"]
    assert steepest(*words).returncode == 0  # a polynomial that stops short promises nothing by itself
    (tmp_path / "u.npy").unlink()
    result = steepest(*words, "--tolerance", "1e-6")
    assert "orthogonality must be at most 1e-06; jordan left" in error_of(result, 1)
    assert json.loads(result.stdout)["accepted"] is False
    assert not (tmp_path / "u.npy").exists()


def test_diverged_factors_are_not_accepted(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    """Diverging coefficients leave residuals that are not finite: exit 1, nothing written; a NaN among them: exit 2."""
    x, u = saved(conditioned(12, 8, 10)), tmp_path / "U.npy"
    diverging = steepest("polar", x, "--method", "jordan", "--coefficients", "100,1,2", "--steps", "50", "--out-u", u)
    assert "must be finite" in error_of(diverging, 1)
    assert not u.exists()
    refused = steepest("polar", x, "--method", "jordan", "--coefficients", "nan,1,2", "--out-u", u)
    assert "coefficients must be finite" in error_of(refused, 2)


def test_h_beyond_its_type_is_an_error(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    """||H||_2 = ||X||_2 may be more than the largest number although every entry of X is less."""
    signs = np.array([[1.0, 1, -1], [1, -1, 1], [-1, 1, 1]])
    x, h = saved(1.7e308 * signs), tmp_path / "H.npy"
    assert "H leaves the range of f64" in error_of(steepest("polar", x, "--method", "svd", "--out-h", h), 1)
    assert not h.exists()


def test_wrong_lower_bound_breaks_the_promise_of_qdwh(steepest: Run, saved: Callable[[Any], Path]) -> None:
    words = ["--method", "qdwh", "--lower-bound", "0.9", "--rank", "partial"]
    result = steepest("polar", saved(conditioned(20, 20, 1e8)), *words)
    assert "backward_error must be at most " in error_of(result, 1)
    assert "tolerance       5.551e-15" in result.stdout


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (np.eye(3, dtype=np.int64), "dtype must be '<f4' or '<f8' (float32 or float64, little-endian); '<i8' came"),
        (np.eye(3, dtype=np.complex128), "'<c16' came"),
        (np.eye(3, dtype=">f8"), "'>f8' came"),
        (np.ones(4), "a matrix has two axes; the shape (4) came"),
        (np.ones((2, 2, 2)), "a matrix has two axes; the shape (2, 2, 2) came"),
        (np.array([[1.0, 2.0], [np.nan, np.inf]]), "entries must be finite; entry (1, 0) is nan"),
        (np.asfortranarray([[1.0, -np.inf], [np.nan, 1.0]]), "entries must be finite; entry (0, 1) is -inf"),
    ],
)
def test_bad_data_are_refused_by_name(
    steepest: Run, saved: Callable[[Any], Path], entries: NDArray[Any], said: str
) -> None:
    assert said in error_of(steepest("polar", saved(entries), "--json"), 2)


@pytest.mark.parametrize("size", [0, 5, 60, 100])
def test_truncated_files_are_refused(steepest: Run, saved: Callable[[Any], Path], size: int) -> None:
    path = saved(np.eye(2))
    path.write_bytes(path.read_bytes()[:size])
    assert "X.npy" in error_of(steepest("polar", path), 2)


def test_missing_files_and_folders_are_named(steepest: Run) -> None:
    assert "missing.npy: cannot open: No such file or directory" in error_of(steepest("polar", "missing.npy"), 1)
    for flag in ("--out-u", "--out-plan", "--profile"):  # before any work: X is missing too
        assert "no/u.npy" in error_of(steepest("polar", "missing.npy", flag, "no/u.npy"), 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "qdwhh"], "unknown method 'qdwhh'; closest: 'qdwh'"),
        (["--method", "polar_express", "--degree", "4"], "; 4 came"),
        (["--method", "jordan", "--steps", "0"], "--steps must lie in 1 .. 1000; 0 came"),
        (["--method", "jordan", "--degree", "3"], "jordan does not read --degree"),
        (["--method", "polar_express", "--safety", "0.5"], "safety"),
        (["--method", "polar_express", "--cushion", "1"], "cushion"),
        (["--method", "qdwh", "--steps", "3"], "qdwh does not read --steps"),
        (["--method", "qdwh", "--normalization", "schatten4"], "qdwh does not read --normalization"),
        (["--steps", "3"], "--steps belongs to the grade steps; exact came"),
        (["--degree", "3"], "auto does not read --degree"),
        (["--grade", "tihgt"], "grade 'tihgt' is not known; closest: 'tight'"),
        (["--grade", "tight", "--tolerance", "1e-3"], "--tolerance belongs to the grade exact; tight came"),
        (["--method", "qdwh", "--grade", "tight"], "qdwh does not read --grade"),
        (["--method", "qdwh", "--explain"], "belong to the method auto; qdwh came"),
        (["--certificate", "none", "--tolerance", "1e-3"], "need residuals; --certificate none came"),
        (["--certificate", "some"], "certificate 'some' is not known"),
        (["--repeat", "0"], "--repeat must lie in 1 .. 1000; 0 came"),
        (["--method", "jordan", "--coefficients", "1,2"], "--coefficients"),
        (["--method", "preset", "--preset", "yuo"], "unknown preset 'yuo'; closest: 'you'"),
        (["--method", "preset", "--preset", "aol"], "preset aol is for matrices scaled by the sums of the rows"),
        (["--method", "newton", "--lower", "1e-300"], "lower_bound of newton must be at least 1e-200"),
        (
            ["--method", "polar_express", "--safety", "1", "--lower", "1e-12"],
            "does not converge from lower_bound 1e-12",
        ),
        (["--method", "zolo_pd", "--order", "9"], "--order must lie in 1 .. 8; 9 came"),
        (["--method", "newton", "--scaling", "higam"], "scaling 'higam' is not known; closest: 'higham'"),
        (["--method", "polar_express", "--form", "grams"], "form 'grams' is not known; closest: 'gram'"),
        (["--method", "polar_express", "--form", "gram", "--degree", "7"], "degree 7 came"),
        (["--method", "jordan", "--normalization", "schatten"], "closest: 'schatten4'"),
        (["--lower-bound", "-1"], "--lower-bound must lie in (0, 1); -1 came"),
        (["--lower-bound", "nan"], "--lower-bound must lie in (0, 1); nan came"),
        (["--dtype", "f16"], "dtype 'f16' is not known"),
        (["--rank", "full"], "rank 'full' is not known"),
        (["--side", "up"], "side 'up' is not known"),
        (["--tolerance", "-1"], "--tolerance must be finite and above 0; -1 came"),
        (["--tolerance", "0"], "--tolerance must be finite and above 0; 0 came"),
        (["--method", "cans", "--delta", "0.1", "--lower", "0.2"], "--delta finds the lower bound; --lower-bound 0.2"),
        (["--out-u", "x.npy", "--out-h", "./x.npy"], "--out-u and --out-h must name two files; x.npy came"),
        (["--out-u", "x.npy", "--profile", "x.npy"], "--out-u and --profile must name two files; x.npy came"),
        (["--threads", "0"], "--threads must lie in 1 .. 1024; 0 came"),
        (["--steps", "many"], "--steps"),
        (["--metod", "qdwh"], "polar: '--metod' is not known; closest: '--method'"),
        (["other.npy"], "one argument too many: 'other.npy'"),
    ],
)
def test_usage_is_refused_before_the_file_is_read(steepest: Run, words: list[str], said: str) -> None:
    assert said in error_of(steepest("polar", "missing.npy", *words), 2)


@pytest.mark.parametrize(
    "words",
    [
        ["--method", "jordan", "--coefficients", "1.5,-0.5,0", "--steps", "30"],
        ["--method", "preset", "--preset", "jiacheng", "--steps", "30"],
        ["--method", "polar_express", "--uncentred", "--degree", "7"],
        ["--method", "polar_express", "--large-gap", "--steps", "9"],
        ["--method", "polar_express", "--form", "gram", "--normalization", "schatten4"],
        ["--method", "cans", "--delta", "0.01", "--steps", "9"],
        ["--method", "lewis", "--lower-bound", "0.001"],
        ["--method", "gram_halley", "--steps", "4"],
        ["--method", "gram_zolotarev", "--delta", "0.01", "--lower-bound", "0.01"],
        ["--method", "zolo_pd", "--order", "3"],
        ["--method", "newton", "--scaling", "frobenius"],
    ],
)
def test_every_option_reaches_the_method(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, words: list[str]
) -> None:
    x = conditioned(40, 25, 20)
    result = steepest("polar", saved(x), *words, "--out-u", "u.npy", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["iterations"] > 0
    assert np.linalg.norm(np.load(tmp_path / "u.npy") - factors(x, "right")[0], 2) <= 0.2


GRADES = {"muon_grade": (0.16, 0.05, 1.16), "tight": (1e-3, 1e-3, 1.001)}


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("grade", GRADES)
def test_grades_are_promises_about_the_whole_factor(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, grade: str, dtype: str
) -> None:
    rng = np.random.default_rng(5)
    p, _, qt = np.linalg.svd(rng.standard_normal((60, 90)), full_matrices=False)
    x = (p * np.geomspace(1, 1e-6, 60) @ qt * 1e15).astype(dtype)
    result = steepest("polar", saved(x), "--grade", grade, "--out-u", "u.npy", "--out-h", "h.npy", "--json")
    assert result.returncode == 0, result.stderr
    p, s, qt = np.linalg.svd(x.astype(np.float64), full_matrices=False)
    spoken = s >= 1e-3 * np.linalg.norm(s)
    u = np.load(tmp_path / "u.npy")
    assert u.dtype == x.dtype
    core = p[:, spoken].T @ u @ qt[spoken].T
    diagonal, off_diagonal, largest = GRADES[grade]
    assert np.abs(np.diag(core) - 1).max() <= diagonal
    assert np.linalg.norm(core - np.diag(np.diag(core)), 2) <= off_diagonal
    assert np.linalg.norm(u, 2) <= largest
    h = np.load(tmp_path / "h.npy").astype(np.float64)
    assert np.linalg.norm(u @ h - x) <= 0.4 * np.linalg.norm(x)


def test_the_choice_is_explained_with_its_alternatives(steepest: Run, saved: Callable[[Any], Path]) -> None:
    path = saved(conditioned(50, 40, 10))
    text = steepest("polar", path, "--explain").stdout
    assert "predicted ms" in text
    assert "chosen" in text
    report = json.loads(steepest("polar", path, "--explain", "--measure", "--repeat", 3, "--json").stdout)
    chosen, others = report["plan"]["chosen"], report["plan"]["others"]
    assert report["runs"] == 3
    assert chosen["keeps_promise"]
    assert chosen["measured_seconds"] > 0
    kept = [other for other in others if other["keeps_promise"]]
    assert kept
    assert all(other["seconds"] >= chosen["seconds"] and other["measured_seconds"] > 0 for other in kept)
    assert all(other["reason"] for other in others)
    assert "others" not in json.loads(steepest("polar", path, "--json").stdout)["plan"]


def test_a_stored_plan_is_repeated_under_other_rates(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path
) -> None:
    path = saved(conditioned(64, 64, 10))
    words = ["--grade", "muon_grade", "--out-u"]
    assert steepest("polar", path, *words, "first.npy", "--out-plan", "plan.json").returncode == 0
    slow = ["inverse", "triangular", "qr", "svd"]
    fast = ["product", "gram", "symmetric", "cholesky", "pivoted_qr", "eigh", "pass", "memory", "reduction"]
    rates = {kernel: [1e-3] for kernel in slow} | {kernel: [100] for kernel in fast}
    tables = [{"engine": "host", "dtype": dtype, "threads": 1, "rates": rates} for dtype in ("f32", "f64")]
    (tmp_path / "rates.json").write_text(json.dumps({"machine": "another", "sizes": [64], "tables": tables}))
    other = steepest("polar", path, *words, "other.npy", "--rates", "rates.json", "--json")
    assert json.loads(other.stdout)["plan"]["machine"] == "another"
    assert (tmp_path / "other.npy").read_bytes() != (tmp_path / "first.npy").read_bytes()
    again = steepest("polar", path, "--out-u", "again.npy", "--plan", "plan.json")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.npy").read_bytes() == (tmp_path / "first.npy").read_bytes()
    refused = steepest("polar", saved(np.eye(3)), "--plan", "plan.json")
    assert "the plan is for 64 x 64 f64; 3 x 3 f64 came" in error_of(refused, 2)


def test_a_stored_plan_honours_or_refuses_what_stands_beside_it(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path
) -> None:
    path = saved(conditioned(30, 20, 10))
    words = ["polar", path, "--tolerance", "1e-3", "--lower-bound", "0.05", "--rank", "partial"]
    assert steepest(*words, "--out-plan", "plan.json").returncode == 0
    for flag, planned, other in (
        ("--tolerance", "0.001", "1e-12"),
        ("--lower-bound", "0.05", "0.5"),
        ("--rank", "partial", "complete"),
    ):
        assert steepest("polar", path, "--plan", "plan.json", flag, planned).returncode == 0
        refused = error_of(steepest("polar", path, "--plan", "plan.json", flag, other), 2)
        assert f"the plan is for {flag} {planned}; {other} came" in refused
    refused = error_of(steepest("polar", path, "--plan", "plan.json", "--steps", 3), 2)
    assert "the plan is for the grade exact, which does not read --steps; 3 came" in refused
    assert steepest("polar", path, "--grade", "steps", "--steps", 3, "--out-plan", "three.json").returncode == 0
    assert steepest("polar", path, "--plan", "three.json", "--steps", 3).returncode == 0
    refused = error_of(steepest("polar", path, "--plan", "three.json", "--steps", 4), 2)
    assert "the plan is for --steps 3; 4 came" in refused
    full = json.loads(steepest("polar", path, "--plan", "plan.json", "--certify", "--json").stdout)
    assert full["certificate"] == "full"
    assert full["negative_part"] is not None
    plan = json.loads((tmp_path / "plan.json").read_text())
    plan["chosen"]["restarts"] = [7, -1]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert "restarts" in error_of(steepest("polar", path, "--plan", "plan.json"), 1)


def test_what_no_method_keeps_is_refused_with_the_nearest(steepest: Run, saved: Callable[[Any], Path]) -> None:
    refused = error_of(steepest("polar", saved(np.eye(3)), "--tolerance", "1e-20"), 2)
    assert "no method is proved to keep exact in f64; " in refused
    assert "inf" not in refused


def test_auto_goes_on_to_its_next_candidate(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    # The bound is wrong, and what is proved from it does not hold; what needs no bound does.
    path = saved(conditioned(60, 40, 1e9))
    words = ["--tolerance", "1e-11", "--lower-bound", "0.5", "--rank", "partial", "--explain", "--json", "--out-u"]
    report = json.loads(steepest("polar", path, *words, "u.npy").stdout)
    assert report["accepted"]
    assert (tmp_path / "u.npy").exists()
    reasons = [other["reason"] for other in report["plan"]["others"]]
    assert any(reason.startswith("missed here: [polar] ") for reason in reasons)


def test_promises_of_complete_factors_hold_for_null_columns(steepest: Run, saved: Callable[[Any], Path]) -> None:
    x = conditioned(60, 40, 5)
    x[:, 7] = 0
    report = json.loads(
        steepest("polar", saved(x), "--tolerance", "1e-3", "--lower", "0.1", "--explain", "--json").stdout
    )
    assert report["orthogonality"] <= 1e-3
    assert not any("missed here" in other["reason"] for other in report["plan"]["others"])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("method", ["auto", "qdwh", "zolo_pd", "newton", "svd"])
def test_sums_of_equal_terms_keep_the_tolerance(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, dtype: str, method: str
) -> None:
    # ||X - U H||_F / ||X||_F and ||I - U'U||_F / sqrt(s) in extended precision; 50 eps/2, svd (20 + 3 sqrt(s)) eps/2.
    x = ((np.tril(-np.ones((600, 150))) + 2 * np.eye(600, 150)) * 0.285 ** (0.2 * np.arange(150))).astype(dtype)
    result = steepest("polar", saved(x), "--method", method, "--out-u", "u.npy")
    assert (result.returncode, result.stderr) == (0, "")
    a, u = x.astype(np.longdouble), np.load(tmp_path / "u.npy").astype(np.longdouble)
    h = (u.T @ a + a.T @ u) / 2
    bound = (20 + 3 * np.sqrt(150) if method == "svd" else 50) * np.finfo(dtype).eps / 2
    assert np.linalg.norm((u.T @ u - np.eye(150)).astype(float)) / np.sqrt(150) <= bound
    residual = np.linalg.norm((a - u @ h).astype(float)) / np.linalg.norm(a.astype(float))
    assert residual <= bound
    # The control: the factor of another matrix is as orthogonal, and is caught.
    assert np.linalg.norm((a + u @ h).astype(float)) > 1


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1, 3])
@pytest.mark.parametrize(("rows", "cols"), [(600, 64), (300, 32)])
@pytest.mark.parametrize("rank", ["complete", "partial"])
def test_columns_of_one_large_and_many_small_entries_are_orthonormal(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, rows: int, cols: int, scale: float, rank: str
) -> None:
    # ||I - U'U||_F / sqrt(s) <= 50 eps/2 in extended precision; in double its sums round one way, and hide the defect.
    x = np.ones((rows, cols)) + scale * np.eye(rows, cols)
    for method in ["auto", "newton_halley", "zolo_pd"]:
        words = ["--method", method, "--rank", rank, "--tolerance", "5.55e-15", "--out-u", "u.npy", "--json"]
        result = steepest("polar", saved(x), *words)
        assert (result.returncode, result.stderr) == (0, "")
        u = np.load(tmp_path / "u.npy").astype(np.longdouble)
        defect = np.linalg.norm((u.T @ u - np.eye(cols)).astype(float)) / np.sqrt(cols)
        assert defect <= 50 * 2.0**-53
        assert abs(json.loads(result.stdout)["orthogonality"] - defect) <= 25 * 2.0**-53  # what is reported is there


@pytest.mark.parametrize("method", ["auto", "qdwh"])
def test_partial_factors_of_full_rank_are_the_complete_ones(
    steepest: Run, saved: Callable[[Any], Path], tmp_path: Path, method: str
) -> None:
    i, j = np.arange(300)[:, None], np.arange(100)[None, :]
    for x in [np.tril(np.ones((600, 150))), np.minimum(i, j) + 1.0, -np.ones((300, 100)) + 2 * np.eye(300, 100)]:
        for rank in ["complete", "partial"]:
            words = ["--method", method, "--rank", rank, "--out-u", f"{rank}.npy"]
            assert steepest("polar", saved(x), *words).returncode == 0
        complete, partial = np.load(tmp_path / "complete.npy"), np.load(tmp_path / "partial.npy")
        condition = np.linalg.cond(x)
        assert np.linalg.norm(complete - partial) <= 100 * np.finfo(float).eps * condition * np.sqrt(x.shape[1])


def test_partial_factors_may_leave_out_what_is_null(steepest: Run, saved: Callable[[Any], Path]) -> None:
    # Singular values of 100 eps are null in 200 columns, and too large for 50 eps/2.
    eps = np.finfo(float).eps
    rng = np.random.default_rng(3)
    p, q = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (200, 200))
    path = saved(p * np.r_[np.ones(20), np.full(180, 100 * eps)] @ q.T)
    report = json.loads(steepest("polar", path, "--rank", "partial", "--json").stdout)
    assert report["accepted"]
    assert report["rank"] == 20
    assert report["left_out"] == pytest.approx(np.sqrt(180) * 200 * eps)
    assert report["tolerance"] < report["backward_error"] <= report["tolerance"] + report["left_out"]
    assert json.loads(steepest("polar", path, "--json").stdout)["left_out"] is None
    flat = json.loads(steepest("polar", saved(np.ones((257, 200), "f4")), "--rank", "partial", "--json").stdout)
    assert flat["accepted"]
    assert flat["orthogonality"] <= 25 * np.finfo("f4").eps


def test_bad_rates_and_plans_are_refused(steepest: Run, saved: Callable[[Any], Path], tmp_path: Path) -> None:
    path = saved(np.eye(3))
    (tmp_path / "bad.json").write_text("{}")
    assert "bad.json: [rates] the text must be" in error_of(steepest("polar", path, "--rates", "bad.json"), 1)
    assert "missing.json" in error_of(steepest("polar", path, "--rates", "missing.json"), 1)
    assert "[plan] the text must be" in error_of(steepest("polar", path, "--plan", "bad.json"), 1)
    assert "an .npy file must be named" in error_of(steepest("polar"), 2)


def test_a_promise_that_nothing_keeps_is_refused(steepest: Run, saved: Callable[[Any], Path]) -> None:
    result = steepest("polar", saved(np.eye(3)), "--tolerance", "1e-20")
    assert "no method is proved to keep exact in f64" in error_of(result, 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_no_file(
    program: Path, saved: Callable[[Any], Path], tmp_path: Path, number: signal.Signals
) -> None:
    path = saved(np.random.default_rng(0).standard_normal((2500, 2500)))  # many seconds of work
    command = [str(program), "polar", str(path), "--out-u", "u.npy", "--threads", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        time.sleep(0.7)
        process.send_signal(number)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted" in error
    assert [path.name for path in tmp_path.iterdir()] == ["X.npy"]
