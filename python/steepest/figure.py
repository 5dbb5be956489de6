"""The figure of run records: curves against steps, tokens or seconds, readable on a printed page."""

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steepest.run_records import RecordError, Run, differing_conditions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008, without yellow, which vanishes on white paper. Dashes tell lines apart without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", (0, (5, 2)), (0, (2, 1)), (0, (6, 2, 1, 2)))
MARKERS = "osD^vP*"

LABELS = {
    "loss": "training loss (nats per byte)",
    "bits_per_byte": "validation loss (bits per byte)",
    "gradient_norm": "gradient norm, before clipping",
    "learning_rate": "learning rate",
    "tokens_per_second": "tokens per second",
    "seconds": "time of a step (s)",
    "optimizer_seconds": "time of the optimizer in a step (s)",
}


@dataclass(frozen=True)
class Style:
    """What is drawn, and how."""

    x: str = "step"
    metric: str = "loss"
    smooth: int = 1  # width of the running mean, in records
    log: bool = False  # vertical axis


@dataclass(frozen=True)
class Curve:
    """One line of the figure."""

    label: str
    x: list[float]
    y: list[float]


def tokens_at(run: Run, steps: list[float]) -> list[float]:
    """Tokens seen up to each step."""
    each = run.tokens_per_step()
    if each is None:
        raise RecordError(f"{run.path}: without its configuration the tokens of a step are unknown")
    return [step * each for step in steps]


def seconds_at(run: Run, steps: list[float]) -> list[float]:
    """Training time up to each step; unlogged steps count as long as the next logged one took."""
    marks, durations = run.series("seconds")
    if not marks:
        raise RecordError(f"{run.path}: no step says how long it took")
    before, elapsed, times = 0.0, 0.0, {0.0: 0.0}
    for step, seconds in zip(marks, durations, strict=True):
        elapsed += (step - before) * seconds
        before = step
        times[step] = elapsed
    return [interpolated(times, step) for step in steps]


def interpolated(table: dict[float, float], x: float) -> float:
    """Read a sorted table at x, linearly between its entries and constant beyond them."""
    lower = max((key for key in table if key <= x), default=min(table))
    upper = min((key for key in table if key >= x), default=max(table))
    if upper == lower:
        return table[lower]
    return table[lower] + (table[upper] - table[lower]) * (x - lower) / (upper - lower)


# Axis -> its values at given steps, and its label.
AXES: dict[str, tuple[Callable[[Run, list[float]], list[float]], str]] = {
    "step": (lambda _run, steps: steps, "optimizer step"),
    "tokens": (tokens_at, "training tokens (bytes of text)"),
    "seconds": (seconds_at, "training time (s)"),
}


def curves_of(runs: list[Run], style: Style) -> list[Curve]:
    """Return one curve for each run. Raises RecordError for a run without the metric."""
    curves = []
    for run in runs:
        steps, values = run.series(style.metric)
        if not steps:
            raise RecordError(f"{run.path}: no record of {style.metric}")
        curves.append(Curve(run.label, AXES[style.x][0](run, steps), values))
    return curves


