"""`steepest trace`: the cases of peers.json, states, refusals."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Matrix = npt.NDArray[np.float64]

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "steepest" / "optim" / "peers.json").read_text())


def closed_form(shape: tuple[int, int], s: int) -> Matrix:
    """M(s)[i, j] = sin(1 + s + 0.7 i + 1.3 j) + 0.25 cos(0.5 s + 2.1 i - 0.9 j), of rank 4 at most."""
    i, j = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    result: Matrix = np.sin(1 + s + 0.7 * i + 1.3 * j) + 0.25 * np.cos(0.5 * s + 2.1 * i - 0.9 * j)
    return result


def write_inputs(folder: Path, shape: tuple[int, int], steps: int) -> list[str]:
    """Write W0 and the gradients, and return the words that name them."""
    np.save(folder / "w0.npy", 0.5 * closed_form(shape, 0))
    words = ["--param", "w0.npy"]
    for step in range(1, steps + 1):
        np.save(folder / f"g{step}.npy", closed_form(shape, step))
        words += ["--grad", f"g{step}.npy"]
    return words


def set_words(settings: dict[str, Any]) -> list[str]:
    """Return the settings as words, values as Python writes them."""
    words: list[str] = []
    for key, value in settings.items():
        words += ["--set", f"{key}={value}"]
    return words


def traced(steepest: Run, folder: Path, words: list[str]) -> Matrix:
    """Run the command and return the parameter that it wrote."""
    done = steepest("trace", *words, "--out", "w.npy")
    assert done.returncode == 0, done.stderr
    result: Matrix = np.load(folder / "w.npy")
    return result


def parts_of_state(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Read the header of s.safetensors and its data."""
    raw = (folder / "s.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + size]), raw[8 + size :]


def write_state(folder: Path, header: dict[str, Any], data: bytes) -> None:
    """Write s.safetensors anew."""
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "s.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


def title(case: dict[str, Any]) -> str:
    """Name a case."""
    return f"{case['name']} {case['shape']} {case['steps']}"


@pytest.mark.parametrize("case", CASES, ids=title)
def test_every_case_of_the_peers(steepest: Run, tmp_path: Path, case: dict[str, Any]) -> None:
    """max |W - peer| and max |W - reference| stay below the tolerances of the case.

    optax's Prodigy divides moments by 1 - beta^t, and its reference does not: of that rule the reference is ours as
    `reference`, where it must differ from optax's.
    """
    words = ["--rule", case["rule"], *set_words(case["settings"])]
    words += write_inputs(tmp_path, tuple(case["shape"]), case["steps"])
    found = traced(steepest, tmp_path, [*words, "--as", case["source"]])
    if "peer" in case:
        assert np.abs(found - np.array(case["peer"])).max() <= case["tolerance_to_peer"]
    if case["name"] == "optax.prodigy":
        corrected, found = found, traced(steepest, tmp_path, [*words, "--as", "reference"])
        assert np.abs(found - corrected).max() > case["tolerance_to_ref64"]
    assert np.abs(found - np.array(case["ref64"])).max() <= case["tolerance_to_ref64"]


def test_diagnostics_are_those_of_the_singular_values(steepest: Run, tmp_path: Path) -> None:
    """The spectrum of G by NumPy; W - W+ from the file that is written; the parameter is the same without them."""
    words = ["--rule", "polargrad", "--set", "momentum=0", "lr=0.1", *write_inputs(tmp_path, (7, 4), 1)]
    plain = traced(steepest, tmp_path, words)
    done = steepest("trace", *words, "--out", "w.npy", "--diagnostics", "--json")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load(tmp_path / "w.npy"), plain)
    seen = json.loads(done.stdout)["trace"][0]["diagnostics"][0]
    gradient, change = closed_form((7, 4), 1), 0.5 * closed_form((7, 4), 0) - plain
    s, t = (np.linalg.svd(matrix, compute_uv=False) for matrix in (gradient, change))
    expected = {
        "condition": s[0] / s[-1],
        "stable_rank": (s**2).sum() / s[0] ** 2,
        "nuclear_norm": s.sum(),
        "dual_norm": s.sum(),
        "update_spectral_norm": t[0],
        "update_rms": np.sqrt((change**2).mean()),
        "cosine": (gradient * change).sum() / (np.linalg.norm(gradient) * np.linalg.norm(change)),
    }
    assert {name: seen[name] for name in expected} == pytest.approx(expected, rel=1e-10)
    said = steepest("trace", *words, "--out", "w.npy", "--diagnostics").stdout
    assert "steps of qdwh" in said and "s_1 / s_r of G" in said


