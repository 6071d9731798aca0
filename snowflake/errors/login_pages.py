"""What stops a login and is told to the person, as a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from snowflake.errors.root import SnowflakeError


class Back(NamedTuple):
    """Where an application hears something: a link that leads there, or a form with ``fields``."""

    uri: str
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """Where somebody can go whose login cannot go on.

    ``application`` is what people know the client by. ``again`` is Discord's page for the same
    request, ``back`` a place of the client's own; None where nobody vouches for one.
    """

    application: str
    back: Back | None = None
    again: str | None = None


class LoginError(SnowflakeError):
    """A login that cannot go on: a page for the person.

    It has ``ways`` on for a registered client alone. Of a Discord application nobody but Discord
    can say where it is.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str]
    explanation: ClassVar[str]
    advice: ClassVar[str] = "Go back to where you came from and sign in again. Nothing is lost."

    def __init__(self, ways: Ways | None = None) -> None:
        super().__init__(type(self).__name__)
        self.ways = ways


class LoginExpired(LoginError):
    """The login note is older than ``LOGIN_LIFETIME``."""

    title = "That took a little too long"
    explanation = "For your safety a login has to be finished within half an hour."


class LoginSignedOut(LoginError):
    """The session in which the login waited for an answer is no more, or another's is there."""

    title = "You are not signed in here any more"
    explanation = (
        "Since this page was loaded, you have signed out in this browser, your sign-in has run "
        "out, or somebody else has signed in."
    )


class LoginUnknown(LoginError):
    """The login note is missing, altered, or was sealed by another Snowflake."""

    title = "We don't recognise this login"
    explanation = (
        "The link that brought you here is incomplete or was changed on its way, or it belongs to "
        "a login that began somewhere else."
    )


class LoginElsewhere(LoginError):
    """The login note belongs to another browser, or this browser kept no cookie."""

    title = "This login can't be finished here"
    explanation = (
        "Your browser has no cookie of ours for this login. Either it blocks our cookies, or the "
        "login began in another browser."
    )
    advice = (
        "Allow cookies for this site, then go back to where you came from and sign in again. If "
        "somebody sent you this link, do not use it: they may have tried to sign you in as "
        "themselves."
    )


class LoginSpent(LoginError):
    """The login has been finished, or Discord knows of it no more."""

    title = "This login is over"
    explanation = "It has been finished already, or Discord has forgotten about it."
