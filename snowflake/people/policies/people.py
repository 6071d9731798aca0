"""``people``: nobody but these people."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


def check(case: Case) -> Refusal | None:
    """Refuse whoever is not on the list, if there is one."""
    people = case.access.people
    if not people or case.person.user.id in people:
        return None
    sentence = "This account is not on the list of those who may sign in."
    return Refusal("people", sentence, solvable=False)
