"""What people read of an OAuth error: what happened, why, and what to do next."""

from datetime import UTC, datetime
from math import ceil

from snowflake.errors import (
    Busy,
    DiscordDown,
    NotServed,
    OAuthError,
    SentFromElsewhere,
    StaleAnswer,
    StoreDown,
    TemporarilyUnavailable,
    TooManyRequests,
    UnauthorizedClient,
    UnregisteredRedirect,
)
from snowflake.web.pages import Message

#: Seconds from which a wait is told in minutes.
MINUTE = 60
#: Title and advice for a kind of error, and for whatever is of that kind and has none of its own.
_FOR_PEOPLE: dict[type, tuple[str, str]] = {
    NotServed: (
        "Sign-in is not set up for this address",
        "If you run it, 'snowflake guide operations' says how. If not, tell whoever does.",
    ),
    UnauthorizedClient: (
        "The service that you came from may not sign people in here",
        "If you run this one, allow it with SNOWFLAKE_ALLOWED_CLIENTS or in snowflake.toml.",
    ),
    UnregisteredRedirect: (
        "The service that you came from is not set up right",
        "Give whoever runs this sign-in service the reference below: its log says what to mend.",
    ),
    StaleAnswer: (
        "Nothing has changed",
        "Load the page once more.",
    ),
    SentFromElsewhere: (
        "Nothing has changed",
        "If you pressed a button of ours, go back and load its page once more. If not, close this.",
    ),
    Busy: (
        "This can't be done right now",
        "Wait {wait}, then try again: it goes on from here.",
    ),
    StoreDown: (
        "This sign-in service can't ask its database right now",
        "Wait {wait}, then try again: it goes on from here.",
    ),
    DiscordDown: (
        "Discord is not answering",
        "Try again in half a minute: your login goes on from here once Discord is back.",
    ),
    TooManyRequests: (
        "Please wait a few minutes",
        "Wait {wait}, then try again. If this login is over by then, go back and sign in anew.",
    ),
    TemporarilyUnavailable: (
        "Discord can't be asked right now",
        "Wait {wait}, then try again: your login goes on from here.",
    ),
    OAuthError: (
        "The service that you came from sent a request that is not right",
        "You can't mend this yourself. Give whoever runs that service the reference below.",
    ),
}


def message_of(error: OAuthError) -> Message:
    """Answer the message of an error, by the nearest kind that has one."""
    title, advice = next(_FOR_PEOPLE[kind] for kind in type(error).__mro__ if kind in _FOR_PEOPLE)
    return Message(title, _explanation(error), advice.replace("{wait}", _wait(error)))


def _explanation(error: OAuthError) -> str:
    if not isinstance(error, DiscordDown):
        return f"The reason: {error.description.rstrip('.')}."
    since = datetime.fromtimestamp(error.since, UTC)
    return f"It has answered nobody since {since:%H:%M} UTC, {_ago(error.lasting)} ago."


def _wait(error: OAuthError) -> str:
    seconds = error.retry_after if isinstance(error, TemporarilyUnavailable) else 0
    return "a moment" if seconds <= MINUTE else f"{ceil(seconds / MINUTE)} minutes"


def _ago(seconds: int) -> str:
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return "less than a minute"
