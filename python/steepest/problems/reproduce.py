"""`make reproduce-problems`: runs the plan, a session on each core, then writes figures and page from the records."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from steepest.problems.elevation import write_elevation
from steepest.problems.figures import write_figures
from steepest.problems.page import page_of
from steepest.problems.plan import Session, all_sessions
from steepest.whole_file import write_whole

EXPERIMENT = Path("experiments/02_matrix_problems")
RUNS = Path("runs/matrix_problems")
Summary = dict[str, Any]


def version_of(command: Path) -> str:
    """Return what the program says of itself."""
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def run_session(command: Path, session: Session, runs: Path) -> Summary:
    """Run one session, or read what a call with the same words left; a run that diverges is a result, not a failure."""
    words = session.words(runs)
    kept = runs / f"{session.name}.json"
    if kept.exists():
        known: Summary = json.loads(kept.read_text(encoding="utf-8"))
        if known.get("words") == words:
            return known
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started = time.monotonic()
    done = subprocess.run([command, *words], capture_output=True, text=True, check=False, env=environment)
    if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
        raise RuntimeError(f"{session.name}: {done.stderr.strip()}")
    more = {"words": words, "wall_seconds": time.monotonic() - started, "version": version_of(command)}
    summary: Summary = json.loads(done.stdout) | more
    write_whole(kept, json.dumps(summary) + "\n")
    print(f"{session.name:40} {summary['wall_seconds']:7.1f} s", flush=True)
    return summary


def main() -> int:
    """Run what is missing, then write figures and page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", type=Path, required=True, help="the program steepest")
    parser.add_argument("--only", default="", help="sessions whose names begin so; no page")
    parser.add_argument("--shrink", type=int, default=1, help="divides all steps: a rehearsal in a folder of its own")
    given = parser.parse_args()
    runs, out = (RUNS, EXPERIMENT) if given.shrink == 1 else (RUNS / "rehearsal", RUNS / "rehearsal")
    for folder in (runs, out):
        folder.mkdir(parents=True, exist_ok=True)
    write_elevation()
    sessions = [session.shrunk(given.shrink) for session in all_sessions() if session.name.startswith(given.only)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        summaries = list(pool.map(lambda session: run_session(given.command, session, runs), sessions))
    if given.only:
        return 0
    write_figures(runs, out)
    named = {session.name: summary for session, summary in zip(sessions, summaries, strict=True)}
    page = page_of(named, version_of(given.command))
    write_whole(out / "README.md", page)
    print(out / "README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
