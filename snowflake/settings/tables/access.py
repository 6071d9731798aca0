"""``[access]``: who may sign in."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from snowflake.settings.tables.table import Table
from snowflake.settings.values import DiscordId, Duration, Url, within

Ids = tuple[DiscordId, ...]


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("must begin with https://")
    return url


class AccessTable(Table):
    """The conditions of a login, all of which have to hold."""

    any_guild: Ids = Field(
        default=(), description="IDs of guilds. A person must be a member of at least one."
    )
    all_guilds: Ids = Field(
        default=(), description="IDs of guilds. A person must be a member of each."
    )
    any_role: Ids = Field(default=(), description="IDs of roles. A person must have at least one.")
    all_roles: Ids = Field(default=(), description="IDs of roles. A person must have each.")
    no_role: Ids = Field(default=(), description="IDs of roles. A person may have none of them.")
    people: Ids = Field(
        default=(),
        description=(
            "IDs of the only people who may sign in. The other conditions hold for them too."
        ),
    )
    no_people: Ids = Field(default=(), description="IDs of people who may not sign in.")
    verified_email: bool = Field(
        default=False, description="Only with an e-mail address that Discord has verified."
    )
    two_factor: bool = Field(
        default=False, description="Only with two-factor authentication switched on at Discord."
    )
    min_account_age: Duration = Field(
        default=timedelta(0), description="How old a Discord account must be, such as `30d`."
    )
    screened: bool = Field(
        default=False,
        description=(
            "Only people who have passed a guild's membership screening: of the guilds that are "
            "named here, else of those of `[groups]`."
        ),
    )
    not_timed_out: bool = Field(default=False, description="Not during a time-out in those guilds.")
    guests: bool = Field(
        default=False,
        description=(
            "Let those count as members whom a guild has as guests, invited to one voice channel. "
            "It holds for `[groups]` too."
        ),
    )
    oldest_membership: Annotated[Duration, within(timedelta(0), timedelta(hours=1))] = Field(
        default=timedelta(minutes=5),
        description=(
            "How old the memory of a membership may be when Discord cannot be asked; at most an "
            "hour."
        ),
    )
    watch: Annotated[Duration, within(timedelta(seconds=5), or_zero=True)] = Field(
        default=timedelta(minutes=5),
        description=(
            "How often a bot looks again at the guilds and roles of people who are signed in, at "
            "least every `5s`; `0` leaves it to the next refresh. A `[clients.access]` that does "
            "not name it has that of `[access]`."
        ),
    )
    invite: Annotated[Url, AfterValidator(_https)] | None = Field(
        default=None,
        description="A link that is shown to people who are in none of the guilds, to join one.",
    )

    @property
    def guilds(self) -> Ids:
        """The guilds that are named here."""
        return tuple(dict.fromkeys(self.any_guild + self.all_guilds))

    @property
    def roles(self) -> Ids:
        """The roles that are named here."""
        return self.any_role + self.all_roles + self.no_role

    @property
    def has_conditions(self) -> bool:
        """Whether there is anything that keeps anybody out."""
        return self != AccessTable(
            invite=self.invite,
            guests=self.guests,
            oldest_membership=self.oldest_membership,
            watch=self.watch,
        )

    @property
    def shows_to_bot(self) -> bool:
        """Whether anything of it can be judged without a person's own token."""
        return bool(
            self.guilds
            or self.looks_at_members
            or self.people
            or self.no_people
            or self.min_account_age
        )

    def watching_as(self, common: "AccessTable") -> "AccessTable":
        """Answer the table of a client, which looks again as often as the ``common`` one does.

        One that names its own ``watch`` is answered as it is.
        """
        if "watch" in self.model_fields_set:
            return self
        return self.model_copy(update={"watch": common.watch})

    @property
    def looks_at_members(self) -> bool:
        """Whether it matters what somebody is in a guild, and not only that they are in it."""
        return bool(self.roles) or self.screened or self.not_timed_out
