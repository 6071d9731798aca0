"""What a login has to ask Discord for: what the claims show, and what the gates look at.

What only a gate needs is asked for all the same, and shows in no claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from snowflake.discord.role_connections import SCOPE
from snowflake.oidc.scopes import MEMBERS, SCOPES
from snowflake.policies.guilds import role_guilds, standing_guilds
from snowflake.registry import Client
from snowflake.store.memberships import KEPT


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be asked for one person who signs in to one client.

    - ``discord_scopes``: what Discord is asked for, and shows to the person.
    - ``guilds``: the person's own list of guilds is needed.
    - ``members``: the guilds in which it matters what they are. ``by_bot`` tells whether the bot
      looks, or their own token. A login goes on without those that ``may_lack``.
    - ``names``: the guilds whose roles the bot is to tell; ``guild_names``: those of which it is to
      tell how they are called.
    - ``oldest``: the age in seconds up to which the memory may stand in for Discord.
    """

    discord_scopes: frozenset[str]
    guilds: bool = False
    members: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    by_bot: bool = False
    may_lack: frozenset[str] = frozenset()
    guild_names: tuple[str, ...] = ()
    oldest: float = KEPT

    def within(self, granted: frozenset[str]) -> "Needs":
        """Answer what of it can be had with the scopes that Discord granted to us.

        The rest stays empty: a gate that needs it refuses.
        """
        may_look = self.by_bot or MEMBERS in granted
        return replace(
            self,
            guilds=self.guilds and "guilds" in granted,
            members=self.members if may_look else (),
        )


def needs_of(client: Client, names: Iterable[str]) -> Needs:
    """Answer what is needed for the scopes ``names`` of a client, and for its gates."""
    names = frozenset(names)
    groups, access = client.groups, client.access
    in_claim = groups.include if "groups" in names else ()
    vital = _members_of_gates(client) + (groups.guilds if "roles" in in_claim else ())
    shown = _members_of_profile(client) if "profile" in names else ()
    members = tuple(dict.fromkeys(vital + shown))
    unseen = set(access.guilds) - set(members)
    guilds = "guilds" in in_claim or bool(unseen)
    # Their own list does not name guilds that they are not in, for which another might pass.
    is_ambiguous = len(groups.guilds) > 1 or not guilds
    tells_names = client.has_bot and bool(in_claim) and groups.names_needed
    # Whether a role is a bot's is to be known too.
    tells_roles = client.has_bot and "roles" in in_claim and not groups.only_named
    roles_matter = groups.names_needed or not groups.managed
    discord_scopes = {"identify"}.union(*(SCOPES[name].discord(client) for name in names))
    if access.verified_email:
        discord_scopes.add("email")
    if guilds:
        discord_scopes.add("guilds")
    if members and not client.has_bot:
        discord_scopes.add(MEMBERS)
    if client.links_roles:
        discord_scopes.add(SCOPE)
    gated = bool(access.guilds) or access.looks_at_members
    return Needs(
        discord_scopes=frozenset(discord_scopes),
        guilds=guilds,
        members=members,
        names=groups.guilds if tells_roles and roles_matter else (),
        by_bot=client.has_bot,
        may_lack=frozenset(shown) - frozenset(vital + access.guilds),
        guild_names=groups.guilds if tells_names and is_ambiguous else (),
        oldest=access.oldest_membership.total_seconds() if gated else KEPT,
    )


def _members_of_gates(client: Client) -> tuple[str, ...]:
    """Answer the guilds in which a gate has to know what somebody is."""
    # The bot looks itself, so that the person need not show a list of all their guilds.
    seen_by_bot = client.access.guilds if client.has_bot else ()
    return role_guilds(client) + standing_guilds(client) + seen_by_bot


def _members_of_profile(client: Client) -> tuple[str, ...]:
    named = (client.name_from_guild, client.picture_from_guild)
    return tuple(guild for guild in named if guild is not None)
