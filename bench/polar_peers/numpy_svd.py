"""numpy.linalg.svd and one product: what is at hand without a function for polar factors."""

import time

import numpy as np

from polar_peers.peer import Factors, Matrix


class NumpySvd:
    """U alone."""

    name = "numpy svd"
    version = str(np.__version__)

    def prepare(self, A: Matrix) -> None:
        """Keep the matrix."""
        self.A = A

    def run(self) -> float:
        """U = P Q'."""
        start = time.perf_counter()
        P, _, Qt = np.linalg.svd(self.A, full_matrices=False)
        self.U = P @ Qt
        return time.perf_counter() - start

    def factors(self) -> Factors:
        """U."""
        return Factors(self.U, None)
