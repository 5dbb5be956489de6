"""One PolarGrad iteration of the paper's quadratic problem against the same in PyTorch, on this machine.

    PYTHONPATH=python .venv/bin/python bench/matrix_problems/quadratic_step.py --command build/release/bin/steepest

Contenders, all in f32 from the same start with the published rate: PyTorch with QDWH stopped at two steps; steepest
with the same by the same factorizations (`qdwh2`); and steepest with the same function of the singular values through
the Gram in f64 and the gradient by normal equations (`qdwh2_gram`, `--gradient normal`). The last is the planner's
choice of an exact factor (`auto`) at 3e-8, since exact factors diverge at the published rate. Rounds are interleaved,
so that all see the same disturbances; the median of the rounds counts. Prints milliseconds of an iteration, evaluation
included, and the gap after the last step.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

RATE = 4e-8
EXACT_RATE = 3e-8
EPSILON = 2.0**-23


def halley_weights(lower: float) -> tuple[float, float, float, float]:
    """Return a, b, c of a QDWH step from this bound, and the bound after it (Nakatsukasa, Bai and Gygi 2010)."""
    d = (4 * (1 / lower**2 - 1) / lower**2) ** (1 / 3)
    s = (1 + d) ** 0.5
    a = s + (2 - d + 2 * (2 - lower**2) / (lower**2 * s)) ** 0.5
    b = (a - 1) ** 2 / 4
    c = a + b - 1
    return a, b, c, lower * (a + b * lower**2) / (1 + c * lower**2)


def two_step_qdwh(X: Tensor) -> Tensor:
    """Return QDWH of tall X from the bound epsilon after two steps by QR, and a cubic Newton-Schulz step."""
    m, n = X.shape
    U = X / torch.sqrt(torch.linalg.matrix_norm(X, 1) * torch.linalg.matrix_norm(X, torch.inf))
    lower, identity = EPSILON, torch.eye(n)
    for _ in range(2):
        a, b, c, lower = halley_weights(lower)
        Q, _ = torch.linalg.qr(torch.cat((c**0.5 * U, identity)))
        U = (b / c) * U + ((a - b / c) / c**0.5) * (Q[:m] @ Q[m:].T)
    return 1.5 * U - 0.5 * U @ (U.T @ U)


def torch_round(steps: int) -> tuple[float, float]:
    """Return seconds of a step in PyTorch, and the last gap in f64."""
    torch.manual_seed(42)
    A, B, C = torch.randn(1000, 500), torch.randn(100, 250), torch.randn(1000, 250)
    torch.manual_seed(42)
    X = torch.empty(500, 100).uniform_(-1, 1)
    started = time.perf_counter()
    for _ in range(steps):
        R = A @ X @ B - C
        float((R * R).sum()) / 2
        G = A.T @ (R @ B.T)
        U = two_step_qdwh(G)
        X -= RATE * (G * U).sum() * U
    seconds = (time.perf_counter() - started) / steps
    A64, B64, C64 = A.double(), B.double(), C.double()
    best = torch.linalg.lstsq(A64, torch.linalg.lstsq(B64.T, C64.T).solution.T).solution
    return seconds, float((A64 @ (X.double() - best) @ B64).square().sum()) / 2


def steepest_round(command: Path, words: list[str], steps: int, threads: int) -> tuple[float, float]:
    """Return the same of `steepest problem quadratic`."""
    call = [str(command), "problem", "quadratic", "--steps", str(steps), "--spectrum-every", "0",
            "--no-record", "--json", "--threads", str(threads), *words]  # fmt: skip
    environment = os.environ | {"OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=environment)
    run = json.loads(done.stdout)["runs"][0]
    return run["seconds"] / steps, run["gap"]


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)

    def ours(*words: str) -> Callable[[], tuple[float, float]]:
        return lambda: steepest_round(given.command, list(words), given.steps, given.threads)

    contenders: dict[str, Callable[[], tuple[float, float]]] = {
        "PyTorch, QDWH at 2 steps": lambda: torch_round(given.steps),
        "steepest, qdwh2": ours("--oracle", "qdwh2", "--lr", f"{RATE:g}"),
        "steepest, qdwh2_gram": ours("--oracle", "qdwh2_gram", "--lr", f"{RATE:g}"),
        "steepest, qdwh2_gram, normal equations": ours(
            "--oracle", "qdwh2_gram", "--lr", f"{RATE:g}", "--gradient", "normal"
        ),
        "steepest, auto, normal equations": ours("--oracle", "auto", "--lr", f"{EXACT_RATE:g}", "--gradient", "normal"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    gaps: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, contender in contenders.items():
            time_of_a_step, gaps[name] = contender()
            seconds[name].append(time_of_a_step)
    first = statistics.median(next(iter(seconds.values())))
    print(f"{'':40}{'ms a step':>10}{'times':>7}{'gap':>10}")
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name:40}{1e3 * middle:10.2f}{first / middle:7.2f}{gaps[name]:10.3g}")


if __name__ == "__main__":
    main()
