"""The tables of the page."""

from __future__ import annotations

import math

from steepest.problems.evidence import Evidence, Outcome, at, height, shown, span
from steepest.problems.plan import CONSTANT, FULL_STEPS, ORACLE_RATES, ORACLES, SWEEP, WITHOUT_OPTIMUM

MARKS = {"quadratic": (100, 500, 1000, 2000), "logistic": (100, 200, 500, 1000), "completion": (50, 100, 200, 500)}
# The floor of f32: gaps below it say nothing.
FLOORS = {"quadratic": 5e-8, "completion": 1e-12, "multi_response": 1e-8, "nonnegative": 1e-12, "procrustes": 1e-11}


def table(heading: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def paper_table(e: Evidence, problem: str) -> str:
    """Return the published runs: seed 42 along the steps, the last height on all seeds."""
    steps = MARKS[problem]
    rows = []
    for label, run in e.runs(f"paper-{problem}-42").items():
        seen = [shown(at(run, step)) for step in steps]
        rows.append([label, f"{run.get('learning_rate', 0):g}", *seen, shown(height(run)),
                     span(e.over_seeds(problem, label))])  # fmt: skip
    heading = ["run", "rate", *[f"k = {step}" for step in steps], f"k = {FULL_STEPS[problem]}", "last, all seeds"]
    return table(heading, rows)


def sweep_table(e: Evidence, problem: str) -> str:
    """Return the sweeps: every rate with its last height, the best in bold."""
    rows = []
    for entry in SWEEP[problem]:
        runs = e.summaries[f"sweep-{problem}-{entry.optimizer}"]["runs"]
        best = min(height(run) for run in runs)
        cells = [f"{run['learning_rate']:g}: {mark(height(run), best)}" for run in runs]
        rows.append([entry.optimizer, ", ".join(cells)])
    return table(["method", f"rate: height after {FULL_STEPS[problem] // 4} steps, seed 42"], rows)


def mark(x: float, best: float) -> str:
    """Return a number, in bold where it is the best."""
    return f"**{shown(x)}**" if x == best and math.isfinite(x) else shown(x)


def oracle_table(e: Evidence, problem: str) -> str:
    """Return what each oracle does to the usable rate."""
    rows = []
    for oracle in ORACLES:
        runs: list[Outcome] = e.summaries[f"oracle-{problem}-{oracle}"]["runs"]
        usable = [run for run in runs if run["status"] == "done" and height(run) < 0.1 * at(run, 0)]
        best = min(runs, key=height)
        largest = f"{max(run['learning_rate'] for run in usable):g}" if usable else "none"
        rows.append([oracle, largest, f"{best['learning_rate']:g}", shown(height(best)), f"{1e3 * ms(best):.2f}"])
    rates = ORACLE_RATES[problem]
    heading = ["oracle", f"largest usable of {rates[0]:g} .. {rates[-1]:g}", "best rate", "its gap", "ms a step"]
    return table(heading, rows)


def ms(run: Outcome) -> float:
    """Return seconds of a step."""
    return float(run["seconds"]) / max(1, int(run["steps_taken"]))


def lowest(e: Evidence, problem: str) -> float:
    """Return what gaps are measured from: 0, or the lowest value of all runs where the optimum is not known."""
    if problem not in WITHOUT_OPTIMUM:
        return 0.0
    runs = [*e.summaries[f"constant-{problem}"]["runs"], *e.summaries[f"free-{problem}"]["runs"]]
    return min(float(run["best"]) for run in runs)


def best_constant(e: Evidence, problem: str) -> tuple[float, float]:
    """Return the best rate and the gap that it ends at."""
    best = min(e.summaries[f"constant-{problem}"]["runs"], key=height)
    return float(best["learning_rate"]), max(0.0, height(best) - lowest(e, problem))


def target_gap(e: Evidence, problem: str) -> float:
    """Return what a rule must reach: the best constant's gap, or the floor of f32 where that lies below it."""
    return max(best_constant(e, problem)[1], FLOORS.get(problem, 1e-6 * abs(lowest(e, problem))))


def reaches(e: Evidence) -> dict[str, list[str]]:
    """Return for each deterministic problem the rules that reach the best constant's gap in twice its steps."""
    found: dict[str, list[str]] = {}
    for problem in CONSTANT:
        target = target_gap(e, problem)
        runs = e.runs(f"free-{problem}").values()
        found[problem] = [
            str(run["optimizer"]).removeprefix("polargrad_")
            for run in runs
            if run["status"] == "done" and height(run) - lowest(e, problem) <= target
        ]
    return found


def real_table(e: Evidence) -> str:
    """Return what completion makes of the elevations: errors on shown and on hidden entries."""
    rows = []
    for name, summary in e.summaries.items():
        if not name.startswith("real-"):
            continue
        rank = summary["settings"]["rank"]
        rows += [[rank, run["label"], shown(height(run)), shown(run["unobserved_mse"])] for run in summary["runs"]]
    return table(["rank", "run", "mean square, shown entries", "mean square, hidden entries"], rows)


def tuning_free_table(e: Evidence) -> str:
    """Return the best constant and every rule on all problems; on logistic, means of the last 50 batch losses."""
    rows = []
    for problem, (_, steps) in CONSTANT.items():
        rate, gap = best_constant(e, problem)
        runs = e.runs(f"free-{problem}")
        cells = [
            shown(max(0.0, height(runs[label]) - lowest(e, problem))) if label in runs else "no optimum"
            for label in (f"polargrad_{rule}-exact" for rule in ("armijo", "secant", "polyak", "prodigy"))
        ]
        rows.append([problem, f"{rate:g}", f"{shown(gap)} after {steps}", *cells])
    noisy = e.runs("free-logistic")
    means = [
        f"{noisy[f'polargrad_{rule}-exact']['mean_of_last_50']:.3g}"
        if f"polargrad_{rule}-exact" in noisy
        else "no optimum"
        for rule in ("armijo", "secant", "polyak", "prodigy")
    ]
    swept = [run for run in e.summaries["sweep-logistic-polargrad"]["runs"] if run["status"] == "done"]
    best = min(swept, key=lambda run: float(run["mean_of_last_50"]))
    reached = f"{best['mean_of_last_50']:.3g} after {best['steps_taken']}"
    rows.append(["logistic (mean batch loss)", f"{best['learning_rate']:g}", reached, *means])
    return table(["problem", "best constant", "its gap", "armijo", "secant", "polyak", "prodigy"], rows)
