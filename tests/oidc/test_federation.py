"""Clients that show what somebody else has signed (RFC 7523; workload identity)."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
import structlog.testing
from joserfc.jwk import ECKey, Key, OctKey, OKPKey
from pydantic import SecretStr

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.oidc.federation import UNTRUSTED
from snowflake.protocol.bounds import MAX_ASSERTION
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.state.client_keys import PAUSE
from snowflake.upstream.jwks import LIFETIME
from snowflake.upstream.jwks import PAUSE as PAUSE_FOR_MISSING
from tests.login import APPLICATION, code_for, read_token
from tests.oidc.signed_in import WIKI, keeping_sessions
from tests.public_keys import EC, RSA, jwk
from tests.running import NOW, ORIGIN, USER, Clock, Discord, Snowflake
from tests.workloads import AUTHENTIK, GITHUB, GITLAB, KEYCLOAK, KUBERNETES, Issuer, Json

ANOTHER = ECKey.generate_key("P-256")
ED25519 = OKPKey.generate_key("Ed25519")
CONFUSED = OctKey.import_key(jwk(RSA))
CLIENT_ID = "deploy"
MAIN = {"claims": "repository_owner_id == '65' && ref == 'refs/heads/main'"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer(now=NOW)
    with serving(issuer.app) as issuer.url:
        yield issuer


def trusting(*trusts: Json, **keys: object) -> ClientTable:
    return ClientTable.model_validate(
        {"id": CLIENT_ID, "redirect_uris": [APPLICATION], "trusts": trusts, **keys}
    )


def signed(token: str, /, **more: str) -> dict[str, str]:
    proof = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
    return {"client_id": CLIENT_ID, **proof, **more}


@pytest.fixture
def start(settings: Settings, clock: Clock, discord: Discord) -> "Starting":
    return Starting(settings.model_copy(update={"issuer": ORIGIN}), clock, discord)


class Starting:
    """Starts a Snowflake whose client has trusts."""

    def __init__(self, settings: Settings, clock: Clock, discord: Discord) -> None:
        self.settings, self.clock, self.discord = settings, clock, discord

    def __call__(self, *trusts: Json, **keys: object) -> AbstractAsyncContextManager[Snowflake]:
        client = trusting(*trusts, **keys)
        return keeping_sessions(self.settings, self.clock, self.discord, client, WIKI)


@pytest.fixture
async def snowflake(start: Starting, issuer: Issuer) -> AsyncIterator[Snowflake]:
    """Run a Snowflake that takes GitHub's jobs for a client."""
    async with start({"issuer": issuer.url, "subject": GITHUB["sub"]}) as snowflake:
        yield snowflake


async def ask(snowflake: Snowflake, form: dict[str, str], **more: Any) -> httpx.Response:
    """Ask about a token that nobody knows, which any client may that has proven who it is."""
    return await snowflake.browser.post("/introspect", data={"token": "x", **form}, **more)


async def is_taken(snowflake: Snowflake, token: str) -> bool:
    answer = await ask(snowflake, signed(token))
    assert answer.status_code in {200, 401}, answer.text
    if answer.status_code == 401:
        assert answer.json()["error"] == "invalid_client"
    return answer.status_code == 200


@pytest.mark.parametrize(
    ("said", "trust", "more"),
    [
        (GITHUB, {"subject": GITHUB["sub"]}, {"header": {"x5t": "aBcD"}, "aud": ORIGIN}),
        (GITHUB, {"subject": "regex:repo:octo-org/.*", **MAIN}, {"aud": ORIGIN}),
        (
            KUBERNETES,
            {"subject": "system:serviceaccount:ci:runner"},
            {"header": {"typ": None}, "aud": [ORIGIN]},
        ),
        (
            KUBERNETES,
            {"claims": "\"kubernetes.io\".namespace == 'ci'"},
            {"header": {"typ": None}, "aud": [ORIGIN, "https://kubernetes.default.svc"]},
        ),
        (GITLAB, {"subject": GITLAB["sub"], "claims": "ref_protected == 'true'"}, {"aud": ORIGIN}),
        (AUTHENTIK, {"subject": AUTHENTIK["sub"], "audience": "abc"}, {"aud": "abc"}),
        (KEYCLOAK, {"claims": "azp == 'ci'"}, {"aud": [ORIGIN, "account"]}),
        (KEYCLOAK, {"claims": "azp == 'ci'"}, {"header": {"typ": "at+jwt"}, "aud": ORIGIN}),
    ],
    ids=range(8),
)
async def test_the_tokens_of_each_platform_are_taken(
    start: Starting, issuer: Issuer, said: Json, trust: Json, more: Json
) -> None:
    async with start({"issuer": issuer.url, **trust}) as snowflake:
        token = issuer.token(said, **more)
        assert await is_taken(snowflake, token)
        # It may come again until it expires: its machine has no other.
        assert await is_taken(snowflake, token)
        snowflake.clock.pass_by(said["exp"] + 60)
        assert not await is_taken(snowflake, token)


