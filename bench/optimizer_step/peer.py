"""What every optimizer under comparison looks like here."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]

LEARNING_RATE = 0.02
MOMENTUM = 0.95


class Peer(Protocol):
    """One optimizer over a list of matrices; weights start at zero, so that the first step can be read from them."""

    name: str
    version: str

    def prepare(self, gradients: list[Matrix]) -> None:
        """Take the gradients, in C order and f32; whatever may happen once, outside of the time."""

    def run(self) -> float:
        """Take one step with the gradients that were given; return the wall-clock seconds."""

    def weights(self) -> list[Matrix]:
        """Return the weights as they are."""
