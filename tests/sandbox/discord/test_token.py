import base64
import hashlib
from dataclasses import replace

import httpx
import pytest

from snowflake.sandbox.discord import CAST, Application, SimulatedDiscord
from tests.running import Clock
from tests.sandbox.discord.party import ADA, REDIRECT_URI, SCOPE, Party

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
PKCE = {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}


def assert_error(response: httpx.Response, status: int, error: str) -> None:
    assert response.status_code == status
    assert response.json().keys() == {"error", "error_description"}
    assert response.json()["error"] == error


def test_a_code_becomes_tokens(party: Party) -> None:
    response = party.redeem(party.code())
    tokens = response.json()
    assert tokens.keys() == {"token_type", "access_token", "expires_in", "refresh_token", "scope"}
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 604800
    assert set(tokens["scope"].split()) == set(SCOPE.split())
    assert not [name for name in response.headers if "ratelimit" in name]


def test_the_client_may_use_basic(party: Party) -> None:
    application = party.application
    response = party.api.post(
        "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "code": party.code(),
            "redirect_uri": REDIRECT_URI,
        },
        auth=(application.id, application.secret or ""),
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "credentials",
    [
        {"client_secret": "wrong"},
        {"client_secret": "wröng"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "999"},
        {"client_id": None},
    ],
)
def test_a_bad_client_burns_no_code(party: Party, credentials: dict[str, str | None]) -> None:
    code = party.code()
    assert_error(party.redeem(code, **credentials), 401, "invalid_client")
    assert party.redeem(code).status_code == 200


@pytest.mark.parametrize("header", ["Basic !", "Basic é", "Basic eA==", "Basic //79", "Basic"])
def test_broken_basic_is_a_bad_client(party: Party, header: str) -> None:
    response = party.api.post(
        "/oauth2/token",
        data={"grant_type": "authorization_code", "client_id": party.application.id},
        headers={b"Authorization": header.encode()},
    )
    assert_error(response, 401, "invalid_client")


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/token/revoke"])
def test_json_is_refused(party: Party, path: str) -> None:
    assert_error(party.api.post(path, json={"token": "x"}), 400, "invalid_request")


@pytest.mark.parametrize("grant_type", [None, "", "password"])
def test_other_grants_are_refused(party: Party, grant_type: str | None) -> None:
    assert_error(party.post(grant_type=grant_type), 400, "unsupported_grant_type")


def test_a_code_works_once(party: Party) -> None:
    code = party.code()
    assert party.redeem(code).status_code == 200
    assert_error(party.redeem(code), 400, "invalid_grant")


@pytest.mark.parametrize(
    "changes", [{"code": "other"}, {"redirect_uri": None}, {"redirect_uri": REDIRECT_URI + "?x"}]
)
def test_a_code_is_bound_to_its_request(party: Party, changes: dict[str, str | None]) -> None:
    code = party.code()
    form = {"grant_type": "authorization_code", "code": code, **changes}
    assert_error(party.post("/oauth2/token", **form), 400, "invalid_grant")


def test_a_code_expires(party: Party, clock: Clock) -> None:
    code = party.code()
    clock.now += 600
    assert_error(party.redeem(code), 400, "invalid_grant")


def test_a_code_belongs_to_its_application(party: Party, discord: SimulatedDiscord) -> None:
    discord.register(Application("2", "Other", "s", (REDIRECT_URI,)))
    code = party.code()
    answer = party.redeem(code, client_id="2", client_secret="s")
    assert_error(answer, 400, "invalid_grant")
    assert party.redeem(code).status_code == 200


def test_pkce_is_checked_where_a_challenge_was_sent(party: Party) -> None:
    code = party.code(**PKCE)
    for verifier in (None, "", "x" * 43, "ü" * 43):
        assert_error(party.redeem(code, code_verifier=verifier), 400, "invalid_grant")
    assert party.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_a_public_application_needs_a_verifier_instead_of_a_secret(
    party: Party, discord: SimulatedDiscord
) -> None:
    discord.register(replace(party.application, public=True))
    bare = {"client_secret": None}
    assert_error(party.redeem(party.code(), **bare), 400, "invalid_grant")
    without = party.redeem(party.code(), **bare, code_verifier=VERIFIER)
    assert_error(without, 400, "invalid_grant")
    response = party.redeem(party.code(**PKCE), **bare, code_verifier=VERIFIER)
    assert response.status_code == 200
    assert party.refresh(response.json()["refresh_token"], **bare).status_code == 200


def test_a_public_application_with_a_wrong_secret_is_refused(
    party: Party, discord: SimulatedDiscord
) -> None:
    discord.register(replace(party.application, public=True))
    answer = party.redeem(party.code(**PKCE), client_secret="wrong", code_verifier=VERIFIER)
    assert_error(answer, 401, "invalid_client")


def test_a_refresh_token_works_once(party: Party) -> None:
    first = party.tokens()
    second = party.refresh(first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["access_token"] != first["access_token"]
    assert_error(party.refresh(first["refresh_token"]), 400, "invalid_grant")
    assert party.refresh(second.json()["refresh_token"]).status_code == 200


def test_a_scope_once_granted_persists(party: Party) -> None:
    party.tokens(scope="identify guilds")
    assert party.tokens(scope="identify")["scope"] == "guilds identify"
    assert party.tokens(CAST[1].id, scope="identify")["scope"] == "identify"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_all_of_the_person(party: Party, kind: str) -> None:
    first, second, others = party.tokens(), party.tokens(), party.tokens(CAST[1].id)
    response = party.post("/oauth2/token/revoke", token=first[kind])
    assert (response.status_code, response.json()) == (200, {})
    for tokens in (first, second):
        assert party.get("/users/@me", tokens["access_token"]).status_code == 401
        assert_error(party.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert party.get("/users/@me", others["access_token"]).status_code == 200


def test_revoking_needs_the_client_and_a_token(party: Party) -> None:
    path = "/oauth2/token/revoke"
    tokens = party.tokens()
    bad = party.post(path, token=tokens["access_token"], client_secret="wrong")
    assert_error(bad, 401, "invalid_client")
    assert_error(party.post(path), 400, "invalid_request")
    assert party.post(path, token="unknown").status_code == 200
    assert party.get("/users/@me", tokens["access_token"]).status_code == 200


def test_another_application_cannot_revoke(party: Party, discord: SimulatedDiscord) -> None:
    discord.register(Application("2", "Other", "s"))
    tokens = party.tokens()
    other = {"client_id": "2", "client_secret": "s"}
    party.post("/oauth2/token/revoke", token=tokens["refresh_token"], **other)
    assert party.get("/users/@me", tokens["access_token"]).status_code == 200


def test_removing_the_application_ends_everything(party: Party, discord: SimulatedDiscord) -> None:
    tokens, code = party.tokens(), party.code()
    discord.remove(party.application.id, ADA)
    assert party.get("/users/@me", tokens["access_token"]).status_code == 401
    assert_error(party.redeem(code), 400, "invalid_grant")
    assert_error(party.refresh(tokens["refresh_token"]), 400, "invalid_grant")
