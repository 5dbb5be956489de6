"""Contenders in turn."""

import pytest

from polar_peers.rounds import interleaved, ratios, repetitions


def test_contenders_take_turns_and_every_round_begins_with_the_next() -> None:
    order: list[str] = []

    def run_of(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    runs = {name: lambda name=name: run_of(name, 1.0) for name in "abc"}
    samples = interleaved(runs, rounds=3, pause=0)
    assert order[:6] == list("aabbcc")  # a first run that is not counted, and one that tells how many make a sample
    assert order[6:] == list("abcbcacab")
    assert samples == {name: [1.0] * 3 for name in "abc"}


def test_a_sample_is_the_mean_of_its_runs_and_the_first_ones_do_not_count() -> None:
    seconds = iter([9.0, 0.025, 0.02, 0.04])  # cold, then 0.05 / 0.025 = 2 runs a sample
    assert interleaved({"a": lambda: next(seconds)}, rounds=1, pause=0) == {"a": [pytest.approx(0.03)]}


@pytest.mark.parametrize(("seconds", "count"), [(1.0, 1), (0.05, 1), (0.02, 3), (1e-6, 20), (0.0, 20)])
def test_short_runs_are_repeated_within_limits(seconds: float, count: int) -> None:
    assert repetitions(seconds) == count


def test_ratios_pair_the_samples_of_one_round() -> None:
    # The machine is half as fast in the second round: both are slower, the ratio stays.
    assert ratios([2.0, 4.0], [1.0, 2.0]) == [2.0, 2.0]
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], [1.0, 2.0])
