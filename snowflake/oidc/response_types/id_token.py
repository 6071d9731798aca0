"""The word ``id_token``: an ID token (OpenID Connect Core 1.0, sections 3.2.2.10 and 3.3.2.11)."""

import asyncio
from functools import partial
from typing import Final

from snowflake.crypto.keys import MAX_TOKEN
from snowflake.oidc.response_types.front import Front
from snowflake.oidc.tokens.id_token import Beside, id_token
from snowflake.state import State

#: Characters of an ID token in an address, beside a code and an access token: what proxies and
#: browsers let pass.
ROOM: Final = 3072


async def with_id_token(front: Front, state: State) -> dict[str, str]:
    """Sign an ID token that is tied to whatever comes with it."""
    answered = front.answered
    beside = Beside(answered.get("access_token"), answered.get("code"))
    longest = ROOM if front.in_uri else MAX_TOKEN
    sign = partial(id_token, front.redeemed, front.client, state.keys, front.times.iat, beside)
    return {"id_token": await asyncio.to_thread(sign, longest=longest)}
