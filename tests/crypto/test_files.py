import errno
import multiprocessing
import os
import secrets
import stat
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from snowflake.crypto.files import (
    is_full,
    is_writable,
    make_private,
    read_or_make,
    reason_of,
    text_of,
    whose,
)
from snowflake.errors import StartFault


def make_at_once(path: str, barrier: Barrier, results: str) -> None:
    def make() -> str:
        barrier.wait()
        return secrets.token_hex(8)

    content = read_or_make(Path(path), make)
    Path(results, secrets.token_hex(8)).write_text(content, "utf-8")


def test_a_file_is_made_once_and_then_read(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one"
    assert read_or_make(path, lambda: "first") == "first"
    assert read_or_make(path, lambda: "second") == "first"


def test_where_nobody_may_look_for_a_file_it_is_told(tmp_path: Path) -> None:
    # Root may look anywhere, but for what no file system can have.
    with pytest.raises(StartFault, match=r"^SNOWFLAKE_DATA_DIR: cannot look for .*: file name too"):
        read_or_make(tmp_path / ("x" * 300) / "one", lambda: "content")


def test_only_its_owner_may_read_it_and_no_draft_stays(tmp_path: Path) -> None:
    read_or_make(tmp_path / "one", lambda: "content")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600


def test_two_processes_at_once_agree(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    arguments = (str(tmp_path / "file"), barrier, str(results))
    processes = [context.Process(target=make_at_once, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    contents = [path.read_text("utf-8") for path in results.iterdir()]
    assert contents == [(tmp_path / "file").read_text("utf-8")] * 2


def test_what_another_process_made_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def make() -> str:
        path.write_text("theirs", "utf-8")
        return "ours"

    assert read_or_make(path, make) == "theirs"
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_a_file_that_is_no_text_stops_the_start_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(StartFault, match="is damaged") as fault:
        read_or_make(path, lambda: "new")
    assert str(path) in fault.value.faults[0]
    assert path.read_bytes() == b"\xff\xfe"


def test_a_place_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartFault, match=r"^SNOWFLAKE_DATA_DIR: "):
        read_or_make(tmp_path / "file" / "below", lambda: "content")


def test_a_draft_that_cannot_be_finished_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StartFault, match="no space left"):
        read_or_make(tmp_path / "file", lambda: "content")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_yet_to_be_made_is_writable_if_its_parent_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_writable(tmp_path)
    assert is_writable(tmp_path / "not" / "yet")
    assert not is_writable(tmp_path / "file" / "below")


class TestWhose:
    """Where somebody may not go on."""

    @pytest.fixture(autouse=True)
    def _user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Root may do anything.
        def may(path: Path, mode: int) -> bool:
            return (mode == os.F_OK and path.exists()) or "closed" not in str(path)

        monkeypatch.setattr("os.access", may)
        monkeypatch.setattr("os.geteuid", lambda: 1234)

    def test_both_users_are_named_and_the_way_out(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o755)
        owner = os.getuid()
        told = (
            f"Snowflake runs as user 1234, and {closed} belongs to user {owner} (mode 0755): "
            f"chown -R 1234 {closed}"
        )
        # What is not there yet would be made there.
        assert whose(closed) == whose(closed / "not" / "yet") == told
        denied = PermissionError(errno.EACCES, "Permission denied")
        assert reason_of(denied, closed) == f"permission denied. {told}"

    def test_for_the_owner_it_is_the_mode(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.geteuid", os.getuid)
        (tmp_path / "closed").mkdir(mode=0o500)
        assert whose(tmp_path / "closed").endswith(f"belongs to user {os.getuid()} (mode 0500)")

    def test_where_nothing_is_in_the_way_it_is_the_root(self, tmp_path: Path) -> None:
        assert ", and / belongs to " in whose(tmp_path / "open")


def test_another_reason_names_nobody(tmp_path: Path) -> None:
    assert reason_of(OSError(errno.EROFS, "Read-only file system"), tmp_path) == (
        "read-only file system"
    )
    assert reason_of(ValueError("embedded null byte"), tmp_path) == "that is no path"


def test_a_directory_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartFault, match=r"cannot write .*: is a directory"):
        make_private(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_a_text(encoding: str) -> None:
    assert text_of("schlüssel\n".encode(encoding)) == "schlüssel\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("key".encode("utf-16"), "is UTF-16 text, as PowerShell writes it; save it as UTF-8"),
        ("schlüssel".encode("latin-1"), "is not UTF-8 text"),
    ],
)
def test_what_is_no_text_says_what_it_is(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        text_of(content)


def test_a_disk_that_nobody_can_ask_about_is_not_said_to_be_full(tmp_path: Path) -> None:
    assert not is_full(tmp_path / "file")
    assert not is_full(tmp_path / "none" / "file")
