"""HTTP/1.1 messages, read and written with as little work as possible.

A client and a server as people use them cost more than the Snowflake that is to be measured. What
is read here has a Content-Length if it has a body.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

_END_OF_HEAD = b"\r\n\r\n"


class Unexpected(Exception):
    """A message that no benchmark may count."""


class Message(NamedTuple):
    """A request or an answer. ``head`` is its first line and the fields, each with a line break."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The status of an answer, whose first line is as ``HTTP/1.1 200 OK``."""
        return int(self.head[9:12])

    def field(self, name: bytes) -> bytes:
        """Answer the first field of a name, given in lower case."""
        value = _field(self.head, name)
        if value is None:
            raise Unexpected(f"there is no {name.decode()}: {self.head.decode('latin-1')}")
        return value

    def fields(self, name: bytes) -> list[bytes]:
        """Answer all fields of a name, given in lower case."""
        pairs = (line.partition(b": ") for line in self.head.split(b"\r\n"))
        return [value for own, _, value in pairs if own.lower() == name]


def whole_message(received: bytes) -> Message | None:
    """Answer the one message that was received, or None as long as it is not whole."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return None
    head, body = received[: end + 2], received[end + len(_END_OF_HEAD) :]
    return Message(head, body) if len(body) >= int(_field(head, b"content-length") or 0) else None


def request(
    method: str, origin: str, target: bytes, fields: bytes = b"", body: bytes = b""
) -> bytes:
    """Write a request. ``fields`` are whole lines, each with its line break."""
    if body:
        fields += b"Content-Type: application/x-www-form-urlencoded\r\n"
        fields += b"Content-Length: %d\r\n" % len(body)
    host = urlsplit(origin).netloc
    return b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s" % (
        method.encode(),
        target,
        host.encode(),
        fields,
        body,
    )


def _field(head: bytes, name: bytes) -> bytes | None:
    start = head.lower().find(b"\r\n%s: " % name)
    if start < 0:
        return None
    start += len(name) + 4
    return head[start : head.index(b"\r\n", start)]
