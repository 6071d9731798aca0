"""Answers that say no, whichever simulation gives them."""

from collections.abc import Mapping
from math import ceil

from starlette.responses import HTMLResponse, JSONResponse, Response


def oauth_error(status: int, error: str, description: str) -> Response:
    """Return an error of the token routes (RFC 6749, section 5.2)."""
    return JSONResponse({"error": error, "error_description": description}, status)


def rate_limited(
    retry_after: float, scope: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a 429 in Discord's words.

    ``retry_after`` is in seconds; ``scope`` is user, global or shared.
    """
    is_global = scope == "global"
    # Whole seconds, never too few (RFC 9110, section 10.2.3).
    fields = {"Retry-After": str(ceil(retry_after)), "X-RateLimit-Scope": scope}
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
    """Return a page of the proxy in front of a server: HTML where a program expects JSON."""
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
