from pathlib import Path

import pytest

from streamtrack.encoding.files import holds, sha256, workshop, write_whole

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert sha256(tmp_path / "file") == EMPTY


def test_a_missing_file_and_a_folder_hold_nothing(tmp_path: Path) -> None:
    assert not holds(tmp_path / "missing", EMPTY)
    assert not holds(tmp_path, EMPTY)


def test_writing_replaces_the_content_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    path = tmp_path / "made" / "file"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_in_the_workshop_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), workshop(tmp_path) as made:
        (made / "draft").write_bytes(b"half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
