"""Whether a client is who it says it is.

Of a registered client Snowflake knows that itself, or is told by somebody whom the client trusts
(``federation``). The secret of a Discord application Discord checks, whenever it gives tokens for
it; without asking Discord, it is held against the hash of the one that Discord accepted when a
grant was made.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from pydantic import SecretStr
from starlette.requests import Request

from snowflake.errors import (
    InvalidClient,
    InvalidRequest,
    TemporarilyUnavailable,
    UnauthorizedClient,
)
from snowflake.oidc.client_assertion import METHODS, check_assertion
from snowflake.oidc.clients import find_client
from snowflake.oidc.credentials import (
    SECRET_TOO_LONG,
    Credentials,
    PresentedCredentials,
    presented_credentials,
)
from snowflake.oidc.federation import federated
from snowflake.protocol.bounds import MAX_CLIENT_SECRET
from snowflake.protocol.caller import caller_of
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.settings.tables.clients import ClientTable
from snowflake.state import State
from snowflake.state.client_reputation import REFUSED_FOR
from snowflake.state.quota import GUESSES

_log = structlog.get_logger(__name__)


async def authenticated(request: Request, params: Parameters, state: State) -> Credentials:
    """Read a client's credentials: HTTP Basic, the form, a JWT, or a public client's ID alone.

    A registered client is authenticated here. Whether the secret of a Discord application is right
    is for Discord to say when the grant is redeemed.

    Raises:
        InvalidClient: there are none, or they cannot be read, or nobody here knows the client, or a
            registered client's are wrong (RFC 6749, section 5.2).
        InvalidRequest: two that differ were sent at once, or a secret is too long.
        TemporarilyUnavailable: the keys by which a JWT is verified cannot be fetched.
        TooManyRequests: too many wrong secrets of a registered client were tried.
    """
    presented = presented_credentials(request, params)
    try:
        client = find_client(presented.client_id, state.registry)
    except UnauthorizedClient as error:
        raise InvalidClient(error.description) from error
    caller, base = caller_of(request), issuer_of(request)
    if client.trusts_others and presented.token is not None:
        claims = await federated(presented.token, client, base, state)
        if claims is not None:
            return Credentials(client, None, caller, proven=True, asserted=claims)
    if presented.assertion is not None:
        await check_assertion(presented.assertion, client, base, state)
        return Credentials(client, None, caller, proven=True)
    return await _by_secret(presented, client, caller, state)


async def _by_secret(
    presented: PresentedCredentials, client: Client, caller: str, state: State
) -> Credentials:
    secret, registered = presented.secret, client.registered
    if secret is not None and len(secret.get_secret_value()) > MAX_CLIENT_SECRET:
        raise InvalidRequest(SECRET_TOO_LONG)
    if registered is not None and registered.method is None:
        raise InvalidClient("this client has no secret; send a JWT of an issuer that it trusts")
    if registered is not None and registered.method in METHODS:
        raise InvalidClient(f"this client authenticates by {registered.method}")
    credentials = Credentials(client, secret, caller)
    if registered is not None and not await _is_right(credentials, _expected(registered), state):
        raise InvalidClient(_reason(registered, secret))
    return credentials


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


def _expected(registered: ClientTable) -> str | None:
    return registered.secret.get_secret_value() if registered.secret is not None else None


def _reason(registered: ClientTable, secret: SecretStr | None) -> str:
    if registered.public:
        return "this is a public client, which has no secret; send none"
    return "the client secret is wrong" if secret is not None else "the client secret is missing"


async def _is_right(credentials: Credentials, secret_hash: str | None, state: State) -> bool:
    client_id, secret = credentials.client_id, credentials.secret
    if secret is None or secret_hash is None:
        return secret is None and secret_hash is None
    if await state.reputation.is_good(client_id, secret):
        return await state.secret_hashes.match(client_id, secret, secret_hash)
    matches = await _guess(client_id, secret, secret_hash, state)
    if matches:
        await state.reputation.vouch(client_id, secret)
    return matches


async def _guess(client_id: str, secret: SecretStr, secret_hash: str, state: State) -> bool:
    hashes, limiter = state.secret_hashes, state.limiter
    # One at a time: else those under way, of which most may be right, would keep others out.
    async with state.turns.of("a guess at a client secret"):
        # A stale secret that comes again and again costs nothing, and says nothing new.
        remembered = hashes.remembered(client_id, secret, secret_hash)
        if remembered is not None:
            return remembered
        # It is counted before, so that it stays counted where the request is cut off.
        guess = await limiter.take(limiter.of(GUESSES, client=client_id, everybody=""))
        matches = await hashes.match(client_id, secret, secret_hash)
        if matches:
            await limiter.take_back(guess)
        return matches
