"""What `make bench` prints: one table for each workload."""

from collections.abc import Mapping
from statistics import median

from polar_peers.rounds import ratios

from optimizer_step.compare import Outcome
from optimizer_step.workloads import Workload

HEAD = (
    f"{'':26}{'ms':>9}{'spread':>8}{'others':>8}{'Gflop/s':>9}{'GB/s':>7}{'|d-1|':>10}{'rotation':>10}{'scratch':>10}"
)
# What a step must move of each parameter, whatever a contender moves besides: G, W, m, v are read, W, m, v written.
ADAMW_BYTES = 28


def rate(flops: float, seconds: float) -> str:
    """Gflop/s, or a dash where no flops are counted."""
    return f"{1e-9 * flops / seconds:.0f}" if flops > 0 else "-"


def workload_table(workload: Workload, outcomes: Mapping[str, Outcome]) -> str:
    """Each contender, fastest first.

    Median time, its spread over the rounds, the share of the cores that other processes had, useful flops and bytes
    over time, errors of the first step, scratch.
    """
    lines = [f"{workload.name}: {1e-6 * workload.parameters:.1f} M parameters in {len(workload.shapes)} matrices", HEAD]
    for contender, outcome in sorted(outcomes.items(), key=lambda pair: pair[1].median):
        spread = f"{100 * (max(outcome.seconds) - min(outcome.seconds)) / outcome.median:.0f} %"
        moved = f"{1e-9 * ADAMW_BYTES * workload.parameters / outcome.median:.1f}" if workload.kind == "adamw" else "-"
        scratch = f"{1e-6 * outcome.scratch_bytes:.1f} MB" if outcome.scratch_bytes else "-"
        lines.append(
            f"{contender:26}{1e3 * outcome.median:9.1f}{spread:>8}{100 * outcome.foreign:6.0f} %"
            f"{rate(outcome.flops, outcome.median):>9}{moved:>7}"
            f"{outcome.errors.diagonal:10.1e}{outcome.errors.rotation:10.1e}{scratch:>10}"
        )
        lines += [f"{'':4}plan for {plan}" for plan in dict.fromkeys(outcome.plans)]
        lines += [f"{'':4}no result: {fault}" for fault in outcome.faults]
    return "\n".join(lines)


def ratio_table(measured: Mapping[str, Mapping[str, Outcome]]) -> str:
    """Time of each peer over that of each rule of this library: medians of ratios within a round, as Markdown."""
    lines = []
    for workload, outcomes in measured.items():
        ours = [name for name in outcomes if name.startswith("steepest")]
        lines += [f"| {workload} | " + " | ".join(ours) + " |", "| --- |" + " --- |" * len(ours)]
        for peer, outcome in outcomes.items():
            if peer in ours:
                continue
            cells = [f"{median(ratios(outcome.seconds, outcomes[name].seconds)):.2f}" for name in ours]
            lines.append(f"| {peer} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)
