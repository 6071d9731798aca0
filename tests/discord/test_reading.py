"""Whatever stands in one field of an answer, only whoever needs that field hears of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from structlog.testing import capture_logs

from snowflake.discord.bounds import MAX_FAULTS
from snowflake.discord.models import (
    Guild,
    Member,
    Role,
    RoleConnection,
    RoleConnectionMetadata,
    Tokens,
    User,
)
from snowflake.discord.reading import ListReader, Reader
from tests.running import TOKENS

Json = dict[str, Any]
LEFT_OUT: Final = object()
SECRET: Final = "SECRET-VALUE"


@dataclass(frozen=True)
class Kind:
    """A model, a whole answer of it, and the fields that tell which thing it is."""

    model: type[BaseModel]
    whole: Mapping[str, Any]
    vital: frozenset[str] = frozenset({"id"})


KINDS: Final = {
    "tokens": Kind(Tokens, TOKENS, frozenset({"access_token"})),
    "user": Kind(
        User,
        {
            "id": "80351110224678912",
            "username": "nelly",
            "discriminator": "0",
            "global_name": "Nelly the Owl",
            "avatar": "a_8342729096ea3675442027381ff50dfe",
            "banner": "06c16474723fe537c283b8efa61a30c8",
            "accent_color": 16711680,
            "mfa_enabled": True,
            "locale": "en-GB",
            "email": "nelly@example.com",
            "verified": True,
        },
    ),
    "guild": Kind(Guild, {"id": "197038439483310086", "name": "Birds", "owner": False}),
    "role": Kind(Role, {"id": "41771983423143936", "name": "Owl", "managed": False}),
    "member": Kind(
        Member,
        {
            "roles": ["41771983423143936", "41771983423143937"],
            "nick": "Owl",
            "avatar": "8342729096ea",
            "pending": True,
            "communication_disabled_until": "2027-01-01T00:00:00+00:00",
            "joined_at": "2015-04-26T06:26:56.936000+00:00",
            "premium_since": "2024-02-29T00:00:00+00:00",
            "flags": 3,
        },
        frozenset(),
    ),
    "role connection": Kind(
        RoleConnection,
        {"platform_name": "Example", "platform_username": "nelly", "metadata": {"level": "3"}},
        frozenset(),
    ),
    "metadata": Kind(
        RoleConnectionMetadata,
        {
            "key": "level",
            "type": 2,
            "name": "Level",
            "description": "The level",
            "name_localizations": {"de": "Stufe"},
            "description_localizations": {"de": "Die Stufe"},
        },
        frozenset({"key"}),
    ),
}
every_kind = pytest.mark.parametrize("name", KINDS)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    # Half of a character, too, which some programs write and none can read.
    | st.text(st.characters(exclude_categories=()), max_size=8)
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
changed_values = values | st.just(LEFT_OUT)


def changed(whole: Mapping[str, Any], field: str, value: object) -> Json:
    """Answer the same with another value of a field, or without it."""
    rest = {name: kept for name, kept in whole.items() if name != field}
    return rest if value is LEFT_OUT else {**rest, field: value}


def read(kind: Kind, answer: object) -> BaseModel:
    return Reader("answer", TypeAdapter(kind.model)).read(json.dumps(answer).encode())


def unsaid_in(logs: list[Any]) -> list[object]:
    return [line["field"] for line in logs if line["event"] == "discord_field_unsaid"]


@every_kind
def test_a_whole_answer_is_read_without_a_word(name: str) -> None:
    kind = KINDS[name]
    assert set(kind.whole) >= set(kind.model.model_fields)
    with capture_logs() as logs:
        answer = read(kind, kind.whole)
    assert answer.model_fields_set == set(kind.model.model_fields)
    assert logs == []


@settings(max_examples=500)
@given(st.data())
def test_any_field_may_be_anything_but_what_says_which_thing_it_is(data: st.DataObject) -> None:
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    fields = sorted(kind.model.model_fields)
    field, value = data.draw(st.sampled_from(fields)), data.draw(changed_values)
    whole = read(kind, kind.whole)
    with capture_logs() as logs:
        try:
            answer = read(kind, changed(kind.whole, field, value))
        except ValueError:
            assert field in kind.vital
            return
    # Only that field is another, and whether it is said is known.
    for other in set(fields) - {field}:
        assert getattr(answer, other) == getattr(whole, other)
    odd = value is not LEFT_OUT and field not in answer.model_fields_set
    assert unsaid_in(logs) == ([field] if odd else [])
    if field not in answer.model_fields_set:
        assert getattr(answer, field) == kind.model.model_fields[field].get_default()


@every_kind
def test_all_other_fields_may_be_odd_at_once(name: str) -> None:
    kind = KINDS[name]
    odd = {field: [[SECRET]] for field in kind.whole if field not in kind.vital}
    if name == "member":
        odd.pop("nick")
    with capture_logs() as logs:
        answer = read(kind, {**kind.whole, **odd})
    said = set(kind.model.model_fields) - set(odd)
    assert answer.model_fields_set == said
    assert unsaid_in(logs) == sorted(set(odd) & set(kind.model.model_fields))
    assert SECRET not in f"{logs}"


@pytest.mark.parametrize("answer", [{}, {"message": "hello"}, {"nick": [SECRET], "roles": SECRET}])
def test_an_answer_that_says_nothing_of_a_member_makes_nobody_one(answer: Json) -> None:
    with pytest.raises(ValueError, match="which") as refused:
        read(KINDS["member"], answer)
    assert SECRET not in str(refused.value)


@given(st.data())
def test_one_odd_item_of_a_list_leaves_the_others(data: st.DataObject) -> None:
    guilds = [{"id": str(number), "name": f"Guild {number}"} for number in range(1, 5)]
    at = data.draw(st.integers(0, 3))
    odd = data.draw(values | st.builds(changed, st.just(guilds[at]), st.just("id"), changed_values))
    guilds[at] = odd
    reader = ListReader("guilds", TypeAdapter(list[Guild]))
    with capture_logs() as logs:
        known, others = reader.read_known(json.dumps(guilds).encode())
    expected = [str(number) for number in range(1, 5) if number != at + 1]
    if others:
        assert [guild.id for guild in known] == expected
        [line] = [line for line in logs if line["event"] == "discord_items_unknown"]
        assert (line["answer"], line["number"]) == ("guilds", 1)
    else:
        # Something that is an ID, if not its own.
        assert [guild.id for guild in known if guild is not known[at]] == expected


def test_each_field_is_named_once_however_many_items_have_it() -> None:
    guilds = [{"id": str(number), "name": None} for number in range(1, 201)]
    reader = ListReader("guilds", TypeAdapter(list[Guild]))
    with capture_logs() as logs:
        known, others = reader.read_known(json.dumps(guilds).encode())
    assert (len(known), others) == (200, 0)
    assert unsaid_in(logs) == ["name"]


@pytest.mark.parametrize("items", [[{}], [{"id": 5}, "x"], [None] * (MAX_FAULTS + 1)])
def test_a_list_of_which_nothing_is_left_is_none(items: list[object]) -> None:
    reader = ListReader("guilds", TypeAdapter(list[Guild]))
    with pytest.raises(ValueError, match=r"list|faults"):
        reader.read_known(json.dumps(items).encode())


def test_where_each_item_counts_one_that_says_not_which_it_is_spoils_the_list() -> None:
    roles = [dict(KINDS["role"].whole), {"id": None, "name": "Owl"}]
    with pytest.raises(ValueError, match="which"):
        Reader("roles", TypeAdapter(list[Role])).read(json.dumps(roles).encode())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"id": "1", "username": "nel\\ud83dly"}', "nel?ly"),
        (b'{"id": "1", "username": "nelly", "more": "\\udc00"}', "nelly"),
        (b'{"id": "1", "username": "nelly", "accent_color": ' + b"9" * 5000 + b"}", "nelly"),
        (b'{"id": "1", "username": "nelly", "more": ' + b"9" * 5000 + b"}", "nelly"),
        (b'{"id": "1", "username": "nelly", "accent_color": NaN}', "nelly"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_hardly_any_program_reads_is_read(content: bytes, name: str) -> None:
    assert Reader("user", TypeAdapter(User)).read(content).username == name


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"id": "1"', b"[" * 100_000, b'{"id": "\xff"}']
)
def test_what_is_no_json_is_nothing(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^"):
        Reader("user", TypeAdapter(User)).read(content)
