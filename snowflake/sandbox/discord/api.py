"""The API routes of a person: who they are, where, as what, and what they allowed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from snowflake.sandbox.discord.answers import (
    MISSING_SCOPE,
    NOT_YOUR_APPLICATION,
    UNKNOWN_GUILD,
    Refused,
)
from snowflake.sandbox.discord.calls import answer
from snowflake.sandbox.discord.grants import Token
from snowflake.sandbox.discord.listing import page
from snowflake.sandbox.discord.people import Person
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.requests import recorded


@dataclass(frozen=True)
class Known:
    """An application that asks for a person who let it."""

    token: Token
    person: Person

    @property
    def id(self) -> str:
        """Whose limits count."""
        return self.person.id


class Api:
    """The endpoints that take an access token."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def me(self, request: Request) -> Response:
        """``GET /users/@me``."""
        return self._answer(
            request, "me", "identify", lambda known: known.person.to_json(known.token.scopes)
        )

    async def guilds(self, request: Request) -> Response:
        """``GET /users/@me/guilds``."""

        def guilds(known: Known) -> list[dict[str, object]]:
            found = self._state.existing(known.person.guilds)
            return [guild.to_json(known.id) for guild in page(found, recorded(request).query)]

        return self._answer(request, "guilds", "guilds", guilds)

    async def member(self, request: Request) -> Response:
        """``GET /users/@me/guilds/{guild}/member``."""
        guild = request.path_params["guild"]

        def member(known: Known) -> dict[str, object]:
            membership = known.person.membership(guild) if guild in self._state.guilds else None
            if membership is None:
                raise Refused(404, UNKNOWN_GUILD, "Unknown Guild")
            return membership.to_json(known.person)

        return self._answer(request, "member", "guilds.members.read", member)

    async def role_connection(self, request: Request) -> Response:
        """``GET``, ``PUT`` and ``DELETE /users/@me/applications/{application}/role-connection``."""
        connections, application = self._state.role_connections, request.path_params["application"]

        def connection(known: Known) -> dict[str, object] | None:
            if application != known.token.application:
                raise Refused(403, NOT_YOUR_APPLICATION, "That is another application")
            match request.method:
                case "DELETE":
                    connections.remove(application, known.id)
                    return None
                case "PUT":
                    body = recorded(request).body
                    return connections.put(application, known.id, body).to_json()
                case _:
                    return connections.find(application, known.id).to_json()

        return self._answer(request, "role_connection", "role_connections.write", connection)

    async def authorization(self, request: Request) -> Response:
        """``GET /oauth2/@me``."""
        return self._answer(request, "authorization", None, self._authorization)

    def _answer(
        self,
        request: Request,
        route: str,
        scope: str | None,
        body: Callable[[Known], object],
    ) -> Response:
        def allowed(known: Known) -> object:
            if scope is not None and scope not in known.token.scopes:
                raise Refused(403, MISSING_SCOPE, "Missing required OAuth2 scope")
            return body(known)

        return answer(self._state, request, route, self._known(request), allowed)

    def _known(self, request: Request) -> Known | None:
        scheme, access_token = recorded(request).authorization
        if scheme != "bearer":
            return None
        token = self._state.grants.find(access_token)
        if token is None or token.application not in self._state.applications:
            return None
        # An account that is gone takes its tokens with it.
        person = self._state.people.get(token.person)
        return Known(token, person) if person else None

    def _authorization(self, known: Known) -> dict[str, object]:
        body: dict[str, object] = {
            "application": self._state.applications[known.token.application].to_json(),
            "scopes": sorted(known.token.scopes),
            "expires": datetime.fromtimestamp(known.token.expires_at, UTC).isoformat(),
        }
        if "identify" in known.token.scopes:
            body["user"] = known.person.to_public_json()
        return body
