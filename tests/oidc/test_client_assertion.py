"""Clients that prove themselves by a JWT (RFC 7523; OpenID Connect Core 1.0, section 9)."""

import json
import warnings
from collections.abc import AsyncIterator
from secrets import token_urlsafe
from typing import Any

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.protocol.bounds import MAX_ASSERTION
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.state.client_keys import PAUSE
from snowflake.store.housekeeping import SLACK
from snowflake.upstream.jwks import PAUSE as PAUSE_FOR_MISSING
from tests.login import APPLICATION, Json, code_for, read_token
from tests.oidc.signed_in import WIKI, keeping_sessions
from tests.public_keys import EC, RSA, jwk, pem
from tests.running import NOW, ORIGIN, USER, Clock, Discord, Snowflake

ED25519 = OKPKey.generate_key("Ed25519")
SECRET = "a secret of a client, 32 bytes at least"
ANOTHER = ECKey.generate_key("P-256")
#: A public key as if it were a secret.
CONFUSED = OctKey.import_key(jwk(RSA))
CLIENT_ID = "ci"


def client(**keys: object) -> ClientTable:
    return ClientTable.model_validate(
        {
            "id": CLIENT_ID,
            "redirect_uris": [APPLICATION],
            "authentication": "private_key_jwt",
            **keys,
        }
    )


BY_KEY = client(jwks={"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})
BY_SECRET = client(authentication="client_secret_jwt", secret=SecretStr(SECRET))


def assertion(
    key: Key = EC, alg: str = "ES256", /, *, header: Json | None = None, **claims: Any
) -> str:
    """Sign what a client says of itself. None takes a claim away."""
    said = {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": f"{ORIGIN}/token",
        "exp": NOW + 60,
        "iat": NOW,
        "jti": token_urlsafe(8),
        **claims,
    }
    key.ensure_kid()
    protected = {"alg": alg, "kid": key.kid, **(header or {})}
    payload = {name: value for name, value in said.items() if value is not None}
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    names = {name: value for name, value in protected.items() if value is not None}
    with warnings.catch_warnings():
        # Of the old name of Ed25519, which is what libraries know.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(names, payload, key, registry=registry)


def signed(token: str | None, **more: str) -> dict[str, str]:
    if token is None:
        return more
    return {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE, **more}


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, BY_KEY, WIKI) as snowflake:
        yield snowflake


async def redeem(snowflake: Snowflake, token: str | None, **more: str) -> httpx.Response:
    """Sign in, and redeem the code with a JWT."""
    snowflake.browser.cookies.clear()
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    return await snowflake.browser.post("/token", data={**form, **signed(token, **more)})


@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")],
    ids=["RS256", "PS256", "ES256"],
)
async def test_a_login_by_each_key_of_the_configuration(
    snowflake: Snowflake, key: Key, alg: str
) -> None:
    answer = await redeem(snowflake, assertion(key, alg))
    assert answer.status_code == 200, answer.text
    assert read_token(snowflake, answer.json()["id_token"])["sub"] == USER["id"]


@pytest.mark.parametrize(
    ("keys", "key", "alg"),
    [
        ({"public_key": pem(RSA)}, RSA, "RS256"),
        ({"public_key": jwk(EC)}, EC, "ES256"),
        ({"public_key": pem(ED25519)}, ED25519, "EdDSA"),
        ({"jwks": json.dumps({"keys": [ED25519.as_dict(private=False)]})}, ED25519, "EdDSA"),
    ],
    ids=["pem", "jwk", "ed25519", "a set as text"],
)
async def test_a_key_may_be_written_in_each_way(  # noqa: PLR0917
    settings: Settings,
    clock: Clock,
    discord: Discord,
    keys: dict[str, object],
    key: Key,
    alg: str,
) -> None:
    async with keeping_sessions(settings, clock, discord, client(**keys)) as snowflake:
        # Where there is one key alone, it needs no name, nor the same one.
        for header in ({}, {"kid": None}, {"kid": "the application's own name"}):
            answer = await redeem(snowflake, assertion(key, alg, header=header))
            assert answer.status_code == 200, answer.text


async def test_a_secret_signs_as_well(settings: Settings, clock: Clock, discord: Discord) -> None:
    async with keeping_sessions(settings, clock, discord, BY_SECRET) as snowflake:
        answer = await redeem(snowflake, assertion(OctKey.import_key(SECRET), "HS256"))
        assert answer.status_code == 200, answer.text
        plain = await redeem(snowflake, None, client_id=CLIENT_ID, client_secret=SECRET)
        assert plain.json()["error"] == "invalid_client"
        for_another = assertion(OctKey.import_key("another secret of the same length.."), "HS256")
        assert (await redeem(snowflake, for_another)).status_code == 401


@pytest.mark.parametrize(
    "aud", [ORIGIN, f"{ORIGIN}/token", [ORIGIN], [ORIGIN, f"{ORIGIN}/token"]], ids=repr
)
async def test_it_is_for_our_issuer_or_token_endpoint(snowflake: Snowflake, aud: object) -> None:
    assert (await redeem(snowflake, assertion(aud=aud))).status_code == 200


