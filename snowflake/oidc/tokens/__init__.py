"""The tokens, one file each, and the answer that holds them. Every grant ends in one value."""

from dataclasses import dataclass

from snowflake.store.access_tokens import NewToken
from snowflake.store.grants import Grant

#: How access tokens are presented (RFC 6750).
TOKEN_TYPE = "Bearer"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a token request comes to: a grant, and what the answer says beside it.

    ``scopes`` are those of this answer, which may be fewer than the grant's. An ``access_token``
    that is opaque has been kept with the grant.
    """

    grant: Grant
    scopes: tuple[str, ...]
    refresh_token: str | None
    access_token: NewToken | None = None
    nonce: str | None = None
