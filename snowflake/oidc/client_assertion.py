"""A JWT by which a client proves who it is (RFC 7523; OpenID Connect Core 1.0, section 9)."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

import structlog
from joserfc.errors import ClaimError
from joserfc.jwk import Key, OctKey
from joserfc.jwt import JWTClaimsRegistry

from snowflake.crypto.algorithms import BY_KEY, HS256, Algorithm, fitting
from snowflake.crypto.keys import SentToken
from snowflake.errors import InvalidClient, TemporarilyUnavailable, UpstreamError
from snowflake.protocol.paths import TOKEN
from snowflake.settings.client import Client
from snowflake.settings.public_keys import PublicKey
from snowflake.settings.tables.clients import ClientTable
from snowflake.state import State
from snowflake.state.client_keys import Publisher

#: The one ``client_assertion_type`` (RFC 7523, section 2.2).
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: How clients authenticate by one.
METHODS: Final = ("private_key_jwt", "client_secret_jwt")
#: Seconds for which one may be good from now.
LIFETIME: Final = 3600
#: Seconds by which another clock may be off.
LEEWAY: Final = 60
#: Characters of its name.
MAX_JTI: Final = 256
#: What is said where none of its keys, or not its secret, has signed.
NO_KEY: Final = "is not signed by this client"

_log = structlog.get_logger(__name__)


def claimed_client(assertion: str) -> str:
    """Answer which client a JWT claims to be of; nothing of it is proven yet.

    Raises:
        InvalidClient: it says so of none.
    """
    try:
        claims = SentToken(assertion).claims()
    except ValueError as error:
        raise InvalidClient("client_assertion is no signed JWT") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or subject != claims.get("iss"):
        raise InvalidClient("client_assertion must have the client ID as iss and as sub")
    return subject


async def check_assertion(assertion: str, client: Client, issuer: str, state: State) -> None:
    """Pass, if the client has signed a JWT just for us, and just for this once.

    ``issuer`` is that of everybody.

    Raises:
        InvalidClient: it is not good, or was good once.
        TemporarilyUnavailable: the client's keys or the store cannot be asked, or not yet again.
            It is as good as it was.
    """
    table = client.registered
    try:
        if table is None or table.method not in METHODS:
            raise ValueError("is not how this client authenticates")
        claims = await _verified(assertion, table, state)
        _check(claims, client, issuer, state.clock())
    except (ValueError, ClaimError) as error:
        raise InvalidClient(f"client_assertion {_reason(error)}") from error
    # Another process, whose clock may be off too, must still know it when it takes it for the last
    # time.
    kept_until = ceil(claims["exp"]) + 2 * LEEWAY
    if not await state.store.assertions.use(client.id, claims["jti"], kept_until):
        _log.warning("client_assertion_replayed")
        raise InvalidClient("client_assertion was used before; sign another one each time")


# Claims are what JSON has.
async def _verified(assertion: str, table: ClientTable, state: State) -> dict[str, Any]:
    sent = SentToken(assertion)
    key, algorithm = await _key_for(sent.header, table, state)
    # A ``jku`` or ``x5u`` of the header is never followed: keys are where the configuration says.
    try:
        return sent.verified(key, algorithm)
    except ValueError:
        raise ValueError(NO_KEY) from None


async def _key_for(
    header: dict[str, Any], table: ClientTable, state: State
) -> tuple[Key, Algorithm]:
    name, kid = header.get("alg"), header.get("kid")
    if table.method == "client_secret_jwt":
        if name != HS256.name:
            raise ValueError("must be signed by HS256")
        return OctKey.import_key(table.plain_secret or ""), HS256
    if not isinstance(name, str) or name not in BY_KEY:
        raise ValueError(f"must be signed by one of {', '.join(BY_KEY)}")
    if not isinstance(kid, str | None):
        raise ValueError("has a kid that is no text")  # noqa: TRY004 - a value like the others
    algorithm = BY_KEY[name]
    if table.jwks_uri is not None:
        return await _published(table.jwks_uri, kid, algorithm, state), algorithm
    return _configured(table.verification_keys, kid, algorithm), algorithm


def _configured(keys: Sequence[PublicKey], kid: str | None, algorithm: Algorithm) -> PublicKey:
    """Answer the one key that fits. Where there is one alone, it needs no name."""
    fit = [key for key in keys if algorithm in fitting(key.key_type, key.get("crv"))]
    if len(keys) > 1:
        fit = [key for key in fit if kid in {None, key.kid}]
    if len(fit) != 1:
        raise ValueError(NO_KEY)
    return fit[0]


async def _published(jwks_uri: str, kid: str | None, algorithm: Algorithm, state: State) -> Key:
    try:
        key = await state.client_keys.find(Publisher(jwks_uri), kid, algorithm.name)
    except UpstreamError as error:
        _log.warning("client_keys_unreachable", cause=error.cause)
        raise TemporarilyUnavailable("the client's keys cannot be fetched; try again") from error
    if key is None:
        raise ValueError(NO_KEY)
    return key


def _check(claims: dict[str, Any], client: Client, issuer: str, now: float) -> None:
    JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": client.id},
        sub={"essential": True, "value": client.id},
        exp={"essential": True},
        jti={"essential": True},
    ).validate(claims)
    jti, expires_at, audience = claims["jti"], claims["exp"], claims.get("aud")
    if not isinstance(jti, str) or len(jti) > MAX_JTI:
        raise ValueError(f"must have a jti of at most {MAX_JTI} characters")
    if expires_at > now + LIFETIME + LEEWAY:
        raise ValueError(f"must expire within {LIFETIME} seconds")
    ours = {issuer, client.issuer_below(issuer), issuer + TOKEN}
    audiences = audience if isinstance(audience, list) else [audience]
    if not audiences or not all(isinstance(one, str) and one in ours for one in audiences):
        raise ValueError("must have our issuer or token endpoint as aud, and nobody else")


def _reason(error: ValueError | ClaimError) -> str:
    if isinstance(error, ClaimError):
        return f"has a claim {error.claim} that is missing or not good"
    return str(error)
