"""Files in the data directory that are made once and then only read."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from snowflake.errors import StartFault


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Answer what the file holds; make it first, with mode 0600, if it is not there.

    Processes that start at once agree on one content: the file appears complete or not at all,
    and whoever comes second reads what the first one made.

    Raises:
        StartFault: the file cannot be read or made.
    """
    if not path.exists():
        make_directory(path.parent)
        try:
            _make_once(path, make())
        except OSError as error:
            raise _fault("make", path, error) from error
    return read(path)


def read(path: Path) -> str:
    """Answer what a file holds.

    Raises:
        StartFault: it cannot be read, or is damaged.
    """
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise StartFault([f"{path}: is damaged: it is not UTF-8 text"]) from error
    except OSError as error:
        raise _fault("read", path, error) from error


def make_directory(path: Path) -> None:
    """Make a directory, and those above it, unless it is there.

    Raises:
        StartFault: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _fault("make", path, error) from error


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, unless it is there.

    Raises:
        StartFault: it cannot be made.
    """
    try:
        path.touch(0o600)
    except OSError as error:
        raise _fault("make", path, error) from error


def is_writable(directory: Path) -> bool:
    """Whether files can be made in the directory, or in the one in which it would be made."""
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    return os.access(directory, os.W_OK | os.X_OK)


def _make_once(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _put_in_place(draft: Path, path: Path) -> None:
    try:
        # A link, unlike a rename, never replaces what another process has made meanwhile.
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        # Some network and memory card file systems have no links.
        draft.rename(path)


def _fault(verb: str, path: Path, error: OSError) -> StartFault:
    reason = (error.strerror or "it failed").lower()
    fault = f"SNOWFLAKE_DATA_DIR: cannot {verb} {path} ({reason}); may this user do that?"
    return StartFault([fault])
