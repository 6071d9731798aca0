"""Answers in the shapes of Discord's API and authorization server."""

from collections.abc import Mapping

from starlette.responses import HTMLResponse, JSONResponse, Response

from snowflake.sandbox.discord.limits import whole_seconds

UNAUTHORIZED = 0
UNKNOWN_ROUTE = 0
UNKNOWN_GUILD = 10004
UNKNOWN_MEMBER = 10007
UNKNOWN_USER = 10013
NOT_FOR_BOTS = 20001
NOT_YOUR_APPLICATION = 20012
MISSING_ACCESS = 50001
MISSING_SCOPE = 50026
INVALID_BODY = 50035
INVALID_JSON = 50109


class Refused(Exception):
    """A call that is answered with an error of the API."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def api_error(
    status: int, code: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error of the API: ``{"message", "code"}``."""
    return JSONResponse({"message": message, "code": code}, status, headers)


def oauth_error(status: int, error: str, description: str) -> Response:
    """Return an error of the token routes (RFC 6749, section 5.2)."""
    return JSONResponse({"error": error, "error_description": description}, status)


def rate_limited(
    retry_after: float, scope: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a 429. ``retry_after`` is in seconds; ``scope`` is user, global or shared."""
    is_global = scope == "global"
    fields = {"Retry-After": whole_seconds(retry_after), "X-RateLimit-Scope": scope}
    if is_global:
        fields["X-RateLimit-Global"] = "true"
    subject = "The resource is" if scope == "shared" else "You are"
    body = {
        "message": f"{subject} being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": is_global,
        "code": 0,  # Discord's documentation leaves it out; its specification demands it.
    }
    return JSONResponse(body, 429, {**(headers or {}), **fields})


def edge_page(status: int, title: str, text: str) -> Response:
    """Return a page of the proxy in front of Discord: HTML where a program expects JSON."""
    return HTMLResponse(
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n"
        f"<body>\n<h1>{title}</h1>\n<p>{text}</p>\n<hr><center>cloudflare</center>\n"
        "</body>\n</html>\n",
        status,
        headers={"Server": "cloudflare"},
    )


def blocked() -> Response:
    """Return the page that refuses an address, or a program that does not say what it is."""
    return edge_page(
        403, "Attention Required! | Cloudflare", "Sorry, you have been blocked. Error 1020"
    )
