"""The root path."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from snowflake.protocol.redirect import redirect
from snowflake.settings import REPOSITORY
from snowflake.state import state_of


async def home(request: Request) -> Response:
    """Redirect to where ``SNOWFLAKE_ROOT_REDIRECT`` says."""
    settings = state_of(request).settings
    targets = {
        "repo": REPOSITORY,
        "settings": "https://discord.com/settings/account",
        "docs": f"{settings.path}/docs",
    }
    if settings.root_redirect == "off":
        raise HTTPException(404)
    return redirect(targets[settings.root_redirect])
