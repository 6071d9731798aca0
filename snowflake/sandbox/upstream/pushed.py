"""Authorization requests that a client pushes by itself, where no browser changes them (RFC 9126).

The provider takes them while its state says so. A request is good once, for a minute.
"""

import secrets
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.refusals import oauth_error
from snowflake.sandbox.requests import recorded
from snowflake.sandbox.upstream.clients import authenticated
from snowflake.sandbox.upstream.state import State

LIFETIME: Final = 60
"""Seconds for which a request may be taken up."""
_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
_SECRET: Final = frozenset({"client_secret"})


class Pushed:
    """The endpoint, and what was pushed there."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._requests: dict[str, tuple[Mapping[str, str], float]] = {}

    async def push(self, request: Request) -> Response:
        """``POST``: keep a request of a client that shows who it is (section 2)."""
        if not self._state.takes_pushed:
            raise HTTPException(404)
        record = recorded(request)
        client = authenticated(record, self._state.clients)
        if client is None:
            return oauth_error(401, "invalid_client", "Client authentication failed.")
        form = record.form or {}
        if "request_uri" in form:
            return oauth_error(400, "invalid_request", "A pushed request names no other.")
        if form.get("redirect_uri") not in client.redirect_uris:
            return oauth_error(400, "invalid_request", "The redirect_uri is not registered.")
        uri = _PREFIX + secrets.token_urlsafe(16)
        known = {name: value for name, value in form.items() if name not in _SECRET}
        known["client_id"] = client.id
        self._requests[uri] = known, self._state.clock() + LIFETIME
        return JSONResponse({"request_uri": uri, "expires_in": LIFETIME}, 201)

    def meant(self, query: Mapping[str, str]) -> Mapping[str, str]:
        """Return what a query asks for: all that was pushed, or, if it names nothing, itself.

        Whatever else the browser brings beside a ``request_uri`` counts for nothing (section 4).
        """
        uri = query.get("request_uri")
        if uri is None:
            return query
        pushed, until = self._requests.get(uri, ({}, 0.0))
        is_own = pushed.get("client_id") == query.get("client_id")
        return pushed if is_own and self._state.clock() < until else {}

    def spend(self, query: Mapping[str, str]) -> None:
        """Let the request that a query names be good no more."""
        self._requests.pop(query.get("request_uri", ""), None)
