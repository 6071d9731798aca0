"""What is put into a token that would become too long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """Answer the claims, then those without what is wanted least, and at last ``sub`` alone."""
    yield claims
    scopes = scopes_of(client)
    expressed = {claim for scope in scopes.values() for claim in scope.expressions}
    for wanted_least in (expressed, *(scopes[name].claims for name in LEFT_OUT)):
        claims = {claim: claims[claim] for claim in claims if claim not in wanted_least}
        yield claims
    yield just_sub(claims)


def just_sub(claims: Claims) -> Claims:
    """Answer of the claims who it is, and nothing else."""
    return {"sub": claims["sub"]}


def sign_first_within(
    longest: int, key: Signer, of_token: Claims, candidates: Sequence[Claims], typ: str
) -> str:
    """Sign the first claims with which a token is no longer than that, or else the last ones."""
    for claims in candidates[:-1]:
        if key.length({**of_token, **claims}, typ) <= longest:
            return key.sign({**of_token, **claims}, typ)
    if len(candidates) > 1:
        _log.warning("claims_left_out", of=typ, but_for="sub")
    return key.sign({**of_token, **candidates[-1]}, typ)
