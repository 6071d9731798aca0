"""``[access]``: who may sign in."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator

from snowflake.tables.table import Table
from snowflake.values import DiscordId, Duration, Url, within

Ids = tuple[DiscordId, ...]


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("must begin with https://")
    return url


class AccessTable(Table):
    """The conditions of a login, all of which have to hold.

    Guilds, roles and people are IDs. ``people`` are the only ones who may sign in, ``no_people``
    may not. ``screened`` and ``not_timed_out`` hold for the guilds that are named here, else for
    those of ``[groups]``. ``oldest_membership`` is how old the memory of a membership may be when
    Discord cannot be asked. ``invite`` is a link for those who are in none of the guilds.
    """

    any_guild: Ids = ()
    all_guilds: Ids = ()
    any_role: Ids = ()
    all_roles: Ids = ()
    no_role: Ids = ()
    people: Ids = ()
    no_people: Ids = ()
    verified_email: bool = False
    two_factor: bool = False
    min_account_age: Duration = timedelta(0)
    screened: bool = False
    not_timed_out: bool = False
    oldest_membership: Annotated[Duration, within(timedelta(0), timedelta(hours=1))] = timedelta(
        minutes=5
    )
    invite: Annotated[Url, AfterValidator(_https)] | None = None

    @property
    def guilds(self) -> Ids:
        """The guilds that are named here."""
        return tuple(dict.fromkeys(self.any_guild + self.all_guilds))

    @property
    def roles(self) -> Ids:
        """The roles that are named here."""
        return self.any_role + self.all_roles + self.no_role

    @property
    def looks_at_members(self) -> bool:
        """Whether it matters what somebody is in a guild, and not only that they are in it."""
        return bool(self.roles) or self.screened or self.not_timed_out
