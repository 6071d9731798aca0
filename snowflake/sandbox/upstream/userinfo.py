"""The UserInfo endpoint (OpenID Connect Core 1.0, section 5.3)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.requests import recorded
from snowflake.sandbox.upstream.state import State


class UserInfo:
    """What the provider says of a person to who has their access token."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def userinfo(self, request: Request) -> Response:
        """``GET``: the claims of the scopes that were granted."""
        scheme, access_token = recorded(request).authorization
        grant = self._state.grants.find(access_token) if scheme == "bearer" else None
        person = self._state.active(grant.person) if grant else None
        if grant is None or person is None:
            return JSONResponse(
                {"error": "invalid_token"},
                401,
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return JSONResponse(person.told(grant.scopes))