def test_a_setting_that_is_left_out_is_caught(steepest: Run, tmp_path: Path) -> None:
    """The comparison can fail: without its settings torch's Muon misses the golden of momentum 0.8."""
    case = next(c for c in CASES if c["name"] == "torch.Muon momentum=.8")
    words = ["--rule", "muon", "--as", "torch", *write_inputs(tmp_path, tuple(case["shape"]), 3)]
    found = traced(steepest, tmp_path, words)
    assert np.abs(found - np.array(case["ref64"])).max() > case["tolerance_to_ref64"]


@pytest.mark.parametrize("rule", ["muon", "normuon", "adamw", "soap", "prodigy", "adago", "shampoo", "dion", "sumo"])
@pytest.mark.parametrize("dtype", ["f64", "f32"])
def test_a_state_continues_bit_for_bit(steepest: Run, tmp_path: Path, rule: str, dtype: str) -> None:
    """Two steps, the state, and two more are the four steps in one run."""
    inputs = write_inputs(tmp_path, (4, 6), 4)
    whole = traced(steepest, tmp_path, ["--rule", rule, "--dtype", dtype, *inputs])
    traced(steepest, tmp_path, ["--rule", rule, "--dtype", dtype, "--state", "s.safetensors", *inputs[:6]])
    (tmp_path / "w.npy").rename(tmp_path / "half.npy")
    rest = ["--param", "half.npy", *inputs[6:]]
    assert (traced(steepest, tmp_path, ["--rule", rule, "--dtype", dtype, *rest]) != whole).any()
    resumed = traced(steepest, tmp_path, ["--rule", rule, "--dtype", dtype, "--state", "s.safetensors", *rest])
    assert (resumed == whole).all()


