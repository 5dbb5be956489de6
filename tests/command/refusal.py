"""How the command refuses: one line on stderr, and the status that the kind of error has."""

import subprocess


def error_of(result: subprocess.CompletedProcess[str], status: int) -> str:
    """Check that a refusal is one line on stderr, and return it."""
    assert result.returncode == status, result.stderr
    assert result.stderr.startswith("steepest: error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr
