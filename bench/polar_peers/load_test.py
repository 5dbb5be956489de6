"""The share of others."""

import os
import time
from pathlib import Path

import pytest

from polar_peers.load import TICKS, ForeignLoad, busy_seconds, process_seconds


def test_all_but_idle_and_waiting_is_busy() -> None:
    assert busy_seconds("cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 9 9 9 9 9 9 9 9 9 9\n") == 63 / TICKS


def test_a_name_with_spaces_and_parentheses_moves_no_field() -> None:
    text = "17 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 300 40 0 0 20 0"
    assert process_seconds(text) == 340 / TICKS


def test_own_work_is_not_foreign() -> None:
    # All that is busy, less what is foreign, is what this process has used.
    load = ForeignLoad([])
    _, foreign = load.reading()
    busy, used = busy_seconds(Path("/proc/stat").read_text("utf-8")), time.process_time()
    while time.process_time() < used + 0.3:
        pass
    own = busy_seconds(Path("/proc/stat").read_text("utf-8")) - busy - (load.reading()[1] - foreign)
    assert own == pytest.approx(0.3, abs=0.08)


def test_the_share_is_of_all_cores_since_the_last_call(monkeypatch: pytest.MonkeyPatch) -> None:
    load, readings = ForeignLoad([]), iter([(10.0, 5.0), (14.0, 7.0)])
    load.cores = 2
    monkeypatch.setattr(load, "reading", lambda: next(readings))
    load.share()
    assert load.share() == 0.25  # 2 s of others in 4 s of 2 cores


def test_a_process_of_the_comparison_is_counted_as_own() -> None:
    assert len(ForeignLoad([os.getppid()]).own) == 2
