"""``two_factor``: with two-factor authentication switched on at Discord."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


def check(case: Case) -> Refusal | None:
    """Refuse whoever has it off, or of whom Discord does not say."""
    if not case.access.two_factor or case.person.user.mfa_enabled:
        return None
    return Refusal(
        "two_factor",
        "Your Discord account needs two-factor authentication. Switch it on in Discord's settings "
        "under My Account, then sign in again.",
    )
