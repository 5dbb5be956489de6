"""jax.scipy.linalg.polar: QDWH, compiled by XLA."""

import time

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np

from polar_peers.peer import Factors, Matrix


class JaxPolar:
    """Both factors; compilation is in the first run, which is not timed."""

    name = "jax polar"
    version = str(jax.__version__)

    def prepare(self, A: Matrix) -> None:
        """Keep the matrix in its own precision."""
        jax.config.update("jax_enable_x64", True)
        self.A = jnp.asarray(A)
        self.side = "right" if A.shape[0] >= A.shape[1] else "left"

    def run(self) -> float:
        """One call, waited for."""
        start = time.perf_counter()
        self.result = jax.block_until_ready(jax.scipy.linalg.polar(self.A, side=self.side, method="qdwh"))
        return time.perf_counter() - start

    def factors(self) -> Factors:
        """U and H."""
        U, H = self.result
        return Factors(np.asarray(U), np.asarray(H))
