import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from snowflake.errors import (
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamRefused,
    UpstreamUntrusted,
)
from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands
from tests.upstream.provider import (
    CHALLENGE,
    CLAIMS,
    CLIENT_ID,
    ISSUER,
    NONCE,
    REDIRECT_URI,
    SECRET,
    SECRETS,
    SUBJECT,
    TOKENS,
    USERINFO,
    VERIFIER,
    Provider,
    Saved,
    redeem,
    signed,
    the_state,
)

OLD = SecretStr("old-refresh-token")
SCOPE = "openid profile offline_access"


async def test_the_browser_is_sent_with_pkce_nonce_and_state(upstream: Upstream) -> None:
    url = await upstream.authorization_url(REDIRECT_URI, the_state, NONCE, CHALLENGE)
    assert url.startswith("https://id.example.com/authorize/?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [REDIRECT_URI],
        "scope": [SCOPE],
        "state": ["the state"],
        "nonce": [NONCE],
        "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
    }


async def test_a_query_of_the_endpoint_stays(upstream: Upstream, provider: Provider) -> None:
    provider.says(authorization_endpoint="https://id.example.com/authorize?flow=1")
    url = await upstream.authorization_url(REDIRECT_URI, the_state, NONCE, CHALLENGE)
    assert url.startswith("https://id.example.com/authorize?flow=1&response_type=code&")


async def test_nothing_is_asked_at_the_start(upstream: Upstream, provider: Provider) -> None:
    assert upstream.issuer == ISSUER
    assert not provider.router.calls


async def test_a_code_brings_the_claims_of_both_and_userinfo_wins(
    upstream: Upstream, provider: Provider
) -> None:
    answer = await redeem(upstream)
    assert answer.claims == {**CLAIMS, **USERINFO}
    assert answer.claims["preferred_username"] == "ada.l"
    assert answer.subject == SUBJECT
    assert answer.refresh_token == SecretStr(TOKENS["refresh_token"])
    assert provider.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    sent = provider.userinfo.calls.last.request.headers["authorization"]
    assert sent == "Bearer upstream-access-token"


async def test_nothing_secret_shows_in_an_answer(upstream: Upstream) -> None:
    shown = repr(await redeem(upstream))
    assert not [secret for secret in [*SECRETS, "ada"] if secret in shown]


async def test_without_userinfo_the_id_token_is_enough(
    upstream: Upstream, provider: Provider
) -> None:
    provider.says(userinfo_endpoint=None)
    assert (await redeem(upstream)).claims == CLAIMS
    assert not provider.userinfo.called


@pytest.mark.parametrize("subject", ["somebody-else", None, "", 7])
async def test_userinfo_of_somebody_else_is_refused(
    upstream: Upstream, provider: Provider, subject: object
) -> None:
    provider.userinfo.respond(json={**USERINFO, "sub": subject})
    with pytest.raises(UpstreamUntrusted):
        await redeem(upstream)


async def test_a_code_without_an_id_token_is_no_login(
    upstream: Upstream, provider: Provider
) -> None:
    provider.token.respond(json=TOKENS)
    with pytest.raises(UpstreamMisconfigured):
        await redeem(upstream)


async def test_a_new_refresh_token_is_saved_before_it_can_be_lost(
    upstream: Upstream, provider: Provider
) -> None:
    provider.userinfo.respond(502)
    saved = Saved()
    with pytest.raises(UpstreamDown):
        await upstream.refresh(OLD, SUBJECT, save=saved)
    assert saved.tokens == [TOKENS["refresh_token"]]
    assert provider.form == {
        "grant_type": "refresh_token",
        "refresh_token": OLD.get_secret_value(),
    }


async def test_a_refresh_brings_new_claims_and_needs_no_nonce(
    upstream: Upstream, provider: Provider
) -> None:
    provider.gives(id_token=signed({name: CLAIMS[name] for name in CLAIMS if name != "nonce"}))
    answer = await upstream.refresh(OLD, SUBJECT, save=Saved())
    assert answer.claims["groups"] == ["members"]
    assert answer.refresh_token == SecretStr(TOKENS["refresh_token"])


