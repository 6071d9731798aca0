from typing import Literal

import pytest

from snowflake.sandbox.discord import Failure
from tests.clients.authentik import REDIRECT_URI, Account, Source, SourceError
from tests.journeys.browser import Browser, arrival
from tests.journeys.relying_party import RelyingParty
from tests.journeys.world import ADA, CLIENT_SECRET, World

ACCOUNT = Account(
    identifier=ADA,
    username="ada.lindqvist",
    email="ada@example.com",
    name="Ada Lindqvist",
    groups=["214249708711837696", "305118922745540608", "431092764483371009"],
)
HERMIT = "1180264139540275200"
MINA = "1034775822118879232"


@pytest.fixture
def party(world: World) -> RelyingParty:
    """Authentik as a client, whose redirect URI has a slash at its end."""
    return world.party(redirect_uri=REDIRECT_URI)


@pytest.fixture
def source(party: RelyingParty) -> Source:
    return saved(party)


def saved(
    party: RelyingParty,
    authentication: Literal["basic_auth", "post_body"] = "basic_auth",
    *,
    secret: str = CLIENT_SECRET,
    pkce: bool = True,
) -> Source:
    return Source(
        party.http,
        f"{party.issuer}/.well-known/openid-configuration",
        party.client_id,
        secret,
        authentication=authentication,
        pkce=pkce,
    )


@pytest.mark.parametrize("pkce", [True, False], ids=["PKCE S256", "no PKCE"])
@pytest.mark.parametrize("authentication", ["basic_auth", "post_body"])
def test_authentik_takes_over_the_account(
    authentication: Literal["basic_auth", "post_body"],
    pkce: bool,
    party: RelyingParty,
    browser: Browser,
) -> None:
    source = saved(party, authentication, pkce=pkce)
    assert source.callback(browser.sign_in(source.redirect(), ADA)) == ACCOUNT


def test_authentik_takes_over_the_same_from_the_id_token(source: Source, browser: Browser) -> None:
    # As when UserInfo is out of order. Otherwise it never looks there.
    source.urls["userinfo_endpoint"] += "/out-of-order"
    assert source.callback(browser.sign_in(source.redirect(), ADA)) == ACCOUNT


def test_somebody_without_guilds_is_in_no_group(source: Source, browser: Browser) -> None:
    assert source.callback(browser.sign_in(source.redirect(), HERMIT)).groups == []


def test_nobody_gets_an_account_by_an_address_that_is_not_theirs(
    source: Source, browser: Browser
) -> None:
    # Authentik may link accounts by address, and ignores email_verified.
    assert source.callback(browser.sign_in(source.redirect(), MINA)).email is None


def test_a_refusal_is_told_in_words(source: Source, browser: Browser) -> None:
    arrived = arrival(browser.refuse(browser.open(source.redirect())))
    with pytest.raises(SourceError, match="The person did not allow it"):
        source.callback(arrived)


def test_a_wrong_secret_could_not_retrieve_the_token(party: RelyingParty, browser: Browser) -> None:
    source = saved(party, secret="mistyped")
    with pytest.raises(SourceError, match="Could not retrieve token"):
        source.callback(browser.sign_in(source.redirect(), ADA))


@pytest.mark.parametrize("world", ["Discord application"], indirect=True)
def test_when_discord_is_down_authentik_says_so_and_the_next_login_works(
    world: World, source: Source, browser: Browser
) -> None:
    world.discord.fail("token", Failure.UNAVAILABLE)
    with pytest.raises(SourceError, match="Could not retrieve token"):
        source.callback(browser.sign_in(source.redirect(), ADA))
    assert source.callback(browser.sign_in(source.redirect(), ADA)) == ACCOUNT


@pytest.mark.parametrize("world", ["registered client"], indirect=True)
def test_when_discord_is_down_the_person_loads_the_page_again(
    world: World, source: Source, browser: Browser
) -> None:
    world.discord.fail("token", Failure.UNAVAILABLE)
    page = browser.allow(browser.open(source.redirect()), ADA)
    assert page.status_code == 503
    assert source.callback(arrival(browser.open(str(page.url)))) == ACCOUNT
