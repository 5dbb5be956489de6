"""After a write the file has the new text and nothing else lies there; after a failed one, the old text."""

from pathlib import Path

import pytest

from steepest.whole_file import whole_file, write_whole


def test_a_write_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "old")
    write_whole(path, "new \N{GREEK SMALL LETTER SIGMA}")
    assert path.read_text(encoding="utf-8") == "new \N{GREEK SMALL LETTER SIGMA}"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "figure.svg"
    write_whole(path, "old")
    with pytest.raises(ValueError, match="half way"), whole_file(path) as draft:
        assert draft.suffix == ".svg"
        draft.write_text("ne", encoding="utf-8")
        raise ValueError("half way")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
