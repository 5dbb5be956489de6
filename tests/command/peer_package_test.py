"""`steepest trace --as` against the packages themselves, at settings, shapes and gradients drawn at random.

Bound: max |W - theirs| <= 1e-10 (1 + max |W|) in f64 and 1e-4 in f32 after five steps. A package that is not installed
is skipped by name; what all of them made of three draws each is kept in peer_packages.json and compared everywhere.
`python tests/command/peer_package_test.py` makes that file again, where all of them are installed.
"""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from peer_packages import ROWS, PeerRow

Run = Callable[..., subprocess.CompletedProcess[str]]
Matrix = npt.NDArray[np.float64]

KEPT = Path(__file__).with_name("peer_packages.json")
CASES = int(os.environ.get("STEEPEST_PEER_CASES", "3"))
STEPS = 5
BOUNDS = {"f64": 1e-10, "f32": 1e-4}
SHAPES = ((4, 6), (6, 4), (5, 5), (1, 7), (7, 1), (2, 9), (12, 3))
SQUARE = ((4, 4), (6, 6))


@dataclass(frozen=True)
class Problem:
    """W0 and gradients of a draw."""

    start: Matrix
    gradients: list[Matrix]

    @classmethod
    def of(cls, shape: tuple[int, int], scale: float, seed: int) -> "Problem":
        """Draw standard normal entries, the gradients' times the scale, from the stream that numpy keeps for ever."""
        normal = np.random.RandomState(seed).standard_normal
        return cls(normal(shape), [scale * normal(shape) for _ in range(STEPS)])


def drawn(row: PeerRow, case: int) -> dict[str, Any]:
    """Return settings, shape, scale of the gradients and seed."""
    rng = np.random.default_rng([case, *(row.peer + row.rule).encode()])
    shapes = SQUARE if row.square else SHAPES
    shape = shapes[int(rng.integers(len(shapes)))]
    scale = 10.0 ** int(rng.integers(-4, 3))
    return {"settings": row.draw(rng), "shape": list(shape), "scale": scale, "seed": 100 * case + len(row.rule)}


def words_of(settings: dict[str, Any]) -> list[str]:
    """Return settings as words, values as Python writes them."""
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def traced(steepest: Run, folder: Path, words: list[str], problem: Problem, dtype: str) -> Matrix:
    """Run the command on these matrices."""
    kind = np.float32 if dtype == "f32" else np.float64
    np.save(folder / "w0.npy", problem.start.astype(kind))
    words = ["--param", "w0.npy", *words]
    for step, gradient in enumerate(problem.gradients):
        np.save(folder / f"g{step}.npy", gradient.astype(kind))
        words += ["--grad", f"g{step}.npy"]
    done = steepest("trace", "--role", "hidden", *words, "--out", "w.npy")
    assert done.returncode == 0, done.stderr
    result: Matrix = np.load(folder / "w.npy").astype(np.float64)
    return result


def bound(row: PeerRow, dtype: str, theirs: Matrix) -> float:
    """Return the largest difference that rounding may make."""
    return float(min(row.loose * BOUNDS[dtype], 1e-4) * (1 + np.abs(theirs).max()))


def title(row: PeerRow) -> str:
    """Name a row."""
    return f"{row.peer} {row.rule}"


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("row", ROWS, ids=title)
def test_their_trajectory_is_ours(steepest: Run, tmp_path: Path, row: PeerRow, dtype: str, case: int) -> None:
    """Five steps with random gradients."""
    if importlib.util.find_spec(row.module) is None:
        pytest.skip(f"{row.module} is not installed")
    draw = drawn(row, case)
    problem = Problem.of(tuple(draw["shape"]), draw["scale"], draw["seed"])
    theirs = row.run(draw["settings"], problem.start, problem.gradients, dtype)
    words = ["--as", row.peer, "--rule", row.rule, *words_of(draw["settings"])]
    ours = traced(steepest, tmp_path, words, problem, dtype)
    assert np.abs(ours - theirs).max() <= bound(row, dtype, theirs), str(draw)


def kept_cases() -> list[dict[str, Any]]:
    """Return the draws that are kept with what the packages made of them."""
    cases: list[dict[str, Any]] = json.loads(KEPT.read_text())["cases"]
    return cases


@pytest.mark.parametrize("row", ROWS, ids=title)
def test_what_is_kept_of_them(steepest: Run, tmp_path: Path, row: PeerRow) -> None:
    """The same where the packages are not; with other gradients the comparison fails."""
    cases = [case for case in kept_cases() if (case["peer"], case["rule"]) == (row.peer, row.rule)]
    assert cases
    for case in cases:
        theirs = np.array(case["result"])
        words = ["--as", row.peer, "--rule", row.rule, *words_of(case["settings"])]
        for seed, agrees in ((case["seed"], True), (case["seed"] + 1, False)):
            problem = Problem.of(tuple(case["shape"]), case["scale"], seed)
            ours = traced(steepest, tmp_path, words, problem, "f64")
            assert (np.abs(ours - theirs).max() <= bound(row, "f64", theirs)) == agrees, str(case["settings"])


def main() -> None:
    """Write peer_packages.json."""
    cases = []
    for row in ROWS:
        for case in range(3):
            draw = drawn(row, case)
            problem = Problem.of(tuple(draw["shape"]), draw["scale"], draw["seed"])
            result = row.run(draw["settings"], problem.start, problem.gradients, "f64")
            settings = {key: str(value) for key, value in draw["settings"].items()}
            cases.append({"peer": row.peer, "rule": row.rule, **draw, "settings": settings, "result": result.tolist()})
    found = {row.distribution: importlib.metadata.version(row.distribution) for row in ROWS}
    about = "f64, bf16 iterations in f64; made by `python tests/command/peer_package_test.py` with "
    about += ", ".join(f"{name} {version.split('+')[0]}" for name, version in sorted(found.items()))
    text = ",\n".join(json.dumps(case) for case in cases)
    KEPT.write_text(f'{{"about": {json.dumps(about)},\n"cases": [\n{text}\n]}}\n')


if __name__ == "__main__":
    main()