@pytest.mark.parametrize("again", [None, "", OLD.get_secret_value()])
async def test_a_refresh_token_that_is_not_replaced_stays(
    upstream: Upstream, provider: Provider, again: str | None
) -> None:
    provider.gives(refresh_token=again)
    saved = Saved()
    assert (await upstream.refresh(OLD, SUBJECT, save=saved)).refresh_token == OLD
    assert not saved.tokens


async def test_a_refresh_may_have_no_id_token(upstream: Upstream, provider: Provider) -> None:
    provider.token.respond(json=TOKENS)
    answer = await upstream.refresh(OLD, SUBJECT, save=Saved())
    assert answer.claims == USERINFO
    provider.userinfo.respond(json={**USERINFO, "sub": "somebody-else"})
    with pytest.raises(UpstreamUntrusted):
        await upstream.refresh(OLD, SUBJECT, save=Saved())


async def test_a_refresh_with_neither_says_nothing(upstream: Upstream, provider: Provider) -> None:
    provider.says(userinfo_endpoint=None)
    provider.token.respond(json=TOKENS)
    with pytest.raises(UpstreamMisconfigured):
        await upstream.refresh(OLD, SUBJECT, save=Saved())


async def test_a_refresh_that_is_about_somebody_else_is_refused(
    upstream: Upstream, provider: Provider
) -> None:
    with pytest.raises(UpstreamUntrusted):
        await upstream.refresh(OLD, "somebody-else", save=Saved())
    assert not provider.userinfo.called


async def test_a_refresh_token_is_revoked(upstream: Upstream, provider: Provider) -> None:
    await upstream.revoke(OLD)
    request = provider.revocation.calls.last.request
    assert request.content == b"token=old-refresh-token&token_type_hint=refresh_token"
    assert request.headers["authorization"].startswith("Basic ")


async def test_where_nothing_can_be_revoked_nothing_is(
    upstream: Upstream, provider: Provider
) -> None:
    provider.says(revocation_endpoint=None)
    await upstream.revoke(OLD)
    assert not provider.revocation.called


async def test_a_revocation_that_fails_is_told(upstream: Upstream, provider: Provider) -> None:
    provider.revocation.respond(503)
    with pytest.raises(UpstreamDown):
        await upstream.revoke(OLD)
    provider.revocation.respond(400, json={"error": "unsupported_token_type"})
    with pytest.raises(UpstreamMisconfigured):
        await upstream.revoke(OLD)


BASIC, POST = "client_secret_basic", "client_secret_post"


@pytest.mark.parametrize(
    ("secret", "methods", "expected"),
    [
        ("plain", None, BASIC),
        ("plain", [BASIC, POST], BASIC),
        ("plain", [POST], POST),
        ("a:b c+ü", [BASIC], BASIC),
        ("a:b c+ü", [BASIC, POST], POST),
    ],
)
async def test_the_client_authenticates_as_the_provider_supports(
    provider: Provider, clock: Any, secret: str, methods: list[str] | None, expected: str
) -> None:
    provider.says(token_endpoint_auth_methods_supported=methods)
    async with Upstream.open(ISSUER, CLIENT_ID, SecretStr(secret), Demands(()), clock) as upstream:
        await redeem(upstream)
    header = provider.token.calls.last.request.headers.get("authorization")
    if expected == POST:
        assert header is None
        assert (provider.form["client_id"], provider.form["client_secret"]) == (CLIENT_ID, secret)
    else:
        client_id, _, sent = base64.b64decode(header.split()[1]).decode().partition(":")
        assert client_id == CLIENT_ID
        assert httpx.QueryParams(f"secret={sent}")["secret"] == secret
        assert "client_secret" not in provider.form


