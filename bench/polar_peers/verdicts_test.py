"""Targets against measurements."""

import pytest

from polar_peers.cases import CASES, Target, targets, yardstick
from polar_peers.errors import Errors
from polar_peers.verdicts import Outcome, verdict

NONE = Errors(0, 0, 0, 0)
TARGET = Target("case", "ours", "theirs", at_least=2)


def judged(ours: Outcome, theirs: Outcome) -> tuple[str, float | None]:
    found = verdict(TARGET, {"ours": ours, "theirs": theirs})
    return found.word, found.ratio


@pytest.mark.parametrize(("seconds", "word"), [(2.0, "met"), (1.99, "missed"), (0.5, "missed")])
def test_a_target_is_met_from_its_ratio_on(seconds: float, word: str) -> None:
    assert judged(Outcome([1.0], NONE), Outcome([seconds], NONE)) == (word, seconds)


def test_the_median_is_of_ratios_not_a_ratio_of_medians() -> None:
    # Ratios 3, 1, 3; the medians 2 and 2 would say 1.
    found = verdict(TARGET, {"ours": Outcome([1, 2, 4], NONE), "theirs": Outcome([3, 2, 12], NONE)})
    assert (found.word, found.ratio, found.lowest, found.highest) == ("met", 3, 1, 3)


def test_times_of_wrong_or_missing_results_do_not_count() -> None:
    good, wrong = Outcome([1.0], NONE), Outcome([5.0], NONE, faults=["deviation 1 > 0.04"])
    assert judged(good, wrong) == ("void", None)
    assert judged(wrong, good) == ("void", None)
    assert verdict(TARGET, {"ours": good}).word == "void"


def test_with_amx_the_yardstick_is_full_precision() -> None:
    assert yardstick(["avx512f", "avx512_bf16"]) == "torch ns5 bf16"
    assert yardstick(["avx512f", "amx_tile", "amx_bf16"]) == "torch ns5 f32"


def test_every_target_names_a_matrix_and_a_plan_that_are_run() -> None:
    plans = {
        case.name: {f"steepest {plan.method}" + (f" {plan.steps}" if plan.steps else "") for plan in case.plans}
        for case in CASES
    }
    asked = list(targets([]))
    assert len(asked) == 12
    assert all(target.plan in plans[target.case] for target in asked)
