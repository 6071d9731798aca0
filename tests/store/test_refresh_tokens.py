"""A refresh token is put aside for a successor once, or kept as it is any number of times."""

import asyncio
from dataclasses import replace

from snowflake.store import Store
from snowflake.store.access_tokens import NewToken, OpaqueToken, adding
from tests.running import NOW
from tests.store.furniture import put_login


async def test_one_that_is_kept_stays_as_it_was_and_its_grant_has_new_claims(store: Store) -> None:
    made, token = await put_login(store, "code")
    living = await store.refresh_tokens.living(token)
    assert living is not None
    found, grant = living
    told = replace(grant, claims={"sub": "new"}, claims_at=NOW + 5, expires_at=NOW + 9000)
    for _ in range(3):
        assert await store.refresh_tokens.keep(found, told)
    after = await store.refresh_tokens.living(token)
    assert after is not None
    assert after[0] == found
    # Its life goes on as it was told.
    assert after[1] == replace(told, expires_at=made.expires_at)


async def test_one_that_has_a_successor_is_not_kept(store: Store) -> None:
    _, token = await put_login(store, "code")
    living = await store.refresh_tokens.living(token)
    assert living is not None
    found, grant = living
    longer = replace(grant, expires_at=NOW + 9000)
    assert await store.refresh_tokens.rotate(found, longer)
    stale = replace(grant, claims={"sub": "stale"})
    new = NewToken.of(OpaqueToken(grant.id, ("openid",), None, NOW, NOW + 60))
    assert not await store.refresh_tokens.keep(found, stale, adding(new))
    # Nothing of it was written.
    assert await store.grants.find(grant.id) == longer
    assert await store.access_tokens.find(new.token) is None


async def test_one_whose_grant_has_ended_is_not_kept(store: Store) -> None:
    _, token = await put_login(store, "code")
    living = await store.refresh_tokens.living(token)
    assert living is not None
    await store.grants.end(living[1].id)
    assert not await store.refresh_tokens.keep(*living)


async def test_whoever_keeps_it_and_whoever_renews_it_at_once_leave_the_longer_life(
    store: Store,
) -> None:
    for number in range(5):
        _, token = await put_login(store, f"code {number}")
        living = await store.refresh_tokens.living(token)
        assert living is not None
        found, grant = living
        longer = replace(grant, expires_at=NOW + 9000)
        renewing = asyncio.create_task(store.refresh_tokens.rotate(found, longer))
        await asyncio.gather(renewing, *(store.refresh_tokens.keep(found, grant) for _ in range(4)))
        successor = renewing.result()
        assert successor is not None
        after = await store.refresh_tokens.living(successor)
        assert after is not None
        assert after[0].expires_at == after[1].expires_at == NOW + 9000
