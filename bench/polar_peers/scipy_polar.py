"""scipy.linalg.polar: by SVD."""

import time

import numpy as np
import scipy
import scipy.linalg

from polar_peers.peer import Factors, Matrix


class ScipyPolar:
    """Both factors."""

    name = "scipy polar"
    version = str(scipy.__version__)

    def prepare(self, A: Matrix) -> None:
        """Keep the matrix."""
        self.A = A
        self.side = "right" if A.shape[0] >= A.shape[1] else "left"

    def run(self) -> float:
        """One call."""
        start = time.perf_counter()
        self.result = scipy.linalg.polar(self.A, side=self.side)
        return time.perf_counter() - start

    def factors(self) -> Factors:
        """U and H."""
        U, H = self.result
        return Factors(np.asarray(U), np.asarray(H))