def test_the_names_of_torch_are_ours(steepest: Run, tmp_path: Path) -> None:
    """`lr`, `ns_steps`, `eps` and their like need no --as; without eps a step does not see the gradient's scale."""
    inputs = write_inputs(tmp_path, (4, 6), 3)
    words = [
        "--set",
        "lr=0.01",
        "--set",
        "ns_steps=6",
        "--set",
        "nesterov=False",
        "--set",
        "adjust_lr_fn=match_rms_adamw",
    ]
    ours = traced(steepest, tmp_path, ["--rule", "muon", *words, "--set", "eps=1e-7", *inputs])
    theirs = traced(steepest, tmp_path, ["--rule", "muon", "--as", "torch", *words, *inputs])
    assert np.abs(ours - theirs).max() <= 1e-9
    report = json.loads(steepest("trace", "--rule", "muon", *inputs, "--out", "w.npy", "--json").stdout)
    assert report["scale_invariant"] and report["steps"] == 3 and len(report["trace"]) == 3
    report = json.loads(
        steepest("trace", "--rule", "muon", "--set", "eps=1e-7", *inputs, "--out", "w.npy", "--json").stdout
    )
    assert not report["scale_invariant"]


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["--rule", "mun"], 2, "'muon'"),
        (["--rule", "muon", "--as", "torhc"], 2, "torch muon"),
        (["--rule", "muon", "--set", "momentun=0.9"], 2, "'momentum'"),
        (["--rule", "muon", "--as", "torch", "--set", "betas=0.9"], 2, "betas"),
        (["--rule", "muon", "--set", "momentum=2"], 2, "2"),
        (["--rule", "muon", "--set", "momentum"], 2, "key=value"),
        (["--rule", "muon", "--role", "hiden"], 2, "hidden"),
        (["--rule", "muon", "--role", "vector"], 2, "one row"),
        (["--rule", "muon", "--split", "equal(3)"], 2, "4 rows"),
        (["--rule", "muon", "--split", "thirds"], 2, "split"),
        (["--rule", "muon", "--split", "equal(2)", "--state", "s.safetensors"], 1, "momentum.0"),
        (["--rule", "muon", "--split", f"blocks({2**63 - 1},{2**63 - 1},6)"], 2, "4 rows"),
        (["--rule", "muon", "--split", f"interleaved({2**63 - 1},{2**63 - 1},2)"], 2, "4 rows"),
        (["--rule", "muon", "--as", "torch", "--set", "ns_steps=0"], 2, "ns_steps = 0"),
        (["--rule", "muon", "--as", "optax", "--set", "ns_steps=0"], 2, "ns_steps = 0"),
        (["--rule", "muon", "--set", "lr=0.1", "learning_rate=0.2"], 2, "'lr'"),
        (["--rule", "muon", "--as", "optax", "--set", "lr=0.1", "learning_rate=0.2"], 2, "'lr'"),
        (["--rule", "muon", "--state", "./w.npy"], 2, "two files"),
        (["--rule", "muon", "--layout", "in_out", "--state", "s.safetensors"], 1, "layout in_out"),
        (["--rule", "muon", "--set", "momentum_form=heavy_ball", "--state", "s.safetensors"], 1, "average"),
        (["--rule", "muon", "--grad", "none.npy"], 1, "none.npy"),
        (["--rule", "muon", "--grad", "other.npy"], 1, "3 x 3"),
        (["--rule", "adamw", "--state", "s.safetensors"], 1, "rule"),
    ],
)
def test_refusals(steepest: Run, tmp_path: Path, words: list[str], status: int, text: str) -> None:
    """What does not fit is named, and nothing is written."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    np.save(tmp_path / "other.npy", np.eye(3))
    state = steepest("trace", "--rule", "muon", *inputs, "--out", "w.npy", "--state", "s.safetensors")
    assert state.returncode == 0, state.stderr
    (tmp_path / "w.npy").unlink()
    before = (tmp_path / "s.safetensors").read_bytes()
    refused = steepest("trace", *words, *inputs, "--out", "w.npy")
    assert refused.returncode == status, refused.stderr
    assert text in refused.stderr
    assert not (tmp_path / "w.npy").exists()
    assert (tmp_path / "s.safetensors").read_bytes() == before


@pytest.mark.parametrize("entry", [np.nan, np.inf])
def test_a_parameter_that_is_not_finite_is_refused(steepest: Run, tmp_path: Path, entry: float) -> None:
    """The entry is named by its index."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    start = np.load(tmp_path / "w0.npy")
    start[2, 3] = entry
    np.save(tmp_path / "w0.npy", start)
    refused = steepest("trace", "--rule", "muon", *inputs, "--out", "w.npy")
    assert refused.returncode == 1 and "[2, 3]" in refused.stderr
    assert not (tmp_path / "w.npy").exists()


