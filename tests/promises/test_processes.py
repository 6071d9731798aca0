"""Several real processes on one store."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from snowflake.sandbox.discord import grants, token
from tests.promises.party import INVALID_GRANT, OUT, Party, error_of, tokens_of
from tests.promises.processes import Processes, processes
from tests.promises.test_refreshes import refreshes_at
from tests.store.places import ENGINES, place_on

AT_ONCE = 50


@pytest.fixture(scope="module", params=ENGINES)
def four(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Start four processes together, on a new store of each engine."""
    directory = tmp_path_factory.mktemp("four")
    with processes(place_on(request.param, directory), directory, 4) as running:
        yield running


async def published(http: httpx.AsyncClient) -> object:
    return (await http.get("/.well-known/jwks.json")).json()


async def test_processes_that_start_at_once_on_a_new_store_agree_on_one_key(
    four: Processes,
) -> None:
    async with four.browsers() as browsers:
        first, *others = [await published(browser) for browser in browsers]
    assert isinstance(first, dict)
    assert len(first["keys"]) == 1
    assert all(other == first for other in others)


async def test_fifty_redemptions_of_one_code_have_one_winner(four: Processes) -> None:
    party = four.party("1300000000000000002")
    async with four.browsers() as browsers:
        code = await party.code(browsers[0])
        answers = await asyncio.gather(
            *(party.redeem(browsers[number % 4], code) for number in range(AT_ONCE))
        )
        winners = [answer for answer in answers if answer.status_code == 200]
        losers = [answer for answer in answers if answer.status_code != 200]
        assert (len(winners), len(losers)) == (1, AT_ONCE - 1)
        assert {error_of(answer) for answer in losers} <= {OUT, INVALID_GRANT}
        await ends_with_a_replay(party, browsers, code, tokens_of(winners[0]))


async def ends_with_a_replay(
    party: Party, browsers: list[httpx.AsyncClient], code: str, tokens: dict[str, str]
) -> None:
    assert error_of(await party.redeem(browsers[1], code)) == INVALID_GRANT
    for browser in browsers:
        assert (await party.userinfo(browser, tokens)).status_code == 401
        for kind in ("access_token", "refresh_token"):
            assert await party.introspect(browser, tokens[kind]) == {"active": False}
        refused = await party.refresh(browser, tokens["refresh_token"])
        assert error_of(refused) == INVALID_GRANT


async def test_a_grant_that_a_code_made_among_four_lives_until_the_replay(
    four: Processes,
) -> None:
    party = four.party("1300000000000000003")
    async with four.browsers() as browsers:
        code = await party.code(browsers[3])
        tokens = tokens_of(await party.redeem(browsers[2], code))
        for browser in browsers:
            assert (await party.userinfo(browser, tokens)).status_code == 200
        await ends_with_a_replay(party, browsers, code, tokens)


async def test_fifty_refreshes_of_one_token_get_one_successor(
    four: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, before = four.party("1300000000000000004"), len(refreshes_at(four.discord))
    async with four.browsers() as browsers:
        with monkeypatch.context() as patch:
            # Discord's first access token is near its end; the next one has a week.
            for module in (grants, token):
                patch.setattr(module, "TOKEN_LIFETIME", 1800)
            sent = (await party.sign_in(browsers[0]))["refresh_token"]
        answers = await asyncio.gather(
            *(party.refresh(browsers[number % 4], sent) for number in range(AT_ONCE))
        )
        [successor] = {tokens_of(answer)["refresh_token"] for answer in answers}
        assert len(refreshes_at(four.discord)) - before == 1
        tokens_of(await party.refresh(browsers[3], successor))


async def test_a_login_goes_from_process_to_process(four: Processes) -> None:
    party = four.party("1300000000000000005")
    async with four.browsers() as (one, two, three, last):
        tokens = tokens_of(await party.redeem(last, await party.code(one, other=two)))
        tokens = tokens_of(await party.refresh(three, tokens["refresh_token"]))
        assert (await party.userinfo(last, tokens)).json()["sub"]


def test_two_workers_share_an_sqlite_file(tmp_path: Path) -> None:
    place = place_on("sqlite", tmp_path)
    with processes(place, tmp_path, 1, "--workers", "2") as started:

        async def work() -> None:
            party = started.party()
            async with started.browsers() as (browser,):
                browser.headers["connection"] = "close"
                codes = [await party.code(browser) for _ in range(20)]
                answers = await asyncio.gather(*(party.redeem(browser, code) for code in codes))
                for answer in answers:
                    userinfo = await party.userinfo(browser, tokens_of(answer))
                    assert userinfo.status_code == 200

        asyncio.run(work())
