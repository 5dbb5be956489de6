"""How wrong factors are, in f64 arithmetic, and what may be called a result."""

from dataclasses import dataclass

import numpy as np

from polar_peers.peer import Factors, Matrix


@dataclass(frozen=True)
class Oracle:
    """U and the condition number by an f64 SVD of the matrix as it was rounded."""

    A: Matrix
    U: Matrix
    kappa: float
    epsilon: float  # spacing of 1 in the precision of A


@dataclass(frozen=True)
class Errors:
    """All zero for the factors in exact arithmetic; s is the small side, sigma the singular values of U."""

    orthogonality: float  # ||I - U'U||_F / sqrt(s)
    deviation: float  # max |1 - sigma|
    backward: float  # ||A - U H||_F / ||A||_F with the H that came, else sym(U'A)
    forward: float  # ||U - U_oracle||_F / sqrt(s)

    @property
    def worst_residual(self) -> float:
        """The larger of orthogonality and backward error."""
        return max(self.orthogonality, self.backward)


def small_side_last(X: Matrix) -> Matrix:
    """X in f64, transposed if it is wide."""
    Y = np.asarray(X, np.float64)
    return Y if Y.shape[0] >= Y.shape[1] else Y.T


def oracle_of(A: Matrix) -> Oracle:
    """Compute it: U = P Q'."""
    tall = small_side_last(A)
    P, sigma, Qt = np.linalg.svd(tall, full_matrices=False)
    return Oracle(tall, P @ Qt, float(sigma[0] / sigma[-1]), float(np.finfo(A.dtype).eps))


def errors_of(factors: Factors, oracle: Oracle) -> Errors:
    """Measure factors of the oracle's matrix."""
    U, A = small_side_last(factors.U), oracle.A
    H = U.T @ A if factors.H is None else np.asarray(factors.H, np.float64)
    if factors.H is None:
        H = (H + H.T) / 2
    gram = U.T @ U
    side = np.sqrt(U.shape[1])
    sigma = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0)) if np.isfinite(gram).all() else np.array([np.nan])
    return Errors(
        orthogonality=float(np.linalg.norm(gram - np.eye(len(gram))) / side),
        deviation=float(np.abs(1 - sigma).max()),
        backward=float(np.linalg.norm(A - U @ H) / np.linalg.norm(A)),
        forward=float(np.linalg.norm(U - oracle.U) / side),
    )


def faults(errors: Errors, oracle: Oracle, within: float | None) -> list[str]:
    """What keeps a result from being one, in words; none for a good one.

    `within` given: singular values that near to 1. Otherwise all that rounding allows: residuals of at most
    (20 + 3 sqrt(s)) eps/2, which holds for an SVD, and U within 10 kappa eps of the oracle.
    """
    if within is not None:
        bounds = {"deviation": within}
    else:
        residual = (20 + 3 * np.sqrt(oracle.U.shape[1])) * oracle.epsilon / 2
        bounds = {"orthogonality": residual, "backward": residual, "forward": 10 * oracle.kappa * oracle.epsilon}
    return [
        f"{name} {getattr(errors, name):.1e} > {bound:.1e}"
        for name, bound in bounds.items()
        if not getattr(errors, name) <= bound
    ]
