"""How a request came: by a reverse proxy that is trusted to say so, or not."""

import re
from typing import Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from snowflake.configuration.reverse_proxy import TRUSTED

FORWARDED_PROTO: Final = b"x-forwarded-proto"
#: How an IPv4 address looks on a socket for both kinds (RFC 4291, section 2.5.5.2).
_MAPPED = re.compile(r"::ffff:(?P<address>[0-9.]+)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z]{1,10}")


class ReverseProxy:
    """Lets trusted proxies say by which scheme and from where a request came.

    Uvicorn does that, if a proxy sends one word in lower case. Where one proxy stands before
    another, both may have written into the header: the first one's word counts, for it is the one
    that people reach.

    The scope gets ``peer``: whoever has connected to us, and whether it is trusted.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        self.app = app
        # Uvicorn's types of the same protocol are others than Starlette's.
        self._inner = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            host, port = scope.get("client") or ("", 0)
            if mapped := _MAPPED.fullmatch(host):
                host = mapped["address"]
                scope["client"] = host, port
            scope["peer"] = host, host in self._inner.trusted_hosts
            _keep_first_scheme(scope)
        await self._inner(scope, receive, send)  # type: ignore[arg-type]


def seen(scope: Scope) -> str:
    """Answer why a request does not count as HTTPS, for whoever sets up the proxy."""
    host, trusted = cast(tuple[str, bool], scope.get("peer") or ("", False))
    peer = host or "whoever is at the socket"
    scheme = _forwarded_scheme(scope)
    if trusted and scheme is None:
        return f"{peer} is trusted as a reverse proxy, but has sent no X-Forwarded-Proto"
    if trusted:
        return f"{peer}, trusted as a reverse proxy, has sent X-Forwarded-Proto: {scheme}"
    sent = f"sent X-Forwarded-Proto: {scheme}" if scheme else "has sent no X-Forwarded-Proto"
    return f"{peer} is not among {TRUSTED}; it {sent}"


def _keep_first_scheme(scope: Scope) -> None:
    headers = scope["headers"]
    values = [value for name, value in headers if name == FORWARDED_PROTO]
    if not values:
        return
    first = values[0].partition(b",")[0].strip().lower()
    if values != [first]:
        others = [header for header in headers if header[0] != FORWARDED_PROTO]
        scope["headers"] = [*others, (FORWARDED_PROTO, first)]


def _forwarded_scheme(scope: Scope) -> str | None:
    values = [value for name, value in scope["headers"] if name == FORWARDED_PROTO]
    if not values:
        return None
    text = values[0].decode("latin-1")
    # Anybody can send anything, and it is shown.
    return text if _SCHEME.fullmatch(text) else "something else"
