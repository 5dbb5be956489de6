"""The figure of diagnostics: how anisotropic gradients are, and what the optimizers made of them."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from steepest.figure import AXES, COLOURS, MARKERS, caption
from steepest.run_records import Record, RecordError, Run, is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Dash = tuple[int, tuple[int, ...]]
SOLID: Dash = (0, ())
DOTTED: Dash = (0, (2, 1))
# Of tensors with a spectrum, in the order of the legend.
ROLES = ("hidden", "convolution", "embedding", "head", "tied_embedding")
SMALLER_SIDE = "smaller side"


@dataclass(frozen=True)
class Quantity:
    """A number of the diagnostics; `over` it is divided by another, or by the smaller side of the tensor."""

    name: str
    dash: Dash = SOLID
    over: str = ""
    label: str = ""  # where a panel has several

    def of(self, tensor: Record) -> float | None:
        """Return the number of one tensor, where it was recorded."""
        value = tensor.get(self.name)
        unit = min(tensor["rows"], tensor["cols"]) if self.over == SMALLER_SIDE else tensor.get(self.over, 1)
        return float(value or 0) / float(unit) if is_number(value) and is_number(unit) and unit else None


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    quantities: tuple[Quantity, ...]
    log: bool = True


PANELS = (
    Panel("gradient: condition number", (Quantity("condition"),)),
    Panel(
        "stable rank / smaller side",
        (
            Quantity("stable_rank", DOTTED, SMALLER_SIDE, "of the gradient"),
            Quantity("update_stable_rank", SOLID, SMALLER_SIDE, "of the update"),
        ),
    ),
    Panel("cosine of update and gradient", (Quantity("cosine"),), log=False),
    Panel("update / weight, spectral norms", (Quantity("update_spectral_norm", SOLID, "weight_spectral_norm"),)),
    Panel("Adam's denominator: largest / smallest", (Quantity("preconditioner_condition"),)),
)


@dataclass
class Band:
    """Median, least and largest of some tensors, by step."""

    label: str
    colour: str
    dash: Dash = SOLID
    x: list[float] = field(default_factory=list)
    middle: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, x: float, values: Sequence[float]) -> None:
        """Append a step, where it has values."""
        if values:
            self.x.append(x)
            self.middle.append(statistics.median(values))
            self.low.append(min(values))
            self.high.append(max(values))


def roles_of(runs: list[Run]) -> dict[str, str]:
    """Return the roles of all matrices that were looked at, each with its colour."""
    seen = {tensor["role"] for run in runs for _, tensors in run.looks() for tensor in matrices(tensors)}
    order = [role for role in ROLES if role in seen] + sorted(seen - set(ROLES))
    return dict(zip(order, COLOURS, strict=False))


def matrices(tensors: list[Record]) -> Iterator[Record]:
    """Leave out vectors, which have one singular value."""
    return (tensor for tensor in tensors if min(tensor["rows"], tensor["cols"]) > 1)


def bands_of(run: Run, panel: Panel, colours: dict[str, str], axis: str = "step") -> list[Band]:
    """Return the bands of one panel: one for each role and quantity that the run has."""
    looks = run.looks()
    places = AXES[axis][0](run, [step for step, _ in looks])
    bands = []
    for role, colour in colours.items():
        for quantity in panel.quantities:
            band = Band(role, colour, quantity.dash)
            for x, (_, tensors) in zip(places, looks, strict=True):
                values = [quantity.of(tensor) for tensor in matrices(tensors) if tensor["role"] == role]
                band.add(x, [value for value in values if value is not None and (value > 0 or not panel.log)])
            bands.append(band)
    return [band for band in bands if band.x]


def legend_text(runs: list[Run], role: str) -> str:
    """Name a role, its number of tensors and, where all runs agree, its rule."""
    counts = {sum(tensor["role"] == role for tensor in matrices(tensors)) for run in runs for _, tensors in run.looks()}
    rules = {
        tensor["rule"] for run in runs for _, tensors in run.looks() for tensor in tensors if tensor["role"] == role
    }
    number = max(counts)
    text = f"{role}, {number} matrices: median and range" if number > 1 else role
    return text + (f" ({rules.pop()})" if len(rules) == 1 else "")


def draw(axes: Axes, panel: Panel, bands: list[Band]) -> None:
    """Draw the medians over the ranges of one panel; markers tell roles apart without colour."""
    for band in bands:
        if max(high - low for high, low in zip(band.high, band.low, strict=True)) > 0:
            axes.fill_between(band.x, band.low, band.high, color=band.colour, alpha=0.15, linewidth=0)
        axes.plot(
            band.x, band.middle, color=band.colour, linestyle=band.dash, linewidth=1.3, marker=marker_of(band.colour),
            markevery=-(-len(band.x) // 8), markersize=3.2,
        )  # fmt: skip
    if panel.log:
        axes.set_yscale("log")
    else:
        axes.axhline(0, color="0.6", linewidth=0.6)
    axes.tick_params(labelsize=7, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.3, alpha=0.5)


def marker_of(colour: str) -> str:
    """Return the marker that goes with a colour."""
    return MARKERS[COLOURS.index(colour)]


def note_dashes(axes: Axes, panel: Panel) -> None:
    """Say which line is which, where a panel has several kinds."""
    from matplotlib.lines import Line2D

    if len(panel.quantities) > 1:
        lines = [Line2D([], [], color="0.25", linewidth=1.4) for _ in panel.quantities]
        for line, quantity in zip(lines, panel.quantities, strict=True):
            line.set_linestyle(quantity.dash)
        axes.legend(
            lines, [one.label for one in panel.quantities], fontsize=7, frameon=False, handlelength=2.6,
            loc="lower left", bbox_to_anchor=(0, 0.98), ncols=2, borderpad=0, columnspacing=1,
        )  # fmt: skip


def check_looks(runs: list[Run]) -> None:
    """Refuse a run without diagnostics, naming what there is instead. Raises RecordError."""
    for run in runs:
        others = [name for name in run.metrics() if name.endswith("_condition")]
        if not run.looks():
            instead = f"; --log --metric {others[0]} draws what it has" if others else ""
            raise RecordError(
                f"{run.path}: no diagnostics, which `steepest train --diagnostics-every K` records{instead}"
            )


def figure_of(runs: list[Run], axis: str = "step") -> Figure:
    """Draw panels side by side for one run, a column for each of several. Raises RecordError."""
    from matplotlib.figure import Figure

    check_looks(runs)
    colours = roles_of(runs)
    panels = [panel for panel in PANELS if any(bands_of(run, panel, colours) for run in runs)]
    several = len(runs) > 1
    columns, rows = (len(runs), len(panels)) if several else (2, -(-len(panels) // 2))
    figure = Figure(figsize=(max(6.9, 2.6 * columns), 1.6 * rows + 0.8), dpi=200, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex="col", sharey="row" if several else "none")
    places = [(run, panel) for panel in panels for run in runs]
    for k, (axes, (run, panel)) in enumerate(zip(grid.flat, places, strict=False)):
        draw(axes, panel, bands_of(run, panel, colours, axis))
        if not several or k % columns == 0:
            axes.set_title(panel.title, fontsize=8, loc="left", pad=14 if len(panel.quantities) > 1 else 4)
            note_dashes(axes, panel)
        axes.xaxis.set_tick_params(labelbottom=k + columns >= len(places))
        if several and k < columns:
            axes.annotate(run.label, (0.5, 1.25), xycoords="axes fraction", ha="center", fontsize=9, weight="bold")
    for axes in list(grid.flat)[len(places) :]:
        axes.set_visible(False)
    figure.supxlabel(AXES[axis][1], fontsize=8)
    add_legend(figure, runs, colours)
    return figure


def add_legend(figure: Figure, runs: list[Run], colours: dict[str, str]) -> None:
    """Name the roles above the panels, and where the numbers come from below them."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, marker=marker_of(colour), markersize=4) for colour in colours.values()]
    texts = [legend_text(runs, role) for role in colours]
    figure.legend(handles, texts, loc="outside upper left", ncols=3, fontsize=7, frameon=False)
    figure.text(0.005, -0.01, textwrap.fill(caption(runs), 120), fontsize=7, color="0.35", va="top")
