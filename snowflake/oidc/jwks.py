"""The JSON Web Key Set (RFC 7517, section 5)."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.state import state_of
from snowflake.state.key_ring import KeyRing


async def jwks(request: Request) -> Response:
    """Publish the keys by which tokens are verified."""
    keys = state_of(request).keys
    return _key_set(keys, tuple([key.key.kid for key in keys.all]))


# The last set alone: a key that is added shows at once, and one that has gone is not kept here.
@lru_cache(1)
def _key_set(keys: KeyRing, _kids: tuple[str, ...]) -> Response:
    return JSONResponse(keys.published(), headers={"Cache-Control": "public, max-age=3600"})
