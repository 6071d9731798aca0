"""Whom and what the page of devices keeps out."""

from html import unescape

import httpx
import pytest

from snowflake.state.quota import USER_CODES
from snowflake.store.attempts import WINDOW
from tests.login import query_of
from tests.quotas import allow as allowing
from tests.running import Snowflake
from tests.web.device.television import (
    AS_TELEVISION,
    allow,
    back,
    begin,
    enter,
    heard,
    poll,
    press,
    sign_in,
)

WRONG = "BBBB-BBBB"


def has_looked_at_none(answer: httpx.Response) -> bool:
    """Whether somebody is told to wait, or to sign in first, whatever their code."""
    return answer.status_code == 429 or is_sent_to_discord(answer)


def is_sent_to_discord(answer: httpx.Response) -> bool:
    sent = query_of(answer.headers["location"])
    # For nothing but who they are.
    return answer.status_code == 302 and sent["scope"] == "identify"


async def test_user_codes_cannot_be_guessed(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """Neither by one browser nor, however many it says that it is, from one address."""
    codes = await begin(device)
    guesses = 0
    for _ in range(USER_CODES.most["caller"] // USER_CODES.most["login"] + 1):
        async with snowflake.another_browser() as stranger:
            while (answer := await enter(stranger, WRONG)).status_code == 200:
                assert "No device shows this code" in answer.text
                guesses += 1
            if guesses < USER_CODES.most["caller"]:
                assert answer.status_code == 429
                assert "Retry-After" in answer.headers
            # The right one is not told from a wrong one.
            assert has_looked_at_none(await enter(stranger, codes["user_code"]))
    assert guesses == USER_CODES.most["caller"]
    # A browser without cookies is one of those at the address.
    for _ in range(20):
        async with snowflake.another_browser() as stranger:
            assert has_looked_at_none(await enter(stranger, codes["user_code"]))
    snowflake.clock.pass_by(WINDOW)
    assert (await enter(snowflake.browser, (await begin(device))["user_code"])).status_code == 302


async def test_guessers_elsewhere_do_not_keep_out_who_has_been_here(
    snowflake: Snowflake, device: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await allow(snowflake.browser, await begin(device))
    allowing(monkeypatch, USER_CODES, everybody=1)
    async with snowflake.another_browser() as stranger:
        assert (await enter(stranger, WRONG)).status_code == 200
        assert is_sent_to_discord(await enter(stranger, WRONG))
    assert (await enter(snowflake.browser, WRONG)).status_code == 200
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes)).status_code == 200


@pytest.fixture
async def guessed(snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let strangers have spent what they have in common."""
    allowing(monkeypatch, USER_CODES, everybody=1)
    async with snowflake.another_browser() as stranger:
        await enter(stranger, WRONG)


@pytest.mark.usefixtures("guessed")
async def test_guessers_elsewhere_do_not_keep_out_who_is_new_here(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """They sign in first, whose guesses are then few and their own."""
    codes = await begin(device)
    departed = await enter(snowflake.browser, codes["user_code"])
    assert is_sent_to_discord(departed)
    arrived = await back(snowflake.browser, departed.headers["location"])
    page = await snowflake.browser.get(arrived.headers["location"])
    assert "You are signed in" in page.text
    assert f'value="{codes["user_code"]}"' in page.text
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes)).status_code == 200
    guesses = [await enter(snowflake.browser, WRONG) for _ in range(USER_CODES.most["login"] + 1)]
    assert [guess.status_code for guess in guesses] == [200] * USER_CODES.most["login"] + [429]


async def test_whoever_has_guessed_themselves_gets_no_more_by_signing_in(
    snowflake: Snowflake,
) -> None:
    for _ in range(USER_CODES.most["login"]):
        await enter(snowflake.browser, WRONG)
    for _ in range(2):
        answer = await enter(snowflake.browser, WRONG)
        assert answer.status_code == 429


@pytest.mark.usefixtures("guessed")
async def test_whoever_will_not_sign_in_first_may_try_again(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    departed = await enter(snowflake.browser, codes["user_code"])
    state = query_of(departed.headers["location"])["state"]
    refused = {"error": "access_denied", "state": state}
    answer = await snowflake.browser.get("/callback", params=refused)
    page = await snowflake.browser.get(answer.headers["location"])
    assert "You have not signed in" in page.text
    assert await heard(device, codes) == "authorization_pending"


@pytest.mark.parametrize("text", ["", "BCDF", "BCDF-GHJ1", "AEIOUAEI", "BCDF-GHJK-L", "ß" * 8])
async def test_what_is_no_code_costs_nothing(snowflake: Snowflake, text: str) -> None:
    for _ in range(USER_CODES.most["login"] + 1):
        answer = await enter(snowflake.browser, text)
        assert answer.status_code == 200
        assert "That is no code" in unescape(answer.text)


@pytest.mark.parametrize("spell", [str.lower, lambda code: f" {code.replace('-', ' ')} "])
async def test_codes_may_be_typed_in_any_way(
    snowflake: Snowflake, device: httpx.AsyncClient, spell: object
) -> None:
    assert callable(spell)
    codes = await begin(device)
    assert (await enter(snowflake.browser, spell(codes["user_code"]))).status_code == 302


async def test_what_a_device_says_of_itself_is_shortened_and_never_markup(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    agent = {"User-Agent": "<script>alert(1)</script>\u00a0\u0085" + "x" * 3000}
    headers = {name.encode(): value.encode("latin-1") for name, value in agent.items()}
    answer = await device.post("/device_authorization", data=dict(AS_TELEVISION), headers=headers)
    page = await sign_in(snowflake.browser, answer.json()["user_code"])
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script" not in page.text
    assert "x" * 130 not in page.text


async def test_a_page_of_another_site_presses_no_button(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """It has no cookie of ours, and a note that it has got for itself is another browser's."""
    mine, theirs = await begin(device), await begin(device)
    async with snowflake.another_browser() as attacker:
        page = await sign_in(attacker, theirs["user_code"])
    await sign_in(snowflake.browser, mine["user_code"])
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    for codes in (mine, theirs):
        assert await heard(device, codes) == "authorization_pending"


async def test_a_button_that_is_none_changes_nothing(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    for button in ("maybe", "ALLOW", ""):
        answer = await press(snowflake.browser, page, button)
        assert answer.status_code == 400
    assert await heard(device, codes) == "authorization_pending"


@pytest.mark.parametrize(
    "body",
    [b"user_code=%FF", b"user_code=a&user_code=b", b"\xff", b"note=" + b"x" * 33_000, b"a=1"],
)
async def test_whatever_is_sent_to_the_page_gets_a_page(snowflake: Snowflake, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    posted = await snowflake.browser.post("/device", content=body, headers=headers)
    asked = await snowflake.browser.get(f"/device?{body[:2000].decode('latin-1')}")
    # Neither a form nor a query.
    no_form = await snowflake.browser.post("/device", json={"user_code": WRONG})
    for answer in (posted, asked, no_form):
        assert answer.status_code in {200, 400}
        assert answer.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_double_click_is_one(snowflake: Snowflake, device: httpx.AsyncClient) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    for _ in range(2):
        assert "The device may sign in" in (await press(snowflake.browser, page, "allow")).text


async def test_whoever_denies_too_late_is_shown_the_way_to_sign_it_out(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    page = await sign_in(snowflake.browser, (await begin(device))["user_code"])
    await press(snowflake.browser, page, "allow")
    answer = await press(snowflake.browser, page, "deny")
    assert "The device may sign in" in answer.text
    assert ('href="/account"' in answer.text) is snowflake.state.registry.keeps_sessions


async def test_an_old_page_is_answered_no_more(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    page = await sign_in(snowflake.browser, (await begin(device))["user_code"])
    snowflake.clock.pass_by(1801)
    answer = await press(snowflake.browser, page, "allow")
    assert answer.status_code == 400
    assert "Load the page once more" in answer.text
