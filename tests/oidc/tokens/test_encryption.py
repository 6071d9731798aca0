"""ID tokens and logout tokens that only the client can read (RFC 7516), signed below."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from snowflake.crypto.algorithms import RS256
from snowflake.oidc.tokens.hashes import half_hash
from snowflake.settings import Settings
from tests.login import Json, ask, code_for, query_of, read_token
from tests.oidc.response_types.answers import answered, came
from tests.oidc.signed_in import (
    AS_GRAFANA,
    GRAFANA,
    WIKI,
    is_alive,
    keeping_sessions,
    refresh,
    tokens_for,
)
from tests.public_keys import EC, RSA, certificate, jwk, pem
from tests.running import USER, Clock, Discord, Snowflake

ALGORITHMS = ["RSA-OAEP-256", "ECDH-ES+A256KW", "A256CBC-HS512", "A128CBC-HS256", "A256GCM"]


def opened(token: str, key: RSAKey | ECKey) -> tuple[Json, str]:
    """Decrypt a token: its header, and the signed token in it."""
    registry = jwe.JWERegistry(algorithms=ALGORITHMS, strict_check_header=False)
    registry.max_ciphertext_length = 10**7
    decrypted = jwe.decrypt_compact(token, key, registry=registry)
    assert decrypted.plaintext is not None
    return decrypted.headers(), decrypted.plaintext.decode()


async def login(snowflake: Snowflake) -> Json:
    code = await code_for(snowflake.browser, **AS_GRAFANA)
    return await tokens_for(snowflake.browser, AS_GRAFANA, code)


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    encrypted = GRAFANA.model_copy(update={"encryption_key": jwk(RSA, kid="grafana's own")})
    async with keeping_sessions(settings, clock, discord, encrypted, WIKI) as snowflake:
        yield snowflake


class Case(NamedTuple):
    """A key of a client, how it is written, and the algorithm that it is used by."""

    key: RSAKey | ECKey
    text: str
    alg: str


CASES = {
    "rsa pem": Case(RSA, pem(RSA), "RSA-OAEP-256"),
    "certificate": Case(RSA, certificate(), "RSA-OAEP-256"),
    "rsa jwk": Case(RSA, jwk(RSA), "RSA-OAEP-256"),
    "ec pem": Case(EC, pem(EC), "ECDH-ES+A256KW"),
    "ec jwk": Case(EC, jwk(EC), "ECDH-ES+A256KW"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM"])
async def test_the_signed_token_is_in_the_encrypted_one(
    settings: Settings, clock: Clock, discord: Discord, case: Case, enc: str
) -> None:
    encrypted = GRAFANA.model_copy(update={"encryption_key": case.text, "encryption_enc": enc})
    async with keeping_sessions(settings, clock, discord, encrypted, WIKI) as snowflake:
        tokens = await login(snowflake)
        header, signed = opened(tokens["id_token"], case.key)
        header.pop("epk", None)
        assert header == {"alg": case.alg, "enc": enc, "kid": case.key.thumbprint(), "cty": "JWT"}
        claims = read_token(snowflake, signed)
    assert claims["sub"] == USER["id"]
    assert claims["aud"] == "grafana"
    assert claims["at_hash"] == half_hash(tokens["access_token"], RS256)


async def test_no_claim_travels_in_the_clear(snowflake: Snowflake) -> None:
    tokens = await login(snowflake)
    assert tokens["id_token"].count(".") == 4
    assert "." not in tokens["access_token"]
    for part in (*tokens["id_token"].split("."), tokens["access_token"]):
        assert b"nelly" not in urlsafe_b64decode(part.encode())
    assert await is_alive(snowflake.browser, tokens)


async def test_the_key_is_named_as_the_client_names_it(snowflake: Snowflake) -> None:
    header, _ = opened((await login(snowflake))["id_token"], RSA)
    assert header["kid"] == "grafana's own"


async def test_a_refresh_encrypts_too(snowflake: Snowflake) -> None:
    tokens = await refresh(snowflake.browser, AS_GRAFANA, await login(snowflake))
    _, signed = opened(tokens["id_token"], RSA)
    assert read_token(snowflake, signed)["sub"] == USER["id"]


async def test_the_signed_token_is_a_hint_and_the_encrypted_one_is_not(
    snowflake: Snowflake,
) -> None:
    # OpenID Connect Core 1.0, section 3.1.2.1: the client decrypts it first.
    tokens = await login(snowflake)
    _, signed = opened(tokens["id_token"], RSA)
    silent = {**AS_GRAFANA, "prompt": "none"}
    answer = await ask(snowflake.browser, **silent, id_token_hint=signed)
    assert "code" in query_of(answer.headers["location"])
    answer = await ask(snowflake.browser, **silent, id_token_hint=tokens["id_token"])
    assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_discovery_lists_what_some_client_uses(
    snowflake: Snowflake, settings: Settings, clock: Clock, discord: Discord
) -> None:
    where = "/.well-known/openid-configuration"
    document = (await snowflake.browser.get(where)).json()
    assert document["id_token_encryption_alg_values_supported"] == ["RSA-OAEP-256"]
    assert document["id_token_encryption_enc_values_supported"] == ["A256CBC-HS512"]
    assert "userinfo_encryption_alg_values_supported" not in document
    signed = GRAFANA.model_copy(update={"encryption_key": pem(EC), "signed_userinfo": True})
    async with keeping_sessions(settings, clock, discord, signed) as other:
        document = (await other.browser.get(where)).json()
    assert document["userinfo_encryption_alg_values_supported"] == ["ECDH-ES+A256KW"]
    assert document["userinfo_encryption_enc_values_supported"] == ["A256CBC-HS512"]


async def test_signed_userinfo_is_encrypted_as_well(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    signed = GRAFANA.model_copy(update={"encryption_key": pem(EC), "signed_userinfo": True})
    async with keeping_sessions(settings, clock, discord, signed) as snowflake:
        tokens = await login(snowflake)
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = await snowflake.browser.get("/userinfo", headers=headers)
        assert answer.headers["content-type"] == "application/jwt"
        _, inner = opened(answer.text, EC)
        claims = read_token(snowflake, inner)
    assert claims["email"] == USER["email"]
    assert claims["aud"] == "grafana"


async def test_at_the_front_everything_is_encrypted_or_random(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    asks = {"encryption_key": pem(EC), "response_types": ("code id_token token",)}
    encrypted = GRAFANA.model_copy(update=asks)
    async with keeping_sessions(settings, clock, discord, encrypted) as snowflake:
        _, _, sent = answered(await came(snowflake.browser, response_type="code id_token token"))
        _, inner = opened(sent["id_token"], EC)
        claims = read_token(snowflake, inner)
        assert claims["at_hash"] == half_hash(sent["access_token"], RS256)
        assert claims["c_hash"] == half_hash(sent["code"], RS256)
        assert "." not in sent["access_token"]
        assert await is_alive(snowflake.browser, {"access_token": sent["access_token"]})
