"""``min_account_age``: with an account that is old enough."""

from typing import Final

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case
from snowflake.people.policies.moments import moment

#: Unix time of 2015-01-01T00:00:00Z, in milliseconds, from which Discord's IDs count.
DISCORD_EPOCH: Final = 1_420_070_400_000
#: Bits of an ID below its time.
_BELOW: Final = 22


def created_at(person_id: str) -> float:
    """Answer the Unix time at which an account was made, which its ID tells."""
    return ((int(person_id) >> _BELOW) + DISCORD_EPOCH) / 1000


def check(case: Case) -> Refusal | None:
    """Refuse whoever has an account that is too young."""
    old_enough_at = created_at(case.person.user.id) + case.access.min_account_age.total_seconds()
    if not case.access.min_account_age or old_enough_at <= case.now:
        return None
    sentence = (
        f"Your Discord account is too new. You can sign in with it from {moment(old_enough_at)} on."
    )
    return Refusal("min_account_age", sentence)
