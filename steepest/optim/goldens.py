"""Makes goldens.json: trajectories of torch's optimizers and of an f64 statement of each rule, on closed-form input.

Run from the root of the checkout, with torch 2.13.0 and numpy: python steepest/optim/goldens.py
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Matrix = npt.NDArray[np.float64]
Update = Callable[[Matrix, Matrix], Matrix]  # weight, gradient -> next weight
Optimizer = Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]

ABOUT = (
    "Parameters after `steps` steps. W0 = 0.5 M(0), the gradient of step t = 1, 2, ... is M(t), "
    "M(s)[i, j] = sin(1 + s + 0.7 i + 1.3 j) + 0.25 cos(0.5 s + 2.1 i - 0.9 j). "
    "`reference`: the rule in f64 by goldens.py. `peer`: torch {torch} on the CPU, torch.optim, in the type named. "
    "`settings`: the rule's, by Steepest's names. Made by steepest/optim/goldens.py."
)
JORDAN = (3.4445, -4.7750, 2.0315)


def closed_form(shape: tuple[int, int], s: int) -> Matrix:
    """M(s); its rank is at most 4, so that 4 x 6, 6 x 4 and 4 x 4 have no null part."""
    i, j = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    result: Matrix = np.sin(1 + s + 0.7 * i + 1.3 * j) + 0.25 * np.cos(0.5 * s + 2.1 * i - 0.9 * j)
    return result


def repeated_polynomial(x: Matrix, coefficients: tuple[float, float, float], steps: int) -> Matrix:
    """X / ||X||_F, then X <- a X + b XX'X + c (XX')^2 X, on the short side."""
    if x.shape[0] > x.shape[1]:
        return repeated_polynomial(x.T, coefficients, steps).T
    a, b, c = coefficients
    x = x / np.linalg.norm(x)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


def muon(
    shape: tuple[int, int],
    lr: float = 1e-3,
    decay: float = 0.1,
    mu: float = 0.95,
    nesterov: bool = True,
    scale: str = "original",
    coefficients: tuple[float, float, float] = JORDAN,
    steps: int = 5,
) -> Update:
    """Nesterov of an average, factor of the shape, decoupled decay."""
    m, n = shape
    moment = np.zeros(shape)
    factor = max(1, m / n) ** 0.5 if scale == "original" else 0.2 * max(m, n) ** 0.5

    def update(w: Matrix, g: Matrix) -> Matrix:
        nonlocal moment
        moment = mu * moment + (1 - mu) * g
        read = (1 - mu) * g + mu * moment if nesterov else moment
        result: Matrix = (1 - lr * decay) * w - lr * factor * repeated_polynomial(read, coefficients, steps)
        return result

    return update


def adamw(lr: float = 1e-3, decay: float = 0.01, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Update:
    """AdamW with corrected moments."""
    m: Any = 0.0
    v: Any = 0.0
    t = 0

    def update(w: Matrix, g: Matrix) -> Matrix:
        nonlocal m, v, t
        t += 1
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        step: Matrix = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        return (1 - lr * decay) * w - lr * step

    return update


def sgd(lr: float = 1e-3, decay: float = 0.0, mu: float = 0.0, nesterov: bool = False) -> Update:
    """Heavy ball without dampening, decay in the gradient."""
    buffer: Any = 0.0

    def update(w: Matrix, g: Matrix) -> Matrix:
        nonlocal buffer
        g = g + decay * w
        buffer = mu * buffer + g
        step: Matrix = g + mu * buffer if nesterov else buffer
        return w - lr * step

    return update


def signum(lr: float = 1e-3, mu: float = 0.9) -> Update:
    """Sign of an average."""
    moment: Any = 0.0

    def update(w: Matrix, g: Matrix) -> Matrix:
        nonlocal moment
        moment = mu * moment + (1 - mu) * g
        step: Matrix = np.sign(moment)
        return w - lr * step

    return update


def polargrad(lr: float = 0.02, decay: float = 0.0, mu: float = 0.95, form: str = "momentum_first") -> Update:
    """`form`: momentum_first, polar_first or heavy_ball, with the polar factor by the SVD."""
    moment: Any = 0.0

    def polar(x: Matrix) -> tuple[Matrix, float]:
        u, s, vt = np.linalg.svd(x, full_matrices=False)
        return u @ vt, float(s.sum())

    def update(w: Matrix, g: Matrix) -> Matrix:
        nonlocal moment
        if form == "polar_first":
            u, nuclear = polar(g)
            moment = mu * moment + (1 - mu) * u
            direction = nuclear * moment
        else:
            moment = mu * moment + (1.0 if form == "heavy_ball" else 1 - mu) * g
            u, nuclear = polar(moment)
            direction = nuclear * u
        result: Matrix = (1 - lr * decay) * w - lr * direction
        return result

    return update


def run_reference(update: Update, shape: tuple[int, int], steps: int) -> Matrix:
    """The rule alone."""
    w = 0.5 * closed_form(shape, 0)
    for t in range(1, steps + 1):
        w = update(w, closed_form(shape, t))
    return w


def run_torch(make: Optimizer, shape: tuple[int, int], steps: int, dtype: torch.dtype) -> Matrix:
    """The optimizer of torch in the given type."""
    w = torch.nn.Parameter(torch.tensor(0.5 * closed_form(shape, 0), dtype=dtype))
    optimizer = make([w])
    for t in range(1, steps + 1):
        w.grad = torch.tensor(closed_form(shape, t), dtype=dtype)
        optimizer.step()
    result: Matrix = w.detach().double().numpy()
    return result


def muon_cases(shape: tuple[int, int]) -> list[dict[str, Any]]:
    """torch.optim.Muon iterates in bf16: `peer_tolerance` allows it 0.08 lr after three steps."""
    own = torch.optim.Muon
    cubic = (3.4, -4.7, 2.0)
    rows: list[tuple[str, float, dict[str, str], Update, Optimizer]] = [
        ("defaults", 1e-3, {}, muon(shape), own),
        ("lr", 0.01, {"learning_rate": "0.01"}, muon(shape, lr=0.01), lambda p: own(p, lr=0.01)),
        ("decay", 1e-3, {"weight_decay": "0.2"}, muon(shape, decay=0.2), lambda p: own(p, weight_decay=0.2)),
        ("momentum", 1e-3, {"momentum": "0.8"}, muon(shape, mu=0.8), lambda p: own(p, momentum=0.8)),
        ("steps", 1e-3, {"steps": "6"}, muon(shape, steps=6), lambda p: own(p, ns_steps=6)),
        (
            "coefficients",
            1e-3,
            {"coefficients": "3.4,-4.7,2"},
            muon(shape, coefficients=cubic),
            lambda p: own(p, ns_coefficients=cubic),
        ),
        (
            "match_rms_adamw",
            0.01,
            {"learning_rate": "0.01", "scale": "match_rms_adamw"},
            muon(shape, lr=0.01, scale="match_rms_adamw"),
            lambda p: own(p, lr=0.01, adjust_lr_fn="match_rms_adamw"),
        ),
        (
            "no nesterov",
            0.01,
            {"learning_rate": "0.01", "nesterov": "false"},
            muon(shape, lr=0.01, nesterov=False),
            lambda p: own(p, lr=0.01, nesterov=False),
        ),
    ]
    return [
        case("muon", name, shape, 3, settings, update)
        | {"peer": run_torch(make, shape, 3, torch.float32).tolist(), "peer_type": "f32", "peer_tolerance": 0.08 * lr}
        for name, lr, settings, update, make in rows
    ]


def elementwise_cases(shape: tuple[int, int]) -> list[dict[str, Any]]:
    """Rules that torch has in f64: the peer agrees to rounding."""
    nag = {"learning_rate": "0.1", "momentum": "0.9", "nesterov": "true", "weight_decay": "0.05"}
    betas = {"learning_rate": "0.01", "beta1": "0.8", "beta2": "0.95", "epsilon": "0.001", "weight_decay": "0.3"}
    rows: list[tuple[str, str, dict[str, str], Update, Optimizer]] = [
        ("sgd", "defaults", {}, sgd(), torch.optim.SGD),
        (
            "sgd",
            "momentum",
            {"learning_rate": "0.1", "momentum": "0.9"},
            sgd(lr=0.1, mu=0.9),
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        ),
        (
            "sgd",
            "nesterov with decay",
            nag,
            sgd(lr=0.1, mu=0.9, nesterov=True, decay=0.05),
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        ),
        ("adamw", "defaults", {}, adamw(), torch.optim.AdamW),
        (
            "adamw",
            "all settings",
            betas,
            adamw(lr=0.01, decay=0.3, b1=0.8, b2=0.95, eps=1e-3),
            lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3),
        ),
    ]
    return [
        case(rule, name, shape, 20, settings, update)
        | {"peer": run_torch(make, shape, 20, torch.float64).tolist(), "peer_type": "f64", "peer_tolerance": 1e-12}
        for rule, name, settings, update, make in rows
    ]


def single_precision_cases(shape: tuple[int, int]) -> list[dict[str, Any]]:
    """AdamW in the type that networks are trained in."""
    peer = run_torch(lambda p: torch.optim.AdamW(p, weight_decay=1e-4), shape, 3, torch.float32)
    return [
        case("adamw", "f32", shape, 3, {"weight_decay": "0.0001"}, adamw(decay=1e-4))
        | {"peer": peer.tolist(), "peer_type": "f32", "peer_tolerance": 1e-6}
    ]


def reference_cases(shape: tuple[int, int]) -> list[dict[str, Any]]:
    """Rules that torch does not have."""
    small = {"learning_rate": "0.01"}
    return [
        case("signum", "defaults", shape, 20, {}, signum()),
        case("polargrad", "momentum first", shape, 3, small, polargrad(0.01)),
        case("polargrad", "vanilla", shape, 3, small | {"momentum": "0"}, polargrad(0.01, mu=0)),
        case(
            "polargrad", "polar first", shape, 3, small | {"order": "polar_first"}, polargrad(0.01, form="polar_first")
        ),
        case(
            "polargrad",
            "heavy ball",
            shape,
            3,
            small | {"momentum_form": "heavy_ball"},
            polargrad(0.01, form="heavy_ball"),
        ),
        case("polargrad", "decay", shape, 3, small | {"weight_decay": "0.5"}, polargrad(0.01, decay=0.5)),
    ]


def case(
    rule: str, name: str, shape: tuple[int, int], steps: int, settings: dict[str, str], update: Update
) -> dict[str, Any]:
    """One trajectory with its reference."""
    return {
        "rule": rule,
        "name": name,
        "shape": list(shape),
        "steps": steps,
        "settings": settings,
        "reference": run_reference(update, shape, steps).tolist(),
        "reference_tolerance": 1e-10,
    }


def main() -> None:
    """Writes goldens.json beside this file."""
    torch.set_num_threads(1)
    cases = []
    for shape in ((4, 6), (6, 4)):
        cases += muon_cases(shape) + elementwise_cases(shape) + single_precision_cases(shape) + reference_cases(shape)
    cases += reference_cases((4, 4))
    about = ABOUT.format(torch=torch.__version__.split("+")[0])
    lines = ",\n".join(json.dumps(row) for row in cases)
    text = f'{{"about": {json.dumps(about)},\n"cases": [\n{lines}\n]}}\n'
    Path(__file__).with_name("goldens.json").write_text(text)


if __name__ == "__main__":
    main()
