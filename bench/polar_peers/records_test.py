"""Records are read as they were written; tables and the front of the figure."""

from pathlib import Path

import pytest
from steepest.run_records import RecordError

from polar_peers.cases import CASES
from polar_peers.errors import Errors
from polar_peers.figure import front
from polar_peers.records import outcome_record, read, verdict_record, write
from polar_peers.tables import case_table, verdict_line
from polar_peers.verdicts import Outcome, verdict
from polar_peers.verdicts_test import NONE, TARGET

OUTCOME = Outcome(
    [0.25, 0.75, 0.5], Errors(1e-15, 2e-15, 3e-15, 4e-14), ["backward 1 > 0"], "1.2", gives_h=True, foreign=0.25
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    record = tmp_path / "results.jsonl"
    found = verdict(TARGET, {})
    write(record, [{"event": "run"}, outcome_record(CASES[0], "a", OUTCOME), verdict_record(found)])
    assert read(record) == ({"event": "run"}, {CASES[0].name: {"a": OUTCOME}})


def test_a_record_without_its_description_is_refused(tmp_path: Path) -> None:
    record = tmp_path / "results.jsonl"
    write(record, [outcome_record(CASES[0], "a", OUTCOME)])
    with pytest.raises(RecordError, match="first line"):
        read(record)


def test_tables_say_milliseconds_errors_and_faults() -> None:
    lines = case_table("title", {"slow": OUTCOME, "fast": Outcome([0.1], NONE)}).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["fast", "slow", "no"]
    assert lines[3].split() == [
        "slow",
        "500.0",
        "100",
        "%",
        "25",
        "%",
        "U,",
        "H",
        "1.0e-15",
        "2.0e-15",
        "3.0e-15",
        "4.0e-14",
    ]
    assert lines[4].strip() == "no result: backward 1 > 0"


def test_lines_of_verdicts_name_target_and_measurement() -> None:
    met = verdict(TARGET, {"ours": Outcome([1.0], NONE), "theirs": Outcome([3.0], NONE)})
    assert verdict_line(met).split() == ["case", "theirs", "/", "ours", ">=", "2.00", "3.00", "[3.00,", "3.00]", "met"]
    assert verdict_line(verdict(TARGET, {})).split()[-2:] == ["-", "void"]


def test_the_front_is_what_nothing_beats_in_both() -> None:
    def outcome(seconds: float, error: float, faults: list[str] | None = None) -> Outcome:
        return Outcome([seconds], Errors(error, 0, 0, 0), faults or [])

    outcomes = {"a": outcome(1, 1e-3), "b": outcome(2, 1e-2), "c": outcome(3, 1e-9), "d": outcome(0.1, 1e-9, ["wrong"])}
    assert front(outcomes) == ["a", "c"]
