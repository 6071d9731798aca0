"""Asking the person on a page of our own what an application may learn (``consent`` of a client).

The page comes after the gates and before the code, and with a session alone: whoever has just come
back from Discord has one, and goes on by it once they have answered.
"""

from dataclasses import dataclass, fields
from typing import ClassVar

from starlette.responses import Response

from snowflake.errors import ConsentRequired
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.requested_claims import scopes_asked
from snowflake.oidc.scopes import allowed
from snowflake.people.subjects import SUBJECTS
from snowflake.protocol.paths import CONSENT
from snowflake.protocol.redirect import redirect
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.consents import Consents
from snowflake.store.sessions import Session
from snowflake.uris import with_parameters

#: The parameter, and the field of the page, that holds the note.
NOTE = "note"
#: What an application hears of somebody who does not want it.
REFUSED = {"error": "access_denied", "error_description": "The person did not allow it."}


@dataclass(frozen=True)
class ConsentNote(LoginNote):
    """A login that waits for the person's answer, in one session alone."""

    purpose: ClassVar[str] = "consent note 3"

    session: str = ""

    def login_note(self) -> LoginNote:
        """Answer the login."""
        return LoginNote(**{one.name: getattr(self, one.name) for one in fields(LoginNote)})


async def has_to_ask(note: LoginNote, client: Client, person: str, consents: Consents) -> bool:
    """Whether the person has yet to allow what a login asks for.

    Of a device another page asks, always.

    Raises:
        TemporarilyUnavailable: the store cannot be reached.
    """
    if note.device is not None:
        return False
    if client.consent != "once":
        return client.consent == "always"
    if note.asks_consent:
        return True
    return not asked_for(note, client) <= await consents.scopes(person, client.id)


def asked_for(note: LoginNote, client: Client) -> frozenset[str]:
    """Answer the scopes that a login is about.

    Who has allowed that a client knows them, has not allowed that it does so by their address.
    """
    subject = {f"subject:{client.subject}"} if SUBJECTS[client.subject].reveals else set()
    asked = scopes_asked(note.scope.split(), note.requested, client)
    return frozenset(allowed(asked, client)) | subject


def ask(note: LoginNote, session: Session, state: State) -> Response:
    """Send the person to our page, or tell the application that it wanted none."""
    if note.silent:
        required = ConsentRequired("the person has to allow it first")
        return note.asker.refuse(required)
    waiting = ConsentNote(**vars(note), session=session.id)
    sealed = state.sealer.seal(waiting, state.clock())
    return redirect(with_parameters(state.settings.path + CONSENT, {NOTE: sealed}))


def refused(note: LoginNote) -> Response:
    """Tell the application that the person does not want it."""
    login_ended(REFUSED["error"])
    return note.asker.answer(**REFUSED)
