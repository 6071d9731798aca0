"""Who the application is."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote_plus

import structlog
from pydantic import SecretStr
from starlette.requests import Request

from snowflake.errors import (
    InvalidClient,
    InvalidRequest,
    TemporarilyUnavailable,
    UnauthorizedClient,
)
from snowflake.protocol.parameters import Parameters
from snowflake.registry import Client
from snowflake.standing import REFUSED_FOR
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.tables.clients import ClientTable

#: Characters of a client ID or secret. Discord's have 20 and 32.
MAX_LENGTH = 256
_VISIBLE = re.compile(r"[!-~]+")
# Only what RFC 6749, section 2.3.1, prescribes; a raw secret may hold a percent sign by chance.
_FORM_ENCODED = re.compile(r"([A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})*")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client as it presents itself, and may ask Discord.

    ``secret`` is None for a public client, and where a person comes back from Discord for a
    registered one, which has no part in that. ``caller`` is the address from which somebody asks,
    empty if there is none.
    """

    client: Client
    secret: SecretStr | None
    caller: str

    @property
    def client_id(self) -> str:
        """The client's ID."""
        return self.client.id

    @property
    def application_secret(self) -> SecretStr | None:
        """What Discord is shown: our own application's secret, or the one that was presented."""
        return self.client.application_secret if self.client.registered else self.secret


@contextmanager
def faults_of_ours(client: Client) -> Iterator[None]:
    """Tell Discord's refusal of our own application, which no registered client can mend, as such.

    Raises:
        TemporarilyUnavailable: Discord does not know our own application and its secret.
    """
    try:
        yield
    except InvalidClient as error:
        if client.registered is None:
            raise
        _log.error("own_application_refused", application=client.application)
        raise TemporarilyUnavailable(
            "Discord does not accept the client ID and secret of this Snowflake", REFUSED_FOR
        ) from error


def requested_client(params: Parameters, state: State) -> Client:
    """Find the client of an authorization request.

    Raises:
        InvalidRequest: ``client_id`` is missing or none that Discord would give.
        UnauthorizedClient: this client is not on the list of those allowed.
    """
    client_id = params.require("client_id", MAX_LENGTH)
    if not _VISIBLE.fullmatch(client_id):
        raise InvalidRequest("client_id holds characters that no client ID has")
    return find_client(client_id, state)


async def authenticated(request: Request, params: Parameters, state: State) -> Credentials:
    """Read a client's credentials: HTTP Basic, the form, or a public client's ID alone.

    A registered client is authenticated here. Whether the secret of a Discord application is right
    is for Discord to say when the grant is redeemed.

    Raises:
        InvalidClient: there are none, or they cannot be read, or a registered client's are wrong.
        InvalidRequest: two that differ were sent at once.
        TooManyRequests: too many wrong secrets of a registered client were tried.
        UnauthorizedClient: this client is not on the list of those allowed.
    """
    client_id, secret = presented_credentials(request, params)
    credentials = Credentials(find_client(client_id, state), secret, caller_of(request))
    registered = credentials.client.registered
    if registered is not None and not await _is_right(credentials, _expected(registered), state):
        raise InvalidClient(_reason(registered, secret))
    return credentials


def presented_credentials(request: Request, params: Parameters) -> tuple[str, SecretStr | None]:
    """Read a client's ID and secret, with nothing said of whether they are right.

    Raises:
        InvalidClient: there are none, or they cannot be read.
        InvalidRequest: two that differ were sent at once (RFC 6749, section 2.3).
    """
    in_form = params.at_most("client_id", MAX_LENGTH)
    secret_in_form = params.at_most("client_secret", MAX_LENGTH)
    header = request.headers.get("authorization")
    secret: str | None
    if header is not None:
        client_id, secret = _basic(header)
        if in_form not in {None, client_id} or secret_in_form is not None:
            raise InvalidRequest("the client authenticated in two ways at once")
    elif in_form is not None:
        client_id, secret = in_form, secret_in_form
    else:
        raise InvalidClient("the client did not say who it is")
    if not _VISIBLE.fullmatch(client_id):
        raise InvalidClient("client_id holds characters that no client ID has")
    return client_id, SecretStr(secret) if secret else None


async def is_known_good(credentials: Credentials, secret_hash: str | None, state: State) -> bool:
    """Whether these are the credentials with which a grant was made, without asking Discord.

    ``secret_hash`` is the grant's; it is None for a public client, which has no secret. That of a
    registered client has been authenticated before it comes to its grants.

    Raises:
        TooManyRequests: nobody knows the secret, and too many wrong ones were tried.
    """
    if credentials.client.registered is not None:
        return True
    return await _is_right(credentials, secret_hash, state)


def _reason(registered: ClientTable, secret: SecretStr | None) -> str:
    if registered.public:
        return "this is a public client, which has no secret; send none"
    return "the client secret is wrong" if secret is not None else "the client secret is missing"


def _expected(registered: ClientTable) -> str | None:
    return registered.secret.get_secret_value() if registered.secret is not None else None


def is_of(client: Client, grant: Grant) -> bool:
    """Whether a grant was made for just this client.

    One of the same ID may have been registered, or taken out of the file, since then.
    """
    return (grant.client_id, grant.application) == (client.id, client.application)


async def _is_right(credentials: Credentials, secret_hash: str | None, state: State) -> bool:
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


def caller_of(request: Request) -> str:
    """Answer the address from which a request comes, empty if there is none."""
    return request.client.host if request.client is not None else ""


def find_client(client_id: str, state: State) -> Client:
    """Find a client: registered, or of ``SNOWFLAKE_ALLOWED_CLIENTS``. Now the log names it.

    Raises:
        UnauthorizedClient: this client is neither.
    """
    client = state.registry.find(client_id)
    # People swap ID and secret; only what cannot be a secret or an address is logged.
    is_registered = client is not None and client.registered is not None
    loggable = is_registered or (client_id.isascii() and client_id.isdigit())
    structlog.contextvars.bind_contextvars(client_id=client_id if loggable else "unusual")
    if client is None:
        raise UnauthorizedClient("this client may not use this Snowflake")
    return client


def _basic(header: str) -> tuple[str, str]:
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
    return _decode(client_id), _decode(secret)


def _decode(value: str) -> str:
    return unquote_plus(value) if _FORM_ENCODED.fullmatch(value) else value
