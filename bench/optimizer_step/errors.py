"""What the first step from weights of zero says of the direction, in f64, and what may be called a result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer_step.peer import Matrix

WELL_ABOVE_ZERO = 1e-2  # singular values of at least this times ||G||_F are looked at
# |d - 1| and the off-diagonal part that a direction may have: what is promised, and for peers what five steps with the
# coefficients of Muon leave, in bf16.
BOUNDS = {
    "steepest muon_grade": (0.16, 0.05),
    "steepest muon_grade bf16": (0.17, 0.06),  # of the gradient before it was rounded
    "steepest tight": (1e-3, 1e-3),
    "steepest exact": (1e-4, 1e-4),
}
PEER_BOUNDS = (0.5, 0.15)
ADAMW_BOUND = 1e-4  # of |change / learning rate - D|, |D| <= 1
PEER_ADAMW_BOUND = 1e-3  # torch sums the squares of a gradient in f32: 2e-3 of the norm of 124 M entries is missing


@dataclass(frozen=True)
class Errors:
    """Both zero for the exact direction, up to a factor that conventions differ in."""

    diagonal: float  # largest |p_i'D q_i / c - 1|, c the middle of the p_i'D q_i; of AdamW the largest difference
    rotation: float = 0  # ||off-diagonal part of P'D Q / c||_2


@dataclass(frozen=True)
class SingularVectors:
    """Those of a gradient, G = P S Q', that belong to singular values well above zero."""

    P: Matrix
    Q: Matrix


def singular_vectors(gradient: Matrix) -> SingularVectors:
    """By the eigenvectors of the Gram on the short side, whose accuracy suffices above WELL_ABOVE_ZERO."""
    G = np.asarray(gradient, np.float64)
    wide = G if G.shape[0] <= G.shape[1] else G.T
    squares, P = np.linalg.eigh(wide @ wide.T)
    kept = squares >= WELL_ABOVE_ZERO**2 * squares.sum()
    P = P[:, kept]
    Q = wide.T @ P / np.sqrt(squares[kept])
    return SingularVectors(P, Q) if G.shape[0] <= G.shape[1] else SingularVectors(Q, P)


def errors_of_direction(weights: Matrix, vectors: SingularVectors) -> Errors:
    """Of a Muon step: the weights are a negative multiple of the direction."""
    D = vectors.P.T @ (-np.asarray(weights, np.float64)) @ vectors.Q
    diagonal = np.diag(D)
    c = float(diagonal.max() + diagonal.min()) / 2  # the factor that is kindest to every contender
    if not np.isfinite(D).all() or c <= 0:
        return Errors(np.inf, np.inf)
    rest = (D - np.diag(diagonal)) / c
    return Errors(float(np.abs(diagonal / c - 1).max()), float(np.sqrt(np.linalg.eigvalsh(rest.T @ rest)[-1])))


def adamw_error(
    weights: Sequence[Matrix], gradients: Sequence[Matrix], settings: dict[str, float], clip_norm: float
) -> Errors:
    """Of the first step of AdamW, D = f g / (|f g| + epsilon), f the clip factor."""
    norm = np.sqrt(sum(float(np.vdot(g, g)) for g in (np.asarray(G, np.float64) for G in gradients)))
    factor = min(1.0, clip_norm / norm) if clip_norm > 0 else 1.0
    worst = 0.0
    for W, G in zip(weights, gradients, strict=True):
        g = factor * np.asarray(G, np.float64)
        difference = -W / settings["learning_rate"] - g / (np.abs(g) + settings["epsilon"])
        if not np.isfinite(difference).all():
            return Errors(np.inf)
        worst = max(worst, float(np.abs(difference).max()))
    return Errors(worst)


def faults(contender: str, kind: str, errors: Errors) -> list[str]:
    """What keeps a direction from being a result, in words; none for a good one."""
    ours = contender.startswith("steepest")
    of_adamw = (ADAMW_BOUND if ours else PEER_ADAMW_BOUND, 0.0)
    diagonal, rotation = of_adamw if kind == "adamw" else BOUNDS.get(contender, PEER_BOUNDS)
    bounds = {"diagonal": diagonal, "rotation": rotation}
    return [
        f"{name} {getattr(errors, name):.1e} > {bound:.1e}"
        for name, bound in bounds.items()
        if not getattr(errors, name) <= bound
    ]