@pytest.mark.parametrize("steps", ["-5", "nan", "1e30", "0.5"])
def test_a_state_of_no_count_of_steps_is_refused(steepest: Run, tmp_path: Path, steps: str) -> None:
    """The header's word is replaced; its length is kept true."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    words = ["trace", "--rule", "muon", *inputs, "--out", "w.npy", "--state", "s.safetensors"]
    assert steepest(*words).returncode == 0
    header, data = parts_of_state(tmp_path)
    assert header["__metadata__"]["steps"] == "1"
    header["__metadata__"]["steps"] = steps
    write_state(tmp_path, header, data)
    refused = steepest(*words)
    assert refused.returncode == 1 and "'steps'" in refused.stderr


def test_a_state_that_is_not_finite_is_refused(steepest: Run, tmp_path: Path) -> None:
    """NaN in the momentum."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    words = ["trace", "--rule", "muon", *inputs, "--out", "w.npy", "--state", "s.safetensors"]
    assert steepest(*words).returncode == 0
    header, data = parts_of_state(tmp_path)
    write_state(tmp_path, header, np.full(len(data) // 8, np.nan).tobytes())
    refused = steepest(*words)
    assert refused.returncode == 1 and "slot momentum" in refused.stderr and "[0, 0]" in refused.stderr


def test_a_gradient_that_is_not_finite_is_skipped_or_propagated(steepest: Run, tmp_path: Path) -> None:
    """Skipped, W keeps its bits; propagated, the NaN is in W, and the norm was not measured."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    gradient = np.load(tmp_path / "g1.npy")
    gradient[1, 2] = np.nan
    np.save(tmp_path / "g1.npy", gradient)
    words = ["trace", "--rule", "adamw", *inputs, "--out", "w.npy", "--json"]
    skipped = json.loads(steepest(*words, "--nonfinite", "skip").stdout)
    assert not skipped["trace"][0]["taken"]
    assert np.array_equal(np.load(tmp_path / "w.npy"), np.load(tmp_path / "w0.npy"))
    propagated = json.loads(steepest(*words, "--nonfinite", "propagate").stdout)
    assert propagated["trace"] == [{"gradient_norm": None, "taken": True}]
    assert np.isnan(np.load(tmp_path / "w.npy")).sum() == 1
    refused = steepest(*words, "--nonfinite", "ignore")
    assert refused.returncode == 2 and "'ignore' is not known" in refused.stderr


def to_nearest_bf16(x: Matrix) -> Matrix:
    """Round to f32, then to 8 bits of significand, ties to even."""
    bits = x.astype(np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32).astype(np.float64)


def test_a_momentum_in_bf16_is_rounded_after_it_is_read_out(steepest: Run, tmp_path: Path) -> None:
    """Adam and a heavy ball with Nesterov by their equations, in f64 beside a moment that is rounded between steps."""
    steps, lr = 4, 0.1
    inputs = write_inputs(tmp_path, (5, 7), steps)
    w = np.load(tmp_path / "w0.npy")
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, steps + 1):
        g = np.load(tmp_path / f"g{t}.npy")
        unrounded = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        w = w - lr * unrounded / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        m = to_nearest_bf16(unrounded)
    storage = {"momentum_storage": "bf16", "learning_rate": lr, "weight_decay": 0}
    found = traced(steepest, tmp_path, ["--rule", "adamw", *set_words(storage), *inputs])
    assert np.allclose(found, w, rtol=0, atol=1e-13)
    wide = traced(steepest, tmp_path, ["--rule", "adamw", *set_words({**storage, "momentum_storage": "own"}), *inputs])
    assert not np.allclose(wide, w, rtol=0, atol=1e-6)

    w, m = np.load(tmp_path / "w0.npy"), np.zeros_like(w)
    for t in range(1, steps + 1):
        g = np.load(tmp_path / f"g{t}.npy")
        unrounded = 0.8 * m + g
        w, m = w - lr * (g + 0.8 * unrounded), to_nearest_bf16(unrounded)
    settings = set_words({**storage, "momentum": 0.8, "momentum_form": "heavy_ball", "nesterov": "true"})
    assert np.allclose(traced(steepest, tmp_path, ["--rule", "sgd", *settings, *inputs]), w, rtol=0, atol=1e-13)


def test_a_momentum_in_bf16_resumes_bit_for_bit(steepest: Run, tmp_path: Path) -> None:
    """Rounded at random, four steps are two and two; a run in f32 refuses the state."""
    inputs = write_inputs(tmp_path, (4, 6), 4)
    rule = ["--rule", "adamw", "--dtype", "f32"]
    narrow = [*rule, "--set", "momentum_storage=bf16", "--set", "rounding=stochastic", "--set", "seed=7"]
    whole = traced(steepest, tmp_path, [*narrow, *inputs])
    state = ["--state", "s.safetensors"]
    halfway = traced(steepest, tmp_path, [*narrow, *inputs[:6], *state])
    header, _ = parts_of_state(tmp_path)
    assert header["momentum"]["dtype"] == "BF16" and header["second_moment"]["dtype"] == "F32"
    np.save(tmp_path / "w0.npy", halfway)
    refused = steepest("trace", *rule, *inputs[:2], *inputs[6:], *state, "--out", "w.npy")
    assert refused.returncode == 1 and "slot momentum must be F32" in refused.stderr
    assert np.array_equal(traced(steepest, tmp_path, [*narrow, *inputs[:2], *inputs[6:], *state]), whole)
    nearest = traced(steepest, tmp_path, [*rule, "--set", "momentum_storage=bf16", *inputs])
    assert not np.array_equal(nearest, whole)


@pytest.mark.parametrize("blocked", ["w.npy", "s.safetensors"])
def test_parameter_and_state_move_together(steepest: Run, tmp_path: Path, blocked: str) -> None:
    """Where one of them is a folder the other is not written."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    (tmp_path / blocked).mkdir()
    words = ["trace", "--rule", "muon", *inputs, "--out", "w.npy", "--state", "s.safetensors"]
    assert steepest(*words).returncode == 1
    assert not any((tmp_path / name).is_file() for name in ("w.npy", "s.safetensors"))


def test_a_list_of_one_polynomial_is_one_step(steepest: Run, tmp_path: Path) -> None:
    """optax's ns_coeffs of two axes: X <- 2 X - 1.5 X X'X + 0.5 (X X')^2 X once; of one axis: ns_steps times."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    gradient, start = closed_form((4, 6), 1), 0.5 * closed_form((4, 6), 0)
    x = gradient / (np.linalg.norm(gradient) + 1e-8)
    gram = x @ x.T
    once = 2 * x - 1.5 * gram @ x + 0.5 * gram @ gram @ x
    scale = np.sqrt(max(1, 6 / 4))  # theirs is [in, out]: 6 outputs
    words = ["--rule", "muon", "--as", "optax", "--set", "learning_rate=0.1", "beta=0", "nesterov=False"]
    for text in ("((2,-1.5,.5),)", "[(2, -1.5, 0.5)]", "[[2, -1.5, 0.5]]"):
        found = traced(steepest, tmp_path, [*words, f"ns_coeffs={text}", *inputs])
        assert np.abs(found - (start - 0.1 * scale * once)).max() < 1e-9
    repeated = traced(steepest, tmp_path, [*words, "ns_coeffs=(2,-1.5,.5)", *inputs])
    assert np.abs(repeated - found).max() > 1e-3


def test_a_norm_with_its_parameter_is_set(steepest: Run, tmp_path: Path) -> None:
    """D of schatten(2) is G / ||G||_F; dual_ky_fan(2) is read too."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    words = ["--rule", "muon", "--set", "momentum=0", "weight_decay=0", "lr=0.1", "scale=none"]
    found = traced(steepest, tmp_path, [*words, "norm=schatten(2)", *inputs])
    gradient, start = closed_form((4, 6), 1), 0.5 * closed_form((4, 6), 0)
    assert np.abs(found - (start - 0.1 * gradient / np.linalg.norm(gradient))).max() < 1e-12
    fan = traced(steepest, tmp_path, [*words, "norm=dual_ky_fan(2)", *inputs])
    assert np.abs(fan - found).max() > 1e-3


def test_switches_that_choose_how_a_step_is_computed_are_read(steepest: Run, tmp_path: Path) -> None:
    """torch's foreach and fused, schedulefree's warmup_steps = 0: the same step."""
    inputs = write_inputs(tmp_path, (4, 6), 1)
    for peer, switches in (("torch", ["foreach=True", "fused=True"]), ("schedulefree", ["warmup_steps=0"])):
        words = ["--rule", "adamw", "--as", peer]
        plain = traced(steepest, tmp_path, [*words, *inputs])
        assert np.array_equal(traced(steepest, tmp_path, [*words, "--set", *switches, *inputs]), plain)
    warm = ["trace", "--rule", "adamw", "--as", "schedulefree", "--set", "warmup_steps=5", *inputs, "--out", "w.npy"]
    assert steepest(*warm).returncode == 2


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("schedule_free_adamw", "D = R / (sqrt(V / (1 - 0.999^t)) + 1e-08)"),
        ("prodigy", "(sqrt(V) + 1e-08 d)"),
        ("prodigy", "0.9995 r"),
        ("swan", "||R before preparation||_F"),
        ("lion", "R = 0.9 M + 0.1 X"),
    ],
)
def test_explanations_say_what_is_computed(steepest: Run, rule: str, text: str) -> None:
    """The equations of --explain; another optimizer beside it is refused."""
    assert text in steepest("optimizers", "--explain", rule).stdout
    assert steepest("optimizers", "muon", "--explain", rule).returncode == 2


