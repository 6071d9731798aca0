"""Whole logins by every reverse proxy that the guide has a configuration for."""

from dataclasses import replace
from itertools import count

import httpx
import pytest

from snowflake.sandbox.discord.guilds import Guild
from snowflake.sandbox.discord.people import Person
from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.relying_party import Secrets, tokens_of
from tests.journeys.world import ADA, World, sign_in
from tests.proxies.conftest import OWN
from tests.proxies.neighbours import ORIGIN
from tests.proxies.through import Through

Proxied = tuple[World, str, Through]
APP = "https://app.example.com"
#: As many guilds as somebody can be in, and so many that the access token has nearly 4,096.
MOST_GUILDS, MANY_GUILDS = 200, 90
_ids = count(1_200_000_000_000_000_001)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        f"{APP}/source/oauth/callback/discord/",
        f"{APP}:8443/callback",
        f"{APP}//callback//twice",
        f"{APP}/a%2Fb/%2f",
        f"{APP}/a%252Fb",
        f"{APP}/caf%C3%A9%20au%20lait;v=1/@me/~x",
        f"{APP}/callback?tenant=a%2Fb&next=https://app.example.com/x//y",
        APP,
    ],
)
def test_a_redirect_uri_comes_through_as_it_is(
    proxied: Proxied, browser: Browser, redirect_uri: str
) -> None:
    world, issuer, _ = proxied
    claims, userinfo = sign_in(world.party(issuer, redirect_uri=redirect_uri), browser)
    assert claims["iss"] == issuer
    assert userinfo["sub"] == ADA


def test_the_long_form_may_be_one_segment(proxied: Proxied, browser: Browser) -> None:
    world, issuer, _ = proxied
    party = world.party(issuer, redirect_uri="https%3A%2F%2Fapp.example.com%2Fcallback")
    party, login = replace(party, redirect_uri=f"{issuer}/r/{party.redirect_uri}"), Secrets()
    arrived = browser.sign_in(party.begin(login), ADA)
    code = replace(party, redirect_uri=f"{APP}/callback").code(login, arrived)
    assert tokens_of(party.redeem(login, code))["token_type"] == "Bearer"


@pytest.mark.parametrize("character", ["a", "=", "/"], ids=["plain", "quoted", "slashes"])
def test_a_state_of_4096_characters_comes_back(
    proxied: Proxied, browser: Browser, character: str
) -> None:
    world, issuer, _ = proxied
    party, login = world.party(issuer), replace(Secrets(), state=character * 4096)
    assert party.code(login, browser.sign_in(party.begin(login), ADA))


@pytest.mark.parametrize("guilds", [MANY_GUILDS, MOST_GUILDS])
def test_somebody_in_many_guilds_gets_them_all(
    proxied: Proxied, browser: Browser, guilds: int
) -> None:
    world, issuer, _ = proxied
    ids = tuple(str(next(_ids)) for _ in range(guilds))
    person = Person(str(next(_ids)), "joiner", "In many guilds.", guilds=ids)
    world.discord.people[person.id] = person
    world.discord.guilds.update((one, Guild(one, "A guild")) for one in ids)
    party, login = world.party(issuer), Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), person.id))
    tokens = tokens_of(party.redeem(login, code))
    assert set(party.claims(tokens)["groups"]) == set(ids)
    assert set(party.userinfo(tokens)["groups"]) == set(ids)
    if guilds == MANY_GUILDS:
        assert 3_500 < len(tokens["access_token"]) <= 4_096


def test_a_refresh_and_a_refusal_come_through(proxied: Proxied, browser: Browser) -> None:
    world, issuer, _ = proxied
    party, login = replace(world.party(issuer), scope="openid offline_access"), Secrets()
    refused = arrival(browser.refuse(browser.open(party.begin(login))))
    assert "error=access_denied" in refused
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens = tokens_of(party.redeem(login, code))
    assert tokens_of(party.refresh(tokens["refresh_token"]))["access_token"]


@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "x-forwarded-proto"])
def test_what_a_browser_says_of_its_own_way_does_not_count(proxied: Proxied, header: str) -> None:
    world, issuer, _ = proxied
    answer = world.http.get(f"{issuer}/.well-known/openid-configuration", headers={header: "http"})
    assert answer.json()["issuer"] == issuer


def test_an_issuer_with_a_slash_finds_its_document(proxied: Proxied) -> None:
    world, issuer, _ = proxied
    answer = world.http.get(f"{issuer}//.well-known/openid-configuration")
    assert answer.json()["issuer"] == issuer


@pytest.mark.parametrize("client_id", OWN)
@pytest.mark.parametrize("slash", ["", "/"], ids=["", "slash"])
def test_a_client_finds_its_own_issuer(proxied: Proxied, client_id: str, slash: str) -> None:
    world, issuer, _ = proxied
    own = f"{issuer}/clients/{OWN[client_id]}"
    answer = world.http.get(f"{own}{slash}/.well-known/openid-configuration")
    assert answer.json()["issuer"] == own
    assert world.http.get(answer.json()["jwks_uri"]).json()["keys"]
    party = replace(world.client(client_id), issuer=issuer)
    refused = world.http.get(party.begin(Secrets(), prompt="none"))
    told = parameters(refused.headers["location"])
    assert (told["error"], told["iss"]) == ("login_required", own)
    # Where RFC 8414 looks for it; a proxy that serves one path alone does not pass that on.
    if issuer == ORIGIN:
        found = f"{ORIGIN}/.well-known/oauth-authorization-server/clients/{OWN[client_id]}"
        assert world.http.get(found).json() == answer.json()


def test_scripts_may_ask_first(proxied: Proxied) -> None:
    world, issuer, _ = proxied
    answer = world.http.options(
        f"{issuer}/userinfo",
        headers={
            "Origin": APP,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization, x-requested-with",
        },
    )
    assert answer.status_code == httpx.codes.OK
    assert "x-requested-with" in answer.headers["access-control-allow-headers"].lower()


def test_the_way_is_really_by_the_proxy(proxied: Proxied) -> None:
    world, issuer, _ = proxied
    party, login = world.party(issuer), Secrets()
    answer = world.http.get(party.begin(login))
    assert answer.headers["set-cookie"].startswith("__Host-")
    assert issuer.startswith(ORIGIN)
