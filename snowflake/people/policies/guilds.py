"""In which guilds it matters what somebody is.

Whoever fetches a person looks at them in just these guilds; a policy refuses those of whom one of
its guilds was not looked at.
"""

from snowflake.people.person import Person
from snowflake.settings.client import Client


def role_guilds(client: Client) -> tuple[str, ...]:
    """Answer the guilds in which the roles of ``[access]`` may be; none if it names no role."""
    if not client.access.roles:
        return ()
    return tuple(dict.fromkeys(client.access.guilds + client.groups.guilds))


def moderation_guilds(client: Client) -> tuple[str, ...]:
    """Answer the guilds whose moderation counts: their screening and their time-outs."""
    access = client.access
    if not (access.screened or access.not_timed_out):
        return ()
    return access.guilds or client.groups.guilds


def are_looked_at(guilds: tuple[str, ...], person: Person) -> bool:
    """Whether it is known of each guild what the person is in it. Of no guild nothing is known."""
    return bool(guilds) and all(guild in person.members for guild in guilds)
