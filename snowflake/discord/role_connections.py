"""What Discord is told of a person for linked roles, with the person's own token."""

from typing import Final

import httpx
import structlog
from pydantic import SecretStr, TypeAdapter

from snowflake.discord.failures import code_of, read, unusable
from snowflake.discord.models import RoleConnection
from snowflake.discord.rate_limits import Place
from snowflake.discord.reading import Reader
from snowflake.discord.requests import Requests
from snowflake.errors import InvalidGrant, InvalidRequest, InvalidScope
from snowflake.outbound.answer import Answer

#: The scope that a person has to allow.
ROLE_CONNECTIONS_WRITE: Final = "role_connections.write"
#: Discord's code for a token without the scope.
MISSING_SCOPE: Final = 50026

_connection = Reader("role connection", TypeAdapter(RoleConnection))

_log = structlog.get_logger(__name__)


class RoleConnections:
    """The role connections of people. ``person`` is their ID: Discord counts by it.

    Each raises:
        InvalidGrant: Discord no longer accepts the token.
        InvalidScope: the token is good, but not for role connections.
        TemporarilyUnavailable: Discord gave no usable answer.
    """

    def __init__(self, api_url: str, requests: Requests) -> None:
        self._api_url, self._requests = api_url, requests

    async def put(
        self, application: str, access_token: SecretStr, person: str, connection: RoleConnection
    ) -> None:
        """Tell Discord. Metadata that are left out stay as they were.

        Raises:
            InvalidRequest: Discord does not take these values. Its metadata may be others.
        """
        body = connection.model_dump(mode="json")
        response = await self._send("PUT", application, access_token, person, body)
        if response.status_code == httpx.codes.BAD_REQUEST:
            # The answer repeats what it was sent, so it stays out of the log.
            _log.error("discord_role_connection_refused", code=code_of(response))
            raise InvalidRequest("Discord does not take what it was told for linked roles")
        read(response, _connection)

    async def delete(self, application: str, access_token: SecretStr, person: str) -> None:
        """Let Discord forget what it was told, if anything."""
        response = await self._send("DELETE", application, access_token, person)
        if response.status_code not in {httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND}:
            raise unusable(response)

    async def _send(
        self,
        method: str,
        application: str,
        access_token: SecretStr,
        person: str,
        body: object = None,
    ) -> Answer:
        # Discord may count each method by itself.
        place = Place(f"{method.lower()}_role_connection", application, person)
        url = f"{self._api_url}/users/@me/applications/{application}/role-connection"
        authorization = f"Bearer {access_token.get_secret_value()}"
        response = await self._requests.send(place, method, url, authorization, body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise InvalidGrant("Discord no longer accepts the token of this person")
        if response.status_code == httpx.codes.FORBIDDEN and code_of(response) == MISSING_SCOPE:
            raise InvalidScope(f"the person has not allowed {ROLE_CONNECTIONS_WRITE}")
        return response
