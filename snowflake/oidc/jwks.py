"""The JSON Web Key Set (RFC 7517, section 5)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.state import state_of


async def jwks(request: Request) -> Response:
    """Publish the keys by which tokens are verified."""
    keys = state_of(request).keys.published()
    return JSONResponse(keys, headers={"Cache-Control": "public, max-age=3600"})
