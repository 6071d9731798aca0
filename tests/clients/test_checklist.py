"""The demands of applications, one test each, in the order of the checklist, over real HTTP.

The names after the numbers are those of the demands; what breaks when one is not met stands behind
them: an application that real people use.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.relying_party import (
    PROTOCOL_CLAIMS,
    Json,
    RelyingParty,
    Secrets,
    about_the_person,
    error_of,
    tokens_of,
)
from tests.journeys.world import ADA, CLIENT_SECRET, World, sign_in

MINA, HERMIT, COLLECTOR = "1034775822118879232", "1180264139540275200", "703118822934413391"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def found(party: RelyingParty) -> Json:
    """The discovery document."""
    document: Json = party.http.get(party.issuer + DISCOVERY).json()
    return document


@pytest.fixture
def redeem(party: RelyingParty, browser: Browser) -> Callable[..., httpx.Response]:
    """Sign Ada in and redeem the code, as this application or a changed one."""

    def signed_in(using: RelyingParty = party, person: str = ADA) -> httpx.Response:
        login = Secrets()
        code = using.code(login, browser.sign_in(using.begin(login), person))
        return using.redeem(login, code)

    return signed_in


def fault_of(party: RelyingParty, login: Secrets, answer: httpx.Response, world: World) -> Json:
    """Answer what an application hears of its own fault; for what only a person reads, nothing.

    A registered client has a redirect URI of its own that somebody vouches for.
    """
    if not world.registers:
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/html")
        return {}
    told = parameters(arrival(answer))
    assert told.keys() == {"error", "error_description", "state", "iss"}
    assert (told["state"], told["iss"]) == (login.state, party.issuer)
    return told


def header(jwt: str) -> Json:
    part = jwt.partition(".")[0]
    decoded: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


# Discovery and keys


def test_01_one_issuer_string_everywhere_without_a_slash(
    party: RelyingParty, browser: Browser, found: Json
) -> None:
    login = Secrets()
    arrived = browser.sign_in(party.begin(login), ADA)
    tokens = tokens_of(party.redeem(login, party.code(login, arrived)))
    named = {found["issuer"], parameters(arrived)["iss"], party.claims(tokens)["iss"]}
    assert named == {party.issuer}
    assert not party.issuer.endswith("/")
    assert all(
        value.startswith(f"{party.issuer}/")
        for name, value in found.items()
        if name.endswith(("_endpoint", "_uri"))
    )


def test_02_listed_urls_answer_directly(party: RelyingParty, found: Json) -> None:
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert party.http.get(found[name]).status_code in {200, 400, 401, 405}
        assert party.http.get(f"{found[name]}/").status_code == 404


def test_03_everything_that_somebody_needs_is_published(found: Json) -> None:
    assert found.keys() >= {
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
    }
    assert found["response_types_supported"] == ["code"]
    assert found["subject_types_supported"] == ["public"]
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert found["token_endpoint_auth_methods_supported"]


def test_04_what_is_unset_is_left_out(found: Json) -> None:
    assert all(value not in ("", None, [], {}) for value in found.values())
    absent = {
        "pushed_authorization_request_endpoint",
        "registration_endpoint",
        "service_documentation",
    }
    assert not absent & found.keys()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_05_advertised_client_authentication_is_honoured(
    method: Any, world: World, found: Json, browser: Browser
) -> None:
    assert method in found["token_endpoint_auth_methods_supported"]
    party = replace(world.party(public=method == "none"), method=method)
    assert sign_in(party, browser)[0]["sub"] == ADA


def test_06_pkce_is_s256_alone(found: Json) -> None:
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_07_iss_is_on_success_and_on_error(
    party: RelyingParty, browser: Browser, found: Json
) -> None:
    assert found["authorization_response_iss_parameter_supported"] is True
    refused = arrival(browser.refuse(browser.open(party.begin(Secrets()))))
    allowed = browser.sign_in(party.begin(Secrets()), ADA)
    assert parameters(refused)["iss"] == parameters(allowed)["iss"] == party.issuer


def test_08_keys_are_complete_large_and_named(party: RelyingParty, found: Json) -> None:
    keys = party.http.get(found["jwks_uri"]).json()["keys"]
    for key in keys:
        assert key.keys() == {"kty", "kid", "use", "alg", "e", "n"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        assert len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256
    assert len({key["kid"] for key in keys}) == len(keys) >= 1


@pytest.mark.parametrize("path", [DISCOVERY, "/.well-known/jwks.json", "/token", "/userinfo"])
def test_09_scripts_of_other_origins_may_call_preflight_and_errors_included(
    path: str, party: RelyingParty
) -> None:
    origin = {"Origin": "https://spa.example.com"}
    preflight = party.http.options(
        party.issuer + path,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    assert preflight.status_code == 200
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    faulty = party.http.post(party.issuer + path, headers=origin)
    assert faulty.status_code >= 400
    for answer in (preflight, faulty, party.http.get(party.issuer + path, headers=origin)):
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("rel", [{}, {"rel": "http://openid.net/specs/connect/1.0/issuer"}])
def test_10_webfinger_leads_to_the_issuer(rel: dict[str, str], party: RelyingParty) -> None:
    resource = "acct:ada@example.com"
    answer = party.http.get(
        f"{party.issuer}/.well-known/webfinger", params={"resource": resource, **rel}
    )
    assert answer.headers["content-type"] == "application/jrd+json"
    link = {"rel": "http://openid.net/specs/connect/1.0/issuer", "href": party.issuer}
    assert answer.json() == {"subject": resource, "links": [link]}


# Authorization


@pytest.mark.parametrize("state", ["= + / : %20 & ? #", "eyJ=" * 512, "ä✓", '{"a":"b c"}'])
def test_11_state_comes_back_byte_for_byte(
    state: str, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets(state=state)
    arrived = browser.sign_in(party.begin(login), ADA)
    assert party.code(login, arrived)
    # Encoded so that both readings, of a form and of a URI, give the same.
    assert f"state={quote(state, safe='')}&" in arrived


def test_12_unknown_scopes_and_parameters_are_ignored(
    party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    unknown = {
        "claims": '{"id_token": {"email": {"essential": true}}}',
        "display": "popup",
        "ui_locales": "fr-CA en",
        "login_hint": "somebody",
        "acr_values": "urn:mace:incommon:iap:silver",
        "access_type": "offline",
        "scope": "openid profile phone made-up",
        "something": "else",
    }
    code = party.code(login, browser.sign_in(party.begin(login, **unknown), ADA))
    assert tokens_of(party.redeem(login, code))["scope"] == "openid profile"


@pytest.mark.parametrize(
    "redirect_uri",
    ["https://app.example.com/cb/", "https://app.example.com", "https://app.example.com/cb?a=b"],
)
def test_13_redirect_uris_are_exact(redirect_uri: str, world: World, browser: Browser) -> None:
    party = world.party(redirect_uri=redirect_uri)
    assert sign_in(party, browser)[0]["sub"] == ADA
    other = replace(party, redirect_uri=redirect_uri.removesuffix("/") + "x")
    assert browser.open(other.begin(Secrets())).status_code == 400


def test_14_post_is_as_good_as_get_and_errors_travel_where_somebody_vouches(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    address, _, query = party.begin(login := Secrets()).partition("?")
    consent = browser.submit(address, parameters(f"?{query}"))
    refused = parameters(arrival(browser.refuse(consent)))
    assert refused.keys() == {"error", "error_description", "state", "iss"}
    assert refused["state"] == login.state
    faulty = browser.open(party.begin(login, response_type="none"))
    told = fault_of(party, login, faulty, world)
    assert told.get("error", "unsupported_response_type") == "unsupported_response_type"


def test_15_prompt_none_shows_no_page_to_somebody_who_approved(
    party: RelyingParty, browser: Browser
) -> None:
    sign_in(party, browser)
    silent = browser.open(party.begin(Secrets(), prompt="none"))
    assert "code" in parameters(arrival(silent))
    assert browser.open(party.begin(Secrets(), prompt="consent")).status_code == 200


@pytest.mark.parametrize("length", [43, 128])
def test_16_verifiers_of_any_length_are_good(
    length: int, party: RelyingParty, browser: Browser
) -> None:
    login = Secrets(verifier="-._~" + "a" * (length - 4))
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens_of(party.redeem(login, code))


def test_16_a_method_without_a_challenge_is_told_apart(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    plain, login = replace(party, pkce=False), Secrets()
    answer = browser.open(plain.begin(login, code_challenge_method="S256"))
    told = fault_of(plain, login, answer, world).get("error_description", answer.text)
    assert "code_challenge_method was sent without code_challenge" in told


# Token


@pytest.mark.parametrize("encoding", ["raw", "form", "every character"])
@pytest.mark.parametrize("also_in_body", [False, True], ids=["", "client_id in the body too"])
def test_17_basic_credentials_are_good_raw_and_encoded(
    encoding: str, also_in_body: bool, party: RelyingParty, browser: Browser
) -> None:
    pair: dict[str, Callable[[str], str]] = {
        "raw": str,
        "form": lambda text: quote(text, safe=""),
        "every character": lambda text: "".join(f"%{ord(one):02X}" for one in text),
    }
    encode, login = pair[encoding], Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    credentials = f"{encode(party.client_id)}:{encode(CLIENT_SECRET)}"
    answer = party.http.post(
        f"{party.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": party.redirect_uri,
            "code_verifier": login.verifier,
            **({"client_id": party.client_id} if also_in_body else {}),
        },
        headers={"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"},
    )
    tokens_of(answer)


def test_18_a_failed_client_authentication_does_not_burn_the_code(
    party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert error_of(replace(party, client_secret="wrong").redeem(login, code), 401)
    tokens_of(replace(party, method="client_secret_post").redeem(login, code))


def test_19_reuse_is_an_invalid_grant(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens_of(party.redeem(login, code))
    assert error_of(party.redeem(login, code), 400) == "invalid_grant"


def test_20_the_token_answer_is_as_strict_readers_want_it(
    redeem: Callable[..., httpx.Response],
) -> None:
    tokens = tokens_of(redeem())
    assert tokens["expires_in"] == 3600
    assert all(value is not None for value in tokens.values())
    assert tokens.keys() == {
        *("access_token", "token_type", "expires_in", "id_token", "refresh_token", "scope"),
    }


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 401, "invalid_client"),
        ({"client_id": "1"}, 400, "invalid_request"),
        ({"client_id": "1", "grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "1", "grant_type": "authorization_code"}, 400, "invalid_request"),
        (
            {"client_id": "1", "grant_type": "authorization_code", "code": "1"},
            400,
            "invalid_grant",
        ),
    ],
)
def test_21_errors_are_json_with_the_right_status(
    form: dict[str, str], status: int, error: str, party: RelyingParty
) -> None:
    answer = party.http.post(
        f"{party.issuer}/token",
        content="&".join(f"{name}={value}" for name, value in form.items()),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert error_of(answer, status) == error
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_22_offline_access_gives_a_refresh_token_that_survives_being_used_twice_at_once(
    found: Json, party: RelyingParty, redeem: Callable[..., httpx.Response]
) -> None:
    assert "refresh_token" in found["grant_types_supported"]
    assert "offline_access" in found["scopes_supported"]
    tokens = tokens_of(redeem(replace(party, scope="openid offline_access")))
    first, second = (tokens_of(party.refresh(tokens["refresh_token"])) for _ in range(2))
    assert first["refresh_token"] == second["refresh_token"] != tokens["refresh_token"]


# ID token and UserInfo


def test_23_the_id_token_is_rs256_for_this_client_alone(
    party: RelyingParty, found: Json, redeem: Callable[..., httpx.Response]
) -> None:
    tokens = tokens_of(redeem())
    kids = [key["kid"] for key in party.http.get(found["jwks_uri"]).json()["keys"]]
    named = header(tokens["id_token"])
    assert (named["alg"], named["typ"]) == ("RS256", "JWT")
    assert named["kid"] in kids
    claims = party.claims(tokens)
    assert claims["aud"] == party.client_id
    assert "azp" not in claims


def test_24_nonce_and_at_hash_are_exact(party: RelyingParty, browser: Browser) -> None:
    login = Secrets(nonce="n + 0/S6=_WzA2Mj:ä")
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens = tokens_of(party.redeem(login, code))
    assert party.claims(tokens)["nonce"] == login.nonce
    assert party.claims(tokens)["at_hash"]


def test_25_times_are_whole_numbers(
    party: RelyingParty, redeem: Callable[..., httpx.Response]
) -> None:
    claims = party.claims(tokens_of(redeem()))
    assert {type(claims[name]) for name in ("exp", "iat", "auth_time")} == {int}
    assert "updated_at" not in claims


@pytest.mark.parametrize("person", [ADA, MINA, HERMIT, COLLECTOR])
def test_26_id_token_and_userinfo_say_the_same(
    person: str, party: RelyingParty, browser: Browser
) -> None:
    claims, userinfo = sign_in(party, browser, person)
    assert about_the_person(claims) == userinfo
    assert not PROTOCOL_CLAIMS & userinfo.keys()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_27_userinfo_takes_get_and_post_by_header(
    scheme: str, party: RelyingParty, redeem: Callable[..., httpx.Response]
) -> None:
    token = tokens_of(redeem())["access_token"]
    for method in ("GET", "POST"):
        answer = party.http.request(
            method, f"{party.issuer}/userinfo", headers={"Authorization": f"{scheme} {token}"}
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["sub"] == ADA


def test_27_userinfo_takes_a_form_and_challenges_what_it_refuses(
    party: RelyingParty, redeem: Callable[..., httpx.Response]
) -> None:
    token, address = tokens_of(redeem())["access_token"], f"{party.issuer}/userinfo"
    assert party.http.post(address, data={"access_token": token}).json()["sub"] == ADA
    refused = party.http.get(address, headers={"Authorization": f"Bearer {token[:-4]}AAAA"})
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert refused.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("person", [ADA, MINA, HERMIT])
def test_28_email_verified_is_a_boolean_beside_an_address(
    person: str, party: RelyingParty, browser: Browser
) -> None:
    for claims in sign_in(party, browser, person):
        assert ("email" in claims) == ("email_verified" in claims)
        assert claims.get("email_verified", True) is True


@pytest.mark.parametrize(("person", "number"), [(ADA, 3), (HERMIT, 0), (COLLECTOR, 200)])
def test_29_groups_are_always_unique_strings(
    person: str, number: int, party: RelyingParty, browser: Browser
) -> None:
    for claims in sign_in(party, browser, person):
        assert len(set(claims["groups"])) == len(claims["groups"]) == number
        assert all(isinstance(group, str) for group in claims["groups"])


def test_30_nickname_is_the_unique_username(party: RelyingParty, browser: Browser) -> None:
    claims, _ = sign_in(party, browser)
    assert claims["nickname"] == claims["preferred_username"] == "ada.lindqvist"
    assert claims["name"] != claims["nickname"]
