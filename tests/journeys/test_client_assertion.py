"""Whoever pretends to be a client that proves itself by a JWT, at each endpoint that takes one."""

import hmac
import json
import time
from collections.abc import Iterator
from secrets import token_urlsafe
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.journeys.registered import client
from tests.journeys.world import World, world
from tests.public_keys import EC, RSA, jwk

#: What each endpoint is asked, and says to whoever has proven who it is.
ENDPOINTS = {
    "/token": ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
    "/revoke": ({"token": "x"}, 200, None),
    "/introspect": ({"token": "x"}, 200, None),
    "/device_authorization": ({"scope": "openid"}, 200, None),
}
SECRET = "the secret of an application, in plain"
OTHER = ECKey.generate_key("P-256", {"kid": "the other's"})
#: Public keys of ``ci`` as if they were secrets.
CONFUSED = (jwk(RSA), RSA.as_pem(private=False).decode(), EC.as_pem(private=False).decode())


@pytest.fixture(scope="module")
def proving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with clients that have two keys, another key, and a secret."""
    grants = json.dumps(["authorization_code", "refresh_token", DEVICE_CODE])
    by_key = f'authentication = "private_key_jwt"\ngrant_types = {grants}'
    keys = json.dumps({"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})
    ci = client("ci", f"{by_key}\njwks = '''{keys}'''")
    other = client("other", f"{by_key}\npublic_key = '''{jwk(OTHER)}'''")
    secret = client("secret", 'authentication = "client_secret_jwt"', secret=SECRET)
    with world(tmp_path_factory.mktemp("proving"), file=ci + other + secret) as made:
        yield made


# JSON as somebody makes it up.
def said(issuer: str, client_id: str = "ci", **claims: Any) -> dict[str, Any]:
    good = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "exp": int(time.time()) + 60,
        "jti": token_urlsafe(8),
    }
    return {**good, **claims}


def with_value(issuer: str, name: str, text: str) -> str:
    """Write claims of which one has a value that Python would not write."""
    others = {key: value for key, value in said(issuer).items() if key != name}
    return f'{json.dumps(others)[:-1]}, "{name}": {text}}}'


def compact(header: object, payload: str | bytes, key: ECKey | str | None = EC) -> str:
    """Sign whatever it is, by ES256 or with a secret, whatever the header says of that."""
    content = payload.encode() if isinstance(payload, str) else payload
    signed = b".".join(urlsafe_b64encode(part) for part in (json.dumps(header).encode(), content))
    if isinstance(key, str):
        signature = hmac.digest(key.encode(), signed, "sha256")
    else:
        # Joserfc's types for keys are the algorithm's own.
        algorithm: Any = JWSRegistry.algorithms["ES256"]
        signature = algorithm.sign(signed, key) if key is not None else b""
    return f"{signed.decode()}.{urlsafe_b64encode(signature).decode()}"


def es256(**more: object) -> dict[str, object]:
    return {"alg": "ES256", "kid": EC.thumbprint(), **more}


def good(issuer: str, client_id: str = "ci", **claims: Any) -> str:
    return compact(es256(), json.dumps(said(issuer, client_id, **claims)))


NUMBERS = ("null", "true", "NaN", "-Infinity", "Infinity", "1e999", '"9999999999"', "[]", "{}")
#: A claim -> values in JSON by which none is proven.
ODD = {
    "exp": (*NUMBERS, "0", "-1", "9" * 5000, "1e300", "4102444800"),
    "nbf": (*NUMBERS, "4102444800"),
    "iat": (*NUMBERS, "4102444800"),
    "jti": ("null", "7", "[]", '{"a": 1}', '""', '"' + "x" * 257 + '"', '"' + "x" * 9000 + '"'),
    "aud": ("null", "7", "[]", "{}", '""', '[["x"]]', '{"x": 1}', '"https://id.example.com"'),
    "iss": ("null", "7", "[]", "{}", '""', '"other"', '"\\u0000"', '"\\ud800"'),
    "sub": ("null", "7", '["ci"]', "{}", '""', '"other"', '"ci "', '"\\ud800"'),
}
#: The same, for what a header says.
HEADERS: dict[str, tuple[object, ...]] = {
    "crit": (["exp"], ["b64"], ["unknown"], "x", 7, None, [[]]),
    "kid": (7, [], {}, None, "x" * 3000, "\0", "\ud800", "the other's"),
    "alg": (
        *(None, 7, [], {}, ["ES256"], "", "none", "None", "NONE"),
        *("ES384", "EdDSA", "RS256", "PS256", "HS256", "RS1", "x" * 999),
    ),
}


def forged(issuer: str) -> Iterator[str]:
    """Make what proves nothing."""
    claims = json.dumps(said(issuer))
    for name, values in ODD.items():
        yield from (compact(es256(), with_value(issuer, name, value)) for value in values)
    yield good(issuer, aud=[issuer, "https://id.example.com"])
    yield good(issuer, aud=[issuer, None])
    yield good(issuer, exp=time.time() - 61)
    for name, parameters in HEADERS.items():
        yield from (compact(es256(**{name: value}), claims) for value in parameters)
    yield compact(es256(crit=["b64"], b64=False), claims)
    yield from (compact(es256(alg=alg), claims, None) for alg in ("none", "ES256", "HS256"))
    for key in CONFUSED:
        yield compact(es256(alg="HS256", kid=RSA.thumbprint()), claims, key)
    # By the keys of others, though their names are right, and wherever they say their own is.
    yield compact(es256(kid=OTHER.kid), claims, OTHER)
    yield compact(es256(), claims, OTHER)
    yield compact(es256(jwk=OTHER.as_dict(private=False)), claims, OTHER)
    yield compact(es256(jku=f"{issuer}/jwks", x5u=f"{issuer}/x"), claims, OTHER)
    yield compact({"alg": "HS256"}, claims, SECRET)
    # The log names clients of Discord, which are numbers, but none as long as that.
    yield good(issuer, "1" * 4000)
    # Of duplicated names the last counts, whoever reads it.
    yield compact(es256(), '{"iss": "ci", "sub": "ci",' + json.dumps(said(issuer, "other"))[1:])
    yield compact(es256(), claims[:-1] + ', "iss": "other", "sub": "other"}')
    yield compact(es256(), claims[:-1] + ', "exp": 1}')
    yield from (
        compact(es256(), text) for text in ("", "7", "[]", "[" * 3000, b"\xff", b"\xff\xfe")
    )
    yield compact(es256(), claims[:-1] + ', "x": ' + "[" * 2000 + "]" * 2000 + "}")
    yield from (
        "x",
        "...",
        "a.b.c.d.e",
        "é.é.é",
        good(issuer) + "=",
        good(issuer)[:-2],
        "e" * 16_384,
    )
    yield json.dumps({"payload": "", "signatures": []})


async def ask(http: httpx.AsyncClient, path: str, token: str | None, **more: str) -> httpx.Response:
    form, _, _ = ENDPOINTS[path]
    signed = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE} if token else {}
    return await http.post(path, data={**form, **signed, **more})


def is_proven(path: str, answer: httpx.Response) -> bool:
    _, status, error = ENDPOINTS[path]
    said = answer.json() if answer.content else {}
    return answer.status_code == status and said.get("error") == error


@pytest.fixture
async def http(proving: World) -> Any:
    async with httpx.AsyncClient(base_url=proving.snowflake.origin, trust_env=False) as http:
        yield http


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_what_is_forged_proves_nothing(
    path: str, proving: World, http: httpx.AsyncClient
) -> None:
    issuer = proving.snowflake.origin
    for token in forged(issuer):
        for more in ({}, {"client_id": "ci"}):
            answer = await ask(http, path, token, **more)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), token
            # None of it comes back.
            assert len(answer.content) < 500
    assert is_proven(path, await ask(http, path, good(issuer)))
    assert "1" * 300 not in proving.snowflake.log


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_what_is_too_long_or_sent_beside_something_else_is_no_request(
    path: str, proving: World, http: httpx.AsyncClient
) -> None:
    issuer = proving.snowflake.origin
    token = good(issuer)
    assert (await ask(http, path, "e" * 16_385)).json()["error"] == "invalid_request"
    assert (await ask(http, path, good(issuer, jti="x" * 10_000_000))).status_code == 413
    for more in ({"client_secret": SECRET}, {"client_assertion_type": "jwt"}):
        answer = await ask(http, path, token, **more)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    beside = await http.post(
        path,
        data={"client_assertion": token, "client_assertion_type": ASSERTION_TYPE},
        auth=("ci", "x"),
    )
    assert beside.json()["error"] == "invalid_request"
    for more in ({"client_id": "other"}, {"client_id": "secret"}, {"client_id": "nobody"}):
        assert (await ask(http, path, token, **more)).status_code == 401
    # Nothing of that has used it up.
    assert is_proven(path, await ask(http, path, token, client_id="ci"))


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_what_was_used_at_one_endpoint_is_used_at_all(
    path: str, proving: World, http: httpx.AsyncClient
) -> None:
    token = good(proving.snowflake.origin, exp=time.time() + 60.7)
    assert is_proven(path, await ask(http, path, token))
    for another in ENDPOINTS:
        assert (await ask(http, another, token)).status_code == 401


@pytest.mark.parametrize(
    "header",
    [{"typ": "JWT"}, {"typ": None, "kid": EC.thumbprint()}, {"b64": True}, {"x": {}}],
    # A key is another one in each process of a run.
    ids=["typ", "kid alone", "b64", "unknown"],
)
async def test_what_a_header_says_beyond_that_is_ignored(
    header: dict[str, object], proving: World, http: httpx.AsyncClient
) -> None:
    named = {name: value for name, value in es256(**header).items() if value is not None}
    token = compact(named, json.dumps(said(proving.snowflake.origin)))
    assert is_proven("/introspect", await ask(http, "/introspect", token))


async def test_a_name_may_be_anything_that_json_has(
    proving: World, http: httpx.AsyncClient
) -> None:
    for name in ('"\\u0000"', '"\\ud800"', '" "', '"😀"'):
        token = compact(es256(), with_value(proving.snowflake.origin, "jti", name))
        assert is_proven("/introspect", await ask(http, "/introspect", token)), name
        assert (await ask(http, "/introspect", token)).status_code == 401, name
