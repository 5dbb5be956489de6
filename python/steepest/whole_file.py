"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write, in a folder beside the file that `path` names; then it is synced and renamed to that file.

    The draft has the name of `path`, so that writers which look at the suffix find it. Where the block raises, `path`
    stays as it was.
    """
    target = path.resolve()
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=target.parent) as folder:
        draft = Path(folder) / path.name
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)


def write_whole(path: Path, text: str) -> None:
    """Write the text, in UTF-8."""
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8")
