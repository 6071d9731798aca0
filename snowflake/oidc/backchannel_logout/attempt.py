"""One try to tell a client that somebody has signed out."""

from http import HTTPStatus
from typing import Final, Literal, NamedTuple

import httpx

from snowflake.outbound.failures import NoAnswer
from snowflake.outbound.sending import send

#: Seconds for a whole try, and bytes of an answer, of which nothing is read but its status.
SECONDS: Final = 5.0
MAX_ANSWER: Final = 65_536
#: The second is what some frameworks make of the first where there is no body (section 2.8).
_HEARD: Final = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})


class Attempt(NamedTuple):
    """What came of a try. The client ``refused`` if it takes no such token. ``reason`` is why."""

    outcome: Literal["delivered", "refused", "failed"]
    reason: str = ""


async def attempt(transport: httpx.AsyncBaseTransport, uri: str, token: str) -> Attempt:
    """Send a logout token to a client's server (sections 2.5 and 2.8), which leads nowhere else."""
    request = httpx.Request("POST", uri, data={"logout_token": token})
    try:
        answer = await send(transport, request, seconds=SECONDS, size=MAX_ANSWER)
    except NoAnswer as failure:
        return Attempt("failed", str(failure))
    if answer.status_code in _HEARD:
        return Attempt("delivered")
    reason = f"it answers with status {answer.status_code}"
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        return Attempt("refused", reason)
    return Attempt("failed", reason)
