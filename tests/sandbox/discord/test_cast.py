from collections import Counter

import pytest

from snowflake.sandbox.discord import CAST, GUILDS, Person
from snowflake.sandbox.discord.cast import COLLECTED
from tests.sandbox.openapi import assert_valid

everybody = pytest.mark.parametrize("person", CAST, ids=lambda person: person.username)


@everybody
def test_a_person_is_what_discord_specifies(person: Person) -> None:
    assert_valid(person.to_json({"identify", "email"}), "UserPIIResponse")
    assert_valid(person.to_json({"identify"}), "UserPIIResponse")
    assert_valid(person.to_public_json(), "UserResponse")


@everybody
def test_the_address_needs_the_email_scope(person: Person) -> None:
    assert person.to_json({"identify"}).keys().isdisjoint({"email", "verified"})
    assert person.to_json({"identify", "email"})["email"] == person.email


@everybody
def test_a_person_is_in_guilds_that_exist(person: Person) -> None:
    assert set(person.guilds) <= {guild.id for guild in (*GUILDS, *COLLECTED)}


def test_ids_and_names_are_unique() -> None:
    ids = Counter([*(person.id for person in CAST), *(g.id for g in (*GUILDS, *COLLECTED))])
    names = Counter(person.username for person in CAST)
    assert {*ids.values(), *names.values()} == {1}


def test_guilds_are_what_discord_specifies() -> None:
    for guild in (*GUILDS, *COLLECTED):
        for person in CAST:
            assert_valid(guild.to_json(person.id), "MyGuildResponse")


def test_a_guild_knows_its_owner() -> None:
    owned = [guild for guild in GUILDS if guild.to_json(CAST[0].id)["owner"]]
    assert [guild.owner for guild in owned] == [CAST[0].id]


@pytest.mark.parametrize(
    "oddity",
    [
        pytest.param(lambda p: (p.avatar or "").startswith("a_"), id="animated picture"),
        pytest.param(lambda p: not p.display_name.isascii(), id="name beyond ASCII"),
        pytest.param(lambda p: p.global_name is None, id="no display name"),
        pytest.param(lambda p: p.avatar is None, id="no picture"),
        pytest.param(lambda p: p.discriminator != "0", id="old name"),
        pytest.param(lambda p: p.email and not p.verified, id="unverified address"),
        pytest.param(lambda p: p.email is None, id="no address"),
        pytest.param(lambda p: not p.guilds, id="no guild"),
        pytest.param(lambda p: len(p.guilds) == 200, id="200 guilds"),
    ],
)
def test_the_cast_has_somebody_for_each_oddity(oddity: object) -> None:
    assert callable(oddity)
    assert any(oddity(person) for person in CAST)
