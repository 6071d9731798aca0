"""Whether the person has allowed all that was asked for.

Scopes stand in the address bar before the person, who may take one out. Without one of them they
would keep a role for ever, or have no claim that speaks against them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from snowflake.errors import UpstreamMisconfigured, UpstreamNarrowed
from snowflake.upstream.answer import Tokens
from snowflake.upstream.discovery import Provider

#: The scope whose absence shows by itself: without it there is no ID token.
SHOWS_ITSELF: Final = "openid"
#: The one that shows by the refresh token that comes or does not.
FOR_LATER: Final = "offline_access"


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked for: ``scopes``, and claims without which nobody is taken."""

    scopes: tuple[str, ...]
    required_claims: tuple[str, ...] = ()


def check_scope(demands: Demands, provider: Provider, tokens: Tokens, *, pushed: bool) -> None:
    """Pass, unless a scope is missing that the provider could have given (RFC 6749, section 5.1).

    An answer that names no scope has granted all that the provider was asked for. That is what we
    asked for only if the request was ``pushed``: else it went through the browser, and what came
    of it on the way is unknown. Then the required claims have to show it.

    Raises:
        UpstreamNarrowed: one is missing.
        UpstreamMisconfigured: nobody can tell.
    """
    asked, supported = set(demands.scopes), provider.scopes_supported
    if tokens.scope is None and not pushed and not demands.required_claims:
        unknown = asked - {SHOWS_ITSELF, FOR_LATER}
        if unknown:
            raise UpstreamMisconfigured(
                "token",
                f"does not say whether {' '.join(sorted(unknown))} was granted, and takes no "
                "pushed requests; set required_claims to claims that come by them for everybody",
            )
    granted = asked if tokens.scope is None else set(tokens.scope.split())
    if not tokens.refresh_token:
        granted = granted - {FOR_LATER}
    # One that says nothing of what it supports is taken to support what it is asked for.
    missing = (asked if supported is None else asked.intersection(supported)) - granted
    if missing:
        raise UpstreamNarrowed(
            "token",
            f"was given without {' '.join(sorted(missing))}; if the provider does not know it, "
            "take it out of scopes",
        )


# Claims may be of any type.
def check_claims(demands: Demands, claims: Mapping[str, Any]) -> None:
    """Pass, unless a required claim is missing.

    Raises:
        UpstreamNarrowed: it is.
    """
    missing = _missing(demands.required_claims, claims)
    if missing:
        raise UpstreamNarrowed("userinfo", f"says nothing of {' '.join(missing)}")


def _missing(required: Collection[str], claims: Mapping[str, Any]) -> list[str]:
    return [name for name in required if claims.get(name) is None]
