"""While Discord is down, people are told so at once, and nothing of theirs is spent."""

import httpx
import pytest

from snowflake.discord.circuit_breaker import FAILURES, Outcome
from snowflake.errors import DiscordDown
from tests.login import AUTHORIZATION_REQUEST, code_for, come_back, depart, redeem
from tests.running import TOKENS, Snowflake


def go_down(snowflake: Snowflake) -> None:
    for _ in range(FAILURES):
        snowflake.state.discord._sender.breaker.note(Outcome.FAILED)
    with pytest.raises(DiscordDown):
        snowflake.state.discord.check_is_up()


def come_up(snowflake: Snowflake) -> None:
    snowflake.state.discord._sender.breaker._close()


async def authorize(snowflake: Snowflake) -> httpx.Response:
    return await snowflake.browser.get("/authorize", params=AUTHORIZATION_REQUEST)


async def test_nobody_is_sent_to_a_discord_that_is_down(snowflake: Snowflake) -> None:
    go_down(snowflake)
    snowflake.clock.pass_by(125)
    response = await authorize(snowflake)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    assert "Discord is not answering" in response.text
    assert "since 08:00 UTC, 2 minutes ago" in response.text
    come_up(snowflake)
    assert (await authorize(snowflake)).status_code == 302


async def test_a_mistake_of_the_application_is_still_told(snowflake: Snowflake) -> None:
    go_down(snowflake)
    response = await snowflake.browser.get("/authorize")
    assert response.status_code == 400


async def test_who_comes_back_meanwhile_finishes_the_login_by_loading_the_page_again(
    snowflake: Snowflake,
) -> None:
    departure = await depart(snowflake.browser)
    go_down(snowflake)
    response = await come_back(snowflake.browser, departure)
    assert response.status_code == 503
    assert '<a class="button" href="">Try again</a>' in response.text
    come_up(snowflake)
    assert (await come_back(snowflake.browser, departure)).status_code == 302


async def test_who_refused_is_sent_on_all_the_same(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    go_down(snowflake)
    refused = await come_back(snowflake.browser, departure, code=None, error="access_denied")
    assert refused.status_code == 302


async def test_an_application_is_told_at_once_when_to_come_back(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    go_down(snowflake)
    asked = snowflake.discord.token.call_count
    response = await redeem(snowflake.browser, code)
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert 1 <= int(response.headers["retry-after"]) <= 5
    assert snowflake.discord.token.call_count == asked


async def test_made_up_codes_that_discord_stumbles_over_keep_nobody_else_out(
    snowflake: Snowflake,
) -> None:
    snowflake.discord.token.mock(return_value=httpx.Response(502))
    code = await code_for(snowflake.browser)
    for _ in range(FAILURES * 2):
        assert (await redeem(snowflake.browser, code)).status_code == 503
    assert (await authorize(snowflake)).status_code == 302
    snowflake.discord.token.respond(json=dict(TOKENS))
    assert (await redeem(snowflake.browser, code)).status_code == 200
