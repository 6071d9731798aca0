"""What is put into a token that would become too long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import structlog

from snowflake.crypto.keys import Signer
from snowflake.oidc.scopes import SCOPES, Claims

#: Scopes whose claims are left out of an access token that would be too long, first those of the
#: first one. At last all but ``sub`` are.
LEFT_OUT: Final = ("discord", "groups", "profile", "email")

_log = structlog.get_logger(__name__)


def claims_within(claims: Mapping[str, Any], scopes: Iterable[str]) -> Claims:
    """Answer those claims of a grant that the scopes give."""
    names = {name for scope in scopes for name in SCOPES[scope].claims}
    return {name: value for name, value in claims.items() if name in names}


def ever_fewer(claims: Claims) -> Iterator[Claims]:
    """Answer the claims, then those without what is wanted least, and at last ``sub`` alone."""
    yield claims
    for scope in LEFT_OUT:
        claims = {name: claims[name] for name in claims if name not in SCOPES[scope].claims}
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
