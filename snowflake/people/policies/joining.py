"""The sentence that asks somebody to join a guild, by whichever condition it is asked for."""

from collections.abc import Iterable

from snowflake.errors import Refusal
from snowflake.people.policies.case import Case


def joining(  # noqa: PLR0913 - what a refusal holds
    policy: str,
    servers: str,
    guilds: Iterable[str],
    case: Case,
    *,
    every: bool = False,
    by_joining: bool = True,
) -> Refusal:
    """Refuse whoever is not a member of guilds that are called ``servers``.

    One of ``guilds`` would do, or ``every`` one is asked for. Where their rules have to be accepted
    too, the sentence says so, so that one is enough.
    """
    asked = frozenset(guilds)
    sentence = f"You have to be a member of {servers}. Join, then sign in again."
    if case.access.screened:
        rules = "their" if every and len(asked) > 1 else "its"
        sentence = (
            f"You have to be a member of {servers} and have accepted {rules} rules. Do so, then "
            "sign in again."
        )
    return Refusal(policy, sentence, by_joining=by_joining, guilds=asked, every=every)
