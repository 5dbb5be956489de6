"""The figure says what the records say: series by step, tokens and seconds, likeness of runs, errors in words."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from steepest import plot
from steepest.figure import Style, caption, curves_of, log_tick, seconds_at, smoothed, spread, tokens_at
from steepest.run_records import RecordError, differing_conditions, read_run

RUN: dict[str, Any] = {
    "event": "run",
    "version": "0.1.0",
    "commit": "0123456789abcdef",
    "clean": True,
    "compiler": "GNU",
    "build_type": "Release",
    "machine": {"cpu": "a CPU"},
    "threads": 2,
    "kernels": {"sgemm": "a BLAS"},
}
SETTINGS = {"run.batch": "8", "run.accumulate": "2", "model.context": "128"}


def step(number: int, loss: float | None, seconds: float = 0.5) -> dict[str, Any]:
    return {"event": "step", "step": number, "loss": loss, "seconds": seconds, "taken": True}


def record(path: Path, rows: list[dict[str, Any]], tail: str = "", run: dict[str, Any] = RUN) -> Path:
    entries = [run, {"event": "configuration", "settings": SETTINGS}, *rows]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries) + tail, encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [step(1, 5.5), step(10, 3.0), {"event": "evaluation", "step": 10, "bits_per_byte": 4.3}, step(20, 2.0)]
    # The total of a run has the keys of a step and is none.
    return record(tmp_path / "adamw.jsonl", [*rows, {"event": "end", "step": 20, "seconds": 1e6}])


def test_series_are_ordered_by_step_and_later_records_hold(tmp_path: Path) -> None:
    rows = [step(1, 5.5), step(20, 9.9), RUN, step(10, 3.0), step(20, 2.0), step(30, None)]
    assert read_run(record(tmp_path / "a.jsonl", rows)).series("loss") == ([1, 10, 20], [5.5, 3.0, 2.0])


def test_axes_are_tokens_and_seconds_of_training(run: Path) -> None:
    records = read_run(run)
    assert tokens_at(records, [1, 20]) == [2048, 40960]  # batch 8 x accumulate 2 x context 128
    assert seconds_at(records, [1, 15, 20]) == [0.5, 7.5, 10]  # half a second each


def test_curves_take_each_metric_from_its_own_events(run: Path) -> None:
    (curve,) = curves_of([read_run(run)], Style(metric="bits_per_byte", x="tokens"))
    assert (curve.label, curve.x, curve.y) == ("adamw", [20480], [4.3])


def test_smoothing_keeps_constants_and_lines() -> None:
    line = [float(k) for k in range(20)]
    assert smoothed(line, 1) == line
    assert smoothed(line, 5)[:17] == pytest.approx(line[:17])
    assert smoothed([3.0] * 9, 4) == pytest.approx([3.0] * 9)
    assert smoothed([0.0, 9.0, 0.0], 3) == pytest.approx([0.0, 3.0, 4.5])


def test_labels_move_apart_and_no_further() -> None:
    assert spread([0.1, 0.5], 0.07) == [0.1, 0.5]
    low, high, middle = spread([0.50, 0.52, 0.51], 0.07)
    assert (low, middle, high) == pytest.approx((0.44, 0.51, 0.58))
    many = sorted(spread([0.3, 0.3, 0.31, 0.45, 0.46], 0.07))
    assert all(b - a > 0.07 - 1e-12 for a, b in pairwise(many))


def test_ticks_of_a_log_axis_are_plain_numbers() -> None:
    assert [log_tick(value) for value in (0.1, 0.2, 0.4, 5.0, 100.0)] == ["0.1", "0.2", "", "5", "100"]


def test_torn_last_line_is_left_out_and_noted(tmp_path: Path) -> None:
    torn = read_run(record(tmp_path / "a.jsonl", [step(1, 5.5)], tail='{"event": "st'))
    assert torn.series("loss") == ([1], [5.5])
    assert "incomplete: a" in caption([torn])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first line must describe the run"),
        ('{"event": "step", "step": 1}\n', "the first line must describe the run"),
        ('{"event": "run"}\nnot json\n', "a.jsonl:2"),
        ('{"event": "run"}\n[1]\n', "a.jsonl:2"),
    ],
)
def test_bad_records_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(RecordError, match=said):
        read_run(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("commit", "other"), ("clean", False), ("threads", 1), ("machine", {"cpu": "another"}), ("kernels", {})],
)
def test_unlike_runs_are_refused_unless_mixed(run: Path, tmp_path: Path, key: str, value: object) -> None:
    other = record(tmp_path / "muon.jsonl", [step(1, 5.0)], run=RUN | {key: value})
    assert differing_conditions([read_run(run), read_run(other)]) == [key]
    figure = tmp_path / "loss.svg"
    words = [str(run), str(other), "--out", str(figure)]
    assert plot.main(words) == plot.FAILED
    assert not figure.exists()
    assert plot.main([*words, "--mix"]) == plot.DONE
    assert f"differ in {key}" in caption([read_run(run), read_run(other)])


def test_a_run_resumed_on_another_machine_is_unlike_itself(tmp_path: Path) -> None:
    rows = [step(1, 5.5), RUN | {"machine": {"cpu": "another"}}, step(2, 5.0)]
    assert differing_conditions([read_run(record(tmp_path / "a.jsonl", rows))]) == ["machine"]


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_figures_are_written_whole(run: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"loss.{suffix}"
    assert plot.main([str(run), "--out", str(out), "--x", "tokens", "--log", "--smooth", "3"]) == plot.DONE
    assert out.stat().st_size > 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adamw.jsonl", out.name]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--metric", "los"], plot.USAGE, "metric 'los' is not known; closest: 'loss'"),
        (["--x", "tokn"], plot.USAGE, "axis 'tokn' is not known; closest: 'tokens'"),
        (["--smooth", "0"], plot.USAGE, "--smooth must be at least 1; 0 came"),
        (["--label", "a", "--label", "b"], plot.USAGE, "1 runs need as many --label; 2 came"),
        (["--unknown"], plot.USAGE, "--unknown"),
        (["missing.jsonl"], plot.FAILED, "missing.jsonl: No such file or directory"),
    ],
)
def test_errors_are_one_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, said: str
) -> None:
    assert plot.main([str(run), "--out", str(tmp_path / "loss.png"), *words]) == status
    error = capsys.readouterr().err
    assert error.startswith("steepest: error: ")
    assert error.count("\n") == 1
    assert said in error


def test_format_is_that_of_the_name(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plot.main([str(run), "--out", "loss.gif"]) == plot.USAGE
    assert "must end in .png, .pdf, .svg" in capsys.readouterr().err


def test_values_that_are_not_finite_leave_gaps(tmp_path: Path) -> None:
    assert read_run(record(tmp_path / "a.jsonl", [step(1, math.nan), step(2, 1.0)])).series("loss") == ([2], [1.0])
