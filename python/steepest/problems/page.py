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

OF_ORACLES = "PolarGrad at a constant rate, seed 42; usable: the gap falls to a tenth. Quadratic, 500 steps:"

OF_ELEVATIONS = """Elevations of the Jacksboro fault, 344 x 403, from the U.S. Geological Survey as Matplotlib ships,
less their mean and over their standard deviation. 30 % of the entries are shown, 400 steps.
"""

OF_RULES = """PolarGrad with the exact factor, seed 42: the best swept constant, and rules that need no rate after twice
as many steps. Gaps of softmax and robust_pca are to the lowest value that any run found.
"""


def section(title: str, *parts: str) -> str:
    """Return one section."""
    return "\n\n".join([f"## {title}", *(part.strip() for part in parts)])


def figure(name: str, text: str) -> str:
    """Return a figure with its caption."""
    return f"![{text}]({name}.png)"


def page_of(summaries: dict[str, Summary], version: str) -> str:
    """Return the page."""
    e = Evidence(summaries)
    findings = [claim(e) for claim in CLAIMS]
    verdicts = table(["claim", "evidence", "verdict"], [[f.claim, f.evidence, f"**{f.verdict}**"] for f in findings])
    seeds = ", ".join(map(str, SEEDS))
    made = f"Seeds {seeds}. Made with {version}, one thread a run."
    parts = [
        HEAD,
        section("Claim, evidence, verdict", textwrap.fill(made, 140), verdicts),
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
