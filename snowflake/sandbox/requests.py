"""What a simulation was asked."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

FORM: Final = "application/x-www-form-urlencoded"
MAX_BODY = 1_000_000


@dataclass
class RecordedRequest:
    """One request: parsed once, used by the endpoints, kept for the tests.

    ``form`` is None unless the body is a form. Of a parameter given twice, the last value counts.
    ``status`` is what was answered, None as long as nothing was.
    """

    method: str
    path: str
    headers: Headers
    query: Mapping[str, str]
    form: Mapping[str, str] | None
    body: bytes
    status: int | None = None

    @property
    def authorization(self) -> tuple[str, str]:
        """The scheme, in lower case, and the credentials of the header; empty without it."""
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        return scheme.lower(), credentials.strip()

    @property
    def basic(self) -> tuple[str, str] | None:
        """ID and secret of HTTP Basic (RFC 7617), empty if nobody can read them; None without."""
        scheme, credentials = self.authorization
        if scheme != "basic":
            return None
        try:
            client_id, _, secret = base64.b64decode(credentials).decode().partition(":")
        except ValueError:
            return "", ""
        return client_id, secret


async def read(scope: Scope, receive: Receive) -> RecordedRequest:
    """Read a request to its end. A body beyond :data:`MAX_BODY` bytes is cut there.

    Raises ClientDisconnect if the client leaves meanwhile.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")[: MAX_BODY - len(body)]
        more = message.get("more_body", False)
    headers = Headers(scope=scope)
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return RecordedRequest(
        method=scope["method"],
        path=scope["path"],
        headers=headers,
        query=_pairs(scope["query_string"]),
        form=_pairs(bytes(body)) if media_type == FORM else None,
        body=bytes(body),
    )


def recorded(request: Request) -> RecordedRequest:
    """Return the record of a request, which has its parameters."""
    record: RecordedRequest = request.scope["sandbox.record"]
    return record


def _pairs(encoded: bytes) -> dict[str, str]:
    text = encoded.decode("ascii", errors="replace")
    return dict(parse_qsl(text, keep_blank_values=True))
