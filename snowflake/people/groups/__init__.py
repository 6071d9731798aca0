"""The claim ``groups``: which guilds and roles are in it, and in which order; what goes with it.

How each is called is in ``names.py``, and what their names look like in ``spelling.py``.
"""

from collections.abc import Iterable, Iterator

import structlog

from snowflake.people.groups.names import Names
from snowflake.people.groups.things import Thing
from snowflake.people.person import Person
from snowflake.settings.tables.groups import GroupsTable

Groups = list[str] | list[dict[str, str]]

_log = structlog.get_logger(__name__)


def groups_of(person: Person, table: GroupsTable) -> Groups:
    """Answer the groups of a person: strings, or objects ``{id, name}``; each once, none is ``[]``.

    Their order depends on nothing but what they are: those with a fixed name first, then those of
    the table's guilds, then the others, each by ID, which is by age. So what is beyond ``maximum``
    is what is wanted least, and is the same each time.
    """
    called = _called(person, table)
    groups: Groups
    if table.shape == "object":
        groups = [{"id": thing.id, "name": name} for thing, name in _first(called)]
    elif table.names_claim:
        groups = [thing.id for thing, _ in _first(called)]
    else:
        groups = list(dict.fromkeys(name for _, name in called))
    if len(groups) > table.maximum:
        _log.warning("groups_left_out", left_out=len(groups) - table.maximum, of=len(groups))
    return groups[: table.maximum]


def group_names_of(person: Person, table: GroupsTable) -> dict[str, str] | None:
    """Answer the name of each ID in ``groups``; None where the names are no claim of their own."""
    if not table.names_claim:
        return None
    return {thing.id: name for thing, name in _first(_called(person, table))[: table.maximum]}


def group_guilds_of(person: Person, table: GroupsTable) -> list[str] | None:
    """Answer which IDs in ``groups`` are guilds; None where the names are no claim of their own.

    An ID does not show what it is the ID of.
    """
    if not table.names_claim:
        return None
    groups = _first(_called(person, table))[: table.maximum]
    return [thing.id for thing, _ in groups if not thing.is_role]


def _called(person: Person, table: GroupsTable) -> list[tuple[Thing, str]]:
    """Answer all that is a group, in order, and how it is written."""
    names = Names(person, table)
    held = sorted(set(_held(person, table)), key=lambda thing: _rank(thing, table))
    return [(thing, name) for thing in held if (name := names.of(thing)) is not None]


def _held(person: Person, table: GroupsTable) -> Iterator[Thing]:
    """Answer the guilds that somebody is in, and the roles that they have in the table's guilds."""
    joined = [guild for guild in table.guilds if person.members.get(guild) is not None]
    if "guilds" in table.include:
        # Their own list may hold guilds in which they turned out to be no member.
        listed = (guild.id for guild in person.guilds if person.is_in(guild.id))
        for guild in (*joined, *listed):
            yield Thing(guild, guild)
    if "roles" in table.include:
        for guild in joined:
            member = person.members[guild]
            # Discord does not name the role that everybody has; its ID is that of the guild.
            for role in {guild} | (member.roles if member is not None else set()):
                if role != guild or table.everyone:
                    yield Thing(role, guild, is_role=True)


def _rank(thing: Thing, table: GroupsTable) -> tuple[bool, bool, int, bool]:
    is_named, is_listed = thing.id in table.names, thing.guild in table.guilds
    return not is_named, not is_listed, int(thing.id), thing.is_role


def _first(called: Iterable[tuple[Thing, str]]) -> list[tuple[Thing, str]]:
    """Answer each ID once: as the guild, where its role for everybody is there too."""
    by_id: dict[str, tuple[Thing, str]] = {}
    for thing, name in called:
        by_id.setdefault(thing.id, (thing, name))
    return list(by_id.values())
