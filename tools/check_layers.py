"""Fails where an include goes against the layers of the library.

face -> problems | lm -> optim -> norm -> plan -> polar -> engine -> base, and a file includes only to the right.
io stands beside base: it may include base, and only face, problems and lm may include it. Headers of libtorch belong
to lm, to face/torch* and to files with "aten" in their name. No file includes itself on a detour.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ORDER = ["face", "problems", "lm", "optim", "norm", "plan", "polar", "engine", "base"]
BESIDE = {frozenset({"problems", "lm"})}
READS_FILES = {"face", "problems", "lm"}
TORCH_HEADER = re.compile(r"(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
ROOTS = ("steepest", "lm", "problems")


@dataclass(frozen=True)
class Include:
    """One include directive: `header` as written, `quoted` for "..." and not <...>."""

    file: str
    line: int
    header: str
    quoted: bool


def includes_of(root: Path) -> Iterator[Include]:
    """Every include directive of the C++ sources under `root`, in the order of the file names."""
    for folder in ROOTS:
        for path in sorted((root / folder).rglob("*.[hc]pp")):
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if found := INCLUDE.match(text):
                    yield Include(
                        path.relative_to(root).as_posix(),
                        number,
                        found[1] or found[2],
                        found[2] is not None,
                    )


def layer_of(file: str) -> str:
    """The layer of a path from the root of the repository: its second folder in steepest/, else its first."""
    parts = file.split("/")
    return parts[1] if parts[0] == "steepest" and len(parts) > 2 else parts[0]


def may_include(layer: str, included: str) -> bool:
    """Whether a file of `layer` may include one of the layer `included`."""
    if layer == included:
        return True
    if included == "io":
        return layer in READS_FILES
    if layer == "io":
        return included == "base"
    if frozenset({layer, included}) in BESIDE:
        return False
    return ORDER.index(layer) < ORDER.index(included)


def may_use_torch(file: str) -> bool:
    """Whether headers of libtorch, or the engine on it, may appear in `file`."""
    return file.startswith(("lm/", "steepest/face/torch")) or "aten" in Path(file).name


def is_torch(header: str) -> bool:
    """Whether `header` is one of libtorch or brings one along: the headers of engine/aten*."""
    return TORCH_HEADER.match(header) is not None or header.startswith("steepest/engine/aten")


def fault_of(include: Include, root: Path) -> str | None:
    """What is wrong with one include, or None."""
    if is_torch(include.header) and not may_use_torch(include.file):
        return f"{include.header} is of libtorch"
    if not include.quoted:
        return None
    if not (root / include.header).is_file():
        return f"{include.header} is no path from the root of the repository"
    layer, included = layer_of(include.file), layer_of(include.header)
    for name in (layer, included):
        if name != "io" and name not in ORDER:
            return f"{name} is no layer"
    return None if may_include(layer, included) else f"{layer} must not include {included} ({include.header})"


def cycle_among(edges: dict[str, list[str]]) -> list[str] | None:
    """A walk along `edges` that ends where it starts, or None."""
    done: set[str] = set()

    def walk(file: str, trail: list[str]) -> list[str] | None:
        if file in trail:
            return [*trail[trail.index(file) :], file]
        if file in done:
            return None
        for header in edges.get(file, []):
            if cycle := walk(header, [*trail, file]):
                return cycle
        done.add(file)
        return None

    return next((cycle for file in sorted(edges) if (cycle := walk(file, []))), None)


def faults(root: Path) -> list[str]:
    """Every fault under `root`, as "file:line: what is wrong"."""
    found: list[str] = []
    edges: dict[str, list[str]] = {}
    for include in includes_of(root):
        if fault := fault_of(include, root):
            found.append(f"{include.file}:{include.line}: {fault}")
        if include.quoted:
            edges.setdefault(include.file, []).append(include.header)
    if cycle := cycle_among(edges):
        found.append(f"{cycle[0]}:1: a cycle: {' -> '.join(cycle)}")
    return found


def main() -> int:
    """Checks the repository this file belongs to, or the folder given."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    if not any(includes_of(root)):
        print(f"{root}: no source file includes anything", file=sys.stderr)
        return 1
    found = faults(root)
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
