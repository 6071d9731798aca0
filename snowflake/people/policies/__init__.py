"""Who may sign in: the conditions of ``[access]``, each in a file of its own.

All of them have to hold, at each login and at each refresh. What Discord did not tell counts
against the person. A new policy is a field of ``AccessTable``, one file and one line here; if it
judges by what no other has Discord asked for, ``oidc/needs.py`` has to ask for it.
"""

from collections.abc import Mapping
from math import ceil
from typing import Final

from snowflake.errors import AccessDenied, Refusal, TemporarilyUnavailable
from snowflake.people.person import Person
from snowflake.people.policies import (
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
from snowflake.people.policies.case import Case
from snowflake.people.policies.policy import Policy
from snowflake.settings.client import Client

#: Each policy by its field of ``AccessTable``, which is its name in the log. A page lists what
#: failed in this order.
POLICIES: Final[Mapping[str, Policy]] = {
    "no_people": Policy(no_people.check, needs="id"),
    "people": Policy(people.check, needs="id"),
    "any_guild": Policy(any_guild.check, needs="guilds"),
    "all_guilds": Policy(all_guilds.check, needs="guilds"),
    "screened": Policy(screened.check, needs="guilds"),
    "any_role": Policy(any_role.check, needs="guilds"),
    "all_roles": Policy(all_roles.check, needs="guilds"),
    "no_role": Policy(no_role.check, needs="guilds"),
    "not_timed_out": Policy(not_timed_out.check, needs="guilds"),
    "min_account_age": Policy(min_account_age.check, needs="id"),
    "verified_email": Policy(verified_email.check, needs="own token"),
    "two_factor": Policy(two_factor.check, needs="own token"),
}


def admit(person: Person, client: Client, now: float) -> None:
    """Let somebody sign in to a client at a Unix time in seconds.

    Raises:
        AccessDenied: a condition does not hold.
        TemporarilyUnavailable: what is known of them is too old or too little to judge by.
    """
    check_age(person, client)
    refused = refusals(person, client, now)
    if refused and all(refusal.untold for refusal in refused):
        # Else somebody would lose what they have for an odd answer of Discord.
        raise TemporarilyUnavailable(
            "Discord does not say right now who is in which guild",
            cause="it did not say of each guild which it is",
            answered=True,
        )
    if refused:
        names = ", ".join(refusal.policy for refusal in refused)
        raise AccessDenied(f"the person may not sign in: {names}", refused)


def refusals(person: Person, client: Client, now: float) -> tuple[Refusal, ...]:
    """Answer why somebody may not sign in to a client at a Unix time in seconds; empty if they may.

    How old the memory of them is does not matter here: see ``check_age``.
    """
    case = Case(person, client, now)
    return tuple(
        refusal for policy in POLICIES.values() if (refusal := policy.check(case)) is not None
    )


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
