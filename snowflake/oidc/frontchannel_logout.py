"""Telling clients in the browser (OpenID Connect Front-Channel Logout 1.0, section 2)."""

from snowflake.state import State
from snowflake.store.sessions import Session
from snowflake.uris import with_parameters


async def frames_of(session: Session, state: State, client_id: str | None = None) -> list[str]:
    """Answer the URIs that a browser loads, so that clients end what they keep in its cookies.

    They are those of all clients that took part in a session, or of one. It has not ended yet.

    Raises:
        TemporarilyUnavailable: the store cannot be reached.
    """
    frames = []
    for participant in await state.store.sessions.participants(session):
        client = state.registry.find(participant.client_id)
        table = client.registered if client is not None else None
        if client is None or table is None or table.frontchannel_logout_uri is None:
            continue
        if client_id not in {None, participant.client_id}:
            continue
        said = {"iss": client.issuer_below(session.issuer), "sid": participant.sid}
        wanted = said if table.frontchannel_logout_session_required else {}
        frames.append(with_parameters(table.frontchannel_logout_uri, wanted))
    return frames