async def test_the_issuer_of_a_client_counts_for_that_client(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = BY_KEY.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, own) as snowflake:
        answer = await redeem(snowflake, assertion(aud=f"{ORIGIN}/clients/{CLIENT_ID}"))
        assert answer.status_code == 200, answer.text


BAD: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 61},
    "from the future": {"iat": NOW + 3600, "nbf": NOW + 3600},
    "for longer than an hour": {"exp": NOW + 3661},
    "for ever": {"exp": None},
    "an expiry of words": {"exp": "soon"},
    "an expiry of a boolean": {"exp": True},
    "an endless expiry": {"exp": 1e300},
    "without a name": {"jti": None},
    "an odd name": {"jti": ["x"]},
    "an empty name": {"jti": ""},
    "a huge name": {"jti": "x" * 257},
    "for nobody": {"aud": None},
    "for no audience": {"aud": []},
    "for somebody else": {"aud": "https://id.example.com"},
    "for somebody else too": {"aud": [ORIGIN, "https://id.example.com"]},
    "for odd audiences": {"aud": [ORIGIN, 1]},
    "for our UserInfo": {"aud": f"{ORIGIN}/userinfo"},
    "of another issuer": {"iss": "wiki"},
    "of another subject": {"sub": "wiki"},
    "without issuer": {"iss": None},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD.keys())
async def test_what_is_not_good_is_refused_and_burns_no_code(
    snowflake: Snowflake, claims: dict[str, Any]
) -> None:
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    answer = await snowflake.browser.post("/token", data={**form, **signed(assertion(**claims))})
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    answer = await snowflake.browser.post("/token", data={**form, **signed(assertion())})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        assertion(ANOTHER),
        assertion(ANOTHER, header={"kid": EC.thumbprint()}),
        assertion(CONFUSED, "HS256", header={"kid": RSA.thumbprint()}),
        assertion(ANOTHER, header={"jku": "https://a.example", "x5u": "https://a.example"}),
        assertion(ANOTHER, header={"jwk": ANOTHER.as_dict(private=False)}),
        assertion().rsplit(".", 1)[0] + ".",
        "eyJhbGciOiJub25lIn0." + assertion().split(".")[1] + ".",
        "x",
        "a.b.c",
        "." * 10,
        "e" * (MAX_ASSERTION + 1),
        "[" * 5000,
    ],
    ids=range(12),
)
async def test_a_forged_one_is_refused(snowflake: Snowflake, token: str) -> None:
    answer = await redeem(snowflake, token, client_id=CLIENT_ID)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_client", "invalid_request"}


async def test_each_is_good_once(snowflake: Snowflake, clock: Clock) -> None:
    token = assertion(jti="the same")
    assert (await redeem(snowflake, token)).status_code == 200
    again = await redeem(snowflake, token)
    assert again.json()["error"] == "invalid_client"
    assert "used before" in again.json()["error_description"]
    # Another one by the same name too, until the first has expired.
    assert (await redeem(snowflake, assertion(jti="the same"))).status_code == 401
    clock.pass_by(3600 + SLACK)
    await snowflake.state.store.housekeeping.delete_expired()
    later = assertion(jti="the same", exp=clock() + 60, iat=clock())
    assert (await redeem(snowflake, later)).status_code == 200


@pytest.mark.parametrize("exp", [NOW + 60, NOW + 60.7])
async def test_it_is_remembered_for_as_long_as_it_would_be_taken(
    snowflake: Snowflake, clock: Clock, exp: float
) -> None:
    token = assertion(exp=exp)
    assert (await redeem(snowflake, token)).status_code == 200
    # Another process, whose clock is slow, may take it for so long.
    for _ in range(130):
        clock.pass_by(1)
        await snowflake.state.store.housekeeping.delete_expired()
        clock.pass_by(-60)
        form = {"grant_type": "x", **signed(token)}
        answer = await snowflake.browser.post("/token", data=form)
        assert answer.json()["error"] == "invalid_client", clock()
        clock.pass_by(60)


async def test_a_name_of_half_a_character_is_a_name(snowflake: Snowflake) -> None:
    claims = jws.extract_compact(assertion(jti="half").encode()).payload
    EC.ensure_kid()
    header = {"alg": "ES256", "kid": EC.kid}
    token = jws.serialize_compact(header, claims.replace(b"half", rb"\ud800"), EC)
    assert (await redeem(snowflake, token)).status_code == 200
    assert (await redeem(snowflake, token)).status_code == 401


async def test_it_counts_at_every_endpoint(snowflake: Snowflake) -> None:
    tokens = (await redeem(snowflake, assertion())).json()
    sent = {"token": tokens["access_token"]}
    told = await snowflake.browser.post("/introspect", data={**sent, **signed(assertion())})
    assert told.json()["active"] is True
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = await snowflake.browser.post("/token", data={**form, **signed(assertion())})
    assert fresh.status_code == 200, fresh.text
    gone = await snowflake.browser.post("/revoke", data={**sent, **signed(assertion())})
    assert gone.status_code == 200
    told = await snowflake.browser.post("/introspect", data={**sent, **signed(assertion())})
    assert told.json() == {"active": False}


