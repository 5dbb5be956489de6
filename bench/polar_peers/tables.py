"""What `make bench-polar` prints: one table for each matrix, then the targets."""

from collections.abc import Mapping

from polar_peers.verdicts import Outcome, Verdict

HEAD = (
    f"{'':26}{'ms':>9}{'spread':>8}{'others':>8}{'factors':>9}"
    f"{'|I-UU|':>10}{'|1-sigma|':>11}{'|A-UH|':>10}{'|U-U*|':>10}"
)


def case_table(name: str, outcomes: Mapping[str, Outcome]) -> str:
    """Each contender, fastest first.

    Median time, its spread over the rounds, the share of the cores that other processes had, factors, errors.
    """
    lines = [name, HEAD]
    for contender, outcome in sorted(outcomes.items(), key=lambda pair: pair[1].median):
        errors = outcome.errors
        spread = f"{100 * (max(outcome.seconds) - min(outcome.seconds)) / outcome.median:.0f} %"
        lines.append(
            f"{contender:26}{1e3 * outcome.median:9.1f}{spread:>8}{100 * outcome.foreign:6.0f} %"
            f"{'U, H' if outcome.gives_h else 'U':>9}"
            f"{errors.orthogonality:10.1e}{errors.deviation:11.1e}{errors.backward:10.1e}{errors.forward:10.1e}"
        )
        lines += [f"{'':4}no result: {fault}" for fault in outcome.faults]
    return "\n".join(lines)


def verdict_line(verdict: Verdict) -> str:
    """One target: what was asked, what was measured, the answer."""
    target = verdict.target
    asked = f">= {target.at_least:.2f}" + (f" (aim {target.aim:g})" if target.aim else "")
    measured = "-" if verdict.ratio is None else f"{verdict.ratio:.2f} [{verdict.lowest:.2f}, {verdict.highest:.2f}]"
    return f"{target.case:30}{target.peer + ' / ' + target.plan:42}{asked:18}{measured:22}{verdict.word}"


def verdict_table(verdicts: list[Verdict]) -> str:
    """All targets."""
    head = f"{'':30}{'time of / time of':42}{'target':18}{'median [range]':22}"
    return "\n".join([head, *map(verdict_line, verdicts)])
