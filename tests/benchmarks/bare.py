"""A bare Starlette, for comparison. ``BARE_LOCATION`` and ``BARE_JSON`` say what it answers."""

import json
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

_location = os.environ["BARE_LOCATION"]
_document = json.loads(os.environ["BARE_JSON"])


async def redirect(request: Request) -> Response:
    """Redirect to where Snowflake would."""
    return RedirectResponse(_location, 302)


async def document(request: Request) -> Response:
    """Answer the document that Snowflake answers."""
    return JSONResponse(_document)


app = Starlette(routes=[Route("/redirect", redirect), Route("/json", document)])
