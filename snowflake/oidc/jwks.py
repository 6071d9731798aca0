"""The JSON Web Key Set (RFC 7517, section 5)."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.oidc.clients import issuer_owner
from snowflake.state import state_of
from snowflake.state.key_ring import KeyRing


async def jwks(request: Request) -> Response:
    """Publish the keys by which tokens are verified."""
    keys = state_of(request).keys
    return _key_set(keys, keys.kids)


async def jwks_of_client(request: Request) -> Response:
    """Publish them below the issuer that a client has to itself: they are the same.

    What keeps issuers apart is their name in each token, and the client's.

    Raises:
        NotFound: no client of that ID has one.
    """
    issuer_owner(request, state_of(request).registry)
    return await jwks(request)


# The last set alone: a key that is added shows at once, and one that has gone is not kept here.
@lru_cache(1)
def _key_set(keys: KeyRing, _kids: tuple[str, ...]) -> Response:
    return JSONResponse(keys.published(), headers={"Cache-Control": "public, max-age=3600"})
