"""Whether the bot works, and sees the guilds and roles that are named."""

from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import chain

from snowflake.oidc.expressed import chosen_guilds
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.portal import Entry, NoEntry, TokenRefused, entry
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable

SUBJECT = "bot"
CURE = "Copy the token from Bot in the Developer Portal into SNOWFLAKE_DISCORD_BOT_TOKEN."


async def bot(connections: Connections) -> AsyncIterator[Finding]:
    """Look for every guild and role that the configuration names.

    Raises:
        TemporarilyUnavailable: Discord does not tell of them.
    """
    settings = connections.settings
    guilds, roles = named_guilds(settings), named_roles(settings)
    if settings.discord_bot_token is None:
        yield _without(len(guilds) + len(roles))
        return
    finding, application = await token(connections)
    yield finding
    if application is None:
        return
    seen = {guild.id: guild.name for guild in await connections.discord.bot.guilds()}
    for guild in guilds:
        yield _guild(guild, seen, application.id)
    called = {
        role.id: f"{role.name} in {seen[guild]}"
        for guild in guilds
        if guild in seen
        for role in await connections.discord.bot.roles(guild)
    }
    for role in roles:
        yield _role(role, called)
    for one in sorted(_fixed(settings) - called.keys() - seen.keys()):
        text = "has a fixed name, but is neither a guild nor a role that the bot sees there"
        yield Finding(Status.WARNING, f"ID {one}", text)


async def token(connections: Connections) -> tuple[Finding, Entry | None]:
    """Answer whether Discord accepts the bot's token, and the application that it belongs to."""
    try:
        application = await entry(connections)
    except NoEntry as reason:
        cure = CURE if isinstance(reason, TokenRefused) else ""
        return Finding(Status.FAULT, SUBJECT, str(reason), cure), None
    if application.is_own(connections.settings):
        return Finding(Status.OK, SUBJECT, f"is that of {application.name}"), application
    text = f"is that of another application, {application.name} ({application.id})"
    return Finding(Status.WARNING, SUBJECT, text), application


def named_guilds(settings: Settings) -> list[str]:
    """Answer the IDs of all guilds that matter to any client, each once."""
    claims = (settings.name_from_guild, settings.picture_from_guild)
    groups = (table.guilds for table in _groups(settings))
    access = (table.guilds for table in _access(settings))
    chosen = (sorted(chosen_guilds(text)) for text in _expressions(settings))
    named = chain(*groups, *access, (one for one in claims if one), *chosen)
    return list(dict.fromkeys(named))


def named_roles(settings: Settings) -> list[str]:
    """Answer the IDs of all roles that open or close a gate, each once."""
    return list(dict.fromkeys(chain(*(table.roles for table in _access(settings)))))


def _groups(settings: Settings) -> Iterator[GroupsTable]:
    yield settings.groups
    yield from (client.groups for client in settings.clients if client.groups is not None)


def _access(settings: Settings) -> Iterator[AccessTable]:
    yield settings.access
    yield from (client.access for client in settings.clients if client.access is not None)


def _expressions(settings: Settings) -> Iterator[str]:
    claims = [table.claims for table in settings.scopes]
    claims += [table.claims for table in settings.clients]
    yield from chain(*(one.values() for one in claims))


def _fixed(settings: Settings) -> set[str]:
    return set(chain(*(table.names for table in _groups(settings))))


def _without(named: int) -> Finding:
    if named:
        text = f"there is none to look up the {named} guilds and roles that are named"
        return Finding(Status.NOTE, SUBJECT, text, "Set SNOWFLAKE_DISCORD_BOT_TOKEN.")
    return Finding(Status.NOTE, SUBJECT, "there is none, and nothing that needs one")


def _guild(guild: str, seen: Mapping[str, str], application: str) -> Finding:
    if guild in seen:
        return Finding(Status.OK, f"guild {guild}", f"is {seen[guild]}")
    invitation = f"https://discord.com/oauth2/authorize?client_id={application}&scope=bot"
    cure = f"Somebody who manages the guild can invite it: {invitation}"
    return Finding(Status.FAULT, f"guild {guild}", "the bot is not in it", cure)


def _role(role: str, called: Mapping[str, str]) -> Finding:
    if role in called:
        return Finding(Status.OK, f"role {role}", f"is {called[role]}")
    text = "is in none of the guilds that are named"
    cure = "Name its guild in guilds of [groups] or in [access], or mend the ID."
    return Finding(Status.FAULT, f"role {role}", text, cure)
