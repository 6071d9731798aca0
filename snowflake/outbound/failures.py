"""How a request ends that gets no answer: each way a caller may have to know from the others."""

from snowflake.outbound.reasons import cure_of, reason_of


class NoAnswer(Exception):
    """A request got no whole answer. The text says why, and holds nothing that was sent.

    ``cure`` is what mends it, None if nothing that is known does.
    """

    def __init__(self, reason: str, cure: str | None = None) -> None:
        super().__init__(reason)
        self.cure = cure

    @classmethod
    def because_of(cls, error: BaseException) -> "NoAnswer":
        """Make one of what an HTTP library has raised."""
        return cls(reason_of(error), cure_of(error))


class NeverArrived(NoAnswer):
    """Nobody has seen the request. Sent again, it does nothing twice."""


class TooSlow(NoAnswer):
    """The whole answer was not there in time, however fast its pieces came."""


class Dropped(NoAnswer):
    """The connection ended before an answer began, or what came is no HTTP."""


class Truncated(NoAnswer):
    """The answer ended before its end."""


class Undecodable(NoAnswer):
    """The answer is packed as it was asked to be, and cannot be unpacked."""


class TooLarge(NoAnswer):
    """There is more of the answer than is read, packed or unpacked."""
