"""What is put into a token that would become too long."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import structlog

from snowflake.crypto.keys import Signer
from snowflake.oidc.scopes import Claims, scopes_of
from snowflake.settings.client import Client

#: Scopes whose claims are left out of an access token that would be too long, first those of the
#: first one; before them claims by expression, at last all but ``sub``.
LEFT_OUT: Final = ("discord", "groups", "profile", "email")

_log = structlog.get_logger(__name__)


def claims_within(
    claims: Mapping[str, Any], names: Iterable[str], client: Client, also: Iterable[str] = ()
) -> Claims:
    """Answer those claims of a grant that the scopes ``names`` give a client, and some others."""
    scopes = scopes_of(client)
    given = {claim for name in names for claim in scopes[name].names}
    return {claim: value for claim, value in claims.items() if claim in given.union(also)}


def ever_fewer(claims: Claims, client: Client) -> Iterator[Claims]:
    """Answer the claims, then ever again those without what is wanted least."""
    yield claims
    scopes = scopes_of(client)
    expressed = {claim for scope in scopes.values() for claim in scope.expressions}
    for wanted_least in (expressed, *(scopes[name].claims for name in LEFT_OUT)):
        claims = {claim: claims[claim] for claim in claims if claim not in wanted_least}
        yield claims


def sign_first_within(
    longest: int, key: Signer, of_token: Claims, candidates: Iterable[Claims], typ: str
) -> str:
    """Sign a token with the first claims with which it is no longer than that, or with none.

    What is ``of_token`` itself is in it always, ``sub`` too.
    """
    for claims in candidates:
        signed = key.sign_within(longest, {**of_token, **claims}, typ)
        if signed is not None:
            return signed
    _log.warning("claims_left_out", of=typ, but_for="sub")
    return key.sign(of_token, typ)