async def test_a_provider_that_takes_no_secret_is_misconfigured(
    upstream: Upstream, provider: Provider
) -> None:
    provider.says(token_endpoint_auth_methods_supported=["private_key_jwt"])
    with pytest.raises(UpstreamMisconfigured):
        await redeem(upstream)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "invalid_grant", UpstreamRefused),
        # Nobody is gone for a rule that asks for what cannot be done here.
        (403, "access_denied", UpstreamMisconfigured),
        (400, "interaction_required", UpstreamMisconfigured),
        (400, "consent_required", UpstreamMisconfigured),
        (400, "login_required", UpstreamMisconfigured),
        (401, "invalid_client", UpstreamMisconfigured),
        (400, "unauthorized_client", UpstreamMisconfigured),
        (400, "invalid_scope", UpstreamMisconfigured),
        (302, "invalid_grant", UpstreamMisconfigured),
        # What stands before the provider ends nobody's link.
        (502, "invalid_grant", UpstreamDown),
        (429, "invalid_grant", UpstreamDown),
        (404, "invalid_grant", UpstreamDown),
        (400, "something_new", UpstreamDown),
        (400, ["invalid_grant"], UpstreamDown),
    ],
)
async def test_an_error_of_the_token_endpoint_is_told_by_its_meaning(
    upstream: Upstream,
    provider: Provider,
    status: int,
    code: object,
    expected: type[UpstreamError],
) -> None:
    provider.token.respond(status, json={"error": code, "error_description": "the-code"})
    with pytest.raises(UpstreamError) as raised:
        await redeem(upstream)
    assert type(raised.value) is expected
    assert str(status) in raised.value.cause
    assert "the-code" not in raised.value.cause


@pytest.mark.parametrize("page", ["<html>invalid_grant</html>", "", '["invalid_grant"]'])
async def test_a_page_in_place_of_an_error_is_an_outage(
    upstream: Upstream, provider: Provider, page: str
) -> None:
    provider.token.respond(400, text=page)
    with pytest.raises(UpstreamDown):
        await redeem(upstream)


@pytest.mark.parametrize("call", ["discovery", "jwks", "userinfo"])
async def test_only_the_token_endpoint_refuses_a_grant(
    upstream: Upstream, provider: Provider, call: str
) -> None:
    getattr(provider, call).respond(403, json={"error": "access_denied"})
    with pytest.raises(UpstreamDown):
        await redeem(upstream)


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "line\r\nbreak"},
        {"access_token": "tökén"},
        {"access_token": 7},
        {"token_type": None},
        {"token_type": "DPoP"},
        {"refresh_token": 7},
        {"id_token": {}},
        {"scope": []},
    ],
    ids=str,
)
async def test_tokens_that_make_no_sense_are_an_outage(
    upstream: Upstream, provider: Provider, changes: dict[str, object]
) -> None:
    provider.gives(**changes)
    with pytest.raises(UpstreamDown) as raised:
        await redeem(upstream)
    assert "upstream-" not in str(raised.value)


async def test_what_does_not_hold_is_read_anew(upstream: Upstream, provider: Provider) -> None:
    await redeem(upstream)
    await redeem(upstream)
    assert provider.discovery.call_count == 1
    provider.token.respond(404)
    with pytest.raises(UpstreamDown):
        await redeem(upstream)
    moved = provider.router.post("https://id.example.com/moved").respond(
        json={**TOKENS, "id_token": signed(CLAIMS)}
    )
    provider.says(token_endpoint="https://id.example.com/moved")
    await redeem(upstream)
    assert moved.call_count == 1


async def test_the_provider_s_refusal_of_one_person_changes_nothing_for_others(
    upstream: Upstream, provider: Provider
) -> None:
    provider.token.respond(400, json={"error": "invalid_grant"})
    for _ in range(2):
        with pytest.raises(UpstreamRefused):
            await redeem(upstream)
    assert provider.discovery.call_count == 1


async def test_no_cookie_of_one_person_travels_with_another(
    upstream: Upstream, provider: Provider
) -> None:
    provider.token.respond(
        json={**TOKENS, "id_token": signed(CLAIMS)}, headers={"set-cookie": "session=ada"}
    )
    await redeem(upstream)
    assert "cookie" not in provider.userinfo.calls.last.request.headers


async def test_the_secret_is_nowhere_to_be_seen(upstream: Upstream, provider: Provider) -> None:
    provider.token.mock(side_effect=httpx.ReadError(SECRET.get_secret_value()))
    with pytest.raises(UpstreamDown) as raised:
        await redeem(upstream)
    assert raised.value.cause == "token: no answer (ReadError)"
    assert raised.value.__suppress_context__
