from dataclasses import replace

import pytest

from snowflake.sandbox.discord import CAST, Person
from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.relying_party import (
    Json,
    Method,
    RelyingParty,
    Secrets,
    about_the_person,
    error_of,
    tokens_of,
)
from tests.journeys.world import ADA, World, sign_in

CDN = "https://cdn.discordapp.com"

#: The claims of everybody in the cast, worked out by hand from the table in the design.
CLAIMS: dict[str, Json] = {
    "ada.lindqvist": {
        "name": "Ada Lindqvist",
        "locale": "sv-SE",
        "picture": f"{CDN}/avatars/189462537114681345/8342729096ea3675442027381ff50dfe.png",
        "email": "ada@example.com",
        "email_verified": True,
        "groups": ["214249708711837696", "305118922745540608", "431092764483371009"],
    },
    "noor_ibrahim": {
        "name": "نور ✨ الخريطة 🗺️",
        "locale": "ar",
        "picture": f"{CDN}/avatars/412300785590730752/a_d5efa99b3eeaa7dd43acca82f5692432.gif",
        "email": "noor@example.org",
        "email_verified": True,
        "groups": ["557730914403418112", "618877245120512001", "742915530187505664"],
    },
    "Walter B.": {
        "name": "Walter B.",
        "locale": "en-US",
        "picture": f"{CDN}/embed/avatars/2.png",
        "email": "walter@example.net",
        "email_verified": True,
        "groups": ["305118922745540608"],
    },
    "mina_maybe": {
        "name": "Mina, perhaps",
        "locale": "en-US",
        "picture": f"{CDN}/avatars/1034775822118879232/3c6f1e9a5b7d4e02a8b9c4d1f2036587.png",
        "groups": ["431092764483371009"],
    },
    "tomas.by.phone": {
        "name": "Tomás",
        "locale": "pt-BR",
        "picture": f"{CDN}/avatars/951437208843669504/f1c2b3a4958677665544332211009988.png",
        "groups": ["214249708711837696", "557730914403418112"],
    },
    "hermit": {
        "name": "The Hermit",
        "locale": "fi",
        "picture": f"{CDN}/embed/avatars/3.png",
        "email": "hermit@example.com",
        "email_verified": True,
        "groups": [],
    },
    "collector": {
        "name": "The Collector",
        "locale": "en-GB",
        "picture": f"{CDN}/avatars/703118822934413391/77aa88bb99cc00dd11ee22ff33445566.png",
        "email": "collector@example.com",
        "email_verified": True,
        "groups": [str(810_000_000_000_000_000 + n * 41_943_040_007) for n in range(200)],
    },
}


@pytest.mark.parametrize("person", CAST, ids=lambda person: person.username)
def test_everybody_of_the_cast_gets_just_their_claims(
    person: Person, party: RelyingParty, browser: Browser
) -> None:
    claims, userinfo = sign_in(party, browser, person.id)
    expected = {
        "sub": person.id,
        "preferred_username": person.username,
        "nickname": person.username,
        **CLAIMS[person.username],
    }
    assert about_the_person(claims) == expected
    assert userinfo == expected


@pytest.mark.parametrize("pkce", [True, False], ids=["with PKCE", "without PKCE"])
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_confidential_client_signs_people_in(
    method: Method, pkce: bool, party: RelyingParty, browser: Browser
) -> None:
    claims, userinfo = sign_in(replace(party, method=method, pkce=pkce), browser)
    assert claims["sub"] == userinfo["sub"] == ADA


def test_a_public_client_signs_people_in_with_pkce(world: World, browser: Browser) -> None:
    claims, _ = sign_in(world.party(public=True), browser)
    assert claims["sub"] == ADA


def test_a_public_client_without_pkce_gets_nothing(world: World, browser: Browser) -> None:
    party, login = replace(world.party(public=True), pkce=False), Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert error_of(party.redeem(login, code), 401) == "invalid_client"


def test_a_confidential_client_cannot_leave_out_its_secret(
    party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    forgetful = replace(party, method="none")
    assert error_of(forgetful.redeem(login, code), 401) == "invalid_client"


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid groups", {"sub", "groups"}),
        (
            "openid profile",
            {"sub", "name", "preferred_username", "nickname", "locale", "picture"},
        ),
        ("groups unheard-of openid", {"sub", "groups"}),
    ],
)
def test_an_application_gets_claims_for_the_scopes_that_it_asked_for(
    scope: str, names: set[str], party: RelyingParty, browser: Browser
) -> None:
    claims, userinfo = sign_in(replace(party, scope=scope), browser)
    assert about_the_person(claims).keys() == userinfo.keys() == names


def test_what_was_once_approved_is_not_handed_out_unasked(
    party: RelyingParty, browser: Browser
) -> None:
    sign_in(party, browser)
    login, sparing = Secrets(), replace(party, scope="openid")
    arrived = arrival(browser.open(sparing.begin(login)))
    tokens = tokens_of(sparing.redeem(login, sparing.code(login, arrived)))
    assert tokens["scope"] == "openid"
    assert about_the_person(sparing.claims(tokens)) == {"sub": ADA}


def test_no_nonce_is_made_up(party: RelyingParty, browser: Browser) -> None:
    login = Secrets(nonce="")
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert "nonce" not in party.claims(tokens_of(party.redeem(login, code)))


def test_a_second_login_of_the_same_browser_shows_no_page(
    party: RelyingParty, browser: Browser
) -> None:
    sign_in(party, browser)
    login = Secrets()
    code = party.code(login, arrival(browser.open(party.begin(login, prompt="none"))))
    assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == ADA


def test_prompt_consent_asks_again(party: RelyingParty, browser: Browser) -> None:
    sign_in(party, browser)
    page = browser.open(party.begin(Secrets(), prompt="consent"))
    assert page.status_code == 200
    assert "Authorize" in page.text


def test_a_request_may_come_as_a_form(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    address = party.begin(login)
    consent = browser.submit(address.partition("?")[0], parameters(address))
    code = party.code(login, arrival(browser.allow(consent, ADA)))
    assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == ADA


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://app.example.com/source/oauth/callback/discord/",
        "https://app.example.com",
        "https://app.example.com:8443/callback?tenant=a%20b&next=%2Fhome",
        "https://app.example.com/a//b/%E2%9C%93",
    ],
)
def test_redirect_uris_arrive_to_the_letter(
    redirect_uri: str, world: World, browser: Browser
) -> None:
    claims, _ = sign_in(world.party(redirect_uri=redirect_uri), browser)
    assert claims["sub"] == ADA


def test_the_long_form_of_a_redirect_uri_is_the_same(party: RelyingParty, browser: Browser) -> None:
    login, long = Secrets(), f"{party.issuer}/r/{party.redirect_uri}"
    arrived = browser.sign_in(replace(party, redirect_uri=long).begin(login), ADA)
    code = party.code(login, arrived)
    assert party.redeem(login, code, redirect_uri=long).status_code == 200


def test_nothing_of_the_application_travels_to_discord(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    sent = party.begin(login, login_hint="ada@example.com", ui_locales="sv", claims="{}")
    query = browser.open(sent).url.params
    assert query.keys() == {
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "prompt",
        "code_challenge",
        "code_challenge_method",
    }
    assert query["scope"] == "email guilds identify"
    assert not {login.state, login.nonce, "ada@example.com"} & set(query.values())
    assert query["code_challenge"] != parameters(sent)["code_challenge"]
    assert str(browser.open(sent).url).startswith(f"{world.discord_origin}/oauth2/authorize?")
