"""Errors of a direction: 0 for -c P Q', the perturbation for one of a known size, and faults beyond the bounds."""

import numpy as np
import pytest

from optimizer_step.errors import Errors, adamw_error, errors_of_direction, faults, singular_vectors


@pytest.mark.parametrize("shape", [(20, 20), (12, 30), (30, 12)])
def test_the_polar_factor_has_no_error_and_a_rotated_one_has(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    G = random.standard_normal(shape)
    P, _, Qt = np.linalg.svd(G, full_matrices=False)
    vectors = singular_vectors(G)
    exact = errors_of_direction(-0.3 * P @ Qt, vectors)
    assert max(exact.diagonal, exact.rotation) < 1e-9
    turn = np.eye(12 if min(shape) == 12 else 20)
    turn[:2, :2] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    turned = errors_of_direction(-(P @ turn @ Qt), vectors)
    middle = (1 + np.cos(0.2)) / 2
    assert turned.rotation == pytest.approx(np.sin(0.2) / middle, rel=1e-3)
    assert turned.diagonal == pytest.approx(1 - np.cos(0.2) / middle, rel=1e-3)
    assert errors_of_direction(P @ Qt, vectors).diagonal == np.inf, "uphill"


@pytest.mark.parametrize("clip_norm", [0.0, 0.5])
def test_adamw_is_checked_with_its_clip_factor(clip_norm: float) -> None:
    random = np.random.default_rng(2)
    G = [random.standard_normal((3, 4)), random.standard_normal((1, 5))]
    norm = np.sqrt(sum((g**2).sum() for g in G))
    f = min(1.0, clip_norm / norm) if clip_norm else 1.0
    settings = {"learning_rate": 0.1, "epsilon": 0.5}
    W = [-0.1 * f * g / (np.abs(f * g) + 0.5) for g in G]
    assert adamw_error(W, G, settings, clip_norm).diagonal < 1e-12
    assert adamw_error([1.01 * w for w in W], G, settings, clip_norm).diagonal > 1e-4
    assert adamw_error([W[0], np.nan * W[1]], G, settings, clip_norm).diagonal == np.inf


def test_faults_by_contender() -> None:
    assert faults("steepest tight", "muon", Errors(2e-3, 0)) == ["diagonal 2.0e-03 > 1.0e-03"]
    assert faults("torch Muon", "muon", Errors(0.4, 0.1)) == []
    assert faults("torch Muon", "muon", Errors(np.nan, 0)) != []
    assert faults("torch AdamW fused", "adamw", Errors(2e-3)) != []
    assert faults("torch AdamW fused", "adamw", Errors(2e-4)) == []
    assert faults("steepest adamw", "adamw", Errors(2e-4)) != []