def smoothed(values: list[float], width: int) -> list[float]:
    """Mean of the values around each, `width` of them or what there is; nearer the beginning of fewer on both sides.

    So a steep start is not delayed, and the last value is a mean, too.
    """
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    halves = [min(width // 2, k) for k in range(len(values))]
    windows = [(k - half, min(k + half + 1, len(values))) for k, half in enumerate(halves)]
    return [(sums[end] - sums[begin]) / (end - begin) for begin, end in windows]


def caption(runs: list[Run]) -> str:
    """Say where the figures come from, or in what the runs differ."""
    different = differing_conditions(runs)
    if different:
        return f"Runs that differ in {', '.join(different)}: not a comparison of optimizers alone."
    run = runs[0].descriptions[0]
    changed = "" if run.get("clean") else " with changes"
    parts = [
        f"commit {str(run.get('commit') or 'unknown')[:10]}{changed}",
        str((run.get("machine") or {}).get("cpu") or "unknown machine"),
        f"{run.get('threads', '?')} threads",
        *sorted(set((run.get("kernels") or {}).values())),
    ]
    torn = [entry.label for entry in runs if entry.torn]
    return "; ".join(parts) + (f". Last record incomplete: {', '.join(torn)}." if torn else ".")


def spread(positions: list[float], gap: float) -> list[float]:
    """Move positions apart to at least `gap`, as little as one pass upwards and one centring of each cluster need."""
    order = sorted(range(len(positions)), key=lambda k: positions[k])
    clusters: list[tuple[float, list[int]]] = []  # centre, members from low to high
    for k in order:
        clusters.append((positions[k], [k]))
        while len(clusters) > 1 and touching(clusters[-2], clusters[-1], gap):
            members = clusters[-2][1] + clusters[-1][1]
            clusters[-2:] = [(sum(positions[m] for m in members) / len(members), members)]
    result = list(positions)
    for centre, members in clusters:
        for rank, k in enumerate(members):
            result[k] = centre + (rank - (len(members) - 1) / 2) * gap
    return result


def touching(lower: tuple[float, list[int]], upper: tuple[float, list[int]], gap: float) -> bool:
    """Tell whether two clusters of labels would overlap."""
    return upper[0] - lower[0] < gap * (len(lower[1]) + len(upper[1])) / 2


def draw(curves: list[Curve], axes: "Axes", style: Style) -> None:
    """Draw the lines; few points get markers, since a line alone hides where they are."""
    for k, curve in enumerate(curves):
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        if style.smooth > 1:
            axes.plot(curve.x, curve.y, color=colour, linewidth=0.6, alpha=0.3)
        marker = MARKERS[k % len(MARKERS)] if len(curve.x) <= 30 else None
        axes.plot(
            curve.x, smoothed(curve.y, style.smooth), color=colour, linestyle=dash, linewidth=1.6,
            marker=marker, markersize=4, label=curve.label,
        )  # fmt: skip


def log_tick(value: float, _position: int | None = None) -> str:
    """Label the ticks 1, 2, 3 and 5 of a decade as plain numbers."""
    return f"{value:g}" if f"{value:e}".split("e")[0] in ("1.000000", "2.000000", "3.000000", "5.000000") else ""


def label_directly(curves: list[Curve], axes: "Axes", style: Style) -> None:
    """Name each curve at its right end, in its colour, with the value that it ends at."""
    ends = [smoothed(curve.y, style.smooth)[-1] for curve in curves]
    low, high = axes.get_ylim()
    scale = (lambda y: math.log(y / low) / math.log(high / low)) if style.log else (lambda y: (y - low) / (high - low))
    heights = spread([scale(end) for end in ends], 0.07)
    for k, (curve, end, height) in enumerate(zip(curves, ends, heights, strict=True)):
        axes.annotate(
            f"{curve.label}  {end:#.4g}", xy=(curve.x[-1], end), xytext=(1.03, height), xycoords="data",
            textcoords="axes fraction", color=COLOURS[k % len(COLOURS)], va="center", fontsize=9, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": COLOURS[k % len(COLOURS)], "linewidth": 0.6, "shrinkA": 1,
                        "shrinkB": 1, "relpos": (0, 0.5)},
        )  # fmt: skip


def figure_of(runs: list[Run], style: Style) -> "Figure":
    """Draw the figure, for a page: 6.4 inches wide, no letter smaller than 7 points."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, FuncFormatter

    curves = curves_of(runs, style)
    figure = Figure(figsize=(6.4, 3.9), dpi=200, layout="constrained")
    axes = figure.add_subplot()
    draw(curves, axes, style)
    if style.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(log_tick))
        axes.yaxis.set_minor_formatter(FuncFormatter(log_tick))
    if style.x == "tokens":
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlim(0, 1.01 * max(curve.x[-1] for curve in curves))
    axes.set_xlabel(AXES[style.x][1])
    axes.set_ylabel(LABELS.get(style.metric, style.metric.replace("_", " ")))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    label_directly(curves, axes, style)
    figure.text(0.005, -0.02, textwrap.fill(caption(runs), 120), fontsize=7, color="0.35", va="top")
    return figure
