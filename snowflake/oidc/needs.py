"""What a login has to ask Discord for: what the claims show, and what the gates look at.

What only a gate needs is asked for all the same, and shows in no claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final

from snowflake.discord.role_connections import ROLE_CONNECTIONS_WRITE
from snowflake.oidc.expressed import Wanted, wanted_for
from snowflake.oidc.scopes import MEMBERS, allowed, scopes_of
from snowflake.people.policies.guilds import moderation_guilds, role_guilds
from snowflake.people.subjects import SUBJECTS
from snowflake.settings.client import Client
from snowflake.settings.registry import MAX_CLIENTS
from snowflake.settings.tables.access import AccessTable
from snowflake.store.memberships import KEPT

#: What Discord says of a person's address, where it may.
OF_EMAIL: Final = frozenset({"email", "verified"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be asked for one person who signs in to one client.

    - ``discord_scopes``: what Discord is asked for, and shows to the person.
    - ``guilds``: the person's own list of guilds is needed.
    - ``members``: the guilds in which it matters what they are. ``by_bot`` tells whether the bot
      looks, or their own token. A login goes on without those that ``may_lack``.
    - ``roles``: the guilds whose roles the bot is to list; ``guild_names``: those of which it is to
      tell how they are called.
    - ``guests``: whether those count as members whom a guild has as guests.
    - ``of_person``, ``of_members``: fields without which a claim or a gate would be wrong; the
      latter by guild, beside the field.
    - ``gated``: somebody may be refused by it, so Discord is asked though the memory knows.
    - ``oldest``: the age in seconds up to which the memory may stand in for Discord.
    """

    discord_scopes: frozenset[str]
    guilds: bool = False
    members: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    by_bot: bool = False
    may_lack: frozenset[str] = frozenset()
    guild_names: tuple[str, ...] = ()
    guests: bool = False
    of_person: frozenset[str] = frozenset()
    of_members: frozenset[tuple[str, str]] = frozenset()
    gated: bool = False
    oldest: float = KEPT

    def within(self, granted: frozenset[str]) -> "Needs":
        """Answer what of it can be had with the scopes that Discord granted to us.

        The rest stays empty: a gate that needs it refuses.
        """
        may_look = self.by_bot or MEMBERS in granted
        return replace(
            self,
            of_person=self.of_person if "email" in granted else self.of_person - OF_EMAIL,
            guilds=self.guilds and "guilds" in granted,
            members=self.members if may_look else (),
        )


def needs_of(client: Client, names: Iterable[str]) -> Needs:
    """Answer what is needed for the scopes ``names`` that a client may have, and for its gates."""
    return _needs_of(client, frozenset(allowed(names, client)))


# The same at each login of a client.
@lru_cache(MAX_CLIENTS)
def _needs_of(client: Client, names: frozenset[str]) -> Needs:
    groups, access = client.groups, client.access
    wanted = _by_expression(client, names)
    of_groups = "groups" in names or wanted.groups
    in_claim = frozenset(groups.include) if of_groups else frozenset[str]()

    # 1. Where it matters what they are, and whether it matters where else they are.
    vital = (
        *_members_of_gates(client),
        *(groups.guilds if "roles" in in_claim else ()),
        *wanted.members,
    )
    shown = _members_of_profile(client) if "profile" in names else ()
    members = tuple(dict.fromkeys(vital + shown))
    guilds = "guilds" in in_claim or wanted.guild_list or bool(set(access.guilds) - set(members))

    # 2. What that means for the person, for the bot, and for the memory.
    gated = bool(access.guilds) or access.looks_at_members
    return Needs(
        discord_scopes=_discord_scopes(
            client, names, email=wanted.email, guilds=guilds, members=bool(members)
        ),
        guilds=guilds,
        members=members,
        roles=_once(_roles_to_list(client, in_claim), wanted.role_names),
        by_bot=client.has_bot,
        may_lack=frozenset(shown) - frozenset(vital + access.guilds),
        guild_names=_once(_guilds_to_name(client, in_claim, guilds=guilds), wanted.names),
        guests=access.guests,
        of_person=_told_of_person(access) | SUBJECTS[client.subject].needs,
        of_members=_told_of_members(client, in_claim, wanted.roles),
        gated=gated,
        oldest=access.oldest_membership.total_seconds() if gated else KEPT,
    )


def _by_expression(client: Client, names: frozenset[str]) -> Wanted:
    """Answer what claims by expression need that the scopes give."""
    scopes = scopes_of(client)
    return wanted_for(
        (text for name in names for text in scopes[name].expressions.values()), client
    )


def _once(*guilds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(*guilds)))


def _discord_scopes(
    client: Client, names: frozenset[str], *, email: bool, guilds: bool, members: bool
) -> frozenset[str]:
    wanted = {
        "email": client.access.verified_email or email,
        "guilds": guilds,
        MEMBERS: members and not client.has_bot,
        ROLE_CONNECTIONS_WRITE: client.links_roles,
    }
    scopes = scopes_of(client)
    of_claims = (scopes[name].discord(client) for name in names)
    return frozenset({"identify"}.union(*of_claims, (name for name, so in wanted.items() if so)))


def _roles_to_list(client: Client, in_claim: frozenset[str]) -> tuple[str, ...]:
    """Answer the guilds of whose roles in the claim it matters what they are called, or whose."""
    groups = client.groups
    is_unnamed = "roles" in in_claim and not groups.only_named
    matter = is_unnamed and (groups.names_needed or not groups.managed)
    return groups.guilds if client.has_bot and matter else ()


def _guilds_to_name(client: Client, in_claim: frozenset[str], *, guilds: bool) -> tuple[str, ...]:
    groups = client.groups
    # Their own list does not name guilds that they are not in, for which another might pass.
    is_ambiguous = len(groups.guilds) > 1 or not guilds
    is_named = client.has_bot and bool(in_claim) and groups.names_needed
    return groups.guilds if is_named and is_ambiguous else ()


def _members_of_gates(client: Client) -> tuple[str, ...]:
    """Answer the guilds in which a gate has to know what somebody is."""
    # The bot looks itself, so that the person need not show a list of all their guilds.
    seen_by_bot = client.access.guilds if client.has_bot else ()
    return role_guilds(client) + moderation_guilds(client) + seen_by_bot


def _told_of_person(access: AccessTable) -> frozenset[str]:
    two_factor = {"mfa_enabled"} if access.two_factor else set()
    return frozenset(two_factor | (OF_EMAIL if access.verified_email else set()))


def _told_of_members(
    client: Client, in_claim: frozenset[str], by_expression: tuple[str, ...]
) -> frozenset[tuple[str, str]]:
    access, of_claim = client.access, client.groups.guilds if "roles" in in_claim else ()
    wanted = {
        "roles": (*role_guilds(client), *of_claim, *by_expression),
        "pending": moderation_guilds(client) if access.screened else (),
        "communication_disabled_until": moderation_guilds(client) if access.not_timed_out else (),
    }
    return frozenset((guild, field) for field, guilds in wanted.items() for guild in guilds)


def _members_of_profile(client: Client) -> tuple[str, ...]:
    named = (client.name_from_guild, client.picture_from_guild)
    return tuple(guild for guild in named if guild is not None)
