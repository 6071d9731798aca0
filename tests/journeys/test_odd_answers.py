"""Whole logins while Discord's answers hold odd fields, and of guests."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from snowflake.sandbox.discord import GUEST, LEFT_OUT, Failure, Membership, Route
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE, SOURDOUGH, TRAINS
from tests.journeys.browser import Browser
from tests.journeys.registered import client, ids
from tests.journeys.relying_party import Json, RelyingParty, Secrets, error_of, tokens_of
from tests.journeys.world import BOT_TOKEN, World, sign_in
from tests.journeys.world import world as running_world

#: What no field holds, of a type that none has.
ODD: Final = [["SECRET-VALUE"]]
#: Of each answer, what no login needs.
COSMETICS: Final[dict[Route, dict[str, object]]] = {
    "token": {"expires_in": "604800", "scope": ODD, "token_type": 5},
    "me": {
        "username": ODD,
        "discriminator": "",
        "global_name": ODD,
        "avatar": 7,
        "banner": ODD,
        "accent_color": "red",
        "mfa_enabled": "yes",
        "locale": 7,
        "email": ODD,
        "verified": "yes",
    },
    "guilds": {"name": None},
}
#: A policy -> the answer, and the fields, that it judges by.
JUDGED: Final[dict[str, tuple[Route, tuple[str, ...]]]] = {
    "any_guild": ("guild_member", ("flags", "joined_at")),
    "all_guilds": ("guild_member", ("flags", "joined_at")),
    "any_role": ("guild_member", ("roles",)),
    "all_roles": ("guild_member", ("roles",)),
    "no_role": ("guild_member", ("roles",)),
    "screened": ("guild_member", ("pending",)),
    "not_timed_out": ("guild_member", ("communication_disabled_until",)),
    "two_factor": ("me", ("mfa_enabled",)),
    "verified_email": ("me", ("verified",)),
}
IN_LIGHTHOUSE: Final = f"[clients.access]\nany_guild = {ids(LIGHTHOUSE)}\n"
ROLES: Final = f'[clients.groups]\ninclude = ["guilds", "roles"]\nguilds = {ids(LIGHTHOUSE)}\n'
CLIENTS: Final = {
    "members": ROLES + IN_LIGHTHOUSE,
    "members-and-guests": f"{ROLES}{IN_LIGHTHOUSE}guests = true",
    "everybody": f"{ROLES}[clients.access]",
    "those-with-a-role": f"{IN_LIGHTHOUSE}any_role = {ids(KEEPER)}",
    "those-on-the-list": IN_LIGHTHOUSE,
}


@pytest.fixture(scope="module", params=[True, False], ids=["bot", "no bot"])
def has_bot(request: pytest.FixtureRequest) -> bool:
    """Whether Snowflake has a bot."""
    return bool(request.param)


@pytest.fixture(scope="module")
def guests_world(has_bot: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {"SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN} if has_bot else {}
    file = "".join(client(name, tables) for name, tables in CLIENTS.items())
    with running_world(tmp_path_factory.mktemp("guests"), settings, file=file) as running:
        # One person signs in more often here than Discord lets anybody.
        running.discord.limits.pop("member")
        yield running


@pytest.fixture
def guests(guests_world: World) -> Iterator[World]:
    """A Snowflake before a Discord where everybody is again after each test what they were."""
    everybody = dict(guests_world.discord.people)
    yield guests_world
    guests_world.discord.heal()
    guests_world.discord.people.update(everybody)


def odd(world: World, route: Route, **fields: Any) -> None:
    world.discord.fail(route, Failure.ODD_FIELDS, times=None, fields=fields)


def signed_in(party: RelyingParty, browser: Browser) -> Json:
    login = Secrets()
    return tokens_of(
        party.redeem(login, party.code(login, browser.sign_in(party.begin(login), ADA)))
    )


def unsaid(log: str) -> list[tuple[str, str]]:
    """Answer of which answers the log names which fields."""
    lines = [json.loads(line) for line in log.splitlines() if "discord_field_unsaid" in line]
    return sorted((line["answer"], line["field"]) for line in lines)


def test_what_no_login_needs_may_be_anything(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    for route, fields in COSMETICS.items():
        odd(world, route, **fields)
    before = len(world.snowflake.log)
    claims, _ = sign_in(replace(party, scope="openid profile email groups discord"), browser)
    assert claims["sub"] == claims["discord"]["id"] == ADA
    assert claims["groups"] == [LIGHTHOUSE, TRAINS, SOURDOUGH]
    said = {"name", "preferred_username", "nickname", "locale", "email", "email_verified"}
    assert not said & claims.keys()
    assert claims["discord"].keys() == {"id", "avatar_url"}
    expected = [
        ("guilds", "name"),
        ("tokens", "expires_in"),
        ("tokens", "scope"),
        *(("user", field) for field in COSMETICS["me"]),
    ]
    world.snowflake.wait_until(lambda: len(unsaid(world.snowflake.log[before:])) == len(expected))
    # Each once, and never what stood there.
    assert unsaid(world.snowflake.log[before:]) == sorted(expected)
    assert "SECRET-VALUE" not in world.snowflake.log


@pytest.mark.parametrize(
    "value", [LEFT_OUT, None, 5, "one", ODD], ids=["left out", "null", "a number", "a word", "odd"]
)
def test_one_odd_guild_of_several_is_left_out_and_the_log_says_so(
    world: World, party: RelyingParty, browser: Browser, value: object
) -> None:
    odd(world, "guilds", id=value)
    before = len(world.snowflake.log)
    claims, _ = sign_in(party, browser)
    # Discord's list begins with the oldest guild.
    assert len(claims["groups"]) == 2
    assert set(claims["groups"]) < {LIGHTHOUSE, TRAINS, SOURDOUGH}
    world.snowflake.wait_until(lambda: "discord_items_unknown" in world.snowflake.log[before:])


@pytest.mark.parametrize("value", [ODD, LEFT_OUT], ids=["odd", "left out"])
@pytest.mark.parametrize("policy", JUDGED)
def test_what_a_gate_judges_by_is_neither_guessed_nor_held_against_anybody(
    policy: str, value: object, guarded: World, browser: Browser
) -> None:
    party, (route, fields) = replace(guarded.client(policy), scope="openid"), JUDGED[policy]
    tokens = signed_in(party, browser)
    odd(guarded, route, **dict.fromkeys(fields, value))
    # A login waits, and loses nothing by it.
    with Browser() as another:
        page = another.allow(another.open(party.begin(Secrets())), ADA)
        assert page.status_code == 503
        # A refresh answers what it knew, and does not end the grant.
        again = party.refresh(tokens["refresh_token"])
        assert again.status_code == 200
        guarded.discord.heal()
        assert another.open(str(page.url)).status_code != 503
    assert party.refresh(again.json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize("policy", ["people", "min_account_age"])
def test_where_no_gate_judges_by_it_it_is_no_matter(
    policy: str, guarded: World, browser: Browser
) -> None:
    for route, fields in JUDGED.values():
        odd(guarded, route, **dict.fromkeys(fields, ODD))
    try:
        signed_in(replace(guarded.client(policy), scope="openid profile"), browser)
    finally:
        guarded.discord.heal()


def become_a_guest(world: World, how: str) -> None:
    flags, joined_at = (GUEST, "2026-01-02T03:04:05+00:00") if how == "flag" else (0, None)
    membership = Membership(LIGHTHOUSE, roles=(KEEPER,), flags=flags, joined_at=joined_at)
    world.discord.join(ADA, membership)


@pytest.mark.parametrize("how", ["flag", "no time"])
def test_a_guest_is_no_member_where_one_is_looked_at(
    how: str, guests: World, has_bot: bool, browser: Browser
) -> None:
    party = replace(guests.client("members"), scope="openid groups")
    tokens = signed_in(party, browser)
    assert KEEPER in party.claims(tokens)["groups"]
    become_a_guest(guests, how)
    with Browser() as another:
        refused = another.allow(another.open(party.begin(Secrets())), ADA)
    assert refused.status_code == 403
    assert "You have to be a member of" in refused.text
    if has_bot:
        # Their own token may ask once a minute, and the memory serves meanwhile.
        assert error_of(party.refresh(tokens["refresh_token"]), 400) == "invalid_grant"


@pytest.mark.parametrize("how", ["flag", "no time"])
def test_a_guest_has_no_groups_of_a_guild_that_is_looked_at(
    how: str, guests: World, browser: Browser
) -> None:
    become_a_guest(guests, how)
    party = replace(guests.client("everybody"), scope="openid groups")
    tokens = signed_in(party, browser)
    # Discord's list has the guild all the same.
    assert party.claims(tokens)["groups"] == [TRAINS, SOURDOUGH]
    again = party.refresh(tokens["refresh_token"]).json()
    assert party.claims(again)["groups"] == [TRAINS, SOURDOUGH]


def test_guests_are_let_in_where_the_operator_says_so(guests: World, browser: Browser) -> None:
    become_a_guest(guests, "flag")
    party = replace(guests.client("members-and-guests"), scope="openid groups")
    tokens = signed_in(party, browser)
    assert {LIGHTHOUSE, KEEPER} < set(party.claims(tokens)["groups"])
    assert party.refresh(tokens["refresh_token"]).status_code == 200


def test_without_a_bot_a_guild_alone_goes_by_discords_list(
    guests: World, has_bot: bool, browser: Browser
) -> None:
    become_a_guest(guests, "flag")
    party = replace(guests.client("those-on-the-list"), scope="openid")
    if has_bot:
        assert browser.allow(browser.open(party.begin(Secrets())), ADA).status_code == 403
    else:
        # Their own list does not say as what they are there.
        signed_in(party, browser)
    role = replace(guests.client("those-with-a-role"), scope="openid")
    with Browser() as another:
        assert another.allow(another.open(role.begin(Secrets())), ADA).status_code == 403
