"""A TOML file, and the line on which each of its keys stands."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowflake.errors import StartFault

#: Where a value stands: a key for each table on the way, a number for each list.
Keys = tuple[str | int, ...]

_PLACE = re.compile(r" \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)$")
#: What ends a value of several lines: without one of them, a line can't be the last one of it.
_CLOSING = ("]", "}", '"""', "'''")


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read. ``data`` is what tomllib makes of it: values of any type."""

    path: Path
    text: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Read a file.

        Raises:
            StartFault: it cannot be read, or is no TOML; with the line on which that shows.
        """
        try:
            # Some editors begin with a byte order mark. Line ends are those of any system.
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            raise StartFault([f"{path}: is not UTF-8 text"]) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "that is no path"
            raise StartFault([f"{path}: cannot be read: {reason}"]) from None
        try:
            return cls(path, text, tomllib.loads(text))
        # Not every number and depth of nesting is a TOMLDecodeError.
        except (ValueError, RecursionError) as error:
            raise StartFault([_syntax_fault(path, text, error)]) from None

    def fault(self, keys: Keys, reason: str) -> str:
        """Answer the line that tells what is wrong with a value, or with one that is missing."""
        line = self._line(keys)
        place = f"{self.path}:{line}" if line else str(self.path)
        return f"{place}: {'.'.join(self._names(keys))}: {reason}"

    def _names(self, keys: Keys) -> Iterator[str]:
        """Name a client by its ID, where it has one, and all else by its key."""
        for depth, key in enumerate(keys):
            table = _value(self.data, keys[: depth + 1])
            own = table.get("id") if isinstance(table, dict) and isinstance(key, int) else None
            name = own if own and isinstance(own, str) else str(key)
            # A key may be any text, but a fault is one line.
            yield name if name.isprintable() else ascii(name)

    def _line(self, keys: Keys) -> int | None:
        """Answer on which line a value begins; for a missing one, the table in which it is not.

        Whole statements at the start of a file are TOML too. The value stands in the last one of
        the fewest that hold it.
        """
        while keys and _value(self.data, keys) is None:
            keys = keys[:-1]
        if not keys:
            return None
        lines = self.text.split("\n")
        ends = list(_statements(lines))

        def holds(end: int) -> bool:
            return _value(tomllib.loads("\n".join(lines[:end])), keys) is not None

        first = bisect_left(ends, True, key=holds)
        return ends[first - 1] + 1 if first else 1


def _statements(lines: Sequence[str]) -> Iterator[int]:
    """Answer the number of the last line of each statement, blank line and comment."""
    start = 0
    for end in range(1, len(lines) + 1):
        may_end = end == start + 1 or any(closing in lines[end - 1] for closing in _CLOSING)
        if may_end and _is_toml("\n".join(lines[start:end])):
            yield end
            start = end


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True


# A value is of any type that TOML has.
def _value(data: Any, keys: Keys) -> Any:
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _syntax_fault(path: Path, text: str, error: Exception) -> str:
    if not isinstance(error, tomllib.TOMLDecodeError):
        return f"{path}: is no TOML that can be read: it holds too large a number, or is too nested"
    message = str(error)
    found = _PLACE.search(message)
    # Without a line it is the end, where something is still open.
    line = (found and found["line"]) or text.count("\n") + 1
    reason = _PLACE.sub("", message)
    return f"{path}:{line}: is no TOML: {reason[:1].lower()}{reason[1:]}"
