"""What stops linking, or unlinking, and is told to the person, as a page."""

from typing import ClassVar

from snowflake.errors.root import SnowflakeError


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
