"""Discord's token endpoint (RFC 6749) and its revocation (RFC 7009)."""

from typing import Final

import httpx
from pydantic import SecretStr, TypeAdapter

from snowflake.discord.failures import read, token_error, unusable
from snowflake.discord.models import Tokens
from snowflake.discord.rate_limits import Place
from snowflake.discord.reading import Reader
from snowflake.discord.requests import Requests
from snowflake.errors import InvalidClient
from snowflake.outbound.answer import Answer

NOT_PUBLIC: Final = (
    "Discord wants the client secret; for a client without one, switch on Public Client in the "
    "OAuth2 settings of the Discord application"
)

_tokens = Reader("tokens", TypeAdapter(Tokens))


class OAuth:
    """What is asked in the name of a Discord application, with its client ID and secret."""

    def __init__(self, api_url: str, requests: Requests) -> None:
        self._requests = requests
        self._urls = {
            "token": httpx.URL(f"{api_url}/oauth2/token"),
            "revoke": httpx.URL(f"{api_url}/oauth2/token/revoke"),
        }

    async def exchange_code(
        self,
        *,
        client_id: str,
        client_secret: SecretStr | None,
        code: str,
        redirect_uri: str,
        code_verifier: str,
    ) -> Tokens:
        """Exchange an authorization code for Discord's tokens (RFC 6749, section 4.1.3).

        Without ``client_secret`` the Discord application must be a public client.

        Raises:
            InvalidClient: Discord does not know this client and secret. The code is not spent.
            InvalidGrant: the code is expired, used, or was for another redirect URI.
            CodeUnreadable: it is no code. Whether the secret is right is not known.
            TemporarilyUnavailable: Discord gave no usable answer.
        """
        return await self._tokens(
            client_id,
            client_secret,
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )

    async def refresh(
        self, *, client_id: str, client_secret: SecretStr | None, refresh_token: SecretStr
    ) -> Tokens:
        """Exchange a refresh token, which works once, for a new pair (RFC 6749, section 6).

        Raises:
            InvalidClient: Discord does not know this client and secret. The token is not spent.
            InvalidGrant: the token is used or revoked.
            TemporarilyUnavailable: Discord gave no usable answer. The token may be spent.
        """
        return await self._tokens(
            client_id,
            client_secret,
            grant_type="refresh_token",
            refresh_token=refresh_token.get_secret_value(),
        )

    async def revoke(
        self, *, client_id: str, client_secret: SecretStr | None, token: SecretStr
    ) -> None:
        """Revoke every token of the token's person for this application (RFC 7009).

        Raises:
            InvalidClient: Discord does not know this client and secret.
            TemporarilyUnavailable: Discord gave no usable answer.
        """
        form = {"token": token.get_secret_value()}
        response = await self._post("revoke", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            raise token_error(response)
        if response.status_code != httpx.codes.OK:
            raise unusable(response)

    async def _tokens(self, client_id: str, client_secret: SecretStr | None, **form: str) -> Tokens:
        response = await self._post("token", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            of_code = form["grant_type"] == "authorization_code"
            error = token_error(response, of_code=of_code)
            if isinstance(error, InvalidClient) and client_secret is None:
                raise InvalidClient(NOT_PUBLIC)
            raise error
        return read(response, _tokens)

    async def _post(
        self, route: str, client_id: str, client_secret: SecretStr | None, form: dict[str, str]
    ) -> Answer:
        form = {**form, "client_id": client_id}
        if client_secret is not None:
            form["client_secret"] = client_secret.get_secret_value()
        # Revoking twice is revoking; Discord names no limit here but by a 429 for this client.
        place, url = Place(route, client_id, ""), self._urls[route]
        revokes = route == "revoke"
        return await self._requests.post(
            place, url, form, may_repeat=revokes, wants_body=not revokes
        )
