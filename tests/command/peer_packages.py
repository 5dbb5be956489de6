"""What the packages that `steepest trace --as` speaks for make of given gradients, at settings drawn at random."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Settings = dict[str, Any]
Draw = Callable[[np.random.Generator], Settings]
Run = Callable[[Settings, Matrix, Sequence[Matrix], str], Matrix]


@dataclass(frozen=True)
class PeerRow:
    """A rule of a package: how it is run, and how its settings are drawn."""

    peer: str
    rule: str
    module: str  # that must be there
    run: Run  # settings, W0, gradients, f32 or f64 -> W
    draw: Draw
    square: bool = False  # singular statistics have no basis of their own
    loose: float = 1.0  # beside the bound, where the package itself works in f32

    @property
    def distribution(self) -> str:
        """The name by which the package is installed."""
        return {"muon": "muon-optimizer"}.get(self.module, self.module.replace("_", "-"))


@contextmanager
def without_half_precision() -> Iterator[None]:
    """Let packages that iterate in bf16 iterate in the type of the parameter: rounding of 2^-9 hides differences."""
    import torch

    own, to = torch.Tensor.bfloat16, torch.Tensor.to

    def kept(self: Any, *words: Any, **named: Any) -> Any:
        if named.get("dtype") is torch.bfloat16:
            named["dtype"] = self.dtype
        return to(self, *(self.dtype if word is torch.bfloat16 else word for word in words), **named)

    torch.Tensor.bfloat16 = lambda self: self.clone()  # type: ignore[method-assign]
    torch.Tensor.to = kept  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.Tensor.bfloat16, torch.Tensor.to = own, to  # type: ignore[method-assign]


def by_torch(module: str, name: str, **fixed: Any) -> Run:
    """Run a class of a package whose optimizers are torch's; `fixed` goes into the parameter group."""

    def run(settings: Settings, start: Matrix, gradients: Sequence[Matrix], dtype: str) -> Matrix:
        import torch

        kind = torch.float32 if dtype == "f32" else torch.float64
        parameter = torch.nn.Parameter(torch.tensor(start, dtype=kind))
        group = {"params": [parameter], **fixed}
        make = getattr(importlib.import_module(module), name)
        with without_half_precision():
            optimizer = make([{**group, **settings}]) if fixed else make([parameter], **settings)
            if module == "schedulefree":
                optimizer.train()
            for gradient in gradients:
                parameter.grad = torch.tensor(gradient, dtype=kind)
                optimizer.step()
        result: Matrix = parameter.detach().double().numpy()
        return result

    return run


def by_optax(name: str, contrib: bool = False) -> Run:
    """Run a transformation of optax."""

    def run(settings: Settings, start: Matrix, gradients: Sequence[Matrix], dtype: str) -> Matrix:
        import jax
        import optax

        jax.config.update("jax_enable_x64", True)
        kind = np.float32 if dtype == "f32" else np.float64
        chosen = dict(settings)
        rate = chosen.pop("learning_rate")
        transformation = getattr(optax.contrib if contrib else optax, name)(rate, **chosen)
        parameter = jax.numpy.asarray(start.astype(kind))
        state = transformation.init(parameter)
        for gradient in gradients:
            update, state = transformation.update(jax.numpy.asarray(gradient.astype(kind)), state, parameter)
            parameter = optax.apply_updates(parameter, update)
        return np.asarray(parameter, dtype=np.float64)

    return run


def one_of(rng: np.random.Generator, *values: Any) -> Any:
    """Return one of the values."""
    return values[int(rng.integers(len(values)))]


def some(rng: np.random.Generator, **choices: Sequence[Any]) -> Settings:
    """Return each setting with probability 2/3, at one of its values."""
    return {key: one_of(rng, *values) for key, values in choices.items() if rng.random() < 2 / 3}


def rate(rng: np.random.Generator) -> float:
    """Return a learning rate."""
    return float(one_of(rng, 1e-3, 0.01, 0.05, 0.3))


