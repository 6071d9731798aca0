"""Requests that no well-behaved client would send: bytes as they are, straight into the app."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message

HOST = (b"host", b"snowflake.example.com")
FORM = (b"content-type", b"application/x-www-form-urlencoded")

Pairs = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True)
class RawResponse:
    status: int
    headers: Headers
    body: bytes


async def send_raw(
    app: ASGIApp,
    path: str,
    query: bytes = b"",
    *,
    method: str = "GET",
    headers: Pairs = (),
    body: bytes = b"",
    scope: Mapping[str, object] | None = None,
) -> RawResponse:
    """Send one request by HTTPS to the host of the tests, which ``headers`` may name otherwise."""
    sent: list[Message] = []
    bodies = iter([body])

    async def receive() -> Message:
        chunk = next(bodies, None)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = list(headers)
    if not any(name == b"host" for name, _ in headers):
        headers.append(HOST)
    request = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.7", 50000),
        "server": ("127.0.0.1", 8000),
        **(scope or {}),
    }
    await app(request, receive, send)
    start = sent[0]
    return RawResponse(
        status=start["status"],
        headers=Headers(raw=start["headers"]),
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )
