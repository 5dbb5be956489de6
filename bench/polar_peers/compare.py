"""Runs every contender on every matrix."""

import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from polar_peers.cases import NEWTON_SCHULZ_WITHIN, Case
from polar_peers.errors import errors_of, faults, oracle_of
from polar_peers.jax_polar import JaxPolar
from polar_peers.load import ForeignLoad
from polar_peers.numpy_svd import NumpySvd
from polar_peers.peer import Peer
from polar_peers.placement import Placement
from polar_peers.product_rate import product_rate
from polar_peers.rounds import interleaved
from polar_peers.scipy_polar import ScipyPolar
from polar_peers.server import Server
from polar_peers.steepest_polar import SteepestPolar
from polar_peers.torch_newton_schulz import TorchNewtonSchulz
from polar_peers.verdicts import Outcome


def contenders(case: Case, server: Server, folder: Path) -> Iterator[tuple[Peer, float | None]]:
    """All that run on a matrix, and how far from 1 each may leave a singular value (None: rounding)."""
    rough = any(plan.within is not None for plan in case.plans)
    for plan in case.plans:
        yield SteepestPolar(server, folder, plan, with_h=plan.within is None), plan.within
    for peer in (ScipyPolar(), JaxPolar(), NumpySvd()):
        yield peer, None
    if rough:
        for precision in ("bf16", "f32"):
            yield TorchNewtonSchulz(precision), NEWTON_SCHULZ_WITHIN


def compare(case: Case, program: Path, rounds: int, placement: Placement) -> dict[str, Outcome]:
    """The outcomes on one matrix, by contender."""
    A = case.matrix()
    oracle = oracle_of(A)
    with tempfile.TemporaryDirectory() as folder, Server(program) as server:
        taking_part = list(contenders(case, server, Path(folder)))
        with placement.all_cores():
            for peer, _ in taking_part:
                peer.prepare(A)
        runs = {peer.name: peer.run for peer, _ in taking_part}
        processes = {
            peer.name: server.process.pid if isinstance(peer, SteepestPolar) else os.getpid() for peer, _ in taking_part
        }
        load = ForeignLoad([server.process.pid])
        samples = interleaved(
            runs, rounds, load.share, warm_up=lambda name: placement.spread(processes[name], runs[name])
        )
        outcomes = {}
        for peer, within in taking_part:
            factors = peer.factors()
            errors = errors_of(factors, oracle)
            outcomes[peer.name] = Outcome(
                [sample.seconds for sample in samples[peer.name]],
                errors,
                faults(errors, oracle, within),
                peer.version,
                gives_h=factors.H is not None,
                foreign=statistics.fmean(sample.foreign for sample in samples[peer.name]),
            )
    return outcomes


def numpy_peak(precision: str, size: int) -> float:
    """Gflop/s of numpy's product, the best of five."""
    A = np.ones((size, size), np.float64 if precision == "f64" else np.float32)
    return product_rate(lambda: A @ A, size)


def peaks(program: Path, size: int = 2048) -> dict[str, float]:
    """Gflop/s of a square product, by this library's BLAS and by numpy's: what the times are read against."""
    rates = {}
    with Server(program) as server:
        for precision, letter in (("f64", "d"), ("f32", "s")):
            rates[f"{letter}gemm"] = float(server.ask(peak=precision, size=size)["gflops"])
            rates[f"numpy's {letter}gemm"] = numpy_peak(precision, size)
    return rates
