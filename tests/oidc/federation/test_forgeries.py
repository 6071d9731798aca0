"""What is no such token, and what a stranger hears."""

import base64
from typing import Any

import pytest
import structlog.testing
from joserfc.jwk import Key, OctKey

from snowflake.oidc.federation import UNTRUSTED
from snowflake.protocol.bounds import MAX_ASSERTION
from tests.oidc.federation.cases import ANOTHER, CLIENT_ID, ask, is_taken, signed
from tests.public_keys import EC, RSA, jwk
from tests.running import NOW, ORIGIN, Discord, Snowflake
from tests.workloads import GITHUB, Issuer, Json

CONFUSED = OctKey.import_key(jwk(RSA))


BAD: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 61},
    "for ever": {"exp": None},
    "an expiry of words": {"exp": "soon"},
    "an expiry of a boolean": {"exp": True},
    "not yet good": {"nbf": NOW + 61},
    "from the future": {"iat": NOW + 61},
    "an odd time": {"iat": "now"},
    "for nobody": {"aud": None},
    "for no audience": {"aud": []},
    "for somebody else": {"aud": "https://id.example.com"},
    "for something like us": {"aud": f"{ORIGIN}/"},
    "for others": {"aud": ["https://id.example.com", 1, None]},
    "for an object": {"aud": {ORIGIN: True}},
    "of another issuer": {"iss": "https://token.example.com"},
    "of an issuer like it": {"iss": "http://localhost/"},
    "of no issuer": {"iss": None},
    "of an odd issuer": {"iss": ["http://localhost"]},
    "by the name of the client": {"iss": CLIENT_ID, "sub": CLIENT_ID},
    "of another subject": {"sub": "repo:octo-org/octo-repo:pull_request"},
    "of a subject in other letters": {"sub": str(GITHUB["sub"]).upper()},
    "of no subject": {"sub": None},
    "of an odd subject": {"sub": [GITHUB["sub"]]},
    "in our own name": {"iss": ORIGIN},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD.keys())
async def test_what_is_not_good_is_refused(
    snowflake: Snowflake, issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert not await is_taken(snowflake, issuer.token(GITHUB, **{"aud": ORIGIN, **claims}))


@pytest.mark.parametrize(
    ("key", "alg", "header"),
    [
        (ANOTHER, "ES256", {}),
        (ANOTHER, "ES256", {"kid": EC.thumbprint()}),
        (ANOTHER, "ES256", {"kid": EC.thumbprint(), "jwk": ANOTHER.as_dict(private=False)}),
        (ANOTHER, "ES256", {"jku": "https://a.example/jwks", "x5u": "https://a.example/x5u"}),
        (CONFUSED, "HS256", {"kid": RSA.thumbprint()}),
        (EC, "ES256", {"kid": RSA.thumbprint()}),
        (RSA, "RS256", {"kid": "../../etc/passwd"}),
        (RSA, "RS256", {"kid": 7}),
        (RSA, "RS256", {"crit": ["exp"], "exp": NOW}),
        (RSA, "RS256", {"crit": ["kid"]}),
        (RSA, "RS256", {"crit": []}),
        (RSA, "RS256", {"typ": [1]}),
        (RSA, "RS256", {"typ": "logout+jwt"}),
        (RSA, "RS256", {"typ": "secevent+jwt"}),
    ],
    ids=range(14),
)
async def test_a_forged_one_is_refused(
    snowflake: Snowflake, issuer: Issuer, key: Key, alg: str, header: Json
) -> None:
    token = issuer.token(GITHUB, key, alg, header=header, aud=ORIGIN)
    assert not await is_taken(snowflake, token)


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none"}',
        b'{"alg":"NONE"}',
        b'{"alg":["RS256"]}',
        b'{"alg":"RS256","kid":7}',
        b'{"alg":"RS256","kid":null}',
        b'{"alg":"RS256","crit":7}',
        b'{"alg":"RS256","crit":[]}',
        b'{"alg":"RS256","typ":[1]}',
        b'{"alg":"RS256","b64":false,"crit":["b64"]}',
        b'{"alg":"RS256","alg":"none"}',
        b'{"kid":"x"}',
        b"[]",
        b"{" * 5000,
        b"\xff",
    ],
    ids=range(14),
)
async def test_an_odd_header_is_no_fault_of_ours(
    snowflake: Snowflake, issuer: Issuer, header: bytes
) -> None:
    head = base64.urlsafe_b64encode(header).decode().rstrip("=")
    _, claims, signature = issuer.token(GITHUB, aud=ORIGIN).split(".")
    for end in (signature, "", "x"):
        assert not await is_taken(snowflake, f"{head}.{claims}.{end}")