def adam(rng: np.random.Generator) -> Settings:
    """Draw torch's Adam and AdamW, Lion too."""
    return {
        "lr": rate(rng),
        **some(
            rng, betas=((0.9, 0.99), (0.0, 0.5), (0.8, 0.8), (0.95, 0.0)), eps=(1e-8, 1e-3), weight_decay=(0, 0.1, 0.4)
        ),
    }


def lion(rng: np.random.Generator) -> Settings:
    """Draw Lion, which has no epsilon."""
    return {"lr": rate(rng), **some(rng, betas=((0.9, 0.99), (0.5, 0.9), (0.95, 0.98)), weight_decay=(0, 0.1, 1))}


def torch_sgd(rng: np.random.Generator) -> Settings:
    """Draw torch's SGD; Nesterov needs momentum and no dampening."""
    if rng.random() < 0.4:
        return {"lr": rate(rng), "momentum": 0.7, "nesterov": True, **some(rng, weight_decay=(0, 0.2))}
    return {"lr": rate(rng), **some(rng, momentum=(0.5, 0.9), dampening=(0, 0.3, 0.9), weight_decay=(0, 0.2))}


def torch_muon(rng: np.random.Generator) -> Settings:
    """Draw torch's Muon."""
    return {
        "lr": rate(rng),
        **some(
            rng,
            weight_decay=(0, 0.1, 0.5),
            momentum=(0.95, 0.5, 0.0),
            nesterov=(True, False),
            ns_steps=(1, 3, 5, 7),
            ns_coefficients=((3.4, -4.7, 2.0), (2.0, -1.5, 0.5), (1.5, -0.5, 0.0)),
            eps=(1e-7, 1e-2, 3.0),
            adjust_lr_fn=("original", "match_rms_adamw"),
        ),
    }


def torch_adafactor(rng: np.random.Generator) -> Settings:
    """Draw torch's Adafactor."""
    return {
        "lr": rate(rng),
        **some(rng, beta2_decay=(-0.8, -0.3), eps=((None, 1e-3), (1e-3, 0.5)), d=(1.0, 3.0), weight_decay=(0, 0.1)),
    }


def optax_adam(rng: np.random.Generator) -> Settings:
    """Draw optax' Adam."""
    return {"learning_rate": rate(rng), **some(rng, b1=(0.9, 0.5), b2=(0.99, 0.8), eps=(1e-8, 1e-2))}


def optax_adamw(rng: np.random.Generator) -> Settings:
    """Draw optax' AdamW."""
    return optax_adam(rng) | some(rng, weight_decay=(0, 0.1, 0.5))


def optax_lion(rng: np.random.Generator) -> Settings:
    """Draw optax' Lion."""
    return {"learning_rate": rate(rng), **some(rng, b1=(0.9, 0.5), b2=(0.99, 0.8), weight_decay=(0, 0.1, 0.5))}


def optax_sgd(rng: np.random.Generator) -> Settings:
    """Draw optax' SGD."""
    return {"learning_rate": rate(rng), **some(rng, momentum=(0.9, 0.5), nesterov=(True, False))}


DION = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)


def optax_muon(rng: np.random.Generator) -> Settings:
    """Draw optax' Muon."""
    return {
        "learning_rate": rate(rng),
        **some(
            rng,
            ns_coeffs=("standard", "dion", (2.0, -1.5, 0.5), DION[:2]),
            ns_steps=(1, 5, 6),
            beta=(0.95, 0.5, 0.0),
            eps=(1e-8, 0.1),
            weight_decay=(0, 0.1, 0.5),
            nesterov=(True, False),
            adaptive=(True, False),
            preconditioning=("frobenius", "schatten"),
            consistent_rms=(None, 0.2, 1.0),
        ),
    }


def prodigy(rng: np.random.Generator) -> Settings:
    """Draw Prodigy as its authors name it."""
    return some(
        rng,
        lr=(1.0, 0.5, 2.0),
        betas=((0.9, 0.999), (0.5, 0.9)),
        beta3=(None, 0.7),
        eps=(1e-8, 1e-3),
        weight_decay=(0, 0.1),
        d0=(1e-6, 1e-2),
        d_coef=(1.0, 3.0),
        growth_rate=(float("inf"), 1.02),
        safeguard_warmup=(True, False),
    )


