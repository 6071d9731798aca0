"""``verified_email``: with an e-mail address that Discord has verified."""

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


def check(case: Case) -> Refusal | None:
    """Refuse whoever has no verified address, or did not let us see it."""
    user = case.person.user
    if not case.access.verified_email or (user.verified and user.email):
        return None
    return Refusal(
        "verified_email",
        "Your Discord account needs a verified e-mail address. Verify it in Discord's settings "
        "under My Account, then sign in again.",
    )
