"""This library in a process of its own: the client of a program that speaks as server_loop.hpp does."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]


class ServerError(Exception):
    """What the server answered instead of a result."""


class Server:
    """One running server; use it in a `with`."""

    def __init__(self, program: Path) -> None:
        """Start the program."""
        self.name = program.name
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        """Return the server, which is running."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the process: it stops where its input ends."""
        self.process.communicate()

    def ask(self, **request: object) -> Json:
        """Send one request and return its answer. Raises ServerError."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ServerError(f"{self.name} ended at {request}")
        answer: Json = json.loads(line)
        if "error" in answer:
            raise ServerError(str(answer["error"]))
        return answer
