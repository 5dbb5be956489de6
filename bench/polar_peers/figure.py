"""Time against error: one panel for each matrix, a point for each contender, a line along what nobody beats in both."""

import argparse
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steepest.figure import COLOURS, spread

from polar_peers.records import Json, read
from polar_peers.verdicts import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# By the first word of the name; shapes tell the libraries apart without colour.
LOOKS = {
    "steepest": (COLOURS[0], "o"),
    "scipy": (COLOURS[1], "s"),
    "jax": (COLOURS[2], "D"),
    "numpy": (COLOURS[3], "^"),
    "torch": (COLOURS[6], "v"),
}
COLUMNS = 2


def front(outcomes: Mapping[str, Outcome]) -> list[str]:
    """The contenders that none beats in time and error at once, fastest first."""
    names: list[str] = []
    for name in sorted(outcomes, key=lambda name: (outcomes[name].median, outcomes[name].errors.worst_residual)):
        error = outcomes[name].errors.worst_residual
        if not outcomes[name].faults and all(error < outcomes[other].errors.worst_residual for other in names):
            names.append(name)
    return names


def draw(axes: "Axes", title: str, outcomes: Mapping[str, Outcome]) -> None:
    """One panel; a contender without a result is hollow."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for name, outcome in outcomes.items():
        colour, marker = LOOKS[name.split()[0]]
        axes.plot(
            1e3 * outcome.median, outcome.errors.worst_residual, marker, color=colour, markersize=5, zorder=3,
            fillstyle="none" if outcome.faults else "full",
        )  # fmt: skip
    best = front(outcomes)
    axes.plot(
        [1e3 * outcomes[name].median for name in best], [outcomes[name].errors.worst_residual for name in best],
        drawstyle="steps-post", color="0.75", linewidth=1, zorder=1,
    )  # fmt: skip
    axes.set_title(title, fontsize=8.5, loc="left")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(linewidth=0.4, alpha=0.4)


def widen(axes: "Axes") -> None:
    """Round the limits outwards: a factor of 1.6 in time, 2.5 in error, so that marks and labels stay inside."""
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.6, high * 1.6)
    low, high = axes.get_ylim()
    axes.set_ylim(low / 2.5, high * 2.5)


def label_directly(axes: "Axes", outcomes: Mapping[str, Outcome]) -> None:
    """Name each point in its colour: those of the left half at their right, the others at their left."""
    to_axes = axes.transData + axes.transAxes.inverted()
    points = {
        name: to_axes.transform((1e3 * outcome.median, outcome.errors.worst_residual))
        for name, outcome in outcomes.items()
    }
    for at_right in (True, False):
        names = [name for name, point in points.items() if (point[0] < 0.5) == at_right]
        heights = spread([float(points[name][1]) for name in names], 0.1)
        for name, height in zip(names, heights, strict=True):
            x = float(points[name][0])
            colour, _ = LOOKS[name.split()[0]]
            axes.annotate(
                name, xy=(x, float(points[name][1])), xytext=(x + (0.05 if at_right else -0.05), height),
                xycoords="axes fraction", textcoords="axes fraction", fontsize=7, color=colour, va="center",
                ha="left" if at_right else "right",
                arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2,
                            "relpos": (0, 0.5) if at_right else (1, 0.5)},
            )  # fmt: skip


def caption(run: Json) -> str:
    """Where the points come from."""
    changed = "" if run.get("clean") else " with changes"
    return (
        f"Median of {run['rounds']} interleaved rounds. Error: the larger of ||I - U'U||_F / sqrt(s) and "
        "||A - UH||_F / ||A||_F, H = sym(U'A) where none is given. Hollow: fails the check of errors. "
        f"Commit {str(run['commit'])[:10]}{changed}; "
        f"{run['machine']['cpu']}; {run['threads']} threads; {', '.join(sorted(set(run['kernels'].values())))}."
    )


def figure_of(run: Json, measured: Mapping[str, Mapping[str, Outcome]]) -> "Figure":
    """Draw all panels, for a page: 7 inches wide, no letter smaller than 7 points."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator

    rows = -(-len(measured) // COLUMNS)
    figure = Figure(figsize=(7, 1.9 * rows + 0.4), dpi=200, layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).flat
    plain = FuncFormatter(lambda value, _position: f"{value:g}")
    for axes, (title, outcomes) in zip(panels, measured.items(), strict=False):
        draw(axes, title, outcomes)
        widen(axes)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda _value, _position: ""))
    for axes in panels:
        axes.set_visible(False)
    figure.supxlabel("time (ms)", fontsize=8)
    figure.supylabel("error", fontsize=8)
    figure.text(0.005, -0.01, textwrap.fill(caption(run), 150), fontsize=7, color="0.35", va="top")
    figure.draw_without_rendering()  # fixes the layout, which the labels are placed in
    for axes, outcomes in zip(figure.axes, measured.values(), strict=False):
        label_directly(axes, outcomes)
    return figure


def write_figure(record: Path, out: Path) -> Path:
    """Draw a record. The same record gives the same bytes."""
    import matplotlib

    run, measured = read(record)
    with matplotlib.rc_context({"svg.hashsalt": "polar_peers"}):
        figure_of(run, measured).savefig(
            out, bbox_inches="tight", metadata={"Date": None} if out.suffix == ".svg" else {}
        )
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    print(write_figure(given.record, given.out))
