"""How a sentence names guilds, which people know as servers, and roles.

Their names are known only where the bot has told them, and may hold anything.
"""

from collections.abc import Iterable, Sequence

from snowflake.people.person import Person
from snowflake.people.visible import cleaned

SERVER = "Discord server"
ROLE = "role"


def server_names(guilds: Iterable[str], person: Person) -> list[str]:
    """Answer the names of guilds, by their IDs; an empty one where it is not known."""
    known = {guild.id: guild.name for guild in person.guilds} | dict(person.guild_names)
    return [cleaned(known.get(guild, "")) for guild in guilds]


def role_names(roles: Iterable[str], person: Person) -> list[str]:
    """Answer the names of roles, by their IDs; an empty one where it is not known."""
    known = {role.id: role.name for listed in person.roles.values() for role in listed}
    return [cleaned(known.get(role, "")) for role in roles]


def one_of(kind: str, names: Sequence[str]) -> str:
    """Say "one of the roles “a”, “b”", or that there are some, if a name is not known."""
    if len(names) > 1:
        return f"one of the {kind}s {_listed(names)}" if all(names) else f"one of certain {kind}s"
    return f"the {kind} {_listed(names)}" if any(names) else f"a certain {kind}"


def all_of(kind: str, names: Sequence[str]) -> str:
    """Say "the roles “a”, “b”", or how many there are, if a name is not known."""
    if len(names) > 1:
        return f"the {kind}s {_listed(names)}" if all(names) else f"{len(names)} certain {kind}s"
    return one_of(kind, names)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
