"""What each scope asks of Discord, and which claims it gives (OpenID Connect Core 1.0, section 5).

A new scope is one entry in ``BUILT_IN``; a new claim is one line in its scope. Everybody else asks
``scopes_of`` which scopes there are for a client, and what they give it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from snowflake.discord.cdn import avatar_url, member_avatar_url
from snowflake.discord.models import Member
from snowflake.errors import InvalidGrant
from snowflake.people.groups import group_guilds_of, group_names_of, groups_of
from snowflake.people.person import Person
from snowflake.settings.client import Client

Claims = dict[str, object]
#: The scope of Discord with which a person's token tells what they are in a guild.
MEMBERS: Final = "guilds.members.read"

#: Claims of the scope ``groups`` where ``[groups] names_claim`` is set.
GROUP_NAMES: Final = frozenset({"group_names", "group_guilds"})

Claim = Callable[[Person, Client], object]
DiscordScopes = Callable[[Client], frozenset[str]]


def _identify(_: Client) -> frozenset[str]:
    return frozenset({"identify"})


def _identify_and_email(_: Client) -> frozenset[str]:
    return frozenset({"identify", "email"})


def _for_groups(client: Client) -> frozenset[str]:
    groups, scopes = client.groups, {"identify"}
    if "guilds" in groups.include:
        scopes.add("guilds")
    if "roles" in groups.include and groups.guilds and not client.has_bot:
        scopes.add(MEMBERS)
    return frozenset(scopes)


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope: what it gives in words, its claims, the Discord scopes that it needs for a client.

    What it ``tells`` is said to people who are asked for their consent.
    A claim that there is no value for is None or empty. A scope that is ``always`` granted
    gives its claims even where Discord was not allowed to tell, as of somebody who is nowhere: what
    an application is not told anew it keeps.
    """

    description: str
    tells: str
    discord: DiscordScopes = _identify
    claims: Mapping[str, Claim] = field(default_factory=dict)
    always: bool = False


def _name(person: Person, client: Client) -> str:
    member = _member(person, client.name_from_guild)
    nick = member.nick if member is not None else None
    return nick or person.user.global_name or person.user.username


def _picture(person: Person, client: Client) -> str:
    guild = client.picture_from_guild
    member = _member(person, guild)
    if guild is not None and member is not None and member.avatar:
        return member_avatar_url(guild, person.user, member.avatar, client.avatar_size)
    return avatar_url(person.user, client.avatar_size)


def _member(person: Person, guild: str | None) -> Member | None:
    # Discord may not have told: a login does not wait for a nickname.
    return person.members.get(guild) if guild is not None else None


def _discord(person: Person, client: Client) -> dict[str, object]:
    """Answer the person as Discord has them, under Discord's own names."""
    user = person.user
    told: dict[str, object] = {
        "id": user.id,
        "username": user.username,
        "discriminator": user.discriminator,
        "global_name": user.global_name,
        "avatar": user.avatar,
        "avatar_url": avatar_url(user, client.avatar_size),
        "banner": user.banner,
        "accent_color": user.accent_color,
        "mfa_enabled": user.mfa_enabled,
        "locale": user.locale,
    }
    return _said(told)


BUILT_IN: Final[Mapping[str, Scope]] = {
    "openid": Scope(
        description="Sign in with OpenID Connect. Required.",
        tells="Who you are at Discord: your user ID.",
        claims={"sub": lambda person, _: person.user.id},
    ),
    "profile": Scope(
        description="Names, locale and avatar of the Discord account.",
        tells="Your name, username, language and avatar.",
        claims={
            "name": _name,
            "preferred_username": lambda person, _: person.user.username,
            # Applications take the account name from it, and display names are not unique.
            "nickname": lambda person, _: person.user.username,
            "locale": lambda person, _: person.user.locale,
            "picture": _picture,
        },
    ),
    "email": Scope(
        description="The e-mail address of the Discord account, if Discord has verified it.",
        tells="Your e-mail address.",
        discord=_identify_and_email,
        claims={
            "email": lambda person, _: person.email,
            "email_verified": lambda person, _: (
                bool(person.user.verified) if person.email else None
            ),
        },
    ),
    "offline_access": Scope(
        description=(
            "A refresh token that outlives the session of a registered client. Every login has a "
            "refresh token."
        ),
        tells="What is allowed here, also while you are away.",
    ),
    "groups": Scope(
        description="The guilds (servers) that the person is in, and their roles if configured.",
        tells="Servers that you are in and roles that you have, as far as they matter to it.",
        discord=_for_groups,
        claims={
            "groups": lambda person, client: groups_of(person, client.groups),
            # They come even if empty: who has lost the last role has lost its name too.
            "group_names": lambda person, client: group_names_of(person, client.groups),
            "group_guilds": lambda person, client: group_guilds_of(person, client.groups),
        },
        always=True,
    ),
    "discord": Scope(
        description="The Discord account as Discord tells of it, in one object.",
        tells="Your Discord account as Discord tells of it.",
        claims={"discord": _discord},
    ),
}


def scopes_of(client: Client) -> Mapping[str, Scope]:  # noqa: ARG001
    """Answer the scopes that there are, by their names in our order, as they are for a client."""
    return BUILT_IN


def scopes_of_all(clients: Iterable[Client]) -> list[str]:
    """Answer the names of the scopes that there are for any of the clients, in our order."""
    return list(dict.fromkeys(name for client in clients for name in scopes_of(client)))


def learnt(names: Iterable[str], client: Client | None) -> list[str]:
    """Answer, in words for people, what a client learns by scopes; None is one that is gone."""
    scopes, names = scopes_of(client) if client is not None else BUILT_IN, set(names)
    return [scope.tells for name, scope in scopes.items() if name in names]


def known(scope: str, client: Client) -> list[str]:
    """Answer the scopes of a request that we know, in our order; others are ignored."""
    asked = set(scope.split())
    return [name for name in scopes_of(client) if name in asked]


def allowed(names: Iterable[str], client: Client) -> list[str]:
    """Answer those scopes that there are and the client may have, as it is configured now."""
    scopes = scopes_of(client)
    return [name for name in names if name in scopes and client.allows_scope(name)]


def given(names: Iterable[str], discord: frozenset[str], client: Client) -> list[str]:
    """Answer those scopes that the client may have and for which Discord granted all they need."""
    scopes = scopes_of(client)
    return [
        name
        for name in allowed(names, client)
        if scopes[name].always or scopes[name].discord(client) <= discord
    ]


def granted(names: Iterable[str], discord: frozenset[str], client: Client) -> list[str]:
    """Answer what ``given`` does.

    Raises:
        InvalidGrant: not even ``openid`` is among them.
    """
    scopes = given(names, discord, client)
    if "openid" not in scopes:
        raise InvalidGrant("Discord does not let us know who the person is")
    return scopes


def claims_of(
    person: Person, names: Iterable[str], client: Client, discord: frozenset[str]
) -> Claims:
    """Answer the claims of the scopes, as far as the scopes that Discord granted allow.

    A claim with nothing to say is left out.
    """
    claims: Claims = {}
    scopes, nowhere = scopes_of(client), Person(person.user)
    for name in names:
        scope = scopes[name]
        told = person if scope.discord(client) <= discord else nowhere
        claims |= {claim: value(told, client) for claim, value in scope.claims.items()}
    return _said(claims)


def _said(claims: Claims) -> Claims:
    return {claim: value for claim, value in claims.items() if value is not None and value != ""}
