"""Made-up codes where people come back from Discord to be linked."""

import pytest

from snowflake.state.quota import FAILED_CODES
from snowflake.store.attempts import WINDOW
from tests.linked_roles.world import again_on, at_upstream, from_discord, go, title_of
from tests.quotas import allow
from tests.running import TOKENS, Clock, Snowflake


async def test_made_up_codes_end_with_a_page_that_says_when_to_come_again(
    linking: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, caller=2)
    linking.discord.token.respond(400, json={"error": "invalid_grant"})
    browser = linking.browser
    pages = [await from_discord(browser, await go(browser), code=f"made up {n}") for n in range(3)]
    assert [page.status_code for page in pages] == [400, 400, 429]
    assert linking.discord.token.call_count == 2
    assert title_of(pages[2]) == "Please wait a few minutes"
    assert pages[2].headers["retry-after"] == str(WINDOW)
    assert again_on(pages[2]) == ["/linked-role"]
    page = await from_discord(browser, await go(browser, "/linked-role/unlink"))
    assert again_on(page) == ["/linked-role/unlink"]
    clock.pass_by(WINDOW)
    linking.discord.token.respond(json={**TOKENS, "scope": "identify role_connections.write"})
    at_upstream(await from_discord(browser, await go(browser)))


async def test_a_browser_in_which_discord_vouched_for_somebody_goes_on(
    linking: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=1)
    at_upstream(await from_discord(linking.browser, await go(linking.browser)))
    good = linking.discord.token.return_value
    async with linking.another_browser() as stranger:
        linking.discord.token.respond(400, json={"error": "invalid_grant"})
        pages = [await from_discord(stranger, await go(stranger)) for _ in range(2)]
        assert [page.status_code for page in pages] == [400, 429]
    linking.discord.token.mock(return_value=good)
    at_upstream(await from_discord(linking.browser, await go(linking.browser)))
