"""A JWT of somebody else by which a client proves who it is (RFC 7523, section 3; RFC 8725).

A platform gives its machines tokens: Kubernetes a service account's, GitHub Actions a job's. The
client's ``trusts`` say whose, and which, count in place of its own credentials. Such a token may
come again until it expires, since whoever shows it cannot have another one made each time.

Anybody can name a client and send a token. Until a signature is good, they learn of the token's
form and time alone, and cost no more than the verification of it. Then they learn that it does not
count, and not why: whoever has a token of an issuer for all the world is still a stranger. The log
says why. An issuer that cannot be reached does show by that: its machines have to know that they
may try again.
"""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry

from snowflake.errors import InvalidClient, TemporarilyUnavailable, UpstreamError
from snowflake.expressions import Unsearchable, compiled, search
from snowflake.settings.client import Client
from snowflake.settings.issuers import CLIENTS
from snowflake.settings.tables.clients.trusts import MAX_SUBJECT, TrustTable
from snowflake.state import State
from snowflake.state.client_keys import Publisher, publisher_of
from snowflake.telemetry.audit import audit
from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.signatures import SignedToken

#: Seconds by which an issuer's clock may be off.
LEEWAY: Final = 60
TIMES: Final = frozenset({"exp", "nbf", "iat"})
#: Kinds of token (``typ``) that say who somebody is, besides those that say nothing of it (RFC
#: 8725, section 3.11). One that ends sessions, say, does not.
KINDS: Final = frozenset({"jwt", "jose", "at+jwt", "client-authentication+jwt"})
UNTRUSTED: Final = "the JWT is not one that this client trusts; the log of Snowflake says why"

_log = structlog.get_logger(__name__)
Claims = Mapping[str, object]


async def federated(token: str, client: Client, base: str, state: State) -> Claims | None:
    """Answer the claims of a token of somebody else that proves who this client is.

    None for what is no such token: it may be something of the client's own. ``base`` is the issuer
    of everybody here.

    Raises:
        InvalidClient: it proves nothing.
        TemporarilyUnavailable: its issuer's keys cannot be fetched.
    """
    try:
        signed = SignedToken(token)
        claims = signed.claims()
    except ValueError:
        return None
    issuer = claims.get("iss")
    if not client.trusts_others or not isinstance(issuer, str) or issuer == client.id:
        return None
    _check_time(claims, state.clock())
    await _check_trusts(signed, claims, client, base, state)
    audit("assertion", "accepted", issuer=issuer, subject=claims.get("sub"))
    return claims


# Claims are what JSON has.
def _check_time(claims: dict[str, Any], now: float) -> None:
    registry = JWTClaimsRegistry(now=int(now), leeway=LEEWAY, exp={"essential": True})
    try:
        # Whatever else it says is looked at once somebody has signed it.
        registry.validate({name: claims[name] for name in claims if name in TIMES})
    except ClaimError as error:
        raise InvalidClient(
            f"the JWT has a claim {error.claim} that is missing, over, or in the future"
        ) from None


async def _check_trusts(
    token: SignedToken, claims: Claims, client: Client, base: str, state: State
) -> None:
    issuer = str(claims["iss"])
    # Ours are of people, whatever the configuration says.
    trusts = [one for one in client.trusts if one.issuer == issuer and not _is_ours(issuer, base)]
    if not trusts or not _is_of_a_kind(token):
        raise _refused("its issuer is none of trusts, or it is of a kind that proves nothing")
    signers = {
        publisher
        for publisher in set(map(publisher_of, trusts))
        if await _is_signed(token, publisher, state)
    }
    if not signers:
        raise _refused("none of the issuer's keys has signed it", issuer=issuer)
    subject = str(claims.get("sub"))[:MAX_SUBJECT]
    ours = {base, client.issuer_below(base)}
    faults = [_fault(trust, claims, ours) for trust in trusts if publisher_of(trust) in signers]
    if None not in faults:
        reason = "; or ".join(dict.fromkeys(filter(None, faults)))
        raise _refused(reason, issuer=issuer, subject=subject)


def _is_ours(issuer: str, base: str) -> bool:
    return issuer == base or issuer.startswith(base + CLIENTS)


def _is_of_a_kind(token: SignedToken) -> bool:
    kind = str(token.header.get("typ", "jwt")).lower().removeprefix("application/")
    # An extension that has to be understood may change what a token says, and none is known here.
    return kind in KINDS and token.algorithm in HASHES and "crit" not in token.header


async def _is_signed(token: SignedToken, publisher: Publisher, state: State) -> bool:
    try:
        key = await state.client_keys.find(publisher, token.kid, token.algorithm)
    except UpstreamError as error:
        _log.warning("client_keys_unreachable", publisher=publisher.url, cause=error.cause)
        raise TemporarilyUnavailable("the issuer's keys cannot be fetched; try again") from error
    return key is not None and token.is_signed_by(key)


def _fault(trust: TrustTable, claims: Claims, ours: set[str]) -> str | None:
    """Answer what is wrong with a token by a trust; None if nothing is."""
    audience = claims.get("aud")
    # Kubernetes gives lists, and others have more than one in there.
    audiences = audience if isinstance(audience, list) else [audience]
    expected = ours if trust.audience is None else {trust.audience}
    if not any(isinstance(one, str) and one in expected for one in audiences):
        return f"its aud has no {' nor '.join(sorted(expected))}"
    subject = claims.get("sub")
    # It stands in tokens that come of it (RFC 7523, section 3), and in the log.
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        return f"it has no sub of up to {MAX_SUBJECT} characters"
    if not trust.has_subject(subject):
        return "its sub is another one"
    if trust.claims is not None and not _is_true(trust.claims, claims):
        return "claims does not come to true"
    return None


def _is_true(expression: str, claims: Claims) -> bool:
    try:
        return search(compiled(expression), claims) is True
    except Unsearchable:
        return False


def _refused(reason: str, **more: object) -> InvalidClient:
    _log.warning("assertion_refused", reason=reason, **more)
    return InvalidClient(UNTRUSTED)
