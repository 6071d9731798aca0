"""``no_role``: with none of these roles."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.guilds import are_looked_at, role_guilds


def check(case: Case) -> Refusal | None:
    """Refuse whoever has one of them, or might have it where nobody has looked."""
    denied, person, guilds = case.access.no_role, case.person, role_guilds(case.client)
    if not denied:
        return None
    if person.held_roles(guilds).intersection(denied):
        return Refusal("no_role", "You have a role with which nobody may sign in.", solvable=False)
    if are_looked_at(guilds, person):
        return None
    return Refusal("no_role", "Discord did not tell which roles you have.", solvable=False)
