"""The protocol, on the program itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from polar_peers.cases import Case, Plan
from polar_peers.errors import errors_of, faults, oracle_of
from polar_peers.server import Server, ServerError
from polar_peers.steepest_polar import SteepestPolar

BUILD = Path(os.environ.get("STEEPEST_BUILD_DIR", Path(__file__).parents[2] / "build" / "release"))


@pytest.fixture
def server() -> Iterator[Server]:
    program = BUILD / "bin" / "polar_server"
    if not program.is_file():
        pytest.skip("polar_server is built with STEEPEST_BUILD_BENCHMARKS")
    with Server(program) as running:
        yield running


@pytest.mark.parametrize("precision", ["f64", "f32"])
@pytest.mark.parametrize(("rows", "cols"), [(30, 30), (40, 9), (9, 40)])
def test_factors_come_back_as_they_are(server: Server, tmp_path: Path, rows: int, cols: int, precision: str) -> None:
    A = Case(rows, cols, precision, 50, ()).matrix()
    oracle = oracle_of(A)
    peer = SteepestPolar(server, tmp_path, Plan("qdwh"), with_h=True)
    peer.prepare(A)
    assert peer.run() > 0
    found = peer.factors()
    assert found.H is not None and found.H.shape == (min(rows, cols),) * 2
    assert found.U.dtype == A.dtype
    assert faults(errors_of(found, oracle), oracle, None) == []


def test_contenders_keep_their_own_plans(server: Server, tmp_path: Path) -> None:
    A = Case(24, 30, "f32", 10, ()).matrix()
    oracle = oracle_of(A)
    peers = [SteepestPolar(server, tmp_path, Plan("gram_halley", steps)) for steps in (2, 3)]
    for peer in peers:
        peer.prepare(A)
    for peer in peers:
        peer.run()
    rough, fine = (errors_of(peer.factors(), oracle).deviation for peer in peers)
    assert 1e-3 < rough <= 0.04
    assert fine <= 1e-3


def test_it_describes_itself_as_records_do(server: Server) -> None:
    run = server.ask(describe=True)
    assert run["event"] == "run"
    assert {"commit", "clean", "machine", "threads", "kernels"} <= set(run)


def test_what_fails_is_said_and_the_server_goes_on(server: Server, tmp_path: Path) -> None:
    np.save(tmp_path / "A.npy", np.eye(3))
    with pytest.raises(ServerError, match="unknown method"):
        server.ask(prepare=str(tmp_path / "A.npy"), method="qdhw")
    with pytest.raises(ServerError, match="describe, peak, prepare"):
        server.ask(nothing=True)
    assert server.ask(prepare=str(tmp_path / "A.npy"), method="qdwh")["contender"] == 0
