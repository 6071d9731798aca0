import html

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from snowflake.oidc.notes import CodeNote
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.settings import Settings
from tests.login import APPLICATION, Departure, come_back, depart, login, query_of, redeem
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

UNKNOWN = "We don't recognise this login"
EXPIRED = "That took a little too long"
ELSEWHERE = "This login can't be finished here"


async def test_the_application_gets_a_code_its_state_and_our_name(snowflake: Snowflake) -> None:
    location = await login(snowflake.browser, state="abc")
    assert location.startswith(f"{APPLICATION}?")
    answer = query_of(location)
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == "abc"
    assert answer["iss"] == ORIGIN


async def test_what_discord_adds_never_reaches_the_application(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    more = {"guild_id": "1", "permissions": "8", "iss": "https://discord.com", "code": "DISCORD"}
    response = await come_back(snowflake.browser, departure, **more)
    location = response.headers["location"]
    assert set(query_of(location)) == {"code", "state", "iss"}
    assert "discord" not in location.lower()
    assert departure.state not in location


async def test_the_same_way_back_twice_gives_two_codes(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    codes = [(await come_back(snowflake.browser, departure)).headers["location"] for _ in range(2)]
    assert codes[0] != codes[1]


def page_says(page: str, title: str) -> bool:
    return f"<h1>{title}</h1>" in html.unescape(page)


@pytest.mark.parametrize("state", [None, "", "abc", "\u00e9", "gAAAAA", "%", "A" * 2000])
async def test_without_a_note_of_ours_nobody_is_sent_anywhere(
    snowflake: Snowflake, state: str | None
) -> None:
    response = await come_back(snowflake.browser, await depart(snowflake.browser), state=state)
    assert response.status_code == 400
    assert page_says(response.text, UNKNOWN)
    assert "location" not in response.headers
    assert "href" not in response.text


@given(st.integers(0, 2000), st.sampled_from("ABab01_-=+ "))
async def test_an_altered_note_is_refused(snowflake: Snowflake, place: int, by: str) -> None:
    departure = await depart(snowflake.browser)
    place %= len(departure.state)
    altered = departure.state[:place] + by + departure.state[place + 1 :]
    if altered != departure.state:
        response = await come_back(snowflake.browser, departure, state=altered)
        assert response.status_code == 400
        assert page_says(response.text, UNKNOWN)


async def test_a_note_lives_for_half_an_hour(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    snowflake.clock.pass_by(LOGIN_LIFETIME)
    assert (await come_back(snowflake.browser, departure)).status_code == 302
    snowflake.clock.pass_by(1)
    response = await come_back(snowflake.browser, departure)
    assert response.status_code == 400
    assert page_says(response.text, EXPIRED)


async def test_a_code_is_no_login_note(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    code = query_of((await come_back(snowflake.browser, departure)).headers["location"])["code"]
    assert (await come_back(snowflake.browser, departure, state=code)).status_code == 400


async def test_a_login_note_is_no_code(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    response = await redeem(snowflake.browser, departure.state)
    assert response.json()["error"] == "invalid_grant"


async def test_a_login_ends_in_the_browser_in_which_it_began(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    another = snowflake.another_browser()
    for _ in ("without a cookie", "with one of its own"):
        response = await come_back(another, departure)
        assert response.status_code == 400
        assert page_says(response.text, ELSEWHERE)
        await depart(another)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        f"{ORIGIN}/r/https://evil.example.com/callback",
        f"{ORIGIN}/r/{APPLICATION}/",
        f"{ORIGIN}/r/{APPLICATION}/more",
        f"{ORIGIN}/r/http://app.example.com/callback",
        f"{ORIGIN}/r/",
    ],
)
async def test_another_path_than_the_one_that_discord_compared_is_refused(
    snowflake: Snowflake, redirect_uri: str
) -> None:
    departure = await depart(snowflake.browser)
    elsewhere = Departure(departure.location, redirect_uri, departure.state)
    response = await come_back(snowflake.browser, elsewhere)
    assert response.status_code == 400
    assert page_says(response.text, UNKNOWN)


@pytest.mark.parametrize("slashes", [":/", "://", ":///"])
async def test_a_proxy_may_merge_slashes(snowflake: Snowflake, slashes: str) -> None:
    departure = await depart(snowflake.browser)
    redirect_uri = f"{ORIGIN}/r/https{slashes}app.example.com/callback"
    merged = Departure(departure.location, redirect_uri, departure.state)
    response = await come_back(snowflake.browser, merged)
    assert response.headers["location"].startswith(f"{APPLICATION}?")


@pytest.mark.parametrize("iss", ["https://evil.example.com", "https://discord.com/", "discord.com"])
async def test_an_answer_of_another_provider_is_refused(snowflake: Snowflake, iss: str) -> None:
    response = await come_back(snowflake.browser, await depart(snowflake.browser), iss=iss)
    assert response.status_code == 400
    assert "another provider" in response.text


@pytest.mark.parametrize("iss", [None, "https://discord.com"])
async def test_discord_may_say_who_it_is_or_not(snowflake: Snowflake, iss: str | None) -> None:
    response = await come_back(snowflake.browser, await depart(snowflake.browser), iss=iss)
    assert response.status_code == 302


async def test_a_simulated_discord_is_known_by_its_own_name(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    url = "http://localhost:9000/oauth2/authorize"
    simulated = settings.model_copy(update={"discord_authorize_url": url})
    async with running(simulated, clock, discord) as snowflake:
        departure = await depart(snowflake.browser)
        response = await come_back(snowflake.browser, departure, iss="http://localhost:9000")
        assert response.status_code == 302


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("invalid_scope", "server_error"),
        ("<script>", "server_error"),
    ],
)
async def test_errors_of_discord_become_errors_that_the_application_understands(
    snowflake: Snowflake, said: str, error: str
) -> None:
    departure = await depart(snowflake.browser, state="abc")
    response = await come_back(
        snowflake.browser, departure, code=None, error=said, error_description="Discord's words"
    )
    location = response.headers["location"]
    assert location.startswith(f"{APPLICATION}?")
    answer = query_of(location)
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "abc", ORIGIN)
    assert "Discord's words" not in answer["error_description"]


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("invalid_scope", "invalid_scope"),
        ("unauthorized_client", "unauthorized_client"),
        ("<script>", "an error"),
        ("server_error", "an error"),
    ],
)
async def test_an_error_that_the_operator_can_mend_is_logged_by_its_name(
    snowflake: Snowflake, said: str, logged: str
) -> None:
    departure = await depart(snowflake.browser)
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as logs:
        await come_back(snowflake.browser, departure, code=None, error=said)
    [line] = [log for log in logs if log["event"] == "request"]
    assert (line["error"], line["reason"]) == ("server_error", f"Discord answered with {logged}")


