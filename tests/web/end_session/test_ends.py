"""Signing out: of one session, of all its clients, and by nobody else's doing."""

from collections.abc import Mapping

import pytest

from snowflake.settings import Settings
from snowflake.store.session_ends import Which
from tests.oidc.signed_in import AS_WIKI, GRAFANA, WIKI, enter, keeping_sessions
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.end_session.leaving import COOKIE, GOODBYE, is_signed_in, signed_in
from tests.web.forms import form_in


async def test_a_hint_of_this_session_ends_it_and_leads_back(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "x y"}
    answer = await snowflake.browser.get("/logout", params=asked)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{GOODBYE}?state=x%20y"
    assert COOKIE not in snowflake.browser.cookies
    assert not await is_signed_in(snowflake)


async def test_a_hint_may_have_expired(snowflake: Snowflake, clock: Clock) -> None:
    hint = await signed_in(snowflake)
    clock.pass_by(6 * 3600)
    answer = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    assert "You have signed out" in answer.text
    assert not await is_signed_in(snowflake)


async def test_once_it_has_ended_a_hint_leads_back_at_once(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
    for _ in range(2):
        answer = await snowflake.browser.get("/logout", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (302, GOODBYE)


async def test_its_tokens_end_at_once_but_for_offline_access(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    tokens = await enter(snowflake.browser, AS_WIKI)
    lasting = await enter(snowflake.browser, AS_WIKI, scope="openid offline_access")
    await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    for each in (tokens, lasting):
        headers = {"Authorization": f"Bearer {each['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=headers)).status_code == 401
    secret = "the wiki's secret"
    form = {"grant_type": "refresh_token", "client_id": "wiki", "client_secret": secret}
    sent = {**form, "refresh_token": tokens["refresh_token"]}
    assert (await snowflake.browser.post("/token", data=sent)).status_code == 400
    sent = {**form, "refresh_token": lasting["refresh_token"]}
    assert (await snowflake.browser.post("/token", data=sent)).status_code == 200


@pytest.mark.parametrize("with_client", [False, True])
async def test_without_a_hint_a_page_asks_first(snowflake: Snowflake, *, with_client: bool) -> None:
    await signed_in(snowflake)
    asked = {"client_id": "grafana", "post_logout_redirect_uri": GOODBYE, "state": "s"}
    page = await snowflake.browser.get("/logout", params=asked if with_client else {})
    assert page.status_code == 200
    assert "Sign out?" in page.text
    assert "nelly" in page.text
    assert await is_signed_in(snowflake)
    action, fields = form_in(page)
    done = await snowflake.browser.post(action, data=fields)
    if with_client:
        assert (done.status_code, done.headers["location"]) == (302, f"{GOODBYE}?state=s")
    else:
        assert "You have signed out" in done.text
    assert not await is_signed_in(snowflake)


async def test_nobody_answers_the_page_for_somebody_else(snowflake: Snowflake) -> None:
    await signed_in(snowflake)
    thief = snowflake.another_browser()
    snowflake.discord.knows(id="80351110224678913")
    await signed_in(snowflake, thief)
    _, fields = form_in(await thief.get("/logout"))
    answer = await snowflake.browser.post("/logout", data=fields)
    assert "Sign out?" in answer.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize("note", ["x", "a" * 300])
async def test_an_answer_that_was_not_asked_for_ends_nothing(
    snowflake: Snowflake, note: str
) -> None:
    await signed_in(snowflake)
    answer = await snowflake.browser.post("/logout", data={"note": note})
    assert answer.status_code == 400
    assert await is_signed_in(snowflake)


async def test_the_page_does_not_wait_for_ever(snowflake: Snowflake, clock: Clock) -> None:
    await signed_in(snowflake)
    _, fields = form_in(await snowflake.browser.get("/logout"))
    clock.pass_by(1801)
    late = await snowflake.browser.post("/logout", data=fields)
    assert late.status_code == 400
    assert "Nothing has changed" in late.text
    assert "came from" not in late.text
    assert '<a class="button" href="?">Load it once more</a>' in late.text
    assert await is_signed_in(snowflake)


async def test_a_hint_of_another_session_of_the_same_person_ends_nothing(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    other = await signed_in(snowflake, snowflake.another_browser())
    page = await snowflake.browser.get("/logout", params={"id_token_hint": other})
    assert "Sign out?" in page.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize("hint", ["x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
async def test_a_hint_that_was_not_signed_here_ends_nothing(
    snowflake: Snowflake, hint: str
) -> None:
    await signed_in(snowflake)
    page = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
    assert "Sign out?" in page.text
    asked = {"id_token_hint": hint, "client_id": "grafana", "post_logout_redirect_uri": GOODBYE}
    page = await snowflake.browser.get("/logout", params=asked)
    assert "Sign out?" in page.text
    assert await is_signed_in(snowflake)


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "wiki"},
        {"client_id": "grafana", "post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": GOODBYE},
    ],
)
async def test_what_does_not_fit_ends_nothing(
    snowflake: Snowflake, asked: Mapping[str, str]
) -> None:
    hint = {"id_token_hint": await signed_in(snowflake)} if asked.get("client_id") else {}
    answer = await snowflake.browser.get("/logout", params={**hint, **asked})
    assert answer.status_code == 400
    assert await is_signed_in(snowflake) or not hint


async def test_without_a_session_a_page_leads_back(snowflake: Snowflake) -> None:
    asked = {"client_id": "grafana", "post_logout_redirect_uri": GOODBYE}
    page = await snowflake.browser.get("/logout", params=asked)
    assert page.status_code == 200
    assert f'href="{GOODBYE}"' in page.text


async def test_a_hint_under_an_issuer_of_its_own_signs_out_without_a_question(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = GRAFANA.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, own, WIKI) as snowflake:
        asked = {"id_token_hint": await signed_in(snowflake), "post_logout_redirect_uri": GOODBYE}
        answer = await snowflake.browser.get("/logout", params=asked)
        assert answer.headers["location"] == GOODBYE
        assert not await is_signed_in(snowflake)


async def test_two_logouts_at_once_are_one(snowflake: Snowflake) -> None:
    await signed_in(snowflake)
    logout = snowflake.state.logout
    [session] = await snowflake.state.store.sessions.of_person(str(USER["id"]))
    first = await logout.end(Which(session=session.id))
    second = await logout.end(Which(session=session.id))
    assert (len(first), len(second)) == (1, 0)
