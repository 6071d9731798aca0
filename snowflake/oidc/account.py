"""A person's own page: signing in to it, and what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, Note
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.question import page_for
from snowflake.oidc.scopes import allowed, learnt
from snowflake.protocol import browser, pkce
from snowflake.protocol.paths import ACCOUNT, CALLBACK
from snowflake.protocol.redirect import redirect
from snowflake.settings.registry import ACCOUNT as ACCOUNT_CLIENT
from snowflake.settings.registry import Registry
from snowflake.state import State
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
    erases: bool


class Application(NamedTuple):
    """An application, and what it has of the person: when they signed in last, what it learns.

    ``application`` is the Discord application through which they came.
    """

    client_id: str
    application: str
    name: str
    last_at: int
    learns: tuple[str, ...]


def sign_in(
    request: Request, issuer: str, state: State, prompt: str = "none", *, to: str = ACCOUNT
) -> Response:
    """Send the person to Discord, and from there back to a page of ours, their own by default.

    ``prompt`` is Discord's, ``to`` is below the issuer.

    Raises:
        TemporarilyUnavailable: Discord is down.
    """
    state.discord.check_is_up()
    secure = issuer.startswith("https:")
    binding, client = browser.bind(request, secure=secure), state.registry.account
    note = LoginNote(
        client_id=client.id,
        issuer=issuer,
        redirect_uri=issuer + to,
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
        hinted=(),
    )
    response = redirect(page_for(note, client, prompt, state.clock(), state))
    browser.set_cookie(response, binding, secure=secure)
    return response


def is_recent(session: Session, now: float) -> bool:
    """Whether Discord has vouched for the person of late, and not for one who left a browser."""
    return 0 <= now - session.auth_time <= RECENT


def note_of(session: Session, state: State, *, erases: bool = False) -> str:
    """Seal what comes back with a button; ``erases`` is for the page that asks about it."""
    return state.sealer.seal(AccountNote(session.id, erases), state.clock())


def is_good(sealed: str, session: Session, state: State, *, erases: bool) -> bool:
    """Whether a button of this person's own page was pressed, not long ago."""
    try:
        note = state.sealer.open(AccountNote, sealed, WAITING, state.clock())
    except BadNote:
        return False
    return note == AccountNote(session.id, erases)


def applications_of(
    kept: Kept, entered: Mapping[str, int], registry: Registry
) -> list[Application]:
    """Answer the applications that have anything of the person, the latest first.

    That is a login, a part in a session, or their consent. ``entered`` are the clients in living
    sessions, each with the Unix time of the last login.
    """
    own = registry.application or ""
    times: dict[tuple[str, str], int] = {}
    scopes: dict[tuple[str, str], set[str]] = {}
    seen = [(one.client_id, own, one.given_at, one.scopes) for one in kept.consents]
    seen += [(client_id, own, last, ()) for client_id, last in entered.items()]
    seen += [(one.client_id, one.application, one.auth_time, one.scopes) for one in kept.grants]
    for client_id, application, at, names in seen:
        # The page's own part in a session is no application.
        if client_id == ACCOUNT_CLIENT:
            continue
        key = (client_id, application)
        times[key] = max(times.get(key, 0), at)
        scopes.setdefault(key, set()).update(names)
    found = [_application(*key, at, scopes[key], registry) for key, at in times.items()]
    return sorted(found, key=lambda one: (-one.last_at, one.name))


def _application(
    client_id: str, application: str, last_at: int, scopes: set[str], registry: Registry
) -> Application:
    client = registry.find(client_id)
    known = {*allowed(scopes, client)} if client is not None else scopes
    name = client.name if client is not None else None
    is_registered = client_id != application
    unnamed = client_id if is_registered else f"Discord application {client_id}"
    learns = tuple(learnt(known, client))
    return Application(client_id, application, name or unnamed, last_at, learns)
