"""Files in the data directory that are made once and then only read, and why they cannot be."""

import codecs
import errno
import os
import secrets
import shutil
import stat
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
    if not exists(path):
        make_directory(path.parent)
        try:
            _make_once(path, make())
        except OSError as error:
            raise _fault("make", path, error) from error
    return read(path)


def exists(path: Path) -> bool:
    """Whether a file is there.

    Raises:
        StartFault: nobody may look.
    """
    try:
        # Since Python 3.14 ``Path.exists`` says no where nobody may look, and then what is there
        # would be passed over.
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError as error:
        raise _fault("look for", path, error) from error
    return True


def read(path: Path) -> str:
    """Answer what a file holds.

    Raises:
        StartFault: it cannot be read, or is damaged.
    """
    try:
        return text_of(path.read_bytes())
    except OSError as error:
        raise _fault("read", path, error) from error
    except ValueError as error:
        raise StartFault([f"{path}: is damaged: it {error}"]) from error


def text_of(content: bytes) -> str:
    """Answer the text of a file, without the byte order mark with which some editors begin.

    Raises:
        ValueError: it is no text; the message says what it is.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ValueError("is UTF-16 text, as PowerShell writes it; save it as UTF-8") from None
        raise ValueError("is not UTF-8 text") from None


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
        if path.is_dir():
            # Docker makes one of a file to be mounted that does not exist.
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise _fault("write", path, error) from error


def is_writable(directory: Path) -> bool:
    """Whether files can be made in the directory, or in the one in which it would be made."""
    # Nor can files be made where nobody may look.
    while not os.access(directory, os.F_OK) and directory != directory.parent:
        directory = directory.parent
    return os.access(directory, os.W_OK | os.X_OK)


def is_full(path: Path) -> bool:
    """Whether nothing more fits on the disk on which a file is."""
    try:
        return shutil.disk_usage(path.parent).free == 0
    except OSError:
        return False


def reason_of(error: OSError | ValueError, path: Path) -> str:
    """Answer why a path cannot be used; where somebody may not, also whose it is."""
    if not isinstance(error, OSError) or error.strerror is None:
        return "that is no path"
    reason = error.strerror.lower()
    return f"{reason}. {whose(path)}" if error.errno in {errno.EACCES, errno.EPERM} else reason


def whose(path: Path) -> str:
    """Answer as whom Snowflake runs, and whose the path is, or the directory that is in its way."""
    if not hasattr(os, "geteuid"):  # pragma: no cover - Windows
        return "this user may not do that"
    obstacle = next(place for place in (path, *path.absolute().parents) if _is_obstacle(place))
    found, user = obstacle.stat(), os.geteuid()
    told = (
        f"Snowflake runs as user {user}, and {obstacle} belongs to user {found.st_uid} "
        f"(mode {stat.S_IMODE(found.st_mode):04o})"
    )
    return told if found.st_uid == user else f"{told}: chown -R {user} {obstacle}"


def _is_obstacle(path: Path) -> bool:
    """Whether a path is there, and not to be written to; the root is the last one."""
    if path == path.parent:
        return True
    # No directory but the last one can be looked into by somebody who may not.
    return os.access(path, os.F_OK) and not os.access(path, os.W_OK)


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
    return StartFault([f"SNOWFLAKE_DATA_DIR: cannot {verb} {path}: {reason_of(error, path)}"])
