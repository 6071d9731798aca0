"""An access token that somebody has presented: a person's, or one that a client got for itself."""

from typing import Final

from snowflake.errors import InvalidToken
from snowflake.oidc.tokens.access_token import (
    ACCESS_TOKEN_TYPE,
    AccessToken,
    access_token_of,
    find_opaque,
)
from snowflake.oidc.tokens.client_token import ClientToken, client_token_of, find_by_name
from snowflake.state import State

#: Characters of a person's that is read: without claims it is longer than ``ROOM`` where key and
#: issuer are.
MAX_ACCESS_TOKEN: Final = 8192
#: What is said of one that is of no use.
BAD_TOKEN: Final = "the access token is expired, damaged or of another kind"  # noqa: S105


async def read_access_token(sent: str, state: State) -> AccessToken | ClientToken:
    """Answer what an access token is; its signature, if it has one, is verified once.

    Whether a person's grant has ended, and names the same issuer, is not looked up.

    Raises:
        InvalidToken: it is expired, was not issued here, or is another kind of token.
        TemporarilyUnavailable: the store cannot be asked.
    """
    token: AccessToken | ClientToken | None
    if "." in sent:
        token = await _signed(sent, state)
    else:
        token = await find_opaque(sent, state) or await find_by_name(sent, state)
    if token is None:
        raise InvalidToken(BAD_TOKEN)
    return token


async def _signed(sent: str, state: State) -> AccessToken | ClientToken | None:
    try:
        claims = await state.keys.verify(sent, ACCESS_TOKEN_TYPE)
        # Those of people have a grant. A client's own may be longer: whatever is as long as it has
        # to be was issued here.
        if "grant" not in claims:
            return await client_token_of(claims, state)
        return access_token_of(claims, state.clock()) if len(sent) <= MAX_ACCESS_TOKEN else None
    except ValueError as error:
        raise InvalidToken(BAD_TOKEN) from error
