"""Claims about PolarGrad on matrix problems, each with what the records say and a verdict that follows from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from steepest.problems.evidence import Evidence, at, height, shown, span

HOLDS, CONDITION, FAILS = "holds", "holds with a condition", "does not hold"


@dataclass(frozen=True)
class Finding:
    """One row of the page."""

    claim: str
    evidence: str
    verdict: str


def verdict(strict: bool, weak: bool) -> str:
    """Return what the stronger and the weaker form of a claim came to."""
    return HOLDS if strict else CONDITION if weak else FAILS


def scaling_is_necessary(e: Evidence) -> Finding:
    """With nu the gap falls through all steps, without it stands still."""
    runs = e.paper("quadratic").values()
    fall = [at(r["polargrad-qdwh2"], 1000) / height(r["polargrad-qdwh2"]) for r in runs]
    stand = [at(r["muon-exact"], 1000) / height(r["muon-exact"]) for r in runs]
    text = (
        f"quadratic, constant rate: from step 1000 to 4000 the gap of PolarGrad falls by {span(fall)} times, "
        f"that of Muon with the exact factor by {span(stand)} times, to {span(e.over_seeds('quadratic', 'muon-exact'))}"
    )
    return Finding(
        "The nuclear-norm factor is necessary for convergence at a constant rate on a strongly convex problem.",
        text, verdict(min(fall) > 100 and max(stand) < 2, min(fall) > 10),
    )  # fmt: skip


ORDER = (
    ("newton", "polargrad_momentum_first-qdwh2", "polargrad-qdwh2-step"),
    ("polargrad-qdwh2",),
    ("adam-step",),
    ("muon-qdwh2-step",),
    ("adam", "muon-ns5", "muon-qdwh2", "muon-exact"),
)


def quadratic_ordering(e: Evidence) -> Finding:
    """The published order of the quadratic problem."""
    ordered = []
    for runs in e.paper("quadratic").values():
        groups = [[height(runs[label]) for label in group] for group in ORDER]
        ordered.append(all(max(a) < min(b) for a, b in itertools.pairwise(groups)))
    text = "; ".join(
        f"{', '.join(group)}: {span(v for label in group for v in e.over_seeds('quadratic', label))}" for group in ORDER
    )
    return Finding(
        "Quadratic, published rates: Newton, PolarGrad with momentum or decay < PolarGrad < Adam with decay < "
        "Muon with decay < Adam and Muon at a constant rate.",
        f"last gaps: {text}; ordered so on {sum(ordered)} of {len(ordered)} seeds",
        verdict(all(ordered), any(ordered)),
    )  # fmt: skip


def tuned_quadratic(e: Evidence) -> Finding:
    """The same with every method at the best of its rates."""
    names = ("polargrad", "polargrad_momentum_first", "polargrad_polar_first", "gd", "adam", "muon")
    best = {name: e.best_swept("quadratic", name) for name in names}
    text = "; ".join(f"{name} {shown(gap)} at {rate:g}" for name, (rate, gap) in best.items())
    gaps = {name: gap for name, (_, gap) in best.items()}
    others = min(gaps["adam"], gaps["muon"])
    return Finding(
        "Quadratic: PolarGrad outperforms Adam and Muon also where each has the best of its swept constant rates.",
        f"gap after 1000 steps, seed 42: {text}",
        verdict(gaps["polargrad"] < others, gaps["polargrad_momentum_first"] < others),
    )  # fmt: skip


def tuned_to_two_steps(e: Evidence) -> Finding:
    """The published rates belong to the inexact oracle."""
    parts, diverged = [], []
    for problem, rate in (("quadratic", 4e-8), ("completion", 50)):
        for oracle in ("qdwh2", "exact"):
            run = next(r for r in e.summaries[f"oracle-{problem}-{oracle}"]["runs"] if r["learning_rate"] == rate)
            diverged.append(run["status"] == "diverged")
            end = f"diverges at step {run['diverged_at']}" if diverged[-1] else shown(height(run))
            parts.append(f"{problem} at {rate:g}, {oracle}: {end}")
    return Finding(
        "The published rates are for QDWH stopped at two steps: with the exact polar factor they diverge.",
        "; ".join(parts), verdict(diverged == [False, True, False, True], diverged[1] or diverged[3]),
    )  # fmt: skip


def fast_start(e: Evidence) -> Finding:
    """The first 150 steps of the logistic problem."""
    better = []
    rows = []
    for runs in e.paper("logistic").values():
        losses = {label: at(runs[label], 100) for label in ("polargrad-qdwh2", "muon-ns5", "adam")}
        better.append(losses["polargrad-qdwh2"] < min(losses["muon-ns5"], losses["adam"]))
        rows.append(losses)
    text = "; ".join(f"{label} {span(row[label] for row in rows)}" for label in rows[0])
    return Finding(
        "Logistic: PolarSGD is the fastest in the beginning.",
        f"batch loss at step 100: {text}", verdict(all(better), any(better)),
    )  # fmt: skip


def noise_floor(e: Evidence) -> Finding:
    """Where constant rates end."""
    labels = ("polargrad-qdwh2", "muon-ns5", "adam")
    floors = {label: [r[label]["mean_of_last_50"] for r in e.paper("logistic").values()] for label in labels}
    lower = all(p < min(m, a) for p, m, a in zip(*floors.values(), strict=True))
    swept = {name: min(r["mean_of_last_50"] for r in e.summaries[f"sweep-logistic-{name}"]["runs"]
                       if r["status"] == "done") for name in ("polargrad", "muon", "adam")}  # fmt: skip
    text = "; ".join(f"{label} {span(values)}" for label, values in floors.items())
    best = ", ".join(f"{name} {shown(value)}" for name, value in swept.items())
    return Finding(
        "Logistic: PolarSGD outperforms Adam and Muon at constant rates.",
        f"mean of the last 50 batch losses: {text}; best of the swept rates after 375 steps: {best}",
        verdict(lower, swept["polargrad"] < min(swept["muon"], swept["adam"])),
    )  # fmt: skip


def logistic_decay(e: Evidence) -> Finding:
    """Where decaying rates end."""
    order = ("polargrad_momentum_first-qdwh2-step", "polargrad-qdwh2-step", "adam-step", "muon-qdwh2-step")
    means = {label: [r[label]["mean_of_last_50"] for r in e.paper("logistic").values()] for label in order}
    columns = list(zip(*means.values(), strict=True))
    ordered = [all(a < b for a, b in itertools.pairwise(column)) for column in columns]
    last = [column[3] > max(column[:3]) for column in columns]
    text = "; ".join(f"{label} {min(v):.5g} .. {max(v):.5g}" for label, v in means.items())
    return Finding(
        "Logistic with decay: PolarSGDM <= PolarSGD < Adam < Muon.",
        f"mean of the last 50 batch losses: {text}; ordered so on {sum(ordered)} of {len(ordered)} seeds",
        verdict(all(ordered), all(last)),
    )  # fmt: skip


def completion_floor(e: Evidence) -> Finding:
    """PolarGrad reaches the rounding of f32 in a tenth of the steps."""
    seeds = e.paper("completion").values()
    early = [at(runs["polargrad-qdwh2"], 100) for runs in seeds]
    labels = ("altgd", "adam", "adam-step", "muon-ns5", "muon-qdwh2-step")
    text = "; ".join(f"{label} {span(e.over_seeds('completion', label))}" for label in labels)
    beaten = [early[k] < min(e.over_seeds("completion", label)[k] for label in labels) for k in range(len(early))]
    return Finding(
        "Completion: PolarGrad reaches the floor of f32 within 100 steps and outperforms Adam, Muon and alternating "
        "descent, which had 1000.",
        f"PolarGrad at step 100: {span(early)}; at step 1000: {text}",
        verdict(all(beaten), max(early) < 1e-12),
    )  # fmt: skip


def muon_plateau(e: Evidence) -> Finding:
    """Muon at a constant rate on completion."""
    constant, decays = e.over_seeds("completion", "muon-qdwh2"), e.over_seeds("completion", "muon-qdwh2-step")
    return Finding(
        "Completion: Muon stands still at a constant rate, and decay lowers the plateau.",
        f"last losses {span(constant)} at a constant rate, {span(decays)} with decay",
        verdict(min(constant) > 1e-5 and max(decays) < min(constant) / 3, max(decays) < min(constant)),
    )


def tuning_free(e: Evidence) -> Finding:
    """A rule within twice the steps of the best constant."""
    from steepest.problems.tables import reaches

    results = reaches(e)
    text = "; ".join(f"{problem}: {', '.join(rules) or 'none'}" for problem, rules in results.items())
    diverged = [run["label"] for name, s in e.summaries.items() if name.startswith("free-") for run in s["runs"]
                if run["status"] == "diverged"]  # fmt: skip
    return Finding(
        "On every deterministic problem a step size without tuning reaches the gap of the best swept constant within "
        "twice its steps, and none diverges.",
        f"{text}; diverged: {', '.join(diverged) or 'none'}",
        verdict(all(results.values()) and not diverged, any(results.values()) and not diverged),
    )  # fmt: skip


CLAIMS: tuple[Callable[[Evidence], Finding], ...] = (
    scaling_is_necessary, quadratic_ordering, tuned_quadratic, tuned_to_two_steps, fast_start, noise_floor,
    logistic_decay, completion_floor, muon_plateau, tuning_free,
)  # fmt: skip
