"""Beginning a session, as soon as Discord has vouched for somebody who goes to a registered client.

Every login gives the browser a new identifier, whatever it has brought, so that nobody's session
can be planted in it.
"""

from dataclasses import replace
from typing import NamedTuple

from snowflake.oidc.newcomers import Newcomer
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.single_sign_on import told
from snowflake.protocol.session_cookie import new_identifier
from snowflake.state import State
from snowflake.store.codes import Reservation
from snowflake.store.session_logins import Arrival, Left
from snowflake.store.sessions import Session


class Begun(NamedTuple):
    """A session that goes on from now, and the identifier by which the browser proves it."""

    session: Session
    identifier: str


async def begin_session(
    note: LoginNote,
    newcomer: Newcomer[Reservation],
    subject: str,
    previous: str | None,
    state: State,
) -> Begun | None:
    """Begin or renew the session of whoever has come back; None if sessions are not kept.

    Discord's tokens are kept with it, so that the next client can be served by them; and in the
    same moment our code is given back, with what Discord gave for its own and the session's ID, for
    whoever redeems it. ``subject`` is the name by which this one knows them, ``previous`` the
    identifier that the browser has brought.

    Raises:
        InvalidGrant: this login has begun a session before, which has ended.
        TemporarilyUnavailable: the store cannot be reached.
    """
    code, exchanged, fetched = newcomer
    lifetime, application = state.settings.session_lifetime, state.registry.application
    if not lifetime or application is None:
        return None
    now, user = int(state.clock()), fetched.person.user
    session = Session(
        application=application,
        person=user.id,
        issuer=note.issuer,
        browser=note.browser,
        auth_time=now,
        began_at=now,
        used_at=now,
        expires_at=now + int(lifetime.total_seconds()),
        account=told(user, exchanged.scopes, now),
    )
    tokens = exchanged.stored(application, user.id)

    def sealed(session_id: str) -> str:
        return state.sealer.seal(replace(exchanged, session=session_id))

    left = Left(code, sealed)
    arrival = Arrival(note.client_id, subject, tokens, fetched.learnt, exchanged.session, left)
    identifier = new_identifier()
    begun = await state.store.session_logins.begin(
        session, identifier, previous, arrival, told=state.logout.told
    )
    if previous is not None and begun.id == session.id:
        # It may have ended somebody else's, of which clients are to hear.
        state.logout.due.set()
    return Begun(begun, identifier)
