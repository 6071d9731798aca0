"""Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4)."""

import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey
from joserfc.jws import extract_compact
from joserfc.util import urlsafe_b64decode
from pydantic import SecretStr

from snowflake.errors import InvalidToken
from snowflake.oidc.tokens.id_token import read_hint
from snowflake.oidc.tokens.reading import read_access_token
from snowflake.settings import Settings
from tests.oidc.backchannel_logout.telling import (
    PERSON,
    TOLD_GRAFANA,
    TOLD_WIKI,
    Teller,
    Told,
    read,
    telling,
)
from tests.oidc.tokens.test_encryption import opened
from tests.public_keys import EC, jwk
from tests.running import NOW, ORIGIN, Clock

EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def test_a_logout_token_says_who_has_signed_out_of_which_session(
    teller: Teller, clients: Told
) -> None:
    await teller.put("wiki", "s1")
    await teller.deliveries.round()
    [token] = clients.heard
    header, claims = read(teller.state, token)
    assert header == {"alg": "RS256", "kid": teller.state.keys.current.kid, "typ": "logout+jwt"}
    assert claims.pop("jti")
    assert claims == {
        "iss": ORIGIN,
        "aud": "wiki",
        "iat": NOW,
        "exp": NOW + 120,
        "sub": PERSON,
        "sid": "s1",
        "events": {EVENT: {}},
    }


async def test_each_try_has_a_fresh_one(teller: Teller, clients: Told, clock: Clock) -> None:
    clients.wiki.side_effect = clients.answering(500)
    await teller.put("wiki")
    await teller.deliveries.round()
    clock.pass_by(5)
    await teller.deliveries.round()
    first, second = (read(teller.state, token)[1] for token in clients.heard)
    assert first["jti"] != second["jti"]
    assert (first["iat"], second["iat"], second["exp"]) == (NOW, NOW + 5, NOW + 125)


async def test_a_client_that_wants_no_sid_hears_whose_session_has_ended(
    settings: Settings, clock: Clock, clients: Told
) -> None:
    plain = TOLD_WIKI.model_copy(update={"backchannel_logout_session_required": False})
    async with telling(settings, clock, plain) as teller:
        await teller.put("wiki")
        await teller.deliveries.round()
        _, claims = read(teller.state, clients.heard[0])
        assert "sid" not in claims
        assert claims["sub"] == PERSON


async def test_the_issuer_is_the_one_at_which_the_person_signed_in(
    settings: Settings, clock: Clock, clients: Told
) -> None:
    renamed = settings.model_copy(update={"issuer": "https://another.example.com"})
    async with telling(renamed, clock) as teller:
        await teller.put("wiki")
        await teller.deliveries.round()
        assert read(teller.state, clients.heard[0])[1]["iss"] == ORIGIN


async def test_a_client_with_an_issuer_to_itself_hears_of_that(
    settings: Settings, clock: Clock, clients: Told
) -> None:
    own = TOLD_WIKI.model_copy(update={"issuer_mode": "per_client"})
    async with telling(settings, clock, own) as teller:
        await teller.put("wiki")
        await teller.deliveries.round()
        told = read(teller.state, clients.heard[0])[1]
        assert (told["iss"], told["aud"]) == (f"{ORIGIN}/clients/wiki", "wiki")


async def test_it_passes_for_no_other_token(teller: Teller, clients: Told) -> None:
    await teller.put("wiki")
    await teller.deliveries.round()
    [token] = clients.heard
    with pytest.raises(InvalidToken):
        await read_access_token(token, teller.state)
    with pytest.raises(ValueError, match="another kind"):
        await read_hint(token, teller.state)


@pytest.mark.parametrize("algorithm", ["PS256", "ES384", "ES512", "EdDSA", "HS256"])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_a_logout_token_is_signed_as_the_id_tokens_of_the_client(
    algorithm: str, settings: Settings, clock: Clock, clients: Told
) -> None:
    secret = "the wiki's secret of more than 32 bytes"
    wiki = TOLD_WIKI.model_copy(update={"signing_alg": algorithm, "secret": SecretStr(secret)})
    async with telling(settings, clock, TOLD_GRAFANA, wiki) as teller:
        await teller.put("wiki", "s1")
        await teller.put("grafana", "s2")
        await teller.deliveries.round()
        keys = KeySet.import_key_set(teller.state.keys.published())
    tokens = {
        jwt.decode(token, key_of(token, keys, secret), [algorithm, "RS256"])
        for token in clients.heard
    }
    header = {token.claims["aud"]: token.header["alg"] for token in tokens}
    assert header == {"wiki": algorithm, "grafana": "RS256"}


def key_of(token: str, keys: KeySet, secret: str) -> KeySet | OctKey:
    by_secret = "kid" not in extract_compact(token.encode()).headers()
    return OctKey.import_key(secret) if by_secret else keys


async def test_a_logout_token_is_encrypted_as_well_and_tells_who_issued_it(
    settings: Settings, clock: Clock, clients: Told
) -> None:
    encrypted = TOLD_WIKI.model_copy(update={"encryption_key": jwk(EC)})
    async with telling(settings, clock, encrypted) as teller:
        await teller.put("wiki", "s1")
        await teller.deliveries.round()
    [token] = clients.heard
    header, signed = opened(token, EC)
    assert header["iss"] == ORIGIN
    assert extract_compact(signed.encode()).headers()["typ"] == "logout+jwt"
    assert json.loads(urlsafe_b64decode(signed.split(".")[1].encode()))["aud"] == "wiki"
