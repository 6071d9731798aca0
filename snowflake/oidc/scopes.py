"""What each scope asks of Discord, and which claims it gives (OpenID Connect Core 1.0, section 5).

A new scope is one entry in ``SCOPES``; a new claim is one line in its scope.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from snowflake.discord.cdn import avatar_url
from snowflake.discord.models import Guild, User
from snowflake.errors import InvalidGrant

Claims = dict[str, object]
#: Characters of a scope parameter.
MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Person:
    """What Discord said of a person. ``email`` is None where it may not be handed out."""

    user: User
    guilds: tuple[Guild, ...] = ()
    email: str | None = None


Claim = Callable[[Person], object]


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope: what it gives in words, the Discord scopes that it needs, its claims."""

    description: str
    discord: frozenset[str]
    claims: Mapping[str, Claim] = field(default_factory=dict)


SCOPES: Mapping[str, Scope] = {
    "openid": Scope(
        description="Sign in with OpenID Connect. Required.",
        discord=frozenset({"identify"}),
        claims={"sub": lambda person: person.user.id},
    ),
    "profile": Scope(
        description="Names, locale and avatar of the Discord account.",
        discord=frozenset({"identify"}),
        claims={
            "name": lambda person: person.user.global_name or person.user.username,
            "preferred_username": lambda person: person.user.username,
            # Applications take the account name from it, and display names are not unique.
            "nickname": lambda person: person.user.username,
            "locale": lambda person: person.user.locale,
            "picture": lambda person: avatar_url(person.user),
        },
    ),
    "email": Scope(
        description="The e-mail address of the Discord account, if Discord has verified it.",
        discord=frozenset({"identify", "email"}),
        claims={
            "email": lambda person: person.email,
            "email_verified": lambda person: bool(person.user.verified) if person.email else None,
        },
    ),
    "offline_access": Scope(
        description="A refresh token. Every login has one; the scope is there for those who ask.",
        discord=frozenset({"identify"}),
    ),
    "groups": Scope(
        description="IDs of the guilds (servers) that the person is in.",
        discord=frozenset({"identify", "guilds"}),
        claims={"groups": lambda person: list(dict.fromkeys(g.id for g in person.guilds))},
    ),
}


def known(scope: str) -> list[str]:
    """Answer the scopes of a request that we know, in our order; others are ignored."""
    asked = set(scope.split())
    return [name for name in SCOPES if name in asked]


def discord_scopes(names: Iterable[str]) -> frozenset[str]:
    """Answer what Discord is to be asked for."""
    return frozenset().union(*(SCOPES[name].discord for name in names))


def granted(names: Iterable[str], discord: frozenset[str]) -> list[str]:
    """Answer those scopes for which Discord granted all that they need.

    Raises:
        InvalidGrant: not even ``openid`` is among them.
    """
    scopes = [name for name in names if SCOPES[name].discord <= discord]
    if "openid" not in scopes:
        raise InvalidGrant("Discord does not let us know who the person is")
    return scopes


def claims_of(person: Person, names: Iterable[str]) -> Claims:
    """Answer the claims of the scopes. A claim with nothing to say is left out."""
    claims = {
        claim: value(person) for name in names for claim, value in SCOPES[name].claims.items()
    }
    return {claim: value for claim, value in claims.items() if value is not None and value != ""}
