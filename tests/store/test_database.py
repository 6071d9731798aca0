import asyncio

import pytest

from tests.running import Clock
from tests.store.furniture import put_login
from tests.store.places import Place


async def test_who_reads_does_not_wait_for_who_writes(place: Place, clock: Clock) -> None:
    async with place.store(clock) as store, place.store(clock) as other:
        grant, _ = await put_login(store, "code")
        async with store.database.write(), asyncio.timeout(5):
            assert await other.grants.find(grant.id) == grant


async def test_many_writers_at_once_all_get_their_turn(place: Place, clock: Clock) -> None:
    async with place.store(clock) as one, place.store(clock) as other:
        stores = [one, other] * 20
        logins = await asyncio.gather(
            *(put_login(store, f"code {number}") for number, store in enumerate(stores))
        )
        for grant, _ in logins:
            assert await one.grants.find(grant.id) == grant


class Killed(Exception):
    """What happens in the middle of a transaction."""


async def test_a_login_that_fails_in_the_middle_has_not_happened(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise Killed

    async with place.store(clock) as store:
        monkeypatch.setattr("snowflake.store.refresh_tokens.add", dies)
        with pytest.raises(Killed):
            await put_login(store, "code")
        assert await place.rows("SELECT id FROM grants") == []
        assert await place.rows("SELECT hash FROM refresh_tokens") == []
        [[spent]] = await place.rows("SELECT spent FROM codes")
        assert not spent
