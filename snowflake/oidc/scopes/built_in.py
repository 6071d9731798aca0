"""The scopes that everybody has (OpenID Connect Core 1.0, section 5).

A new one is one entry in ``BUILT_IN``; a new claim is one line in its scope.
"""

from collections.abc import Mapping
from typing import Final

from snowflake.discord.cdn import avatar_url, member_avatar_url
from snowflake.discord.models import Member
from snowflake.oidc.scopes.scope import Scope
from snowflake.people.groups import group_guilds_of, group_names_of, groups_of
from snowflake.people.person import Person
from snowflake.settings.client import Client

Claims = dict[str, object]
#: The scope of Discord with which a person's token tells what they are in a guild.
MEMBERS: Final = "guilds.members.read"

#: Claims of the scope ``groups`` where ``[groups] names_claim`` is set.
GROUP_NAMES: Final = frozenset({"group_names", "group_guilds"})


def _identify_and_email(_: Client) -> frozenset[str]:
    return frozenset({"identify", "email"})


def for_groups(client: Client) -> frozenset[str]:
    """Answer the scopes of Discord without which it cannot be told in which groups somebody is."""
    groups, scopes = client.groups, {"identify"}
    if "guilds" in groups.include:
        scopes.add("guilds")
    if "roles" in groups.include and groups.guilds and not client.has_bot:
        scopes.add(MEMBERS)
    return frozenset(scopes)


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
    return said(told)


BUILT_IN: Final[Mapping[str, Scope]] = {
    "openid": Scope(
        description="Sign in with OpenID Connect. Required.",
        tells="Who you are at Discord: your user ID.",
        # Made once for each login (``people/subjects``), and then as long as that lasts.
        claims={"sub": lambda _, __: None},
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
        discord=for_groups,
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


def said(claims: Claims) -> Claims:
    """Answer the claims without those that have nothing to say."""
    return {claim: value for claim, value in claims.items() if value is not None and value != ""}
