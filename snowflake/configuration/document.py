"""A TOML file, and the line on which each of its keys stands."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from snowflake.configuration.syntax import hint_for_syntax
from snowflake.crypto.files import reason_of, text_of
from snowflake.errors import StartFault

#: Characters of a name that a fault repeats.
MAX_NAME = 64
#: Where a value stands: a key for each table on the way, a number for each list.
Keys = tuple[str | int, ...]

_PLACE = re.compile(r" \(at (?:line (?P<line>[0-9]+), column [0-9]+|end of document)\)$")
#: What ends a value of several lines: without one of them, a line can't be the last one of it.
_CLOSING = ("]", "}", '"""', "'''")


@dataclass(frozen=True)
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
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            raise StartFault([f"{path}: cannot be read: {reason_of(error, path)}"]) from None
        try:
            text = text_of(content)
        except ValueError as error:
            raise StartFault([f"{path}: {error}"]) from None
        # Line ends are those of any system.
        text = text.replace("\r\n", "\n").replace("\r", "\n")
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
            # A key may be any text, but a fault is one line, to be read.
            short = name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}..."
            yield short if short.isprintable() else ascii(short)

    def _line(self, keys: Keys) -> int | None:
        """Answer on which line a value begins; for a missing one, the table in which it is not."""
        while keys and keys not in self._lines:
            keys = keys[:-1]
        return self._lines[keys] if keys else None

    @cached_property
    def _lines(self) -> Mapping[Keys, int]:
        """The line on which each value begins.

        Each statement is TOML by itself, and says nothing but what stands below the table that was
        opened last.
        """
        lines, found, last = self.text.split("\n"), dict[Keys, int](), dict[Keys, int]()
        start, table = 0, Keys()
        for end in _statements(lines):
            statement = tomllib.loads("\n".join(lines[start:end]))
            if lines[start].lstrip().startswith("["):
                opened = list(_opened(statement, last))
                table = opened[-1]
            else:
                opened = list(_below(table, statement))
            for keys in opened:
                found.setdefault(keys, start + 1)
            start = end
        return found


# A value is of any type that TOML has.
def _opened(header: Any, last: dict[Keys, int]) -> Iterator[Keys]:
    """Answer the tables on the way to the one that a header opens, and that one.

    ``last`` is the number of the last table of each list of tables, where those that follow go in.
    """
    keys: Keys = ()
    while header:
        if isinstance(header, list):
            last[keys] = last.get(keys, -1) + 1
            [header] = header
        else:
            [(key, header)] = header.items()
            keys = (*keys, key)
            yield keys
        if keys in last and not isinstance(header, list):
            keys = (*keys, last[keys])
            yield keys


# A value is of any type that TOML has.
def _below(keys: Keys, value: Any) -> Iterator[Keys]:
    """Answer where everything stands that is in a value, which itself stands at ``keys``."""
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*keys, key)
        yield from _below((*keys, key), inner)


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
    found, lines = _PLACE.search(message), text.split("\n")
    # Without a line it is the end, where something is still open.
    number = int((found and found["line"]) or len(lines))
    reason = _PLACE.sub("", message)
    told = f"{path}:{number}: is no TOML: {reason[:1].lower()}{reason[1:]}"
    return told + hint_for_syntax(lines, number, reason)
