"""The person as a document, in which claims by expression are searched for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from snowflake.discord.cdn import avatar_url
from snowflake.discord.models import Guild, Member
from snowflake.expressions.places import Path
from snowflake.people.groups import groups_of
from snowflake.people.person import Person
from snowflake.people.policies.min_account_age import created_at
from snowflake.people.visible import cleaned
from snowflake.settings.client import Client

Json = dict[str, object]

#: Everything that it has, as the guide tells it: ``[]`` stands for each element of a list, and
#: ``*`` for whatever an element holds.
FIELDS: Final[Mapping[str, str]] = {
    "id": "the Discord user ID",
    "username": "the unique username",
    "name": "the display name, else the username",
    "email": "the e-mail address, if Discord has verified it",
    "email_verified": "whether Discord has verified it",
    "locale": "the language, such as `en-GB`",
    "avatar": "URL of the avatar",
    "account_created": "when the Discord account was made",
    "groups": "what the claim `groups` of this client holds",
    "guilds": "the guilds (servers) that the person is in, the oldest first",
    "guilds[].id": "the guild's ID",
    "guilds[].name": "its name",
    "guilds[].owner": "whether the person owns it",
    "guilds[].nick": "their nickname there",
    "guilds[].joined_at": "since when they are a member",
    "guilds[].boosting_since": "since when they boost it",
    "guilds[].roles": "the roles that they have there, without `@everyone`",
    "guilds[].roles[].id": "the role's ID",
    "guilds[].roles[].name": "its name, which only a bot tells",
    "client": "the application",
    "client.id": "its client ID",
    "client.name": "what people know it by",
    "assertion": "claims of the JWT of somebody else by which a machine proved itself, else null",
}
#: Of which an expression may hold more than the code knows.
_OPEN: Final = frozenset({"groups", "assertion"})


def _paths() -> Iterator[Path]:
    yield ()
    for field in FIELDS:
        path = tuple(field.replace("[]", ".[]").split("."))
        yield from (path[:end] for end in range(1, len(path) + 1))
        if field in _OPEN:
            yield (*path, "*")


#: The places that an expression may name.
PATHS: Final = frozenset(_paths())


#: Those of them that are known without any person.
OF_MACHINES: Final = frozenset({"client", "assertion"})


@dataclass(frozen=True, slots=True)
class Told:
    """What Discord was allowed to tell. Of all else the document says null."""

    email: bool = False
    groups: bool = False
    guild_list: bool = False
    members: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    person: Person
    client: Client
    told: Told


def document_of(person: Person, client: Client, told: Told, fields: frozenset[str]) -> Json:
    """Answer the person as a client's expressions may see them: those of the ``fields`` alone.

    All of them are of types that JSON has; what is not known is null. Times are UTC, in ISO 8601.
    """
    case = _Case(person, client, told)
    return {name: make(case) for name, make in _MAKERS.items() if name in fields}


def document_of_machine(client: Client, assertion: Mapping[str, object]) -> Json:
    """Answer what the expressions of a client see where there is no person."""
    return {"client": _of_client(client), "assertion": dict(assertion) or None}


def _of_client(client: Client) -> Json:
    return {"id": client.id, "name": client.name}


def _guilds(case: _Case) -> list[Json] | None:
    if not (case.told.guild_list or case.told.members):
        return None
    person = case.person
    own = {guild.id: guild for guild in person.guilds} if case.told.guild_list else {}
    members = {
        guild: member
        for guild, member in (person.members if case.told.members else {}).items()
        if member is not None
    }
    # Their own list may hold guilds in which they turned out to be no member.
    left = {guild for guild, member in person.members.items() if member is None}
    return [
        _guild(guild, own.get(guild), members.get(guild), person)
        for guild in sorted({*own, *members} - left, key=int)
    ]


def _guild(id_: str, own: Guild | None, member: Member | None, person: Person) -> Json:
    name = own.name if own is not None else person.guild_names.get(id_, "")
    return {
        "id": id_,
        "name": cleaned(name) or None,
        "owner": own.owner if own is not None else None,
        "nick": member.nick if member is not None else None,
        "joined_at": _time(member.joined_at if member is not None else None),
        "boosting_since": _time(member.premium_since if member is not None else None),
        "roles": _roles(id_, member, person) if member is not None else None,
    }


def _roles(guild: str, member: Member, person: Person) -> list[Json]:
    names = {role.id: cleaned(role.name) or None for role in person.roles.get(guild, ())}
    held = sorted(member.roles - {guild}, key=int)
    return [{"id": role, "name": names.get(role)} for role in held]


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _account_created(case: _Case) -> str | None:
    return _time(datetime.fromtimestamp(created_at(case.person.user.id), UTC))


def _email(case: _Case) -> str | None:
    return case.person.email or None if case.told.email else None


def _email_verified(case: _Case) -> bool | None:
    return bool(case.person.user.verified) if _email(case) else None


_MAKERS: Final[Mapping[str, Callable[[_Case], object]]] = {
    "id": lambda case: case.person.user.id,
    "username": lambda case: case.person.user.username or None,
    "name": lambda case: case.person.user.global_name or case.person.user.username or None,
    "email": _email,
    "email_verified": _email_verified,
    "locale": lambda case: case.person.user.locale or None,
    "avatar": lambda case: avatar_url(case.person.user, case.client.avatar_size),
    "account_created": _account_created,
    "groups": lambda case: groups_of(case.person, case.client.groups) if case.told.groups else None,
    "guilds": _guilds,
    "client": lambda case: _of_client(case.client),
    "assertion": lambda _: None,
}
