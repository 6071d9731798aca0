"""The cookie of a session: who is signed in in this browser.

It holds an identifier of 256 random bits, which is made anew at each login, and which the store
knows by its hash. It is sealed, with our issuer, so that nothing is looked up that was not made
here.
"""

import secrets
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.protocol.browser import cookie_of
from snowflake.state import State
from snowflake.store.sessions import Session


@dataclass(frozen=True)
class SessionCookie(Note):
    """What the cookie holds."""

    purpose: ClassVar[str] = "session cookie 1"

    identifier: str
    issuer: str


def new_identifier() -> str:
    """Make an identifier of 256 random bits."""
    return secrets.token_urlsafe(32)


def identifier_of(request: Request, issuer: str, sealer: Sealer) -> str | None:
    """Answer the identifier that the browser brings, if it was made here, for this issuer."""
    sealed = cookie_of(request, _name(issuer))
    if sealed is None:
        return None
    try:
        cookie = sealer.open(SessionCookie, sealed)
    except BadNote:
        return None
    return cookie.identifier if cookie.issuer == issuer else None


async def session_of(request: Request, issuer: str, state: State) -> Session | None:
    """Answer the session of this browser, or None if it has none that lives.

    Raises:
        TemporarilyUnavailable: the store cannot be reached.
    """
    if not state.settings.session_lifetime:
        return None
    identifier = identifier_of(request, issuer, state.sealer)
    session = await state.store.sessions.find(identifier) if identifier is not None else None
    # Snowflake may have been given another Discord application, or another name, since then.
    expected = (issuer, state.registry.application)
    if session is None or (session.issuer, session.application) != expected:
        return None
    return session


def set_session(
    response: Response, identifier: str, session: Session, sealer: Sealer, now: float
) -> None:
    """Give the cookie to the browser, for as long as the session lives."""
    sealed = sealer.seal(SessionCookie(identifier, session.issuer))
    seconds = max(0, session.expires_at - int(now))
    _set(response, session.issuer, sealed, seconds)


def forget_session(response: Response, issuer: str) -> None:
    """Take the cookie from the browser."""
    _set(response, issuer, "", 0)


def _set(response: Response, issuer: str, value: str, seconds: int) -> None:
    secure = "; Secure" if issuer.startswith("https:") else ""
    # A page of an application leads here by a plain navigation, with which Lax cookies travel.
    attributes = f"Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"
    response.headers.append("Set-Cookie", f"{_name(issuer)}={value}; {attributes}")


def _name(issuer: str) -> str:
    # The prefix means that neither another host nor a page over plain HTTP can have planted it.
    return "__Host-snowflake-session" if issuer.startswith("https:") else "snowflake-session"
