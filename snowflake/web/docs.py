"""Interactive API documentation, with assets of our own."""

import swagger_ui_bundle
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from snowflake.oidc.discovery import metadata
from snowflake.protocol.issuer import issuer_of
from snowflake.state import state_of
from snowflake.web.openapi import openapi_document
from snowflake.web.pages import render

#: Swagger UI sets styles from its script and has pictures in its style sheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def routes() -> list[BaseRoute]:
    """Answer the routes of the documentation."""
    return [
        Route("/docs", page),
        Route("/docs/start.js", start),
        Route("/docs/look.css", style),
        Route("/openapi.json", openapi),
        Mount("/docs/assets", StaticFiles(directory=swagger_ui_bundle.swagger_ui_path)),
    ]


async def page(request: Request) -> Response:
    """Show Swagger UI."""
    base = state_of(request).settings.path
    html = render("docs.html", base=base)
    return HTMLResponse(html, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


async def start(request: Request) -> Response:  # noqa: ARG001
    """Start Swagger UI. The policy forbids scripts inside the page."""
    script = render("docs.js")
    return Response(script, media_type="text/javascript")


async def style(request: Request) -> Response:  # noqa: ARG001
    """Let Swagger UI be read by night and on a telephone."""
    return Response(render("docs.css"), media_type="text/css")


async def openapi(request: Request) -> Response:
    """Answer the OpenAPI document."""
    state = state_of(request)
    provider = metadata(issuer_of(request), state.registry.offers)
    return JSONResponse(openapi_document(provider, state.settings))
