"""Whether the process is there, and whether it can do its work."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.state import state_of


async def health(request: Request) -> Response:  # noqa: ARG001
    """Answer 200 as long as the process serves requests; nothing else is asked."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """Answer 200 if the store can be reached.

    Raises:
        TemporarilyUnavailable: it cannot.
    """
    await state_of(request).store.ping()
    return JSONResponse({"status": "ok"})
