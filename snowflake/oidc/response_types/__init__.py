"""The response types: what an application gets from the authorization endpoint.

A response type is made up of words, one file each: a new one is one file and one line here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from starlette.responses import Response

from snowflake.oidc.notes import LoginNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.response_types.code import with_code
from snowflake.oidc.response_types.device import to_our_page
from snowflake.oidc.response_types.front import Arrived, Front, front_of
from snowflake.oidc.response_types.id_token import with_id_token
from snowflake.oidc.response_types.requested import CODE
from snowflake.oidc.response_types.token import with_token
from snowflake.state import State

#: From what an answer is made of to its parameters, in the order in which they are made: an ID
#: token is tied to the others.
PARTS: Final[Mapping[str, Callable[[Front, State], Awaitable[dict[str, str]]]]] = {
    "code": with_code,
    "token": with_token,
    "id_token": with_id_token,
}


async def welcome(note: LoginNote, arrived: Arrived, state: State) -> Response:
    """Send somebody on to the application with what it has asked for.

    Who comes to let a device sign in is asked about it first.

    Raises:
        InvalidGrant: they have signed out meanwhile, or Discord does not let us know who it is.
        TemporarilyUnavailable: the store cannot be reached.
    """
    if note.device is not None:
        return to_our_page(note, note.device, arrived, state)
    if note.response_type == CODE:
        return note.asker.answer(code=state.sealer.seal(arrived.code, state.clock()))
    front = front_of(arrived, state.clock(), in_uri=note.response_mode != "form_post")
    for word, part in PARTS.items():
        if note.asks_for(word):
            front = replace(front, answered={**front.answered, **await part(front, state)})
    if not note.asks_for(CODE):
        # Else the login is over when its code is redeemed.
        login_ended("completed", person=arrived.person.user.id)
    return note.asker.answer(**front.answered)
