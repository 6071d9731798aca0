"""``all_guilds``: in each of these guilds."""

from dataclasses import replace

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.joining import joining
from snowflake.people.policies.naming import SERVER, all_of, server_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever is not surely in all of them."""
    missing = [guild for guild in case.access.all_guilds if not case.person.is_in(guild)]
    if not missing:
        return None
    servers = all_of(SERVER, server_names(missing, case.person))
    untold = all(map(case.person.may_be_in, missing))
    return replace(joining("all_guilds", servers, missing, case, every=True), untold=untold)
