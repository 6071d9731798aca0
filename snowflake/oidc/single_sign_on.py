"""Signing in by a session, without a trip to Discord (OpenID Connect Core 1.0, section 3.1.2.1)."""

import secrets
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.responses import Response

from snowflake.discord.models import User
from snowflake.errors import (
    AccessDenied,
    ConsentRequired,
    InvalidGrant,
    LoginRequired,
)
from snowflake.oidc.acquaintances import Known, ask_discord
from snowflake.oidc.consent import ask, has_to_ask
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.denial import denied
from snowflake.oidc.exchange import Exchanged
from snowflake.oidc.hints import Hints
from snowflake.oidc.needs import Needs, needs_of
from snowflake.oidc.notes import Came, CodeNote, LoginNote
from snowflake.oidc.people import Fetched
from snowflake.oidc.requested_claims import scopes_asked
from snowflake.oidc.response_types import welcome
from snowflake.oidc.response_types.front import Arrived
from snowflake.people import policies
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.state.discord_cache import Remembered
from snowflake.store import session_logins
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.grants import Grant
from snowflake.store.session_ends import Which
from snowflake.store.sessions import Account, Session

#: The scopes of Discord that decide what it tells of an account.
OF_ACCOUNT: Final = frozenset({"identify", "email"})
#: Seconds of a session with which nobody is sent on any more.
ABOUT_TO_END: Final = 5
_ANOTHER: Final = "somebody else is signed in in this browser than the hint names"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who wants to go on to a registered client.

    ``caller`` is the browser's address, ``max_age`` for how many seconds a login is good for the
    client. Without ``has_page`` they could not come back from Discord to a page of ours. Whoever
    has ``consented`` has just allowed the client what it asks for.
    """

    note: LoginNote
    client: Client
    caller: str
    hints: Hints
    max_age: int | None
    has_page: bool
    consented: bool = False

    @property
    def needs(self) -> Needs:
        """What Discord has to tell of them."""
        note = self.note
        asked = scopes_asked(note.scope.split(), note.requested, self.client)
        return needs_of(self.client, asked)


async def by_session(session: Session | None, entry: Entry, state: State) -> Response | None:
    """Send the person of a session on to the client with a code, if the session will do for it.

    Answers None if they have to go to Discord. Where no page is wanted (``prompt=none``), the
    client hears why it will not do.

    Raises:
        LoginDenied: they are not let in, but may do something about it.
        TemporarilyUnavailable: Discord or the store gave no usable answer.
    """
    note = entry.note
    try:
        return await _enter(_suitable(session, entry, state), entry, state)
    except (LoginRequired, ConsentRequired) as refusal:
        if not note.silent:
            return None
        return note.asker.refuse(refusal)


def account_of(session: Session) -> User:
    """Answer what Discord last said of the person."""
    return User.model_validate_json(session.account.user)


def excludes(session: Session, client: Client, hints: Hints, state: State) -> bool:
    """Whether an application means somebody else, as far as the session tells."""
    account = account_of(session)
    return hints.exclude(account, state.subjects.find(account, client))


def told(user: User, scopes: frozenset[str], now: float) -> Account:
    """Answer what a session keeps of what Discord has just said with some scopes."""
    # What is unsaid stays so.
    return Account(user.model_dump_json(exclude_unset=True), scopes & OF_ACCOUNT, int(now))


def _suitable(session: Session | None, entry: Entry, state: State) -> Session:
    """Answer the session, if it says who it is in the way in which the client wants to know it."""
    now = state.clock()
    if session is None:
        raise LoginRequired("nobody is signed in in this browser")
    # A code has to be redeemed before it ends.
    if session.expires_at - ABOUT_TO_END <= now:
        raise LoginRequired("the session is about to end")
    # A clock may have been set back, and then nobody knows how long ago it was.
    if entry.max_age is not None and not 0 <= now - session.auth_time <= entry.max_age:
        raise LoginRequired("the person has signed in longer ago than max_age")
    if excludes(session, entry.client, entry.hints, state):
        raise LoginRequired(_ANOTHER)
    return session


async def _enter(session: Session, entry: Entry, state: State) -> Response:
    client, note = entry.client, entry.note

    # 1. Who they are now.
    with state.discord.deadline():
        tokens, fetched, account = await _ask(session, entry, state)

    # 2. Whether they may.
    try:
        policies.admit(fetched.person, client, state.clock())
        subject = state.subjects.of(fetched.person.user, client)
    except AccessDenied as refusal:
        if refusal.solvable and not note.silent and not entry.has_page:
            # The cookie of logins is gone by which the page's link comes back.
            raise LoginRequired("the person has to sign in again") from None
        await state.logout.turn_away(session.person, client, refusal.policies)
        return await denied(note, fetched.person, refusal, client, state)

    # They may be called otherwise than the session knew.
    if entry.hints.surely_exclude(fetched.person.user, subject):
        raise LoginRequired(_ANOTHER)

    # 3. Whether they want to.
    consents = state.store.consents
    if not entry.consented and await has_to_ask(note, client, session.person, consents):
        return ask(note, session, state)

    # 4. The code, and what will be redeemed for it.
    code = _code(session, entry, subject)
    exchanged = Exchanged("", None, 0, " ".join(tokens.scopes), None).holding(fetched)
    expires = int(state.clock() + code.lifetime(client))
    new = session_logins.NewCode(code.id, state.sealer.seal(exchanged), expires)
    kept = new if note.asks_for("code") else None
    entered = session_logins.Entry(client.id, subject, kept, fetched.learnt)
    arrived = Arrived(code, client, fetched.person, tokens.scopes)
    structlog.contextvars.bind_contextvars(by="session")
    try:
        await state.store.session_logins.enter(session, entered, account)

        # 5. To the application.
        return await welcome(note, arrived, state)
    except InvalidGrant as ended:
        raise LoginRequired(ended.description) from ended


async def _ask(
    session: Session, entry: Entry, state: State
) -> tuple[StoredTokens, Fetched, Account]:
    """Ask for what is needed, with Discord's tokens that the session has kept."""
    client, needs, now = entry.client, entry.needs, state.clock()
    kept = _kept(session, client, needs, state)
    credentials = Credentials(client, None, entry.caller)
    known = Known(kept, await _pair(session, needs, state))
    grant = _grant(session, entry, known.pair)
    try:
        tokens, fetched = await ask_discord(grant, credentials, state, known=known)
    except InvalidGrant as gone:
        await state.logout.end(Which(session=session.id))
        raise LoginRequired("Discord no longer lets us know who the person is") from gone
    if not needs.discord_scopes <= tokens.scopes:
        raise ConsentRequired("the person has to allow more at Discord")
    if kept is not None:
        return tokens, fetched, session.account
    return tokens, fetched, told(fetched.person.user, tokens.scopes, now)


