import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from snowflake.state.quota import GUESSES
from tests.login import CLIENT_ID, CLIENT_SECRET, sign_in
from tests.running import Snowflake, running

CLIENT_SHARE = GUESSES.most["client"]


@asynccontextmanager
async def process_that_knows_nobody(snowflake: Snowflake) -> AsyncIterator[Snowflake]:
    """Run another process, after an update from a release that remembered no good standing."""
    async with running(snowflake.settings, snowflake.clock, snowflake.discord) as another:
        [pair] = snowflake.state.reputation._good
        await snowflake.state.store.reputations.forget(pair)
        yield another


async def introspect(snowflake: Snowflake, token: str, secret: str) -> httpx.Response:
    form = {"client_id": CLIENT_ID, "client_secret": secret, "token": token}
    return await snowflake.browser.post("/introspect", data=form)


async def test_wrong_secrets_for_a_living_token_do_not_cost_a_slow_hash_each(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []

    def never_matches(*compared: object) -> bool:
        computed.append(compared)
        return False

    monkeypatch.setattr("snowflake.crypto.secret_hashes._match", never_matches)
    token = (await sign_in(snowflake.browser))["access_token"]
    answers = [await introspect(snowflake, token, f"wrong {n}") for n in range(CLIENT_SHARE + 5)]
    assert [answer.status_code for answer in answers] == [401] * CLIENT_SHARE + [429] * 5
    assert len(computed) == CLIENT_SHARE
    # The client itself goes on.
    assert (await introspect(snowflake, token, CLIENT_SECRET)).json()["active"] is True


async def test_a_secret_that_only_its_grant_knows_is_no_guess(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["access_token"]
    async with process_that_knows_nobody(snowflake) as another:
        # Those that come at once wait for the one that is checked.
        answers = await asyncio.gather(
            *(introspect(another, token, CLIENT_SECRET) for _ in range(2 * CLIENT_SHARE))
        )
        assert {answer.json()["active"] for answer in answers} == {True}
        # The grant vouched for the client.
        [pair] = another.state.reputation._good
        assert await another.state.store.reputations.seen_at(pair) is not None


async def test_a_stale_secret_that_comes_again_and_again_keeps_the_right_one_from_nothing(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["access_token"]
    async with process_that_knows_nobody(snowflake) as another:
        for _ in range(CLIENT_SHARE + 1):
            assert (await introspect(another, token, "stale")).status_code == 401
        assert (await introspect(another, token, CLIENT_SECRET)).json()["active"] is True


async def test_wrong_secrets_that_come_at_once_end_at_the_same_bound(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.crypto.secret_hashes._match", lambda *_: False)
    token = (await sign_in(snowflake.browser))["access_token"]
    answers = await asyncio.gather(
        *(introspect(snowflake, token, f"wrong {n}") for n in range(2 * CLIENT_SHARE))
    )
    assert [answer.status_code for answer in answers].count(401) == CLIENT_SHARE
