"""The figures of the paper's three problems, in its layout: objective, condition numbers, nuclear norms."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steepest.run_records import Run, read_run
from steepest.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito 2008: one colour for an optimizer, one dash for a schedule or an oracle.
COLOURS = {
    "polargrad": "#0072B2",
    "polargrad_polar_first": "#56B4E9",
    "polargrad_momentum_first": "#009E73",
    "muon": "#D55E00",
    "adam": "#CC79A7",
    "newton": "#000000",
    "altgd": "#E69F00",
    "gd": "#999999",
}
NAMES = {
    "polargrad": "PolarGrad",
    "polargrad_polar_first": "PolarGradM, polar first",
    "polargrad_momentum_first": "PolarGradM, momentum first",
    "muon": "Muon",
    "adam": "Adam",
    "newton": "Newton",
    "altgd": "alternating GD",
    "gd": "gradient descent",
}
ORACLES = {"qdwh2": "QDWH, 2 steps", "ns5": "NS, 5 steps", "exact": "exact"}
Dash = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class Panel:
    """One pair of axes: a recorded number against the step, logarithmic."""

    metric: str
    label: str
    last: int | None = None  # step at which the panel ends
    smooths: bool = False


@dataclass(frozen=True)
class Page:
    """One figure: a row of panels over the same runs."""

    name: str
    session: str
    labels: tuple[str, ...]
    panels: tuple[Panel, ...]
    past: float = 0.8  # weight of the past in smoothed panels after one step: the paper's


GAP = Panel("gap", "$f(X_k) - f^*$")
QUADRATIC_PANELS = (
    GAP,
    Panel("residual_condition", r"$\kappa_2(AX_kB - C)$", smooths=True),
    Panel("gradient_condition", r"$\kappa_2(\nabla f(X_k))$", smooths=True),
    Panel("gradient_nuclear", r"$\Vert\nabla f(X_k)\Vert_*$", smooths=True),
)
PAGES = (
    Page(
        "quadratic", "paper-quadratic-42",
        ("polargrad-qdwh2", "polargrad-exact", "polargrad-qdwh2-step", "muon-ns5", "muon-qdwh2", "muon-qdwh2-step",
         "adam", "adam-step", "newton"),
        QUADRATIC_PANELS,
    ),
    Page(
        "quadratic_momentum", "paper-quadratic-42",
        ("polargrad-qdwh2", "polargrad-qdwh2-step", "polargrad_polar_first-qdwh2", "polargrad_polar_first-qdwh2-step",
         "polargrad_momentum_first-qdwh2", "polargrad_momentum_first-qdwh2-step", "muon-qdwh2", "muon-qdwh2-step"),
        QUADRATIC_PANELS,
    ),
    Page(
        "logistic", "paper-logistic-42",
        ("polargrad-qdwh2", "polargrad-qdwh2-step", "polargrad_momentum_first-qdwh2-step", "muon-ns5", "muon-qdwh2",
         "muon-qdwh2-step", "adam", "adam-step"),
        (
            Panel("value", "$f(X_k)$ of the batch"),
            Panel("gradient_condition", r"$\kappa_2(\nabla f(X_k))$", smooths=True),
            Panel("gradient_nuclear", r"$\Vert\nabla f(X_k)\Vert_*$", smooths=True),
        ),
    ),
    Page(
        "completion", "paper-completion-42",
        ("polargrad-qdwh2", "polargrad-qdwh2-step", "muon-ns5", "muon-qdwh2", "muon-qdwh2-step", "adam", "adam-step",
         "altgd"),
        (
            Panel("gap", "$f(X_k, Y_k)$"),
            Panel("gradient_X_condition", r"$\kappa_2(\nabla_X f)$", smooths=True),
            Panel("gradient_Y_condition", r"$\kappa_2(\nabla_Y f)$", smooths=True),
            Panel("gradient_X_nuclear", r"$\Vert\nabla_X f\Vert_*$, first 200", 200, smooths=True),
        ),
        past=0.9,
    ),
)  # fmt: skip


def split(label: str) -> tuple[str, str, str]:
    """Return optimizer, oracle and schedule of a label; what it does not name is empty."""
    optimizer, *rest = label.split("-")
    schedule = "step" if "step" in rest else ""
    return optimizer, next((part for part in rest if part != "step"), ""), schedule


def name_of(label: str) -> str:
    """Return a label as a reader says it."""
    optimizer, oracle, schedule = split(label)
    inside = [text for text in (ORACLES.get(oracle, oracle), "decay" if schedule else "") if text]
    return NAMES.get(optimizer, optimizer) + (f" ({', '.join(inside)})" if inside else "")


def dash_of(label: str) -> Dash:
    """Return solid for the published oracle at a constant rate, and a dash of its own for each departure."""
    _, oracle, schedule = split(label)
    if schedule:
        return (0, (4, 1.5))
    dashes: dict[str, Dash] = {"exact": (0, (1, 1)), "ns5": (0, (6, 1.5, 1, 1.5))}
    return dashes.get(oracle, "-")


def smoothed(steps: list[float], values: list[float], past: float) -> list[float]:
    """Return s <- w s + (1 - w) x, begun at the first x, with w = past^n over the n steps since the last x."""
    result = values[:1]
    for (before, now), value in zip(itertools.pairwise(steps), values[1:], strict=True):
        weight = past ** (now - before)
        result.append(weight * result[-1] + (1 - weight) * value)
    return result


def draw(axes: Axes, panel: Panel, runs: dict[str, Run], past: float) -> None:
    """Draw one panel; what is not above 0 has no place on its axis."""
    for label, run in runs.items():
        steps, values = run.series(panel.metric)
        if panel.smooths:
            values = smoothed(steps, values, past)
        shown = [
            (step, value)
            for step, value in zip(steps, values, strict=True)
            if value > 0 and math.isfinite(value) and (panel.last is None or step <= panel.last)
        ]
        if shown:
            axes.plot(
                [step for step, _ in shown], [value for _, value in shown], color=COLOURS[split(label)[0]],
                linestyle=dash_of(label), linewidth=1.1, label=name_of(label),
            )  # fmt: skip
    axes.set_yscale("log")
    axes.set_xlabel("step $k$", fontsize=8)
    axes.set_title(panel.label, fontsize=9)
    axes.tick_params(labelsize=7, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.3, alpha=0.5)


def columns_of(names: list[str]) -> int:
    """Return how many columns of a legend, its names in 7 points, fit into 6.9 inches."""
    return 3 if max(map(len, names)) <= 32 else 2


def write_figure(page: Page, runs_folder: Path, out: Path) -> None:
    """Write one figure, 6.9 inches wide, the legend below the curves."""
    from matplotlib.figure import Figure

    runs = {label: read_run(runs_folder / page.session / f"{label}.jsonl") for label in page.labels}
    rows = 2 if len(page.panels) == 4 else 1
    columns = len(page.panels) // rows
    figure = Figure(figsize=(6.9, 2.6 * rows + 0.7), dpi=200, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, panel in zip(grid.ravel(), page.panels, strict=True):
        draw(axes, panel, runs, page.past)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns_of(labels),
        fontsize=7,
        frameon=False,
        handlelength=3.2,
    )
    with whole_file(out / f"{page.name}.png") as draft:
        figure.savefig(draft)


def write_figures(runs_folder: Path, out: Path) -> None:
    """Write all figures."""
    for page in PAGES:
        write_figure(page, runs_folder, out)
