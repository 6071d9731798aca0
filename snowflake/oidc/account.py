"""A person's own page: signing in to it, and what it shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, Note
from snowflake.errors import InvalidRequest
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.question import question_of
from snowflake.oidc.scopes import SCOPES, allowed
from snowflake.protocol import browser, pkce
from snowflake.protocol.discord import discord_page
from snowflake.protocol.paths import ACCOUNT, CALLBACK
from snowflake.protocol.redirect import redirect
from snowflake.settings.registry import Registry
from snowflake.state import State
from snowflake.store.grants import Grant
from snowflake.store.people import Kept
from snowflake.store.sessions import Session

#: Seconds for which the page waits for a button.
WAITING: Final = 1800
#: Seconds after Discord has vouched for somebody in which they may see all and erase it.
RECENT: Final = 900


@dataclass(frozen=True)
class AccountNote(Note):
    """What comes back with a button of the page, so that nobody else can press it."""

    purpose: ClassVar[str] = "account 1"

    session: str


class Application(NamedTuple):
    """An application, and what it has of the person: when they signed in last, what it learns.

    ``application`` is the Discord application through which they came.
    """

    client_id: str
    application: str
    name: str
    last_at: int
    learns: tuple[str, ...]


def sign_in(request: Request, issuer: str, state: State, prompt: str = "none") -> Response:
    """Send the person to Discord, and from there back to their page.

    ``prompt`` is Discord's.

    Raises:
        TemporarilyUnavailable: Discord is down.
    """
    state.discord.check_is_up()
    secure = issuer.startswith("https:")
    binding, client = browser.bind(request, secure=secure), state.registry.account
    note = LoginNote(
        client_id=client.id,
        issuer=issuer,
        redirect_uri=issuer + ACCOUNT,
        discord_redirect_uri=issuer + CALLBACK,
        scope="openid",
        state=None,
        nonce=None,
        code_challenge=None,
        verifier=pkce.new_verifier(),
        browser=browser.fingerprint(binding),
        referrer=None,
        silent=False,
        begun=int(state.clock()),
        hinted=None,
    )
    sealed = state.sealer.seal(note, state.clock())
    page = discord_page(state.settings, question_of(note, client), sealed, prompt)
    response = redirect(page)
    browser.set_cookie(response, binding, secure=secure)
    return response


def is_recent(session: Session, now: float) -> bool:
    """Whether Discord has vouched for the person of late, and not for one who left a browser."""
    return 0 <= now - session.auth_time <= RECENT


def note_of(session: Session, state: State) -> str:
    """Seal what comes back with a button."""
    return state.sealer.seal(AccountNote(session.id), state.clock())


def check_note(sealed: str, session: Session, state: State) -> None:
    """Pass, if a button of this person's own page was pressed, not long ago.

    Raises:
        InvalidRequest: it was not.
    """
    try:
        note = state.sealer.open(AccountNote, sealed, WAITING, state.clock())
    except BadNote as error:
        raise InvalidRequest("the page has expired; load it once more") from error
    if note.session != session.id:
        raise InvalidRequest("somebody else has signed in since the page was loaded")


def applications_of(kept: Kept, registry: Registry) -> list[Application]:
    """Answer the applications that have a login of the person, the latest first."""
    by_client: dict[tuple[str, str], list[Grant]] = {}
    for grant in kept.grants:
        by_client.setdefault((grant.client_id, grant.application), []).append(grant)
    found = [_application(grants, registry) for grants in by_client.values()]
    return sorted(found, key=lambda one: (-one.last_at, one.name))


def _application(grants: Iterable[Grant], registry: Registry) -> Application:
    newest = max(grants, key=lambda grant: grant.auth_time)
    client = registry.find(newest.client_id)
    scopes = {name for grant in grants for name in grant.scopes}
    if client is not None:
        scopes = {*allowed(scopes, client)}
    name = client.name if client is not None else None
    is_own = newest.client_id != newest.application
    learns = tuple(scope.tells for known, scope in SCOPES.items() if known in scopes)
    other = newest.client_id if is_own else f"Discord application {newest.client_id}"
    return Application(
        newest.client_id, newest.application, name or other, newest.auth_time, learns
    )
