"""Where a token of somebody else comes, and in which place; what else proves a client."""

import base64

import pytest
from pydantic import SecretStr

from snowflake.protocol.bounds import MAX_ASSERTION
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.login import APPLICATION, code_for, read_token
from tests.oidc.federation.cases import ANOTHER, CLIENT_ID, Starting, ask, is_taken, signed
from tests.public_keys import EC, jwk
from tests.running import ORIGIN, USER, Snowflake
from tests.workloads import GITHUB, Issuer


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


async def test_the_audit_log_names_the_subject(
    snowflake: Snowflake, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    [line] = [line for line in capsys.readouterr().out.splitlines() if " assertion " in line]
    for word in (CLIENT_ID, issuer.url, GITHUB["sub"], "accepted"):
        assert word in line


async def test_discovery_lists_how_it_may_come(snowflake: Snowflake) -> None:
    document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    methods = document["token_endpoint_auth_methods_supported"]
    assert {"private_key_jwt", "client_secret_post", "client_secret_basic"} <= {*methods}
    assert "RS256" in document["token_endpoint_auth_signing_alg_values_supported"]
