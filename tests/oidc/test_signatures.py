"""What is signed for a client, by each algorithm: from the login to the logout."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, get_args

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, import_key
from pydantic import SecretStr

from snowflake.crypto.algorithms import ALGORITHMS
from snowflake.oidc.tokens.hashes import half_hash
from snowflake.settings import Settings
from snowflake.settings.tables.clients.signatures import SigningAlgorithm
from snowflake.state.key_ring.ring import PUBLISHED_WITHIN
from tests.login import Json, ask, code_for, query_of
from tests.oidc.response_types.answers import answered, came
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    tokens_for,
)
from tests.oidc.tokens.test_encryption import opened
from tests.public_keys import EC, pem
from tests.running import ORIGIN, USER, Clock, Discord, Snowflake
from tests.sleeping import let_sleep

GOODBYE = "https://app.example.com/goodbye"
#: Grafana's secret, long enough to sign.
SECRET = "grafana's secret, of more than 32 bytes: ü"
PERSON = str(USER["id"])

Run = Callable[..., AbstractAsyncContextManager[Snowflake]]

# Of joserfc, which would rather have EdDSA by its newer name.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
algorithms = pytest.mark.parametrize("algorithm", get_args(SigningAlgorithm))


@pytest.fixture(autouse=True)
def _long_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRETS, "grafana", SECRET)


@pytest.fixture
def run(settings: Settings, clock: Clock, discord: Discord) -> Run:
    @asynccontextmanager
    async def run(algorithm: str = "RS256", **changes: object) -> AsyncIterator[Snowflake]:
        """Run a Snowflake where Grafana's tokens are signed so, and the wiki's as ever."""
        changes = {"signing_alg": algorithm, "secret": SecretStr(SECRET), **changes}
        grafana = GRAFANA.model_copy(update=changes)
        async with keeping_sessions(settings, clock, discord, grafana, WIKI) as snowflake:
            yield snowflake

    return run


async def sign_in(snowflake: Snowflake, **changes: str) -> Json:
    code = await code_for(snowflake.browser, **{**AS_GRAFANA, **changes})
    return await tokens_for(snowflake.browser, AS_GRAFANA, code)


async def published(snowflake: Snowflake) -> list[Json]:
    keys: list[Json] = (await snowflake.browser.get("/.well-known/jwks.json")).json()["keys"]
    return keys


async def read(snowflake: Snowflake, token: str, algorithm: str) -> tuple[Json, Json]:
    """Verify a token as Grafana does; answer its header and its claims."""
    if algorithm == "HS256":
        decoded = jwt.decode(token, OctKey.import_key(SECRET), [algorithm])
    else:
        keys: Any = {"keys": await published(snowflake)}
        decoded = jwt.decode(token, KeySet.import_key_set(keys), [algorithm])
    return dict(decoded.header), dict(decoded.claims)


def bearer(tokens: Json) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


@algorithms
async def test_tokens_are_signed_by_it_and_serve_everywhere(algorithm: str, run: Run) -> None:
    async with run(algorithm) as snowflake:
        browser = snowflake.browser
        tokens = await sign_in(snowflake, nonce="n")
        # 1. The ID token.
        header, claims = await read(snowflake, tokens["id_token"], algorithm)
        assert (header["alg"], header["typ"]) == (algorithm, "JWT")
        assert ("kid" in header) == (algorithm != "HS256")
        assert (claims["sub"], claims["aud"], claims["nonce"]) == (PERSON, "grafana", "n")
        assert claims["at_hash"] == half_hash(tokens["access_token"], ALGORITHMS[algorithm])
        # 2. The access token, which is read here alone.
        by_key = "RS256" if algorithm == "HS256" else algorithm
        header, claims = await read(snowflake, tokens["access_token"], by_key)
        assert (header["alg"], header["typ"]) == (by_key, "at+jwt")
        assert (await browser.get("/userinfo", headers=bearer(tokens))).json()["sub"] == PERSON
        client = {"client_id": "grafana", "client_secret": SECRET}
        asked = {**client, "token": tokens["access_token"]}
        assert (await browser.post("/introspect", data=asked)).json()["active"] is True
        # 3. A refresh.
        renewed = await refresh(browser, AS_GRAFANA, tokens)
        header, claims = await read(snowflake, renewed["id_token"], algorithm)
        assert (header["alg"], claims["sub"]) == (algorithm, PERSON)
        # 4. As a hint, also at another client: it says who somebody is.
        for as_client in (AS_GRAFANA, AS_WIKI):
            hinted = {"prompt": "none", "id_token_hint": tokens["id_token"]}
            answer = await ask(browser, **{**as_client, **hinted})
            assert "code" in query_of(answer.headers["location"])
        # 5. Revocation and logout.
        revoked = await browser.post("/revoke", data={**client, "token": tokens["access_token"]})
        assert revoked.status_code == 200
        assert not await is_alive(browser, tokens)
        again = await enter(browser, AS_GRAFANA)
        asked = {"id_token_hint": again["id_token"], "post_logout_redirect_uri": GOODBYE}
        answer = await browser.get("/logout", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (302, GOODBYE)
        assert not await is_alive(browser, again)


@algorithms
async def test_what_comes_by_the_browser_is_signed_by_it_and_tied_by_its_hash(
    algorithm: str, run: Run
) -> None:
    everything = "code id_token token"
    async with run(algorithm, response_types=(everything,)) as snowflake:
        _, _, sent = answered(await came(snowflake.browser, response_type=everything))
        header, claims = await read(snowflake, sent["id_token"], algorithm)
        assert header["alg"] == algorithm
        for name, value in (("at_hash", sent["access_token"]), ("c_hash", sent["code"])):
            assert claims[name] == half_hash(value, ALGORITHMS[algorithm])
        assert await is_alive(snowflake.browser, {"access_token": sent["access_token"]})


@algorithms
async def test_userinfo_is_signed_by_it_if_the_client_wants_that(algorithm: str, run: Run) -> None:
    async with run(algorithm, signed_userinfo=True) as snowflake:
        tokens = await sign_in(snowflake)
        for method in ("GET", "POST"):
            answer = await snowflake.browser.request(method, "/userinfo", headers=bearer(tokens))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/jwt"
            header, claims = await read(snowflake, answer.text, algorithm)
            assert (header["alg"], header["typ"]) == (algorithm, "JWT")
            assert (claims.pop("iss"), claims.pop("aud")) == (ORIGIN, "grafana")
            # Beside that it says what it says to others.
            other = await enter(snowflake.browser, AS_WIKI)
            plain = await snowflake.browser.get("/userinfo", headers=bearer(other))
            assert claims == plain.json()
            assert plain.headers["content-type"] == "application/json"


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
async def test_what_is_signed_is_encrypted_for_a_client_that_wants_that(
    algorithm: str, run: Run
) -> None:
    encrypted = {"encryption_key": pem(EC), "signed_userinfo": True}
    async with run(algorithm, **encrypted) as snowflake:
        tokens = await sign_in(snowflake)
        answer = await snowflake.browser.get("/userinfo", headers=bearer(tokens))
        assert answer.headers["content-type"] == "application/jwt"
        for token in (tokens["id_token"], answer.text):
            header, signed = opened(token, EC)
            assert header["cty"] == "JWT"
            assert (await read(snowflake, signed, algorithm))[1]["sub"] == PERSON
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert document["userinfo_encryption_alg_values_supported"] == ["ECDH-ES+A256KW"]
    assert document["userinfo_encryption_enc_values_supported"] == ["A256CBC-HS512"]


async def test_its_errors_stay_as_they_are(run: Run) -> None:
    async with run(signed_userinfo=True) as snowflake:
        answer = await snowflake.browser.get("/userinfo", headers={"authorization": "Bearer x"})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert answer.json()["error"] == "invalid_token"


async def test_userinfo_is_no_hint(run: Run) -> None:
    for algorithm in ("RS256", "HS256"):
        async with run(algorithm, signed_userinfo=True) as snowflake:
            headers = bearer(await sign_in(snowflake))
            signed = (await snowflake.browser.get("/userinfo", headers=headers)).text
            assert await error_for(snowflake, signed) == "login_required"


async def error_for(snowflake: Snowflake, hint: str) -> str:
    """Answer the error of a login for which a hint is sent."""
    answer = await ask(snowflake.browser, **AS_GRAFANA, id_token_hint=hint)
    assert answer.status_code == 302, answer.text
    logout = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
    assert (await snowflake.browser.get("/logout", params=logout)).status_code == 400
    return query_of(answer.headers["location"]).get("error", "")


@algorithms
async def test_nothing_but_keys_is_published(algorithm: str, run: Run) -> None:
    async with run(algorithm) as snowflake:
        keys = await published(snowflake)
        expected = {"RS256", algorithm} - {"HS256"}
        assert [key["alg"] for key in keys] == sorted(expected, key=list(ALGORITHMS).index)
        private = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
        assert all(key.keys().isdisjoint(private) for key in keys)
        assert {key["use"] for key in keys} == {"sig"}
        assert SECRET not in json.dumps(keys)


@algorithms
async def test_discovery_lists_what_some_client_uses(algorithm: str, run: Run) -> None:
    async with run(algorithm, signed_userinfo=True) as snowflake:
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    # RS256 always (OpenID Connect Discovery 1.0, section 3).
    listed = [name for name in ALGORITHMS if name in {"RS256", algorithm}]
    assert document["id_token_signing_alg_values_supported"] == listed
    assert document["userinfo_signing_alg_values_supported"] == [algorithm]


async def test_discovery_says_nothing_of_userinfo_that_nobody_has_signed(run: Run) -> None:
    async with run("ES256") as snowflake:
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert not [name for name in document if name.startswith("userinfo_signing")]
    assert not [name for name in document if "encryption" in name]


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def changed(token: str, **header: object) -> str:
    """Answer a token with other headers, and the signature that it had."""
    head, payload, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(head + "=="))
    written = {name: value for name, value in {**known, **header}.items() if value is not None}
    return f"{base64url(json.dumps(written).encode())}.{payload}.{signature}"


def by_secret(token: str, secret: bytes, **header: object) -> str:
    """Answer a token as somebody signs it who takes ``secret`` for the key."""
    content, _, _ = changed(token, alg="HS256", **header).rpartition(".")
    return f"{content}.{base64url(hmac.digest(secret, content.encode(), 'sha256'))}"


async def forgeries(snowflake: Snowflake, token: str) -> list[str]:
    """Answer tokens that somebody makes of one, who knows all that is published."""
    keys = await published(snowflake)
    forged = []
    for key in keys:
        public: Any = import_key(key)
        secrets = (
            json.dumps(key).encode(),
            public.as_pem(private=False),
            public.as_der(private=False),
            str(key.get("n", key.get("x"))).encode(),
        )
        for secret in secrets:
            forged += [by_secret(token, secret, kid=kid) for kid in (key["kid"], None)]
        forged += [changed(token, kid=key["kid"], alg=name) for name in (*ALGORITHMS, "none")]
    forged += [changed(token, kid=None, alg=name) for name in (*ALGORITHMS, "none", "HS512")]
    forged += [f"{changed(token, alg='none').rpartition('.')[0]}.", by_secret(token, b"")]
    forged += [changed(token, crit=["exp"]), changed(token, b64=False, crit=["b64"])]
    forged += [
        changed(token, jwk={"kty": "oct", "k": "AA"}),
        changed(token, jku="https://x.example"),
    ]
    forged += [token + "A", token[:-40], token.rpartition(".")[0] + ".AA"]
    return [one for one in forged if one != changed(token) and one != token]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES512", "EdDSA", "HS256"])
async def test_nobody_can_forge_one(algorithm: str, run: Run) -> None:
    async with run(algorithm) as snowflake:
        tokens = await sign_in(snowflake)
        client = {"client_id": "grafana", "client_secret": SECRET}
        for forged in await forgeries(snowflake, tokens["access_token"]):
            answer = await snowflake.browser.get(
                "/userinfo", headers={"authorization": f"Bearer {forged}"}
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token"), forged
            asked = await snowflake.browser.post("/introspect", data={**client, "token": forged})
            assert asked.json() == {"active": False}
        for forged in await forgeries(snowflake, tokens["id_token"]):
            assert await error_for(snowflake, forged) == "login_required", forged


async def test_access_tokens_are_never_signed_by_the_secret(run: Run) -> None:
    async with run("HS256") as snowflake:
        tokens = await sign_in(snowflake)
        for kid in (None, (await published(snowflake))[0]["kid"]):
            forged = by_secret(tokens["access_token"], SECRET.encode(), kid=kid)
            answer = await snowflake.browser.get(
                "/userinfo", headers={"authorization": f"Bearer {forged}"}
            )
            assert answer.status_code == 401


def signed(secret: str, **claims: object) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


HINT = {"iss": ORIGIN, "aud": "grafana", "sub": PERSON, "exp": 1, "iat": 0}


@pytest.mark.parametrize(
    ("secret", "changes"),
    [
        # Of a client that signs by a key, and of one that nobody knows.
        (SECRETS["wiki"] * 2, {"aud": "wiki"}),
        (SECRET, {"aud": "wiki"}),
        (SECRET, {"aud": "nobody"}),
        (SECRET, {"aud": "1056005449054429204"}),
        (SECRET, {"aud": "1" * 257}),
        (SECRET, {"aud": ["grafana"]}),
        (SECRET, {"aud": None}),
        (SECRET, {"sub": None}),
        (SECRET, {"iss": None}),
        (SECRET, {"exp": None}),
        ("another secret of more than 32 bytes", {}),
    ],
)
async def test_a_secret_vouches_for_its_client_alone(secret: str, changes: Json, run: Run) -> None:
    claims = {name: value for name, value in {**HINT, **changes}.items() if value is not None}
    async with run("HS256") as snowflake:
        assert await error_for(snowflake, signed(secret, **claims)) == "login_required"


async def test_a_secret_vouches_for_its_client(run: Run) -> None:
    async with run("HS256") as snowflake:
        await sign_in(snowflake)
        hinted = {"prompt": "none", "id_token_hint": signed(SECRET, **HINT)}
        answer = await ask(snowflake.browser, **{**AS_GRAFANA, **hinted})
        assert "code" in query_of(answer.headers["location"])
    async with run("ES256") as snowflake:
        # No more, once its tokens are signed otherwise.
        assert await error_for(snowflake, signed(SECRET, **HINT)) == "login_required"


async def test_what_another_algorithm_has_signed_holds_after_a_change(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        keys = await published(snowflake)
        assert "EdDSA" in {key["alg"] for key in keys}

    let_sleep(monkeypatch, "snowflake.state.state", sleep)
    async with run("ES256") as snowflake:
        before = await sign_in(snowflake)
        changed = GRAFANA.model_copy(update={"secret": SecretStr(SECRET), "signing_alg": "EdDSA"})
        await snowflake.state.take_up(
            snowflake.state.settings.model_copy(update={"clients": (changed, WIKI)})
        )
        # It is published before it signs, for as long as other processes may not know it.
        assert waited == [PUBLISHED_WITHIN]
        after = await enter(snowflake.browser, AS_GRAFANA)
        header, _ = await read(snowflake, after["access_token"], "EdDSA")
        assert header["alg"] == "EdDSA"
        assert await is_alive(snowflake.browser, before)
        renewed = await refresh(snowflake.browser, AS_GRAFANA, before)
        assert (await read(snowflake, renewed["id_token"], "EdDSA"))[1]["sub"] == PERSON
        hinted = {"prompt": "none", "id_token_hint": before["id_token"]}
        answer = await ask(snowflake.browser, **{**AS_GRAFANA, **hinted})
        assert "code" in query_of(answer.headers["location"])


async def test_a_client_whose_key_is_not_there_yet_hears_so_and_loses_nothing(run: Run) -> None:
    async with run() as snowflake:
        changes = {"signing_alg": "ES256", "response_types": ("code", "id_token")}
        other = GRAFANA.model_copy(update={"secret": SecretStr(SECRET), **changes})
        code = await code_for(snowflake.browser, **AS_GRAFANA)
        # As if the store had not been asked for a key.
        snowflake.state.use(snowflake.state.settings.model_copy(update={"clients": (other, WIKI)}))
        form = {"grant_type": "authorization_code", "code": code, "client_id": "grafana"}
        form |= {"client_secret": SECRET, "redirect_uri": "https://app.example.com/callback"}
        answer = await snowflake.browser.post("/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        # Where the browser is to bring tokens, the person can load the page again.
        page = await came(snowflake.browser, response_type="id_token")
        assert page.status_code == 503
        assert "This can&#39;t be done right now" in page.text
        await snowflake.state.keys.follow()
        assert (await snowflake.browser.post("/token", data=form)).status_code == 200
