"""The page of experiments/02_matrix_problems, written from the records."""

from __future__ import annotations

import textwrap

from steepest.problems.claims import CLAIMS
from steepest.problems.evidence import Evidence, Summary
from steepest.problems.plan import SEEDS
from steepest.problems.tables import oracle_table, paper_table, real_table, sweep_table, table, tuning_free_table

HEAD = """# 02: the matrix problems of the PolarGrad paper

Lau, Long and Su 2025, arXiv:2505.21799, sections 6.1 to 6.3, in the version of the authors' scripts of August 2026.
Data and starts are theirs bit for bit (torch's CPU generator); everything runs in f32, gaps are evaluated in f64. This
page is written by `make reproduce-problems` from its records; problems and flags: `steepest problem --list`.
"""

READING = """Heights are f - f* on the quadratic problem and f on the others. `qdwh2` is QDWH stopped after two steps
from the bound 2^-23, which the published rates were tuned to; `exact` the polar factor to rounding, for which the paper
takes ZOLO-PD; `ns5` five quintic Newton-Schulz steps stored in bf16; `step` a rate multiplied every 25 steps by .99
(quadratic) or .95.
"""

SUBSTITUTES = """Some runs compute the same function by a shorter way. Quadratic runs of seeds 142, 242 and 342, of the
sweeps, of the oracles and of the rules without tuning take the gradient from the normal equations (`--gradient
normal`), which in f32 rounds otherwise than the published A'(AXB - C)B'. The sweeps of PolarGrad on the quadratic and
the logistic problem use `qdwh2_gram`, the same function of the singular values as `qdwh2`. The last gap of Adam with
decay on the quadratic problem is decided by rounding and differs from the authors' (torch 0.93): Adam's late gaps there
compare by order of magnitude alone.
"""

OF_ORACLES = """PolarGrad at a constant rate, seed 42; usable: the gap falls to a tenth. Milliseconds are of one thread
on cores that other work shared: they rank oracles roughly. Quadratic, 500 steps:
"""

OF_ELEVATIONS = """Elevations of the Jacksboro fault, 344 x 403, from the U.S. Geological Survey as Matplotlib ships,
less their mean and over their standard deviation. 30 % of the entries are shown, 400 steps.
"""

OF_RULES = """PolarGrad with the exact factor, seed 42: the best swept constant, and rules that need no rate after twice
as many steps. Gaps of softmax and robust_pca are to the lowest value that any run found. Where a gap lies below the
floor of f32, a rule reaches it by reaching that floor. On logistic all have 375 steps, the constant is that of two
steps of QDWH, and the numbers are means of the last 50 batch losses.
"""


def section(title: str, *parts: str) -> str:
    """Return one section."""
    return "\n\n".join([f"## {title}", *(part.strip() for part in parts)])


def figure(name: str, text: str) -> str:
    """Return a figure with its caption."""
    return f"![{text}]({name}.png)"


def origin(summaries: dict[str, Summary], version: str) -> str:
    """Return what made the records: one version, and the sessions that another one made again."""
    others: dict[str, list[str]] = {}
    for name, summary in summaries.items():
        if (other := summary.get("version", version)) != version:
            others.setdefault(other, []).append(name)
    again = "".join(f"; {', '.join(names)} with {other}" for other, names in others.items())
    return f"Seeds {', '.join(map(str, SEEDS))}. Made with {version}, one thread a run{again}."


def page_of(summaries: dict[str, Summary], version: str) -> str:
    """Return the page."""
    e = Evidence(summaries)
    findings = [claim(e) for claim in CLAIMS]
    verdicts = table(["claim", "evidence", "verdict"], [[f.claim, f.evidence, f"**{f.verdict}**"] for f in findings])
    made = origin(summaries, version)
    parts = [
        HEAD,
        section("Claim, evidence, verdict", textwrap.fill(made, 140), SUBSTITUTES, verdicts),
        section("Quadratic regression", READING, figure("quadratic", "Quadratic regression, seed 42"),
                figure("quadratic_momentum", "The same with momentum"), paper_table(e, "quadratic"),
                sweep_table(e, "quadratic")),
        section("Logistic regression", figure("logistic", "Logistic regression, seed 42"), paper_table(e, "logistic"),
                sweep_table(e, "logistic")),
        section("Matrix completion", figure("completion", "Low-rank matrix completion, seed 42"),
                paper_table(e, "completion"), sweep_table(e, "completion")),
        section("What the oracle does to the usable rate",
                OF_ORACLES,
                oracle_table(e, "quadratic"), "Completion, 200 steps:", oracle_table(e, "completion")),
        section("Step sizes without tuning",
                OF_RULES, tuning_free_table(e)),
        section("A matrix of real data", OF_ELEVATIONS, real_table(e)),
    ]  # fmt: skip
    return "\n\n".join(part.strip() for part in parts) + "\n"
