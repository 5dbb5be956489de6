"""This library, one plan."""

from pathlib import Path

import numpy as np

from polar_peers.cases import Plan
from polar_peers.peer import Factors, Matrix
from polar_peers.server import Server


class SteepestPolar:
    """Both factors or U alone, as the case asks."""

    def __init__(self, server: Server, folder: Path, plan: Plan, with_h: bool = False) -> None:
        """Take a running server and a folder for the matrices that go to and fro."""
        self.server = server
        self.folder = folder
        self.options = {
            "method": plan.method,
            "steps": plan.steps,
            "lower_bound": plan.lower_bound,
            "with_h": with_h,
        }
        self.name = f"steepest {plan.method}" + (f" {plan.steps}" if plan.steps else "")
        self.version = str(server.ask(describe=True)["version"])

    def prepare(self, A: Matrix) -> None:
        """Hand over the matrix and fix the plan."""
        path = self.folder / "A.npy"
        np.save(path, A)
        self.contender = self.server.ask(prepare=str(path), **self.options)["contender"]

    def run(self) -> float:
        """One call; the seconds are those of the server's clock."""
        return float(self.server.ask(run=self.contender)["seconds"][0])

    def factors(self) -> Factors:
        """U and, where asked for, H."""
        u_path, h_path = self.folder / "U.npy", self.folder / "H.npy"
        self.server.ask(write=self.contender, u=str(u_path), h=str(h_path))
        return Factors(np.load(u_path), np.load(h_path) if self.options["with_h"] else None)
