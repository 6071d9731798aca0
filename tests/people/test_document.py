"""The person as a document, in which claims by expression are searched for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from snowflake.discord.models import Guild, Member, Role
from snowflake.people.document import FIELDS, PATHS, Told, document_of
from snowflake.people.person import Person
from snowflake.settings.tables.groups import GroupsTable
from tests.oidc.test_scopes import CLIENT, GUILD, NELLY, PICTURE, ROLE

OTHER = "81384788765712384"
ALL = frozenset(name for name, *_ in filter(None, PATHS))
TOLD = Told(email=True, groups=True, guild_list=True, members=True)
MEMBER = Member(
    roles=frozenset({ROLE, "5", GUILD}),
    nick="Owlet",
    joined_at=datetime(2021, 3, 14, 15, 9, 26, 535_000, UTC),
    premium_since=datetime(2024, 2, 29, tzinfo=UTC),
)
PERSON = Person(
    NELLY.model_copy(update={"verified": True}),
    guilds=(Guild(id=GUILD, name=" Birds\u202e "), Guild(id=OTHER, name="API", owner=True)),
    members={GUILD: MEMBER},
    roles={GUILD: (Role(id=ROLE, name="Owl"),)},
    email="nelly@example.com",
)
BIRDS = {
    "id": GUILD,
    "name": "Birds",
    "owner": None,
    "nick": "Owlet",
    "joined_at": "2021-03-14T15:09:26Z",
    "boosting_since": "2024-02-29T00:00:00Z",
    "roles": [{"id": "5", "name": None}, {"id": ROLE, "name": "Owl"}],
}
ELSEWHERE = dict.fromkeys(("nick", "joined_at", "boosting_since", "roles"))


def document(person: Person = PERSON, told: Told = TOLD) -> dict[str, Any]:
    return document_of(person, CLIENT, told, ALL)


def test_all_that_is_known_stands_there_in_types_of_json() -> None:
    assert document() == {
        "id": NELLY.id,
        "username": "nelly",
        "name": "Nelly the Owl",
        "email": "nelly@example.com",
        "email_verified": True,
        "locale": "en-GB",
        "avatar": PICTURE,
        "account_created": "2015-08-10T17:26:37Z",
        "groups": [OTHER, GUILD],
        "guilds": [{"id": OTHER, "name": "API", "owner": True, **ELSEWHERE}, BIRDS],
        "client": {"id": CLIENT.id, "name": None},
        "assertion": None,
    }


# A document of JSON.
def _fields(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        inner = ((f"{path}.{key}" if path else key, one) for key, one in value.items())
        return {key for key, _ in inner} | {
            field
            for key, one in value.items()
            for field in _fields(one, f"{path}.{key}".strip("."))
        }
    if isinstance(value, list):
        return {field for one in value for field in _fields(one, f"{path}[]")}
    return set()


def test_it_has_the_fields_that_the_guide_tells_and_no_others() -> None:
    assert _fields(document()) == set(FIELDS)


def test_nothing_is_made_that_nobody_looks_at() -> None:
    assert document_of(PERSON, CLIENT, TOLD, frozenset({"name"})) == {"name": "Nelly the Owl"}


@pytest.mark.parametrize(
    ("untold", "gone"),
    [
        ({"email": False}, {"email": None, "email_verified": None}),
        ({"groups": False}, {"groups": None}),
        ({"members": False}, {"guilds": [{**one, **ELSEWHERE} for one in document()["guilds"]]}),
        ({"guild_list": False}, {"guilds": [{**BIRDS, "name": None}]}),
        ({"guild_list": False, "members": False}, {"guilds": None}),
    ],
)
def test_what_discord_was_not_allowed_to_tell_is_null(
    untold: dict[str, bool], gone: Mapping[str, object]
) -> None:
    assert document(told=replace(TOLD, **untold)) == {**document(), **gone}


def test_somebody_of_whom_nothing_is_known_is_no_fault() -> None:
    bare = Person(NELLY.model_copy(update={"username": "", "global_name": None, "locale": None}))
    told = document(bare)
    assert told["guilds"] == told["groups"] == []
    unknown = ("username", "name", "email", "email_verified", "locale")
    assert [told[field] for field in unknown] == [None] * 5


def test_a_guild_in_which_they_turned_out_to_be_no_member_is_none_of_theirs() -> None:
    gone = replace(PERSON, members={GUILD: None})
    assert [guild["id"] for guild in document(gone)["guilds"]] == [OTHER]


def test_a_guild_that_only_the_bot_has_seen_is_called_as_the_bot_calls_it() -> None:
    seen = replace(PERSON, guilds=(), guild_names={GUILD: "Birds"})
    assert document(seen, replace(TOLD, guild_list=False))["guilds"] == [BIRDS]


def test_groups_are_those_of_the_client() -> None:
    named = replace(CLIENT, groups=GroupsTable(names={GUILD: "birds"}, only_named=True))
    assert document_of(PERSON, named, TOLD, frozenset({"groups"})) == {"groups": ["birds"]}
