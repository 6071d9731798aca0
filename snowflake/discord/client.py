"""The calls that Snowflake makes to Discord, and what each failure means.

Every call ends within ``DEADLINE``. Whatever Discord sends, the outcome is an answer of
``models.py`` or one of three errors: the client is wrong, the grant is wrong, or Discord cannot be
asked right now.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, TypeVar

import httpx
import structlog
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from snowflake import __version__
from snowflake.discord.models import Guild, Tokens, User
from snowflake.errors import InvalidClient, InvalidGrant, TemporarilyUnavailable

#: Seconds that one call may take in all, however slowly Discord drips.
DEADLINE: Final = 10.0
#: Seconds for one step of a call, and for a free place in the pool.
TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)
#: Seconds to wait when Discord limits us without saying for how long.
DEFAULT_RETRY_AFTER: Final = 5
#: Nobody is told to come back later than this, in seconds, whatever Discord says.
MAX_RETRY_AFTER: Final = 3600

NOT_PUBLIC: Final = (
    "Discord wants the client secret; for a client without one, switch on Public Client in the "
    "OAuth2 settings of the Discord application"
)

Answer = TypeVar("Answer")

_log = structlog.get_logger(__name__)
_tokens = TypeAdapter(Tokens)
_user = TypeAdapter(User)
_guilds = TypeAdapter(list[Guild])


class _OAuthFailure(BaseModel):
    error: str = ""


class DiscordClient:
    """Discord's API at ``api_url``, over one pool of connections for the whole process."""

    def __init__(self, http: httpx.AsyncClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    @classmethod
    @asynccontextmanager
    async def open(cls, api_url: str, repository: str) -> AsyncIterator["DiscordClient"]:
        """Open the pool. ``repository`` goes into the User-Agent that Discord demands."""
        headers = {
            "User-Agent": f"DiscordBot ({repository}, {__version__})",
            "Accept": "application/json",
        }
        # Cookies that Discord sets for one person must not travel with the next one's requests.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        async with httpx.AsyncClient(
            headers=headers, cookies=no_cookies, timeout=TIMEOUT, limits=LIMITS
        ) as http:
            yield cls(http, api_url)

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
        response = await self._post("/oauth2/token/revoke", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            raise _token_error(response)
        if response.status_code != 200:  # noqa: PLR2004
            raise _unusable(response)

    async def user(self, access_token: SecretStr) -> User:
        """Ask who the person is (scope ``identify``, and ``email`` for the address).

        Raises:
            InvalidGrant: Discord no longer accepts the token.
            TemporarilyUnavailable: Discord gave no usable answer.
        """
        return _read(await self._get("/users/@me", access_token), _user)

    async def guilds(self, access_token: SecretStr) -> list[Guild]:
        """Ask which guilds the person is in (scope ``guilds``). Raises as ``user`` does."""
        return _read(await self._get("/users/@me/guilds", access_token), _guilds)

    async def _tokens(self, client_id: str, client_secret: SecretStr | None, **form: str) -> Tokens:
        response = await self._post("/oauth2/token", client_id, client_secret, form)
        if response.status_code in {400, 401}:
            error = _token_error(response)
            if isinstance(error, InvalidClient) and client_secret is None:
                raise InvalidClient(NOT_PUBLIC)
            raise error
        return _read(response, _tokens)

    async def _post(
        self, path: str, client_id: str, client_secret: SecretStr | None, form: dict[str, str]
    ) -> httpx.Response:
        form = {**form, "client_id": client_id}
        if client_secret is not None:
            form["client_secret"] = client_secret.get_secret_value()
        return await self._send(self._http.build_request("POST", self._api_url + path, data=form))

    async def _get(self, path: str, access_token: SecretStr) -> httpx.Response:
        authorization = f"Bearer {access_token.get_secret_value()}"
        request = self._http.build_request(
            "GET", self._api_url + path, headers={"Authorization": authorization}
        )
        response = await self._send(request)
        if response.status_code == 401:  # noqa: PLR2004
            raise InvalidGrant("Discord no longer accepts the token of this person")
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._http.send(request)
        # InvalidURL, because httpx reads the Location of a redirect that it does not follow.
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.warning("discord_unreachable", path=request.url.path, error=type(error).__name__)
            raise TemporarilyUnavailable("Discord did not answer; try again") from None


def _read(response: httpx.Response, answer: TypeAdapter[Answer]) -> Answer:
    if response.status_code == 200:  # noqa: PLR2004
        try:
            return answer.validate_json(response.content)
        except ValidationError:
            pass
    raise _unusable(response)


def _token_error(response: httpx.Response) -> Exception:
    """Turn the error that Discord's token endpoint names into ours (RFC 6749, section 5.2)."""
    try:
        error = _OAuthFailure.model_validate_json(response.content).error
    except ValidationError:
        return _unusable(response)
    if error == "invalid_client" or response.status_code == 401:  # noqa: PLR2004
        return InvalidClient("Discord does not accept this client ID and client secret")
    if error == "invalid_grant":
        return InvalidGrant("Discord does not accept the grant; it may be expired, used or revoked")
    return _unusable(response)


def _unusable(response: httpx.Response) -> TemporarilyUnavailable:
    """An outage, a limit, a ban, or an answer that makes no sense."""
    _log.warning(
        "discord_unusable_answer",
        path=response.request.url.path,
        status=response.status_code,
        content_type=response.headers.get("content-type"),
    )
    if response.status_code == 429:  # noqa: PLR2004
        return TemporarilyUnavailable("Discord is limiting requests; try again", _wait(response))
    return TemporarilyUnavailable("Discord gave no usable answer; try again")


def _wait(response: httpx.Response) -> int:
    """Whole seconds until Discord may be asked again (its ``Retry-After`` header)."""
    try:
        seconds = float(response.headers.get("retry-after", DEFAULT_RETRY_AFTER))
        return min(max(math.ceil(seconds), 1), MAX_RETRY_AFTER)
    except (ValueError, OverflowError):
        return DEFAULT_RETRY_AFTER
