"""What ends a wait: gates, logouts, erasure; and outages, which end nothing."""

from datetime import timedelta
from html import unescape
from unittest.mock import patch

import httpx
import pytest
import structlog

from snowflake.errors import StoreDown
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.store.device_codes import DeviceCodes
from snowflake.store.logins import Logins
from snowflake.store.session_ends import Which
from tests.login import query_of
from tests.oidc.signed_in import keeping_sessions
from tests.oidc.test_discord_down import come_up, go_down
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.device.television import (
    AS_TELEVISION,
    AS_TOOL,
    TELEVISION,
    TOOL,
    allow,
    begin,
    enter,
    heard,
    poll,
    press,
    sign_in,
)


def lasting(snowflake: Snowflake) -> bool:
    return bool(snowflake.settings.session_lifetime)


@pytest.mark.parametrize("lifetime", [timedelta(hours=12), timedelta(0)])
@pytest.mark.parametrize(
    "access",
    [AccessTable(two_factor=True), AccessTable(people=("80351110224678913",))],
    ids=["solvable", "not solvable"],
)
async def test_whoever_may_not_sign_in_is_told_and_so_is_the_device(
    settings: Settings, clock: Clock, discord: Discord, access: AccessTable, lifetime: timedelta
) -> None:
    discord.knows(mfa_enabled=False)
    gated = TELEVISION.model_copy(update={"access": access})
    lasts = {"session_lifetime": lifetime}
    async with (
        keeping_sessions(settings, clock, discord, gated, TOOL, **lasts) as snowflake,
        snowflake.another_browser() as device,
    ):
        # First as a stranger, then by a session, if there are any.
        for _ in range(2):
            codes = await begin(device)
            page = await sign_in_or_see(snowflake.browser, codes["user_code"])
            assert page.status_code == 403
            assert "You can't sign in to <bdi>Television</bdi> yet" in unescape(page.text)
            assert "begin anew on the device" in page.text
            assert "Use another account" not in page.text
            assert await heard(device, codes) == "access_denied"
            await allow(snowflake.browser, await begin(device, AS_TOOL))


async def sign_in_or_see(browser: httpx.AsyncClient, user_code: str) -> httpx.Response:
    answer = await enter(browser, user_code)
    if answer.status_code != 302:
        return answer
    state = query_of(answer.headers["location"])["state"]
    return await browser.get("/callback", params={"state": state, "code": "discord-code"})


async def test_a_gate_that_has_changed_since_denies_the_device(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    gated = TELEVISION.model_copy(update={"access": AccessTable(two_factor=True)})
    snowflake.state.registry.use(snowflake.settings.model_copy(update={"clients": (gated,)}))
    assert await heard(device, codes) == "access_denied"


async def test_while_discord_is_down_the_device_waits_on(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    go_down(snowflake)
    answer = await enter(snowflake.browser, codes["user_code"])
    assert answer.status_code == 503
    assert await heard(device, codes) == "authorization_pending"
    come_up(snowflake)
    await allow(snowflake.browser, codes)
    # It has been asked already.
    go_down(snowflake)
    assert (await poll(device, codes)).status_code == 200


@pytest.mark.parametrize(
    "broken", [(DeviceCodes, "find"), (Logins, "save")], ids=["before", "amidst"]
)
async def test_while_the_store_is_down_nothing_is_lost(
    snowflake: Snowflake, device: httpx.AsyncClient, broken: tuple[type, str]
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    with patch.object(*broken, side_effect=StoreDown("the store cannot be reached")):
        answer = await poll(device, codes)
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert (await poll(device, codes)).status_code == 200


@pytest.mark.parametrize("method", ["allow", "deny"])
async def test_an_answer_that_cannot_be_kept_may_be_given_again(
    snowflake: Snowflake, device: httpx.AsyncClient, method: str
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    with patch.object(DeviceCodes, method, side_effect=StoreDown("the store is slow")):
        assert (await press(snowflake.browser, page, method)).status_code == 503
    assert await heard(device, codes) == "authorization_pending"
    await press(snowflake.browser, page, method)
    answer = await poll(device, codes)
    assert answer.status_code == (200 if method == "allow" else 400)


async def test_whoever_signs_out_before_the_device_asks_takes_it_back(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes, page = await begin(device), None
    await allow(snowflake.browser, codes)
    if lasting(snowflake):
        page = await sign_in(snowflake.browser, (await begin(device))["user_code"])
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    answer = await poll(device, codes)
    if not lasting(snowflake):
        assert answer.status_code == 200
        return
    assert answer.json()["error"] == "invalid_grant"
    # A page that asks is of no use any more either.
    assert page is not None
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    assert "not signed in here any more" in answer.text
    assert "/device?user_code=" in answer.text


async def test_whoever_is_erased_leaves_no_device_that_may_sign_in(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    await snowflake.state.store.people.erase(str(USER["id"]))
    assert await heard(device, codes) == "invalid_grant"


async def test_a_device_is_signed_out_with_the_session_unless_it_asked_for_more(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    alive = []
    for scope in ("openid", "openid offline_access"):
        codes = await begin(device, scope=scope)
        await allow(snowflake.browser, codes)
        tokens = (await poll(device, codes)).json()
        alive.append(tokens["refresh_token"])
    await snowflake.state.logout.end(Which(person=str(USER["id"])))
    statuses = []
    for token in alive:
        form = {**AS_TELEVISION, "grant_type": "refresh_token", "refresh_token": token}
        statuses.append((await device.post("/token", data=form)).status_code)
    assert statuses == ([400, 200] if lasting(snowflake) else [200, 200])


async def test_polls_fill_neither_log_nor_metrics(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    with structlog.testing.capture_logs() as lines:
        for error in ("authorization_pending", "slow_down"):
            assert await heard(device, codes) == error
    assert [line["log_level"] for line in lines] == ["debug", "debug"]
    page = await sign_in(snowflake.browser, codes["user_code"])
    with structlog.testing.capture_logs() as lines:
        await press(snowflake.browser, page, "deny")
        assert await heard(device, codes) == "access_denied"
    outcomes = [line["outcome"] for line in lines if "outcome" in line]
    assert outcomes == ["access_denied"]
