from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from snowflake.sandbox.upstream import PEOPLE
from tests.running import NOW, Clock
from tests.sandbox.upstream.party import ADA, BASE, CLIENT, REDIRECT_URI, Party

JWKS = f"{BASE}/snowflake/jwks/"


def claims(party: Party, tokens: dict[str, Any]) -> dict[str, Any]:
    keys = KeySet.import_key_set(party.browser.get(JWKS).json())
    return dict(jwt.decode(tokens["id_token"], keys, ["ES256"]).claims)


def error(response: httpx.Response) -> str:
    assert response.status_code >= 400
    return str(response.json()["error"])


def test_the_document_says_where_what_is(party: Party, origin: str) -> None:
    issuer = party.provider.issuer_at(origin)
    document = party.browser.get(f"{issuer}.well-known/openid-configuration").json()
    assert document["issuer"] == issuer
    assert issuer.endswith("/")
    for name in ("authorization", "token", "userinfo", "revocation"):
        path = document[f"{name}_endpoint"].removeprefix(origin)
        # It is there, whatever it says to this.
        assert party.browser.post(path).status_code in {400, 401, 405}
    assert document["jwks_uri"] == origin + JWKS


def test_a_code_brings_a_signed_id_token(party: Party, origin: str) -> None:
    tokens = party.tokens()
    assert tokens.keys() == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    }
    said = claims(party, tokens)
    assert len(said.pop("at_hash")) == 22
    assert said == {
        **ADA.claims,
        "sub": ADA.sub,
        "iss": party.provider.issuer_at(origin),
        "aud": CLIENT.id,
        "iat": NOW,
        "exp": NOW + 300,
        "nonce": "the nonce",
    }


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid profile", {"sub", *ADA.claims} - {"email", "email_verified"}),
        ("openid unknown", {"sub"}),
    ],
)
def test_userinfo_says_what_the_scopes_allow(party: Party, scope: str, names: set[str]) -> None:
    tokens = party.tokens(scope=scope, nonce=None)
    assert party.userinfo(tokens["access_token"]).json().keys() == names
    assert "nonce" not in claims(party, tokens)
    assert "refresh_token" not in tokens


def test_a_code_is_good_once_and_for_a_minute(party: Party, clock: Clock) -> None:
    code = party.code()
    assert party.redeem(code).status_code == 200
    assert error(party.redeem(code)) == "invalid_grant"
    code = party.code()
    clock.pass_by(60)
    assert error(party.redeem(code)) == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "another"},
        {"redirect_uri": f"{REDIRECT_URI}?a=1"},
        {"code_verifier": "x" * 43},
        {"code_verifier": "é" * 43},
        {"code_verifier": None},
    ],
    ids=str,
)
def test_a_code_is_good_for_its_own_login(party: Party, changes: dict[str, str | None]) -> None:
    form = {"code": party.code(), **changes}
    assert error(party.redeem(**form)) == "invalid_grant"  # type: ignore[arg-type]


def test_without_a_challenge_no_verifier_is_wanted(party: Party) -> None:
    code = party.code(code_challenge=None, code_challenge_method=None)
    assert party.redeem(code, code_verifier=None).status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"client_secret": "another"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_who_may_not_ask_is_told_so(
    party: Party, changes: dict[str, str | None], expected: str
) -> None:
    assert error(party.redeem(party.code(), **changes)) == expected


def test_a_client_may_show_its_secret_in_a_header(party: Party) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": party.tokens()["refresh_token"]}
    good = (CLIENT.id, CLIENT.secret.replace("+", "%2B").replace(" ", "+"))
    response = party.browser.post(f"{BASE}/token/", data=form, auth=good)
    assert response.status_code == 200
    bad = {"Authorization": "Basic /w=="}
    assert error(party.browser.post(f"{BASE}/token/", data=form, headers=bad)) == "invalid_client"


def test_a_refresh_token_is_good_once_and_gives_the_next(party: Party) -> None:
    first = party.tokens()
    second = party.refresh(first["refresh_token"]).json()
    assert "nonce" not in claims(party, second)
    assert error(party.refresh(first["refresh_token"])) == "invalid_grant"
    assert party.refresh(second["refresh_token"]).status_code == 200
    assert party.provider.grants.refresh_tokens == 1


def test_changed_claims_show_at_the_next_refresh(party: Party) -> None:
    tokens = party.tokens()
    party.provider.change(ADA.sub, groups=[], name=None)
    again = party.refresh(tokens["refresh_token"]).json()
    said = claims(party, again)
    assert (said["groups"], "name" in said) == ([], False)
    assert party.userinfo(again["access_token"]).json()["groups"] == []


def test_who_is_disabled_is_refused_everywhere(party: Party) -> None:
    tokens = party.tokens()
    code = party.code()
    party.provider.disable(ADA.sub)
    assert error(party.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error(party.redeem(code)) == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_an_access_token_is_good_for_five_minutes(party: Party, clock: Clock) -> None:
    access_token = party.tokens()["access_token"]
    clock.pass_by(299)
    assert party.userinfo(access_token).status_code == 200
    clock.pass_by(1)
    assert party.userinfo(access_token).status_code == 401
    assert party.browser.get(f"{BASE}/userinfo/").status_code == 401


def test_a_revoked_refresh_token_is_good_no_more(party: Party) -> None:
    refresh_token = party.tokens()["refresh_token"]
    assert party.post("revoke", token=refresh_token, client_secret="x").status_code == 401
    assert party.post("revoke", token="another").status_code == 200
    assert party.post("revoke", token=refresh_token).status_code == 200
    assert error(party.refresh(refresh_token)) == "invalid_grant"


def test_a_refresh_token_is_its_client_s_alone(party: Party) -> None:
    other = CLIENT.__class__("another", "secret", "Another")
    party.provider.register(other)
    mine = {"client_id": other.id, "client_secret": other.secret}
    refresh_token = party.tokens()["refresh_token"]
    assert party.post("revoke", token=refresh_token, **mine).status_code == 200
    assert party.provider.grants.refresh_tokens == 1
    assert error(party.refresh(refresh_token, **mine)) == "invalid_grant"


def test_a_new_key_signs_and_the_last_one_stays_published(party: Party) -> None:
    before = party.tokens()
    party.provider.rotate_key()
    after = party.tokens()
    assert claims(party, before)["sub"] == claims(party, after)["sub"]
    assert len(party.browser.get(JWKS).json()["keys"]) == 2


def test_people_are_found_by_name(party: Party) -> None:
    assert party.provider.named("ada") == ADA
    assert PEOPLE[2].display_name == "guest-17"
    with pytest.raises(LookupError):
        party.provider.named("nobody")
