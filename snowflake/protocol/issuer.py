"""Our own name."""

from starlette.requests import Request

from snowflake.state import state_of
from snowflake.uris.hosts import origin_of


def issuer_of(request: Request) -> str:
    """Answer the issuer: the configured one, else the origin and base path that was reached.

    The Host header has passed the list of allowed hosts by now (``web/guard.py``).
    """
    settings = state_of(request).settings
    if settings.issuer:
        return settings.issuer
    return reached(request) + settings.base_path


def reached(request: Request) -> str:
    """Answer the origin by which the browser has reached us, as the reverse proxy says."""
    return origin_of(f"{request.scope['scheme']}://{request.headers['host']}")
