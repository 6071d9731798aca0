"""Telling clients in the browser (OpenID Connect Front-Channel Logout 1.0, section 2)."""

from collections.abc import Iterable

from snowflake.settings.registry import Registry
from snowflake.store.sessions import Participant
from snowflake.uris import with_parameters


def frames_of(participants: Iterable[Participant], issuer: str, registry: Registry) -> list[str]:
    """Answer the URIs that a browser loads, so that clients end what they keep in its cookies."""
    frames = []
    for participant in participants:
        client = registry.find(participant.client_id)
        table = client.registered if client is not None else None
        if table is None or table.frontchannel_logout_uri is None:
            continue
        said = {"iss": issuer, "sid": participant.sid}
        wanted = said if table.frontchannel_logout_session_required else {}
        frames.append(with_parameters(table.frontchannel_logout_uri, wanted))
    return frames
