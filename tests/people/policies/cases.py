"""People and clients for the policies to judge."""

from datetime import timedelta
from typing import Final

from snowflake.discord.models import Guild, Member, User
from snowflake.errors import Refusal
from snowflake.people.person import Person
from snowflake.people.policies import refusals
from snowflake.settings.client import Client
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable
from tests.running import NOW

BIRDS: Final = "197038439483310086"
API: Final = "81384788765712384"
CHOIR: Final = "290926798626357250"
KEEPER: Final = "41771983423143936"
SINGER: Final = "41771983423143937"
BANNED: Final = "41771983423143938"
NELLY: Final = "80351110224678912"
NO_GROUPS: Final = GroupsTable()
#: Somebody of whom Discord told nothing but who they are.
STRANGER: Final = Person(User(id=NELLY, username="nelly"))


def client(groups: GroupsTable = NO_GROUPS, /, **access: object) -> Client:
    """Answer a client with these conditions."""
    return Client(
        id="grafana",
        application="1056005449054429204",
        groups=groups,
        access=AccessTable.model_validate(access),
        token_lifetime=timedelta(hours=1),
        id_token_lifetime=timedelta(hours=1),
        code_lifetime=timedelta(hours=1),
        refresh_token_lifetime=timedelta(days=30),
        grant_lifetime=timedelta(days=365),
    )


def member(*roles: str, **changes: object) -> Member:
    """Answer somebody who is in a guild with these roles."""
    return Member.model_validate({"roles": frozenset(roles), **changes})


def in_guilds(*guilds: str) -> Person:
    """Answer somebody whose own list holds these guilds."""
    return Person(STRANGER.user, guilds=tuple(Guild(id=guild) for guild in guilds))


def looked_at(**members: Member | None) -> Person:
    """Answer somebody who was looked at in guilds, by the names that they have here."""
    ids = {"birds": BIRDS, "api": API, "choir": CHOIR}
    return Person(STRANGER.user, members={ids[name]: one for name, one in members.items()})


def refused(person: Person, to: Client, now: float = NOW) -> list[str]:
    """Answer the policies that refuse somebody."""
    return [refusal.policy for refusal in refusals(person, to, now)]


def refusal(person: Person, to: Client, now: float = NOW) -> Refusal:
    """Answer the only refusal that there is."""
    [one] = refusals(person, to, now)
    return one
