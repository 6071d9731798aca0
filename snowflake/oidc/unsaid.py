"""What Discord left unsaid of a person, where a login cannot go on without it.

It is no refusal: somebody would lose what they have for an odd answer of Discord. Nor does anything
stand in for it: somebody might get what they have not.
"""

from collections.abc import Mapping

from snowflake.discord.models import Member, User
from snowflake.errors import TemporarilyUnavailable
from snowflake.oidc.needs import Needs


def check_person(user: User, needs: Needs) -> None:
    """Pass, if Discord said all that is needed of a person's account.

    Raises:
        TemporarilyUnavailable: it did not.
    """
    unsaid = sorted(field for field in needs.of_person if not _says(user, field))
    if unsaid:
        raise _unsaid("the person", unsaid)


def members_of(seen: Mapping[str, Member | None], needs: Needs) -> dict[str, Member | None]:
    """Answer what somebody is in guilds, of what was seen there; guests are no members.

    Raises:
        TemporarilyUnavailable: Discord did not say all that is needed of a member.
    """
    members: dict[str, Member | None] = {}
    for guild, member in seen.items():
        try:
            members[guild] = _member_of(guild, member, needs)
        except TemporarilyUnavailable:
            if guild not in needs.may_lack:
                raise
    return members


def _says(user: User, field: str) -> bool:
    # Somebody may have no address; of all else that is asked for there is something.
    is_said = getattr(user, field) not in {None, ""}
    return is_said or (field == "email" and user.says(field))


def _member_of(guild: str, member: Member | None, needs: Needs) -> Member | None:
    if member is None:
        return None
    if not needs.guests:
        if member.is_guest is None:
            raise _unsaid(f"a member of guild {guild}", ["flags", "joined_at"])
        if member.is_guest:
            return None
    unsaid = sorted(
        field for where, field in needs.of_members if where == guild and not member.says(field)
    )
    if unsaid:
        raise _unsaid(f"a member of guild {guild}", unsaid)
    return member


def _unsaid(of: str, fields: list[str]) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "Discord did not say all that this login needs; try again",
        cause=f"it did not say of {of}: {', '.join(fields)}",
        answered=True,
    )