async def test_a_login_by_one(snowflake: Snowflake, issuer: Issuer) -> None:
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    stale = await snowflake.browser.post("/token", data={**form, **signed("a.b.c")})
    assert stale.status_code == 401
    token = issuer.token(GITHUB, aud=ORIGIN)
    tokens = (await snowflake.browser.post("/token", data={**form, **signed(token)})).json()
    assert read_token(snowflake, tokens["id_token"])["sub"] == USER["id"]
    told = await ask(snowflake, signed(token, token=tokens["access_token"]))
    assert told.json()["active"] is True
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = await snowflake.browser.post("/token", data={**form, **signed(token)})
    assert fresh.status_code == 200, fresh.text
    sent = {"token": tokens["access_token"], **signed(token)}
    assert (await snowflake.browser.post("/revoke", data=sent)).status_code == 200
    assert (await ask(snowflake, sent)).json() == {"active": False}


async def test_a_device_begins_by_one(start: Starting, issuer: Issuer) -> None:
    trust = {"issuer": issuer.url, "subject": GITHUB["sub"]}
    async with start(trust, grant_types=[DEVICE_CODE], redirect_uris=[]) as snowflake:
        for token, status in ((issuer.token(GITHUB, aud=ORIGIN), 200), ("a.b.c", 401)):
            for form in (signed(token), {"client_id": CLIENT_ID, "client_secret": token}):
                answer = await snowflake.browser.post("/device_authorization", data=form)
                assert answer.status_code == status, answer.text
                if status == 200:
                    form |= {"grant_type": DEVICE_CODE}
                    form["device_code"] = answer.json()["device_code"]
                    asked = await snowflake.browser.post("/token", data=form)
                    assert asked.json()["error"] == "authorization_pending"


@pytest.mark.parametrize("own", [{}, {"secret": SecretStr("a secret of its own")}])
@pytest.mark.parametrize("padding", [0, 11_000])
async def test_it_may_come_as_a_secret_however_long(
    start: Starting, issuer: Issuer, own: dict[str, object], padding: int
) -> None:
    async with start({"issuer": issuer.url, "subject": GITHUB["sub"]}, **own) as snowflake:
        token = issuer.token(GITHUB, aud=ORIGIN, more="x" * padding)
        assert len(token) < MAX_ASSERTION
        in_form = await ask(snowflake, {"client_id": CLIENT_ID, "client_secret": token})
        assert in_form.status_code == 200, in_form.text
        raw, encoded = token, token.replace("-", "%2D").replace("_", "%5F").replace(".", "%2E")
        for secret in (raw, encoded):
            basic = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
            answer = await ask(snowflake, {}, headers={"Authorization": f"Basic {basic}"})
            assert answer.status_code == 200, answer.text
        forged = issuer.token(GITHUB, ANOTHER, "ES256", aud=ORIGIN, more="x" * padding)
        form = {"client_id": CLIENT_ID, "client_secret": forged}
        assert (await ask(snowflake, form)).status_code == 401


async def test_its_own_secret_goes_on_to_serve(start: Starting, issuer: Issuer) -> None:
    # One that looks like a JWT too.
    for secret in ("a secret of its own", "a.b.c", "eyJhIjoxfQ.e30.c2ln"):
        trust = {"issuer": issuer.url, "subject": GITHUB["sub"]}
        async with start(trust, secret=SecretStr(secret)) as snowflake:
            good = await ask(snowflake, {"client_id": CLIENT_ID, "client_secret": secret})
            assert good.status_code == 200, good.text
            bad = await ask(snowflake, {"client_id": CLIENT_ID, "client_secret": f"{secret}x"})
            assert bad.status_code == 401


async def test_so_does_a_key_of_its_own(start: Starting, issuer: Issuer) -> None:
    own = {"authentication": "private_key_jwt", "public_key": jwk(EC)}
    async with start({"issuer": issuer.url, "subject": GITHUB["sub"]}, **own) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
        said = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ORIGIN, "jti": "1", "exp": 60}
        own_token = issuer.token(said, EC, "ES256", iss=CLIENT_ID)
        assert await is_taken(snowflake, own_token)
        # Of its own ones each is good once.
        assert not await is_taken(snowflake, own_token)


async def test_without_any_proof_nobody_is_that_client(snowflake: Snowflake) -> None:
    for form in ({}, {"client_secret": "x"}, {"client_secret": "a.b.c"}):
        answer = await ask(snowflake, {"client_id": CLIENT_ID, **form})
        assert answer.status_code == 401, answer.text
        assert "has no secret" in answer.json()["error_description"]


