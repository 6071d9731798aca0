"""Claims by expression: what Discord has to be asked for them, and what they come to."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from snowflake.expressions import Unsearchable, compiled, search
from snowflake.expressions.looking import looks_of
from snowflake.expressions.places import ELEMENT, Look, Path
from snowflake.people.document import (
    OF_MACHINES,
    PATHS,
    Told,
    document_of,
    document_of_machine,
)
from snowflake.people.person import Person
from snowflake.settings.client import Client

#: Characters of a claim, as JSON.
MAX_CLAIM: Final = 16_384
#: What is known of a guild in which somebody was looked at, and not of any other.
DETAILS: Final = ("nick", "joined_at", "boosting_since", "roles")
#: What only the person's own list of guilds says.
OF_LIST: Final = ("name", "owner")

#: What people call it that claims are drawn from -> the fields of the person.
SOURCES: Final = {
    "your account": ("id", "username", "name", "locale", "avatar", "account_created"),
    "your e-mail address": ("email", "email_verified"),
    "your servers and roles": ("guilds", "groups"),
}

_DISCORD_ID: Final = re.compile(r"0|[1-9][0-9]{0,19}")
_WITHOUT_PERSON: Final = frozenset((name,) for name in OF_MACHINES)
_GUILD: Final[Path] = ("guilds", ELEMENT)
_ROLE_NAME: Final[Path] = (*_GUILD, "roles", ELEMENT, "name")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Discord is to be asked for some expressions.

    - ``email``: the address; ``groups``: whatever the claim ``groups`` needs.
    - ``guild_list``: the person's own list of guilds.
    - ``members``: guilds in which it matters what they are; ``roles``: those of them in which it
      matters which roles they have, ``role_names`` how those are called, ``names`` how the guild
      itself is called.
    """

    email: bool = False
    groups: bool = False
    guild_list: bool = False
    members: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    role_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Found(NamedTuple):
    """What expressions have come to, by the names of their claims; why others ``failed``."""

    claims: Mapping[str, object]
    failed: Mapping[str, str]


def wanted_for(expressions: Iterable[str], client: Client) -> Wanted:
    """Answer what has to be known for expressions of a client."""
    looks = {look for text in expressions for look in looks_of(text, PATHS).at}
    if not looks:
        return Wanted()
    has_bot, chosen = client.has_bot, _chosen(looks)
    # Of all guilds, those are looked at that are named somewhere.
    named = chosen.union(client.groups.guilds, client.access.guilds)

    def guilds(*paths: Path) -> tuple[str, ...]:
        """Answer the guilds of which it matters what is at one of the paths."""
        looked_at = (look.place.among for look in looks if _reaches(look, *paths))
        ids = {id_ for among in looked_at for id_ in (named if among is None else among)}
        return tuple(sorted(filter(_DISCORD_ID.fullmatch, ids), key=int))

    details = guilds(*((*_GUILD, field) for field in DETAILS))
    # The bot looks itself, so that the person need not show a list of all their guilds.
    guild_list = _needs_list(looks, details, has_bot=has_bot)
    return Wanted(
        email=_any_reaches(looks, ("email",), ("email_verified",)),
        groups=_any_reaches(looks, ("groups",)),
        guild_list=guild_list,
        members=tuple(sorted({*details, *(chosen if has_bot else ())}, key=int)),
        roles=guilds((*_GUILD, "roles")),
        role_names=guilds(_ROLE_NAME) if has_bot else (),
        names=guilds((*_GUILD, "name")) if has_bot and not guild_list else (),
    )


def chosen_guilds(text: str) -> frozenset[str]:
    """Answer the IDs of the guilds that an expression chooses."""
    return _chosen(looks_of(text, PATHS).at)


def sources_of(*expressions: str) -> tuple[str, ...]:
    """Answer, in words for people, what expressions draw from."""
    looks = {look for text in expressions for look in looks_of(text, PATHS).at if look.whole}
    return tuple(
        words
        for words, fields in SOURCES.items()
        if _any_reaches(looks, *((field,) for field in fields))
    )


