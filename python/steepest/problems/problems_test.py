"""The plan says what the command understands, and verdicts follow from the evidence: each is turned round once."""

import math
from pathlib import Path
from typing import Any

import pytest

from steepest.problems.claims import completion_floor, muon_plateau, scaling_is_necessary, verdict
from steepest.problems.evidence import Evidence, at, height, shown, span
from steepest.problems.figures import PAGES, dash_of, name_of, smoothed
from steepest.problems.page import origin
from steepest.problems.plan import PAPER, SEEDS, all_sessions
from steepest.problems.tables import mark, table


def outcome(label: str, gaps: dict[int, float], last: float | None, status: str = "done") -> dict[str, Any]:
    marks = [{"step": step, "value": gap, "gap": gap} for step, gap in gaps.items()]
    return {"label": label, "status": status, "value": last, "gap": last, "marks": marks, "diverged_at": None}


def evidence(problem: str, runs: list[dict[str, Any]]) -> Evidence:
    return Evidence({f"paper-{problem}-{seed}": {"runs": runs} for seed in SEEDS})


def test_names_of_sessions_differ_and_lists_have_one_length() -> None:
    sessions = all_sessions()
    assert len({session.name for session in sessions}) == len(sessions)
    for session in sessions:
        words = session.words(Path("out"))
        lists = [words[words.index(flag) + 1].split(",") for flag in ("--optimizer", "--lr", "--oracle", "--momentum")]
        assert {len(entries) for entries in lists} == {len(session.entries)}


def test_figures_show_runs_of_the_plan() -> None:
    planned = {
        f"{entry.optimizer}{'-' + entry.oracle if 'polargrad' in entry.optimizer or entry.optimizer == 'muon' else ''}"
        f"{'-step' if entry.schedule == 'step' else ''}"
        for entries in PAPER.values()
        for entry in entries
    }
    assert {label for page in PAGES for label in page.labels} <= planned
    for page in PAGES:
        looks = [(name_of(label), label.split("-")[0], dash_of(label)) for label in page.labels]
        assert len({look[1:] for look in looks}) == len(looks), "two curves look alike"


# s <- w s + (1 - w) x with w = past^n over n steps: from 1, zeros leave past^k after k steps, looked at or not.
def test_smoothing_counts_steps() -> None:
    every = smoothed([0, 1, 2, 3, 4], [1.0, 0, 0, 0, 0], 0.8)
    assert every == pytest.approx([0.8**k for k in range(5)])
    assert smoothed([0, 2, 4], [1.0, 0, 0], 0.8) == pytest.approx(every[::2])
    assert smoothed([], [], 0.8) == []


def test_the_page_tells_which_sessions_another_version_made() -> None:
    assert origin({"a": {}}, "1").endswith("Made with 1, one thread a run.")
    assert origin({"a": {}, "b": {"version": "2"}, "c": {"version": "2"}}, "1").endswith("a run; b, c with 2.")


def test_heights_of_diverged_runs_are_infinite() -> None:
    run = outcome("a", {0: 1.0, 10: 2.0}, 5.0, "diverged")
    assert math.isinf(height(run))
    assert at(run, 10) == 2
    assert math.isinf(at(run, 20))
    assert math.isnan(at(outcome("a", {0: 1.0}, 1.0), 20))
    assert shown(math.inf) == "diverged"
    assert span([2.0, 1.0]) == "1 .. 2"
    assert mark(3.0, 3.0) == "**3**"
    assert table(["a"], [["1"]]) == "| a |\n| --- |\n| 1 |"


@pytest.mark.parametrize(
    ("fall", "expected"), [(1e4, "holds"), (30.0, "holds with a condition"), (2.0, "does not hold")]
)
def test_scaling_follows_the_fall(fall: float, expected: str) -> None:
    runs = [outcome("polargrad-qdwh2", {1000: 1.0}, 1 / fall), outcome("muon-exact", {1000: 1.0}, 1.0)]
    assert scaling_is_necessary(evidence("quadratic", runs)).verdict == expected


def test_the_completion_claims_turn_with_muon_and_adam() -> None:
    def runs(adam: float, muon: float) -> Evidence:
        labels = {"altgd": 1e-10, "adam": adam, "adam-step": 1e-10, "muon-ns5": 1e-3, "muon-qdwh2": 1e-3,
                  "muon-qdwh2-step": muon}  # fmt: skip
        first = outcome("polargrad-qdwh2", {100: 1e-13}, 1e-14)
        return evidence("completion", [first, *(outcome(label, {}, last) for label, last in labels.items())])

    assert completion_floor(runs(1e-8, 1e-5)).verdict == "holds"
    assert completion_floor(runs(1e-15, 1e-5)).verdict == "holds with a condition"
    assert muon_plateau(runs(1e-8, 1e-5)).verdict == "holds"
    assert muon_plateau(runs(1e-8, 1e-2)).verdict == "does not hold"
    assert verdict(False, False) == "does not hold"
