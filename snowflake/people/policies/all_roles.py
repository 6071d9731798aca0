"""``all_roles``: with each of these roles."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.guilds import role_guilds
from snowflake.people.policies.naming import ROLE, all_of, role_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever does not have all of them in the guilds that were looked at."""
    guilds, person = role_guilds(case.client), case.person
    held = person.held_roles(guilds)
    missing = [role for role in case.access.all_roles if role not in held]
    if not missing:
        return None
    roles = all_of(ROLE, role_names(missing, person))
    sentence = f"You need {roles} on Discord. Ask there, then sign in again."
    return Refusal("all_roles", sentence, by_joining=not any(map(person.is_in, guilds)))
