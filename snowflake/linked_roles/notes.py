"""What travels: a note to Discord and back, one to the upstream provider, one in a form of ours.

Each is bound to the browser for which it was made, dated, and good for one use.
"""

import secrets
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from starlette.requests import Request

from snowflake.crypto.sealing import BadNote, ExpiredNote, Note
from snowflake.errors import LinkElsewhere, LinkExpired, LinkSpent, LinkUnknown
from snowflake.protocol import browser
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.state import State
from snowflake.store.codes import CodeReserved, CodeSpent


@dataclass(frozen=True)
class BoundNote(Note):
    """A note of one browser.

    ``id`` is what the store knows it by once it is used, ``browser`` the fingerprint of the cookie.
    """

    id: str
    issuer: str
    browser: str


@dataclass(frozen=True)
class ToDiscord(BoundNote):
    """Discord's ``state``: our PKCE verifier, and whether the person is to be unlinked.

    ``scope`` is what Discord is asked for.
    """

    purpose: ClassVar[str] = "linked role to discord 2"

    verifier: str
    unlinking: bool
    scope: str


@dataclass(frozen=True)
class ToUpstream(BoundNote):
    """The upstream provider's ``state``: who the person is at Discord, PKCE verifier and nonce.

    ``pushed`` is whether the provider has the request from us, and not from the browser.
    """

    purpose: ClassVar[str] = "linked role to upstream 2"

    person: str
    account: str
    verifier: str
    nonce: str
    pushed: bool


@dataclass(frozen=True)
class ToUnlink(BoundNote):
    """What the form holds by which a person confirms that they want to unlink."""

    purpose: ClassVar[str] = "linked role unlinking 1"

    person: str


AnyBound = TypeVar("AnyBound", bound=BoundNote)


def new_id() -> str:
    """Make the ID of a note, of 128 random bits; or a nonce."""
    return secrets.token_urlsafe(16)


async def take(
    kind: type[AnyBound], sealed: str | None, request: Request, state: State
) -> AnyBound:
    """Open a note that this browser brings back, and use it up.

    Raises:
        LinkError: it is too old, used already, another browser's, or none of this kind.
        TemporarilyUnavailable: the store cannot be reached.
    """
    now = state.clock()
    try:
        note = state.sealer.open(kind, sealed or "", LOGIN_LIFETIME, now)
    except ExpiredNote:
        raise LinkExpired from None
    except BadNote:
        raise LinkUnknown from None
    if not browser.is_bound(request, note.browser, secure=note.issuer.startswith("https:")):
        raise LinkElsewhere
    try:
        # It is kept for as long as the note could be opened, and nobody gives it back.
        await state.store.codes.reserve(note.id, int(now) + LOGIN_LIFETIME, LOGIN_LIFETIME)
    except (CodeReserved, CodeSpent):
        raise LinkSpent from None
    return note
