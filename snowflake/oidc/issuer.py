"""Our own name."""

from starlette.requests import Request

from snowflake.state import state_of

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def issuer_of(request: Request) -> str:
    """Answer the issuer: the configured one, else the origin and base path that was reached.

    The Host header has passed the list of allowed hosts by now (``web/middleware.py``).
    """
    settings = state_of(request).settings
    if settings.issuer:
        return settings.issuer
    scheme = request.scope["scheme"]
    host = request.headers["host"].lower().removesuffix(_DEFAULT_PORTS[scheme])
    return f"{scheme}://{host}{settings.base_path}"
