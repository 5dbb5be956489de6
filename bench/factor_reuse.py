"""Whether the last step's factor serves the next one: Q = (M M')^(-1/2) of a momentum M, on later momenta.

Momenta with factor 0.95 of gradients that share a spectrum from 1 to 10^-2.5 and carry noise of 0.3 of their norm,
192 x 576, f64. Prints, by the number of steps in between, the range of the singular values of Q X and what the grade
muon_grade limits: the largest |p_i' U q_i - 1| (0.16) and the off-diagonal part (0.05).
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
ROWS, COLS, MOMENTUM, STEPS = 192, 576, 0.95, 60


def inverse_root(x: Matrix) -> Matrix:
    """(X X')^(-1/2)."""
    values, vectors = np.linalg.eigh(x @ x.T)
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)


def deviations(q: Matrix, x: Matrix) -> tuple[float, float, float, float]:
    """Least and largest singular value of Q X, the largest deviation of its diagonal part from 1, and the rest."""
    left, _, right = np.linalg.svd(x, full_matrices=False)
    values = np.linalg.svd(q @ x, compute_uv=False)
    d = left.T @ q @ x @ right.T
    diagonal = np.diag(d)
    rest = np.linalg.norm(d - np.diag(diagonal), 2)
    return float(values[-1]), float(values[0]), float(np.abs(diagonal - 1).max()), float(rest)


def main() -> None:
    """Prints the table."""
    random = np.random.default_rng(0)
    left, _ = np.linalg.qr(random.standard_normal((ROWS, ROWS)))
    right, _ = np.linalg.qr(random.standard_normal((COLS, ROWS)))
    signal = (left * np.logspace(0, -2.5, ROWS)) @ right.T
    noise = 0.3 * np.linalg.norm(signal) / np.sqrt(ROWS * COLS)

    def stepped(momentum: Matrix) -> Matrix:
        gradient = signal + noise * random.standard_normal((ROWS, COLS))
        return np.asarray(MOMENTUM * momentum + (1 - MOMENTUM) * gradient)

    momentum = signal
    for _ in range(STEPS):
        momentum = stepped(momentum)
    q = inverse_root(momentum)
    print("steps later | singular values of Q X | diagonal | off-diagonal")
    for later in range(1, 6):
        momentum = stepped(momentum)
        least, largest, diagonal, rest = deviations(q, momentum)
        print(f"{later} | {least:.3f} .. {largest:.3f} | {diagonal:.3f} | {rest:.3f}")


if __name__ == "__main__":
    main()
