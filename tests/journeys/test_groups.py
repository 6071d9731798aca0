"""What is in the claim ``groups``: every shape, with names that somebody chose who had plans."""

import pytest

from snowflake.sandbox.discord.cast import FANCIER
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE, NIGHT_SHIFT
from tests.journeys.browser import Browser
from tests.journeys.relying_party import Secrets, tokens_of
from tests.journeys.shapes import SHAPES
from tests.journeys.world import World, sign_in


@pytest.mark.parametrize("name", SHAPES)
def test_groups_are_written_as_the_client_wants_them(
    name: str, guarded: World, browser: Browser
) -> None:
    shape = SHAPES[name]
    claims, userinfo = sign_in(guarded.client(name), browser, shape.person)
    assert claims["groups"] == userinfo["groups"] == shape.groups


def test_what_is_too_much_is_in_the_log(guarded: World, browser: Browser) -> None:
    sign_in(guarded.client("at-most-two"), browser)
    assert "groups_left_out" in guarded.snowflake.log


def test_for_roles_a_bot_looks_and_the_person_is_asked_for_nothing(
    guarded: World, browser: Browser
) -> None:
    consent = browser.open(guarded.client("roles-by-name").begin(Secrets(), scope="openid groups"))
    assert consent.url.params["scope"] == "identify"
    consent = browser.open(guarded.client("guilds-by-ID").begin(Secrets(), scope="openid groups"))
    assert consent.url.params["scope"] == "guilds identify"


def test_a_role_that_is_taken_away_is_gone_at_the_next_refresh(
    guarded: World, browser: Browser
) -> None:
    party, login = guarded.client("both-by-ID"), Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens = tokens_of(party.redeem(login, code))
    assert KEEPER in party.claims(tokens)["groups"]
    guarded.discord.take_role(ADA, LIGHTHOUSE, KEEPER)
    fresh = tokens_of(party.refresh(tokens["refresh_token"]))
    groups = party.claims(fresh)["groups"]
    assert party.userinfo(fresh)["groups"] == groups
    assert KEEPER not in groups
    assert NIGHT_SHIFT in groups


def test_name_and_picture_may_be_those_of_a_guild(guarded: World, browser: Browser) -> None:
    party = guarded.client("roles-by-name")
    assert sign_in(party, browser)[0]["name"] == "Keeper Ada"
    with Browser() as another:
        picture = sign_in(party, another, FANCIER)[0]["picture"]
    assert picture.endswith("/avatars/a_4f3e2d1c0b9a88776655443322110f0e.gif")
