"""What goes wrong on the way, as what the person is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from snowflake.errors import (
    DiscordDown,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    LinkCancelled,
    LinkError,
    LinkLimited,
    LinkMisconfigured,
    LinkRefused,
    LinkSpent,
    LinkUnavailable,
    LinkUnknown,
    OAuthError,
    TemporarilyUnavailable,
    TooManyRequests,
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamNarrowed,
    UpstreamRefused,
    UpstreamUntrusted,
)
from snowflake.protocol.refusals import OPERATORS

_PAGES: Final[tuple[tuple[type[OAuthError | UpstreamError], type[LinkError]], ...]] = (
    (TemporarilyUnavailable, LinkUnavailable),
    (InvalidGrant, LinkSpent),
    (InvalidClient, LinkMisconfigured),
    # They have allowed less than they were asked for.
    (InvalidScope, LinkCancelled),
    # Discord does not take the values: it has other conditions.
    (InvalidRequest, LinkMisconfigured),
    (UpstreamDown, LinkUnavailable),
    (UpstreamRefused, LinkSpent),
    (UpstreamNarrowed, LinkCancelled),
    (UpstreamMisconfigured, LinkMisconfigured),
    (UpstreamUntrusted, LinkMisconfigured),
)

#: Errors of an authorization endpoint (RFC 6749, section 4.1.2.1) that pass by themselves.
_PASSING: Final = frozenset({"server_error", "temporarily_unavailable"})


@contextmanager
def told(platform: str, *, unlinking: bool = False) -> Iterator[None]:
    """Turn what goes wrong in the block into a page, with a way to start again.

    ``platform`` is what the upstream provider is called.
    """
    try:
        yield
    except LinkError as error:
        error.unlinking = unlinking
        raise
    except (OAuthError, UpstreamError) as error:
        if isinstance(error, TooManyRequests):
            limited = LinkLimited(cause=error.description, retry_after=error.retry_after)
            limited.unlinking = unlinking
            raise limited from error
        page = next(page for kind, page in _PAGES if isinstance(error, kind))
        shown = page(_side_of(error, platform), _cause_of(error))
        shown.unlinking = unlinking
        raise shown from error


@contextmanager
def brought() -> Iterator[None]:
    """Turn what is odd about what a browser brings into a page that says so."""
    try:
        yield
    except InvalidRequest as error:
        raise LinkUnknown(cause=error.description) from error


def refusal(code: str, side: str) -> LinkError:
    """Answer the page for an error that one of the two sides has sent the browser back with.

    A code that the standards know is for the log. Any other goes nowhere: anybody can write
    anything there.
    """
    if code == "access_denied":
        return LinkCancelled(side)
    if code in _PASSING:
        return LinkUnavailable(side, "it says so itself")
    if code in OPERATORS:
        return LinkMisconfigured(side, f"sent the person back with {code}")
    return LinkRefused(side, "sent the person back with an error of its own")


def _side_of(error: OAuthError | UpstreamError, platform: str) -> str:
    if isinstance(error, UpstreamError):
        return platform
    # The store may be meant as well.
    known = not isinstance(error, TemporarilyUnavailable) or isinstance(error, DiscordDown)
    return "Discord" if known else "Discord or this sign-in service"


def _cause_of(error: OAuthError | UpstreamError) -> str:
    if isinstance(error, UpstreamError):
        return error.cause
    # Its description is written for whoever reads the log of an application.
    return getattr(error, "cause", None) or error.description
