"""A token of an issuer that a client trusts."""

from typing import Final, TypeGuard

import structlog

from snowflake.errors import Busy, TemporarilyUnavailable, UpstreamError
from snowflake.expressions import Unsearchable, compiled, search
from snowflake.oidc.federation.refusal import Claims, refused
from snowflake.settings.client import Client
from snowflake.settings.tables.clients.trusts import MAX_SUBJECT, TrustTable
from snowflake.state import State
from snowflake.state.client_keys import Publisher, publisher_of
from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.signatures import SignedToken

#: Kinds of token (``typ``) that say who somebody is, besides those that say nothing of it (RFC
#: 8725, section 3.11). One that ends sessions, say, does not.
KINDS: Final = frozenset({"jwt", "jose", "at+jwt", "client-authentication+jwt"})

_log = structlog.get_logger(__name__)


async def check_trusts(
    token: SignedToken, claims: Claims, client: Client, base: str, state: State
) -> None:
    """Pass, if one of a client's trusts takes a token for it.

    Raises:
        InvalidClient: none does.
        TemporarilyUnavailable: keys cannot be fetched, by which one might, or not yet again.
    """
    issuer = str(claims["iss"])
    trusts = [trust for trust in client.trusts if trust.issuer == issuer]
    if not trusts or not _is_of_a_kind(token):
        raise refused("its issuer is none of trusts, or it is of a kind that proves nothing")
    publishers = dict.fromkeys(map(publisher_of, trusts))
    signed = {publisher: await _is_signed(token, publisher, state) for publisher in publishers}
    subject = str(claims.get("sub"))[:MAX_SUBJECT]
    ours = {base, client.issuer_below(base)}
    faults = [
        _fault(trust, claims, ours) for trust in trusts if signed[publisher_of(trust)] is True
    ]
    if None in faults:
        return
    for outage in signed.values():
        if isinstance(outage, TemporarilyUnavailable):
            raise outage
    if not faults:
        raise refused("none of the issuer's keys has signed it", issuer=issuer)
    reason = "; or ".join(dict.fromkeys(filter(None, faults)))
    raise refused(reason, issuer=issuer, subject=subject)


def _is_of_a_kind(token: SignedToken) -> bool:
    kind = str(token.header.get("typ", "jwt")).lower().removeprefix("application/")
    # An extension that has to be understood may change what a token says, and none is known here.
    return kind in KINDS and token.algorithm in HASHES and "crit" not in token.header


async def _is_signed(
    token: SignedToken, publisher: Publisher, state: State
) -> bool | TemporarilyUnavailable:
    """Whether a key of a publisher has signed a token; why nobody can tell now, if it is so."""
    try:
        key = await state.client_keys.find(publisher, token.kid, token.algorithm)
    except UpstreamError as error:
        _log.warning("client_keys_unreachable", publisher=publisher.url, cause=error.cause)
        return TemporarilyUnavailable("the issuer's keys cannot be fetched; try again")
    except Busy as busy:
        return busy
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
    if not _is_line(subject):
        return f"it has no sub that is a line of up to {MAX_SUBJECT} characters"
    if not trust.has_subject(subject):
        return "its sub is another one"
    if trust.claims is not None and not _is_true(trust.claims, claims):
        return "claims does not come to true"
    return None


def _is_line(subject: object) -> TypeGuard[str]:
    return isinstance(subject, str) and subject.isprintable() and 0 < len(subject) <= MAX_SUBJECT


def _is_true(expression: str, claims: Claims) -> bool:
    try:
        return search(compiled(expression), claims) is True
    except Unsearchable:
        return False
