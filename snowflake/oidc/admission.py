"""Letting a person in to a registered client, as soon as they are back from Discord."""

from typing import NamedTuple

from starlette.responses import Response

from snowflake.errors import AccessDenied, InvalidGrant, LoginSpent
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.denial import denied
from snowflake.oidc.hints import Hints
from snowflake.oidc.newcomers import newcomer
from snowflake.oidc.notes import CodeNote, LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.sessions import Begun, begin_session
from snowflake.oidc.ways import OVER, ways_here
from snowflake.people import policies
from snowflake.people.person import Person
from snowflake.state import State
from snowflake.store.codes import CodeSpent

#: What an application hears where somebody else has come than was meant.
ANOTHER = {
    "error": "login_required",
    "error_description": "Somebody else has signed in than the hint names.",
}


class Admitted(NamedTuple):
    """Somebody who is let in, and their session, if sessions are kept.

    The client knows them by ``subject``; ``discord`` are the scopes that Discord granted.
    """

    person: Person
    subject: str
    discord: frozenset[str]
    session: Begun | None


async def admit(
    note: LoginNote,
    code: CodeNote,
    credentials: Credentials,
    previous: str | None,
    state: State,
) -> Response | Admitted:
    """Ask Discord who has come back, and keep what it says with our code until it is redeemed.

    Answers them if they are let in, else what the application hears at once: where the person can
    do nothing about it, or nobody is there to read a page. ``previous`` is the identifier of the
    session that this browser has had.

    Raises:
        LoginSpent: the code has been redeemed, or Discord does not accept its own, or the person
            has signed out since this very login.
        LoginDenied: they are not let in, but may do something about it.
        TemporarilyUnavailable: Discord or the store gave no usable answer. Nothing is lost.
    """
    client = credentials.client
    try:
        came = await newcomer(code, credentials, state, redeeming=False)
    except (CodeSpent, InvalidGrant) as error:
        if note.silent:
            return _answered(note, OVER)
        raise LoginSpent(ways_here(note, state)) from error
    exchanged, fetched = came.exchanged, came.fetched
    user, session = fetched.person.user, None
    try:
        known = state.subjects.find(user, client)
        if Hints(tuple(note.hinted), note.login).surely_exclude(user, known):
            return _answered(note, ANOTHER)
        policies.admit(fetched.person, client, state.clock())
        subject = state.subjects.of(user, client)
        came = came._replace(exchanged=exchanged.holding(fetched))
        session = await begin_session(note, came, subject, previous, state)
    except AccessDenied as refusal:
        return await denied(note, fetched.person, refusal, client, state)
    except InvalidGrant as ended:
        raise LoginSpent(ways_here(note, state)) from ended
    finally:
        # Whoever was not let in is asked about anew when they load the page again. A session has
        # released it already.
        if session is None:
            await state.store.codes.release(came.code, state.sealer.seal(came.exchanged), user.id)
    return Admitted(fetched.person, subject, exchanged.scopes, session)


def _answered(note: LoginNote, answered: dict[str, str]) -> Response:
    login_ended(answered["error"])
    return note.asker.answer(**answered)
