"""What stops a login or a link and is told to a person, as a page."""

from dataclasses import dataclass
from typing import ClassVar

from snowflake.errors.root import SnowflakeError


@dataclass(frozen=True, slots=True)
class Ways:
    """Where somebody can go whose login cannot go on.

    ``application`` is what people know the client by. ``again`` is Discord's page for the same
    request, ``back`` a place of the client's own; None where nobody vouches for one.
    """

    application: str
    back: str | None = None
    again: str | None = None


class LoginError(SnowflakeError):
    """A login that cannot go on: a page for the person.

    It has ``ways`` on for a registered client alone. Of a Discord application nobody but Discord
    can say where it is.
    """

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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not sign in.

    ``policy`` is its name in the log, ``sentence`` tells the person what failed and what to do.
    It is ``solvable`` if they can do something about it or wait, ``by_joining`` if that begins
    with joining a guild. Where the sentence asks for just that, ``guilds`` are the IDs of those
    that would do: one of them, or ``every`` one. It is ``untold`` if it may be otherwise, and
    Discord has only not said so.
    """

    policy: str
    sentence: str
    solvable: bool = True
    by_joining: bool = False
    guilds: frozenset[str] = frozenset()
    every: bool = False
    untold: bool = False

    def is_told_by(self, other: "Refusal") -> bool:
        """Whether whoever does what another sentence asks for has joined what this one asks for."""
        if not self.guilds or self.every or not other.guilds:
            return False
        return bool(other.guilds & self.guilds) if other.every else other.guilds <= self.guilds


@dataclass(frozen=True, slots=True)
class Denial:
    """What a person who is not let in can be told.

    ``application`` is what people know it by and ``account`` their username at Discord.
    ``another_account`` is the address of Discord's page for this same login, ``back`` the
    application's own with the error ``access_denied``, and ``invite`` leads into a guild.
    """

    refusals: tuple[Refusal, ...]
    application: str
    account: str
    another_account: str
    back: str
    invite: str | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the person is told, no guild twice."""
        told: list[Refusal] = []
        # What asks for most comes first, and makes what asks for less superfluous.
        for refusal in sorted(self.refusals, key=lambda one: (not one.every, len(one.guilds))):
            if not any(refusal.is_told_by(other) for other in told):
                told.append(refusal)
        return tuple(refusal.sentence for refusal in self.refusals if refusal in told)

    @property
    def policies(self) -> str:
        """The names of the conditions that do not hold, for the log."""
        return ", ".join(refusal.policy for refusal in self.refusals)


class LoginDenied(SnowflakeError):
    """A person who may not sign in, and can do something about it."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.policies)
        self.denial = denial


class LinkError(SnowflakeError):
    """Linking, or unlinking, that cannot go on: a page for the person, and a way to start again.

    ``side`` is who stood in the way, Discord or what the upstream provider is called, and may be
    named by the words. ``cause`` is for the log alone.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str]
    explanation: ClassVar[str]
    advice: ClassVar[str] = "Nothing has been changed. You can start again."

    def __init__(self, side: str = "Discord", cause: str | None = None) -> None:
        super().__init__(type(self).__name__)
        self.side, self.cause = side, cause
        #: Whether the person was about to unlink, and would start there again.
        self.unlinking = False


class LinkExpired(LinkError):
    """The note is older than ``LOGIN_LIFETIME``."""

    title = "That took a little too long"
    explanation = "For your safety each step has to be finished within half an hour."


class LinkUnknown(LinkError):
    """The note is missing, altered, or was sealed by another Snowflake; or the answer is odd."""

    title = "We don't recognise this step"
    explanation = (
        "The address that brought you here is incomplete or was changed on its way, or it belongs "
        "to something that began somewhere else."
    )


class LinkElsewhere(LinkError):
    """The note belongs to another browser, or this browser kept no cookie."""

    title = "This can't be finished here"
    explanation = (
        "Your browser has no cookie of ours for this. Either it blocks our cookies, or you began "
        "in another browser."
    )
    advice = (
        "Allow cookies for this site and start again. If somebody sent you this address, do not "
        "use it: they may have tried to link your account with theirs."
    )


class LinkSpent(LinkError):
    """The step has been done, or the provider knows of it no more."""

    title = "This step is over"
    explanation = "It has been finished already, or {side} has forgotten about it."
    advice = "If you were told that it worked, it did. If not, start again."


class LinkCancelled(LinkError):
    """The person did not allow it."""

    title = "You have cancelled"
    explanation = "You did not allow it at {side}, so nothing has been changed."
    advice = "If you did not mean to, start again."


class LinkRefused(LinkError):
    """The upstream provider, or Discord, does not let this person through."""

    title = "{side} did not let you through"
    explanation = "It reported an error. Your account there may be closed, or not allowed here."
    advice = "Nothing has been changed. Start again with another account, or ask {side} for help."


class LinkUnavailable(LinkError):
    """Discord, the upstream provider or the store gives no usable answer now."""

    status = 503
    title = "This can't be done right now"
    explanation = "{side} gives no usable answer at the moment."
    # An answer may have been lost after the thing was done.
    advice = (
        "We can't tell whether anything has been changed. Wait a minute, then start again: "
        "it does no harm."
    )


class LinkMisconfigured(LinkError):
    """Snowflake and one of the two sides are not set up for each other."""

    status = 502
    title = "This is not set up right"
    explanation = "{side} and this sign-in service do not agree with each other."
    advice = (
        "You can't mend this yourself. Give whoever runs this sign-in service the reference below; "
        "once it is mended you can start again."
    )


class LinkLimited(LinkError):
    """Too many codes have come that Discord did not make. ``retry_after`` is in whole seconds."""

    status = 429
    title = "Please wait a few minutes"
    explanation = (
        "Somebody has tried too often to get in here with something that {side} knows nothing of. "
        "For now only those go on who have been here before in this browser."
    )
    advice = "Nothing has been changed. Wait ten minutes, then start again."

    def __init__(
        self, side: str = "Discord", cause: str | None = None, *, retry_after: int = 0
    ) -> None:
        super().__init__(side, cause)
        self.retry_after = retry_after


class NotLinked(LinkError):
    """There is nothing to unlink."""

    status = 404
    title = "You are not linked"
    explanation = "At {side} there is no account to which your Discord account is linked."
    advice = "There is nothing that you would have to do."
