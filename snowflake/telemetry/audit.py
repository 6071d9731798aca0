"""The audit log: one line for each thing that somebody may have to account for.

It is written among the other lines, whatever their level. Nothing in it is a secret. ``logs`` takes
the person out of it, unless they are wanted.
"""

from collections.abc import Mapping
from typing import Final, Literal

import structlog

Event = Literal[
    "login",
    "refresh",
    "client_login",
    "userinfo",
    "revocation",
    "introspection",
    "assertion",
    "logout",
    "watch",
    "backchannel_logout",
    "link",
    "unlink",
    "link_sync",
    "hook",
    "deauthorization",
    "key_rotation",
    "export",
    "purge",
    "configuration_changed",
]
#: What is written, and what its ``outcome`` may be.
EVENTS: Final[Mapping[Event, str]] = {
    "login": "somebody signs in: `completed`, or the error with which it ended",
    "refresh": "a refresh token is used: `completed`, or the error",
    "client_login": "a client gets a token for itself: `completed`, or the error",
    "userinfo": "somebody is asked about anew and loses the login: `access_denied`, or the error",
    "revocation": "a client ends a login: `ended`, or the error",
    "introspection": "a client may not ask about a token: the error",
    "assertion": "a client proves who it is by a token of an `issuer` that it trusts, with which "
    "`subject`: `accepted`",
    "logout": "a session ends before its time: `ended`, or the error",
    "backchannel_logout": "a client's server is told of a logout: `delivered`, or `given_up`",
    "watch": "the bot sees that somebody may not sign in any more: `turned_away`",
    "link": "an account is linked: `linked`, or the error",
    "unlink": "a link is undone: `undone`, `untold` if Discord could not be told, or the error",
    "link_sync": "a link is brought up to date: `unchanged`, `changed`, `ended`, `unasked`, "
    "`elsewhere` or `failed`",
    "hook": "a call of the hook is refused: the error",
    "deauthorization": "Discord says that somebody has removed the application: `ended`, or the "
    "error",
    "key_rotation": "a signing key is made: `announced`, or `signs` at once",
    "export": "what is kept about a person is shown: `shown` or `nothing`",
    "purge": "a person is erased: `erased`",
    "configuration_changed": "a changed file is taken up at SIGHUP, by each process: `taken_up`",
}

# Nothing of it is below a level.
_Everything = structlog.make_filtering_bound_logger(0)


def audit(
    event: Event,
    outcome: str,
    *,
    client: str | None = None,
    person: str | None = None,
    **more: object,
) -> None:
    """Write a line: what happened, how it ended, to which client and with whom.

    ``client`` is a client ID, by default that of the request, as far as it may be logged. What is
    said ``more`` must be no secret and nobody's.
    """
    if client is None:
        client = structlog.contextvars.get_contextvars().get("client_id")
    if person is not None:
        more["person"] = person
    lines = structlog.get_config()["logger_factory"]()
    structlog.wrap_logger(lines, wrapper_class=_Everything).info(
        event, outcome=outcome, client=client, **more
    )
