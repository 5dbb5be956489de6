"""Figures from run records: the part of `steepest plot` that draws."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from steepest import anisotropy
from steepest.figure import AXES, Style, figure_of
from steepest.run_records import RecordError, Run, differing_conditions, read_run
from steepest.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
FORMATS = (".png", ".pdf", ".svg")


class UsageError(Exception):
    """The command line asks for what there is not."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    runs: list[Path]
    out: Path
    labels: list[str]
    mix: bool
    style: Style
    anisotropy: bool = False


class Parser(argparse.ArgumentParser):
    """argparse with the errors of the command."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing: one place prints errors."""
        raise UsageError(f"[plot] {message}")


def parse(arguments: Sequence[str] | None) -> Request:
    """Read the command line. Raises UsageError."""
    parser = Parser(prog="steepest plot", description="Figures from run records.", allow_abbrev=False)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a JSONL file of records")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the figure: .png, .pdf or .svg")
    parser.add_argument("--x", default="step", metavar="AXIS", help="step, tokens or seconds of training [step]")
    parser.add_argument(
        "--metric", default="loss", metavar="NAME", help="loss, bits_per_byte, gradient_norm, ... as recorded [loss]"
    )
    parser.add_argument("--label", action="append", default=[], metavar="TEXT", help="of each run in turn [its file]")
    parser.add_argument(
        "--smooth", type=int, default=1, metavar="N", help="mean of N records, over faint lines of the raw ones [1]"
    )
    parser.add_argument("--log", action="store_true", help="logarithmic vertical axis")
    parser.add_argument(
        "--anisotropy",
        action="store_true",
        help="draw the diagnostics instead: spectra of gradients, what the updates made of them",
    )
    parser.add_argument("--mix", action="store_true", help="allow runs of unlike machines, commits or kernels")
    given = parser.parse_intermixed_args(arguments)
    style = Style(given.x, given.metric, given.smooth, given.log)
    request = Request(given.runs, given.out, given.label, given.mix, style, given.anisotropy)
    check_request(request)
    return request


def check_request(request: Request) -> None:
    """Refuse what can be refused before a file is read."""
    check_name("axis", request.style.x, list(AXES))
    if request.out.suffix not in FORMATS:
        raise UsageError(f"[plot] --out must end in {', '.join(FORMATS)}; '{request.out}' came")
    if request.style.smooth < 1:
        raise UsageError(f"[plot] --smooth must be at least 1; {request.style.smooth} came")
    if request.labels and len(request.labels) != len(request.runs):
        raise UsageError(f"[plot] {len(request.runs)} runs need as many --label; {len(request.labels)} came")

    if request.anisotropy and request.style != Style(request.style.x):
        raise UsageError("[plot] --anisotropy has panels of its own; --metric, --smooth or --log came with it")


def check_name(what: str, name: str, valid: list[str]) -> None:
    """Refuse a name that is not valid, naming the closest ones."""
    if name not in valid:
        near = difflib.get_close_matches(name, valid, 3, 0) or valid
        raise UsageError(f"[plot] {what} '{name}' is not known; closest: {', '.join(map(repr, near))}")


def load(request: Request) -> list[Run]:
    """Read the runs and refuse those that may not stand side by side."""
    runs = [read_run(path) for path in request.runs]
    for run, label in zip(runs, request.labels, strict=False):
        run.label = label
    if not request.anisotropy:
        check_name("metric", request.style.metric, sorted({name for run in runs for name in run.metrics()}))
    different = differing_conditions(runs)
    if different and not request.mix:
        raise RecordError(f"the runs differ in {', '.join(different)}; --mix draws them all the same and says so")
    return runs


def write(figure: "Figure", out: Path) -> None:
    """Write the figure whole or not at all."""
    with whole_file(out) as draft:
        figure.savefig(draft, bbox_inches="tight")


def plot(arguments: Sequence[str] | None) -> None:
    """Do what the command line asks for."""
    request = parse(arguments)
    runs = load(request)
    figure = anisotropy.figure_of(runs, request.style.x) if request.anisotropy else figure_of(runs, request.style)
    write(figure, request.out)
    print(request.out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    try:
        plot(arguments)
    except UsageError as error:
        return complain(str(error), USAGE)
    except ModuleNotFoundError as error:
        return complain(
            f"[plot] figures need the Python package {error.name}; {sys.executable} does not have it", FAILED
        )
    except (RecordError, OSError) as error:
        return complain(f"[plot] {error}", FAILED)
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)
    return DONE


def complain(text: str, status: int) -> int:
    """Print an error; return the status that goes with it."""
    print(f"steepest: error: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