async def test_nothing_else_proves_such_a_client(snowflake: Snowflake) -> None:
    for more in ({}, {"client_secret": "s"}):
        answer = await redeem(snowflake, None, client_id=CLIENT_ID, **more)
        assert answer.status_code == 401
        assert "private_key_jwt" in answer.json()["error_description"]
    two = await redeem(snowflake, assertion(), client_secret="s")
    assert two.json()["error"] == "invalid_request"
    wrong_type = await redeem(snowflake, assertion(), client_assertion_type="jwt")
    assert wrong_type.json()["error"] == "invalid_request"
    other_id = await redeem(snowflake, assertion(), client_id="wiki")
    assert other_id.json()["error"] == "invalid_client"


async def test_a_client_with_a_secret_cannot_use_one(snowflake: Snowflake) -> None:
    token = assertion(iss="wiki", sub="wiki")
    answer = await snowflake.browser.post("/token", data={"grant_type": "x", **signed(token)})
    assert answer.status_code == 401


async def test_it_needs_no_pkce_and_has_refresh_tokens(snowflake: Snowflake) -> None:
    tokens = (await redeem(snowflake, assertion())).json()
    assert tokens["refresh_token"]


async def test_discovery_lists_how_some_client_proves_itself(
    snowflake: Snowflake, settings: Settings, clock: Clock, discord: Discord
) -> None:
    where = "/.well-known/openid-configuration"
    document = (await snowflake.browser.get(where)).json()
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert "private_key_jwt" in document["introspection_endpoint_auth_methods_supported"]
    assert "ES256" in document["token_endpoint_auth_signing_alg_values_supported"]
    assert "HS256" not in document["token_endpoint_auth_signing_alg_values_supported"]
    async with keeping_sessions(settings, clock, discord, WIKI) as plain:
        document = (await plain.browser.get(where)).json()
    assert "private_key_jwt" not in document["token_endpoint_auth_methods_supported"]
    assert "token_endpoint_auth_signing_alg_values_supported" not in document


@pytest.mark.parametrize("host", ["evil.example", "snowflake.example.com.evil.example"])
async def test_one_for_another_server_is_none_here_by_that_servers_name(
    snowflake: Snowflake, host: str
) -> None:
    """Whoever is sent it brings its own name along; it is none of ours."""
    for_them = assertion(aud=f"https://{host}/token")
    form = {"grant_type": "authorization_code", "code": "x", **signed(for_them)}
    answer = await snowflake.browser.post("/token", data=form, headers={"Host": host})
    assert answer.status_code == 400
    assert "by this host name" in answer.json()["error_description"]
    named = await snowflake.browser.post("/token", data=form)
    assert named.status_code == 401


class Publisher:
    """Where an application publishes its keys."""

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [EC]
        self.asked, self.status = 0, 200

    async def answer(self, _: Request) -> Response:
        self.asked += 1
        keys = [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in self.keys]
        return JSONResponse({"keys": keys}, self.status)


async def test_keys_are_fetched_kept_and_fetched_anew_when_one_is_missing(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    publisher = Publisher()
    app = Starlette(routes=[Route("/jwks", publisher.answer)])
    with serving(app) as origin:
        published = client(jwks_uri=f"{origin}/jwks")
        async with keeping_sessions(settings, clock, discord, published) as snowflake:
            publisher.status = 503
            token = assertion()
            answer = await redeem(snowflake, token)
            assert answer.status_code == 503
            assert answer.json()["error"] == "temporarily_unavailable"
            assert publisher.asked == 1
            # Nobody is asked again at once.
            assert (await redeem(snowflake, token)).status_code == 503
            assert publisher.asked == 1
            # Nothing is burnt by that.
            publisher.status = 200
            clock.pass_by(PAUSE)
            assert (await redeem(snowflake, token)).status_code == 200
            assert (await redeem(snowflake, assertion())).status_code == 200
            asked = publisher.asked
            clock.pass_by(60 - PAUSE)
            publisher.keys = [ANOTHER]
            rotated = assertion(ANOTHER, exp=NOW + 120, iat=NOW + 60)
            assert (await redeem(snowflake, rotated)).status_code == 200
            assert publisher.asked == asked + 1
            # Whoever makes up names has nothing fetched each time: it may be new, or not.
            made_up = ""
            for waited in (False, False, True, True):
                if waited:
                    clock.pass_by(PAUSE_FOR_MISSING)
                made_up = assertion(RSA, "RS256", exp=clock() + 60, iat=clock())
                answer = await redeem(snowflake, made_up)
                assert answer.status_code == (401 if waited else 503)
                assert ("retry-after" in answer.headers) is not waited
            assert publisher.asked <= asked + 3
            # Nobody is kept waiting for it any more.
            assert (await redeem(snowflake, made_up)).status_code == 401
