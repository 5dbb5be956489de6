"""Time of a step and useful flops over time, one panel each for every workload; the axis of flops ends at the peak."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from polar_peers.figure import save
from steepest.figure import COLOURS

from optimizer_step.compare import Outcome
from optimizer_step.records import Json, read

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LONGEST = 3  # times the median: where the axis of times ends, and a longer bar with it


def colour_of(contender: str) -> str:
    """This library's colour, or that of all others."""
    return str(COLOURS[0]) if contender.startswith("steepest") else "0.65"


def digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def bars(axes: "Axes", values: Mapping[str, float], unit: str, end: float) -> None:
    """Horizontal bars with their numbers, the first on top, on an axis from 0 to `end`.

    A value of 0 is one that nobody counted; a bar that is longer than the axis breaks off there.
    """
    names = list(values)
    lengths = [min(value, end) for value in values.values()]
    axes.barh(names, lengths, color=[colour_of(name) for name in names], height=0.7)
    for k, (value, length) in enumerate(zip(values.values(), lengths, strict=True)):
        number = f"{digits(value)} {unit}" if value > 0 else "not counted"
        inside = length > 0.7 * end
        axes.annotate(
            f"{number} \N{RIGHTWARDS ARROW}" if value > end else number, (length, k), (-3 if inside else 2, 0),
            textcoords="offset points", va="center", ha="right" if inside else "left", fontsize=7,
            color="white" if inside else "black",
        )  # fmt: skip
    axes.set_xlim(0, end)
    axes.tick_params(labelsize=7)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)


def figure_of(run: Json, measured: Mapping[str, Mapping[str, Outcome]], rates: Json) -> "Figure":
    """Draw all panels, 7 inches wide."""
    from matplotlib.figure import Figure

    sizes = [len(outcomes) for outcomes in measured.values()]
    figure = Figure(figsize=(7, 0.19 * sum(sizes) + 0.55 * len(sizes) + 0.4), dpi=200, layout="constrained")
    panels = figure.subplots(len(sizes), 2, squeeze=False, sharey="row", height_ratios=sizes)
    for (left, right), (workload, outcomes) in zip(panels, measured.items(), strict=True):
        order = sorted((name for name in outcomes if not outcomes[name].faults), key=lambda n: outcomes[n].median)
        times = {name: 1e3 * outcomes[name].median for name in order}
        bars(left, times, "ms", end=min(1.25 * max(times.values()), LONGEST * median(times.values())))
        left.set_title(workload, fontsize=8.5, loc="left")
        left.invert_yaxis()  # of both panels, which share it
        if not any(outcomes[name].flops for name in order):
            right.set_axis_off()  # memory alone
            continue
        speeds = {name: 1e-9 * outcomes[name].flops / outcomes[name].median for name in order}
        bars(right, speeds, "Gflop/s", end=max(rates["bf16 product"], rates["f32 product"]))
        right.axvline(rates["f32 product"], color="0.3", linewidth=0.7, linestyle=":")
    figure.text(0.005, -0.01, caption(run, rates), fontsize=7, color="0.35", va="top")
    return figure


def caption(run: Json, rates: Json) -> str:
    """Where the bars come from."""
    changed = "" if run.get("clean") else " with changes"
    return (
        f"Medians of {run['rounds']} interleaved rounds, Steepest in blue; an arrow: the bar goes on. Left: time of a "
        f"step. Right: useful flops over time,\non an axis that ends at the product in bf16, "
        f"{rates['bf16 product']:.0f} Gflop/s; dotted: the product in f32. Triad: {rates['triad']:.1f} GB/s.\n"
        f"Commit {str(run['commit'])[:10]}{changed}; {run['machine']['cpu']}; {run['threads']} threads."
    )


def write_figure(record: Path, out: Path) -> Path:
    """Draw a record. The same record gives the same bytes."""
    return save(figure_of(*read(record)), out, "optimizer_step")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    print(write_figure(given.record, given.out))
