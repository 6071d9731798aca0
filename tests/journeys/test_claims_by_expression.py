"""Claims by expression and scopes of one's own for people of the sandbox, by a bot and without."""

from collections.abc import Iterator

import pytest

from snowflake.sandbox.discord.cast import TIMED_OUT
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE, NIGHT_SHIFT
from tests.journeys import expressed
from tests.journeys.browser import Browser
from tests.journeys.relying_party import Json, RelyingParty, Secrets, tokens_of
from tests.journeys.world import BOT_TOKEN, World
from tests.journeys.world import world as running_world

HERMIT = "1180264139540275200"
JOINED = "2021-03-14T15:09:26Z"


@pytest.fixture(scope="module", params=["with a bot", "without a bot"])
def telling_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    settings = {"SNOWFLAKE_DISCORD_CACHE": "0", "SNOWFLAKE_USERINFO_FRESH": "0"}
    if request.param == "with a bot":
        settings["SNOWFLAKE_DISCORD_BOT_TOKEN"] = BOT_TOKEN
    directory = tmp_path_factory.mktemp("telling")
    with running_world(directory, settings, file=expressed.FILE) as running:
        yield running


@pytest.fixture
def telling(telling_world: World) -> Iterator[World]:
    """One Snowflake for all tests; everybody is again after each what they were before."""
    everybody = dict(telling_world.discord.people)
    yield telling_world
    telling_world.discord.people.update(everybody)


def tokens(party: RelyingParty, browser: Browser, scope: str, person: str = ADA) -> Json:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login, scope=scope), person))
    return tokens_of(party.redeem(login, code))


def told(party: RelyingParty, got: Json) -> Json:
    """Answer what UserInfo says; the ID token says the same."""
    userinfo, claims = party.userinfo(got), party.claims(got)
    assert {name: claims[name] for name in userinfo} == userinfo
    return userinfo


@pytest.mark.parametrize(
    ("person", "told_them", "guilds"),
    [
        (ADA, {"role": "Admin", "nickname": "Keeper Ada"}, 3),
        (TIMED_OUT, {"role": "Admin", "nickname": "loud.lars"}, 1),
        (HERMIT, {"role": "Viewer", "nickname": "hermit"}, 0),
    ],
)
def test_people_get_what_their_expressions_come_to(
    telling: World, browser: Browser, person: str, told_them: Json, guilds: int
) -> None:
    party = telling.client("told")
    claims = told(party, tokens(party, browser, "openid profile", person))
    assert {name: claims[name] for name in told_them} == told_them
    assert claims["https://example.com/person"] == {
        "id": person,
        "verified": True,
        "guilds": guilds,
    }
    assert claims["sub"] == person
    assert claims["born"].endswith("Z")
    assert "broken" not in claims
    assert '"claim":"broken"' in telling.snowflake.log


# Their own token is asked about a guild no more than once a minute.
@pytest.mark.parametrize("telling_world", ["with a bot"], indirect=True)
def test_a_role_that_is_taken_away_changes_the_claim_at_the_next_refresh(
    telling: World, browser: Browser
) -> None:
    party = telling.client("told")
    got = tokens(party, browser, "openid")
    for role, left in ((KEEPER, "Editor"), (NIGHT_SHIFT, "Viewer")):
        telling.discord.take_role(ADA, LIGHTHOUSE, role)
        got = tokens_of(party.refresh(got["refresh_token"]))
        assert told(party, got)["role"] == left


@pytest.mark.parametrize("name", ["told", "public", "application"])
def test_a_scope_of_ones_own_is_for_every_kind_of_client_that_asks(
    telling: World, browser: Browser, name: str
) -> None:
    party = (
        telling.party() if name == "application" else telling.client(name, public=name == "public")
    )
    got = tokens(party, browser, "openid membership")
    assert got["scope"] == "openid membership"
    assert told(party, got)["member_since"] == JOINED
    with Browser() as another:
        assert "member_since" not in told(party, tokens(party, another, "openid"))


def test_a_scope_that_the_client_may_not_have_gives_nothing(
    telling: World, browser: Browser
) -> None:
    party = telling.client("limited")
    got = tokens(party, browser, "openid membership profile")
    assert got["scope"] == "openid profile"
    claims = told(party, got)
    assert "member_since" not in claims
    assert "born" in claims


def test_people_read_what_a_client_learns_by_scopes_and_claims_of_ones_own(
    telling: World, browser: Browser
) -> None:
    party = telling.client("asking")
    begins = party.begin(Secrets(), scope="openid membership")
    page = browser.allow(browser.open(begins), ADA)
    assert "Since when you are a keeper of the lighthouse." in page.text
    assert "Further details, drawn from your account" in page.text
    assert "role, nickname" in page.text


def test_discovery_lists_them(telling: World) -> None:
    url = f"{telling.snowflake.origin}/.well-known/openid-configuration"
    document = telling.http.get(url).json()
    assert "membership" in document["scopes_supported"]
    assert {"role", "member_since", "born", "nickname"} <= set(document["claims_supported"])
