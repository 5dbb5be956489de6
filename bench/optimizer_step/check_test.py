"""A ratio that falls by more than a tenth is a loss; one that rises, or falls by less, is none."""

import pytest

from optimizer_step.check import losses
from optimizer_step.compare import Outcome
from optimizer_step.errors import Errors


def outcomes(ours: list[float], theirs: list[float]) -> dict[str, dict[str, Outcome]]:
    return {"w": {"steepest a": Outcome(ours, Errors(0)), "peer": Outcome(theirs, Errors(0))}}


@pytest.mark.parametrize(("seconds", "lost"), [(0.9, 0), (1.0, 0), (1.1, 0), (1.12, 1), (2.0, 1)])
def test_losses(seconds: float, lost: int) -> None:
    before = outcomes([1, 1, 1], [2, 2, 2])
    assert len(list(losses(before, outcomes([seconds] * 3, [2, 2, 2])))) == lost


def test_what_one_run_lacks_is_not_compared() -> None:
    assert list(losses(outcomes([1], [2]), {"w": {"steepest a": Outcome([9], Errors(0))}})) == []
