"""Who the application is."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

import structlog
from pydantic import SecretStr
from starlette.requests import Request

from snowflake.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from snowflake.oidc.parameters import Parameters
from snowflake.settings import Settings
from snowflake.state import State

#: Characters of a client ID or secret. Discord's have 20 and 32.
MAX_LENGTH = 256
_VISIBLE = re.compile(r"[!-~]+")
# Only what RFC 6749, section 2.3.1, prescribes; a raw secret may hold a percent sign by chance.
_FORM_ENCODED = re.compile(r"([A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client as it presents itself. ``secret`` is None for a public client.

    ``caller`` is the address from which it asks, empty if there is none.
    """

    client_id: str
    secret: SecretStr | None
    caller: str


def requested_client(params: Parameters, settings: Settings) -> str:
    """Find the client of an authorization request and answer its ID.

    Raises:
        InvalidRequest: ``client_id`` is missing or none that Discord would give.
        UnauthorizedClient: this client is not on the list of those allowed.
    """
    client_id = params.require("client_id", MAX_LENGTH)
    if not _VISIBLE.fullmatch(client_id):
        raise InvalidRequest("client_id holds characters that no client ID has")
    check_allowed(client_id, settings)
    return client_id


def presented_credentials(request: Request, params: Parameters, settings: Settings) -> Credentials:
    """Read a client's credentials: HTTP Basic, the form, or a public client's ID alone.

    Whether the secret is right is for Discord to say when the grant is redeemed.

    Raises:
        InvalidClient: there are none, or they cannot be read.
        InvalidRequest: two that differ were sent at once (RFC 6749, section 2.3).
        UnauthorizedClient: this client is not on the list of those allowed.
    """
    in_form = params.at_most("client_id", MAX_LENGTH)
    secret_in_form = params.at_most("client_secret", MAX_LENGTH)
    header = request.headers.get("authorization")
    caller = request.client.host if request.client is not None else ""
    if header is not None:
        credentials = _basic(header, caller)
        if in_form not in {None, credentials.client_id} or secret_in_form is not None:
            raise InvalidRequest("the client authenticated in two ways at once")
    elif in_form is not None:
        secret = SecretStr(secret_in_form) if secret_in_form is not None else None
        credentials = Credentials(in_form, secret, caller)
    else:
        raise InvalidClient("the client did not say who it is")
    if not _VISIBLE.fullmatch(credentials.client_id):
        raise InvalidClient("client_id holds characters that no client ID has")
    check_allowed(credentials.client_id, settings)
    return credentials


async def is_known_good(credentials: Credentials, secret_hash: str | None, state: State) -> bool:
    """Whether these are the credentials with which a grant was made, without asking Discord.

    ``secret_hash`` is the grant's; it is None for a public client, which has no secret.

    Raises:
        TooManyRequests: nobody knows the secret, and too many wrong ones were tried.
    """
    client_id, secret = credentials.client_id, credentials.secret
    if secret is None or secret_hash is None:
        return secret is None and secret_hash is None
    if await state.standing.is_good(client_id, secret):
        return await state.secret_hashes.match(client_id, secret, secret_hash)
    matches = await _guess(client_id, secret, secret_hash, state)
    if matches:
        await state.standing.vouch(client_id, secret)
    return matches


async def _guess(client_id: str, secret: SecretStr, secret_hash: str, state: State) -> bool:
    hashes, guesses = state.secret_hashes, state.guesses
    async with guesses.turn:
        # A stale secret that comes again and again costs nothing, and says nothing new.
        remembered = hashes.remembered(client_id, secret, secret_hash)
        if remembered is not None:
            return remembered
        # It is counted before, so that it stays counted where the request is cut off.
        guess = guesses.begin(client_id)
        matches = await hashes.match(client_id, secret, secret_hash)
        if matches:
            guesses.was_right(guess)
        return matches


def check_allowed(client_id: str, settings: Settings) -> None:
    """Let only clients of ``SNOWFLAKE_ALLOWED_CLIENTS`` go on; from here on the log names them.

    Raises:
        UnauthorizedClient: this client is not on the list.
    """
    # People swap ID and secret; only what cannot be a secret or an address is logged.
    loggable = client_id.isascii() and client_id.isdigit()
    structlog.contextvars.bind_contextvars(client_id=client_id if loggable else "unusual")
    if not settings.allows_client(client_id):
        raise UnauthorizedClient("this client may not use this Snowflake")


def _basic(header: str, caller: str) -> Credentials:
    """Read a Basic header (RFC 7617), raw or form-encoded (RFC 6749, section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("the client must authenticate with HTTP Basic or in the form")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("the Basic header cannot be read") from error
    client_id, colon, secret = decoded.partition(":")
    if not client_id or not colon or max(len(client_id), len(secret)) > 3 * MAX_LENGTH:
        raise InvalidClient("the Basic header cannot be read")
    return Credentials(_decode(client_id), SecretStr(_decode(secret)) if secret else None, caller)


def _decode(value: str) -> str:
    return unquote_plus(value) if _FORM_ENCODED.fullmatch(value) else value
