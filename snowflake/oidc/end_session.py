"""What somebody asks for who signs out (OpenID Connect RP-Initiated Logout 1.0, section 2)."""

from dataclasses import dataclass
from typing import ClassVar

from snowflake.crypto.sealing import BadNote, Note, Sealer
from snowflake.errors import InvalidRequest, StaleAnswer
from snowflake.oidc import redirects
from snowflake.oidc.clients import find_client
from snowflake.oidc.tokens.id_token import BAD_HINT, IdToken, read_hint
from snowflake.protocol.bounds import MAX_CLIENT_ID, MAX_REDIRECT_URI, MAX_STATE, MAX_TOKEN
from snowflake.protocol.parameters import Parameters
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.sessions import Session
from snowflake.uris import with_parameters

#: Seconds for which our page waits for an answer to its question.
ASKING = 1800


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request: of whom, if it says so, and where the person is to go back to, if anywhere."""

    client: Client | None
    hint: IdToken | None
    back: str | None

    def proves(self, session: Session) -> bool:
        """Whether it comes with an ID token of this very session, which a stranger has not got.

        A session is one person's for as long as it lives, whatever they were called when the client
        was told, so that its name says who they are.
        """
        if self.hint is None or self.hint.sid is None:
            return False
        return self.hint.sid == session.sid(self.hint.client_id)


@dataclass(frozen=True)
class LogoutNote(Note):
    """What our page asks about, so that nobody else can answer for the person.

    It is for one session, nothing if there is none, and one way back.
    """

    purpose: ClassVar[str] = "logout 1"

    session: str | None
    client_id: str | None
    back: str | None


async def logout_request(params: Parameters, state: State) -> LogoutRequest:
    """Read a request, and check where it leads. A hint may have expired.

    Raises:
        InvalidRequest: nobody knows whose client it is of whom somebody is to go back, or the URI
            is not one of that client's, or the hint is another client's.
        UnauthorizedClient: that client may not use this Snowflake.
    """
    sent = params.at_most("post_logout_redirect_uri", MAX_REDIRECT_URI)
    client_id, hint = params.at_most("client_id", MAX_CLIENT_ID), await _hint(params, state)
    if hint is not None and client_id not in {None, hint.client_id}:
        raise InvalidRequest("id_token_hint was issued to another client")
    client_id = hint.client_id if hint is not None else client_id
    if sent is None:
        return LogoutRequest(state.registry.find(client_id or ""), hint, None)
    if client_id is None:
        # A hint of a key that is gone proves nothing any more, but is no reason to stay signed in.
        missing = (
            BAD_HINT if params.get("id_token_hint") else "client_id or id_token_hint is missing"
        )
        raise InvalidRequest(missing)
    client = find_client(client_id, state.registry)
    return LogoutRequest(client, hint, _back(sent, client, params, state.settings))


def note_of(request: LogoutRequest, session: Session | None, sealer: Sealer, now: float) -> str:
    """Seal what our page asks about."""
    client_id = request.client.id if request.client is not None else None
    note = LogoutNote(session.id if session is not None else None, client_id, request.back)
    return sealer.seal(note, now)


def answered(sealed: str, sealer: Sealer, now: float) -> LogoutNote:
    """Open the note that comes back from our page.

    Raises:
        StaleAnswer: it was not made here, or long ago.
    """
    try:
        return sealer.open(LogoutNote, sealed, ASKING, now)
    except BadNote as error:
        raise StaleAnswer("the page was loaded too long ago") from error


async def _hint(params: Parameters, state: State) -> IdToken | None:
    hint = params.at_most("id_token_hint", MAX_TOKEN)
    if hint is None:
        return None
    try:
        return await read_hint(hint, state)
    except ValueError:
        return None


def _back(sent: str, client: Client, params: Parameters, settings: Settings) -> str | None:
    # Whoever has none registered has perhaps only read of this endpoint.
    known = client.registered.post_logout_redirect_uris if client.registered is not None else ()
    if not known:
        return None
    redirects.check_known("post_logout_redirect_uri", sent, known, settings)
    return with_parameters(sent, {"state": params.at_most("state", MAX_STATE)})
