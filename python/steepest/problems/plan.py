"""Which runs `make reproduce-problems` makes, as command lines of `steepest problem`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from steepest.problems.elevation import ELEVATION

SEEDS = (42, 142, 242, 342)  # the paper's, then three further ones
FULL_STEPS = {"quadratic": 4000, "logistic": 1500, "completion": 1000}


@dataclass(frozen=True)
class Entry:
    """One optimizer of a session; what it does not read is ignored."""

    optimizer: str
    rate: float
    oracle: str = "exact"
    schedule: str = "constant"
    momentum: float = 0.0


@dataclass(frozen=True)
class Session:
    """One call of the command: several optimizers on one problem from one start."""

    name: str
    problem: str
    entries: tuple[Entry, ...]
    steps: int
    seed: int = 42
    spectrum_every: int = 0
    settings: tuple[str, ...] = ()

    def shrunk(self, divisor: int) -> Session:
        """Return the same with fewer steps."""
        return replace(self, steps=max(1, self.steps // divisor))

    def words(self, out: Path) -> list[str]:
        """Return the arguments of the program; records go to a folder of this session's name."""
        columns = {
            "--optimizer": [entry.optimizer for entry in self.entries],
            "--lr": [f"{entry.rate:g}" for entry in self.entries],
            "--oracle": [entry.oracle for entry in self.entries],
            "--schedule": [entry.schedule for entry in self.entries],
            "--momentum": [f"{entry.momentum:g}" for entry in self.entries],
        }
        lists = [word for flag, values in columns.items() for word in (flag, ",".join(values))]
        numbers = ["--steps", str(self.steps), "--seed", str(self.seed), "--spectrum-every", str(self.spectrum_every)]
        records = ["--out", str(out / self.name)] if self.spectrum_every else ["--no-record"]
        return ["problem", self.problem, *lists, *numbers, *records, *self.settings, "--threads", "1", "--json"]


POLAR_FIRST, MOMENTUM_FIRST = "polargrad_polar_first", "polargrad_momentum_first"

# Rates, oracles and momenta of the authors' scripts; gd, with 1/L of seed 42, stands for what the paper leaves out.
PAPER: dict[str, tuple[Entry, ...]] = {
    "quadratic": (
        Entry("polargrad", 4e-8, "qdwh2"),
        Entry("polargrad", 3e-8, "exact"),
        Entry("polargrad", 4.75e-8, "qdwh2", "step"),
        Entry("muon", 0.1, "ns5", momentum=0.95),
        Entry("muon", 0.1, "qdwh2", momentum=0.95),
        Entry("muon", 0.1, "exact", momentum=0.95),
        Entry("muon", 0.05, "qdwh2", "step", 0.95),
        Entry("adam", 0.05, momentum=0.9),
        Entry("adam", 0.05, schedule="step", momentum=0.9),
        Entry("newton", 0.25),
        Entry("gd", 1 / 1.91272e6),
        Entry(POLAR_FIRST, 4e-7, "qdwh2", momentum=0.95),
        Entry(POLAR_FIRST, 5e-7, "qdwh2", "step", 0.95),
        Entry(MOMENTUM_FIRST, 2e-7, "qdwh2", momentum=0.9),
        Entry(MOMENTUM_FIRST, 2.5e-7, "qdwh2", "step", 0.9),
    ),
    "logistic": (
        Entry("polargrad", 1.5e-7, "qdwh2"),
        Entry("polargrad", 2.5e-7, "qdwh2", "step"),
        Entry("muon", 0.1, "ns5", momentum=0.95),
        Entry("muon", 0.1, "qdwh2", momentum=0.95),
        Entry("muon", 0.2, "qdwh2", "step", 0.95),
        Entry("adam", 5e-3, momentum=0.9),
        Entry("adam", 1e-2, schedule="step", momentum=0.9),
        Entry(POLAR_FIRST, 2.5e-7, "qdwh2", momentum=0.95),
        Entry(POLAR_FIRST, 2.5e-7, "qdwh2", "step", 0.95),
        Entry(MOMENTUM_FIRST, 2.5e-7, "qdwh2", momentum=0.9),
        Entry(MOMENTUM_FIRST, 2.5e-7, "qdwh2", "step", 0.9),
    ),
    "completion": (
        Entry("polargrad", 50, "qdwh2"),
        Entry("polargrad", 50, "qdwh2", "step"),
        Entry("muon", 0.25, "ns5", momentum=0.95),
        Entry("muon", 0.25, "qdwh2", momentum=0.95),
        Entry("muon", 0.25, "qdwh2", "step", 0.95),
        Entry("adam", 0.05, momentum=0.9),
        Entry("adam", 0.05, schedule="step", momentum=0.9),
        Entry("altgd", 50),
        Entry(POLAR_FIRST, 100, "qdwh2", momentum=0.5),
        Entry(MOMENTUM_FIRST, 50, "qdwh2", momentum=0.5),
    ),
}

