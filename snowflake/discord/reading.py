"""Reading Discord's JSON without stumbling over what nobody needs.

An odd field, one of another type or shape than Discord documents, counts as unsaid: whoever has to
know it finds that Discord did not say it, and everybody else goes on. Only where the field tells
*which* thing it is, such as an ID or a token, nothing can be made of the thing. The log names each
odd field, and never says what stood there.

A good answer is read once; all this happens to odd ones alone.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from snowflake.discord.bounds import MAX_DIGITS, MAX_FAULTS

#: Times that an odd answer is read: its odd fields go, then items without an ID, then it is good.
TRIES: Final = 3

Value = TypeVar("Value")
Item = TypeVar("Item")

_log = structlog.get_logger(__name__)


class Reader(Generic[Value]):
    """Reads one kind of answer, which the log calls by a ``name``."""

    def __init__(self, name: str, adapter: TypeAdapter[Value]) -> None:
        self._name, self._adapter = name, adapter

    def read(self, content: bytes) -> Value:
        """Read an answer.

        Raises:
            ValueError: nothing can be made of it. The text repeats none of it.
        """
        answer, _ = self._read(content, may_lack_items=False)
        return answer

    def _read(self, content: bytes, *, may_lack_items: bool) -> tuple[Value, int]:
        try:
            return self._adapter.validate_json(content), 0
        except ValidationError:
            odd = _Odd(content, may_lack_items=may_lack_items)
        for _ in range(TRIES):
            try:
                answer = self._adapter.validate_json(odd.remaining())
            except ValidationError as error:
                odd.forgive(error)
            else:
                for field in sorted(odd.unsaid):
                    _log.warning("discord_field_unsaid", answer=self._name, field=field)
                return answer, odd.left_out
        raise ValueError("nothing is left of the answer")


class ListReader(Reader[list[Item]]):
    """Reads a list."""

    def read_known(self, content: bytes) -> tuple[list[Item], int]:
        """Answer the items of which it is said which they are, and how many there are besides.

        Raises:
            ValueError: nothing can be made of the list, or of any item.
        """
        items, left_out = self._read(content, may_lack_items=True)
        if left_out and not items:
            raise ValueError("nothing is left of the list")
        if left_out:
            _log.warning("discord_items_unknown", answer=self._name, number=left_out)
        return items, left_out


class _Odd:
    """An odd answer. What had to go of it are the fields ``unsaid`` and the items ``left_out``."""

    def __init__(self, content: bytes, *, may_lack_items: bool) -> None:
        """Take an answer apart. Raises ValueError: it is no JSON."""
        try:
            # It may be of any type that JSON has. This reader takes half of a character, too.
            self._document: Any = json.loads(content, parse_int=_number)
        except RecursionError:
            raise ValueError("nests too deeply") from None
        self._may_lack_items = may_lack_items
        self.unsaid: set[str] = set()
        self.left_out = 0

    def remaining(self) -> bytes:
        """Answer what is left, as JSON."""
        return json.dumps(self._document, ensure_ascii=False).encode("utf-8", "replace")

    def forgive(self, error: ValidationError) -> None:
        """Take out what is at fault. Raises ValueError: all of it is."""
        if error.error_count() > MAX_FAULTS:
            raise ValueError("has more faults than fields")
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        hopeless: set[int] = set()
        for item, field in {_place(fault["loc"]) for fault in faults}:
            thing = self._document if item is None else self._document[item]
            if isinstance(thing, dict) and field in thing:
                del thing[field]
                self.unsaid.add(str(field))
            elif item is not None and self._may_lack_items:
                hopeless.add(item)
            else:
                raise ValueError("does not say which thing it is")
        for item in sorted(hopeless, reverse=True):
            del self._document[item]
        self.left_out += len(hopeless)


def _place(location: Sequence[int | str]) -> tuple[int | None, str | None]:
    """Answer in which item of a list and in which field a fault is, however deep in there."""
    item = location[0] if location and isinstance(location[0], int) else None
    return item, next((part for part in location if isinstance(part, str)), None)


def _number(digits: str) -> float:
    # A longer one becomes one that is no integer, or infinite.
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)
