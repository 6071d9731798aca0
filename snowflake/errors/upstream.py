"""The OpenID provider behind linked roles is of no use now."""

from typing import Literal

from snowflake.errors.root import SnowflakeError

#: What was asked of the upstream provider, or read of it, when it was of no use.
UpstreamStep = Literal["discovery", "jwks", "par", "token", "ID token", "userinfo", "revocation"]


class UpstreamError(SnowflakeError):
    """The OpenID provider behind linked roles is of no use now.

    ``step`` says where, and callers go by it. ``cause``, the step and the ``reason`` in words, is
    for whoever runs Snowflake to read, and holds nothing that was sent.
    """

    def __init__(self, step: UpstreamStep, reason: str) -> None:
        super().__init__(step, reason)
        self.step, self.cause = step, f"{step}: {reason}"

    def __str__(self) -> str:
        return self.cause


class UpstreamDown(UpstreamError):
    """It does not answer, or nothing that can be used. Another try may do."""


class UpstreamRefused(UpstreamError):
    """It takes the code or the refresh token no more, or the person is disabled there."""


class UpstreamNarrowed(UpstreamError):
    """The person has allowed less than was asked for, and values could turn out in their favour."""


class UpstreamMisconfigured(UpstreamError):
    """It and Snowflake are not configured for each other; another try will not do."""


class UpstreamUntrusted(UpstreamError):
    """Its ID token or UserInfo is not what it has to be. Nothing of it may be used."""


class UpstreamUnasked(UpstreamUntrusted):
    """A key is unknown that may be new, and nothing is fetched before some seconds to ``wait``."""

    def __init__(self, step: UpstreamStep, reason: str, wait: int) -> None:
        super().__init__(step, reason)
        self.wait = wait
