"""Requests that a page of another site has posted to us.

No cookie travels with them, for ours are for plain navigations only (SameSite=Lax), and so nobody
could know who is signed in in this browser. They are answered by a redirect to ourselves, which
takes along what was posted in a sealed note, and with which the cookies come.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import BadNote, Note
from snowflake.errors import InvalidRequest
from snowflake.protocol.browser import has_cookies
from snowflake.protocol.parameters import Parameters, form, query
from snowflake.state import state_of
from snowflake.uris import with_parameters

#: Where the note stands.
FIELD: Final = "posted"
#: Seconds from the redirect to the request that follows it.
LIFETIME: Final = 60
#: Characters of a note that servers and proxies take in an address.
ROOM: Final = 6000


@dataclass(frozen=True)
class Posted(Note):
    """What was posted, and to which path."""

    purpose: ClassVar[str] = "posted 1"

    path: str
    fields: tuple[tuple[str, str], ...]


async def sent_to(request: Request, longest: int) -> Parameters | Response:
    """Read what was sent by a query string, by a form of at most ``longest`` bytes, or before.

    Answers a redirect in place of what was posted without any cookie of ours, where sessions are
    kept. What is too long for an address is read as it is.

    Raises:
        InvalidRequest: as ``query`` and ``form`` do, or the note is not one of ours.
    """
    state, path = state_of(request), request.scope["path"]
    if request.method != "POST":
        params = query(request)
        sealed = params.get(FIELD)
        return params if sealed is None else _resumed(sealed, request)
    params = await form(request, longest)
    if has_cookies(request) or not state.registry.keeps_sessions:
        return params
    note = state.sealer.seal(Posted(path, params.pairs), state.clock())
    if len(note) > ROOM:
        return params
    location = with_parameters(state.settings.path + path, {FIELD: note})
    return Response(status_code=303, headers={"Location": location})


def _resumed(sealed: str, request: Request) -> Parameters:
    state = state_of(request)
    try:
        posted = state.sealer.open(Posted, sealed, LIFETIME, state.clock())
    except BadNote as error:
        raise InvalidRequest("the request has expired; begin anew") from error
    if posted.path != request.scope["path"]:
        raise InvalidRequest("the request was meant for another endpoint")
    return Parameters((name, value) for name, value in posted.fields)
