"""Whether the process is there."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def health(request: Request) -> Response:  # noqa: ARG001
    """Answer 200 as long as the process serves requests; nothing else is asked."""
    return JSONResponse({"status": "ok"})
