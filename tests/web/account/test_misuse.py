"""A person's own page shows and does nothing for anybody else."""

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from tests.login import query_of
from tests.oidc.signed_in import AS_GRAFANA, keeping_sessions, refused
from tests.running import Clock, Discord, Snowflake
from tests.web.account.visiting import OTHER, PERSON, press, sign_in


@pytest.mark.parametrize("action", ["download", "erase"])
async def test_a_browser_that_was_left_signed_in_shows_and_erases_nothing(
    snowflake: Snowflake, clock: Clock, action: str
) -> None:
    await sign_in(snowflake)
    clock.pass_by(901)
    page = await snowflake.browser.get("/account")
    answer = await press(snowflake.browser, page, action)
    assert query_of(answer.headers["location"])["prompt"] == "consent"
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_nor_does_its_page_that_asks_about_erasing(
    snowflake: Snowflake, clock: Clock
) -> None:
    question = await press(snowflake.browser, await sign_in(snowflake), "erase")
    clock.pass_by(901)
    answer = await press(snowflake.browser, question, "really-erase")
    assert query_of(answer.headers["location"])["prompt"] == "consent"
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_whom_access_turns_away_may_see_and_erase_what_is_kept(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    access = AccessTable(no_people=(PERSON,))
    async with keeping_sessions(settings, clock, discord, access=access) as snowflake:
        page = await sign_in(snowflake)
        assert page.status_code == 200
        assert await refused(snowflake.browser, AS_GRAFANA) == "access_denied"


@pytest.mark.parametrize("note", ["", "x", "a" * 200])
async def test_a_button_that_was_not_on_the_page_does_nothing(
    snowflake: Snowflake, note: str
) -> None:
    await sign_in(snowflake)
    form = {"action": "sign-out-everywhere", "note": note}
    answer = await snowflake.browser.post("/account", data=form)
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text
    assert "Load it once more" in answer.text
    assert "came from" not in answer.text
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
async def test_an_answer_that_is_no_form_blames_nobody(
    snowflake: Snowflake, headers: dict[str, str]
) -> None:
    await sign_in(snowflake)
    answer = await snowflake.browser.post("/account", content=b"x", headers=headers)
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text
    assert "Load it once more" in answer.text
    assert "The service that you came from" not in answer.text


async def test_nobody_presses_a_button_for_somebody_else(
    snowflake: Snowflake, clock: Clock
) -> None:
    page = await sign_in(snowflake)
    thief = snowflake.another_browser()
    snowflake.discord.knows(id=OTHER)
    await sign_in(snowflake, thief)
    assert (await press(thief, page, "sign-out-everywhere")).status_code == 400
    clock.pass_by(1801)
    assert (await press(snowflake.browser, page, "sign-out-everywhere")).status_code == 400
    assert len(await snowflake.state.store.sessions.of_person()) == 2


async def test_a_button_that_there_is_not_is_refused(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    assert (await press(snowflake.browser, page, "dance")).status_code == 400
    # An application that is not theirs changes nothing.
    page = await press(snowflake.browser, page, "sign-out", client_id="wiki")
    assert page.status_code == 200


@pytest.mark.parametrize("action", ["sign-out-everywhere", "really-erase"])
async def test_a_double_click_does_not_sign_in_again(snowflake: Snowflake, action: str) -> None:
    page = await sign_in(snowflake)
    await press(snowflake.browser, page, "sign-out-everywhere")
    answer = await press(snowflake.browser, page, action)
    assert answer.status_code == 200
    assert "You are not signed in here any more" in answer.text


async def test_erasing_takes_the_button_of_its_own_page(snowflake: Snowflake) -> None:
    page = await sign_in(snowflake)
    assert (await press(snowflake.browser, page, "really-erase")).status_code == 400
    assert len(await snowflake.state.store.sessions.of_person(PERSON)) == 1


async def test_the_page_is_no_client_of_anybody_s(snowflake: Snowflake) -> None:
    request = {"client_id": ":account", "redirect_uri": "https://snowflake.example.com/account"}
    params = {"response_type": "code", "scope": "openid", **request}
    assert (await snowflake.browser.get("/authorize", params=params)).status_code == 400
    form = {"grant_type": "authorization_code", "code": "x", "client_id": ":account"}
    assert (await snowflake.browser.post("/token", data=form)).status_code == 401