@pytest.mark.parametrize(("split", "rows"), [("blocks(4,2,2)", "0123|45|67"), ("interleaved(2,1,1)", "0145|26|37")])
def test_blocks_are_parameters_of_their_own(steepest: Run, tmp_path: Path, split: str, rows: str) -> None:
    """A fused matrix moves, block by block, as its blocks do alone, also when a state goes on; optax stores W'."""
    inputs = write_inputs(tmp_path, (8, 5), 2)
    words = ["--rule", "normuon"]
    fused = traced(steepest, tmp_path, [*words, "--split", split, *inputs])
    whole = traced(steepest, tmp_path, [*words, *inputs])
    for block in rows.split("|"):
        taken = [int(row) for row in block]
        for name in ("w0.npy", "g1.npy", "g2.npy"):
            np.save(tmp_path / f"block_{name}", np.load(tmp_path / name)[taken])
        alone = [word if word.startswith("--") else f"block_{word}" for word in inputs]
        assert np.array_equal(traced(steepest, tmp_path, [*words, *alone]), fused[taken])
        assert np.abs(whole - fused)[taken].max() > 1e-3
    words += ["--split", split, "--state", "s.safetensors"]
    first = steepest("trace", *words, *inputs[:4], "--out", "half.npy", "--json")
    report = json.loads(first.stdout)
    assert report["split"] == split and report["blocks"][0]["name"] == "parameter[0]"
    assert np.array_equal(traced(steepest, tmp_path, [*words, "--param", "half.npy", *inputs[4:]]), fused)
    for name in ("w0.npy", "g1.npy", "g2.npy"):
        np.save(tmp_path / name, np.load(tmp_path / name).T)
    turned = traced(steepest, tmp_path, ["--rule", "normuon", "--layout", "in_out", "--split", split, *inputs])
    assert np.abs(turned.T - fused).max() < 1e-12


