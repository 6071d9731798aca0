"""``any_guild``: in at least one of these guilds."""

from dataclasses import replace

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.joining import joining
from snowflake.people.policies.naming import SERVER, one_of, server_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever is not surely in one of them."""
    guilds, person = case.access.any_guild, case.person
    if not guilds or any(person.is_in(guild) for guild in guilds):
        return None
    servers = one_of(SERVER, server_names(guilds, person))
    untold = any(map(person.may_be_in, guilds))
    return replace(joining("any_guild", servers, guilds, case), untold=untold)