async def test_client_id_is_needed_beside_it(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    form = signed(token)
    del form["client_id"]
    assert (await ask(snowflake, form)).status_code == 401
    assert (await ask(snowflake, signed(token, client_id="wiki"))).status_code == 401
    two = await ask(snowflake, signed(token, client_secret="x"))
    assert two.json()["error"] == "invalid_request"


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


async def test_the_audit_log_names_the_subject(
    snowflake: Snowflake, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    [line] = [line for line in capsys.readouterr().out.splitlines() if " assertion " in line]
    for word in (CLIENT_ID, issuer.url, GITHUB["sub"], "accepted"):
        assert word in line


@pytest.mark.parametrize(
    ("subject", "taken"),
    [
        ("regex:repo:octo-org/octo-repo:environment:(prod|test)", True),
        ("regex:^repo:octo-org/.*$", True),
        ("regex:repo:octo-org/octo-repo", False),
        ("regex:octo-org/octo-repo:environment:prod", False),
        ("regex:x|repo", False),
        ("regex:.*", True),
    ],
)
async def test_a_pattern_is_for_the_whole_subject(
    start: Starting, issuer: Issuer, subject: str, *, taken: bool
) -> None:
    async with start({"issuer": issuer.url, "subject": subject}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN)) is taken
        # RE2 reads bytes, in which not every text can be put.
        for sub in ("\u00e4", "\ud800", ""):
            token = issuer.token({**GITHUB, "sub": sub}, aud=ORIGIN)
            assert not await is_taken(snowflake, token)


@pytest.mark.parametrize(
    ("claims", "taken"),
    [
        ("ref == 'refs/heads/main'", True),
        ("ref == 'refs/heads/main' && repository_id == '74'", True),
        ("contains(['push', 'workflow_dispatch'], event_name)", True),
        ("starts_with(job_workflow_ref, 'octo-org/octo-automation/')", True),
        # Only what is true is true: not what is there, and not a word that says so.
        ("ref", False),
        ("`1`", False),
        ("'true'", False),
        ("[`true`]", False),
        ("missing", False),
        ("ref == 'refs/heads/other'", False),
        ("contains(missing, 'x')", False),
        ("join('', [@,@,@,@][])", False),
        (f"length(join('', {'[@,@][]|' * 40}[].sub)) > `1`", False),
    ],
    ids=range(13),
)
async def test_claims_have_to_come_to_true(
    start: Starting, issuer: Issuer, claims: str, *, taken: bool
) -> None:
    async with start({"issuer": issuer.url, "claims": claims}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN)) is taken


@pytest.mark.parametrize("sub", [None, "", 7, ["x"], {"x": 1}, "x" * 1001, "a\nb", "\u202e"])
async def test_a_subject_is_needed_whatever_is_demanded_of_it(
    start: Starting, issuer: Issuer, sub: object
) -> None:
    async with start({"issuer": issuer.url, "claims": "ref == 'refs/heads/main'"}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN, sub=sub))


async def test_any_of_several_trusts_will_do(start: Starting, issuer: Issuer) -> None:
    other = Issuer(now=NOW)
    other.keys = [ED25519]
    with serving(other.app) as other.url:
        trusts = (
            {"issuer": issuer.url, "subject": GITHUB["sub"]},
            {"issuer": issuer.url, "subject": GITLAB["sub"], "audience": "gitlab"},
            {"issuer": other.url, "subject": KUBERNETES["sub"]},
        )
        async with start(*trusts) as snowflake:
            assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
            assert await is_taken(snowflake, issuer.token(GITLAB, aud="gitlab"))
            assert await is_taken(
                snowflake, other.token(KUBERNETES, ED25519, "EdDSA", aud=[ORIGIN])
            )
            # No mixture of two of them.
            assert not await is_taken(snowflake, issuer.token(GITHUB, aud="gitlab"))
            assert not await is_taken(snowflake, issuer.token(GITLAB, aud=ORIGIN))
            # Nor one who signs in the name of the other.
            in_name = other.token(GITHUB, ED25519, "EdDSA", aud=ORIGIN, iss=issuer.url)
            assert not await is_taken(snowflake, in_name)


async def test_a_client_with_an_issuer_to_itself_is_an_audience_too(
    start: Starting, issuer: Issuer
) -> None:
    trust = {"issuer": issuer.url, "subject": GITHUB["sub"]}
    async with start(trust, issuer_mode="per_client") as snowflake:
        for aud in (ORIGIN, f"{ORIGIN}/clients/{CLIENT_ID}"):
            assert await is_taken(snowflake, issuer.token(GITHUB, aud=aud))
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=f"{ORIGIN}/clients/wiki"))


