"""Whether the servers of registered clients can be told of logouts."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.outbound.failures import NoAnswer

#: No token at all, so that nobody is signed out by it: a good server answers 400.
NO_TOKEN: Final = b"logout_token=snowflake-doctor"
UNREACHED: Final = "Mend backchannel_logout_uri, or let this machine reach it."
ODD: Final = (
    "It should answer 400 to what is no token. Look whether backchannel_logout_uri is right, and "
    "lets Snowflake pass without a login."
)


async def logouts(connections: Connections) -> AsyncIterator[Finding]:
    """Send each server a token that is none (OpenID Connect Back-Channel Logout 1.0, section 2.8).

    A GET would tell less: most servers answer it 404 or 405.
    """
    clients = connections.settings.clients
    wanting = [
        (client.id, client.backchannel_logout_uri)
        for client in clients
        if client.backchannel_logout_uri is not None
    ]
    if not wanting or not connections.settings.session_lifetime:
        return
    asked = (_ask(client_id, uri, connections) for client_id, uri in wanting)
    for finding in await asyncio.gather(*asked):
        yield finding


async def _ask(client_id: str, uri: str, connections: Connections) -> Finding:
    subject = f"client {client_id}"
    try:
        answer = await connections.post(uri, NO_TOKEN)
    except NoAnswer as failure:
        text = f"its server is not told of logouts: nothing answers at {uri} ({failure})"
        return Finding(Status.WARNING, subject, text, failure.cure or UNREACHED)
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        return Finding(Status.OK, subject, f"its server can be told of logouts at {uri}")
    text = f"{uri} answers with status {answer.status_code} to a logout token that is none"
    return Finding(Status.WARNING, subject, text, ODD)
