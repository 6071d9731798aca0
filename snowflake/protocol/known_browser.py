"""The cookie that tells a browser in which somebody has signed in before.

While made-up codes keep strangers waiting (``protocol/failed_codes``), people go on who have been
here before. The cookie is sealed, so that nobody makes one; it signs nobody in.

Where Discord vouches for somebody in this very browser, the cookie says who it was, by a keyed
hash. To a Discord application only the application learns who has come: the cookie then names the
login, and it counts once the store has a grant of it.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.protocol.browser import cookie_of
from snowflake.store.grants import Grants

#: Seconds for which a browser is known after its last login.
KNOWN_FOR: Final = 90 * 86400
#: Logins that a cookie names, the latest first: one that fails does not make others forgotten.
MOST_LOGINS: Final = 3


@dataclass(frozen=True)
class KnownBrowser(Note):
    """What the cookie holds: a person's keyed hash, and logins by the IDs of their grants."""

    purpose: ClassVar[str] = "known browser 1"

    person: str | None = None
    logins: tuple[str, ...] = ()

    def after(self, login: str) -> "KnownBrowser":
        """Answer what is known after a login that goes on to a Discord application."""
        return KnownBrowser(self.person, (login, *self.logins)[:MOST_LOGINS])

    async def who(self, grants: Grants, sealer: Sealer) -> str | None:
        """Answer the keyed hash of somebody who has signed in here, or None if nobody has.

        Raises:
            TemporarilyUnavailable: the store cannot be reached.
        """
        if self.person is not None:
            return self.person
        for login in self.logins:
            grant = await grants.find(login)
            if grant is not None:
                return hash_of(grant.person, sealer)
        return None


def known_browser(request: Request, sealer: Sealer, now: float, *, secure: bool) -> KnownBrowser:
    """Read the cookie; one of nobody if there is none that we have made."""
    sealed = cookie_of(request, _name(secure=secure))
    if sealed is None:
        return KnownBrowser()
    try:
        return sealer.open(KnownBrowser, sealed, KNOWN_FOR, now)
    except BadNote:
        return KnownBrowser()


def remember_person(
    response: Response, person: str, sealer: Sealer, now: float, *, secure: bool
) -> None:
    """Have the browser remember that Discord has vouched for a person in it."""
    remember(response, KnownBrowser(person=hash_of(person, sealer)), sealer, now, secure=secure)


def remember(
    response: Response, known: KnownBrowser, sealer: Sealer, now: float, *, secure: bool
) -> None:
    """Have the browser remember what is known of it."""
    value = sealer.seal(known, now)
    attributes = f"Max-Age={KNOWN_FOR}; Path=/; HttpOnly; SameSite=Lax"
    cookie = f"{_name(secure=secure)}={value}; {attributes}{'; Secure' if secure else ''}"
    response.headers.append("Set-Cookie", cookie)


def hash_of(person: str, sealer: Sealer) -> str:
    """Answer the keyed hash of a person."""
    return sealer.digest("known person 1", person)


def _name(*, secure: bool) -> str:
    return "__Host-snowflake-known" if secure else "snowflake-known"
