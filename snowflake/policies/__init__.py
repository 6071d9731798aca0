"""Who may sign in: the conditions of ``[access]``, each in a file of its own.

All of them have to hold, at each login and at each refresh. What Discord did not tell counts
against the person. A new policy is a field of ``AccessTable``, one file and one line here.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Final

from snowflake.errors import AccessDenied, Refusal, TemporarilyUnavailable
from snowflake.person import Person
from snowflake.policies import (
    all_guilds,
    all_roles,
    any_guild,
    any_role,
    min_account_age,
    no_people,
    no_role,
    not_timed_out,
    people,
    screened,
    two_factor,
    verified_email,
)
from snowflake.policies.case import Case
from snowflake.registry import Client

#: Each policy by its field of ``AccessTable``, which is its name in the log. A page lists what
#: failed in this order.
POLICIES: Final[Mapping[str, Callable[[Case], Refusal | None]]] = {
    "no_people": no_people.check,
    "people": people.check,
    "any_guild": any_guild.check,
    "all_guilds": all_guilds.check,
    "screened": screened.check,
    "any_role": any_role.check,
    "all_roles": all_roles.check,
    "no_role": no_role.check,
    "not_timed_out": not_timed_out.check,
    "min_account_age": min_account_age.check,
    "verified_email": verified_email.check,
    "two_factor": two_factor.check,
}


def admit(person: Person, client: Client, now: float) -> None:
    """Let somebody sign in to a client at a Unix time in seconds.

    Raises:
        AccessDenied: a condition does not hold.
        TemporarilyUnavailable: what is known of them is too old to judge by.
    """
    check_age(person, client)
    refused = refusals(person, client, now)
    if refused:
        names = ", ".join(refusal.policy for refusal in refused)
        raise AccessDenied(f"the person may not sign in: {names}", refused)


def refusals(person: Person, client: Client, now: float) -> tuple[Refusal, ...]:
    """Answer why somebody may not sign in to a client at a Unix time in seconds; empty if they may.

    How old the memory of them is does not matter here: see ``check_age``.
    """
    case = Case(person, client, now)
    return tuple(refusal for check in POLICIES.values() if (refusal := check(case)) is not None)


def check_age(person: Person, client: Client) -> None:
    """Refuse to judge by memberships older than ``oldest_membership``, where they matter.

    Raises:
        TemporarilyUnavailable: they are.
    """
    access = client.access
    if not access.guilds and not access.looks_at_members:
        return
    if person.age > access.oldest_membership.total_seconds():
        raise TemporarilyUnavailable(
            "Discord does not say right now who is in which guild",
            cause=f"what is known is {ceil(person.age)} seconds old",
        )