def test_a_state_keeps_the_plan_of_method_auto(steepest: Run, tmp_path: Path) -> None:
    """Other rates choose another method for a new trace, and not for one that goes on."""
    inputs = write_inputs(tmp_path, (6, 10), 2)
    words = ["--rule", "muon", "--set", "method=auto", "--set", "grade=muon_grade"]
    whole = traced(steepest, tmp_path, [*words, *inputs])
    first = steepest("trace", *words, *inputs[:4], "--state", "s", "--out", "half.npy", "--json")
    shipped = json.loads((Path(__file__).parents[2] / "steepest" / "plan" / "shipped_rates.json").read_text())
    for table in shipped["tables"]:  # only the singular value decomposition is fast
        table["rates"] = {key: row if key == "svd" else [1e-3 * x for x in row] for key, row in table["rates"].items()}
    (tmp_path / "rates.json").write_text(json.dumps(shipped))
    rest = [*words, "--param", "half.npy", *inputs[4:], "--out", "w.npy", "--json"]
    anew = steepest("trace", *rest, STEEPEST_RATES="rates.json")
    second = steepest("trace", *rest, "--state", "s", STEEPEST_RATES="rates.json")
    plans = [json.loads(done.stdout)["plan"] for done in (first, anew, second)]
    assert plans[0] == plans[2]
    assert [plan["chosen"]["options"]["method"] == "svd" for plan in plans] == [False, True, False]
    assert np.array_equal(np.load(tmp_path / "w.npy"), whole)
