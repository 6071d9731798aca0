from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, RSAKey

from snowflake.errors import UpstreamDown, UpstreamUntrusted
from snowflake.upstream.client import Upstream
from snowflake.upstream.jwks import Keys
from tests.running import Clock
from tests.upstream.provider import CLAIMS, KEY, Provider, redeem, signed

OTHER = ECKey.generate_key("P-256", {"kid": "second"})
PUBLIC = KEY.as_dict(private=False)
WEAK: dict[str, str | list[str]] = {
    "kty": "RSA",
    "kid": "weak",
    "e": "AQAB",
    # 1024 bits; what they are does not matter.
    "n": "w" * 170 + "w",
}


async def found(clock: Clock, values: object, kid: str | None = "first") -> Key:
    async def fetch() -> dict[str, Any]:
        return {"keys": values}

    return await Keys(fetch, clock).find(kid, "ES256")


@pytest.mark.parametrize(
    "other",
    [
        7,
        {},
        {"kty": "new"},
        {"kty": "EC"},
        {"kty": ["EC"]},
        {**PUBLIC, "crv": "P-999"},
        {**PUBLIC, "kid": 7},
        {**PUBLIC, "kid": "second"},
        {**PUBLIC, "use": "enc"},
        {**PUBLIC, "use": 7},
        {**PUBLIC, "alg": "ES384"},
        {**PUBLIC, "x": "!"},
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "kid": "first"},
        {**WEAK, "kid": "first"},
        {**WEAK, "kid": "first", "n": "w" * 2800},
    ],
)
async def test_a_key_of_no_use_does_no_harm(clock: Clock, other: object) -> None:
    assert (await found(clock, [other, PUBLIC])).kid == "first"
    with pytest.raises(UpstreamUntrusted):
        await found(clock, [other])


@pytest.mark.parametrize("values", [None, {}, "first"])
async def test_what_is_no_set_of_keys_is_an_outage(clock: Clock, values: object) -> None:
    with pytest.raises(UpstreamDown):
        await found(clock, values)


async def test_without_keys_nothing_can_be_verified(clock: Clock) -> None:
    with pytest.raises(UpstreamUntrusted):
        await found(clock, [])


async def test_a_token_that_names_no_key_may_have_no_choice(clock: Clock) -> None:
    assert (await found(clock, [PUBLIC], kid=None)).kid == "first"
    with pytest.raises(UpstreamUntrusted):
        await found(clock, [PUBLIC, OTHER.as_dict(private=False)], kid=None)


async def test_keys_are_kept_for_an_hour(
    upstream: Upstream, provider: Provider, clock: Clock
) -> None:
    await redeem(upstream)
    clock.pass_by(200)
    await redeem(upstream)
    assert provider.jwks.call_count == 1
    clock.pass_by(3400)
    provider.gives(id_token=signed({**CLAIMS, "exp": clock() + 1}))
    await redeem(upstream)
    assert provider.jwks.call_count == 2


async def test_a_new_key_is_found_at_once(upstream: Upstream, provider: Provider) -> None:
    await redeem(upstream)
    provider.publishes(OTHER)
    provider.gives(id_token=signed(CLAIMS, OTHER))
    await redeem(upstream)
    assert provider.jwks.call_count == 2


async def test_a_key_that_is_never_published_is_not_looked_for_at_every_token(
    upstream: Upstream, provider: Provider, clock: Clock
) -> None:
    provider.gives(id_token=signed(CLAIMS, OTHER))
    for _ in range(3):
        with pytest.raises(UpstreamUntrusted):
            await redeem(upstream)
    assert provider.jwks.call_count == 2
    clock.pass_by(30)
    provider.publishes(OTHER)
    await redeem(upstream)
    assert provider.jwks.call_count == 3


async def test_keys_that_cannot_be_fetched_are_an_outage(
    upstream: Upstream, provider: Provider
) -> None:
    provider.jwks.respond(502)
    with pytest.raises(UpstreamDown):
        await redeem(upstream)
    provider.publishes(KEY)
    await redeem(upstream)


def test_the_weak_key_of_these_tests_is_one() -> None:
    with pytest.warns(SecurityWarning):
        assert RSAKey.import_key(WEAK).raw_value.key_size == 1024
