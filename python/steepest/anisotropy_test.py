"""The figure of diagnostics says what the records say: medians and ranges by role, ratios, no empty panels."""

from pathlib import Path
from typing import Any

import pytest

from steepest import plot
from steepest.anisotropy import PANELS, bands_of, figure_of, legend_text, roles_of
from steepest.plot_test import record, step
from steepest.run_records import RecordError, read_run

PANEL_OF = {panel.quantities[-1].name: panel for panel in PANELS}


def tensor(name: str, role: str, rule: str, **numbers: float | None) -> dict[str, Any]:
    return {"tensor": name, "role": role, "rule": rule, "rows": 8, "cols": 4} | numbers


def look(number: int, *tensors: dict[str, Any]) -> dict[str, Any]:
    return {"event": "diagnostics", "step": number, "tensors": list(tensors)}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [
        look(
            10, *[tensor(f"w{k}", "hidden", "muon", condition=c, cosine=-0.5) for k, c in enumerate((2.0, 8.0, 32.0))]
        ),
        look(1, tensor("w", "hidden", "muon", condition=99.0)),
        step(10, 3.0),
        look(
            1,
            tensor("w0", "hidden", "muon", condition=4.0, update_spectral_norm=0.3, weight_spectral_norm=6.0),
            tensor("w1", "hidden", "muon", condition=None, stable_rank=1.0, update_stable_rank=4.0),
            tensor("e", "embedding", "adamw", condition=100.0, preconditioner_condition=1e4),
            tensor("gain", "vector", "adamw", cosine=0.9) | {"rows": 1},
        ),
    ]
    return record(tmp_path / "muon.jsonl", rows)


def test_bands_are_medians_and_ranges_of_a_role(run: Path) -> None:
    records = read_run(run)
    colours = roles_of([records])
    assert list(colours) == ["hidden", "embedding"]  # a vector has no spectrum
    hidden, embedding = bands_of(records, PANEL_OF["condition"], colours)
    assert (hidden.x, hidden.middle, hidden.low, hidden.high) == ([1, 10], [4, 8], [4, 2], [4, 32])
    assert (embedding.x, embedding.middle) == ([1], [100])  # and the later record of a step holds
    assert hidden.colour != embedding.colour


def test_ratios_are_formed_for_each_tensor(run: Path) -> None:
    records = read_run(run)
    colours = roles_of([records])
    (ratio,) = bands_of(records, PANEL_OF["update_spectral_norm"], colours)
    assert ratio.middle == pytest.approx([0.05])
    gradient, update = bands_of(records, PANEL_OF["update_stable_rank"], colours)
    assert (gradient.middle, update.middle) == ([0.25], [1.0])  # of the smaller side, 4
    assert gradient.dash != update.dash


def test_a_cosine_may_be_negative_and_a_logarithm_not(run: Path) -> None:
    records = read_run(run)
    colours = roles_of([records])
    (cosine,) = bands_of(records, PANEL_OF["cosine"], colours)
    assert (cosine.x, cosine.middle) == ([10], [-0.5])
    for look in records.diagnostics.values():
        for one in look:
            one["condition"] = 0.0
    assert bands_of(records, PANEL_OF["condition"], colours) == []


def test_the_legend_counts_and_names_the_rule(run: Path) -> None:
    records = read_run(run)
    assert legend_text([records], "hidden") == "hidden, 3 matrices: median and range (muon)"
    assert legend_text([records], "embedding") == "embedding (adamw)"


def test_runs_stand_in_columns(run: Path, tmp_path: Path) -> None:
    assert sum(axes.get_visible() for axes in figure_of([read_run(run)]).axes) == 5
    out = tmp_path / "figure.svg"
    words = [str(run), str(run), "--label", "a", "--label", "b", "--anisotropy", "--x", "tokens", "--out", str(out)]
    assert plot.main(words) == plot.DONE
    assert out.stat().st_size > 1000
    assert len(figure_of([read_run(run), read_run(run)]).axes) == 10


def test_a_run_without_diagnostics_says_what_records_them(tmp_path: Path) -> None:
    bare = record(tmp_path / "bare.jsonl", [step(1, 5.0)])
    with pytest.raises(RecordError, match="--diagnostics-every"):
        figure_of([read_run(bare)])
    problem = record(tmp_path / "problem.jsonl", [step(1, 5.0) | {"gradient_condition": 31.5}])
    with pytest.raises(RecordError, match="--log --metric gradient_condition"):
        figure_of([read_run(problem)])


@pytest.mark.parametrize("words", [["--metric", "seconds"], ["--log"], ["--smooth", "3"]])
def test_what_its_panels_decide_is_refused(
    run: Path, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figure.png"
    assert plot.main([str(run), "--anisotropy", "--out", str(out), *words]) == plot.USAGE
    assert "--anisotropy has panels of its own" in capsys.readouterr().err
    assert not out.exists()
