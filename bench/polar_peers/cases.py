"""The matrices, who computes their factors, and what is asked of the ratios."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polar_peers.peer import Matrix


@dataclass(frozen=True)
class Plan:
    """One plan of this library, and how far from 1 it may leave a singular value; None: as near as rounding allows."""

    method: str
    steps: int = 0
    within: float | None = None
    lower_bound: float = 0  # of singular values over the method's normalization, where it is known; 0: unknown


@dataclass(frozen=True)
class Case:
    """One matrix: Gaussian, or with a geometric spectrum from 1 down to 1/kappa and random singular vectors."""

    rows: int
    cols: int
    precision: str  # "f64" or "f32"
    kappa: float | None  # None: Gaussian
    plans: tuple[Plan, ...]
    seed: int = 1

    @property
    def name(self) -> str:
        """The name in tables and records."""
        spectrum = (
            "Gaussian" if self.kappa is None else f"kappa {self.kappa:.0e}".replace("e+0", "e").replace("e+", "e")
        )
        return f"{self.precision} {self.rows} x {self.cols}, {spectrum}"

    def matrix(self) -> Matrix:
        """The matrix, computed in f64 and rounded; C order."""
        random = np.random.default_rng(self.seed)
        side = min(self.rows, self.cols)
        if self.kappa is None:
            A = random.standard_normal((self.rows, self.cols))
        else:
            P = np.linalg.qr(random.standard_normal((self.rows, side)))[0]
            Q = np.linalg.qr(random.standard_normal((self.cols, side)))[0]
            A = (P * self.kappa ** -np.linspace(0, 1, side)) @ Q.T
        return np.ascontiguousarray(A, np.float64 if self.precision == "f64" else np.float32)


@dataclass(frozen=True)
class Target:
    """At least so many times faster than a peer, the time of the peer over that of the plan."""

    case: str
    plan: str
    peer: str
    at_least: float
    aim: float | None = None


# How far from 1 five steps with the coefficients of Muon leave singular values: 0.3 where the smallest is no less than
# a hundredth of the Frobenius norm, farther below.
NEWTON_SCHULZ_WITHIN = 0.5

EXACT = (Plan("newton_halley"), Plan("qdwh"), Plan("zolo_pd"), Plan("newton"))
# What the training of networks asks for: U alone, and not to the last digit.
ROUGH = (
    Plan("jordan", 5, NEWTON_SCHULZ_WITHIN),
    Plan("polar_express", 5, 0.35),
    Plan("gram_halley", 2, 0.04),
    Plan("gram_halley", 3, 1e-3, lower_bound=3e-3),
    Plan("newton_halley"),
)

CASES = (
    Case(1024, 1024, "f64", 1e3, EXACT),
    Case(1024, 1024, "f64", 1e12, EXACT),
    Case(1024, 1024, "f64", None, EXACT),
    Case(4096, 512, "f64", 1e3, EXACT),
    Case(4096, 512, "f64", 1e12, EXACT),
    Case(512, 512, "f64", 1e3, EXACT),
    Case(256, 256, "f64", 1e3, EXACT),
    Case(768, 3072, "f32", None, ROUGH),
    Case(768, 3072, "f32", 1e2, ROUGH),
    Case(1024, 1024, "f32", 1e3, EXACT),
)


def yardstick(isa: list[str]) -> str:
    """The Newton-Schulz of torch that the machine is measured by: AMX would make bf16 a race of instruction sets."""
    return "torch ns5 f32" if any(name.startswith("amx") for name in isa) else "torch ns5 bf16"


def targets(isa: list[str]) -> Iterator[Target]:
    """What is asked, for a machine with these instructions."""
    for kappa, scipy, jax in (("1e3", (2, 3), (4, 6)), ("1e12", (1.5, None), (3, None))):
        case = f"f64 1024 x 1024, kappa {kappa}"
        yield Target(case, "steepest newton_halley", "scipy polar", *scipy)
        yield Target(case, "steepest newton_halley", "jax polar", *jax)
    for kappa in ("1e3", "1e12"):
        yield Target(f"f64 4096 x 512, kappa {kappa}", "steepest newton_halley", "scipy polar", 2)
        yield Target(f"f64 4096 x 512, kappa {kappa}", "steepest newton_halley", "jax polar", 2)
    for spectrum in ("Gaussian", "kappa 1e2"):
        case = f"f32 768 x 3072, {spectrum}"
        yield Target(case, "steepest gram_halley 2", yardstick(isa), 1 / 0.45)
        yield Target(case, "steepest gram_halley 3", yardstick(isa), 1 / 0.6)
