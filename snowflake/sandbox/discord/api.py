"""The API routes of a person: who they are, where, as what, and what they allowed."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.discord.answers import (
    MISSING_SCOPE,
    UNAUTHORIZED,
    UNKNOWN_GUILD,
    api_error,
    rate_limited,
)
from snowflake.sandbox.discord.cast import Person
from snowflake.sandbox.discord.grants import Token
from snowflake.sandbox.discord.state import State, recorded


class Api:
    """The endpoints that take an access token."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def me(self, request: Request) -> Response:
        """``GET /users/@me``."""
        return self._answer(request, "me", "identify", self._me)

    async def guilds(self, request: Request) -> Response:
        """``GET /users/@me/guilds``."""
        return self._answer(request, "guilds", "guilds", self._guilds)

    async def member(self, request: Request) -> Response:
        """``GET /users/@me/guilds/{guild}/member``."""
        guild = request.path_params["guild"]

        def member(_: Token, person: Person) -> dict[str, object] | None:
            membership = person.membership(guild) if guild in self._state.guilds else None
            return membership.to_json(person) if membership else None

        return self._answer(request, "member", "guilds.members.read", member)

    async def authorization(self, request: Request) -> Response:
        """``GET /oauth2/@me``."""
        return self._answer(request, "authorization", None, self._authorization)

    def _answer(
        self,
        request: Request,
        route: str,
        scope: str | None,
        body: Callable[[Token, Person], object],
    ) -> Response:
        # 1. Who asks? An account that is gone takes its tokens with it.
        token = self._token(request)
        person = self._state.people.get(token.person) if token else None
        # 2. May they ask now?
        guild = request.path_params.get("guild")
        drawn = self._state.draw(route, person.id if person else None, guild)
        if drawn.retry_after is not None:
            return rate_limited(drawn.retry_after, "user", drawn.headers)
        if token is None or person is None:
            return api_error(401, UNAUTHORIZED, "401: Unauthorized", drawn.headers)
        # 3. May they ask this?
        if scope is not None and scope not in token.scopes:
            message = "Missing required OAuth2 scope"
            return api_error(403, MISSING_SCOPE, message, drawn.headers)
        # 4. Answer. Only a guild can be unknown to somebody who is known.
        answer = body(token, person)
        if answer is None:
            return api_error(404, UNKNOWN_GUILD, "Unknown Guild", drawn.headers)
        return JSONResponse(answer, headers=drawn.headers)

    def _token(self, request: Request) -> Token | None:
        authorization = recorded(request).headers.get("authorization", "")
        scheme, _, access_token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = self._state.grants.find(access_token.strip())
        return token if token and token.application in self._state.applications else None

    def _me(self, token: Token, person: Person) -> dict[str, object]:
        return person.to_json(token.scopes)

    def _guilds(self, _: Token, person: Person) -> list[dict[str, object]]:
        found = (self._state.guilds.get(guild) for guild in person.guilds)
        return [guild.to_json(person.id) for guild in found if guild is not None]

    def _authorization(self, token: Token, person: Person) -> dict[str, object]:
        body: dict[str, object] = {
            "application": self._state.applications[token.application].to_json(),
            "scopes": sorted(token.scopes),
            "expires": datetime.fromtimestamp(token.expires_at, UTC).isoformat(),
        }
        if "identify" in token.scopes:
            body["user"] = person.to_public_json()
        return body
