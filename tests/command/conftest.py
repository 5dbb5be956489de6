"""The command under test: the program of the variable STEEPEST_COMMAND, else that of the build folder."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def build_folder() -> Path:
    """Return the folder of the build, which ctest names."""
    default = Path(__file__).parents[2] / "build" / "release"
    return Path(os.environ.get("STEEPEST_BUILD_DIR", default))


@pytest.fixture(scope="session")
def program(build_folder: Path) -> Path:
    """Return the program; where it was not built the tests are errors, not skipped."""
    found = Path(os.environ.get("STEEPEST_COMMAND", build_folder / "bin" / "steepest"))
    assert found.is_file(), f"{found} is not built"
    return found


@pytest.fixture
def steepest(program: Path, tmp_path: Path) -> Run:
    """Return a function that runs the command in a folder of its own."""

    def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *map(str, words)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