@pytest.mark.parametrize("claims", [b"[]", b"{", b"[" * 8000, b'{"iss":1e999}', b"\xff", b""])
async def test_odd_claims_are_no_fault_of_ours(
    snowflake: Snowflake, issuer: Issuer, claims: bytes
) -> None:
    head, _, signature = issuer.token(GITHUB, aud=ORIGIN).split(".")
    body = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    assert not await is_taken(snowflake, f"{head}.{body}.{signature}")


async def test_a_huge_one_is_not_even_looked_at(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN, more="x" * MAX_ASSERTION)
    for form in (signed(token), {"client_id": CLIENT_ID, "client_secret": token}):
        assert (await ask(snowflake, form)).json()["error"] == "invalid_request"
    basic = base64.b64encode(f"{CLIENT_ID}:{token}".encode()).decode()
    assert (
        await ask(snowflake, {}, headers={"Authorization": f"Basic {basic}"})
    ).status_code == 401
    assert issuer.key_sets == 0


async def test_the_secret_of_anybody_else_stays_short(
    snowflake: Snowflake, issuer: Issuer, discord: Discord
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    for client_id in ("wiki", "1056005449054429298"):
        form = {"client_id": client_id, "client_secret": token}
        answer = await ask(snowflake, form)
        assert answer.json()["error"] == "invalid_request", answer.text
        answer = await snowflake.browser.post(
            "/token", data={**form, "grant_type": "authorization_code", "code": "x"}
        )
        assert answer.json()["error"] == "invalid_request", answer.text
    assert not discord.token.called


async def test_a_stranger_learns_of_no_trust(snowflake: Snowflake, issuer: Issuer) -> None:
    good: Json = {"aud": ORIGIN}
    told = [
        await ask(snowflake, signed(token))
        for token in (
            issuer.token(GITHUB, **good, iss="https://token.example.com"),
            issuer.token(GITHUB, ANOTHER, "ES256", **good),
            issuer.token(GITHUB, aud="https://id.example.com"),
            issuer.token({**GITHUB, "sub": "repo:mallory/x:ref:refs/heads/main"}, **good),
            issuer.token(GITHUB, header={"typ": "logout+jwt"}, **good),
        )
    ]
    assert {answer.text for answer in told} == {told[0].text}
    assert told[0].json()["error_description"] == UNTRUSTED


async def test_the_log_says_why(snowflake: Snowflake, issuer: Issuer) -> None:
    with structlog.testing.capture_logs() as logs:
        await ask(snowflake, signed(issuer.token(GITHUB, aud="https://id.example.com")))
        await ask(snowflake, signed(issuer.token({**GITHUB, "sub": "y" * 2000}, aud=ORIGIN)))
        await ask(snowflake, signed(issuer.token(GITHUB, aud=ORIGIN)))
    refused = [line for line in logs if line["event"] == "assertion_refused"]
    assert [line["reason"] for line in refused] == [
        f"its aud has no {ORIGIN}",
        "it has no sub that is a line of up to 1000 characters",
    ]
    assert [line["subject"] for line in refused] == [GITHUB["sub"], "y" * 1000]
