"""This library, one rule."""

from pathlib import Path

import numpy as np
from polar_peers.server import Server

from optimizer_step.peer import Matrix


class SteepestStep:
    """An optimizer in the server's process."""

    def __init__(self, server: Server, folder: Path, name: str, request: dict[str, object]) -> None:
        """Take a running server, a folder for the matrices that go to and fro, and a rule with its options."""
        self.server = server
        self.folder = folder
        self.name = f"steepest {name}"
        self.request = request
        self.version = str(server.ask(describe=True)["version"])

    def prepare(self, gradients: list[Matrix]) -> None:
        """Hand over the gradients; the server makes weights of zero, the plans and the optimizer."""
        path = self.folder / "gradients.npy"
        if not path.exists():
            np.save(path, np.concatenate([gradient.ravel() for gradient in gradients])[None, :])
        self.shapes = [gradient.shape for gradient in gradients]
        answer = self.server.ask(prepare=str(path), shapes=self.shapes, **self.request)
        self.contender = answer["contender"]
        self.flops = float(answer["flops"])
        self.plans: list[str] = answer["plans"]

    def run(self) -> float:
        """One step; the seconds are those of the server's clock."""
        return float(self.server.ask(run=self.contender)["seconds"])

    def weights(self) -> list[Matrix]:
        """Copies of the weights."""
        path = self.folder / "weights.npy"
        self.server.ask(write=self.contender, weights=str(path))
        ends = np.cumsum([rows * cols for rows, cols in self.shapes])
        pieces = np.split(np.load(path).ravel(), ends[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def scratch_bytes(self) -> int:
        """The most scratch that steps have used so far, over all threads."""
        return int(self.server.ask(scratch=self.contender)["bytes"])

    def profile(self, trace: Path) -> list[dict[str, float]]:
        """One step with every verb timed: seconds and calls by phase; the trace goes to a file."""
        rows: list[dict[str, float]] = self.server.ask(profile=self.contender, trace=str(trace))["phases"]
        return rows
