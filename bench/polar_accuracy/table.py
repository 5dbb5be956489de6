"""The accuracy of polar factors by every method that runs to convergence, as the table of docs/performance.md.

    .venv/bin/python bench/polar_accuracy/table.py build/release/bin/steepest

For each matrix the larger of ||I - U'U||_F / sqrt(s) and ||X - U H||_F / ||X||_F with H = sym(U'X), in units of eps/2.
U is the command's; products are in f64 for f32 and in extended precision for f64.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]

METHODS = ("qdwh", "zolo_pd", "newton", "newton_halley", "polar_express", "svd")


def spectrum(rows: int, cols: int, condition: float) -> Matrix:
    """Return a matrix with a geometric spectrum and random singular vectors."""
    rng = np.random.default_rng(rows + cols)
    p, q = (np.linalg.qr(rng.standard_normal((n, min(rows, cols))))[0] for n in (rows, cols))
    return np.asarray(p * np.geomspace(1, 1 / condition, min(rows, cols)) @ q.T)


def kahan(n: int, c: float) -> Matrix:
    """Return Kahan's triangle."""
    return np.asarray(np.sqrt(1 - c * c) ** np.arange(n)[:, None] * (np.eye(n) - np.triu(np.full((n, n), c), 1)))


def matrices() -> dict[str, Matrix]:
    """Return the matrices of the table by name."""
    rows, cols = np.arange(600.0)[:, None], np.arange(150.0)[None, :]
    wilkinson = 2 * np.eye(600, 150) - np.tril(np.ones((600, 150)))
    return {
        "200 x 200, kappa 1": spectrum(200, 200, 1),
        "200 x 200, kappa 1e7": spectrum(200, 200, 1e7),
        "200 x 200, kappa 1e15": spectrum(200, 200, 1e15),
        "512 x 128, kappa 1e15": spectrum(512, 128, 1e15),
        "128 x 512, kappa 1e7": spectrum(128, 512, 1e7),
        "triangle of ones, 600 x 150": np.tril(np.ones((600, 150))),
        "Wilkinson's triangle, 600 x 150": wilkinson,
        "the same, graded by 0.285^(j/5)": wilkinson * 0.285 ** (0.2 * cols),
        "Kahan, c = 0.9, 300 x 300": kahan(300, 0.9),
        "Hilbert, 600 x 150": 1 / (1 + rows + cols),
        "Vandermonde, 600 x 150": ((rows + 1) / 600) ** cols,
        "least of the indices, 600 x 150": np.minimum(rows, cols) + 1,
    }


def tall_and_wide_enough(x: Matrix) -> Matrix:
    """Return the matrix or its transpose, tall, in a precision in which its products are exact beside its own."""
    precise: Matrix = x.astype(np.float64) if x.dtype == np.float32 else x.astype(np.longdouble)
    return precise if x.shape[0] >= x.shape[1] else precise.T


def norm(x: Matrix) -> float:
    """Return ||X||_F."""
    return float(np.linalg.norm(x.astype(np.float64)))


def residual(x: Matrix, u: Matrix) -> float:
    """Return the larger of orthogonality and backward error, in units of eps/2 of x."""
    a, w = tall_and_wide_enough(x), tall_and_wide_enough(u)
    s: Matrix = w.T @ a
    h: Matrix = (s + s.T) * 0.5
    backward = norm(a - w @ h) / norm(a)
    defect = norm(w.T @ w - np.eye(w.shape[1])) / float(np.sqrt(w.shape[1]))
    return max(backward, defect) * 2 / float(np.finfo(x.dtype).eps)


def factor(program: str, folder: Path, x: Matrix, method: str) -> Matrix:
    """Return U by the command."""
    np.save(folder / "x.npy", x)
    words = [program, "polar", str(folder / "x.npy"), "--method", method, "--out-u", str(folder / "u.npy")]
    if method == "polar_express":
        bound = float(np.finfo(x.dtype).eps) / 2 / float(np.sqrt(min(x.shape)))
        words += ["--cushion", "0.3", "--lower-bound", repr(bound)]
    subprocess.run(words, check=True, capture_output=True)
    return np.asarray(np.load(folder / "u.npy"))


def main(program: str) -> None:
    """Print the table."""
    print("| eps/2, f64 and f32 |", " | ".join(METHODS), "|")
    print("|", " | ".join(["---"] * (len(METHODS) + 1)), "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, x in matrices().items():
            cells = []
            for method in METHODS:
                found = [residual(y, factor(program, Path(folder), y, method)) for y in (x, x.astype(np.float32))]
                cells.append(", ".join(f"{value:.1f}" for value in found))
            print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
