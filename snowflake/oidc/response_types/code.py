"""The word ``code``: the authorization code (OpenID Connect Core 1.0, section 3.1.2.5)."""

from snowflake.oidc.response_types.front import Front
from snowflake.state import State


async def with_code(front: Front, state: State) -> dict[str, str]:
    """Seal the code."""
    return {"code": state.sealer.seal(front.code, state.clock())}
