"""Whether somebody who takes a scope out of the address is noticed."""

from collections.abc import AsyncIterator

import pytest

from snowflake.errors import UpstreamMisconfigured, UpstreamNarrowed
from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands
from tests.running import Clock
from tests.upstream.provider import CLIENT_ID, ISSUER, SECRET, USERINFO, Provider, redeem

SUPPORTED = ["openid", "profile", "offline_access"]


@pytest.fixture
async def demanding(provider: Provider, clock: Clock) -> AsyncIterator[Upstream]:
    """A client that takes nobody without groups."""
    demands = Demands(("openid", "profile", "offline_access"), required_claims=("groups",))
    async with Upstream.open(ISSUER, CLIENT_ID, SECRET, demands, clock) as upstream:
        yield upstream


@pytest.mark.parametrize("supported", [None, SUPPORTED])
@pytest.mark.parametrize(
    "given",
    [
        {"scope": "openid offline_access"},
        {"scope": "openid profile"},
        {"scope": ""},
        {"scope": "openid profile offline_access", "refresh_token": None},
    ],
)
async def test_whoever_allows_less_than_was_asked_for_is_not_taken(
    upstream: Upstream,
    provider: Provider,
    given: dict[str, str | None],
    supported: list[str] | None,
) -> None:
    provider.says(scopes_supported=supported)
    provider.gives(**given)
    for pushed in (False, True):
        with pytest.raises(UpstreamNarrowed):
            await redeem(upstream, pushed=pushed)


@pytest.mark.parametrize(
    "scope", ["openid profile offline_access", "offline_access more profile openid"]
)
async def test_all_that_was_asked_for_is_enough(
    upstream: Upstream, provider: Provider, scope: str
) -> None:
    provider.says(scopes_supported=[*SUPPORTED, "more"])
    provider.gives(scope=scope)
    assert await redeem(upstream)


async def test_what_a_provider_says_that_it_does_not_know_is_not_missed(
    upstream: Upstream, provider: Provider
) -> None:
    provider.says(scopes_supported=["openid", "profile"])
    provider.gives(scope="openid profile", refresh_token=None)
    assert (await redeem(upstream)).refresh_token is None


async def test_an_answer_without_scopes_grants_all_of_a_request_that_was_pushed(
    upstream: Upstream, provider: Provider
) -> None:
    provider.gives(scope=None)
    assert await redeem(upstream, pushed=True)
    provider.gives(scope=None, refresh_token=None)
    with pytest.raises(UpstreamNarrowed, match="offline_access"):
        await redeem(upstream, pushed=True)


async def test_of_one_that_went_through_the_browser_it_says_nothing(
    upstream: Upstream, provider: Provider
) -> None:
    provider.gives(scope=None)
    with pytest.raises(UpstreamMisconfigured, match="whether profile was granted"):
        await redeem(upstream)


async def test_where_nothing_can_be_taken_out_unseen_nothing_is_unknown(
    provider: Provider, clock: Clock
) -> None:
    provider.gives(scope=None)
    demands = Demands(("openid", "offline_access"))
    async with Upstream.open(ISSUER, CLIENT_ID, SECRET, demands, clock) as upstream:
        assert await redeem(upstream)
        provider.gives(scope=None, refresh_token=None)
        with pytest.raises(UpstreamNarrowed, match="offline_access"):
            await redeem(upstream)


async def test_required_claims_show_what_an_answer_without_scopes_does_not(
    demanding: Upstream, provider: Provider
) -> None:
    provider.gives(scope=None)
    assert await redeem(demanding)
    provider.gives(scope=None, refresh_token=None)
    with pytest.raises(UpstreamNarrowed, match="offline_access"):
        await redeem(demanding)


@pytest.mark.parametrize("groups", [None, "left out"])
async def test_without_a_required_claim_nobody_is_taken(
    demanding: Upstream, provider: Provider, groups: str | None
) -> None:
    said = {"sub": USERINFO["sub"], "groups": groups}
    provider.userinfo.respond(json={n: v for n, v in said.items() if v != "left out"})
    for pushed in (False, True):
        with pytest.raises(UpstreamNarrowed, match="says nothing of groups"):
            await redeem(demanding, pushed=pushed)


async def test_an_empty_claim_is_one_all_the_same(demanding: Upstream, provider: Provider) -> None:
    provider.userinfo.respond(json={**USERINFO, "groups": []})
    assert await redeem(demanding)
