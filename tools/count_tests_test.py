"""passed + failed + skipped is the number of cases; a failure of any kind is counted, and none passing is a failure."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from count_tests import count, main

GTEST = """<testsuites><testsuite name="Polar">
<testcase name="a" status="run" result="completed"/>
<testcase name="b" status="run" result="completed"><failure message="wrong"/></testcase>
<testcase name="c" status="run" result="skipped"><skipped message="no AMX"/></testcase>
<testcase name="d" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testcase name="x"/><testcase name="y"><error/></testcase></testsuites>"""


def write_run(folder: Path, programs: dict[str, str], files: dict[str, str]) -> Path:
    """Writes the ctest.xml of a run with the status of each program, and the XML files of their cases."""
    cases = "".join(f'<testcase name="{name}" status="{status}"/>' for name, status in programs.items())
    (folder / "ctest.xml").write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    return folder


def test_cases_of_programs_are_counted_one_by_one(tmp_path: Path) -> None:
    programs = {"polar_test": "fail", "tools/x_test.py": "fail", "check_layers": "run"}
    run = write_run(tmp_path, programs, {"polar_test": GTEST, "tools.x_test.py": PYTEST})
    assert count(run) == Counter(passed=3, failed=2, skipped=2)


def test_a_program_that_died_is_one_failure(tmp_path: Path) -> None:
    assert count(write_run(tmp_path, {"a": "fail", "b": "fail"}, {"a": "<testsuites><tests"})) == Counter(failed=2)


def test_a_failure_after_the_last_case_is_counted(tmp_path: Path) -> None:
    run = write_run(tmp_path, {"a": "fail"}, {"a": '<testsuites><testcase name="t" status="run"/></testsuites>'})
    assert count(run) == Counter(passed=1, failed=1)


@pytest.mark.parametrize(
    ("programs", "line", "status"),
    [
        ({"a": "run", "b": "run"}, "2 passed, 0 failed", 0),
        ({"a": "run", "b": "fail"}, "1 passed, 1 failed", 1),
        ({"a": "run", "b": "notrun"}, "1 passed, 0 failed, 1 skipped", 0),
        ({}, "0 passed, 0 failed", 1),
    ],
)
def test_the_closing_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    programs: dict[str, str],
    line: str,
    status: int,
) -> None:
    monkeypatch.setattr(sys, "argv", ["count_tests.py", str(write_run(tmp_path, programs, {}))])
    assert main() == status
    assert capsys.readouterr().out == line + "\n"
