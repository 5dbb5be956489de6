"""What may be called a result, and what is caught."""

import numpy as np
import pytest

from polar_peers.cases import Case
from polar_peers.errors import errors_of, faults, oracle_of
from polar_peers.peer import Factors, Matrix

SHAPES = [(12, 12), (20, 7), (7, 20)]


def case(rows: int, cols: int) -> Matrix:
    return Case(rows, cols, "f64", 100, ()).matrix()


@pytest.mark.parametrize(("rows", "cols"), SHAPES)
def test_matrices_have_the_spectrum_that_they_promise(rows: int, cols: int) -> None:
    sigma = np.linalg.svd(case(rows, cols), compute_uv=False)
    np.testing.assert_allclose(sigma, 100.0 ** -np.linspace(0, 1, min(rows, cols)), rtol=1e-13)


@pytest.mark.parametrize(("rows", "cols"), SHAPES)
def test_true_factors_have_no_faults(rows: int, cols: int) -> None:
    A = case(rows, cols)
    oracle = oracle_of(A)
    U = oracle.U if rows >= cols else oracle.U.T
    H = U.T @ A if rows >= cols else A @ U.T
    assert faults(errors_of(Factors(U, H), oracle), oracle, None) == []
    assert faults(errors_of(Factors(U, None), oracle), oracle, None) == []


@pytest.mark.parametrize(("rows", "cols"), SHAPES)
def test_a_rotated_factor_is_orthogonal_and_found_out(rows: int, cols: int) -> None:
    # U Q with QQ' = I: orthogonality sees nothing, H = sym(Q'U'A) does not give A back.
    A = case(rows, cols)
    oracle = oracle_of(A)
    rotation = np.linalg.qr(np.random.default_rng(2).standard_normal((cols, cols)))[0]
    U = (oracle.U if rows >= cols else oracle.U.T) @ rotation
    found = errors_of(Factors(U, None), oracle)
    assert found.forward > 0.1
    assert found.orthogonality < 1e-14
    assert found.backward > 0.1
    assert faults(found, oracle, None)


def test_a_wrong_sign_is_seen_by_the_oracle_alone() -> None:
    # U = P J Q' with J = diag(1, .., 1, -1): orthogonal, U'A symmetric, H indefinite. Only U* tells.
    A = case(12, 12)
    oracle = oracle_of(A)
    P, _, Qt = np.linalg.svd(A)
    flip = np.diag([1.0] * 11 + [-1.0])
    found = errors_of(Factors(P @ flip @ Qt, None), oracle)
    assert found.worst_residual < 1e-14
    assert [fault.split()[0] for fault in faults(found, oracle, None)] == ["forward"]


def test_a_wrong_h_is_found_out() -> None:
    A = case(12, 12)
    oracle = oracle_of(A)
    found = errors_of(Factors(oracle.U, 1.001 * oracle.U.T @ A), oracle)
    assert [fault.split()[0] for fault in faults(found, oracle, None)] == ["backward"]


def test_the_deviation_is_that_of_the_farthest_singular_value() -> None:
    oracle = oracle_of(case(20, 7))
    P, _, Qt = np.linalg.svd(oracle.U, full_matrices=False)
    found = errors_of(Factors(P @ np.diag([1, 1, 1.02, 1, 1, 1, 0.97]) @ Qt, None), oracle)
    assert found.deviation == pytest.approx(0.03)
    assert faults(found, oracle, 0.04) == []
    assert faults(found, oracle, 0.02) == ["deviation 3.0e-02 > 2.0e-02"]


def test_no_number_is_a_fault() -> None:
    oracle = oracle_of(case(12, 12))
    found = errors_of(Factors(np.full((12, 12), np.nan), None), oracle)
    assert len(faults(found, oracle, None)) == 3
    assert len(faults(found, oracle, 0.5)) == 1
