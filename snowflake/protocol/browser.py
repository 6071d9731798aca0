"""The cookie that ties a login, or the linking of an account, to the browser in which it began.

Without it, somebody could send a link that finishes *their* login in another person's browser, or
ties that person's Discord account to their own account upstream, or has an address called by
``/r/`` for which nobody ever came back from Discord. ``secure`` says whether our issuer is reached
over HTTPS.
"""

import hmac
import re
import secrets
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

#: Seconds from our page to Discord and back.
LOGIN_LIFETIME: Final = 1800
#: Seconds for which the cookie is kept, by which a browser can begin anew what has taken too long.
COOKIE_LIFETIME: Final = 86_400

_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def bind(request: Request, *, secure: bool) -> str:
    """Answer the cookie's value for this browser: the one it has, else a new one of 256 bits.

    The one it has stays, so that what is begun in one tab does not end what another one has begun.
    (A POST from another site brings no cookie, and so begins anew.)
    """
    value = _value(request, secure=secure)
    return value if value is not None else secrets.token_urlsafe(32)


def fingerprint(value: str) -> str:
    """Answer what a sealed note remembers of the cookie."""
    return sha256(value.encode()).hexdigest()


def is_bound(request: Request, expected: str, *, secure: bool) -> bool:
    """Whether this browser's cookie is the one with the expected fingerprint."""
    value = _value(request, secure=secure)
    return value is not None and hmac.compare_digest(fingerprint(value), expected)


def set_cookie(response: Response, value: str, *, secure: bool) -> None:
    """Give the cookie to the browser for longer than a step may take."""
    # Discord sends the browser back by a plain navigation, with which Lax cookies travel.
    attributes = f"Max-Age={COOKIE_LIFETIME}; Path=/; HttpOnly; SameSite=Lax"
    cookie = f"{_name(secure=secure)}={value}; {attributes}{'; Secure' if secure else ''}"
    response.headers.append("Set-Cookie", cookie)


def cookie_of(request: Request, name: str) -> str | None:
    """Answer the value of a cookie if the browser sent exactly one of exactly that name.

    The usual parsers trim more than blanks from a name, so that one with a stray byte, which no
    browser protects by its ``__Host-`` prefix, would pass for ours; and of two they take one.
    """
    pairs = (
        pair.strip(b" \t").partition(b"=")
        for header, content in request.scope["headers"]
        if header == b"cookie"
        for pair in content.split(b";")
    )
    values = [value.decode("latin-1") for sent, _, value in pairs if sent == name.encode()]
    return values[0] if len(values) == 1 else None


def has_cookies(request: Request) -> bool:
    """Whether the browser sent any cookie of ours, as it does not with what other sites post."""
    cookies = (content for header, content in request.scope["headers"] if header == b"cookie")
    return any(b"snowflake-" in content for content in cookies)


def _value(request: Request, *, secure: bool) -> str | None:
    value = cookie_of(request, _name(secure=secure))
    return value if value is not None and _VALUE.fullmatch(value) else None


def _name(*, secure: bool) -> str:
    # The prefix means that neither another host nor a page over plain HTTP can have planted it.
    return "__Host-snowflake-login" if secure else "snowflake-login"
