import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
        {**PUBLIC, "use": ["sig"]},
        {**PUBLIC, "alg": ["ES256"]},
        {**PUBLIC, "key_ops": ["sign"]},
        KEY.as_dict(private=True),
        ECKey.generate_key("P-384", {"kid": "first"}).as_dict(private=False),
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


async def test_a_key_of_another_curve_is_no_choice(clock: Clock) -> None:
    longer = ECKey.generate_key("P-384").as_dict(private=False)
    assert (await found(clock, [longer, PUBLIC], kid=None)).kid == "first"


class Published:
    """A key set that is fetched when the test lets it."""

    def __init__(self) -> None:
        self.keys: list[Any] = [PUBLIC]
        self.fetched, self.fails = 0, False
        self.may_come = asyncio.Event()
        self.may_come.set()

    async def fetch(self) -> dict[str, Any]:
        self.fetched += 1
        await self.may_come.wait()
        if self.fails:
            raise UpstreamDown("jwks", "answered 503")
        return {"keys": self.keys}


async def test_all_who_come_while_a_new_key_is_fetched_are_given_it(clock: Clock) -> None:
    published = Published()
    keys = Keys(published.fetch, clock)
    await keys.find("first", "ES256")
    published.keys = [OTHER.as_dict(private=False)]
    published.may_come.clear()
    waiting = [asyncio.create_task(keys.find("second", "ES256")) for _ in range(3)]
    await asyncio.sleep(0)
    published.may_come.set()
    assert {(await task).kid for task in waiting} == {"second"}
    assert published.fetched == 2


async def test_where_a_new_key_cannot_be_fetched_the_old_ones_serve_on(clock: Clock) -> None:
    published = Published()
    keys = Keys(published.fetch, clock)
    await keys.find("first", "ES256")
    published.fails = True
    for _ in range(2):
        with pytest.raises(UpstreamDown):
            await keys.find("second", "ES256")
    assert (await keys.find("first", "ES256")).kid == "first"
    published.keys, published.fails = [OTHER.as_dict(private=False)], False
    assert (await keys.find("second", "ES256")).kid == "second"


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
#: A key that is one but for a member or two, which are anything.
NEARLY = st.dictionaries(
    st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops", "d", "k"]),
    JSON | st.sampled_from(["RSA", "EC", "OKP", "oct", "P-256", "Ed448", "AQAB", "first", "sig"]),
    max_size=3,
).map(lambda changes: {**PUBLIC, "kid": "odd", **changes})


@given(st.lists(JSON | NEARLY, max_size=6), st.text(max_size=5) | st.none())
async def test_whatever_is_published_a_good_key_is_found_or_none(
    values: list[object], kid: str | None
) -> None:
    good = {**PUBLIC, "kid": "the good one"}
    assert (await found(Clock(), [*values, good], "the good one")).thumbprint() == KEY.thumbprint()
    try:
        key = await found(Clock(), values, kid)
    except UpstreamUntrusted:
        return
    assert (key.key_type, key.kid) == ("EC", kid if kid is not None else key.kid)