@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({"code": None}, "code is missing"),
        ({"code": ""}, "code is missing"),
        ({"code": "a" * 513}, "code is longer than 512 characters"),
        ({"code": "a\x00"}, "code holds control characters"),
        ({"error": "a\nb"}, "error holds control characters"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_refused(
    snowflake: Snowflake, changes: dict[str, str | None], explanation: str
) -> None:
    response = await come_back(snowflake.browser, await depart(snowflake.browser), **changes)
    assert response.status_code == 400
    assert explanation in response.text


@pytest.mark.parametrize("name", ["state", "code", "iss"])
async def test_nothing_that_is_read_may_be_repeated(snowflake: Snowflake, name: str) -> None:
    departure = await depart(snowflake.browser)
    query = f"code=c&state={departure.state}&iss=https://discord.com&{name}=again"
    response = await snowflake.browser.get(f"{departure.redirect_uri}?{query}")
    assert response.status_code == 400
    assert f"{name} was sent more than once" in response.text


async def test_a_client_that_was_taken_off_the_list_meanwhile_is_refused(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(settings, clock, discord) as before:
        departure = await depart(before.browser)
        limited = settings.model_copy(update={"allowed_clients": ("1",)})
        async with running(limited, clock, discord) as after:
            after.browser.cookies = before.browser.cookies
            response = await come_back(after.browser, departure)
    assert response.status_code == 400
    assert "may not sign people in here" in response.text


async def test_the_code_remembers_when_discord_vouched(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    snowflake.clock.pass_by(100)
    code = query_of((await come_back(snowflake.browser, departure)).headers["location"])["code"]
    note = snowflake.state.sealer.open(CodeNote, code, 60, snowflake.clock())
    assert note.auth_time == int(snowflake.clock())


PAGE = "https://app.example.com/login?next=/"


@pytest.mark.parametrize(
    ("redirect_uri", "referrer", "back"),
    [
        (APPLICATION, PAGE, True),
        (APPLICATION, "https://app.example.com", True),
        ("https://app.example.com:443/callback", PAGE, True),
        ("http://localhost:3000/callback", "http://localhost:3000/login", True),
        ("http://localhost:3000/callback", "http://localhost:3001/login", False),
        (APPLICATION, None, False),
        (APPLICATION, "https://evil.example.com/", False),
        (APPLICATION, "https://app.example.com.evil.com/", False),
        (APPLICATION, "http://app.example.com/login", False),
        (APPLICATION, "https://app.example.com:8443/login", False),
        (APPLICATION, "https://app.example.com@evil.com/", False),
        (APPLICATION, "https://app.example.com\\@evil.com/", False),
        (APPLICATION, "https://evil@app.example.com/", False),
        (APPLICATION, "//app.example.com/login", False),
        (APPLICATION, "javascript://app.example.com/%0aalert(1)", False),
        (APPLICATION, "https://[::1", False),
        (APPLICATION, "/login", False),
    ],
)
async def test_a_refusal_leads_back_only_to_a_page_of_the_application(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    redirect_uri: str,
    referrer: str | None,
    *,
    back: bool,
) -> None:
    returning = settings.model_copy(update={"return_to_referrer": True})
    async with running(returning, clock, discord) as snowflake:
        headers = {} if referrer is None else {"referer": referrer}
        departure = await depart(snowflake.browser, headers, redirect_uri=redirect_uri)
        response = await come_back(snowflake.browser, departure, code=None, error="access_denied")
        location = response.headers["location"]
        if back:
            assert location == referrer
        else:
            assert location.startswith(f"{redirect_uri}?error=access_denied")


async def test_only_a_refusal_leads_back_there(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    returning = settings.model_copy(update={"return_to_referrer": True})
    async with running(returning, clock, discord) as snowflake:
        departure = await depart(snowflake.browser, {"referer": PAGE})
        failed = await come_back(snowflake.browser, departure, code=None, error="server_error")
        signed_in = await come_back(snowflake.browser, departure)
    assert failed.headers["location"].startswith(f"{APPLICATION}?error=server_error")
    assert signed_in.headers["location"].startswith(f"{APPLICATION}?code=")


async def test_by_default_a_refusal_is_told_to_the_application(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser, {"referer": PAGE})
    response = await come_back(snowflake.browser, departure, code=None, error="access_denied")
    assert response.headers["location"].startswith(f"{APPLICATION}?error=access_denied")
