from collections import Counter
from datetime import datetime

import pytest

from snowflake.sandbox.discord import BOT_GUILDS, CAST, GUILDS, Person, SimulatedDiscord
from snowflake.sandbox.discord.cast import DAY, EPOCH_MS, FANCIER, PENDING, TIMED_OUT, people_at
from snowflake.sandbox.discord.places import COLLECTED, HOSTILE_ROLES, LIGHTHOUSE
from tests.running import NOW
from tests.sandbox.discord.party import EVERYBODY
from tests.sandbox.openapi import assert_valid

ALL_GUILDS = {guild.id: guild for guild in (*GUILDS, *COLLECTED)}
everybody = pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.username)


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
def test_a_person_is_in_guilds_and_has_roles_that_exist(person: Person) -> None:
    assert set(person.guilds) <= ALL_GUILDS.keys()
    for membership in person.memberships:
        assert membership.guild in person.guilds
        roles = {role.id for role in ALL_GUILDS[membership.guild].roles}
        assert set(membership.roles) <= roles


def test_ids_and_names_are_unique() -> None:
    ids = Counter(
        [
            *(person.id for person in EVERYBODY),
            *ALL_GUILDS,
            *(role.id for guild in GUILDS for role in guild.roles),
        ]
    )
    names = Counter(person.username for person in EVERYBODY)
    assert {*ids.values(), *names.values()} == {1}


def test_guilds_are_what_discord_specifies() -> None:
    for guild in ALL_GUILDS.values():
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
        pytest.param(lambda p: not p.mfa_enabled, id="no second factor"),
        pytest.param(lambda p: p.mfa_enabled, id="a second factor"),
        pytest.param(lambda p: not p.guilds, id="no guild"),
        pytest.param(lambda p: len(p.guilds) == 200, id="200 guilds"),
    ],
)
def test_the_cast_has_somebody_for_each_oddity(oddity: object) -> None:
    assert callable(oddity)
    assert any(oddity(person) for person in CAST)


@pytest.mark.parametrize("now", [NOW, NOW + 0.75, 1_500_000_000])
def test_whatever_the_day_somebody_registered_three_days_ago(now: float) -> None:
    discord = SimulatedDiscord(clock=lambda: now)
    fresh = discord.named("fresh.start")
    registered = (int(fresh.id) >> 22) + EPOCH_MS
    assert registered == pytest.approx((now - 3 * DAY) * 1000, abs=1)
    membership = fresh.membership(LIGHTHOUSE)
    assert membership is not None
    assert registered < datetime.fromisoformat(membership.joined_at or "").timestamp() * 1000


def test_somebody_is_pending_and_somebody_timed_out_for_a_week() -> None:
    people = {person.id: person for person in people_at(NOW)}
    pending = people[PENDING].membership(LIGHTHOUSE)
    assert pending is not None
    assert pending.pending
    timed_out = people[TIMED_OUT].membership(LIGHTHOUSE)
    assert timed_out is not None
    until = timed_out.communication_disabled_until
    assert until is not None
    assert datetime.fromisoformat(until).timestamp() == NOW + 7 * DAY


def test_who_is_there_for_one_gate_passes_the_others() -> None:
    for person in EVERYBODY[len(CAST) :]:
        assert person.email
        assert person.verified
        # Of whom there is more than one thing to tell.
        assert person.mfa_enabled is (person.id != FANCIER)
        assert LIGHTHOUSE in person.guilds


def test_names_of_roles_try_what_names_can() -> None:
    names = [role.name for role in HOSTILE_ROLES]
    assert max(map(len, names)) == 100
    assert [name for name, times in Counter(names).items() if times == 2] == ["Twin"]
    assert "authentik Admins" in names
    assert LIGHTHOUSE in names
    assert {*":,\"'{}<>/\\\u202e"} <= set("".join(names))
    impostors = [guild for guild in GUILDS if guild.name == "Lighthouse Keepers"]
    assert len(impostors) == 2


def test_a_bot_is_in_some_of_the_guilds_and_not_in_others() -> None:
    assert set(BOT_GUILDS) < {guild.id for guild in GUILDS}