def names_roles(text: str) -> bool:
    """Whether an expression looks for the names of roles themselves."""
    return any(
        look.place.path[: len(_ROLE_NAME)] == _ROLE_NAME for look in looks_of(text, PATHS).at
    )


def looks_into(text: str, *paths: Path) -> bool:
    """Whether an expression looks at any of some places of the person."""
    return _any_reaches(looks_of(text, PATHS).at, *paths)


def found(expressions: Mapping[str, str], person: Person, client: Client, told: Told) -> Found:
    """Search for claims in a person, of whom Discord was allowed to tell so much.

    What comes to nothing (null) or to an empty text is left out, and so is what fails: the reason
    says nothing of the person.
    """
    fields = {field for text in expressions.values() for field in _fields(text)}
    return _found_in(document_of(person, client, told, frozenset(fields)), expressions)


def found_without_person(
    expressions: Mapping[str, str], client: Client, assertion: Mapping[str, object]
) -> Found:
    """Search for claims that need no person, of a client that gets a token for itself."""
    return _found_in(document_of_machine(client, assertion), expressions)


def needs_person(text: str) -> bool:
    """Whether an expression looks at a person.

    That there is a document at all, where a function or a comparison begins, says nothing of one.
    """
    looks = (look for look in looks_of(text, PATHS).at if look.place.path or look.whole)
    return any(look.place.path[:1] not in _WITHOUT_PERSON for look in looks)


def _found_in(document: Mapping[str, object], expressions: Mapping[str, str]) -> Found:
    claims: dict[str, object] = {}
    failed: dict[str, str] = {}
    for claim, text in expressions.items():
        try:
            value = _plain(search(compiled(text), document))
        except Unsearchable as unfit:
            failed[claim] = str(unfit)
        else:
            claims |= {claim: value} if value is not None and value != "" else {}
    return Found(claims, failed)


# What is found is anything that JSON holds, or one of the library's own objects.
def _plain(value: Any) -> Any:
    """Answer a copy of a value as tokens and UserInfo can hold it.

    Raises:
        Unsearchable: they cannot.
    """
    try:
        written = json.dumps(value, allow_nan=False, ensure_ascii=False)
        # Half of a character stands in no answer.
        written.encode()
        if len(written) <= MAX_CLAIM:
            return json.loads(written)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsearchable("comes to something that no claim can hold") from error
    raise Unsearchable(f"comes to more than {MAX_CLAIM} characters")


def _fields(text: str) -> Iterator[str]:
    """Answer the fields of the person that an expression looks at."""
    for look in looks_of(text, PATHS).at:
        path = look.place.path
        yield from path[:1] or (name for name, *_ in filter(None, PATHS) if look.whole)


def _reaches(look: Look, *paths: Path) -> bool:
    """Whether a look is at one of the paths, or below, or at all of something above."""
    at = look.place.path
    return any(at[: len(path)] == path or (look.whole and path[: len(at)] == at) for path in paths)


def _any_reaches(looks: Iterable[Look], *paths: Path) -> bool:
    return any(_reaches(look, *paths) for look in looks)


def _chosen(looks: Iterable[Look]) -> frozenset[str]:
    """Answer the guilds that expressions choose by ID."""
    ids = (look.place.among or () for look in looks if look.place.path[:1] == _GUILD[:1])
    return frozenset(filter(_DISCORD_ID.fullmatch, (id_ for among in ids for id_ in among)))


def _needs_list(looks: Iterable[Look], looked_at: Iterable[str], *, has_bot: bool) -> bool:
    """Whether the person's own list of guilds is needed, and not only a look at some of them."""
    of_list = OF_LIST[1:] if has_bot else OF_LIST
    known = frozenset(looked_at)
    for look in looks:
        if not _reaches(look, ("guilds",)):
            continue
        among = look.place.among
        if among is None or _reaches(look, *((*_GUILD, field) for field in of_list)):
            return True
        if not has_bot and not among <= known:
            return True
    return False
