"""``any_role``: with at least one of these roles."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.guilds import role_guilds
from snowflake.people.policies.naming import ROLE, one_of, role_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever has none of them in the guilds that were looked at."""
    roles, person, guilds = case.access.any_role, case.person, role_guilds(case.client)
    if not roles or person.held_roles(guilds).intersection(roles):
        return None
    role = one_of(ROLE, role_names(roles, person))
    sentence = f"You need {role} on Discord. Ask for it there, then sign in again."
    return Refusal("any_role", sentence, by_joining=not any(map(person.is_in, guilds)))
