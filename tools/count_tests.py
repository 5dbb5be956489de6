"""Counts the cases behind one run of ctest: count_tests.py FOLDER, where the run left its XML files.

ctest knows programs; a GoogleTest program and a file of Python tests hold many cases each, and write them to NAME.xml.
A program without such a file (a check, or one that died) counts as one case. So does a program that failed although
all of its cases passed, for instance by a leak found at its end.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def outcome_of(case: ElementTree.Element) -> str:
    """How one <testcase> of GoogleTest, pytest or ctest ended: passed, failed or skipped."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def cases_of(file: Path) -> Counter[str]:
    """The outcomes of the cases in one XML file; empty for a file that is absent or was cut short."""
    try:
        tree = ElementTree.parse(file)
    except (OSError, ElementTree.ParseError):
        return Counter()
    return Counter(outcome_of(case) for case in tree.iter("testcase"))


def count(folder: Path) -> Counter[str]:
    """The outcomes of all cases of the run whose ctest.xml lies in `folder`."""
    total: Counter[str] = Counter()
    for program in ElementTree.parse(folder / "ctest.xml").iter("testcase"):
        outcome = outcome_of(program)
        cases = cases_of(folder / f"{program.get('name', '').replace('/', '.')}.xml")
        if outcome == "failed" and not cases["failed"]:
            cases["failed"] += 1
        total += cases or Counter([outcome])
    return total


def main() -> int:
    """Prints "N passed, N failed"; the status is 0 when something passed and nothing failed."""
    total = count(Path(sys.argv[1]))
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
