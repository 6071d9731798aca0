"""``not_timed_out``: without a time-out in the guilds."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.guilds import are_looked_at, moderation_guilds
from snowflake.people.policies.joining import joining
from snowflake.people.policies.moments import moment
from snowflake.people.policies.naming import SERVER, one_of, server_names


def check(case: Case) -> Refusal | None:
    """Refuse whoever is timed out in one of the guilds that count, or might be, or is in none.

    Else somebody would be let in who leaves while they are timed out.
    """
    if not case.access.not_timed_out:
        return None
    guilds, person = moderation_guilds(case.client), case.person
    if not are_looked_at(guilds, person):
        sentence = "Discord did not tell whether you are timed out."
        return Refusal("not_timed_out", sentence, solvable=False)
    members = [member for guild in guilds if (member := person.members[guild])]
    if not members:
        servers = one_of(SERVER, server_names(guilds, person))
        return joining("not_timed_out", servers, guilds, case)
    ends = [until.timestamp() for one in members if (until := one.communication_disabled_until)]
    if not ends or max(ends) <= case.now:
        return None
    sentence = (
        f"You are timed out in a Discord server. You can sign in from {moment(max(ends))} on."
    )
    return Refusal("not_timed_out", sentence)
