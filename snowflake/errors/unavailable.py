"""What cannot be answered now, and may be later: errors that say when to come back."""

from collections.abc import Mapping

from snowflake.errors.oauth import OAuthError


class TemporarilyUnavailable(OAuthError):
    """Discord or the store cannot be asked right now.

    ``retry_after`` is in whole seconds; ``cause`` is for whoever runs Snowflake alone. ``answered``
    tells that Discord did answer, but nothing that can be used.
    """

    code = "temporarily_unavailable"
    status = 503

    def __init__(
        self,
        description: str,
        retry_after: int = 5,
        cause: str | None = None,
        *,
        answered: bool = False,
    ) -> None:
        super().__init__(description)
        self.retry_after = retry_after
        self.cause = cause
        self.answered = answered

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come back (RFC 9110, section 10.2.3)."""
        return {"Retry-After": str(self.retry_after)}


class DiscordDown(TemporarilyUnavailable):
    """Discord answers nobody. It is not asked before ``retry_after``.

    ``since`` is the Unix time at which it failed first, ``lasting`` the seconds from then on.
    """

    def __init__(
        self, description: str, retry_after: int = 5, *, since: int = 0, lasting: int = 0
    ) -> None:
        super().__init__(description, retry_after)
        self.since = since
        self.lasting = lasting


class Busy(TemporarilyUnavailable):
    """The same is being done already, or too much of it, and did not end in time.

    Nothing is out of order: whoever asked comes again.
    """


class KeyMissing(Busy):
    """The key by which to sign is still being made, for a configuration that is new."""


class StoreDown(TemporarilyUnavailable):
    """The store does not answer, or not in time, or what it holds cannot be read."""


class StoreRefused(StoreDown):
    """The database turns Snowflake away, and will until somebody mends what ``cause`` tells."""


class TooManyRequests(TemporarilyUnavailable):
    """Too much was tried in vain: client credentials, codes that Discord did not make, the hook.

    To ask Discord about more could have our address banned or keep others waiting, and to look into
    more here would take too much of a processor's time or have a secret guessed.
    """

    status = 429
