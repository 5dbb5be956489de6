"""The command steepest-train: exit statuses, errors, and how killed and interrupted runs resume."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(os.environ.get("STEEPEST_BUILD_DIR", "build")) / "bin" / "steepest-train"
TINY = [
    "--layers",
    "1",
    "--width",
    "16",
    "--heads",
    "2",
    "--context",
    "16",
    "--batch",
    "4",
    "--threads",
    "1",
    "--log-every",
    "1",
    "--checkpoint-every",
    "5",
]
SHIPPED_RATES = Path(__file__).parents[1] / "steepest/plan/shipped_rates.json"
STEPS = 600  # of the runs that are ended on the way: long enough to be met in the middle

if not PROGRAM.exists():
    pytest.skip(f"{PROGRAM} is not built", allow_module_level=True)


def write_text(folder: Path) -> Path:
    """Makes a folder of two documents: one to train on, one to validate on."""
    text = folder / "text"
    text.mkdir()
    (text / "1990-A-1.txt").write_text(" ".join(f"line {i * 7919 % 1000} of the text" for i in range(300)))
    (text / "2001-B-1.txt").write_text(" ".join(f"line {i * 104729 % 1000} of the text" for i in range(60)))
    return text


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """The folder of text, for one test alone."""
    return write_text(tmp_path)


def train(*arguments: str, limit: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, preexec_fn=limit, check=False)


def losses(out: Path) -> dict[int, float]:
    """The loss of each step; where a step appears twice the later record holds."""
    records: Iterator[dict[str, Any]] = (json.loads(line) for line in (out / "records.jsonl").read_text().splitlines())
    return {record["step"]: record["loss"] for record in records if record["event"] == "step"}


def plans(out: Path) -> list[dict[str, Any]]:
    """The plans of polar factors that each start of a run has recorded."""
    records = (json.loads(line) for line in (out / "records.jsonl").read_text().splitlines())
    return [record["polar_plans"] for record in records if record["event"] == "configuration"]


def looks(out: Path) -> dict[int, list[dict[str, Any]]]:
    """The tensors of each step with diagnostics."""
    records = (json.loads(line) for line in (out / "records.jsonl").read_text().splitlines())
    return {record["step"]: record["tensors"] for record in records if record["event"] == "diagnostics"}


def forget_plans(checkpoint: Path) -> None:
    """Makes the checkpoint one of a version that stored no plans."""
    content = checkpoint.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    words = header["__metadata__"]
    header["__metadata__"] = {key: value for key, value in words.items() if not key.startswith("plan of ")}
    assert len(header["__metadata__"]) < len(words)
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    checkpoint.write_bytes(len(packed).to_bytes(8, "little") + packed + content[8 + size :])


def flags(text: Path, out: Path, steps: int) -> list[str]:
    return [*TINY, "--text", str(text), "--out", str(out), "--steps", str(steps)]


def start(arguments: list[str], out: Path) -> subprocess.Popen[str]:
    """Starts a run and waits until it has left a checkpoint."""
    process = subprocess.Popen([PROGRAM, *arguments], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(out.glob("checkpoint-*.safetensors")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    return process


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, float]]:
    """A text and the losses of an uninterrupted run on it."""
    folder = tmp_path_factory.mktemp("whole")
    text = write_text(folder)
    assert train(*flags(text, folder / "run", STEPS)).returncode == 0
    return text, losses(folder / "run")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_ended_resumes_to_the_same_losses(
    whole_run: tuple[Path, dict[int, float]], tmp_path: Path, end: signal.Signals
) -> None:
    text, whole = whole_run
    out = tmp_path / "run"
    process = start(flags(text, out, STEPS), out)
    process.send_signal(end)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == (-signal.SIGKILL if end == signal.SIGKILL else 130), errors
    assert max(losses(out)) < STEPS
    resumed = train("--resume", str(out))
    assert resumed.returncode == 0, resumed.stderr
    assert losses(out) == whole
    assert len(whole) == STEPS


def test_records_say_what_happened(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = train(*flags(text, out, 6), "--evaluate-every", "3", "--sample", "20")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 0
    assert "\x1b" not in done.stderr and "step 6/6" in done.stderr
    records = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    assert records[0]["event"] == "run" and records[0]["threads"] == 1
    assert records[1]["settings"]["run.steps"] == "6"
    assert [record["event"] for record in records].count("evaluation") == 2
    assert records[-1]["outcome"] == "done"


def test_diagnostics_are_recorded_when_asked_for_and_change_no_loss(text: Path, tmp_path: Path) -> None:
    """Steps 1, 4 and 8 of 9; of a run that resumes at 5 the same, with the same numbers."""
    plain, seen, resumed = (tmp_path / name for name in ("plain", "seen", "resumed"))
    every = ["--diagnostics-every", "4"]
    assert train(*flags(text, plain, 9)).returncode == 0
    assert train(*flags(text, seen, 9), *every).returncode == 0
    assert train(*flags(text, resumed, 9), *every, "--stop-at", "5").returncode == 0
    assert train("--resume", str(resumed)).returncode == 0
    assert looks(plain) == {}
    assert list(looks(seen)) == [1, 4, 8]
    assert looks(resumed) == looks(seen)
    assert losses(plain) == losses(seen)
    matrix = next(tensor for tensor in looks(seen)[4] if tensor["role"] == "hidden")
    assert matrix["rule"] == "polargrad" and matrix["polar_steps"] > 0 and matrix["polar_defect"] < 1e-5
    assert matrix["condition"] >= matrix["median_ratio"] >= 1
    assert matrix["dual_norm"] > 0 and -1 <= matrix["cosine"] <= 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--diagnostics-every", "-1"], "run.diagnostics_every"),
        (["--optimizer", "moun"], "muon"),
        (["--optimizer", "muon", "--set", "optimizer.hidden.momentun=0.9"], "momentum"),
        (["--set", "optimizer.hidden.momentum=1.5"], "momentum"),
        (["--set", "optimizer.hidden.method=auto", "--set", "optimizer.hidden.grade=muon"], "muon_grade"),
        (["--set", "optimizer.hidden.grade=muon_grade"], "belongs to method auto"),
        (["--layrs", "2"], "--layers"),
        (["--heads", "3"], "must divide"),
        (["--schedule", "cosinus"], "cosine"),
        (["--steps", "many"], "'many' came"),
        (["--config", "bad.toml"], "'model.width'"),
    ],
)
def test_wrong_usage_is_status_2_and_names_the_way_out(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = PROGRAM.resolve()
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text("[model]\nwidht = 64\n")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("steepest: error: ") and says in done.stderr


@pytest.mark.parametrize("trouble", ["missing", "empty", "not utf-8", "too short", "no validation"])
def test_bad_text_is_status_1(text: Path, tmp_path: Path, trouble: str) -> None:
    document = text / "1990-A-1.txt"
    if trouble == "missing":
        text = tmp_path / "nowhere"
    elif trouble == "empty":
        document.write_bytes(b"")
    elif trouble == "not utf-8":
        document.write_bytes(b"fine so far \xff and then not" * 9)
    elif trouble == "too short":
        document.write_bytes(b"short")
    else:
        (text / "2001-B-1.txt").unlink()
    done = train(*flags(text, tmp_path / "run", 3))
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("steepest: error: ")
    assert not list(tmp_path.glob("run/checkpoint-*"))


def test_a_damaged_checkpoint_is_refused_and_the_one_before_is_offered(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert train(*flags(text, out, 10)).returncode == 0
    before, newest = sorted(out.glob("checkpoint-*"))
    newest.write_bytes(newest.read_bytes()[:-5])
    refused = train("--resume", str(out))
    assert refused.returncode == 1
    assert f"--resume {before}" in refused.stderr
    assert train("--resume", str(before)).returncode == 0
    assert losses(out).keys() == set(range(1, 11))


def test_resume_refuses_what_would_change_the_curve(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert train(*flags(text, out, 10), "--stop-at", "5").returncode == 0
    refused = train("--resume", str(out), "--steps", "20")
    assert refused.returncode == 2 and "run.steps" in refused.stderr
    assert train("--resume", str(out), "--log-every", "2").returncode == 0
    (text / "1990-A-1.txt").write_text("another text, long enough for one batch of this model")
    other = train("--resume", str(out))
    assert other.returncode == 1 and "training text" in other.stderr


def test_momenta_in_bf16_resume_to_the_same_losses(text: Path, tmp_path: Path) -> None:
    """Rounded at random, in matrices and vectors; the checkpoint holds BF16, and the engine aten refuses by name."""
    narrow = [
        word
        for group in ("hidden", "rest")
        for setting in ("momentum_storage=bf16", "rounding=stochastic")
        for word in ("--set", f"optimizer.{group}.{setting}")
    ]
    wanted = [*TINY, "--text", str(text), "--steps", "10", *narrow]
    assert train(*wanted, "--out", str(tmp_path / "whole")).returncode == 0
    out = tmp_path / "halved"
    assert train(*wanted, "--out", str(out), "--stop-at", "5").returncode == 0
    content = next(out.glob("checkpoint-*.safetensors")).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    types = {key.rsplit(".", 1)[-1]: entry["dtype"] for key, entry in header.items() if key.startswith("optimizer.")}
    assert (types["momentum"], types["second_moment"]) == ("BF16", "F32")
    assert train("--resume", str(out)).returncode == 0
    assert losses(out) == losses(tmp_path / "whole")
    refused = train(*wanted, "--out", str(tmp_path / "aten"), "--set", "optimizer.engine=aten")
    assert refused.returncode == 2 and "a momentum in bf16 needs an engine" in refused.stderr


def test_a_look_for_what_is_not_finite_is_not_made_where_it_is_not_asked_for(text: Path, tmp_path: Path) -> None:
    """The losses are those of the checked run; the norm of the gradient was not measured."""
    checked, unchecked = tmp_path / "checked", tmp_path / "unchecked"
    assert train(*flags(text, checked, 5)).returncode == 0
    done = train(*flags(text, unchecked, 5), "--set", "optimizer.on_nonfinite=propagate")
    assert done.returncode == 0, done.stderr
    assert losses(unchecked) == losses(checked)
    records = [json.loads(line) for line in (unchecked / "records.jsonl").read_text().splitlines()]
    assert all(record["gradient_norm"] is None for record in records if record["event"] == "step")


def test_a_resumed_run_repeats_its_plan_whatever_the_rates_are(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    automatic = ["--set", "optimizer.hidden.method=auto", "--set", "optimizer.hidden.grade=muon_grade"]
    wanted = [*TINY, "--text", str(text), "--steps", "10", *automatic]
    assert train(*wanted, "--out", str(tmp_path / "whole")).returncode == 0
    for name in ("kept", "forgotten"):
        assert train(*wanted, "--out", str(tmp_path / name), "--stop-at", "5").returncode == 0
    forget_plans(next((tmp_path / "forgotten").glob("checkpoint-*")))
    rates = json.loads(SHIPPED_RATES.read_text())
    for table in rates["tables"]:  # only the singular value decomposition is fast
        table["rates"] = {key: row if key == "svd" else [1e-3 * x for x in row] for key, row in table["rates"].items()}
    (tmp_path / "rates.json").write_text(json.dumps(rates))
    monkeypatch.setenv("STEEPEST_RATES", str(tmp_path / "rates.json"))
    assert "optimizer.hidden: 6 of up to 16 x 64: svd, f32;" in train(*wanted, "--dry-run").stdout

    assert train("--resume", str(tmp_path / "kept")).returncode == 0
    assert losses(tmp_path / "kept") == losses(tmp_path / "whole")
    before, after = (each["optimizer.hidden"] for each in plans(tmp_path / "kept"))
    assert (before["from"], after["from"]) == ("planner", "checkpoint")
    assert before["plan"] == after["plan"] == plans(tmp_path / "whole")[0]["optimizer.hidden"]["plan"]

    anew = train("--resume", str(tmp_path / "forgotten"))
    assert anew.returncode == 0 and "no plan of optimizer.hidden: planned anew, svd" in anew.stderr
    assert losses(tmp_path / "forgotten") != losses(tmp_path / "whole")


def test_a_full_disk_is_an_error_and_leaves_the_last_checkpoint(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert train(*flags(text, out, 10), "--stop-at", "5").returncode == 0
    size = next(out.glob("checkpoint-*")).stat().st_size

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    full = train("--resume", str(out), limit=little_room)
    assert full.returncode == 1 and "checkpoint-00000010" in full.stderr, full.stderr
    assert [path.name for path in out.glob("*checkpoint*")] == ["checkpoint-00000005.safetensors"]
    assert train("--resume", str(out)).returncode == 0


def test_dry_run_and_print_config_train_nothing(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    plan = train(*flags(text, out, 10), "--dry-run")
    assert plan.returncode == 0 and "blocks.0.attention.query" in plan.stdout and "10 steps" in plan.stdout
    printed = train(*flags(text, out, 10), "--print-config")
    assert printed.returncode == 0
    file = tmp_path / "run.toml"
    file.write_text(printed.stdout)
    assert train("--config", str(file), "--print-config").stdout == printed.stdout
    assert not out.exists()


def test_a_profile_may_lie_in_the_folder_that_the_run_makes(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "run"
    done = train(*flags(text, out, 3), "--profile", str(out / "trace.json"))
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "trace.json").read_text())["traceEvents"]


def test_a_profile_is_of_the_step_asked_for(text: Path, tmp_path: Path) -> None:
    """The trace opens as JSON; on one thread the phases sum to the optimizer's time, but for what is between."""
    trace = tmp_path / "trace.json"
    for words, step in (([], 2), (["--profile-step", "4"], 4)):
        done = train(*flags(text, tmp_path / "run", 5), "--profile", str(trace), *words)
        assert done.returncode == 0, done.stderr
        records = [json.loads(line) for line in (tmp_path / "run" / "records.jsonl").read_text().splitlines()]
        (record,) = [record for record in records if record["event"] == "profile"]
        assert record["step"] == step
        spent = sum(row["seconds"] for row in record["phases"])
        assert 0.2 * record["optimizer_seconds"] <= spent <= record["optimizer_seconds"]
        assert {"gram", "memory"} <= {row["phase"] for row in record["phases"]}
        events = json.loads(trace.read_text())["traceEvents"]
        assert len(events) == sum(row["calls"] for row in record["phases"])
        assert f"optimizer in step {step}: " in done.stderr
        assert "\ngram " in done.stderr
        trace.unlink()


