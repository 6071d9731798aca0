"""The JSON Web Key Set (RFC 7517, section 5)."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.keys import SigningKey
from snowflake.state import state_of


async def jwks(request: Request) -> Response:
    """Publish the keys by which tokens are verified."""
    return _key_set(tuple(key.key for key in state_of(request).keys.all))


# The last set alone: a key that is added shows at once, and one that has gone is not kept here.
@lru_cache(1)
def _key_set(keys: tuple[SigningKey, ...]) -> Response:
    key_set = {"keys": [key.published() for key in keys]}
    return JSONResponse(key_set, headers={"Cache-Control": "public, max-age=3600"})
