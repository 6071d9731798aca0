"""Made-up codes: Discord hears of so many and no more, and who has been here before goes on."""

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.state.quota import FAILED_CODES
from snowflake.store.attempts import WINDOW
from tests.login import (
    Departure,
    ask,
    code_for,
    come_back,
    depart,
    login,
    query_of,
    redeem,
    sign_in,
)
from tests.oidc.test_registered_clients import CLIENT_ID, CONFIDENTIAL, registering
from tests.quotas import allow
from tests.running import ORIGIN, TOKENS, Clock, Discord, Snowflake, running

STRANGER = "198.51.100.7"


def browser_at(snowflake: Snowflake, caller: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(snowflake.app, client=(caller, 1))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


def discord_knows_no_code(discord: Discord, error: str = "invalid_grant") -> None:
    discord.token.respond(400, json={"error": error})


def discord_knows_all_codes(discord: Discord) -> None:
    discord.token.respond(json=dict(TOKENS))


async def made_up(browser: httpx.AsyncClient, departure: Departure, number: int) -> list[int]:
    """Come back with so many codes that Discord has not made; answer the statuses."""
    return [
        (await come_back(browser, departure, code=f"made up {n}")).status_code
        for n in range(number)
    ]


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
async def test_a_login_has_five_codes(registered: Snowflake, discord: Discord, error: str) -> None:
    discord_knows_no_code(discord, error)
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    assert await made_up(registered.browser, departure, 7) == [400] * 5 + [429] * 2
    assert discord.token.call_count == 5
    # Another login goes on.
    discord_knows_all_codes(discord)
    await code_for(registered.browser, client_id=CLIENT_ID)


async def test_the_page_says_how_long_to_wait(
    registered: Snowflake, discord: Discord, clock: Clock
) -> None:
    discord_knows_no_code(discord)
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    await made_up(registered.browser, departure, 5)
    page = await come_back(registered.browser, departure, code="another")
    assert page.status_code == 429
    assert page.headers["retry-after"] == str(WINDOW)
    assert "<h1>Please wait a few minutes</h1>" in page.text
    assert "Wait 10 minutes" in page.text
    clock.pass_by(WINDOW)
    discord_knows_all_codes(discord)
    assert (await come_back(registered.browser, departure)).status_code == 302


async def test_where_nobody_reads_a_page_the_application_hears_it(
    registered: Snowflake, discord: Discord
) -> None:
    discord_knows_no_code(discord)
    departure = await depart(registered.browser, client_id=CLIENT_ID, prompt="none")
    await made_up(registered.browser, departure, 6)
    answer = await come_back(registered.browser, departure, code="another")
    assert query_of(answer.headers["location"])["error"] == "temporarily_unavailable"
    assert discord.token.call_count == 5


@pytest.mark.parametrize("outcome", [(401, "invalid_client"), (500, ""), (429, "")])
async def test_only_what_discord_calls_invalid_counts(
    registered: Snowflake, discord: Discord, outcome: tuple[int, str]
) -> None:
    discord.token.respond(outcome[0], json={"error": outcome[1]})
    departure = await depart(registered.browser, client_id=CLIENT_ID)
    await made_up(registered.browser, departure, 8)
    store = registered.state.store
    quota = registered.state.limiter.of(FAILED_CODES, everybody="")
    assert await store.attempts.spent([*quota.shares]) is None
    with pytest.MonkeyPatch.context() as patch:
        allow(patch, FAILED_CODES, everybody=1)
        assert await store.attempts.spent(quota.shares) is None


async def test_an_address_has_so_many_and_others_go_on(
    registered: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, caller=8)
    discord_knows_no_code(discord)
    statuses = []
    # Two addresses of one network.
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::1"):
        async with browser_at(registered, address) as browser:
            departure = await depart(browser, client_id=CLIENT_ID)
            statuses += await made_up(browser, departure, 4)
    assert statuses == [400] * 8 + [429] * 4
    discord_knows_all_codes(discord)
    async with browser_at(registered, "2001:db8:0:1::1") as browser:
        await code_for(browser, client_id=CLIENT_ID)


async def spend_all(snowflake: Snowflake, discord: Discord) -> None:
    """Let strangers spend what is for all."""
    discord_knows_no_code(discord)
    async with browser_at(snowflake, STRANGER) as browser:
        departure = await depart(browser, client_id=CLIENT_ID)
        assert (await made_up(browser, departure, 4))[-1] == 429
    discord_knows_all_codes(discord)


async def test_a_browser_in_which_somebody_has_signed_in_goes_on(
    registered: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=3)
    await code_for(registered.browser, client_id=CLIENT_ID)
    await spend_all(registered, discord)
    await code_for(registered.browser, client_id=CLIENT_ID)
    # Another browser waits, and so does one that brings a cookie of its own making.
    async with registered.another_browser() as other:
        departure = await depart(other, client_id=CLIENT_ID)
        assert (await come_back(other, departure)).status_code == 429
        other.cookies.set("__Host-snowflake-known", "x" * 80, domain="snowflake.example.com")
        assert (await come_back(other, departure)).status_code == 429


async def test_such_a_browser_has_a_share_of_its_own(
    registered: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=2, person=4, login=2)
    await code_for(registered.browser, client_id=CLIENT_ID)
    await spend_all(registered, discord)
    discord_knows_no_code(discord)
    before, statuses = discord.token.call_count, []
    for _ in range(3):
        departure = await depart(registered.browser, client_id=CLIENT_ID)
        statuses += await made_up(registered.browser, departure, 3)
    assert statuses == [400, 400, 429, 400, 400, 429, 429, 429, 429]
    assert discord.token.call_count == before + 4


async def test_a_person_who_was_not_let_in_makes_no_browser_known(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    closed = registering(settings, CONFIDENTIAL, access=AccessTable(people=("1",)))
    async with running(closed, clock, discord) as snowflake:
        departure = await depart(snowflake.browser, client_id=CLIENT_ID)
        denied = await come_back(snowflake.browser, departure)
        assert query_of(denied.headers["location"])["error"] == "access_denied"
        assert "snowflake-known" not in str(snowflake.browser.cookies)


async def test_of_a_discord_application_made_up_codes_count_for_the_browser_that_brought_them(
    snowflake: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, caller=2)
    await sign_in(snowflake.browser)
    discord_knows_no_code(discord)
    async with browser_at(snowflake, STRANGER) as browser:
        codes = [await code_for(browser) for _ in range(4)]
    # The application redeems all of them from one address.
    answers = [await redeem(snowflake.browser, code) for code in codes]
    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert answers[-1].headers["retry-after"] == str(WINDOW)
    discord_knows_all_codes(discord)
    async with browser_at(snowflake, "198.51.100.8") as browser:
        assert (await redeem(snowflake.browser, await code_for(browser))).status_code == 200
    # Once it is known, the person reads it before the application does.
    async with browser_at(snowflake, STRANGER) as browser:
        page = await come_back(browser, await depart(browser))
        assert page.status_code == 429
        assert page.headers["retry-after"] == str(WINDOW)


async def test_a_login_at_a_discord_application_makes_a_browser_known_once_it_is_redeemed(
    snowflake: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=1)
    async with snowflake.another_browser() as known, snowflake.another_browser() as stranger:
        await sign_in(known)
        # Neither a login that is not finished nor one that failed makes the other forgotten.
        await login(known)
        await login(stranger)
        discord_knows_no_code(discord)
        assert (await redeem(known, await code_for(known))).status_code == 400
        discord_knows_all_codes(discord)
        limited = await redeem(stranger, await code_for(stranger))
        assert limited.status_code == 429
        await sign_in(known)
        assert (await come_back(stranger, await depart(stranger))).status_code == 429


async def test_a_wrong_secret_is_no_made_up_code(
    snowflake: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=1)
    await sign_in(snowflake.browser)
    discord.token.respond(401, json={"error": "invalid_client"})
    code = await code_for(snowflake.browser)
    for secret in ("one", "two"):
        assert (await redeem(snowflake.browser, code, client_secret=secret)).status_code == 401
    discord_knows_all_codes(discord)
    assert (await redeem(snowflake.browser, code)).status_code == 200


async def test_who_was_let_in_is_not_stopped_on_the_last_step(
    registered: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, FAILED_CODES, everybody=3)
    code = await code_for(registered.browser, client_id=CLIENT_ID)
    await spend_all(registered, discord)
    secret = CONFIDENTIAL.secret
    assert secret is not None
    answer = await redeem(
        registered.browser, code, client_id=CLIENT_ID, client_secret=secret.get_secret_value()
    )
    assert answer.status_code == 200


async def test_a_good_login_writes_no_more_than_without_limits(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(snowflake.browser)
    database, writes = snowflake.state.store.database, 0
    write = type(database).write

    async def counted(*arguments: object, **options: object) -> object:
        nonlocal writes
        writes += 1
        return await write(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(type(database), "write", counted)
    await sign_in(snowflake.browser)
    # The code is reserved, and the login is kept.
    assert writes == 2
    assert (await ask(snowflake.browser)).status_code == 302
    assert writes == 2
