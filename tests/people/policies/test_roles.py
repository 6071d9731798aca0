from dataclasses import replace

import pytest

from snowflake.discord.models import Role
from snowflake.settings.tables.groups import GroupsTable
from tests.people.policies.cases import (
    API,
    BANNED,
    BIRDS,
    KEEPER,
    SINGER,
    STRANGER,
    client,
    looked_at,
    member,
    refusal,
    refused,
)

OF_BIRDS = GroupsTable(guilds=(BIRDS,))
OF_BOTH = GroupsTable(guilds=(BIRDS, API))
ANY = client(OF_BOTH, any_role=[KEEPER, SINGER])
ALL = client(OF_BOTH, all_roles=[KEEPER, SINGER])
NONE = client(OF_BIRDS, no_role=[BANNED])


def test_one_of_any_role_is_enough() -> None:
    assert refused(looked_at(birds=None, api=member(SINGER)), ANY) == []


def test_somebody_with_none_of_any_role_is_refused() -> None:
    assert refused(looked_at(birds=member(BANNED), api=None), ANY) == ["any_role"]


def test_all_roles_may_be_those_of_several_guilds() -> None:
    assert refused(looked_at(birds=member(KEEPER), api=member(SINGER)), ALL) == []


def test_one_of_all_roles_is_not_enough() -> None:
    assert refused(looked_at(birds=member(KEEPER), api=member()), ALL) == ["all_roles"]


def test_who_has_no_denied_role_is_admitted() -> None:
    assert refused(looked_at(birds=member(KEEPER)), NONE) == []
    assert refused(looked_at(birds=None), NONE) == []


def test_a_denied_role_refuses_and_nobody_can_help_it() -> None:
    one = refusal(looked_at(birds=member(KEEPER, BANNED)), NONE)
    assert one.policy == "no_role"
    assert not one.solvable


def test_a_denied_role_may_be_where_nobody_has_looked() -> None:
    both = client(OF_BIRDS, any_guild=[API], no_role=[BANNED])
    assert refused(looked_at(api=member()), both) == ["no_role"]
    assert refused(looked_at(api=member(), birds=None), both) == []
    assert not refusal(STRANGER, NONE).solvable


def test_roles_of_a_guild_that_only_gives_names_are_no_matter() -> None:
    person = looked_at(birds=None, api=member(KEEPER, BANNED))
    anyone = client(OF_BIRDS, any_role=[KEEPER])
    assert refusal(person, anyone).by_joining
    assert refusal(person, client(OF_BIRDS, all_roles=[KEEPER])).by_joining
    assert refused(person, NONE) == []


def test_where_no_guild_is_named_no_role_can_be_looked_for() -> None:
    assert refused(STRANGER, client(any_role=[KEEPER])) == ["any_role"]
    assert refused(STRANGER, client(no_role=[BANNED])) == ["no_role"]


@pytest.mark.parametrize(
    ("policy", "words"),
    [("any_role", "one of certain roles on Discord"), ("all_roles", "2 certain roles on Discord")],
)
def test_who_is_in_a_guild_is_told_to_ask_there(policy: str, words: str) -> None:
    to = client(OF_BIRDS, **{policy: [KEEPER, SINGER]})
    one = refusal(looked_at(birds=member()), to)
    assert words in one.sentence
    assert one.solvable
    assert not one.by_joining
    assert refusal(looked_at(birds=None), to).by_joining


def test_a_role_is_named_where_the_bot_knows_its_name() -> None:
    roles = (Role(id=KEEPER, name="Keeper"), Role(id=SINGER, name="Singer"))
    person = replace(looked_at(birds=member(SINGER), api=None), roles={BIRDS: roles})
    assert "You need the role “Keeper” on Discord." in refusal(person, ALL).sentence