def authors_prodigy(rng: np.random.Generator) -> Settings:
    """Draw prodigyopt."""
    return prodigy(rng) | some(rng, use_bias_correction=(True, False), decouple=(True, False))


def listed_prodigy(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's Prodigy."""
    return prodigy(rng) | some(rng, bias_correction=(True, False), weight_decouple=(True, False))


def optax_prodigy(rng: np.random.Generator) -> Settings:
    """Draw optax' Prodigy."""
    return {
        "learning_rate": one_of(rng, 1.0, 0.5),
        **some(
            rng,
            betas=((0.9, 0.999), (0.5, 0.9)),
            beta3=(None, 0.7),
            eps=(1e-8, 1e-3),
            estim_lr0=(1e-6, 1e-2),
            estim_lr_coef=(1.0, 3.0),
            weight_decay=(0, 0.1),
            safeguard_warmup=(True, False),
        ),
    }


COEFFICIENTS = ("original", "quintic", "polar_express", "polar_express_safer", (2.0, -1.5, 0.5), DION[:3])


def listed_muon(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's Muon."""
    return {
        "lr": rate(rng),
        **some(
            rng,
            momentum=(0.95, 0.5, 0.0),
            nesterov=(True, False),
            ns_steps=(1, 5, 7, 10),
            ns_coeffs=COEFFICIENTS,
            use_adjusted_lr=(True, False),
            weight_decay=(0, 0.1, 0.5),
            weight_decouple=(True, False),
        ),
    }


def listed_normuon(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's NorMuon."""
    return listed_muon(rng) | some(
        rng, beta2=(0.95, 0.5), eps=(1e-10, 1e-3), update_scale=("preserve_norm", "match_rms")
    )


def listed_adamuon(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's AdaMuon."""
    settings = listed_muon(rng) | some(rng, betas=((0.9, 0.95), (0.5, 0.5)), eps=(1e-10, 1e-3))
    return {key: value for key, value in settings.items() if key not in ("momentum", "nesterov")}


def listed_adago(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's AdaGO."""
    return listed_muon(rng) | some(rng, gamma=(10.0, 1.0), eps=(5e-4, 1e-2), v=(1e-6, 0.5))


def listed_lion(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's Lion."""
    return lion(rng) | some(rng, weight_decouple=(True, False))


def listed_soap(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's SOAP."""
    return {
        "lr": rate(rng),
        **some(
            rng,
            betas=((0.95, 0.95), (0.8, 0.9)),
            shampoo_beta=(None, 0.7),
            weight_decay=(0, 0.1),
            precondition_frequency=(1, 2, 10),
            max_precondition_dim=(10000, 4),
            correct_bias=(True, False),
            eps=(1e-8, 1e-2),
        ),
    }


def listed_splus(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's SPlus."""
    return {
        "lr": rate(rng),
        **some(
            rng,
            betas=((0.9, 0.999), (0.5, 0.8)),
            weight_decay=(0, 0.1),
            inverse_steps=(1, 2, 100),
            nonstandard_constant=(1e-3, 0.1),
        ),
    }


def listed_scion(rng: np.random.Generator) -> Settings:
    """Draw pytorch_optimizer's SCION with every norm."""
    flags = (True, False)
    norm = int(rng.integers(1, 8))
    lists: dict[int, dict[str, Sequence[Any]]] = {
        2: {"max_scale": flags, "normalize": flags, "num_steps": (3, 5)},
        4: {"normalize": flags},
        6: {"normalized": flags, "transpose": flags},
        7: {"normalized": flags, "transpose": flags},
    }
    settings: Settings = {"norm_type": norm if norm != 3 else 1, "norm_kwargs": some(rng, **lists.get(norm, {}))}
    settings |= some(
        rng,
        lr=(1e-3, 0.1),
        momentum=(0.1, 1.0),
        constraint=flags,
        scale=(1.0, 4.0),
        weight_decay=(0, 0.2),
        weight_decouple=flags,
    )
    return settings


def keller_muon(rng: np.random.Generator) -> Settings:
    """Draw muon-optimizer's Muon."""
    return some(rng, lr=(0.02, 0.3), weight_decay=(0, 0.1), momentum=(0.95, 0.5))


def schedule_free(rng: np.random.Generator) -> Settings:
    """Draw schedulefree's SGD."""
    return {
        "lr": rate(rng),
        **some(rng, momentum=(0.9, 0.6), weight_decay=(0, 0.1), r=(0, 1), weight_lr_power=(2, 0)),
    }


def schedule_free_adam(rng: np.random.Generator) -> Settings:
    """Draw schedulefree's AdamW."""
    return {
        "lr": rate(rng),
        **some(
            rng,
            betas=((0.9, 0.99), (0.6, 0.8)),
            eps=(1e-8, 1e-3),
            weight_decay=(0, 0.1),
            r=(0, 1),
            weight_lr_power=(2, 0),
        ),
    }


LISTED = "pytorch_optimizer"
ROWS = (
    PeerRow("torch", "sgd", "torch", by_torch("torch.optim", "SGD"), torch_sgd),
    PeerRow("torch", "adam", "torch", by_torch("torch.optim", "Adam"), adam),
    PeerRow("torch", "adamw", "torch", by_torch("torch.optim", "AdamW"), adam),
    PeerRow("torch", "adafactor", "torch", by_torch("torch.optim", "Adafactor"), torch_adafactor),
    PeerRow("torch", "muon", "torch", by_torch("torch.optim", "Muon"), torch_muon),
    PeerRow("optax", "sgd", "optax", by_optax("sgd"), optax_sgd),
    PeerRow("optax", "adam", "optax", by_optax("adam"), optax_adam),
    PeerRow("optax", "adamw", "optax", by_optax("adamw"), optax_adamw),
    PeerRow("optax", "lion", "optax", by_optax("lion"), optax_lion),
    PeerRow("optax", "prodigy", "optax", by_optax("prodigy", contrib=True), optax_prodigy),
    PeerRow("optax", "muon", "optax", by_optax("muon", contrib=True), optax_muon),
    PeerRow(LISTED, "muon", LISTED, by_torch(LISTED, "Muon", use_muon=True), listed_muon),
    PeerRow(LISTED, "normuon", LISTED, by_torch(LISTED, "NorMuon", use_muon=True), listed_normuon),
    PeerRow(LISTED, "adamuon", LISTED, by_torch(LISTED, "AdaMuon", use_muon=True), listed_adamuon),
    PeerRow(LISTED, "adago", LISTED, by_torch(LISTED, "AdaGO", use_muon=True), listed_adago),
    PeerRow(LISTED, "lion", LISTED, by_torch(LISTED, "Lion"), listed_lion),
    PeerRow(LISTED, "prodigy", LISTED, by_torch(LISTED, "Prodigy"), listed_prodigy, loose=1e6),
    PeerRow(LISTED, "soap", LISTED, by_torch(LISTED, "SOAP"), listed_soap, square=True, loose=1e6),
    PeerRow(LISTED, "splus", LISTED, by_torch(LISTED, "SPlus"), listed_splus, square=True, loose=1e6),
    PeerRow(LISTED, "scion", LISTED, by_torch(LISTED, "SCION"), listed_scion),
    PeerRow("prodigyopt", "prodigy", "prodigyopt", by_torch("prodigyopt", "Prodigy"), authors_prodigy),
    PeerRow("keller", "muon", "muon", by_torch("muon", "SingleDeviceMuon"), keller_muon),
    PeerRow("schedulefree", "sgd", "schedulefree", by_torch("schedulefree", "SGDScheduleFree"), schedule_free),
    PeerRow("schedulefree", "adamw", "schedulefree", by_torch("schedulefree", "AdamWScheduleFree"), schedule_free_adam),
    PeerRow("lion_pytorch", "lion", "lion_pytorch", by_torch("lion_pytorch", "Lion"), lion),
)
