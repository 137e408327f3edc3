"""A file is written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lrplot.errors import InputError
from lrplot.files import write_whole, written_whole


class Interrupted(Exception):  # noqa: N818  what stops the writing is no error of ours
    """The writing stopped in the middle."""


def test_what_was_written_is_there_afterwards_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with written_whole(path) as temporary:
        assert not path.exists()
        temporary.write_text("all of it", encoding="utf-8")

    assert path.read_text(encoding="utf-8") == "all of it"
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_written_beside_its_place_so_that_the_renaming_is_one_act(tmp_path: Path) -> None:
    with written_whole(tmp_path / "a.txt") as temporary:
        assert temporary.parent == tmp_path


def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / "newer" / "a.txt"
    with written_whole(path) as temporary:
        temporary.write_text("x", encoding="utf-8")

    assert path.read_text(encoding="utf-8") == "x"


def test_a_failure_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(Interrupted), written_whole(path) as temporary:  # noqa: PT012  as it goes
        temporary.write_text("half", encoding="utf-8")
        raise Interrupted

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(InputError) as caught, written_whole(path):
        raise OSError(28, "No space left on device")

    assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"), written_whole(tmp_path):
        pytest.fail("nothing may be written")


def test_a_file_where_a_folder_is_needed_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("", encoding="utf-8")

    for path in (tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"):
        with pytest.raises(InputError, match="is no folder"), written_whole(path):
            pytest.fail("nothing may be written")


def test_a_name_too_long_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="cannot be written"),
        written_whole(tmp_path / ("a" * 300)),
    ):
        pytest.fail("nothing may be written")


def test_bytes_are_written_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.bin", b"\x00\xff")

    assert (tmp_path / "a" / "b.bin").read_bytes() == b"\x00\xff"


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "there" / "real.txt")

    write_whole(tmp_path / "link.txt", b"new")

    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "there" / "real.txt").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["real.txt"]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices are POSIX's")
def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)

    write_whole(tmp_path / "pipe", b"through it")

    assert os.read(reader, 100) == b"through it"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="it is Linux's")  # noqa: PTH110  at import
def test_a_device_that_is_full_is_told() -> None:
    with pytest.raises(InputError, match="/dev/full: cannot be written: No space left on device"):
        write_whole(Path("/dev/full"), b"anything")


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(Path("a\0b"), b"")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_the_file_has_the_permissions_any_new_file_has(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_text("", encoding="utf-8")
    with written_whole(tmp_path / "a.txt") as temporary:
        temporary.write_text("", encoding="utf-8")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (plain, tmp_path / "a.txt")]
    assert modes[0] == modes[1]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(InputError, match="Permission denied"), written_whole(tmp_path / "a.txt"):
        pytest.fail("nothing may be written")
