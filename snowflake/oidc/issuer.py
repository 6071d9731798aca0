"""Our own name."""

from functools import lru_cache

from starlette.requests import Request

from snowflake.hosts import origin_of
from snowflake.state import state_of


def issuer_of(request: Request) -> str:
    """Answer the issuer: the configured one, else the origin and base path that was reached.

    The Host header has passed the list of allowed hosts by now (``web/middleware.py``).
    """
    settings = state_of(request).settings
    if settings.issuer:
        return settings.issuer
    return _reached(f"{request.scope['scheme']}://{request.headers['host']}") + settings.base_path


#: Every request needs it, and people come by few names.
_reached = lru_cache(16)(origin_of)