async def _pair(session: Session, needs: Needs, state: State) -> StoredTokens | None:
    """Answer the pair of Discord's tokens that tells most of what is needed, if any is left."""
    wanted = needs.discord_scopes
    pair = await state.store.discord_tokens.find(session.application, session.person, wanted)
    if pair is not None and not wanted <= pair.scopes:
        # Discord is not asked in vain.
        raise ConsentRequired("the person has to allow more at Discord")
    return pair


def _grant(session: Session, entry: Entry, pair: StoredTokens | None) -> Grant:
    """Answer the grant that is about to be, for which Discord is asked."""
    return Grant(
        client_id=entry.client.id,
        application=session.application,
        person=session.person,
        issuer=session.issuer,
        scopes=tuple(entry.note.scope.split()),
        requested=entry.note.requested,
        claims={},
        claims_at=0,
        auth_time=session.auth_time,
        expires_at=session.expires_at,
        secret_hash=None,
        discord_scopes=pair.scopes if pair is not None else frozenset(),
    )


def _kept(session: Session, client: Client, needs: Needs, state: State) -> Remembered[User] | None:
    """Answer what Discord has said of the account, if it is new enough and nobody may be refused.

    It must have been asked with all that it needs to tell of the account.
    """
    account = session.account
    age = abs(state.clock() - account.asked_at)
    is_fresh = age < state.settings.discord_cache.total_seconds()
    if not is_fresh or client.access.has_conditions:
        return None
    if not needs.discord_scopes & OF_ACCOUNT <= account.scopes:
        return None
    return Remembered(account_of(session), age)


def _code(session: Session, entry: Entry, subject: str) -> CodeNote:
    came = Came(
        login=None,
        discord_code=None,
        auth_time=session.auth_time,
        caller=entry.caller,
        session=session.id,
        session_ends=session.expires_at,
        subject=subject,
    )
    return CodeNote.of(entry.note, secrets.token_urlsafe(16), came)
