"""Each rule of check_layers.py accepts what obeys it and names file and line of what does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from check_layers import faults, main, may_include

LAYERS = ["face", "problems", "lm", "optim", "norm", "plan", "polar", "engine", "base", "io"]


def write_tree(root: Path, files: dict[str, list[str]]) -> Path:
    """Writes each file with its include directives, and an empty file for each quoted header."""
    for name, headers in files.items():
        lines = [f"#include {header}" for header in headers]
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#pragma once\n" + "\n".join(lines) + "\n", encoding="utf-8")
    for headers in files.values():
        for header in headers:
            path = root / header.strip('"')
            if header.startswith('"steepest') and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("", encoding="utf-8")
    return root


def test_a_tree_that_obeys_has_no_fault(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {
            "steepest/polar/polar.hpp": ["<cmath>", '"steepest/engine/engine.hpp"', '"steepest/base/view.hpp"'],
            "steepest/optim/rule.hpp": ['"steepest/norm/norm.hpp"', '"steepest/polar/polar.hpp"'],
            "steepest/io/record.hpp": ['"steepest/base/check.hpp"', "<nlohmann/json.hpp>"],
            "steepest/engine/aten.hpp": ["<ATen/ATen.h>"],
            "steepest/optim/contract_aten_test.cpp": ['"steepest/engine/aten.hpp"'],
            "steepest/face/torch_optim.cpp": ["<torch/torch.h>"],
            "lm/model.cpp": ["<torch/torch.h>", '"steepest/io/record.hpp"', '"steepest/optim/rule.hpp"'],
        },
    )
    assert faults(root) == []


@pytest.mark.parametrize(
    ("file", "header", "words"),
    [
        ("steepest/base/view.hpp", '"steepest/engine/engine.hpp"', "base must not include engine"),
        ("steepest/engine/host.hpp", '"steepest/polar/polar.hpp"', "engine must not include polar"),
        ("steepest/polar/polar.hpp", '"steepest/norm/norm.hpp"', "polar must not include norm"),
        ("steepest/norm/norm.hpp", '"steepest/optim/rule.hpp"', "norm must not include optim"),
        ("steepest/optim/rule.hpp", '"steepest/io/record.hpp"', "optim must not include io"),
        ("steepest/optim/rule.hpp", '"steepest/face/main.hpp"', "optim must not include face"),
        ("steepest/io/record.hpp", '"steepest/engine/engine.hpp"', "io must not include engine"),
        ("steepest/polar/polar.hpp", "<torch/torch.h>", "is of libtorch"),
        ("steepest/io/record.hpp", "<c10/core/Device.h>", "is of libtorch"),
        ("steepest/optim/rule.hpp", '"steepest/engine/aten.hpp"', "is of libtorch"),
        ("problems/regression.cpp", "<ATen/ATen.h>", "is of libtorch"),
        ("steepest/polar/polar.hpp", '"polar.hpp"', "no path from the root"),
        ("steepest/utils/all.hpp", '"steepest/base/view.hpp"', "utils is no layer"),
    ],
)
def test_a_fault_is_named_with_file_and_line(tmp_path: Path, file: str, header: str, words: str) -> None:
    found = faults(write_tree(tmp_path, {file: ["<vector>", header]}))
    assert len(found) == 1
    assert found[0].startswith(f"{file}:3: ")
    assert words in found[0]


def test_a_cycle_within_a_layer_is_found(tmp_path: Path) -> None:
    files = {f"steepest/base/{a}.hpp": [f'"steepest/base/{b}.hpp"'] for a, b in [("a", "b"), ("b", "c"), ("c", "b")]}
    found = faults(write_tree(tmp_path, files))
    assert found == [
        "steepest/base/b.hpp:1: a cycle: steepest/base/b.hpp -> steepest/base/c.hpp -> steepest/base/b.hpp"
    ]


def test_no_two_layers_include_each_other() -> None:
    for a in LAYERS:
        assert may_include(a, a)
        for b in LAYERS:
            assert a == b or not (may_include(a, b) and may_include(b, a))


def test_the_command_fails_on_a_fault_and_on_an_empty_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["check_layers.py", str(tmp_path)])
    assert main() == 1
    write_tree(tmp_path, {"steepest/norm/norm.hpp": ['"steepest/base/view.hpp"']})
    assert main() == 0
    write_tree(tmp_path, {"steepest/base/wrong.hpp": ['"steepest/norm/norm.hpp"']})
    assert main() == 1