async def test_discovery_lists_how_it_may_come(snowflake: Snowflake) -> None:
    document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    methods = document["token_endpoint_auth_methods_supported"]
    assert {"private_key_jwt", "client_secret_post", "client_secret_basic"} <= {*methods}
    assert "RS256" in document["token_endpoint_auth_signing_alg_values_supported"]


async def test_keys_are_found_without_discovery(start: Starting, issuer: Issuer) -> None:
    trust = {
        "issuer": "https://kubernetes.default.svc",
        "jwks_uri": f"{issuer.url}/keys",
        "subject": KUBERNETES["sub"],
    }
    issuer.media_type = "application/jwk-set+json"
    async with start(trust) as snowflake:
        token = issuer.token(KUBERNETES, aud=[ORIGIN], iss="https://kubernetes.default.svc")
        assert await is_taken(snowflake, token)
        assert issuer.documents == 0


async def test_keys_that_rotate_are_fetched_again_and_not_for_everybody(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    assert (issuer.documents, issuer.key_sets) == (1, 1)
    issuer.keys = [ANOTHER]
    rotated = issuer.token(GITHUB, ANOTHER, "ES256", aud=ORIGIN)
    assert await is_taken(snowflake, rotated)
    assert issuer.key_sets == 2
    # Whoever makes up names of keys has nothing fetched for a while, however many come.
    made_up = [issuer.token(GITHUB, header={"kid": str(n)}, aud=ORIGIN) for n in range(50)]
    assert not any(await asyncio.gather(*(is_taken(snowflake, token) for token in made_up)))
    assert issuer.key_sets == 2
    snowflake.clock.pass_by(PAUSE_FOR_MISSING)
    assert not any(await asyncio.gather(*(is_taken(snowflake, token) for token in made_up)))
    assert issuer.key_sets == 3
    # The one that was taken away proves nothing any more.
    assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))


async def test_an_outage_is_told_as_one_and_asked_about_seldom(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    issuer.status = 503
    for answer in await asyncio.gather(*(ask(snowflake, signed(token)) for _ in range(50))):
        assert answer.status_code == 503
        assert answer.json()["error"] == "temporarily_unavailable"
        assert answer.headers["retry-after"]
    assert issuer.documents == 1
    issuer.status = 200
    assert (await ask(snowflake, signed(token))).status_code == 503
    snowflake.clock.pass_by(PAUSE)
    assert await is_taken(snowflake, token)


async def test_an_outage_burns_no_code(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    issuer.status = 500
    answer = await snowflake.browser.post("/token", data={**form, **signed(token)})
    assert answer.json()["error"] == "temporarily_unavailable"
    issuer.status = 200
    snowflake.clock.pass_by(PAUSE)
    assert (
        await snowflake.browser.post("/token", data={**form, **signed(token)})
    ).status_code == 200


async def test_known_keys_serve_while_others_cannot_be_fetched(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    assert await is_taken(snowflake, token)
    issuer.status = 503
    made_up = issuer.token(GITHUB, header={"kid": "made up"}, aud=ORIGIN)
    # It may be a new one, which nobody can tell now.
    assert (await ask(snowflake, signed(made_up))).status_code == 503
    assert await is_taken(snowflake, token)
    issuer.status = 200
    snowflake.clock.pass_by(PAUSE)
    assert not await is_taken(snowflake, made_up)
    # After an hour they are asked for again, and an outage is one.
    issuer.status = 503
    snowflake.clock.pass_by(LIFETIME)
    fresh = issuer.token(GITHUB, aud=ORIGIN, exp=NOW + 7200)
    assert (await ask(snowflake, signed(fresh))).status_code == 503


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://token.example.com"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://token.example.com/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user@token.example.com/keys"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
    ],
    ids=range(7),
)
async def test_an_issuer_that_lies_is_not_believed(
    snowflake: Snowflake, issuer: Issuer, changes: Json
) -> None:
    issuer.document_changes = changes
    answer = await ask(snowflake, signed(issuer.token(GITHUB, aud=ORIGIN)))
    # It is for the operator to mend, and nothing that a client does would.
    assert answer.json()["error"] == "temporarily_unavailable"
    assert issuer.key_sets == 0


async def test_an_issuer_whom_nobody_trusts_is_asked_nothing(
    start: Starting, issuer: Issuer
) -> None:
    async with start({"issuer": "https://token.example.com", "subject": "x"}) as snowflake:
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    assert issuer.documents == 0


async def test_a_changed_configuration_counts_at_once(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    assert await is_taken(snowflake, token)
    client = trusting({"issuer": issuer.url, "subject": "repo:octo-org/other"})
    settings = snowflake.settings.model_copy(update={"clients": (client, WIKI)})
    snowflake.state.use(settings)
    assert not await is_taken(snowflake, token)
