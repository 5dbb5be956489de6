"""What every library under comparison looks like here."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Factors:
    """U, and H where the library computes it: A = U H for tall A, A = H U for wide A, so that H is small."""

    U: Matrix
    H: Matrix | None


class Peer(Protocol):
    """One way to compute polar factors."""

    name: str
    version: str

    def prepare(self, A: Matrix) -> None:
        """Take up a matrix in C order: what may happen once, outside of the time (conversion, compilation)."""

    def run(self) -> float:
        """Compute the factors once, to the end; return the wall-clock seconds."""

    def factors(self) -> Factors:
        """Return what the last run computed."""
