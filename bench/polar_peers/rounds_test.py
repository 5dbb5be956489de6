"""Contenders in turn."""

import pytest

from polar_peers.rounds import MOST_TRIES, Sample, interleaved, quiet_sample, ratios, repetitions


def test_contenders_take_turns_and_every_round_begins_with_the_next() -> None:
    order: list[str] = []

    def run_of(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    runs = {name: lambda name=name: run_of(name, 0.5) for name in "abc"}
    samples = interleaved(runs, rounds=3, foreign=lambda: 0.0, pause=0)
    assert order[:6] == list("aabbcc")  # a first run that is not counted, and one that tells how many make a sample
    assert order[6:] == [name for name in "abcbcacab" for _ in range(2)]  # one that is not counted before each sample
    assert samples == {name: [Sample(0.5, 0.0)] * 3 for name in "abc"}


def test_a_sample_is_the_mean_of_its_runs_and_the_first_ones_do_not_count() -> None:
    seconds = iter([0.9, 0.1, 0.7, 0.02, 0.04])  # cold, then 0.2 / 0.1 = 2 runs a sample, and one before it
    samples = interleaved({"a": lambda: next(seconds)}, rounds=1, foreign=lambda: 0.0, pause=0)
    assert [sample.seconds for sample in samples["a"]] == [pytest.approx(0.03)]


def test_a_long_first_run_tells_how_many_make_a_sample() -> None:
    seconds = iter([7.0, 9.0, 6.0, 9.0, 5.0])
    samples = interleaved({"a": lambda: next(seconds)}, rounds=2, foreign=lambda: 0.0, pause=0)
    assert [sample.seconds for sample in samples["a"]] == [6.0, 5.0]


def test_a_disturbed_sample_is_taken_again_until_it_is_quiet() -> None:
    shares = iter([0.0, 0.8, 0.0, 0.3, 0.0, 0.05])  # asked before and after each try
    seconds = iter([1.0, 9.0, 1.0, 3.0, 1.0, 5.0])
    assert quiet_sample(lambda: next(seconds), 1, lambda: next(shares), 0) == Sample(5.0, 0.05)


def test_without_a_quiet_moment_the_quietest_counts_even_if_it_is_not_the_fastest() -> None:
    seconds = iter([0.0, 1.0, 0.0, 7.0] + [0.0, 2.0] * (MOST_TRIES - 2))
    shares = iter([0.0, 0.9, 0.0, 0.2] + [0.0, 0.9] * (MOST_TRIES - 2))
    assert quiet_sample(lambda: next(seconds), 1, lambda: next(shares), 0) == Sample(7.0, 0.2)


@pytest.mark.parametrize(("seconds", "count"), [(1.0, 1), (0.2, 1), (0.08, 3), (1e-6, 50), (0.0, 50)])
def test_short_runs_are_repeated_within_limits(seconds: float, count: int) -> None:
    assert repetitions(seconds) == count


def test_ratios_pair_the_samples_of_one_round() -> None:
    # The machine is half as fast in the second round: both are slower, the ratio stays.
    assert ratios([2.0, 4.0], [1.0, 2.0]) == [2.0, 2.0]
    assert ratios([6.0], [1.0, 2.0]) == [6.0, 3.0]
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0, 2.0], [1.0, 2.0, 3.0])
