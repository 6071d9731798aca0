"""Whether Discord answers, and has the same time as we."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime

import httpx

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.outbound.answer import Answer
from snowflake.outbound.failures import NoAnswer

#: A route for which nobody has to sign in, so that no answer counts towards a ban.
PATH = "/gateway"
#: Seconds by which clocks may differ. Applications reject tokens that come from the future.
TOLERANCE = 5


async def discord(connections: Connections) -> AsyncIterator[Finding]:
    """Ask Discord for something that it tells anybody."""
    try:
        response = await connections.ask_discord(PATH)
    except NoAnswer as failure:
        yield Finding(
            Status.FAULT,
            "Discord",
            f"does not answer ({failure})",
            failure.cure or "Let this machine reach it; a proxy is taken from HTTPS_PROXY.",
        )
        return
    yield _answer(response)
    yield _clock(response, connections.clock())


def _answer(response: Answer) -> Finding:
    status = response.status_code
    if status in {httpx.codes.FORBIDDEN, httpx.codes.TOO_MANY_REQUESTS}:
        text = f"turns this address away (status {status})"
        cure = "It may be banned, for an hour or a day; look for what causes refused requests."
        return Finding(Status.FAULT, "Discord", text, cure)
    if response.is_server_error:
        text, cure = f"is out of order (status {status})", "See https://discordstatus.com."
        return Finding(Status.FAULT, "Discord", text, cure)
    if not response.headers.get("content-type", "").startswith("application/json"):
        cure = "Mend SNOWFLAKE_DISCORD_API_URL."
        return Finding(Status.FAULT, "Discord", "is not what answers there", cure)
    return Finding(Status.OK, "Discord", "answers")


def _clock(response: Answer, now: float) -> Finding:
    try:
        theirs = parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return Finding(Status.NOTE, "clock", "could not be compared: Discord told no time")
    # They tell whole seconds.
    off = round(now - theirs)
    if abs(off) <= TOLERANCE:
        return Finding(Status.OK, "clock", "is right")
    text = f"is {abs(off)} seconds {'fast' if off > 0 else 'slow'}"
    return Finding(Status.FAULT, "clock", text, "Let this machine keep time by NTP.")
