"""Time against error: one panel for each matrix, a point for each contender, a line along what nobody beats in both."""

import argparse
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steepest.figure import COLOURS
from steepest.whole_file import whole_file

from polar_peers.labels import Box, places
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
FONT_SIZE = 7
NEAR = 9.0  # points from mark to label without a line between


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
    """Round the limits outwards: a factor of 1.5 in time, 3 in error, so that marks and labels stay inside."""
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.5, high * 1.5)
    low, high = axes.get_ylim()
    axes.set_ylim(low / 3, high * 3)


def label_directly(axes: "Axes", outcomes: Mapping[str, Outcome]) -> None:
    """Name each point in its colour; those of this library without its name."""
    to_page = 72 / axes.figure.dpi
    points = [
        tuple(to_page * axes.transData.transform((1e3 * outcome.median, outcome.errors.worst_residual)))
        for outcome in outcomes.values()
    ]
    names = [name.removeprefix("steepest ") for name in outcomes]
    window = axes.get_window_extent()
    area = Box(*(to_page * length for length in (window.x0, window.y0, window.width, window.height)))
    for name, look, point, box in zip(names, outcomes, points, places(points, sizes_of(names), area), strict=True):
        colour, _ = LOOKS[look.split()[0]]
        shift = (box.left + box.width / 2 - point[0], box.bottom + box.height / 2 - point[1])
        far = abs(shift[0]) - box.width / 2 > NEAR or abs(shift[1]) > NEAR
        axes.annotate(
            name, xy=(1e3 * outcomes[look].median, outcomes[look].errors.worst_residual), xytext=shift,
            textcoords="offset points", fontsize=FONT_SIZE, color=colour, va="center", ha="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0} if far else None,
        )  # fmt: skip


def sizes_of(names: list[str]) -> list[tuple[float, float]]:
    """Width and height of each name as it is set, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(size=FONT_SIZE)
    extents = [TextPath((0, 0), name, prop=font).get_extents() for name in names]
    return [(float(extent.width) + 2, 1.15 * FONT_SIZE) for extent in extents]


def caption(run: Json) -> str:
    """Where the points come from."""
    changed = "" if run.get("clean") else " with changes"
    return (
        f"Median of {run['rounds']} interleaved rounds. Error: the larger of ||I - U'U||_F / sqrt(s) and "
        "||A - UH||_F / ||A||_F, H = sym(U'A) where none is given. "
        "Circles: Steepest. Hollow: fails the check of errors. "
        f"Commit {str(run['commit'])[:10]}{changed}; "
        f"{run['machine']['cpu']}; {run['threads']} threads; {', '.join(sorted(set(run['kernels'].values())))}."
    )


def figure_of(run: Json, measured: Mapping[str, Mapping[str, Outcome]]) -> "Figure":
    """Draw all panels, for a page: 7 inches wide, no letter smaller than 7 points."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator

    rows = -(-len(measured) // COLUMNS)
    figure = Figure(figsize=(7, 2 * rows + 0.4), dpi=200, layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    plain = FuncFormatter(lambda value, _position: f"{value:g}")
    for axes, (title, outcomes) in zip(panels, measured.items(), strict=False):
        draw(axes, title, outcomes)
        widen(axes)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda _value, _position: ""))
    for axes in panels[len(measured) :]:
        axes.set_visible(False)
    figure.supxlabel("time (ms)", fontsize=8)
    figure.supylabel("error", fontsize=8)
    figure.text(0.005, -0.01, textwrap.fill(caption(run), 150), fontsize=7, color="0.35", va="top")
    figure.draw_without_rendering()  # fixes the layout, which the labels are placed in
    for axes, outcomes in zip(figure.axes, measured.values(), strict=False):
        label_directly(axes, outcomes)
    return figure


def save(figure: "Figure", out: Path, salt: str) -> Path:
    """Write a figure. The same figure and salt, from which SVG takes the names of its parts, give the same bytes."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": salt}), whole_file(out) as draft:
        figure.savefig(draft, bbox_inches="tight", metadata={"Date": None} if out.suffix == ".svg" else {})
    return out


def write_figure(record: Path, out: Path) -> Path:
    """Draw a record. The same record gives the same bytes."""
    run, measured = read(record)
    return save(figure_of(run, measured), out, "polar_peers")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    print(write_figure(given.record, given.out))
