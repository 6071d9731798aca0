"""``screened``: a member who has passed the guilds' membership screening."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.guilds import are_looked_at, moderation_guilds
from snowflake.people.policies.joining import joining
from snowflake.people.policies.naming import SERVER, all_of, one_of, server_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever is pending in one of the guilds that count, or in none of them.

    Else a pending member would be let in who leaves.
    """
    if not case.access.screened:
        return None
    guilds, person = moderation_guilds(case.client), case.person
    joined = [(guild, member) for guild in guilds if (member := person.members.get(guild))]
    if not joined or not are_looked_at(guilds, person):
        servers = one_of(SERVER, server_names(guilds, person))
        return joining("screened", servers, guilds, case, by_joining=not joined)
    pending = [guild for guild, member in joined if member.pending]
    if not pending:
        return None
    servers = all_of(SERVER, server_names(pending, person))
    sentence = f"Accept the rules of {servers} in Discord first, then sign in again."
    return Refusal("screened", sentence)
