from dataclasses import replace

import pytest

from snowflake.errors import AccessDenied, TemporarilyUnavailable
from snowflake.people.person import Person
from snowflake.people.policies import admit
from snowflake.settings.client import Client
from tests.people.policies.cases import (
    API,
    BIRDS,
    CHOIR,
    NELLY,
    STRANGER,
    client,
    in_guilds,
    looked_at,
    member,
    refusal,
    refused,
)
from tests.running import NOW

ANY = client(any_guild=[BIRDS, API])
ALL = client(all_guilds=[BIRDS, API])


def test_one_of_any_guild_is_enough() -> None:
    assert refused(in_guilds(API), ANY) == []
    assert refused(looked_at(birds=None, api=member()), ANY) == []


def test_somebody_in_none_of_any_guild_is_refused() -> None:
    assert refused(in_guilds(CHOIR), ANY) == ["any_guild"]
    assert refused(looked_at(birds=None, api=None), ANY) == ["any_guild"]


def test_one_of_all_guilds_is_not_enough() -> None:
    assert refused(in_guilds(API), ALL) == ["all_guilds"]
    assert refused(looked_at(birds=member()), ALL) == ["all_guilds"]


def test_somebody_in_all_guilds_is_admitted() -> None:
    assert refused(in_guilds(API, CHOIR, BIRDS), ALL) == []
    assert refused(looked_at(birds=member(), api=member()), ALL) == []


def test_a_look_at_a_member_counts_more_than_their_list() -> None:
    person = replace(in_guilds(BIRDS), members={BIRDS: None})
    assert refused(person, client(any_guild=[BIRDS])) == ["any_guild"]


def test_where_nobody_has_looked_nobody_is_a_member() -> None:
    assert refused(STRANGER, ANY) == ["any_guild"]
    assert refused(STRANGER, ALL) == ["all_guilds"]


def in_some(*guilds: str) -> Person:
    """Answer somebody of whose guilds Discord did not say of each which it is."""
    return replace(in_guilds(*guilds), guilds_are_all=False)


def test_a_list_with_odd_guilds_admits_whoever_is_surely_in() -> None:
    admit(in_some(API), ANY, NOW)
    admit(in_some(API, BIRDS), ALL, NOW)


@pytest.mark.parametrize(
    ("person", "to"),
    [
        (in_some(CHOIR), ANY),
        (in_some(API), ALL),
        (replace(in_some(CHOIR), members={BIRDS: None}), ANY),
    ],
)
def test_whoever_may_be_in_an_odd_guild_is_neither_admitted_nor_refused(
    person: Person, to: Client
) -> None:
    with pytest.raises(TemporarilyUnavailable):
        admit(person, to, NOW)


@pytest.mark.parametrize(
    ("person", "to"),
    [
        (replace(in_some(CHOIR), members={BIRDS: None, API: None}), ANY),
        (replace(in_some(), members={BIRDS: None}), ALL),
        (in_some(CHOIR), client(any_guild=[BIRDS], no_people=[NELLY])),
    ],
)
def test_whoever_is_surely_not_in_or_fails_otherwise_is_refused(person: Person, to: Client) -> None:
    with pytest.raises(AccessDenied):
        admit(person, to, NOW)


def test_who_is_in_no_guild_is_told_to_join() -> None:
    one = refusal(STRANGER, client(any_guild=[BIRDS]))
    assert one.sentence == (
        "You have to be a member of a certain Discord server. Join, then sign in again."
    )
    assert one.solvable
    assert one.by_joining


def test_a_guild_is_named_where_the_bot_knows_its_name() -> None:
    person = replace(STRANGER, guild_names={BIRDS: "Birds"})
    assert "the Discord server “Birds”." in refusal(person, client(any_guild=[BIRDS])).sentence
    assert "one of certain Discord servers." in refusal(person, ANY).sentence
    assert "2 certain Discord servers." in refusal(person, ALL).sentence


def test_only_the_guilds_that_are_missing_are_named() -> None:
    person = replace(in_guilds(API), guild_names={BIRDS: "Birds", API: "API"})
    one = refusal(person, ALL)
    assert "the Discord server “Birds”." in one.sentence
    assert one.by_joining