# A quarter of the steps at each of these rates, seed 42: every method at its best, not at the paper's choice alone.
SWEEP: dict[str, dict[Entry, tuple[float, ...]]] = {
    "quadratic": {
        Entry("polargrad", 0, "qdwh2_gram"): (1e-8, 2e-8, 3e-8, 4e-8, 4.5e-8, 5e-8),
        Entry(MOMENTUM_FIRST, 0, "qdwh2_gram", momentum=0.9): (5e-8, 1e-7, 2e-7, 4e-7, 8e-7),
        Entry(POLAR_FIRST, 0, "qdwh2_gram", momentum=0.95): (1e-7, 2e-7, 4e-7, 8e-7, 1.6e-6),
        Entry("muon", 0, "ns5", momentum=0.95): (0.00625, 0.0125, 0.025, 0.05, 0.1),
        Entry("adam", 0, momentum=0.9): (0.0125, 0.025, 0.05, 0.1, 0.2),
        Entry("gd", 0): (2.5e-7, 5e-7, 7.5e-7, 1e-6, 1.25e-6),
    },
    "logistic": {
        Entry("polargrad", 0, "qdwh2_gram"): (3e-8, 7.5e-8, 1.5e-7, 3e-7, 6e-7),
        Entry("muon", 0, "ns5", momentum=0.95): (0.025, 0.05, 0.1, 0.2, 0.4),
        Entry("adam", 0, momentum=0.9): (2.5e-3, 5e-3, 0.01, 0.02, 0.04),
    },
    "completion": {
        Entry("polargrad", 0, "qdwh2"): (10, 20, 40, 50, 60),
        Entry(MOMENTUM_FIRST, 0, "qdwh2", momentum=0.5): (12.5, 25, 50, 75, 100),
        Entry("muon", 0, "ns5", momentum=0.95): (0.016, 0.03, 0.06, 0.125, 0.25),
        Entry("adam", 0, momentum=0.9): (0.0125, 0.025, 0.05, 0.1, 0.2),
        Entry("gd", 0): (12.5, 25, 50, 100, 200),
    },
}

ORACLES = ("exact", "svd", "qdwh1", "qdwh2", "qdwh3", "ns5", "pe3", "pe5", "zolo_pd")
ORACLE_RATES: dict[str, tuple[float, ...]] = {
    "quadratic": (2e-8, 2.5e-8, 3e-8, 3.25e-8, 3.5e-8, 4e-8, 4.5e-8, 4.75e-8, 5e-8),
    "completion": (15, 20, 25, 30, 35, 40, 50, 60),
}
ORACLE_STEPS = {"quadratic": 500, "completion": 200}

TUNING_FREE = ("armijo", "secant", "polyak", "prodigy")
# Deterministic problems: constant rates of PolarGrad with the exact oracle, and the steps that they get; rules without
# a rate get twice as many.
CONSTANT: dict[str, tuple[tuple[float, ...], int]] = {
    "quadratic": ((2e-8, 2.5e-8, 3e-8, 3.25e-8, 3.5e-8), 750),
    "completion": ((5, 10, 20, 25, 30), 150),
    "multi_response": ((2e-6, 4e-6, 6e-6, 8e-6, 1.2e-5, 1.6e-5), 300),
    "softmax": ((0.25, 0.5, 1, 2, 4, 8, 16), 150),
    "nonnegative": ((20, 40, 60, 80, 120, 240), 500),
    "procrustes": ((0.5, 1, 2, 4, 8, 16), 100),
    "robust_pca": ((2, 5, 10, 20, 40, 80), 200),
}
WITHOUT_OPTIMUM = ("softmax", "robust_pca")
FAST_GRADIENT = {"quadratic": ("--gradient", "normal"), "multi_response": ("--gradient", "normal")}


