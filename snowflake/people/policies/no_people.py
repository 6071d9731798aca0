"""``no_people``: not these people."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


def check(case: Case) -> Refusal | None:
    """Refuse whoever is on the list."""
    if case.person.user.id not in case.access.no_people:
        return None
    return Refusal("no_people", "This account may not sign in.", solvable=False)
