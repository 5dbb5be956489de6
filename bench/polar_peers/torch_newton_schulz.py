"""torch.optim.Muon's Newton-Schulz: five quintic steps in bf16, and the same steps in f32."""

import time

import numpy as np
import torch
from torch.optim._muon import DEFAULT_A, DEFAULT_B, DEFAULT_C, DEFAULT_NS_STEPS, EPS, _zeropower_via_newtonschulz

from polar_peers.peer import Factors, Matrix

COEFFICIENTS = (DEFAULT_A, DEFAULT_B, DEFAULT_C)


def newton_schulz_f32(A: torch.Tensor) -> torch.Tensor:
    """U after the steps of torch, in the precision of wide A."""
    a, b, c = COEFFICIENTS
    X: torch.Tensor = A / A.norm().clamp(min=EPS)
    for _ in range(DEFAULT_NS_STEPS):
        gram = X @ X.T
        X = torch.addmm(X, torch.addmm(gram, gram, gram, beta=b, alpha=c), X, beta=a)  # a X + (b XX' + c (XX')^2) X
    return X


class TorchNewtonSchulz:
    """U alone, with singular values in about 0.7 .. 1.2."""

    version = str(torch.__version__)

    def __init__(self, precision: str) -> None:
        """Take "bf16", torch's own function, or "f32"."""
        self.name = f"torch ns5 {precision}"
        self.in_bf16 = precision == "bf16"

    def prepare(self, A: Matrix) -> None:
        """Keep the matrix, with the small side first."""
        self.tall = A.shape[0] > A.shape[1]
        self.A = torch.from_numpy(np.ascontiguousarray(A))

    @torch.inference_mode()
    def run(self) -> float:
        """All steps."""
        start = time.perf_counter()
        if self.in_bf16:
            self.U = _zeropower_via_newtonschulz(self.A, COEFFICIENTS, DEFAULT_NS_STEPS, EPS)
        else:
            self.U = newton_schulz_f32(self.A.T).T if self.tall else newton_schulz_f32(self.A)
        return time.perf_counter() - start

    def factors(self) -> Factors:
        """U."""
        return Factors(self.U.float().numpy(), None)