def first_seed_alone(problem: str, entry: Entry) -> bool:
    """Tell whether a run is one that the claims do not need, which further seeds leave out."""
    kind = (entry.optimizer, entry.oracle, entry.schedule)
    if problem == "quadratic":
        return entry.optimizer in (POLAR_FIRST, "gd") or kind == (MOMENTUM_FIRST, "qdwh2", "step")
    constant = [("muon", "qdwh2", "constant"), (MOMENTUM_FIRST, "qdwh2", "constant")]
    return problem == "logistic" and (entry.optimizer == POLAR_FIRST or kind in constant)


def paper_sessions() -> list[Session]:
    """Return the runs of the paper for every seed; those of the first seed with the spectra that the figures show."""
    sessions = []
    for problem, entries in PAPER.items():
        steps = FULL_STEPS[problem]
        every = {"quadratic": 5, "logistic": 3, "completion": 1}[problem]
        sessions.append(Session(f"paper-{problem}-42", problem, entries, steps, 42, every))
        needed = tuple(entry for entry in entries if not first_seed_alone(problem, entry))
        for seed in SEEDS[1:]:
            fast = FAST_GRADIENT.get(problem, ())
            sessions.append(Session(f"paper-{problem}-{seed}", problem, needed, steps, seed, 0, fast))
    return sessions


def with_rates(entry: Entry, rates: tuple[float, ...]) -> tuple[Entry, ...]:
    """Return the entry at each of the rates."""
    return tuple(Entry(entry.optimizer, rate, entry.oracle, entry.schedule, entry.momentum) for rate in rates)


def sweep_sessions() -> list[Session]:
    """Return a quarter of the steps for every method and rate."""
    return [
        Session(
            f"sweep-{problem}-{entry.optimizer}",
            problem,
            with_rates(entry, rates),
            FULL_STEPS[problem] // 4,
            settings=FAST_GRADIENT.get(problem, ()),
        )
        for problem, methods in SWEEP.items()
        for entry, rates in methods.items()
    ]


def oracle_sessions() -> list[Session]:
    """Return PolarGrad with every oracle at every rate."""
    return [
        Session(
            f"oracle-{problem}-{oracle}",
            problem,
            with_rates(Entry("polargrad", 0, oracle), rates),
            ORACLE_STEPS[problem],
            settings=FAST_GRADIENT.get(problem, ()),
        )
        for problem, rates in ORACLE_RATES.items()
        for oracle in ORACLES
    ]


def tuning_free_sessions() -> list[Session]:
    """Return constant rates, and the rules that need none at twice the steps; logistic, with its noise, beside them."""
    sessions = []
    for problem, (rates, steps) in CONSTANT.items():
        fast = FAST_GRADIENT.get(problem, ())
        rules = [rule for rule in TUNING_FREE if rule != "polyak" or problem not in WITHOUT_OPTIMUM]
        free = tuple(Entry(f"polargrad_{rule}", 1) for rule in rules)
        constant = with_rates(Entry("polargrad", 0), rates)
        sessions.append(Session(f"constant-{problem}", problem, constant, steps, settings=fast))
        sessions.append(Session(f"free-{problem}", problem, free, 2 * steps, settings=fast))
    noisy = tuple(Entry(f"polargrad_{rule}", 1) for rule in TUNING_FREE if rule != "polyak")
    sessions.append(Session("free-logistic", "logistic", noisy, 375))
    return sessions


def real_sessions() -> list[Session]:
    """Return the completion of a matrix of real data at two ranks."""
    free = tuple(Entry(f"polargrad_{rule}", 1) for rule in TUNING_FREE if rule != "polyak")
    entries = (*free, Entry("adam", 0.05, momentum=0.9), Entry("muon", 0.05, "ns5", "step", 0.95))
    return [
        Session(
            f"real-elevation-{rank}",
            "completion_of_file",
            entries,
            400,
            settings=("--data", str(ELEVATION), "--rank", str(rank)),
        )
        for rank in (10, 30)
    ]


def all_sessions() -> list[Session]:
    """Return everything, the longest first."""
    return paper_sessions() + sweep_sessions() + oracle_sessions() + tuning_free_sessions() + real_sessions()