def test_a_profile_that_cannot_be_is_refused_or_missed_in_words(text: Path, tmp_path: Path) -> None:
    words = flags(text, tmp_path / "run", 5)
    for more, status, says in (
        (["--profile", str(tmp_path / "no" / "trace.json")], 1, "cannot create a temporary file"),
        (["--profile", "trace.json", "--profile-step", "6"], 2, "--profile-step must lie in 1 .. 5; 6 came"),
        (["--profile-step", "2"], 2, "--profile-step belongs to --profile"),
    ):
        refused = train(*words, *more)
        assert refused.returncode == status, refused.stderr
        assert says in refused.stderr
        assert not (tmp_path / "run").exists()
    stopped = train(*words, "--stop-at", "3", "--profile", str(tmp_path / "trace.json"), "--profile-step", "3")
    assert stopped.returncode == 0, stopped.stderr
    resumed = train("--resume", str(tmp_path / "run"), "--profile", "t.json", "--profile-step", "3")
    assert "--profile-step must lie in 4 .. 5; 3 came" in resumed.stderr


def test_what_the_machine_lacks_is_refused_or_said(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = flags(text, tmp_path / "run", 2)
    cores = len(os.sched_getaffinity(0))
    many = train(*words, "--set", f"run.threads={cores + 62}")
    assert many.returncode == 0, many.stderr
    assert many.stderr.startswith(f"steepest: note: [threads] no more than one for each core: {cores + 62} on {cores} ")
    record = json.loads((tmp_path / "run" / "records.jsonl").read_text().splitlines()[0])
    assert record["threads"] == cores
    large = train(*words, "--set", "run.batch=1000000000000")
    assert large.returncode == 1
    assert "[memory] a step must fit: batch 1000000000000 of context 16" in large.stderr
    assert large.stderr.count("\n") == 1
    monkeypatch.setenv("STEEPEST_KERNELS", "avx9")
    kernels = train(*words)
    assert kernels.returncode == 2
    assert "STEEPEST_KERNELS must be one of f32" in kernels.stderr
