"""What is stepped, by which rules, and what is asked of the ratios."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from polar_peers.cases import Target

from optimizer_step.peer import Matrix

Shape = tuple[int, int]

GPT2_LAYER: tuple[Shape, ...] = ((768, 2304), (768, 768), (3072, 768), (768, 3072))
LLAMA_1B_LAYER: tuple[Shape, ...] = ((2048, 2048), (512, 2048), (512, 2048), (2048, 2048), (8192, 2048), (8192, 2048), (2048, 8192))  # fmt: skip # noqa: E501
GPT2_REST: tuple[Shape, ...] = ((50257, 768), (1024, 768))
GPT2_VECTORS: tuple[Shape, ...] = ((1, 768),) * 5 + ((1, 2304), (1, 3072), (1, 768))

MUON = {"learning_rate": "0.02", "method": "auto"}
ADAMW = {"learning_rate": 1e-3, "epsilon": 1e-3, "weight_decay": 0.1}


@dataclass(frozen=True)
class Workload:
    """Matrices whose gradients are Gaussian, and which optimizers move them."""

    name: str
    shapes: tuple[Shape, ...]
    kind: str = "muon"  # or "adamw"
    clip_norm: float = 0
    long: bool = False  # left out of a quick run
    seed: int = 1
    rules: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    unchecked: frozenset[str] = frozenset()  # of the rules: those that do not look for NaN, as torch's do not

    def gradients(self) -> list[Matrix]:
        """In C order and f32; entries of 1e-2."""
        random = np.random.default_rng(self.seed)
        return [np.float32(1e-2) * random.standard_normal(shape, dtype=np.float32) for shape in self.shapes]

    @property
    def parameters(self) -> int:
        """Entries of all matrices."""
        return sum(rows * cols for rows, cols in self.shapes)

    @property
    def newton_schulz_flops(self) -> float:
        """Five quintic steps with symmetric results at half price: 5 (s^2 L + s^3 + 2 s^2 L) for each matrix."""
        total = 0.0
        for shape in self.shapes:
            s, length = min(shape), max(shape)
            total += 5.0 * (3.0 * s * s * length + s**3)
        return total


MUON_RULES = {grade: ("muon", {**MUON, "grade": grade}) for grade in ("muon_grade", "tight", "exact")}
# What torch does: weights and momentum in f32, the factor of the rounded momentum in bf16.
MUON_RULES["muon_grade bf16"] = ("muon", {**MUON, "grade": "muon_grade", "precision": "bf16"})
ADAMW_RULES = {"adamw": ("adamw", {key: repr(value) for key, value in ADAMW.items()})}
UNCHECKED = "adamw, unchecked"
GPT2 = GPT2_REST + (GPT2_LAYER + GPT2_VECTORS) * 12 + ((1, 768),) * 2

WORKLOADS = (
    Workload("768 x 3072", ((768, 3072),), rules=MUON_RULES),
    Workload("768 x 768", ((768, 768),), rules=MUON_RULES),
    Workload("256 of 128 x 128", ((128, 128),) * 256, rules=MUON_RULES),
    Workload("GPT-2 small, hidden", GPT2_LAYER * 12, long=True, rules=MUON_RULES),
    Workload("Llama-1B, one layer", LLAMA_1B_LAYER, long=True, rules=MUON_RULES),
    Workload(
        "AdamW, 124 M",
        GPT2,
        kind="adamw",
        rules={**ADAMW_RULES, UNCHECKED: ADAMW_RULES["adamw"]},
        unchecked=frozenset({UNCHECKED}),
    ),
    Workload("AdamW, 124 M, clipped", GPT2, kind="adamw", clip_norm=1, rules=ADAMW_RULES),
)


MUON_PEERS = (
    "torch Muon", "optax muon", "pytorch_optimizer Muon", "heavyball Muon", "muon-optimizer", "gram-newton-schulz",
)  # fmt: skip


def targets(isa: list[str]) -> Iterator[Target]:
    """What is asked, for a machine with these instructions: AMX makes bf16 a race of instruction sets."""
    gpt2 = "GPT-2 small, hidden"
    amx = any(name.startswith("amx") for name in isa)
    for rule in ("steepest muon_grade", "steepest muon_grade bf16"):
        yield Target(gpt2, rule, "torch Muon", 2 if amx else 2.5, 4)
    yield Target(gpt2, "steepest tight", "torch Muon", 2)
    yield Target("768 x 3072", "steepest tight", "torch Muon", 2)  # a Gaussian matrix of 1 : 4 needs no restart
    yield Target("768 x 768", "steepest tight", "torch Muon", 1.3)  # a square one does
    for peer in MUON_PEERS[1:]:
        yield Target(gpt2, "steepest muon_grade", peer, 1)
    # torch looks for no NaN. Without clipping `adamw` reads the gradient once more for that; unchecked it does not.
    for workload, rule in (
        ("AdamW, 124 M", "steepest adamw"),
        ("AdamW, 124 M", f"steepest {UNCHECKED}"),
        ("AdamW, 124 M, clipped", "steepest adamw"),
    ):
        yield Target(workload, rule, "torch AdamW fused", 1)
